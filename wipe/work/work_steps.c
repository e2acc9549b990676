/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps of a job, one after the other: begun, journaled, ended, and the job closed. */
#include "wipe/work/work_parts.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

/* How often progress is flushed and journaled: what a power cut can cost. */
#define DURABLE_INTERVAL_MS 2000
/* A cut that came between the last flush and its evidence: so much is written once more. */
#define LAST_PIECE_BYTES (1 * MIB)

void work_note_writes(struct work *work, uint64_t own_bytes)
{
	uint64_t now = 0;
	bool told = drive_sectors_written(work->drive, &now) == 0;
	work->writes_counted = told && now - work->sectors_written >= own_bytes / 512;
	work->sectors_written = now;
}

/* An open that is not exclusive keeps nobody out: did anyone write since our own last write? */
static bool was_left_alone(struct work *work)
{
	uint64_t now = 0;
	struct error *why = &work->target->error;
	if (!work->writes_counted || drive_sectors_written(work->drive, &now) < 0) {
		error_set(why, ERROR_FAILED, ENODATA, "writes-not-counted",
			_("%s: the kernel does not count what is written to it, so nobody can say "
			  "that it was left alone"),
			work->label);
		error_next(why, _("Write 1 to the queue/iostats of the drive in /sys/block"));
		return false;
	}
	if (now == work->sectors_written)
		return true;
	error_set(why, ERROR_FAILED, EBUSY, "written-by-others",
		_("%s: another process wrote to it while it was being checked"), work->label);
	error_next(why, _("End what uses the drive, and wipe it again"));
	return false;
}

static int close_job(struct work *work, struct error *error)
{
	struct drive_identity now = work->drive->identity;
	int result = 0;
	if (!was_left_alone(work))
		result = work_record(work, job_event_error(&work->target->error), error);
	if (result < 0)
		return result;
	bool same = drive_check_same(work->drive, &now, &work->target->error) == 0;
	result = work_record(work, job_event_closing(&now, same), error);
	return result < 0 ? result : work_record_ended(work, error);
}

/* Where the step begins: only an overwriting step goes on where its last flush was. A read-back
 * starts anew, since only one unbroken reading proves anything. */
static uint64_t resume_offset(const struct work *work, const struct method *method)
{
	uint64_t durable = (uint64_t)work->record.durable_bytes;
	if (!method || !method->destroys || work->record.step != (int64_t)work->step ||
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
	request.in_order = method->destroys && work->drive->identity.zoned == ZONED_HOST_MANAGED;
	request.rate_bytes_per_second = work->options->rate_bytes_per_second;
	request.stall_limit_ms = work->options->stall_limit_ms;
	request.durable_interval_ms = DURABLE_INTERVAL_MS;
	work->phase = WORK_PASS;
	return engine_start(work->engine, &request, work, &work->pass, error);
}

/* A method is many requests, each of which may take as long as the limit allows. */
#define REQUESTS_OF_A_METHOD 20

static int start_blocking(struct work *work, const struct method *method, struct error *error)
{
	struct work_task *task = work_new_task(work, TASK_METHOD);
	if (!task)
		return error_no_memory(error);
	task->method = method;
	return work_run_task(
		work, task, WORK_BLOCKING, REQUESTS_OF_A_METHOD * work_patience_ms(work), error);
}

/* The error counters, where the drive tells any; that it does not is no reason to stop. */
static int ask_health(struct work *work, struct error *error)
{
	struct work_task *task = work_new_task(work, TASK_HEALTH);
	if (!task)
		return error_no_memory(error);
	return work_run_task(work, task, WORK_BLOCKING, work_patience_ms(work), error);
}

int work_on_health(struct work *work, struct work_task *task, int task_result, struct error *error)
{
	bool after = work->step > work->plan.step_count;
	int result = 0;
	work->health_told = after;
	if (task_result == 0 && task->health && task->answer.raw_bytes > 0)
		result = work_record(work,
			job_event_health(after ? "after" : "before", task->health, &task->answer),
			error);
	return result < 0 ? result : work_next_step(work, error);
}

int work_first_step(struct work *work, struct error *error)
{
	bool asked = work->has_begun || work->identity.is_virtual;
	return asked ? work_next_step(work, error) : ask_health(work, error);
}

int work_next_step(struct work *work, struct error *error)
{
	if (work->stopping)
		return work_record_interrupted(work, "operator", error);
	if (work->step > work->plan.step_count)
		return work->health_told || work->identity.is_virtual ? close_job(work, error)
								      : ask_health(work, error);
	enum step_method kind = work->plan.steps[work->step - 1].method;
	const struct method *method = method_for(kind);
	work->from_bytes = resume_offset(work, method);
	work->reported_bytes = work->from_bytes;
	work->meter.since_ms = 0;
	int result = work_record_found(work, error);
	if (result == 0)
		result = work_record(work, job_event_started(work->step, work->from_bytes), error);
	work->has_begun = true;
	if (result == 0)
		result = work_journal(work, work->from_bytes, error);
	if (result < 0)
		return result;
	if (kind == STEP_ERASE)
		return work_erase_begin(work, error);
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
		result = work_record(work, job_event_bad_range(work->step, &bad[i]), error);
	}
	work->reported_bytes = MAX(work->reported_bytes, upto);
	return result;
}

/* In one transaction: what is bad below the flushed offset, and the offset. */
int work_on_durable(struct work *work, uint64_t durable_bytes, struct error *error)
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
		result = work_journal(work, offset, error);
	return store_end(work->store, result, error);
}

int work_after_step(struct work *work, enum pass_end end, struct error *error)
{
	switch (end) {
	case PASS_COMPLETE:
		work->step++;
		work->record.step = 0; /* the journal spoke of the step that is over */
		return work_next_step(work, error);
	case PASS_CANCELLED:
		return work_record_interrupted(work, "operator", error);
	case PASS_END_UNKNOWN:
	case PASS_VANISHED:
	case PASS_STALLED:
	case PASS_TOO_MANY_ERRORS:
	case PASS_FLUSH_FAILED:
	case PASS_INTERNAL:
		break;
	}
	return work_record_ended(work, error);
}

static int record_pass(struct work *work, const struct pass_progress *progress, struct error *error)
{
	int result = record_bad_ranges(work, UINT64_MAX, error);
	if (result == 0)
		result = work_record(work,
			job_event_finished(work->step, pass_end_name(progress->end),
				progress->done_bytes, progress->bad_bytes, progress->flushed,
				progress->errnum),
			error);
	if (result == 0)
		result = work_journal(work, work->from_bytes + progress->durable_bytes, error);
	return result;
}

/* The pass is over and recorded, in one transaction with what was bad in it. */
static int close_pass(struct work *work, const struct pass_progress *progress, struct error *error)
{
	int result = store_begin(work->store, error);
	if (result < 0)
		return result;
	result = store_end(work->store, record_pass(work, progress, error), error);
	work->pass = pass_close(work->pass);
	if (work->plan.steps[work->step - 1].method == STEP_OVERWRITE)
		work_note_writes(work, progress->done_bytes);
	return result < 0 ? result : work_after_step(work, progress->end, error);
}

/* The kernel flushes only the caches it was told of. Before anything is read back, all of it is to be
 * on the medium. */
static int flush_drive(struct work *work, struct error *error)
{
	struct work_task *task = work_new_task(work, TASK_FLUSH);
	if (!task)
		return error_no_memory(error);
	return work_run_task(
		work, task, WORK_BLOCKING, REQUESTS_OF_A_METHOD * work_patience_ms(work), error);
}

int work_on_pass_ended(struct work *work, struct error *error)
{
	struct pass_progress progress;
	pass_progress(work->pass, &progress);
	bool wrote = work->plan.steps[work->step - 1].method == STEP_OVERWRITE;
	if (wrote && progress.end == PASS_COMPLETE && !work->identity.is_virtual)
		return flush_drive(work, error);
	return close_pass(work, &progress, error);
}

int work_on_flushed(struct work *work, int task_result, struct error *error)
{
	struct pass_progress progress;
	pass_progress(work->pass, &progress);
	if (task_result < 0 && task_result != -EOPNOTSUPP) {
		progress.end = PASS_FLUSH_FAILED;
		progress.flushed = false;
		progress.errnum = -task_result;
	}
	return close_pass(work, &progress, error);
}

/* ---- what a blocking method found ---- */

static int record_findings(
	struct work *work, const struct method_report *report, struct error *error)
{
	int result = 0;
	for (size_t i = 0; i < report->residue.count && result == 0; i++)
		result = work_record(
			work, job_event_residue(work->step, &report->residue.items[i]), error);
	for (size_t i = 0; i < report->capacity_count && result == 0; i++)
		result = work_record(
			work, job_event_capacity(work->step, &report->capacity[i]), error);
	if (result == 0 && work->plan.steps[work->step - 1].method == STEP_CHECK_MARKERS &&
		report->end == PASS_COMPLETE)
		result = work_record(work, job_event_markers(work->step, &report->markers), error);
	return result;
}

/* The technique of the ERASE before the step under way. */
static const char *technique_before(const struct work *work)
{
	for (unsigned i = work->step - 1; i > 0; i--)
		if (work->plan.steps[i - 1].method == STEP_ERASE)
			return technique_name(work->plan.steps[i - 1].technique);
	return technique_name(TECHNIQUE_NONE);
}

/* What is left of the markers is left of the data. Nothing that follows could prove this erasure. */
static bool markers_are_gone(struct work *work, const struct marker_check *markers)
{
	struct error *why = &work->target->error;
	if (markers->remaining > 0)
		error_set(why, ERROR_FAILED, EIO, "markers-remain",
			_("%s says that it has erased itself (%s), but %u of %u markers are still "
			  "on it"),
			work->label, technique_before(work), markers->remaining, markers->checked);
	else if (markers->unreadable > 0)
		error_set(why, ERROR_FAILED, EIO, "markers-unreadable",
			_("%s has erased itself (%s), but %u of %u sectors that held markers "
			  "cannot be read"),
			work->label, technique_before(work), markers->unreadable, markers->checked);
	else
		return true;
	error_next(why, _("\"haiki wipe plan\" shows the other ways to erase it"));
	return false;
}

static bool capacity_is_whole(struct work *work, const struct method_report *report)
{
	for (size_t i = 0; i < report->capacity_count; i++) {
		const struct capacity_change *change = &report->capacity[i];
		if (change->errnum == 0)
			continue;
		error_set(&work->target->error, ERROR_FAILED, change->errnum, "capacity-hidden",
			_("%s: a part of it is hidden (%s), and that could not be lifted: %s"),
			work->label, change->area, strerror(change->errnum));
		return false;
	}
	return true;
}

/* A drive is larger now: it is opened and guarded anew. */
static int open_again(struct work *work, struct error *error)
{
	work->drive = drive_close(work->drive);
	claims_free(&work->siblings);
	work->step++;
	return work_open(work, true, error);
}

static int after_method(struct work *work, const struct method_report *report, struct error *error)
{
	if (report->end != PASS_COMPLETE)
		return work_after_step(work, report->end, error);
	switch (work->plan.steps[work->step - 1].method) {
	case STEP_CHECK_MARKERS:
		if (!markers_are_gone(work, &report->markers))
			return work_record_ended(work, error);
		break;
	case STEP_RESTORE_CAPACITY:
		if (!capacity_is_whole(work, report))
			return work_record_ended(work, error);
		return open_again(work, error);
	case STEP_PLANT_MARKERS:
		work_note_writes(work, report->bytes);
		break;
	case STEP_UNKNOWN:
	case STEP_OVERWRITE:
	case STEP_READ_BACK:
	case STEP_RESIDUE_SCAN:
	case STEP_ERASE:
		break;
	}
	return work_after_step(work, PASS_COMPLETE, error);
}

int work_on_method_ended(struct work *work, struct work_task *task, struct error *error)
{
	const struct method_report *report = &task->report;
	int result = record_findings(work, report, error);
	if (result == 0)
		result = work_record(work,
			job_event_finished(work->step, pass_end_name(report->end), report->bytes, 0,
				report->flushed, report->errnum),
			error);
	return result < 0 ? result : after_method(work, report, error);
}
