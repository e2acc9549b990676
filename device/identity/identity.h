/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who a drive is: read from the kernel for one open fd, never from a /dev name. */
#ifndef HAIKI_DEVICE_IDENTITY_IDENTITY_H
#define HAIKI_DEVICE_IDENTITY_IDENTITY_H

#include "base/error.h"
#include "base/json.h"
#include <stdbool.h>
#include <sys/types.h>

#define IDENTITY_TEXT_MAX 128

enum transport {
	TRANSPORT_UNKNOWN,
	TRANSPORT_ATA,  /* SATA or PATA, also behind a SAT layer */
	TRANSPORT_SCSI, /* SAS, FC, iSCSI */
	TRANSPORT_NVME,
	TRANSPORT_USB,
	TRANSPORT_MMC,
	TRANSPORT_VIRTIO, /* a hypervisor's disk; is_virtual too, what is behind it is not reached */
	TRANSPORT_VIRTUAL, /* loop, zram, dm, md, null_blk: no medium of its own */
};

enum media {
	MEDIA_UNKNOWN,
	MEDIA_MAGNETIC,
	MEDIA_FLASH,
	MEDIA_VIRTUAL,
};

enum zoned_model { ZONED_UNKNOWN, ZONED_NONE, ZONED_HOST_AWARE, ZONED_HOST_MANAGED };

/* What the drive gave and cleaning took away; bits. */
enum identity_oddity {
	IDENTITY_SERIAL_BLANK = 1,    /* nothing but blanks */
	IDENTITY_SERIAL_CONTROL = 2,  /* control characters */
	IDENTITY_SERIAL_ENCODING = 4, /* bytes that are no UTF-8 */
	IDENTITY_WWN_ZERO = 8,        /* nothing but zeros */
};

/* A plain value. Texts are UTF-8, trimmed, without control characters; "" when the drive does not
 * say. serial and wwn together are the key; for virtual devices both are made by us from what
 * stays the same while the device is detached and attached again (loop: the backing file). */
struct drive_identity {
	char wwn[IDENTITY_TEXT_MAX]; /* "naa.…", "eui.…", "uuid.…" as sysfs wwid gives it */
	char serial[IDENTITY_TEXT_MAX];
	char vendor[IDENTITY_TEXT_MAX];
	char model[IDENTITY_TEXT_MAX];
	char firmware[IDENTITY_TEXT_MAX];
	enum transport transport;
	enum media media;
	enum zoned_model zoned;
	bool is_virtual;
	uint64_t capacity_bytes;       /* what the kernel lets us address now */
	uint32_t logical_sector_bytes; /* as the drive says, also 520 and 528; 0 unknown */
	uint32_t physical_sector_bytes;
	bool read_only;

	/* What is shown and never trusted, and what ties the identity to this kernel's device. */
	char name[64]; /* "sda", "loop3" */
	dev_t devnum;
	uint64_t disk_sequence; /* BLKGETDISKSEQ; 0 when the kernel has none (< 5.15) */
	unsigned oddities;      /* enum identity_oddity */
	char backing[512];      /* loop: the backing file as the kernel names it */
};

/* Where the kernel's trees are; tests give their own. NULL members mean the real ones. */
struct system_paths {
	const char *sys;  /* "/sys" */
	const char *proc; /* "/proc" */
	const char *dev;  /* "/dev" */
};
extern const struct system_paths system_paths_real;

/* Read the identity of the whole-disk block device behind fd: fstat, the size ioctls on fd, sysfs
 * by device number, the udev database where there is one (it fills serial and WWN only where sysfs
 * has none). Reading it never changes the drive.
 *
 * Errors: -ENOTBLK no block device; -EINVAL a partition (the message names its drive); -errno when
 * the kernel's tree cannot be read. *ret is untouched on error. */
NODISCARD int identity_read(
	int fd, const struct system_paths *paths, struct drive_identity *ret, struct error *error);

/* What sysfs and the udev database alone say of a whole disk, with no word to the drive: whom it is
 * called, not how large it is. For a look at drives that may not answer. 0, or -errno as sysfs_find. */
NODISCARD int identity_peek(
	dev_t devnum, const struct system_paths *paths, struct drive_identity *ret);

/* The same drive? Compares wwn and serial (both must be equal), model, and capacity; never the
 * name. Firmware may differ. Two identities without serial and without WWN are never the same.
 * On false, why (size bytes) says in which field they differ, translated. */
bool identity_same(
	const struct drive_identity *a, const struct drive_identity *b, char *why, size_t size);

/* Can haiki address this drive with reads and writes? 0, or -ENOTSUP with the reason: 520- and
 * 528-byte sectors, other sizes, host-managed zones, no capacity, no serial and no WWN. */
NODISCARD int identity_check_addressable(
	const struct drive_identity *identity, struct error *error);
/* The same, zones aside: they can be written from their beginnings once they are reset. */
NODISCARD int identity_check_sectors(const struct drive_identity *identity, struct error *error);

/* "MODEL (serial SERIAL, /dev/NAME)" for messages; always fits and is never empty. */
#define IDENTITY_LABEL_MAX 384
void identity_label(const struct drive_identity *identity, char ret[static IDENTITY_LABEL_MAX]);

/* Stable words for JSON: "ata", "magnetic", "none"…; never NULL. The parsers return the unknown
 * value for words they do not know. */
const char *transport_name(enum transport transport);
const char *media_name(enum media media);
const char *zoned_name(enum zoned_model zoned);
enum transport transport_parse(const char *word);
enum media media_parse(const char *word);
enum zoned_model zoned_parse(const char *word);

/* As JSON (docs/certificate.md, "identity"): wwn, serial, vendor, model, firmware, transport,
 * media, zoned, virtual (0/1), capacity_bytes, logical_sector_bytes, physical_sector_bytes,
 * read_only (0/1), name, backing. *ret is a new reference. 0 or -ENOMEM / -EINVAL. */
NODISCARD int identity_to_json(const struct drive_identity *identity, json_t **ret);
/* Strict inverse (devnum, disk_sequence and oddities are 0). -EBADMSG names the field. */
NODISCARD int identity_from_json(
	const json_t *json, struct drive_identity *ret, struct error *error);

#endif
