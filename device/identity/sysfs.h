/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One block device's folder in sysfs, found by device number, and its attributes. */
#ifndef HAIKI_DEVICE_IDENTITY_SYSFS_H
#define HAIKI_DEVICE_IDENTITY_SYSFS_H

#include "device/identity/identity.h"
#include <limits.h>

/* A plain value. */
struct sysfs_device {
	char folder[PATH_MAX]; /* resolved: …/devices/…/block/sda or …/block/sda/sda1 */
	size_t root_length;    /* of the part that is the sysfs mount itself */
	char name[64];         /* last component */
};

/* Find the folder of devnum. Errors: -ENOENT no such device or no sysfs, other -errno,
 * -ENAMETOOLONG. */
NODISCARD int sysfs_find(const struct system_paths *paths, dev_t devnum, struct sysfs_device *ret);

/* The attribute (a path below the folder, "device/model") as clean text; "" when it is not there or
 * cannot be read. */
void sysfs_text(const struct sysfs_device *device, const char *attribute, char *ret, size_t size);

/* The attribute's bytes, at most size. Returns how many; 0 when it is not there, cannot be read or
 * is longer. */
size_t sysfs_bytes(
	const struct sysfs_device *device, const char *attribute, uint8_t *ret, size_t size);

bool sysfs_has(const struct sysfs_device *device, const char *attribute);

/* The last component of what a link points at ("nvme" for "device/subsystem"); "" when none. */
void sysfs_link_name(const struct sysfs_device *device, const char *link, char *ret, size_t size);

/* Does the folder, below the mount, hold this piece of path ("/virtual/block/")? */
bool sysfs_path_has(const struct sysfs_device *device, const char *piece);

/* Does a component of the folder consist of this word and a number behind it ("ata" for "ata3")? */
bool sysfs_path_has_numbered(const struct sysfs_device *device, const char *word);

/* The attribute of the nearest folder above the device that also has the attribute beside
 * (a USB device's serial, beside "idVendor"); "" when there is none. */
void sysfs_text_above(const struct sysfs_device *device, const char *beside, const char *attribute,
	char *ret, size_t size);

#endif
