/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One md array as the kernel tells it in sysfs (Documentation/admin-guide/md.rst). */
#ifndef HAIKI_INVENTORY_SCAN_MD_H
#define HAIKI_INVENTORY_SCAN_MD_H

#include "device/identity/identity.h"
#include "inventory/assets/redundancy.h"

struct md_member {
	char name[64]; /* of the device, as in sysfs: "sda1" */
	dev_t number;  /* 0: the device is gone, the array has not let go of it */
	int slot;      /* -1: none */
	enum member_state state;
};

#define MD_MEMBERS_MAX 4096

/* A plain value but for the members. Texts are clean; "" where the kernel does not say. */
struct md_array {
	char name[64];
	char uuid[64];     /* as libblkid writes it; "" for external metadata */
	char level[32];    /* "raid5", "linear" …; "container" */
	char metadata[64]; /* "1.2", "0.90", "external:imsm", "external:/md127/0" … */
	char state[48];    /* array_state: "clean", "inactive" … */
	char sync_action[32];
	int sync_done_permille; /* -1: nothing runs, or it waits */
	int64_t layout;         /* -1: not known */
	unsigned device_count;
	struct md_member *members; /* owned */
	size_t count;
};
void md_array_free(struct md_array *array);
#define AUTO_MD CLEANUP(md_array_free)

/* name: in sysfs ("md0", "md127"). Reads only. -ENOENT: it is no md array (any more); -ENOMEM, other
 * -errno: its members cannot be listed. *ret is untouched on error. */
NODISCARD int md_array_read(
	const struct system_paths *paths, const char *name, struct md_array *ret);

/* What becomes of the array without the members whose device numbers are among `gone`. */
NODISCARD int md_array_judge(
	const struct md_array *array, const dev_t *gone, size_t count, struct redundancy *ret);

#endif
