/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One job under way. Read from top to bottom: begin, opened, next step, step ended, over. */
#include "wipe/work.h"

#include "base/text.h"
#include "verify/evidence.h"
#include "wipe/job_documents.h"
#include "wipe/work_task.h"

#include <errno.h>
#include <string.h>

/* How often progress is flushed and journaled: what a power cut can cost. */
#define DURABLE_INTERVAL_MS 2000
/* A cut that came between the last flush and its evidence: so much is written once more. */
#define LAST_PIECE_BYTES (1 * MIB)

/* ---- recording ---- */

static int append(struct work *work, json_t *event, struct error *error)
{
	if (!event)
		return error_no_memory(error);
	struct clock_reading now;
	clock_read(&now);
	int result = evidence_check_event(event, false, error);
	if (result == 0)
		result = jobs_append(work->store, work->record.id, event, now.utc_ms, error);
	json_decref(event);
	return result;
}

static int append_ended(struct work *work, struct error *error)
{
	struct clock_reading now;
	clock_read(&now);
	work->phase = WORK_OVER;
	return append(work, job_event_ended(&now), error);
}

static int append_interrupted(struct work *work, const char *cause, struct error *error)
{
	work->phase = WORK_OVER;
	return append(work, job_event_interrupted(cause), error);
}

/* It cannot go on now. A job that has begun may be taken up again; one that has not is ended, so
 * that its refusal is a record of its own. */
static int come_to_rest(struct work *work, struct error *error)
{
	return work->has_begun ? append_interrupted(work, "drive", error)
			       : append_ended(work, error);
}

static int journal(struct work *work, uint64_t durable_bytes, struct error *error)
{
	struct clock_reading now;
	clock_read(&now);
	return jobs_journal(work->store, work->record.id, work->step, (int64_t)durable_bytes,
		(int64_t)method_step_bytes(&work->plan, &work->plan.steps[work->step - 1]),
		now.utc_ms, error);
}

/* ---- beginning ---- */

/* What the evidence says of the past: whether a step was begun, which one is next, and the last
 * event. The proof is one unbroken claim: what was read back before an interruption is read again. */
static void read_history(struct work *work, const json_t *evidence, const char **ret_last_kind)
{
	unsigned proof_starts = plan_last_overwrite(&work->plan) + 1;
	size_t index;
	json_t *event;
	*ret_last_kind = "";
	work->step = 1;
	json_array_foreach (evidence, index, event) {
		const char *kind = json_string_value(json_object_get(event, "kind"));
		const char *result = json_string_value(json_object_get(event, "result"));
		json_int_t step = json_integer_value(json_object_get(event, "step"));
		*ret_last_kind = kind;
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
	return strcmp(boot_id, record->owner_boot_id) != 0;
}

/* Somebody worked on this job before: say that he is gone, and that it goes on. */
static int take_up_again(struct work *work, const char *last_kind, struct error *error)
{
	int result = 0;
	if (strcmp(last_kind, "interrupted") != 0)
		result = append(work,
			job_event_interrupted(
				another_boot(&work->record) ? "power-lost" : "process-lost"),
			error);
	work->step = MIN(work->step, plan_last_overwrite(&work->plan) + 1);
	struct clock_reading now;
	clock_read(&now);
	return result < 0 ? result : append(work, job_event_resumed(&now), error);
}

static int start_opening(struct work *work, struct error *error)
{
	struct work_task *task = calloc(1, sizeof(*task));
	if (!task)
		return error_no_memory(error);
	task->work = work;
	snprintf(task->path, sizeof(task->path), "%s", work->target->path);
	snprintf(task->serial, sizeof(task->serial), "%s",
		work->identity.serial[0] ? work->identity.serial : work->identity.wwn);
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

static bool may_run(struct work *work)
{
	switch (work->record.state) {
	case JOB_READY:
	case JOB_INTERRUPTED:
		return true;
	case JOB_CERTIFIED: /* an interrupted job may have its record, and still go on */
	case JOB_UNKNOWN:
	case JOB_RUNNING:
	case JOB_ENDED:
		break;
	}
	return false;
}

int work_begin(struct work *work, struct error *error)
{
	const char *id = work->target->job_id;
	int result = jobs_load(work->store, id, &work->record, error);
	if (result == 0)
		result = job_read_documents(&work->record, &work->plan, &work->identity, error);
	if (result < 0)
		return result;
	identity_label(&work->identity, work->label);
	AUTO_JSON json_t *evidence = NULL;
	result = jobs_evidence(work->store, id, &evidence, error);
	if (result < 0)
		return result;
	const char *last_kind;
	read_history(work, evidence, &last_kind);
	bool rests = strcmp(last_kind, "interrupted") == 0;
	if (!may_run(work) && !rests) {
		work->phase = WORK_OVER;
		error_set(&work->target->error, ERROR_REFUSED, EALREADY, "job-over",
			_("Job %s for %s cannot be run: it is %s"), id, work->label,
			job_state_name(work->record.state));
		return 0;
	}
	result = jobs_own(work->store, id, error);
	if (result == 0 && (work->record.state == JOB_INTERRUPTED || rests))
		result = take_up_again(work, last_kind, error);
	return result < 0 ? result : start_opening(work, error);
}

/* ---- steps ---- */

static int close_job(struct work *work, struct error *error)
{
	struct drive_identity now = work->drive->identity;
	bool same = drive_check_same(work->drive, &now, &work->target->error) == 0;
	int result = append(work, job_event_closing(&now, same), error);
	return result < 0 ? result : append_ended(work, error);
}

/* Where the step begins: only an overwriting step goes on where its last flush was. A read-back
 * starts anew, since only one unbroken reading proves anything. */
static uint64_t resume_offset(const struct work *work, const struct method *method)
{
	uint64_t durable = (uint64_t)work->record.durable_bytes;
	if (!method->destroys || work->record.step != (int64_t)work->step ||
		work->record.durable_bytes <= 0 || durable % work->plan.sector_bytes != 0)
		return 0;
	if (durable < work->plan.capacity_bytes)
		return durable;
	return work->plan.capacity_bytes - MIN(work->plan.capacity_bytes, LAST_PIECE_BYTES);
}

static int start_pass(struct work *work, const struct method *method, struct error *error)
{
	const struct plan_step *step = &work->plan.steps[work->step - 1];
	struct pass_request request = { 0 };
	AUTO_FREE struct byte_range *ranges = NULL;
	int result = method->prepare(&work->plan, step, work->from_bytes, &request, &ranges);
	if (result < 0)
		return error_set(error, ERROR_FAILED, -result, "step-start",
			_("Step %u of %s could not be prepared: %s"), work->step, work->label,
			strerror(-result));
	request.fd = work->drive->fd;
	request.disk_sequence = work->drive->identity.disk_sequence;
	request.rate_bytes_per_second = work->options->rate_bytes_per_second;
	request.stall_limit_ms = work->options->stall_limit_ms;
	request.durable_interval_ms = DURABLE_INTERVAL_MS;
	work->phase = WORK_PASS;
	return engine_start(work->engine, &request, work, &work->pass, error);
}

static int start_blocking(struct work *work, const struct method *method, struct error *error)
{
	struct work_task *task = calloc(1, sizeof(*task));
	if (!task)
		return error_no_memory(error);
	task->work = work;
	task->method = method;
	task->plan = work->plan;
	task->step = work->plan.steps[work->step - 1];
	task->on_drive = work->drive;
	int result = engine_run(work->engine, work_task_method, task, task, error);
	if (result < 0) {
		free(task);
		return result;
	}
	work->task = task;
	work->task_since_ms = clock_monotonic_ms();
	work->phase = WORK_BLOCKING;
	return 0;
}

static int next_step(struct work *work, struct error *error)
{
	if (work->stopping)
		return append_interrupted(work, "operator", error);
	if (work->step > work->plan.step_count)
		return close_job(work, error);
	const struct method *method = method_for(work->plan.steps[work->step - 1].method);
	work->from_bytes = resume_offset(work, method);
	work->reported_bytes = work->from_bytes;
	work->meter.since_ms = 0;
	int result = append(work, job_event_started(work->step, work->from_bytes), error);
	work->has_begun = true;
	if (result == 0)
		result = journal(work, work->from_bytes, error);
	if (result < 0)
		return result;
	return method->prepare ? start_pass(work, method, error)
			       : start_blocking(work, method, error);
}

/* Bad ranges that can no longer change: those below upto, as far as they are not recorded. */
static int record_bad_ranges(struct work *work, uint64_t upto, struct error *error)
{
	AUTO_FREE struct bad_range *bad = NULL;
	size_t count = 0;
	if (pass_bad_ranges(work->pass, &bad, &count) < 0)
		return error_no_memory(error);
	int result = 0;
	for (size_t i = 0; i < count && result == 0; i++) {
		uint64_t start = MAX(bad[i].range.offset_bytes, work->reported_bytes);
		uint64_t end = MIN(bad[i].range.offset_bytes + bad[i].range.length_bytes, upto);
		if (start >= end)
			continue;
		bad[i].range = (struct byte_range){ start, end - start };
		result = append(work, job_event_bad_range(work->step, &bad[i]), error);
	}
	work->reported_bytes = MAX(work->reported_bytes, upto);
	return result;
}

/* In one transaction: what is bad below the flushed offset, and the offset. */
static int on_durable(struct work *work, uint64_t durable_bytes, struct error *error)
{
	const struct plan_step *step = &work->plan.steps[work->step - 1];
	bool writes = step->method == STEP_OVERWRITE;
	uint64_t offset = work->from_bytes + durable_bytes;
	int result = store_begin(work->store, error);
	if (result < 0)
		return result;
	if (writes)
		result = record_bad_ranges(work, offset, error);
	if (result == 0)
		result = journal(work, offset, error);
	if (result < 0) {
		store_rollback(work->store);
		return result;
	}
	return store_commit(work->store, error);
}

static int after_step(struct work *work, enum pass_end end, struct error *error)
{
	switch (end) {
	case PASS_COMPLETE:
		work->step++;
		work->record.step = 0; /* the journal spoke of the step that is over */
		return next_step(work, error);
	case PASS_CANCELLED:
		return append_interrupted(work, "operator", error);
	case PASS_END_UNKNOWN:
	case PASS_VANISHED:
	case PASS_STALLED:
	case PASS_TOO_MANY_ERRORS:
	case PASS_FLUSH_FAILED:
	case PASS_INTERNAL:
		break;
	}
	return append_ended(work, error);
}

static int record_pass(struct work *work, const struct pass_progress *progress, struct error *error)
{
	int result = record_bad_ranges(work, UINT64_MAX, error);
	if (result == 0)
		result = append(work,
			job_event_finished(work->step, progress->end, progress->done_bytes,
				progress->bad_bytes, progress->flushed, progress->errnum),
			error);
	if (result == 0)
		result = journal(work, work->from_bytes + progress->durable_bytes, error);
	return result;
}

static int on_pass_ended(struct work *work, struct error *error)
{
	struct pass_progress progress;
	pass_progress(work->pass, &progress);
	int result = store_begin(work->store, error);
	if (result < 0)
		return result;
	result = record_pass(work, &progress, error);
	if (result < 0) {
		store_rollback(work->store);
		return result;
	}
	result = store_commit(work->store, error);
	work->pass = pass_close(work->pass);
	return result < 0 ? result : after_step(work, progress.end, error);
}

static int on_method_ended(struct work *work, struct work_task *task, struct error *error)
{
	const struct method_report *report = &task->report;
	int result = 0;
	for (size_t i = 0; i < report->residue.count && result == 0; i++)
		result = append(
			work, job_event_residue(work->step, &report->residue.items[i]), error);
	if (result == 0)
		result = append(work,
			job_event_finished(
				work->step, report->end, report->bytes, 0, false, report->errnum),
			error);
	return result < 0 ? result : after_step(work, report->end, error);
}

/* ---- the drive was opened, or not ---- */

static int record_guard(struct work *work, const struct guard_report *guard, struct error *error)
{
	json_t *event = NULL;
	if (guard_to_json(guard, &event) < 0)
		return error_no_memory(error);
	return append(work, event, error);
}

static bool is_subject(struct work *work)
{
	char why[256];
	if (identity_same(&work->identity, &work->drive->identity, why, sizeof(why)))
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
		result = append(work, job_event_error(&task->error), error);
	}
	return result < 0 ? result : come_to_rest(work, error);
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
		result = append(work, job_event_error(&work->target->error), error);
		return result < 0 ? result : come_to_rest(work, error);
	}
	result = append(work, job_event_opened(work->drive->path, work->drive), error);
	return result < 0 ? result : next_step(work, error);
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
						 : on_method_ended(work, task, error);
	work_task_free(task);
	return result;
}

int work_on_event(struct work *work, const struct engine_event *event, struct error *error)
{
	switch (event->kind) {
	case ENGINE_EVENT_NONE:
		break;
	case ENGINE_EVENT_DURABLE:
		return on_durable(work, event->durable_bytes, error);
	case ENGINE_EVENT_PASS_ENDED:
		return on_pass_ended(work, error);
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
	int result = append(work, job_event_error(why), error);
	return result < 0 ? result : append_ended(work, error);
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
