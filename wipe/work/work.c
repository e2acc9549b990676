/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One job under way, from its beginning to its rest: taken up, told what happens, let go. */
#include "wipe/work/work_parts.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

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
	work_read_history(work, evidence, &last_kind);
	if (strcmp(last_kind, "ended") == 0)
		return already_over(work);
	if (work->was_opened || strcmp(last_kind, "interrupted") == 0)
		result = work_take_up_again(work, last_kind, error);
	return result < 0 ? result : work_open(work, false, error);
}

/* ---- tasks ---- */

int64_t work_patience_ms(const struct work *work)
{
	uint64_t limit = work->options->stall_limit_ms;
	return limit ? (int64_t)MIN(limit, INT32_MAX) : JOB_PATIENCE_MS;
}

struct work_task *work_new_task(struct work *work, enum task_kind kind)
{
	struct work_task *task = calloc(1, sizeof(*task));
	const char *credential = work->options->credential;
	if (!task)
		return NULL;
	task->kind = kind;
	task->work = work;
	task->plan = work->plan;
	task->step = work->step;
	snprintf(task->credential, sizeof(task->credential), "%s", credential ? credential : "");
	snprintf(task->serial, sizeof(task->serial), "%s",
		work->identity.serial[0] ? work->identity.serial : work->identity.wwn);
	snprintf(task->wwn, sizeof(task->wwn), "%s", work->identity.wwn);
	snprintf(task->store_path, sizeof(task->store_path), "%s", store_path(work->store));
	task->outside_vouched = work->options->outside_vouched;
	task->drive = work->drive;
	if (work->drive)
		task->transports = seam_transports(
			work->options->seams, work->drive->fd, &work->drive->identity);
	return task;
}

int work_run_task(struct work *work, struct work_task *task, enum work_phase phase,
	int64_t patience_ms, struct error *error)
{
	int result = engine_run(work->engine, work_task_run, task, task, error);
	if (result < 0) {
		work_task_free(task);
		return result;
	}
	work->task = task;
	work->task_since_ms = clock_monotonic_ms();
	work->task_patience_ms = patience_ms;
	work->phase = phase;
	return 0;
}

struct work *work_of_task(void *user)
{
	struct work_task *task = user;
	if (!task->work)
		work_task_free(task);
	else
		return task->work;
	return NULL;
}

static int dispatch_task(
	struct work *work, struct work_task *task, int task_result, struct error *error)
{
	switch (task->kind) {
	case TASK_CLAIM:
		return work_on_claimed(work, task, task_result, error);
	case TASK_GUARD:
		return work_on_guarded(work, task, task_result, error);
	case TASK_METHOD:
		return work_on_method_ended(work, task, error);
	case TASK_ERASE:
		return work->phase == WORK_OPENING ? work_on_found(work, task, task_result, error)
						   : work_on_erase(work, task, task_result, error);
	case TASK_HEALTH:
		return work_on_health(work, task, task_result, error);
	case TASK_FLUSH:
		return work_on_flushed(work, task_result, error);
	}
	return -EINVAL;
}

static int on_task_ended(struct work *work, int task_result, struct error *error)
{
	struct work_task *task = work->task;
	work->task = NULL;
	int result = dispatch_task(work, task, task_result, error);
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
static void leave_task(struct work *work)
{
	if (work->task->kind != TASK_CLAIM)
		work->drive = NULL;
	work->task->work = NULL;
	work->task = NULL;
}

/* Was it told to set a password, or may it have been before an interruption? */
static bool may_have_password(const struct work *work)
{
	const struct work_task *task = work->task;
	bool told = work->phase == WORK_OPENING || work->course.stage != COURSE_BEFORE;
	return task->kind == TASK_ERASE && told &&
	       technique_facts(task->plan.steps[task->step - 1].technique)->witness ==
		       WITNESS_ATA_SECURITY;
}

static int give_up_task(struct work *work, struct error *error)
{
	struct error *why = &work->target->error;
	bool erases = work->task->kind == TASK_ERASE;
	bool gone = erases && !seam_is_present(work->options->seams, work->drive->fd,
				      work->drive->identity.disk_sequence);
	bool has_password = may_have_password(work);
	leave_task(work);
	error_set(why, ERROR_FAILED, ETIMEDOUT, "drive-hangs",
		erases ? _("%s does not answer: it hung while it was asked how its erasing goes")
		       : _("%s does not answer: it hung while it was opened or looked at"),
		work->label);
	if (has_password)
		error_next(why,
			_("A password may be set on it, the one in the plan of job %s (haiki "
			  "report "
			  "certificate %s): once its power was off, unlock it by hdparm "
			  "--security-unlock and take the password away by --security-disable"),
			work->record.id, work->record.id);
	else
		error_next(why, _("Reseat the drive or take it out and have it destroyed"));
	if (gone)
		return work_record_interrupted(work, "drive", error);
	int result = work_record(work, job_event_error(why), error);
	return result < 0 ? result : work_record_ended(work, error);
}

int work_on_tick(struct work *work, struct error *error)
{
	if (work->phase == WORK_WAITING)
		return work_erase_tick(work, error);
	if (!work->task)
		return 0;
	bool hangs = clock_monotonic_ms() - work->task_since_ms > work->task_patience_ms;
	return hangs ? give_up_task(work, error) : 0;
}

int64_t work_due_in_ms(const struct work *work)
{
	if (work->phase != WORK_WAITING)
		return -1;
	return MAX(work->course.due_ms - seam_now_ms(work->options->seams), 0);
}

void work_stop(struct work *work)
{
	work->stopping = true;
	if (work->pass)
		pass_cancel(work->pass);
}

void work_close(struct work *work)
{
	if (work->task) /* it still hangs in the drive, which therefore stays open */
		leave_task(work);
	work->pass = NULL; /* the engine closed it */
	work->drive = drive_close(work->drive);
	claims_free(&work->siblings);
	job_record_free(&work->record);
}
