/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is mounted where, as this process sees it: shown to people, and used to find what a file lies on.
 * (Whether a drive is mounted anywhere at all is the guard's question.) */
#ifndef HAIKI_INVENTORY_SCAN_MOUNTS_H
#define HAIKI_INVENTORY_SCAN_MOUNTS_H

#include "device/identity/identity.h"

struct mount_point {
	dev_t number;    /* of the block device; 0: it has none */
	char path[1024]; /* clean text */
};
struct mount_list {
	struct mount_point *items; /* owned; in the order they were mounted */
	size_t count;
};
void mount_list_free(struct mount_list *list);
#define AUTO_MOUNTS CLEANUP(mount_list_free)

/* /proc/self/mountinfo and /proc/swaps (path "[SWAP]"). paths NULL: the real ones. -errno when the first
 * cannot be read. */
NODISCARD int mounts_read(const struct system_paths *paths, struct mount_list *ret);

/* The block device that the file at an absolute path lies on; 0 when it lies on none. By the names alone:
 * a dead server cannot hold us up. */
dev_t mounts_device_of(const struct mount_list *list, const char *path);

#endif
