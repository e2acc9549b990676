/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a work records: events, checked against the table their reader uses, and the journal. */
#include "wipe/work/work_parts.h"

#include "verify/judge/evidence.h"

int work_record(struct work *work, json_t *event, struct error *error)
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

int work_record_ended(struct work *work, struct error *error)
{
	struct clock_reading now;
	clock_read(&now);
	work->phase = WORK_OVER;
	return work_record(work, job_event_ended(&now), error);
}

int work_record_interrupted(struct work *work, const char *cause, struct error *error)
{
	work->phase = WORK_OVER;
	return work_record(work, job_event_interrupted(cause), error);
}

/* It cannot go on now. A job that has begun may be taken up again; one that has not is ended, so
 * that its refusal is a record of its own. */
int work_come_to_rest(struct work *work, struct error *error)
{
	return work->has_begun ? work_record_interrupted(work, "drive", error)
			       : work_record_ended(work, error);
}

int work_journal(struct work *work, uint64_t durable_bytes, struct error *error)
{
	const struct plan_step *step = &work->plan.steps[work->step - 1];
	uint64_t total = step->method == STEP_ERASE ? ERASE_PROGRESS_WHOLE
						    : method_step_bytes(&work->plan, step);
	struct clock_reading now;
	clock_read(&now);
	return jobs_journal(work->store, work->record.id, work->step, (int64_t)durable_bytes,
		(int64_t)total, now.utc_ms, error);
}
