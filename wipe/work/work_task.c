/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claiming and guarding a drive, on a thread that may hang with it. */
#include "wipe/work/work_task.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

static void guard(struct work_task *task, const struct drive *drive)
{
	CLEANUP(cleanup_store_close) struct store *store = NULL;
	/* Without a store the guard cannot ask for holds, and refuses. */
	if (store_open(task->store_path, STORE_READ, &store, &task->error) < 0)
		store = NULL;
	const struct guard_subject subject = {
		.drive = drive,
		.expected_serial = task->serial,
		.expected_wwn = task->wwn,
		.require_serial = true,
		.store = store,
		.outside_vouched = task->outside_vouched,
	};
	guard_check(&subject, &task->guard);
}

/* Somebody else has the drive: look without claiming, so that the guard can say who. */
static void explain_refusal(struct work_task *task)
{
	CLEANUP(cleanup_drive_close) struct drive *drive = NULL;
	if (drive_open(task->path, DRIVE_LOOK, &drive, NULL) < 0)
		return;
	guard(task, drive);
	if (!task->guard.allowed || task->guard.count == GUARD_CHECKS_MAX)
		return;
	struct guard_finding *claim = &task->guard.findings[task->guard.count++];
	*claim = (struct guard_finding){ .check = "claim", .result = GUARD_REFUSED };
	snprintf(claim->detail, sizeof(claim->detail), "%.*s", (int)sizeof(claim->detail) - 1,
		task->error.what);
	task->guard.allowed = false;
}

int work_task_open(void *context)
{
	struct work_task *task = context;
	int result = drive_open(task->path, DRIVE_CLAIM, &task->drive, &task->error);
	if (result == -EBUSY || result == -EROFS)
		explain_refusal(task);
	if (result < 0)
		return result;
	guard(task, task->drive);
	if (task->guard.allowed)
		return 0;
	task->drive = drive_close(task->drive);
	return -EPERM;
}

int work_task_method(void *context)
{
	struct work_task *task = context;
	task->method->run(&task->plan, &task->step, task->on_drive, &task->report);
	return 0;
}

void work_task_free(struct work_task *task)
{
	if (!task)
		return;
	drive_close(task->drive);
	free(task);
}
