/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who works on a job: a process of this boot, told from a later one with the same number by the
 * moment it started. */
#ifndef HAIKI_INVENTORY_JOBS_OWNER_H
#define HAIKI_INVENTORY_JOBS_OWNER_H

#include "base/error.h"
#include "device/identity/identity.h"
#include "inventory/jobs/jobs.h"

struct owner {
	char boot_id[OWNER_PLACE_SIZE]; /* as job_record.owner_boot_id; "" for no owner */
	int64_t pid;
	int64_t start_ticks; /* /proc/PID/stat field 22 (proc(5)) */
};

/* Read from the text of /proc/PID/stat. The second field is the program's name in parentheses, may
 * hold any character, and ends at the last parenthesis. 0 or -EINVAL. */
struct process_stat {
	char state;
	int64_t thread_count;
	int64_t start_ticks;
};
NODISCARD int process_stat_parse(const char *text, struct process_stat *ret);

/* This process. -errno when /proc does not say. */
NODISCARD int owner_self(const struct system_paths *paths, struct owner *ret);

/* Does the owner still live? What cannot be told is "yes": two processes on one drive is worse than
 * one that waits. */
bool owner_lives(const struct owner *owner, const struct system_paths *paths);

bool owner_equal(const struct owner *a, const struct owner *b);

#endif
