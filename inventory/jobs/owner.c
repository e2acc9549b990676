/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Owners of jobs, by /proc. A dead owner is one whose number is free, or belongs to a process that
 * started at another moment, or whose boot has ended. */
#include "inventory/jobs/owner.h"

#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int process_stat_parse(const char *text, struct process_stat *ret)
{
	const char *end_of_name = strrchr(text, ')');
	if (!end_of_name)
		return -EINVAL;
	/* proc(5): after the name come field 3 (state), … 20 (num_threads), 21, 22 (starttime). */
	struct process_stat stat = { 0 };
	int fields = sscanf(end_of_name + 1,
		" %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNd64
		" %*s %" SCNd64,
		&stat.state, &stat.thread_count, &stat.start_ticks);
	if (fields != 3 || stat.start_ticks < 0)
		return -EINVAL;
	*ret = stat;
	return 0;
}

static const char *proc_folder(const struct system_paths *paths)
{
	return paths && paths->proc ? paths->proc : "/proc";
}

static int read_stat(const struct system_paths *paths, int64_t pid, struct process_stat *ret)
{
	char path[512];
	char text[1024];
	int length = snprintf(path, sizeof(path), "%s/%" PRId64 "/stat", proc_folder(paths), pid);
	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	int r = file_read_line(path, text, sizeof(text));
	return r < 0 ? r : process_stat_parse(text, ret);
}

/* The inode of our PID namespace: pids of another one mean nothing to us. */
static unsigned long pid_namespace(void)
{
	struct stat status;
	return stat("/proc/self/ns/pid", &status) == 0 ? (unsigned long)status.st_ino : 0;
}

/* "BOOT-ID/NAMESPACE"; false when the boot is not known. */
static bool place_of_pids(char ret[static OWNER_PLACE_SIZE])
{
	char boot_id[37];
	clock_boot_id(boot_id);
	(void)snprintf(ret, OWNER_PLACE_SIZE, "%s/%lu", boot_id, pid_namespace());
	return boot_id[0] != '\0';
}

int owner_self(const struct system_paths *paths, struct owner *ret)
{
	struct owner owner = { .pid = getpid() };
	struct process_stat stat;
	if (!place_of_pids(owner.boot_id))
		return -ENODATA;
	int r = read_stat(paths, owner.pid, &stat);
	if (r < 0)
		return r;
	owner.start_ticks = stat.start_ticks;
	*ret = owner;
	return 0;
}

bool owner_lives(const struct owner *owner, const struct system_paths *paths)
{
	if (owner->boot_id[0] == '\0' || owner->pid <= 0)
		return false;
	char here[OWNER_PLACE_SIZE];
	if (place_of_pids(here)) {
		if (strncmp(here, owner->boot_id, 36) != 0)
			return false;
		/* Of the same boot, but in a namespace whose processes we cannot see. */
		if (strlen(owner->boot_id) > 36 && strcmp(here, owner->boot_id) != 0)
			return true;
	}
	struct process_stat stat;
	int r = read_stat(paths, owner->pid, &stat);
	if (r == -ENOENT || r == -ESRCH) {
		/* Hidden (hidepid) is not gone. */
		bool real = !paths || !paths->proc;
		return real && (kill((pid_t)owner->pid, 0) == 0 || errno != ESRCH);
	}
	if (r < 0)
		return true;
	if (stat.start_ticks != owner->start_ticks)
		return false;
	/* A zombie waits for its parent and works no more, unless other threads of it still run. */
	bool ended = stat.state == 'Z' || stat.state == 'X';
	return !ended || stat.thread_count > 1;
}

bool owner_equal(const struct owner *a, const struct owner *b)
{
	return strcmp(a->boot_id, b->boot_id) == 0 && a->pid == b->pid &&
	       a->start_ticks == b->start_ticks;
}
