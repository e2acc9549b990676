/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a work does on a thread of its own, because a drive may hang in it: opening with the guard,
 * and blocking methods. Inside wipe/ only. */
#ifndef HAIKI_WIPE_WORK_WORK_TASK_H
#define HAIKI_WIPE_WORK_WORK_TASK_H

#include "wipe/work/work.h"

struct work_task {
	struct work *work; /* NULL once given up: the task frees itself when it is told */
	/* Opening */
	char path[256];
	char serial[IDENTITY_TEXT_MAX];
	char wwn[IDENTITY_TEXT_MAX]; /* beside it; "" when the drive has none */
	char store_path[512];        /* the guard reads holds through a connection of its own */
	bool outside_vouched;        /* of the guard's subject */
	struct drive *drive;         /* claimed, or NULL */
	struct guard_report guard;
	struct error error;
	/* A blocking method */
	const struct method *method;
	struct plan plan;
	struct plan_step step;
	const struct drive *on_drive; /* borrowed; stays open while the task runs */
	struct method_report report;
};

/* Claim the drive and guard it. Returns 0 when it was claimed and allowed; else -errno with guard or
 * error filled. For engine_run. */
int work_task_open(void *context);

/* Run the blocking method. For engine_run. */
int work_task_method(void *context);

/* NULL is allowed. Closes the drive it may still hold. */
void work_task_free(struct work_task *task);

#endif
