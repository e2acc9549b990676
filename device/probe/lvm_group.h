/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A volume group as its metadata tells of it: its physical and logical volumes, and what stands on
 * what. */
#ifndef HAIKI_DEVICE_PROBE_LVM_GROUP_H
#define HAIKI_DEVICE_PROBE_LVM_GROUP_H

#include "device/probe/lvm_text.h"
#include <jansson.h>

struct lvm_volume {
	const struct lvm_node *node;
	const struct lvm_node *origin; /* string: what it is a snapshot or the cached form of */
	const struct lvm_node *pool;   /* string */
	const char *kind; /* "linear", "thin" …; NULL: the record of a snapshot, which
	                                * has no bytes of its own and is not listed */
	uint64_t size_bytes;
	enum { VOLUME_NEW, VOLUME_VISITED, VOLUME_DONE } visit;
};

/* Borrows the tree. */
struct lvm_group {
	const struct lvm_tree *tree;
	const struct lvm_node *node;    /* the group's section */
	const struct lvm_node **drives; /* owned: sections of the physical volumes */
	size_t drive_count;
	struct lvm_volume *volumes; /* owned */
	size_t volume_count;
	uint64_t *stands_on; /* owned: for each volume a bit for each physical volume */
	size_t words;        /* of 64 bits, for one volume */
	json_t *names;       /* owned: to volumes (>= 0) and physical volumes (< 0) */
	bool damaged;        /* volumes that stand on themselves, or names that are nowhere */
};

void lvm_group_free(struct lvm_group *group);
#define AUTO_LVM_GROUP CLEANUP(lvm_group_free)

/* 0; -EBADMSG: there is no group in the tree; -EFBIG: more volumes on more drives than are followed;
 * -ENOMEM. *ret is untouched on error. */
NODISCARD int lvm_group_read(const struct lvm_tree *tree, struct lvm_group *ret);

bool lvm_volume_stands_on(const struct lvm_group *group, size_t volume, size_t drive);

#endif
