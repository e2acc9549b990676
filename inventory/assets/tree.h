/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drive, an array or a volume with all that stands on it, as one tree: partitions, superblocks, arrays,
 * volumes, filesystems. From the store; where this host has them, with what is mounted now. */
#ifndef HAIKI_INVENTORY_ASSETS_TREE_H
#define HAIKI_INVENTORY_ASSETS_TREE_H

#include "inventory/scan/live.h"
#include "inventory/assets/stands.h"
#include "inventory/tenants/tenants.h"

enum tree_kind {
	TREE_SIGNATURE, /* a partition table, a filesystem, the superblock of a member */
	TREE_PARTITION,
	TREE_ARRAY,
	TREE_VOLUME,
	TREE_DRIVE, /* a loop device on a file that lies here */
};

/* One line; plain values, those of other kinds empty. */
struct tree_entry {
	unsigned depth; /* from 0 */
	enum tree_kind kind;
	struct signature signature; /* SIGNATURE, PARTITION; without detail */
	char group[128];            /* SIGNATURE of LVM: the volume group's name */
	struct stand stand;         /* ARRAY, VOLUME, DRIVE: how it stands on the entry above */
	struct array_record array;
	struct volume_record volume; /* its tags are NULL */
	struct drive_record drive;
	char tenant[TENANT_CODE_MAX]; /* VOLUME */
	char mounted[512];            /* where, now; "" nowhere, or not known */
	bool again;                   /* it is in the tree already, with all that stands on it */
};

#define TREE_ENTRIES_MAX 4096
#define TREE_DEPTH_MAX 12 /* JSON_MAX_NESTING allows no more */

struct tree {
	struct tree_entry *items; /* owned; each behind the one it is below */
	size_t count, capacity;
	bool truncated; /* there is more than can be shown */
};
void tree_free(struct tree *tree);
#define AUTO_TREE CLEANUP(tree_free)

/* What stands on the subject; live may be NULL. */
NODISCARD int tree_read(struct store *store, const struct subject *root, const struct live *live,
	struct tree *ret, struct error *error);

#endif
