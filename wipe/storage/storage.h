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
	"shared-extents"          /* reflinks, snapshots of the pool: others hold them */
#define STORAGE_LIMIT_POOL "pool" /* blocks that a thin pool took back before */
#define STORAGE_LIMIT_JOURNAL                                                                      \
	"journal" /* what was written went through the file system's journal, too */
#define STORAGE_LIMIT_NETWORK "network"   /* the file lies on another host */
#define STORAGE_LIMIT_SPARE "spare-cells" /* flash keeps old versions out of reach */
#define STORAGE_LIMIT_PLATFORM_WORD                                                                \
	"platform-word" /* the platform says so; nothing was read back */

/* Why a place was not erased; words of the fact "erase", in "reason". With result "unsupported": */
#define STORAGE_REASON_COPIES "copy-on-write" /* as the limit */
#define STORAGE_REASON_NETWORK "network"      /* as the limit */
#define STORAGE_REASON_SHARED                                                                      \
	"shared-extents" /* as the limit; what nobody shares was overwritten */
#define STORAGE_REASON_FILE_SYSTEM                                                                 \
	"file-system"                    /* it does not say where the bytes lie, or keeps them
						    * compressed or in the inode */
#define STORAGE_REASON_JOURNAL "journal" /* as the limit */
#define STORAGE_REASON_LAYOUT                                                                      \
	"layout" /* a volume that is not simply as large as it says: a cache,
						    * a snapshot, VDO, a table of several targets */
#define STORAGE_REASON_NO_ASKING "cannot-be-asked" /* whether others share its blocks */
/* With result "failed": */
#define STORAGE_REASON_WRITE "write-failed"
#define STORAGE_REASON_FLUSH "flush-failed"
#define STORAGE_REASON_READ "read-back-failed"
#define STORAGE_REASON_DIFFERS "read-back-differs"
#define STORAGE_REASON_CHANGED                                                                     \
	"changed-meanwhile" /* its size, its names, or what stands at the place */
#define STORAGE_REASON_OPENED "opened-meanwhile" /* by another process */
#define STORAGE_REASON_MOVED "moved"      /* the file system wrote elsewhere than the bytes lay */
#define STORAGE_REASON_KEYS "keys-remain" /* a LUKS header or keyslot is there still */

struct storage_kind {
	const char *name; /* "file", "lv", "luks", "zvol", "block" */

	/* Is this place of this kind? Looked at, not concluded from its name. 1, 0, -errno (cannot be told: nobody
	 * erases it); -ENOENT "storage-absent". No symbolic link is followed, but those below /dev, which lead to
	 * devices: "storage-symlink" (-ELOOP). */
	int (*claims)(const char *place, struct error *error);

	/* Erase the whole of it and read it back: all that is allocated to it now, also what it never wrote. Whoever
	 * uses it (a running VM, a mount, a mapping, a loop device, an open descriptor of another process), or a file
	 * with a second name, makes it refuse.
	 *
	 * 0: *ret_fact is one "erase" fact without "disk", a new reference: done, unsupported, or failed with its
	 * reason. -errno: nothing can be said of it, and there is no fact: -EBUSY "storage-in-use", -EMLINK
	 * "storage-links", -EPERM "storage-system" (a file of the system: /etc, /usr, /boot …), -ENOENT "storage-absent" (what became of its bytes is not known), -EINTR
	 * "storage-stopped", -ENOTSUP "storage-unsupported" (only with pace->erasure_required, and before anything was
	 * written), and what opening it gives. Done twice it is overwritten twice; a run that was cut short is gone
	 * on with by another from the beginning. A file may be longer afterwards: it ends where its last block does. */
	int (*erase)(const char *place, const struct platform_pace *pace, json_t **ret_fact,
		struct error *error);

	/* Take it away (unlink, lvremove, close the mapping and remove the volume below, zfs destroy); only behind an
	 * erase. 0 also when it was gone. A block device is nothing that can be taken away: 0. */
	int (*remove)(const char *place, struct error *error);

	/* Asked anew: there, gone, or unknown: a path that leads into a file system that is not mounted
	 * (/etc/fstab, or a mount unit of systemd's), a volume group that is not seen, a
	 * LUKS mapping that somebody else closed. PRESENCE_NONE: a block device, which stays. */
	enum presence (*look)(const char *place);
};

extern const struct storage_kind
	*const storage_kinds[]; /* in the order in which they are asked; NULL last */
extern const struct storage_kind storage_file, storage_lv, storage_luks, storage_zvol,
	storage_block;
/* "thin" is storage_lv, too; NULL for none. */
const struct storage_kind *storage_kind_find(const char *name);

/* The kind that claims the place. -ENOENT "storage-absent": nothing is there; -ENOTSUP "storage-unknown". */
NODISCARD int storage_of(const char *place, const struct storage_kind **ret, struct error *error);

/* look by the kind that claims the place, or that would have claimed it. "/dev/mapper/NAME" is gone only when we
 * removed it since this machine was started: whose name it was cannot be told later. */
enum presence storage_look(const char *place);

/* Programs that are called (lvs, lvremove, zfs, a hook): without a shell, with LC_ALL=C as their whole
 * environment and no descriptor but the three. */
struct storage_command {
	const char *const
		*argv;     /* NULL last; argv[0] is searched in /usr/sbin, /usr/bin, /sbin, /bin
				  * alone, or is an absolute path */
	const char *input; /* "" or NULL: none */
	unsigned timeout_seconds;
};
/* *ret_output: what it printed, at most 1 MiB, owned; may be NULL. *ret_status: its exit status, 128 and more by a
 * signal; when it is NULL, only 0 is success. -errno; -ETIMEDOUT: it and all that it began were ended. When it
 * failed, what it said to stderr is in *error, also with 0 and a status. */
NODISCARD int storage_run(const struct storage_command *command, char **ret_output, int *ret_status,
	struct error *error);

#endif
