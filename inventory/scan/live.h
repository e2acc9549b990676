/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where what the store knows is on this host now: its device, where that is mounted, and what an array
 * would lose. Only the kernel's tree is asked, no device. */
#ifndef HAIKI_INVENTORY_SCAN_LIVE_H
#define HAIKI_INVENTORY_SCAN_LIVE_H

#include "inventory/assets/drives.h"
#include "inventory/scan/md.h"
#include "inventory/scan/mounts.h"
#include "inventory/scan/stack.h"

/* Made by live_read; free with live_free. Without one (NULL where a function takes it), or on another
 * host, nothing is known of now. */
struct live {
	const struct system_paths *paths; /* borrowed; as given to live_read */
	struct stack stack;
	struct mount_list mounts;
	char host[128];
};
/* paths NULL: the real ones. */
NODISCARD int live_read(
	const struct system_paths *paths, const char *host, struct live *ret, struct error *error);
void live_free(struct live *live);
#define AUTO_LIVE CLEANUP(live_free)

/* The device's number now; 0: it is not here, or not surely the same. */
dev_t live_drive(
	const struct live *live, const struct drive_record *drive, unsigned partition_number);
dev_t live_array(
	const struct live *live, const struct array_record *array, unsigned partition_number);
dev_t live_volume(
	const struct live *live, const struct volume_record *volume, unsigned partition_number);

/* "/srv, /mnt"; "" when it is mounted nowhere that can be seen. */
void live_mounts(const struct live *live, dev_t number, char *ret, size_t size);

/* What becomes of the array without a drive that is, or was last, below it: a member, or what a member
 * stands on (an encrypted or multipath device, another array). From the kernel when it is assembled here,
 * else from what the store keeps (which knows no layout of RAID10). */
NODISCARD int array_judge_without(struct store *store, const struct live *live,
	const struct array_record *array, const struct drive_record *drive, struct redundancy *ret,
	struct error *error);

#endif
