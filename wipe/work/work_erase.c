/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drive that erases itself: what its course (erase_course.h) wants next is done by a task, and what
 * came of it is recorded before anything else begins. */
#include "wipe/work/work_parts.h"

#include "base/text.h"
#include "device/erase/refusal.h"

#include <errno.h>
#include <string.h>

/* How often the progress is journaled, for who watches. */
#define JOURNAL_INTERVAL_MS 2000

static const struct plan_step *step_of(const struct work *work)
{
	return &work->plan.steps[work->step - 1];
}

static int64_t now_ms(const struct work *work)
{
	return seam_now_ms(work->options->seams);
}

static const struct erase_method *method_of(const struct work *work, unsigned step)
{
	return seam_method(work->options->seams, work->plan.steps[step - 1].technique);
}

/* ---- what a person is told ---- */

static const char *technique_of(const struct work *work)
{
	return technique_name(step_of(work)->technique);
}

static void tell_what_next(struct work *work)
{
	struct error *why = &work->target->error;
	bool has_password =
		technique_facts(step_of(work)->technique)->witness == WITNESS_ATA_SECURITY;
	if (!work->course.recovered && work->course.method->recover && has_password)
		error_next(why,
			_("A password may be set on it still, the one in the plan of job %s (haiki "
			  "report certificate %s); take it away with hdparm --security-disable "
			  "before its power is off"),
			work->record.id, work->record.id);
	else if (work->course.recovered || !work->course.method->recover)
		error_next(why, _("\"haiki wipe plan\" shows the other ways to erase it"));
	else
		error_next(why, _("It may not read or write before its power was off; then "
				  "\"haiki wipe plan\" shows the other ways to erase it"));
}

static void tell_refused(struct work *work)
{
	struct error *why = &work->target->error;
	if (work->refusal)
		error_set(why, ERROR_FAILED, EIO, "drive-refused",
			_("%s refused to erase itself (%s): %s"), work->label, technique_of(work),
			work->refusal);
	else
		error_set(why, ERROR_FAILED, EIO, "drive-refused",
			_("%s refused to erase itself (%s)"), work->label, technique_of(work));
}

static void tell_end(struct work *work)
{
	struct error *why = &work->target->error;
	const struct erase_course *course = &work->course;
	switch (course->end) {
	case COURSE_COMPLETE:
	case COURSE_NO_END:
		return;
	case COURSE_REFUSED:
		tell_refused(work);
		break;
	case COURSE_FAILED:
		error_set(why, ERROR_FAILED, EIO, "drive-failed",
			_("%s says that erasing itself has failed (%s)"), work->label,
			technique_of(work));
		break;
	case COURSE_STATUS_UNKNOWN:
		error_set(why, ERROR_FAILED, ENODATA, "status-unknown",
			_("%s does not say how erasing itself has ended (%s)"), work->label,
			technique_of(work));
		break;
	case COURSE_STALLED:
		error_set(why, ERROR_FAILED, ETIMEDOUT, "erase-stalled",
			_("%s does not get on with erasing itself (%s)"), work->label,
			technique_of(work));
		break;
	}
	tell_what_next(work);
}

static void tell_stopped(struct work *work)
{
	struct error *why = &work->target->error;
	if (work->course.stage != COURSE_FOLLOWING)
		return;
	error_set(why, ERROR_INTERRUPTED, EINTR, "erase-goes-on",
		_("%s goes on erasing itself; only the waiting for it was ended"), work->label);
	error_next(why, _("Come back to it with: haiki wipe resume %s"), work->record.id);
}

static int gone(struct work *work, struct error *error)
{
	struct error *why = &work->target->error;
	error_set(why, ERROR_INTERRUPTED, ENODEV, "drive-gone",
		_("%s has vanished while it erased itself"), work->label);
	error_next(why, _("Attach it again, then: haiki wipe resume %s"), work->record.id);
	return work_record_interrupted(work, "drive", error);
}

/* ---- the step ---- */

static int finish(struct work *work, struct error *error)
{
	const struct erase_course *course = &work->course;
	bool complete = course->end == COURSE_COMPLETE;
	int result = work_record(work,
		job_event_finished(work->step, course_end_name(course->end), 0, 0, false,
			complete ? 0 : course->errnum),
		error);
	tell_end(work);
	if (result < 0)
		return result;
	/* What the kernel wrote for it was ours. */
	enum erasure erasure = technique_facts(step_of(work)->technique)->erasure;
	if (complete && (erasure == ERASURE_KEYS || erasure == ERASURE_HINT))
		work_note_writes(work, 0);
	return work_after_step(work, complete ? PASS_COMPLETE : PASS_INTERNAL, error);
}

static int call(struct work *work, enum course_call which, unsigned step, enum work_phase phase,
	struct error *error)
{
	struct work_task *task = work_new_task(work, TASK_ERASE);
	const struct erase_method *method = work->course.method;
	if (!task)
		return error_no_memory(error);
	task->step = step;
	switch (which) {
	case COURSE_WAIT:
		break;
	case COURSE_LOOK:
		task->call = method->look;
		break;
	case COURSE_START:
		task->call = method->start;
		break;
	case COURSE_PROVE:
		task->call = method->prove;
		break;
	case COURSE_RECOVER:
		task->call = method->recover;
		break;
	}
	if (!task->call) {
		work_task_free(task);
		return error_set(error, ERROR_FAILED, EINVAL, "step-start",
			_("Step %u of %s could not be prepared: %s"), step, work->label,
			strerror(EINVAL));
	}
	int64_t patience =
		MAX(20 * work_patience_ms(work), course_patience_ms(&work->course, which));
	return work_run_task(work, task, phase, patience, error);
}

static int go_on(struct work *work, struct error *error)
{
	if (work->course.stage == COURSE_OVER)
		return finish(work, error);
	if (work->stopping && course_may_stop(&work->course)) {
		tell_stopped(work);
		return work_record_interrupted(work, "operator", error);
	}
	enum course_call next = course_next(&work->course, now_ms(work));
	if (next != COURSE_WAIT)
		return call(work, next, work->step, WORK_BLOCKING, error);
	work->phase = WORK_WAITING;
	return 0;
}

static int journal(struct work *work, struct error *error)
{
	int64_t now = now_ms(work);
	int32_t progress = course_progress(&work->course, now);
	if (progress < 0 || (work->journaled_ms && now - work->journaled_ms < JOURNAL_INTERVAL_MS))
		return 0;
	work->journaled_ms = now;
	return work_journal(work, (uint64_t)progress, error);
}

int work_on_erase(struct work *work, struct work_task *task, int task_result, struct error *error)
{
	struct course_notes notes;
	int result = 0;
	const struct drive *drive = work->drive;
	if (work->course.stage == COURSE_READY)
		work->refusal = task_result < 0 ? NULL : refusal_explain(&task->answer);
	course_take(&work->course, task_result, &task->answer, now_ms(work), &notes);
	if (task_result < 0)
		task->answer = (struct erase_answer){ 0 };
	for (size_t i = 0; notes.moments[i] && result == 0; i++)
		result = work_record(
			work, job_event_answer(work->step, notes.moments[i], &task->answer), error);
	if (result == 0 && task_result < 0 &&
		!seam_is_present(work->options->seams, drive->fd, drive->identity.disk_sequence))
		return gone(work, error);
	if (result == 0)
		result = journal(work, error);
	return result < 0 ? result : go_on(work, error);
}

/* The plan is of another haiki, which knew more. */
static int no_such_method(struct work *work, struct error *error)
{
	struct error *why = &work->target->error;
	error_set(why, ERROR_UNSUPPORTED, ENOSYS, "technique-unknown",
		_("%s cannot be erased by %s: this haiki does not know how"), work->label,
		technique_of(work));
	int result = work_record(work, job_event_error(why), error);
	return result < 0 ? result : work_record_ended(work, error);
}

int work_erase_begin(struct work *work, struct error *error)
{
	const struct erase_method *method = method_of(work, work->step);
	uint64_t stall = work->options->stall_limit_ms;
	bool found = work->cut.goes_on && work->cut.step == work->step;
	struct erase_state state;
	if (!method)
		return no_such_method(work, error);
	work->journaled_ms = 0;
	work->cut.goes_on = false;
	work->cut.step = 0;
	if (!found) {
		course_begin(&work->course, method, step_of(work), stall, now_ms(work));
		return go_on(work, error);
	}
	erase_state_read(&work->cut.found, &state);
	course_go_on(&work->course, method, step_of(work), stall, &state, now_ms(work));
	return go_on(work, error);
}

/* Also where it is begun again: then it says why. */
int work_record_found(struct work *work, struct error *error)
{
	if (!work->cut.accepted || work->cut.found.raw_bytes == 0)
		return 0;
	work->cut.accepted = false;
	return work_record(
		work, job_event_answer(work->cut.step, "found", &work->cut.found), error);
}

int work_erase_tick(struct work *work, struct error *error)
{
	if (!work->cut.awaits)
		return go_on(work, error);
	if (work->stopping) {
		tell_stopped(work);
		return work_record_interrupted(work, "operator", error);
	}
	enum course_call next = course_next(&work->course, now_ms(work));
	return next == COURSE_WAIT ? 0 : call(work, next, work->cut.step, WORK_OPENING, error);
}

/* ---- taken up again ---- */

#define FIND_TRIES 5

/* A drive at its erasing reads nothing, so that the guard cannot look at it, and some do not even
 * tell how large they are: it is claimed and followed to the end before it is opened on record. */
int work_find_begin(struct work *work, struct error *error)
{
	work->course.method = method_of(work, work->cut.step);
	if (!work->course.method || !work->course.method->look)
		return work_guard(work, error);
	return call(work, COURSE_LOOK, work->cut.step, WORK_OPENING, error);
}

/* What was found counts as the end of our own command, or somebody else's is over now. */
static bool is_own(const struct work *work, const struct erase_answer *found)
{
	struct erase_state state;
	erase_state_read(found, &state);
	return work->cut.accepted &&
	       technique_goes_on(work->plan.steps[work->cut.step - 1].technique, &work->cut.before,
		       found->witness, &state);
}

static int begin_again(struct work *work, struct error *error)
{
	work->cut.goes_on = false;
	if (is_own(work, &work->cut.found)) /* it did not stay so, and is not to be judged */
		work->cut.found = (struct erase_answer){ 0 };
	return work_guard(work, error);
}

/* It was found, and is over now: what was found is judged, by what follows. */
static int judge_found(struct work *work, struct error *error)
{
	if (!is_own(work, &work->cut.found))
		return begin_again(work, error);
	work->cut.goes_on = true;
	work->step = work->cut.step;
	return work_guard(work, error);
}

/* It failed meanwhile, or is locked behind our own password: else it could not be written to. */
static int bring_back(struct work *work, struct error *error)
{
	const struct erase_method *method = work->course.method;
	if (!method->recover)
		return begin_again(work, error);
	work->cut.awaits = true;
	work->course = (struct erase_course){ .method = method, .stage = COURSE_RECOVERING };
	return call(work, COURSE_RECOVER, work->cut.step, WORK_OPENING, error);
}

static int on_first_look(struct work *work, struct work_task *task, int task_result,
	const struct erase_state *state, struct error *error)
{
	const struct erase_method *method = work->course.method;
	const struct plan_step *step = &work->plan.steps[work->cut.step - 1];
	uint64_t stall = work->options->stall_limit_ms;
	work->cut.found = task->answer;
	switch (state->status) {
	case ERASE_STATUS_RUNNING:
		course_go_on(&work->course, method, step, stall, state, now_ms(work));
		work->cut.awaits = true;
		work->phase = WORK_WAITING;
		return 0;
	case ERASE_STATUS_SUCCEEDED:
		return judge_found(work, error);
	case ERASE_STATUS_FAILED:
		return bring_back(work, error);
	case ERASE_STATUS_UNKNOWN:
		if (task_result < 0 && ++work->cut.tries < FIND_TRIES)
			return call(work, COURSE_LOOK, work->cut.step, WORK_OPENING, error);
		break;
	case ERASE_STATUS_NEVER:
		if (task->answer.witness == WITNESS_ATA_SECURITY)
			return bring_back(work, error);
		break;
	}
	return begin_again(work, error);
}

static int not_over(struct work *work, struct error *error)
{
	struct error *why = &work->target->error;
	error_set(why, ERROR_FAILED, ETIMEDOUT, "erase-stalled",
		_("%s does not get on with erasing itself (%s)"), work->label,
		technique_name(work->plan.steps[work->cut.step - 1].technique));
	error_next(why, _("Take its power away and give it back, then: haiki wipe resume %s"),
		work->record.id);
	int result = work_record(work, job_event_error(why), error);
	return result < 0 ? result : work_come_to_rest(work, error);
}

int work_on_found(struct work *work, struct work_task *task, int task_result, struct error *error)
{
	struct erase_state state = { .progress = -1 };
	struct course_notes ignored;
	const struct drive *drive = work->drive;
	if (task_result >= 0)
		erase_state_read(&task->answer, &state);
	else if (!seam_is_present(work->options->seams, drive->fd, drive->identity.disk_sequence))
		return gone(work, error);
	if (!work->cut.awaits)
		return on_first_look(work, task, task_result, &state, error);
	/* Recovered from a failure, or at least tried: it is erased from the beginning. */
	if (work->course.stage == COURSE_RECOVERING)
		return begin_again(work, error);
	course_take(&work->course, task_result, &task->answer, now_ms(work), &ignored);
	if (state.status == ERASE_STATUS_FAILED)
		work->cut.found = task->answer;
	if (work->course.stage == COURSE_RECOVERING)
		return call(work, COURSE_RECOVER, work->cut.step, WORK_OPENING, error);
	if (work->course.stage == COURSE_FOLLOWING) {
		work->phase = WORK_WAITING;
		return 0;
	}
	if (work->course.stage == COURSE_PROVING || work->course.end == COURSE_COMPLETE)
		return judge_found(work, error);
	return work->course.end == COURSE_FAILED ? begin_again(work, error) : not_over(work, error);
}
