/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who has the drive, or anything of its family, open or mapped into memory; or a character device
 * that sends commands to it. */
#include "wipe/guard/guard_checks.h"

#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>

/* udev and its like open a drive for moments; a refusal over that would help nobody. They are not
 * taken on trust: whoever still has it open at the last look is the refusal. */
#define LOOKS 3
#define BETWEEN_LOOKS_NS (150 * 1000 * 1000)

struct opened_walk {
	const struct guard_context *context;
	struct guard_finding *finding;
	const struct command_nodes *nodes;
	const struct stat *file; /* NULL: it is the drive that is looked for */
	bool may_compare;        /* <proc> counts processes as our system calls do */
	long last_thread; /* of this process, whose descriptors were looked at; 0: none's yet */
	bool memory_seen; /* of this process */
};

/* In a fixture, and in the /proc of another PID namespace, a number means nothing to a system call. */
static bool counts_as_we_do(const struct guard_context *context)
{
	char path[PATH_MAX], target[32];

	return guard_path(path, "%s/self", context->paths.proc) == 0 &&
	       readlink(path, target, sizeof(target)) > 0 && process_own(context) == (long)getpid();
}

/* The threads of a process mostly share one table of descriptors. What cannot be compared is looked
 * at. */
static bool shares_last_table(const struct opened_walk *walk, long thread)
{
	return walk->may_compare && walk->last_thread != 0 &&
	       syscall(SYS_kcmp, walk->last_thread, thread, KCMP_FILES, 0UL, 0UL) == 0;
}

/* How a process holds a device. */
enum hold_kind { HOLDS_OPEN, HOLDS_MAPPED };

static void report_holder(
	const struct opened_walk *walk, long pid, const char *title, enum hold_kind kind)
{
	struct process process;

	process_describe(walk->context, pid, &process);
	finding_refuse(walk->finding,
		kind == HOLDS_OPEN ? _("process %s (pid %ld, user %s) has %s open")
				   : _("process %s (pid %ld, user %s) has %s mapped"),
		process.name, pid, process.user, title);
}

/* is_block: the number is that of a block device; otherwise of a character device. */
static void check_number(
	const struct opened_walk *walk, long pid, dev_t number, bool is_block, enum hold_kind kind)
{
	char title[160];

	if (is_block) {
		const struct family_member *member = family_find(walk->context, number);
		if (member)
			report_holder(walk, pid, member->title, kind);
		return;
	}
	const struct command_node *node = command_nodes_find(walk->nodes, number);
	if (!node)
		return;
	(void)snprintf(title, sizeof(title), _("%s (sends commands to %s)"), node->name,
		walk->context->family[0].name);
	report_holder(walk, pid, title, kind);
}

/* Without asking a server: a descriptor on a dead network filesystem must not stop the guard. */
static int check_file(
	const struct opened_walk *walk, int folder, const char *name, long pid, enum hold_kind kind)
{
	struct statx status;

	if (statx(folder, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE | STATX_INO,
		    &status) < 0)
		return -errno;
	if (walk->file) {
		if (status.stx_ino == walk->file->st_ino &&
			makedev(status.stx_dev_major, status.stx_dev_minor) == walk->file->st_dev)
			report_holder(walk, pid, _("the file"), kind);
		return 0;
	}
	if (S_ISBLK(status.stx_mode) || S_ISCHR(status.stx_mode))
		check_number(walk, pid, makedev(status.stx_rdev_major, status.stx_rdev_minor),
			S_ISBLK(status.stx_mode), kind);
	return 0;
}

/* A filesystem that is dead, or that keeps even root out (FUSE), does not answer for its files.
 * Those are no block devices, as long as they do not lie in /dev. */
static bool is_foreign(int folder, const char *name, int result)
{
	char target[64];

	if (result != -EACCES && result != -ESTALE && result != -EIO && result != -ENOTCONN &&
		result != -EHOSTDOWN && result != -ETIMEDOUT)
		return false;
	ssize_t length = readlinkat(folder, name, target, sizeof(target));
	return length > 0 && target[0] == '/' && strncmp(target, "/dev/", 5) != 0;
}

static int check_descriptors(const struct opened_walk *walk, DIR *folder, long pid)
{
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(folder);
		if (!entry)
			return -errno;
		if (entry->d_name[0] == '.')
			continue;
		int result = check_file(walk, dirfd(folder), entry->d_name, pid, HOLDS_OPEN);
		/* -ENOENT: closed meanwhile. */
		if (result < 0 && result != -ENOENT &&
			!is_foreign(dirfd(folder), entry->d_name, result))
			return result;
	}
}

/* Mappings ---------------------------------------------------------------------------------- */

/* A mapping stays when its descriptor is closed. maps names the files of them without saying what
 * they are; map_files leads to each. */

#define MAPS_MAX_BYTES (64 * MIB)
#define MAPS_TRIES 8 /* a process may change its mappings while they are looked at */

struct mapping {
	unsigned long start, end;
	unsigned long device_major, device_minor, inode; /* of the file; all 0: of no file */
};

/* "START-END PERMISSIONS OFFSET MAJOR:MINOR INODE PATH" (proc_pid_maps(5)). */
static int parse_mapping(const char *line, struct mapping *ret)
{
	int count = sscanf(line, "%lx-%lx %*s %*s %lx:%lx %lu", &ret->start, &ret->end,
		&ret->device_major, &ret->device_minor, &ret->inode);

	return count == 5 ? 0 : -EBADMSG;
}

static bool is_same_file(const struct mapping *a, const struct mapping *b)
{
	return a->device_major == b->device_major && a->device_minor == b->device_minor &&
	       a->inode == b->inode;
}

/* The mappings in text, which is cut up. One file's lines mostly follow each other: the first of
 * them says it all. */
static int check_mappings(const struct opened_walk *walk, int folder, char *text, long pid)
{
	struct mapping last = { 0 }; /* as those of no file */
	char *line;

	while ((line = strsep(&text, "\n"))) {
		struct mapping mapping;
		char name[64];
		if (!line[0])
			continue;
		int result = parse_mapping(line, &mapping);
		if (result < 0)
			return result;
		bool is_file = mapping.device_major || mapping.device_minor || mapping.inode;
		if (!is_file || is_same_file(&mapping, &last))
			continue;
		(void)snprintf(name, sizeof(name), "%lx-%lx", mapping.start, mapping.end);
		result = check_file(walk, folder, name, pid, HOLDS_MAPPED);
		if (result < 0 && !is_foreign(folder, name, result))
			return result;
		last = mapping;
	}
	return 0;
}

/* -ENODATA: this thread has no memory, being dead or the kernel's. */
static int check_memory_once(const struct opened_walk *walk, long pid, long thread)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(MAPS_MAX_BYTES);
	char path[PATH_MAX];

	int result = guard_path(path, "%s/%ld/maps", walk->context->paths.proc, thread);
	if (result == 0)
		result = guard_read(path, &text);
	if ((result == 0 && text.length == 0) || result == -ESRCH)
		return -ENODATA;
	if (result == 0)
		result = guard_path(path, "%s/%ld/map_files", walk->context->paths.proc, thread);
	if (result < 0)
		return result;
	AUTO_FD int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder < 0 ? -errno : check_mappings(walk, folder, text.data, pid);
}

/* -ENOENT: the mapping went away or was cut in two, or the thread ended; -ESRCH: the process is ending
 * and has let go of its memory between two looks. Either is looked at again: what is gone is then seen
 * to be gone. */
static int check_memory(const struct opened_walk *walk, long pid, long thread)
{
	int result = -ENOENT;

	for (int i = 0; i < MAPS_TRIES && (result == -ENOENT || result == -ESRCH); i++)
		result = check_memory_once(walk, pid, thread);
	return result;
}

/* Processes --------------------------------------------------------------------------------- */

static int check_table(const struct opened_walk *walk, long pid, long thread)
{
	char path[PATH_MAX];

	int result = guard_path(path, "%s/%ld/task/%ld/fd", walk->context->paths.proc, pid, thread);
	if (result < 0)
		return result;
	DIR *folder = opendir(path);
	if (!folder)
		return -errno;
	result = check_descriptors(walk, folder, pid);
	(void)closedir(folder);
	return result;
}

static int visit_thread(void *data, long pid, long thread)
{
	struct opened_walk *walk = data;

	int table = shares_last_table(walk, thread) ? 0 : check_table(walk, pid, thread);
	/* All threads of a process share one memory; the dead ones have let go of it. */
	int memory = walk->memory_seen ? 0 : check_memory(walk, pid, thread);
	walk->memory_seen = walk->memory_seen || memory == 0;
	if (table == 0)
		walk->last_thread = thread;
	else if (!thread_is_gone(walk->context, pid, thread))
		finding_not_made(walk->finding,
			_("it cannot be seen what process %ld has open: %s"), pid,
			strerror(-table));
	if (memory < 0 && memory != -ENODATA && !thread_is_gone(walk->context, pid, thread))
		finding_not_made(walk->finding,
			_("it cannot be seen what process %ld has mapped: %s"), pid,
			strerror(-memory));
	return 0;
}

static int visit_process(void *data, long pid)
{
	struct opened_walk *walk = data;

	walk->last_thread = 0;
	walk->memory_seen = false;
	int result = threads_walk(walk->context, pid, visit_thread, walk);
	if (result < 0 && !process_is_gone(walk->context, pid))
		finding_not_made(walk->finding,
			_("it cannot be seen what process %ld has open: %s"), pid,
			strerror(-result));
	return 0;
}

static void look(const struct guard_context *context, const struct command_nodes *nodes,
	const struct stat *file, struct guard_finding *finding)
{
	struct opened_walk walk = { .context = context,
		.finding = finding,
		.nodes = nodes,
		.file = file,
		.may_compare = counts_as_we_do(context) };

	int result = processes_walk(context, visit_process, &walk);
	if (result < 0)
		finding_not_made(finding, _("the processes under %s cannot be listed: %s"),
			context->paths.proc, strerror(-result));
	processes_pass(context, finding);
}

static void look_patiently(const struct guard_context *context, const struct command_nodes *nodes,
	const struct stat *file, struct guard_finding *ret)
{
	const struct timespec pause = { .tv_nsec = BETWEEN_LOOKS_NS };

	for (int i = 0; i < LOOKS; i++) {
		struct guard_finding finding = { .check = ret->check };
		look(context, nodes, file, &finding);
		*ret = finding;
		if (finding.result != GUARD_REFUSED)
			break;
		if (i + 1 < LOOKS)
			(void)nanosleep(&pause, NULL);
	}
}

void check_opened(const struct guard_context *context, struct guard_finding *ret)
{
	struct command_nodes nodes = { 0 };

	if (!finding_needs_family(context, ret))
		return;
	int result = command_nodes_read(context, &nodes);
	if (result < 0) {
		finding_not_made(ret, _("it cannot be seen by which nodes commands reach it: %s"),
			strerror(-result));
		return;
	}
	look_patiently(context, &nodes, NULL, ret);
	command_nodes_free(&nodes);
}

void check_file_opened(
	const struct guard_context *context, const struct stat *file, struct guard_finding *ret)
{
	const struct command_nodes none = { 0 };

	look_patiently(context, &none, file, ret);
}
