/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside the guard: what its checks share. Each check fills one finding; a finding that nobody
 * passed stays "not made", which is a refusal. */
#ifndef HAIKI_WIPE_GUARD_GUARD_CHECKS_H
#define HAIKI_WIPE_GUARD_GUARD_CHECKS_H

#include "base/buffer.h"
#include "wipe/guard/guard.h"
#include <limits.h>
#include <sys/stat.h>

/* Every device number through which bytes of the drive are reached. */
enum family_kind {
	FAMILY_DRIVE,
	FAMILY_PARTITION, /* a part of the device before it in the chain */
	FAMILY_STACKED,   /* md, dm, bcache …: stands on a member of the family, at any height */
	FAMILY_OTHER_PATH /* another disk node with the same WWID: the same medium by another path */
};

struct family_member {
	enum family_kind kind;
	dev_t number;
	char name[64];         /* as the kernel calls it; '!' stands for '/' */
	char title[128];       /* the name, and that it is another path, for people */
	uint64_t start_bytes;  /* of a part of the drive itself, else 0 */
	bool is_part_of_drive; /* FAMILY_PARTITION directly on the drive */
	bool by_other_path;    /* FAMILY_OTHER_PATH, or a partition of one */
};

#define FAMILY_MEMBERS_MAX 4096

struct guard_context {
	const struct guard_subject *subject;
	struct system_paths paths;    /* no NULL in it */
	struct family_member *family; /* owned by guard_check; the drive is the first */
	size_t family_count;
	bool family_known;        /* false: nothing may be concluded from the family */
	char family_problem[256]; /* why not, for people */
};

/* Findings. Text is cut and cleaned to valid UTF-8 without control characters. */

/* Passed, unless a refusal or a failure stands in it already. */
void finding_pass(struct guard_finding *finding);
/* Passed, unless as above; and people are told what that rests on. */
void finding_pass_with(struct guard_finding *finding, const char *format, ...) PRINTF_LIKE(2, 3);
/* Refused; texts of several calls are joined, an equal one is not said twice. */
void finding_refuse(struct guard_finding *finding, const char *format, ...) PRINTF_LIKE(2, 3);
/* The check cannot be made. A refusal that stands already, or comes later, says more and wins. */
void finding_not_made(struct guard_finding *finding, const char *format, ...) PRINTF_LIKE(2, 3);
/* The family is known; otherwise the finding says why not. */
NODISCARD bool finding_needs_family(
	const struct guard_context *context, struct guard_finding *finding);

/* The family, and the kernel's trees. */

/* Fill family, family_count, family_known, family_problem. */
void family_read(struct guard_context *context);
/* NULL when the number is not of the family. */
const struct family_member *family_find(const struct guard_context *context, dev_t number);

/* A path from a format; -ENAMETOOLONG when it does not fit. */
NODISCARD int guard_path(char ret[static PATH_MAX], const char *format, ...) PRINTF_LIKE(2, 3);
/* "8:1" as sysfs writes it. -EBADMSG. */
NODISCARD int guard_parse_number(const char *text, dev_t *ret);
/* The number in <sys>/class/block/NAME/dev. */
NODISCARD int guard_number_of(const struct guard_context *context, const char *name, dev_t *ret);
/* The block device at a path as the system names it ("/dev/sda1" is looked up in paths.dev).
 * -ENOTBLK when something else is there; -errno of stat. */
NODISCARD int guard_number_at(const struct guard_context *context, const char *path, dev_t *ret);
/* All of a small file of the kernel's; -errno, -EFBIG beyond the buffer's limit. */
NODISCARD int guard_read(const char *path, struct buffer *buffer);
/* \040 and its like, as mountinfo and swaps write blanks; in place. */
void guard_unescape(char *text);

/* The character devices that reach the drive past the block layer. */

struct command_node {
	dev_t number;  /* of a character device */
	char name[64]; /* "sg0", "0:0:1:0" (of bsg), "ng0n1", "nvme0" */
};

struct command_nodes {
	struct command_node *nodes; /* owned */
	size_t count;
};

/* Those of the drive and of its other paths. -errno when the kernel's tree cannot be read: then
 * nothing is known, and ret is untouched. */
NODISCARD int command_nodes_read(const struct guard_context *context, struct command_nodes *ret);
void command_nodes_free(struct command_nodes *nodes);
/* NULL when the number is none of them. */
const struct command_node *command_nodes_find(const struct command_nodes *nodes, dev_t number);

/* Mounts. */

struct mount_entry {
	dev_t number; /* major 0: anonymous, look at the source */
	const char *mount_point;
	const char *type;
	const char *source;
};

#define MOUNTINFO_MAX_BYTES (64 * MIB)

/* Walk a mountinfo text (it is cut up). visit returns 0 to go on. -EBADMSG for a line that is not
 * understood, then nothing may be concluded. */
NODISCARD int mountinfo_walk(
	char *text, int (*visit)(void *, const struct mount_entry *), void *context);
/* The block device a mount stands on. -ENODEV: it has none (tmpfs, nfs …); -errno: not known. */
NODISCARD int mount_number(
	const struct guard_context *context, const struct mount_entry *mount, dev_t *ret);

/* Processes. */

struct process {
	long pid;
	char name[64]; /* comm, or "?" */
	char user[64]; /* login name, or the number, or "?" */
};
/* Never fails; what is not known is "?". */
void process_describe(const struct guard_context *context, long pid, struct process *ret);
/* The number that <proc> counts this program by; in the /proc of another PID namespace it is not
 * getpid(). */
long process_own(const struct guard_context *context);
/* Call visit for each process but this program and its prober's children (device/probe/sandbox.h).
 * -errno when <proc> cannot be listed;
 * -EACCES when process 1 is not among them: others may be hidden too (hidepid); what visit returns
 * when it is not 0. */
NODISCARD int processes_walk(
	const struct guard_context *context, int (*visit)(void *, long pid), void *visitor);
/* The processes outside this PID namespace, which nobody here can see: passes the finding with what is
 * vouched for when there may be some, or plainly when there are none. Not made when nobody vouches for
 * them, or when it cannot be told. */
void processes_pass(const struct guard_context *context, struct guard_finding *finding);
/* Call visit for each thread of a process, dead ones too. -errno when they cannot be listed; what
 * visit returns when it is not 0. */
NODISCARD int threads_walk(const struct guard_context *context, long pid,
	int (*visit)(void *, long pid, long thread), void *visitor);
/* It ended, or is a zombie: then it has neither mounts nor files. False when that cannot be told. */
bool thread_is_gone(const struct guard_context *context, long pid, long thread);
/* The same of every thread: the first one may have ended before the others. */
bool process_is_gone(const struct guard_context *context, long pid);

/* The checks, one per row of the table in guard.c. */
typedef void guard_check_function(const struct guard_context *context, struct guard_finding *ret);
guard_check_function check_identity;    /* guard_identity.c */
guard_check_function check_system_disk; /* guard_system.c */
guard_check_function check_mounted;     /* guard_mounts.c */
guard_check_function check_swap;        /* guard_mounts.c */
guard_check_function check_holders;     /* guard_arrays.c */
guard_check_function check_paths;       /* guard_family.c */
guard_check_function check_exported;    /* guard_exported.c */
guard_check_function check_loop;        /* guard_loop.c */
guard_check_function check_lvm;         /* guard_lvm.c */
guard_check_function check_zfs;         /* guard_zfs.c */
guard_check_function check_opened;      /* guard_opened.c */
guard_check_function check_namespaces;  /* guard_namespaces.c */

/* The same two of a regular file; without family and drive in the context. */
void check_file_opened(const struct guard_context *context, const struct stat *file,
	struct guard_finding *ret); /* guard_opened.c */
void check_file_loop(const struct guard_context *context, const struct stat *file,
	struct guard_finding *ret); /* guard_loop.c */

/* Is another drive, that would go along, free? The checks of the table that tell of use, and "hold", of
 * this subject, all into one finding, each reason with the drive's name. A hold's is not recorded. */
void guard_check_free(const struct guard_subject *subject, struct guard_finding *ret);

#endif
