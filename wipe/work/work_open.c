/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a path to a drive in hand: claimed, found at its erasing where it was left at that, guarded,
 * opened on record. */
#include "wipe/work/work_parts.h"

#include "base/text.h"
#include "inventory/custody/custody.h"

#include <errno.h>
#include <string.h>

int work_open(struct work *work, bool again, struct error *error)
{
	struct work_task *task = work_new_task(work, TASK_CLAIM);
	if (!task)
		return error_no_memory(error);
	task->again = again;
	work->reopened = again;
	snprintf(task->path, sizeof(task->path), "%s", work->target->path);
	return work_run_task(work, task, WORK_OPENING, work_patience_ms(work), error);
}

static int record_guard(struct work *work, const struct guard_report *guard, struct error *error)
{
	json_t *event = NULL;
	if (guard_to_json(guard, &event) < 0)
		return error_no_memory(error);
	return work_record(work, event, error);
}

static void let_go(struct work *work)
{
	work->drive = drive_close(work->drive);
	claims_free(&work->siblings);
}

static int on_refused(struct work *work, struct work_task *task, struct error *error)
{
	int result = 0;
	let_go(work);
	if (task->guard.count > 0 && !task->guard.allowed) {
		guard_error(&task->guard, &work->identity, &work->target->error);
		result = record_guard(work, &task->guard, error);
	} else {
		work->target->error = task->error;
		result = work_record(work, job_event_error(&task->error), error);
	}
	return result < 0 ? result : work_come_to_rest(work, error);
}

/* ---- is it the one? ---- */

static bool restores(const struct work *work)
{
	return work->plan.step_count > 0 && work->plan.steps[0].method == STEP_RESTORE_CAPACITY;
}

/* What was lifted may hide again after the power was off: then it is lifted once more. */
static void restore_again_if_hidden(struct work *work)
{
	uint64_t now = work->drive->identity.capacity_bytes;
	if (!restores(work) || work->reopened || now == work->plan.capacity_bytes)
		return;
	work->step = 1;
	work->cut.goes_on = false;
	work->cut.accepted = false;
}

static bool capacity_is_hidden(struct work *work)
{
	error_set(&work->target->error, ERROR_FAILED, ESTALE, "capacity-hidden",
		_("%s does not show all of its capacity, though what hid a part of it was lifted"),
		work->label);
	error_next(&work->target->error,
		_("Take its power away and give it back, then: haiki wipe resume %s"),
		work->record.id);
	return false;
}

/* Where a part of it was hidden, it is larger once that was lifted. */
static bool is_subject(struct work *work)
{
	char why[256];
	struct drive_identity expected = work->identity;
	const struct drive_identity *now = &work->drive->identity;
	bool is_whole = now->capacity_bytes == work->plan.capacity_bytes;
	bool same_sectors = expected.logical_sector_bytes == now->logical_sector_bytes;
	if (restores(work) && is_whole)
		expected.capacity_bytes = now->capacity_bytes;
	snprintf(why, sizeof(why), "%s", _("its sector size is another"));
	if (same_sectors && identity_same(&expected, now, why, sizeof(why)))
		return !restores(work) || work->step == 1 || is_whole || capacity_is_hidden(work);
	error_set(&work->target->error, ERROR_REFUSED, ESTALE, "identity-mismatch",
		_("The drive at %s is not the one of job %s (%s): %s"), work->drive->path,
		work->record.id, work->label, why);
	error_next(&work->target->error, _("Find the drive with that serial and try again"));
	return false;
}

/* Before it is asked anything: while it erases itself it may not tell how large it is. */
static bool is_same_device(struct work *work)
{
	struct drive_identity saved = work->drive->identity;
	work->drive->identity.capacity_bytes =
		restores(work) ? work->plan.capacity_bytes : work->identity.capacity_bytes;
	work->drive->identity.logical_sector_bytes = work->identity.logical_sector_bytes;
	bool same = is_subject(work);
	work->drive->identity = saved;
	return same;
}

static int not_the_one(struct work *work, struct error *error)
{
	int result = work_record(work, job_event_error(&work->target->error), error);
	return result < 0 ? result : work_come_to_rest(work, error);
}

/* ---- claimed, guarded, opened ---- */

int work_guard(struct work *work, struct error *error)
{
	struct work_task *task = work_new_task(work, TASK_GUARD);
	if (!task)
		return error_no_memory(error);
	task->look_again = work->cut.awaits;
	return work_run_task(work, task, WORK_OPENING, work_patience_ms(work), error);
}

int work_on_claimed(struct work *work, struct work_task *task, int task_result, struct error *error)
{
	if (task_result < 0)
		return on_refused(work, task, error);
	work->drive = task->claimed;
	task->claimed = NULL;
	work->siblings = task->siblings;
	task->siblings = (struct claims){ 0 };
	if (work->cut.step > 0)
		return is_same_device(work) ? work_find_begin(work, error)
					    : not_the_one(work, error);
	return work_guard(work, error);
}

/* From here on the drive is written to: custody says so before it is. */
static int note_custody(struct work *work, struct error *error)
{
	const char *ticket = json_string_value(json_object_get(work->record.reason, "ticket"));
	struct clock_reading now;
	clock_read(&now);
	return custody_job_begun(
		work->store, &work->identity, work->record.id, ticket, now.utc_ms, error);
}

static int record_siblings(struct work *work, struct error *error)
{
	int result = 0;
	for (size_t i = 0; i < work->siblings.count && result == 0; i++)
		result = work_record(work, job_event_sibling(work->siblings.drives[i]), error);
	return result;
}

int work_on_guarded(struct work *work, struct work_task *task, int task_result, struct error *error)
{
	if (task_result < 0)
		return on_refused(work, task, error);
	work->cut.awaits = false;
	int result = record_guard(work, &task->guard, error);
	if (result < 0)
		return result;
	restore_again_if_hidden(work);
	if (!is_subject(work))
		return not_the_one(work, error);
	work_note_writes(work, 0);
	result = work_record(work, job_event_opened(work->drive->path, work->drive), error);
	if (result == 0)
		result = record_siblings(work, error);
	if (result == 0)
		result = work_record_found(work, error);
	if (result == 0)
		result = note_custody(work, error);
	return result < 0 ? result : work_first_step(work, error);
}
