/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside wipe/storage: what the kinds of storage share. */
#ifndef HAIKI_WIPE_STORAGE_STORAGE_PARTS_H
#define HAIKI_WIPE_STORAGE_STORAGE_PARTS_H

#include "base/buffer.h"
#include "device/drive.h"
#include "device/engine/engine.h"
#include "wipe/storage/storage.h"
#include <sys/stat.h>

/* What is remembered until this machine is started anew: made when it is needed, root's alone. */
#define STORAGE_RUN_FOLDER "/run/haiki"

/* Places ------------------------------------------------------------------------------------- */

/* Open the file itself as a path alone (O_PATH): through no symbolic link, and no other thing than a path from
 * the root. -ENOENT "storage-absent"; -ELOOP "storage-symlink"; -errno "storage-open". */
NODISCARD int place_open(const char *place, int *ret_fd, struct error *error);

/* The folder that a file stands in, by the same rules; *ret_name: its name there, borrowed from place. */
NODISCARD int place_open_folder(
	const char *place, int *ret_fd, const char **ret_name, struct error *error);

/* Does the path lead into the folder of devices, where links are followed? Not into what is mounted there
 * (/dev/shm). */
bool place_names_device(const char *place);

/* The block device at a place. Below /dev links are followed: udev makes them. -ENOTBLK when there is something
 * else, -errno of stat. */
NODISCARD int place_block(const char *place, dev_t *ret_number);

/* What sysfs says of a device, "dm/uuid" or "dm/name"; -errno. */
NODISCARD int place_attribute(dev_t number, const char *attribute, char *ret, size_t size);

/* The kernel's node of a device, by its number. */
NODISCARD int place_node(dev_t number, char ret[static 300]);

/* Does a folder of the place lie below a mount point that /etc/fstab names and that is not mounted now? Then
 * nothing can be concluded from what is not there. True also when that cannot be told. */
bool place_is_below_unmounted(const char *place);

#define REMOVAL_BELOW_MAX 256
/* Of "/dev/mapper/NAME" alone: a name that is not there any more may be of a mapping that was only closed, so that it
 * is noted, until this machine is started anew, that we are about to remove what stands there. below: what goes behind
 * it and is to be found without it, "" for nothing. For other places these do nothing: 0, and false. */
NODISCARD int place_note_removal(const char *place, const char *below, struct error *error);
void place_forget_removal(const char *place);
/* ret_below: "" also when it cannot be read, which then is false. */
bool place_was_removed(const char *place, char ret_below[static REMOVAL_BELOW_MAX]);

/* Facts -------------------------------------------------------------------------------------- */

#define STORAGE_LIMITS_MAX 8

/* What an erase came to. */
struct storage_outcome {
	const char *method; /* "overwrite", "crypto-erase", "none" */
	const char *result; /* "done", "unsupported", "failed" */
	const char *level;  /* "clear", "none" */
	const char *reason; /* a word of storage.h; "" when it is done */
	uint64_t bytes, verified_bytes;
	const char *limits[STORAGE_LIMITS_MAX];
	size_t limit_count;
};

void outcome_limit(struct storage_outcome *outcome, const char *limit); /* once each */
/* method and level none; what was written stays counted. */
void outcome_unsupported(struct storage_outcome *outcome, const char *reason);
void outcome_failed(struct storage_outcome *outcome, const char *reason);
NODISCARD int outcome_to_fact(const struct storage_outcome *outcome, const char *place,
	json_t **ret_fact, struct error *error);

/* What cannot be erased in place, before anything was written: the fact, or -ENOTSUP "storage-unsupported" when
 * the erasure is required. */
NODISCARD int outcome_refuse_or_tell(struct storage_outcome *outcome, const char *reason,
	const char *place, const struct platform_pace *pace, json_t **ret_fact,
	struct error *error);

/* Overwriting -------------------------------------------------------------------------------- */

/* Ranges of one open file or device, to be overwritten by a random stream, flushed, and read back. */
struct overwriting {
	const struct drive
		*drive; /* to flush its own cache too; NULL: a file, or what stands on others */
	int fd;         /* O_DIRECT where there is a medium behind it */
	uint64_t disk_sequence;          /* of a device; 0: none */
	uint32_t sector_bytes;           /* 512 to 4096; every range is whole sectors */
	const struct byte_range *ranges; /* ascending, not touching */
	size_t count;
	const struct platform_pace *pace;
};

/* 0: every byte was tried, and *outcome says what came of it (bytes, verified_bytes, and when they are not all:
 * failed with a reason). -EINTR "storage-stopped"; -errno when the engine could not be started. What was
 * written is written in every case. */
NODISCARD int overwriting_run(const struct overwriting *overwriting,
	struct storage_outcome *outcome, struct error *error);

/* Grow an array of ranges by one, joined to the last where they touch. */
struct range_list {
	struct byte_range *items; /* owned */
	size_t count, capacity;
};
NODISCARD int ranges_add(struct range_list *list, uint64_t offset_bytes, uint64_t length_bytes);
void ranges_free(struct range_list *list);
#define AUTO_RANGES CLEANUP(ranges_free)

/* Devices ------------------------------------------------------------------------------------ */

/* Claim the block device at a place, and have the guard look whether anybody uses it. -EBUSY "storage-in-use";
 * -errno of drive_open. */
NODISCARD int device_claim(const char *place, const struct platform_pace *pace, struct drive **ret,
	struct error *error);

/* What is used is refused: -EBUSY "storage-in-use". */
int storage_in_use(const char *place, const char *why, struct error *error);

/* A device to be overwritten, whole, or where it is not zero. */
struct device {
	const char *place; /* for messages */
	const struct drive
		*drive; /* claimed; NULL: only the fd, which somebody else has claimed for us */
	int fd;
	dev_t number;
	uint64_t capacity_bytes;
	uint32_t sector_bytes;
};
void device_of_drive(const struct drive *drive, const char *place, struct device *ret);

/* All of it. As overwriting_run; what is said of flash is a limit. */
NODISCARD int device_overwrite(const struct device *device, const struct platform_pace *pace,
	struct storage_outcome *outcome, struct error *error);
/* Where it is not zero, in pieces of 64 KiB. */
NODISCARD int device_find_written(const struct device *device, const struct platform_pace *pace,
	struct range_list *ret, struct error *error);
/* These; as device_overwrite. */
NODISCARD int device_overwrite_ranges(const struct device *device, const struct byte_range *ranges,
	size_t count, const struct platform_pace *pace, struct storage_outcome *outcome,
	struct error *error);

/* Logical volumes ---------------------------------------------------------------------------- */

struct logical_volume {
	char uuid[64]; /* with its dashes */
	char group[130], name[130];
	char pool[130]; /* of a thin one; "" of others */
	char layout[128], role[128];
	uint64_t thin_id;
	bool is_active;
};

/* By what the device mapper calls it: 1 it is a volume (not a part of one), 0, -errno. */
NODISCARD int volume_uuid_of(dev_t number, char ret[static 64]);
/* -ENOENT; -errno, and *error says why LVM could not be asked. */
NODISCARD int volume_find(const char *uuid, struct logical_volume *ret, struct error *error);
/* Erase the open device of a volume: thick or thin. *ret_reason: a word when it cannot be, and nothing was
 * written; NULL else. */
NODISCARD int volume_overwrite(const struct logical_volume *volume, const struct device *device,
	const struct platform_pace *pace, struct storage_outcome *outcome, const char **ret_reason,
	struct error *error);
NODISCARD int volume_remove(const struct logical_volume *volume, struct error *error);

/* The blocks of its pool that a thin volume has; valid while nothing writes to it. */
struct thin_range {
	uint64_t logical_block, data_block, blocks;
	uint64_t time; /* of the pool, when it was mapped */
};
struct thin_map {
	struct thin_range *items; /* owned; ascending by logical_block */
	size_t count, capacity;
	uint64_t mapped, shared; /* blocks; shared: others map them too */
	uint64_t block_bytes;
	bool has_old; /* some are older than the last snapshot of it: the kernel writes to new blocks
		       * instead, also when the snapshot is gone, and gives the old ones back as they are */
	dev_t data_device; /* where the blocks lie */
};
void thin_map_free(struct thin_map *map);
#define AUTO_THIN_MAP CLEANUP(thin_map_free)
/* -errno when the pool cannot be asked. */
NODISCARD int thin_map_read(
	const struct logical_volume *volume, struct thin_map *ret, struct error *error);
bool thin_map_same(const struct thin_map *a, const struct thin_map *b);

/* Overwrite what of a thin volume is not zero, and nothing else: what was never written would take blocks of the
 * pool that it does not have yet. Where some of its blocks are old, in the pool's data device, piece by piece as mapped,
 * each compared first with what the volume itself reads: where they differ nothing is written ("failed").
 * *ret_reason: a word when it reads bytes that it does not have in the pool (an external origin); then nothing was
 * written. */
NODISCARD int thin_overwrite(const struct thin_map *map, const struct device *device,
	const struct platform_pace *pace, struct storage_outcome *outcome, const char **ret_reason,
	struct error *error);

/* Files -------------------------------------------------------------------------------------- */

struct file_extent {
	uint64_t logical_bytes, physical_bytes, length_bytes;
	bool shared; /* others hold it too */
	bool encoded; /* compressed, in the inode, or not known where: not to be overwritten in place */
};
struct file_map {
	struct file_extent *items; /* owned; ascending; neighbours in one piece are joined */
	size_t count, capacity;
};
void file_map_free(struct file_map *map);
#define AUTO_FILE_MAP CLEANUP(file_map_free)

/* Where the file's bytes lie (FIEMAP), all extents, beyond its end too, after everything was written out.
 * -EOPNOTSUPP: its file system does not say. */
NODISCARD int file_map_read(int fd, struct file_map *ret);
/* The same bytes at the same places? */
bool file_map_same(const struct file_map *a, const struct file_map *b);

/* How its file system treats what is overwritten. */
enum file_system {
	FILE_SYSTEM_UNKNOWN,
	FILE_SYSTEM_IN_PLACE, /* ext2 to ext4, XFS */
	FILE_SYSTEM_MEMORY,   /* tmpfs */
	FILE_SYSTEM_COPIES,   /* copy-on-write, log-structured, overlays */
	FILE_SYSTEM_NETWORK,
};
/* -errno. */
NODISCARD int file_system_of(int fd, enum file_system *ret);
/* Is what is written to the file written to a journal as well (ext4's data=journal)? True when that cannot be
 * told. */
bool file_is_journaled(int fd, const struct stat *status);
/* Flash below the file system of this device (its st_dev)? True when it cannot be told. */
bool device_is_flash(dev_t number);

#endif
