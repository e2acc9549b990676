/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One job under way, from its beginning to its rest: taken up, opened, told what happens. */
#include "wipe/work/work_parts.h"

#include "base/text.h"
#include "inventory/custody/custody.h"
#include "wipe/job_documents.h"
#include "wipe/work/work_task.h"

#include <errno.h>
#include <string.h>

/* ---- beginning ---- */

/* What the evidence says of the past: whether a step was begun, which one is next, and the last
 * event. The proof is one unbroken claim: what was read back before an interruption is read again. */
static void read_history(struct work *work, const json_t *evidence, const char **ret_last_kind)
{
	unsigned proof_starts = plan_proof_step(&work->plan);
	size_t index;
	json_t *event;
	*ret_last_kind = "";
	work->step = 1;
	json_array_foreach (evidence, index, event) {
		const char *kind = json_string_value(json_object_get(event, "kind"));
		const char *result = json_string_value(json_object_get(event, "result"));
		json_int_t step = json_integer_value(json_object_get(event, "step"));
		*ret_last_kind = kind;
		if (strcmp(kind, "opened") == 0)
			work->was_opened = true;
		if (strcmp(kind, "started") == 0)
			work->has_begun = true;
		if (strcmp(kind, "resumed") == 0)
			work->step = MIN(work->step, proof_starts);
		if (strcmp(kind, "finished") == 0 && result && strcmp(result, "complete") == 0 &&
			step == (json_int_t)work->step)
			work->step++;
	}
}

static bool another_boot(const struct job_record *record)
{
	char boot_id[37];
	clock_boot_id(boot_id);
	return strncmp(boot_id, record->owner_boot_id, strlen(boot_id)) != 0;
}

/* Somebody worked on this job before: say that he is gone, and that it goes on. */
static int take_up_again(struct work *work, const char *last_kind, struct error *error)
{
	int result = 0;
	if (strcmp(last_kind, "interrupted") != 0)
		result = work_record(work,
			job_event_interrupted(
				another_boot(&work->record) ? "power-lost" : "process-lost"),
			error);
	work->step = MIN(work->step, plan_proof_step(&work->plan));
	if (work->step == plan_proof_step(&work->plan))
		work->record.step = 0; /* from its beginning, whatever the journal says */
	struct clock_reading now;
	clock_read(&now);
	return result < 0 ? result : work_record(work, job_event_resumed(&now), error);
}

static int start_opening(struct work *work, struct error *error)
{
	struct work_task *task = calloc(1, sizeof(*task));
	if (!task)
		return error_no_memory(error);
	task->work = work;
	task->outside_vouched = work->options->outside_vouched;
	snprintf(task->path, sizeof(task->path), "%s", work->target->path);
	snprintf(task->serial, sizeof(task->serial), "%s",
		work->identity.serial[0] ? work->identity.serial : work->identity.wwn);
	snprintf(task->wwn, sizeof(task->wwn), "%s", work->identity.wwn);
	snprintf(task->store_path, sizeof(task->store_path), "%s", store_path(work->store));
	int result = engine_run(work->engine, work_task_open, task, task, error);
	if (result < 0) {
		free(task);
		return result;
	}
	work->task = task;
	work->task_since_ms = clock_monotonic_ms();
	work->phase = WORK_OPENING;
	return 0;
}

/* Not ours to run: another process works on it, or it is over. The others go on. */
static int leave_alone(struct work *work, const struct error *why)
{
	work->phase = WORK_OVER;
	work->target->error = *why;
	return 0;
}

static int already_over(struct work *work)
{
	struct error why = { 0 };
	error_set(&why, ERROR_REFUSED, EALREADY, "job-over",
		_("Job %s for %s cannot be run: it has ended"), work->record.id, work->label);
	return leave_alone(work, &why);
}

int work_begin(struct work *work, struct error *error)
{
	const char *id = work->target->job_id;
	struct error why = { 0 };
	int result = jobs_load(work->store, id, &work->record, error);
	if (result == 0)
		result = job_read_documents(&work->record, &work->plan, &work->identity, error);
	if (result < 0)
		return result;
	identity_label(&work->identity, work->label);
	/* Owned first and read then: what the evidence says now, nobody else changes any more. */
	result = jobs_own(work->store, id, &why);
	if (result == -EBUSY)
		return leave_alone(work, &why);
	if (result < 0) {
		*error = why;
		return result;
	}
	AUTO_JSON json_t *evidence = NULL;
	result = jobs_evidence(work->store, id, &evidence, error);
	if (result < 0)
		return result;
	const char *last_kind;
	read_history(work, evidence, &last_kind);
	if (strcmp(last_kind, "ended") == 0)
		return already_over(work);
	if (work->was_opened || strcmp(last_kind, "interrupted") == 0)
		result = take_up_again(work, last_kind, error);
	return result < 0 ? result : start_opening(work, error);
}

static int record_guard(struct work *work, const struct guard_report *guard, struct error *error)
{
	json_t *event = NULL;
	if (guard_to_json(guard, &event) < 0)
		return error_no_memory(error);
	return work_record(work, event, error);
}

static bool is_subject(struct work *work)
{
	char why[256];
	bool same_sectors =
		work->identity.logical_sector_bytes == work->drive->identity.logical_sector_bytes;
	snprintf(why, sizeof(why), "%s", _("its sector size is another"));
	if (same_sectors &&
		identity_same(&work->identity, &work->drive->identity, why, sizeof(why)))
		return true;
	error_set(&work->target->error, ERROR_REFUSED, ESTALE, "identity-mismatch",
		_("The drive at %s is not the one of job %s (%s): %s"), work->drive->path,
		work->record.id, work->label, why);
	error_next(&work->target->error, _("Find the drive with that serial and try again"));
	return false;
}

static int on_refused(struct work *work, struct work_task *task, struct error *error)
{
	int result = 0;
	if (task->guard.count > 0 && !task->guard.allowed) {
		guard_error(&task->guard, &work->identity, &work->target->error);
		result = record_guard(work, &task->guard, error);
	} else {
		work->target->error = task->error;
		result = work_record(work, job_event_error(&task->error), error);
	}
	return result < 0 ? result : work_come_to_rest(work, error);
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

static int on_opened(
	struct work *work, struct work_task *task, int task_result, struct error *error)
{
	if (task_result < 0)
		return on_refused(work, task, error);
	work->drive = task->drive;
	task->drive = NULL;
	int result = record_guard(work, &task->guard, error);
	if (result < 0)
		return result;
	if (!is_subject(work)) {
		result = work_record(work, job_event_error(&work->target->error), error);
		return result < 0 ? result : work_come_to_rest(work, error);
	}
	work_note_writes(work, 0);
	result = work_record(work, job_event_opened(work->drive->path, work->drive), error);
	if (result == 0)
		result = note_custody(work, error);
	return result < 0 ? result : work_next_step(work, error);
}

/* ---- events ---- */

struct work *work_of_task(void *user)
{
	struct work_task *task = user;
	if (!task->work)
		work_task_free(task);
	else
		return task->work;
	return NULL;
}

static int on_task_ended(struct work *work, int task_result, struct error *error)
{
	struct work_task *task = work->task;
	work->task = NULL;
	int result = work->phase == WORK_OPENING ? on_opened(work, task, task_result, error)
						 : work_on_method_ended(work, task, error);
	work_task_free(task);
	return result;
}

int work_on_event(struct work *work, const struct engine_event *event, struct error *error)
{
	switch (event->kind) {
	case ENGINE_EVENT_NONE:
		break;
	case ENGINE_EVENT_DURABLE:
		return work_on_durable(work, event->durable_bytes, error);
	case ENGINE_EVENT_PASS_ENDED:
		return work_on_pass_ended(work, error);
	case ENGINE_EVENT_TASK_ENDED:
		return on_task_ended(work, event->task_result, error);
	}
	return 0;
}

/* The task keeps what it works on: it cannot be ended, only left alone. */
static int give_up_task(struct work *work, struct error *error)
{
	if (work->phase == WORK_BLOCKING)
		work->drive = NULL;
	work->task->work = NULL;
	work->task = NULL;
	struct error *why = &work->target->error;
	error_set(why, ERROR_FAILED, ETIMEDOUT, "drive-hangs",
		_("%s does not answer: it hung while it was opened or looked at"), work->label);
	error_next(why, _("Reseat the drive or take it out and have it destroyed"));
	int result = work_record(work, job_event_error(why), error);
	return result < 0 ? result : work_record_ended(work, error);
}

int work_on_tick(struct work *work, struct error *error)
{
	if (!work->task)
		return 0;
	/* A method is many requests, each of which may take as long as the limit allows. */
	int64_t requests = work->phase == WORK_BLOCKING ? 20 : 1;
	int64_t patience = work->options->stall_limit_ms ? (int64_t)work->options->stall_limit_ms
							 : JOB_PATIENCE_MS;
	bool hangs = clock_monotonic_ms() - work->task_since_ms > requests * patience;
	return hangs ? give_up_task(work, error) : 0;
}

void work_stop(struct work *work)
{
	work->stopping = true;
	if (work->pass)
		pass_cancel(work->pass);
}

void work_close(struct work *work)
{
	if (work->task) { /* it still hangs in the drive, which therefore stays open */
		if (work->phase == WORK_BLOCKING)
			work->drive = NULL;
		work->task->work = NULL;
	}
	work->pass = NULL; /* the engine closed it */
	work->drive = drive_close(work->drive);
	job_record_free(&work->record);
}
