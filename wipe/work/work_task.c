/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may hang with a drive, on a thread that may hang with it. */
#include "wipe/work/work_task.h"

#include "base/text.h"
#include "device/identity/siblings.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* A drive whose size has changed may be taken away by the kernel and come back. */
#define AGAIN_TRIES 50
#define AGAIN_PAUSE_MS 100

/* ---- claiming ---- */

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
		.whole_subsystem = plan_reaches_siblings(&task->plan),
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

static int open_drive(struct work_task *task)
{
	int result = -ENOENT;
	for (unsigned i = 0; i < (task->again ? AGAIN_TRIES : 1U); i++) {
		struct timespec pause = { .tv_nsec = AGAIN_PAUSE_MS * 1000000L };
		if (i > 0)
			(void)nanosleep(&pause, NULL);
		result = drive_open(task->path, DRIVE_CLAIM, &task->claimed, &task->error);
		if (result != -ENOENT && result != -ENXIO && result != -ENODEV)
			break;
	}
	return result;
}

/* What is erased along with the drive is nobody else's meanwhile. One that has no node cannot be
 * claimed; the guard refuses then. */
static int claim_siblings(struct work_task *task)
{
	AUTO_SIBLINGS struct sibling_list list = { 0 };
	if (!plan_reaches_siblings(&task->plan))
		return 0;
	int result = siblings_list(&task->claimed->identity, NULL, &list, &task->error);
	if (result < 0)
		return result;
	task->siblings.drives = calloc(list.count + 1, sizeof(*task->siblings.drives));
	if (!task->siblings.drives)
		return error_no_memory(&task->error);
	for (size_t i = 0; i < list.count && result == 0; i++) {
		if (!list.items[i].path[0])
			continue;
		result = drive_open(list.items[i].path, DRIVE_CLAIM,
			&task->siblings.drives[task->siblings.count], &task->error);
		task->siblings.count += result == 0;
	}
	return result;
}

void claims_free(struct claims *claims)
{
	for (size_t i = 0; i < claims->count; i++)
		drive_close(claims->drives[i]);
	free(claims->drives);
	*claims = (struct claims){ 0 };
}

static void let_go(struct work_task *task)
{
	task->claimed = drive_close(task->claimed);
	claims_free(&task->siblings);
}

static int run_claim(struct work_task *task)
{
	int result = open_drive(task);
	if (result == 0)
		result = claim_siblings(task);
	if (result == 0)
		return 0;
	let_go(task);
	if (result == -EBUSY || result == -EROFS)
		explain_refusal(task);
	return result;
}

static int run_guard(struct work_task *task)
{
	if (task->look_again) {
		int result = drive_look_again(task->drive, &task->error);
		if (result < 0)
			return result;
	}
	guard(task, task->drive);
	return task->guard.allowed ? 0 : -EPERM;
}

/* ---- with the drive in hand ---- */

static struct erase_call call_of(struct work_task *task)
{
	return (struct erase_call){
		.drive = task->drive,
		.transports = &task->transports,
		.plan = &task->plan,
		.step = &task->plan.steps[task->step - 1],
		.credential = task->credential[0] ? task->credential : NULL,
	};
}

static int run_method(struct work_task *task)
{
	const struct erase_call call = call_of(task);
	task->method->run(&call, &task->report);
	return 0;
}

static int run_erase(struct work_task *task)
{
	const struct erase_call call = call_of(task);
	return task->call(&call, &task->answer);
}

static int run_health(struct work_task *task)
{
	return health_read(&task->drive->identity, &task->transports, &task->health,
		task->answer.raw, &task->answer.raw_bytes);
}

int work_task_run(void *context)
{
	struct work_task *task = context;
	switch (task->kind) {
	case TASK_CLAIM:
		return run_claim(task);
	case TASK_GUARD:
		return run_guard(task);
	case TASK_METHOD:
		return run_method(task);
	case TASK_ERASE:
		return run_erase(task);
	case TASK_HEALTH:
		return run_health(task);
	case TASK_FLUSH:
		return drive_flush(task->drive);
	}
	return -EINVAL;
}

void work_task_free(struct work_task *task)
{
	if (!task)
		return;
	let_go(task);
	explicit_bzero(task->credential, sizeof(task->credential));
	explicit_bzero(&task->plan, sizeof(task->plan)); /* a drive's password stands in it */
	free(task);
}
