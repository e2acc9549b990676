/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who has the drive, or anything of its family, open. */
#include "wipe/guard_checks.h"

#include "base/file.h"
#include "base/text.h"
#include "base/utf8.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

/* udev and its like open a drive for moments; a refusal over that would help nobody. They are not
 * taken on trust: whoever still has it open at the last look is the refusal. */
#define LOOKS 3
#define BETWEEN_LOOKS_NS (150 * 1000 * 1000)

/* Processes --------------------------------------------------------------------------------- */

static int read_of_process(
	const struct guard_context *context, long pid, const char *what, char *ret, size_t size)
{
	char path[PATH_MAX];

	int result = guard_path(path, "%s/%ld/%s", context->paths.proc, pid, what);
	return result < 0 ? result : file_read_line(path, ret, size);
}

static void describe_user(const struct guard_context *context, long pid, char *ret, size_t size)
{
	char text[4096], names[1024];
	struct passwd entry, *found = NULL;
	unsigned user;

	(void)snprintf(ret, size, "?");
	if (read_of_process(context, pid, "status", text, sizeof(text)) < 0)
		return;
	const char *line = strstr(text, "\nUid:");
	if (!line || sscanf(line, "\nUid: %u", &user) != 1)
		return;
	if (getpwuid_r((uid_t)user, &entry, names, sizeof(names), &found) == 0 && found)
		(void)snprintf(ret, size, "%s", found->pw_name);
	else
		(void)snprintf(ret, size, "%u", user);
}

void process_describe(const struct guard_context *context, long pid, struct process *ret)
{
	ret->pid = pid;
	if (read_of_process(context, pid, "comm", ret->name, sizeof(ret->name)) < 0)
		(void)snprintf(ret->name, sizeof(ret->name), "?");
	utf8_clean(ret->name, true);
	describe_user(context, pid, ret->user, sizeof(ret->user));
}

bool process_is_gone(const struct guard_context *context, long pid)
{
	char text[512];

	int result = read_of_process(context, pid, "stat", text, sizeof(text));
	if (result == -ENOENT || result == -ESRCH)
		return true;
	/* "PID (COMM) STATE …"; the name may hold any character, so the last ')' counts. */
	const char *behind = result == 0 ? strrchr(text, ')') : NULL;
	return behind && behind[1] == ' ' && (behind[2] == 'Z' || behind[2] == 'X');
}

/* A process id as a folder name: digits only. */
static bool parse_pid(const char *name, long *ret)
{
	if (!name[0] || name[strspn(name, "0123456789")] || strlen(name) > 10)
		return false;
	*ret = strtol(name, NULL, 10);
	return true;
}

int processes_walk(
	const struct guard_context *context, int (*visit)(void *, long pid), void *visitor)
{
	DIR *folder = opendir(context->paths.proc);
	bool has_first = false;
	int result = 0;

	if (!folder)
		return -errno;
	while (result == 0) {
		long pid;
		errno = 0;
		const struct dirent *entry = readdir(folder);
		if (!entry) {
			result = -errno;
			break;
		}
		if (!parse_pid(entry->d_name, &pid))
			continue;
		has_first = has_first || pid == 1;
		if (pid != (long)getpid())
			result = visit(visitor, pid);
	}
	(void)closedir(folder);
	return result == 0 && !has_first ? -EACCES : result;
}

/* opened ------------------------------------------------------------------------------------ */

struct opened_walk {
	const struct guard_context *context;
	struct guard_finding *finding;
};

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

static int visit_process(void *data, long pid)
{
	const struct opened_walk *walk = data;
	char path[PATH_MAX];

	int result = guard_path(path, "%s/%ld/fd", walk->context->paths.proc, pid);
	if (result == 0) {
		DIR *folder = opendir(path);
		result = folder ? check_descriptors(walk, folder, pid) : -errno;
		if (folder)
			(void)closedir(folder);
	}
	if (result < 0 && !process_is_gone(walk->context, pid))
		finding_not_made(walk->finding,
			_("it cannot be seen what process %ld has open: %s"), pid,
			strerror(-result));
	return 0;
}

static void look(const struct guard_context *context, struct guard_finding *finding)
{
	struct opened_walk walk = { .context = context, .finding = finding };

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
