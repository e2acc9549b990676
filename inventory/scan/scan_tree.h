/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which names in the kernel's tree are drives. Apart from opening them, so that tests can give a
 * tree of their own. */
#ifndef HAIKI_INVENTORY_SCAN_SCAN_TREE_H
#define HAIKI_INVENTORY_SCAN_SCAN_TREE_H

#include "device/identity/identity.h"

#define SCAN_NAME_MAX 64 /* the kernel's DISK_NAME_LEN is 32 */

/* Names below /sys/block ("sda", "cciss!c0d0"); by length, then by byte. */
struct scan_names {
	char (*items)[SCAN_NAME_MAX]; /* owned */
	size_t count;
};
void scan_names_free(struct scan_names *names);

/* paths NULL: the real ones. Left out as scan.h says, and also what has no node of its own (hidden
 * paths of multipath NVMe) and the boot and RPMB areas of an eMMC, which are parts of a drive.
 * What cannot be told about a name keeps it in. -errno when the folder cannot be read. */
NODISCARD int scan_tree_names(
	const struct system_paths *paths, struct scan_names *ret, struct error *error);

/* Is there a whole disk of this name now, and is it a drive? */
bool scan_tree_is_drive(const struct system_paths *paths, const char *name);
/* The disk sequence number of what has this name now; 0 when the kernel does not say (before 5.15). */
uint64_t scan_tree_sequence(const struct system_paths *paths, const char *name);

/* "cciss!c0d0" in sysfs is /dev/cciss/c0d0. */
void scan_tree_node(const char *name, char *ret, size_t size);

#endif
