/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How identity_read puts an identity together; for identity*.c and their tests only. */
#ifndef HAIKI_DEVICE_IDENTITY_IDENTITY_PARTS_H
#define HAIKI_DEVICE_IDENTITY_IDENTITY_PARTS_H

#include "device/identity/sysfs.h"

/* Everything sysfs says of a whole disk: names, wwn, serial, vendor, model, firmware, transport,
 * media, zoned, is_virtual. What is not said stays as it was in *identity (start with zeros). Loop
 * devices get their serial from identity_add_loop. */
void identity_add_sysfs(const struct sysfs_device *device, struct drive_identity *identity);

/* One per transport; called by identity_add_sysfs. */
void identity_add_scsi(const struct sysfs_device *device, struct drive_identity *identity);
void identity_add_nvme(const struct sysfs_device *device, struct drive_identity *identity);
void identity_add_mmc(const struct sysfs_device *device, struct drive_identity *identity);
void identity_add_virtio(const struct sysfs_device *device, struct drive_identity *identity);
void identity_add_virtual(const struct sysfs_device *device, struct drive_identity *identity);

/* A loop device is its backing file: device, inode, birth time, offset and size limit, so that it
 * stays the same under another loop number, and another file is another drive. Nothing is added for
 * an idle one. 0 or -errno when the loop driver does not say. */
NODISCARD int identity_add_loop(
	int fd, const struct sysfs_device *device, struct drive_identity *identity);

/* Fill serial and wwn from the udev database where they are empty; no database is no error. */
void identity_add_udev(dev_t devnum, struct drive_identity *identity);

/* Set oddities by what sysfs gives of serial and WWN, raw. */
void identity_add_oddities(const struct sysfs_device *device, struct drive_identity *identity);
/* Of a serial's bytes as given; blanks and NUL around it are padding. */
unsigned identity_serial_oddities(const void *bytes, size_t length);

/* The unit's NAA or EUI-64 designator of a Device Identification page (SPC-5 7.7.6; body: without its
 * header) as "naa.…" or "eui.…"; *ret stays as it is when there is none. */
void identity_take_designator(
	const uint8_t *body, size_t length, char ret[static IDENTITY_TEXT_MAX]);

/* A name of the kernel's as key: at most IDENTITY_TEXT_MAX - 1 bytes; a longer one is replaced by
 * a digest of it, for a cut key could be two drives'. */
void identity_take_key(const char *text, char ret[static IDENTITY_TEXT_MAX]);

#endif
