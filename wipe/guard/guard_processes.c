/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The processes of this machine and their threads. A thread may have files and mounts of its own, and
 * goes on when the first thread of its process has ended. */
#include "wipe/guard/guard_checks.h"

#include "base/file.h"
#include "base/text.h"
#include "device/probe/sandbox.h"
#include "base/utf8.h"
#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

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

/* A process id as a folder name: digits only. */
static bool parse_pid(const char *name, long *ret)
{
	if (!name[0] || name[strspn(name, "0123456789")] || strlen(name) > 10)
		return false;
	*ret = strtol(name, NULL, 10);
	return true;
}

/* Call visit for each folder that is named by a number, until it does not return 0. */
static int walk_numbers(const char *path, int (*visit)(void *, long number), void *visitor)
{
	DIR *folder = opendir(path);
	int result = 0;

	if (!folder)
		return -errno;
	while (result == 0) {
		long number;
		errno = 0;
		const struct dirent *entry = readdir(folder);
		if (!entry) {
			result = -errno;
			break;
		}
		if (parse_pid(entry->d_name, &number))
			result = visit(visitor, number);
	}
	(void)closedir(folder);
	return result;
}

/* Threads ----------------------------------------------------------------------------------- */

struct threads_visitor {
	const struct guard_context *context;
	int (*visit)(void *, long pid, long thread);
	void *visitor;
	long pid;
};

static int visit_thread(void *data, long thread)
{
	const struct threads_visitor *threads = data;

	return threads->visit(threads->visitor, threads->pid, thread);
}

int threads_walk(const struct guard_context *context, long pid,
	int (*visit)(void *, long pid, long thread), void *visitor)
{
	struct threads_visitor threads = {
		.context = context, .visit = visit, .visitor = visitor, .pid = pid
	};
	char path[PATH_MAX];

	int result = guard_path(path, "%s/%ld/task", context->paths.proc, pid);
	return result < 0 ? result : walk_numbers(path, visit_thread, &threads);
}

bool thread_is_gone(const struct guard_context *context, long pid, long thread)
{
	char path[PATH_MAX], text[512];

	int result = guard_path(path, "%s/%ld/task/%ld/stat", context->paths.proc, pid, thread);
	if (result == 0)
		result = file_read_line(path, text, sizeof(text));
	if (result == -ENOENT || result == -ESRCH)
		return true;
	/* "PID (COMM) STATE …"; the name may hold any character, so the last ')' counts. */
	const char *behind = result == 0 ? strrchr(text, ')') : NULL;
	return behind && behind[1] == ' ' && (behind[2] == 'Z' || behind[2] == 'X');
}

struct living_visitor {
	const struct guard_context *context;
};

static int visit_living(void *data, long pid, long thread)
{
	const struct living_visitor *living = data;

	return thread_is_gone(living->context, pid, thread) ? 0 : 1;
}

bool process_is_gone(const struct guard_context *context, long pid)
{
	struct living_visitor living = { .context = context };

	int result = threads_walk(context, pid, visit_living, &living);
	return result == 0 || result == -ENOENT || result == -ESRCH;
}

/* Processes --------------------------------------------------------------------------------- */

long process_own(const struct guard_context *context)
{
	char path[PATH_MAX], target[32];
	long own;

	int result = guard_path(path, "%s/self", context->paths.proc);
	ssize_t length = result == 0 ? readlink(path, target, sizeof(target) - 1) : -1;
	if (length <= 0)
		return (long)getpid();
	target[length] = '\0';
	return parse_pid(target, &own) ? own : (long)getpid();
}

struct processes_visitor {
	int (*visit)(void *, long pid);
	void *visitor;
	long own;
	bool has_first;
	bool counts_as_we_do;
};

/* Ourselves, and our children that read hostile bytes (device/probe/sandbox.h). */
static bool is_ours(const struct processes_visitor *processes, long pid)
{
	return pid == processes->own ||
	       (processes->counts_as_we_do && sandbox_is_child((pid_t)pid));
}

static int visit_process(void *data, long pid)
{
	struct processes_visitor *processes = data;

	processes->has_first = processes->has_first || pid == 1;
	return is_ours(processes, pid) ? 0 : processes->visit(processes->visitor, pid);
}

int processes_walk(
	const struct guard_context *context, int (*visit)(void *, long pid), void *visitor)
{
	struct processes_visitor processes = {
		.visit = visit, .visitor = visitor, .own = process_own(context)
	};
	processes.counts_as_we_do = processes.own == (long)getpid();

	int result = walk_numbers(context->paths.proc, visit_process, &processes);
	return result == 0 && !processes.has_first ? -EACCES : result;
}

/* Outside ----------------------------------------------------------------------------------- */

/* The first PID namespace of a kernel: PROC_PID_INIT_INO, include/linux/proc_ns.h. Every process has
 * a number in it. */
#define FIRST_PID_NAMESPACE "pid:[4026531836]"

/* 1: this is the first namespace; 0: it is one inside; -errno: it cannot be told. */
static int is_first_namespace(const struct guard_context *context)
{
	char path[PATH_MAX], target[64];

	int result = guard_path(path, "%s/self/ns/pid", context->paths.proc);
	if (result < 0)
		return result;
	ssize_t length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	if (strncmp(target, "pid:[", 5) != 0)
		return -EBADMSG;
	return strcmp(target, FIRST_PID_NAMESPACE) == 0;
}

void processes_pass(const struct guard_context *context, struct guard_finding *finding)
{
	int first = is_first_namespace(context);

	if (first < 0)
		finding_not_made(finding, _("it cannot be seen which PID namespace this is: %s"),
			strerror(-first));
	else if (first == 0 && !context->subject->outside_vouched)
		finding_not_made(finding, _("processes outside this PID namespace cannot be seen"));
	else if (first == 0)
		finding_pass_with(finding,
			_("processes outside this PID namespace were not seen; the configuration "
			  "vouches for them"));
	else
		finding_pass(finding);
}
