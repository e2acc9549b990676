/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who has the drive, or anything of its family, open. */
#include "wipe/guard_checks.h"

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
	bool may_compare; /* <proc> counts processes as our system calls do */
	long last_thread; /* of this process, whose descriptors were looked at; 0: none's yet */
};

/* <proc>/self leads to our number there. In a fixture, or in the /proc of another PID namespace, it
 * does not, and then numbers from there mean nothing to a system call. */
static bool counts_as_we_do(const struct guard_context *context)
{
	char path[PATH_MAX], target[32], own[32];

	if (guard_path(path, "%s/self", context->paths.proc) < 0)
		return false;
	ssize_t length = readlink(path, target, sizeof(target) - 1);
	if (length <= 0)
		return false;
	target[length] = '\0';
	(void)snprintf(own, sizeof(own), "%ld", (long)getpid());
	return strcmp(target, own) == 0;
}

/* The threads of a process mostly share one table of descriptors. What cannot be compared is looked
 * at. */
static bool shares_last_table(const struct opened_walk *walk, long thread)
{
	return walk->may_compare && walk->last_thread != 0 &&
	       syscall(SYS_kcmp, walk->last_thread, thread, KCMP_FILES, 0UL, 0UL) == 0;
}

static void report_open(const struct opened_walk *walk, long pid, dev_t number)
{
	const struct family_member *member = family_find(walk->context, number);
	struct process process;

	if (!member)
		return;
	process_describe(walk->context, pid, &process);
	finding_refuse(walk->finding, _("process %s (pid %ld, user %s) has %s open"), process.name,
		pid, process.user, member->title);
}

/* Without asking a server: a descriptor on a dead network filesystem must not stop the guard. */
static int check_descriptor(const struct opened_walk *walk, int folder, const char *name, long pid)
{
	struct statx status;

	if (statx(folder, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &status) < 0)
		return errno == ENOENT ? 0 : -errno; /* closed meanwhile */
	if (S_ISBLK(status.stx_mode))
		report_open(walk, pid, makedev(status.stx_rdev_major, status.stx_rdev_minor));
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
		int result = check_descriptor(walk, dirfd(folder), entry->d_name, pid);
		if (result < 0 && !is_foreign(dirfd(folder), entry->d_name, result))
			return result;
	}
}

static int visit_thread(void *data, long pid, long thread)
{
	struct opened_walk *walk = data;
	char path[PATH_MAX];

	if (shares_last_table(walk, thread))
		return 0;
	int result = guard_path(path, "%s/%ld/task/%ld/fd", walk->context->paths.proc, pid, thread);
	if (result == 0) {
		DIR *folder = opendir(path);
		result = folder ? check_descriptors(walk, folder, pid) : -errno;
		if (folder)
			(void)closedir(folder);
	}
	if (result == 0)
		walk->last_thread = thread;
	else if (!thread_is_gone(walk->context, pid, thread))
		finding_not_made(walk->finding,
			_("it cannot be seen what process %ld has open: %s"), pid,
			strerror(-result));
	return 0;
}

static int visit_process(void *data, long pid)
{
	struct opened_walk *walk = data;

	walk->last_thread = 0;
	int result = threads_walk(walk->context, pid, visit_thread, walk);
	if (result < 0 && !process_is_gone(walk->context, pid))
		finding_not_made(walk->finding,
			_("it cannot be seen what process %ld has open: %s"), pid,
			strerror(-result));
	return 0;
}

static void look(const struct guard_context *context, struct guard_finding *finding)
{
	struct opened_walk walk = {
		.context = context, .finding = finding, .may_compare = counts_as_we_do(context)
	};

	int result = processes_walk(context, visit_process, &walk);
	if (result < 0)
		finding_not_made(finding, _("the processes under %s cannot be listed: %s"),
			context->paths.proc, strerror(-result));
	finding_pass(finding);
}

void check_opened(const struct guard_context *context, struct guard_finding *ret)
{
	const struct timespec pause = { .tv_nsec = BETWEEN_LOOKS_NS };

	if (!finding_needs_family(context, ret))
		return;
	for (int i = 0; i < LOOKS; i++) {
		struct guard_finding finding = { .check = ret->check };
		look(context, &finding);
		*ret = finding;
		if (finding.result != GUARD_REFUSED)
			return;
		if (i + 1 < LOOKS)
			(void)nanosleep(&pause, NULL);
	}
}
