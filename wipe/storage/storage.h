/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Erasing what a tenant's bytes lay on, below a VM or without one: one const descriptor for each kind of storage. By
 * our own engine and in place; what cannot be reached is said as a limit, never passed over. */
#ifndef HAIKI_WIPE_STORAGE_STORAGE_H
#define HAIKI_WIPE_STORAGE_STORAGE_H

#include "wipe/platform/platform.h"

/* What of its bytes a kind of storage cannot reach; words of the fact "erase", in "limits". */
#define STORAGE_LIMIT_FREE_SPACE                                                                   \
	"free-space" /* extents that a file had before lie in free space of its file system */
#define STORAGE_LIMIT_COPY_ON_WRITE                                                                \
	"copy-on-write" /* the file system writes elsewhere: nothing old was overwritten */
#define STORAGE_LIMIT_SHARED_EXTENTS                                                               \
	"shared-extents"                  /* reflinks, snapshots of the pool: others hold them */
#define STORAGE_LIMIT_POOL "pool"         /* blocks that a thin pool took back before */
#define STORAGE_LIMIT_NETWORK "network"   /* the file lies on another host */
#define STORAGE_LIMIT_SPARE "spare-cells" /* flash keeps old versions out of reach */
#define STORAGE_LIMIT_PLATFORM_WORD                                                                \
	"platform-word" /* the platform says so; nothing was read back */

struct storage_kind {
	const char *name; /* "file", "lv", "thin", "luks", "zvol", "block" */

	/* Is this place of this kind? Looked at, not concluded from its name. 1, 0, -errno (cannot be told: nobody
	 * erases it). */
	int (*claims)(const char *place, struct error *error);

	/* Erase the whole of it and read it back. Whoever uses it (a running VM, a mount, a mapping, an open
	 * descriptor of another process) makes it refuse: "storage-in-use". *ret_fact: one "erase" fact without "disk",
	 * a new reference; also of a failure. -errno as platform_kind.erase. Idempotent: what is gone or zero is done. */
	int (*erase)(const char *place, const struct platform_pace *pace, json_t **ret_fact,
		struct error *error);

	/* Take it away (unlink, lvremove, close and forget the mapping, zfs destroy); only behind an erase. 0 also when
	 * it was gone. */
	int (*remove)(const char *place, struct error *error);

	/* Asked anew: there, gone, or unknown. */
	enum presence (*look)(const char *place);
};

extern const struct storage_kind
	*const storage_kinds[]; /* in the order in which they are asked; NULL last */
extern const struct storage_kind storage_file, storage_lv, storage_luks, storage_zvol,
	storage_block;
const struct storage_kind *storage_kind_find(const char *name);

/* The kind that claims the place. -ENOENT "storage-absent": nothing is there; -ENOTSUP "storage-unknown". */
NODISCARD int storage_of(const char *place, const struct storage_kind **ret, struct error *error);

/* Programs that are called (lvs, lvremove, zfs): from a fixed path, without a shell, with an empty environment and
 * LC_ALL=C. *ret_output: what it printed, at most 1 MiB, owned; may be NULL. -errno; its stderr is in *error. */
struct storage_command {
	const char *const *
		argv; /* NULL last; argv[0] is searched in /usr/sbin, /usr/bin, /sbin, /bin alone */
	const char *input; /* "" none */
	unsigned timeout_seconds;
};
NODISCARD int storage_run(const struct storage_command *command, char **ret_output, int *ret_status,
	struct error *error);

#endif
