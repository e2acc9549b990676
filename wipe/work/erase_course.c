/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The course of an erase: one function for each stage, which takes an answer and says what it
 * changes. Whatever the drive does not say in so many words ends as unknown. */
#include "wipe/work/erase_course.h"

#include <errno.h>

/* The first looks come fast, so that a short operation is seen running. */
#define FIRST_PAUSE_MS 20
#define RETRY_MS 1000
#define TRIES_MAX 5
/* Where nobody says how long it takes, and no progress is told. */
#define UNKNOWN_DURATION_MS (INT64_C(7) * 24 * 3600 * 1000)
#define WHOLE 65536
#define NOTE_PROGRESS (WHOLE / 10)
/* A status that flickers must not fill the evidence. */
#define NOTES_MAX 200

/* ---- limits ---- */

static int64_t expected_ms(const struct erase_course *course)
{
	return course->expected_seconds > 0 ? course->expected_seconds * 1000 : 0;
}

/* How long it may be silent about its status. */
static int64_t silence_limit_ms(const struct erase_course *course)
{
	return MAX(course->stall_ms, 2 * expected_ms(course));
}

/* How long one progress may stand. Drives tell it in steps of a percent and more, so what it took
 * for the steps before counts, and how long the whole should take. */
static int64_t progress_limit_ms(const struct erase_course *course)
{
	if (course->progress < 0)
		return expected_ms(course) ? 3 * expected_ms(course) + 6 * course->stall_ms
					   : UNKNOWN_DURATION_MS;
	return MAX(MAX(6 * course->stall_ms, expected_ms(course) / 5), 3 * course->longest_ms);
}

int64_t course_patience_ms(const struct erase_course *course, enum course_call call)
{
	int64_t patience = 20 * course->stall_ms;
	bool goes_on = technique_facts(course->method->technique)->goes_on;
	if (call != COURSE_START || goes_on)
		return patience;
	return course->expected_seconds > 0 ? MAX(patience, 3 * expected_ms(course))
					    : UNKNOWN_DURATION_MS;
}

/* ---- moving on ---- */

static void note(struct course_notes *notes, const char *moment)
{
	size_t i = notes->moments[0] ? 1 : 0;
	notes->moments[i] = moment;
}

static void enter(struct erase_course *course, enum course_stage stage, int64_t due_ms)
{
	course->stage = stage;
	course->due_ms = due_ms;
	course->tries = 0;
}

static void end(struct erase_course *course, enum course_end how)
{
	course->end = how;
	course->stage = COURSE_OVER;
}

/* What went wrong may leave the drive unable to read and write. */
static void end_by_recovery(struct erase_course *course, enum course_end how, int64_t now_ms)
{
	end(course, how);
	if (course->method->recover)
		enter(course, COURSE_RECOVERING, now_ms);
}

static void follow(struct erase_course *course, int64_t now_ms)
{
	enter(course, COURSE_FOLLOWING, now_ms);
	course->pause_ms = MIN(FIRST_PAUSE_MS, MAX(course->method->poll_ms, 1));
	course->silent_since_ms = -1;
	course->moved_ms = now_ms;
}

static void look_later(struct erase_course *course, int64_t now_ms)
{
	course->due_ms = now_ms + course->pause_ms;
	course->pause_ms = MIN(2 * course->pause_ms, (int64_t)MAX(course->method->poll_ms, 1));
}

/* By the technique's witness, or by look where that is the same. */
static bool can_prove(const struct erase_course *course)
{
	return course->method->prove || course->method->look;
}

void course_begin(struct erase_course *course, const struct erase_method *method,
	const struct plan_step *step, uint64_t stall_limit_ms, int64_t now_ms)
{
	*course = (struct erase_course){
		.method = method,
		.expected_seconds = step->expected_seconds,
		.stall_ms = stall_limit_ms ? (int64_t)MIN(stall_limit_ms, INT32_MAX) : 120000,
		.silent_since_ms = -1,
		.progress = -1,
		.noted_progress = -1,
		.first_progress = -1,
		.sent_ms = now_ms,
		.moved_ms = now_ms,
		.pause_ms = MAX(method->poll_ms, 1),
	};
	enter(course, method->look ? COURSE_BEFORE : COURSE_READY, now_ms);
}

void course_go_on(struct erase_course *course, const struct erase_method *method,
	const struct plan_step *step, uint64_t stall_limit_ms, const struct erase_state *found,
	int64_t now_ms)
{
	course_begin(course, method, step, stall_limit_ms, now_ms);
	/* It was the drive's answer when it was found; what it was before our command is recorded. */
	course->seen_running = true;
	course->notes = 1;
	course->noted_status = found->status;
	course->noted_progress = found->progress;
	if (found->status == ERASE_STATUS_SUCCEEDED)
		enter(course, COURSE_PROVING, now_ms);
	else
		follow(course, now_ms);
}

enum course_call course_next(const struct erase_course *course, int64_t now_ms)
{
	if (course->stage == COURSE_OVER || now_ms < course->due_ms)
		return COURSE_WAIT;
	switch (course->stage) {
	case COURSE_BEFORE:
	case COURSE_FOLLOWING:
		return COURSE_LOOK;
	case COURSE_READY:
		return COURSE_START;
	case COURSE_PROVING:
		return course->method->prove ? COURSE_PROVE : COURSE_LOOK;
	case COURSE_RECOVERING:
		return COURSE_RECOVER;
	case COURSE_OVER:
		break;
	}
	return COURSE_WAIT;
}

/* ---- how far ---- */

static void take_progress(struct erase_course *course, int32_t progress, int64_t now_ms)
{
	if (progress != course->progress) {
		if (course->progress >= 0)
			course->longest_ms = MAX(course->longest_ms, now_ms - course->moved_ms);
		course->moved_ms = now_ms;
	}
	course->progress = progress;
	/* A drive that begins the next pass counts from 0 again. */
	if (progress >= 0 && (course->first_progress < 0 || progress < course->first_progress)) {
		course->first_progress = progress;
		course->first_ms = now_ms;
	}
}

static bool is_noteworthy(const struct erase_course *course, const struct erase_state *state)
{
	if (course->notes >= NOTES_MAX && state->status != ERASE_STATUS_FAILED)
		return false;
	if (course->notes == 0 || state->status != course->noted_status)
		return true;
	return state->status == ERASE_STATUS_RUNNING &&
	       (state->progress - course->noted_progress >= NOTE_PROGRESS ||
		       state->progress < course->noted_progress);
}

static void note_during(
	struct erase_course *course, const struct erase_state *state, struct course_notes *notes)
{
	if (!is_noteworthy(course, state))
		return;
	course->noted_status = state->status;
	course->noted_progress = state->progress;
	course->notes++;
	note(notes, "during");
}

/* ---- the stages ---- */

/* Before the command: whoever's operation still runs is waited for, so that its end is not taken for
 * ours. A status that is not told now would not be told later either. */
static void take_before(struct erase_course *course, const struct erase_state *state,
	int64_t now_ms, struct course_notes *notes)
{
	if (state->status == ERASE_STATUS_RUNNING) {
		take_progress(course, state->progress, now_ms);
		course->due_ms = now_ms + course->pause_ms;
		if (now_ms - course->moved_ms > progress_limit_ms(course))
			end(course, COURSE_STALLED);
		return;
	}
	if (state->status == ERASE_STATUS_UNKNOWN && ++course->tries < TRIES_MAX) {
		course->due_ms = now_ms + RETRY_MS;
		return;
	}
	note(notes, "before");
	course->before = *state;
	course->progress = -1;
	course->longest_ms = 0;
	course->first_progress = -1;
	if (state->status == ERASE_STATUS_UNKNOWN)
		end(course, COURSE_STATUS_UNKNOWN);
	else
		enter(course, COURSE_READY, now_ms);
}

static void take_start(struct erase_course *course, const struct erase_state *state, int64_t now_ms,
	struct course_notes *notes)
{
	note(notes, "accepted");
	course->sent_ms = now_ms;
	switch (state->status) {
	case ERASE_STATUS_FAILED:
		end_by_recovery(course, COURSE_REFUSED, now_ms);
		return;
	case ERASE_STATUS_SUCCEEDED:
		course->over_at_once = true;
		if (can_prove(course)) {
			enter(course, COURSE_PROVING, now_ms);
		} else {
			note(notes, "after");
			end(course, COURSE_COMPLETE);
		}
		return;
	case ERASE_STATUS_RUNNING:
		break;
	case ERASE_STATUS_UNKNOWN:
	case ERASE_STATUS_NEVER:
		course->unsure = true;
		break;
	}
	if (course->method->look)
		follow(course, now_ms);
	else
		end_by_recovery(course, COURSE_STATUS_UNKNOWN, now_ms);
}

/* Is this word on the end only the one that stood there before the command? */
static bool may_be_old(
	const struct erase_course *course, const struct erase_state *state, int64_t now_ms)
{
	if (course->seen_running || now_ms - course->sent_ms >= COURSE_GRACE_MS)
		return false;
	if (state->status == ERASE_STATUS_NEVER)
		return true;
	bool cleaner = state->untouched && !course->before.untouched;
	return course->before.status == state->status && !cleaner;
}

/* A sense that nothing runs is how a SCSI drive tells a good end, once it was seen running. */
static bool ended_well(const struct erase_course *course, const struct erase_state *state,
	enum erase_witness witness)
{
	if (state->status == ERASE_STATUS_NEVER)
		return witness == WITNESS_SCSI_SENSE &&
		       (course->seen_running || course->over_at_once);
	return state->status == ERASE_STATUS_SUCCEEDED;
}

static void take_running(struct erase_course *course, const struct erase_state *state,
	int64_t now_ms, struct course_notes *notes)
{
	course->seen_running = true;
	take_progress(course, state->progress, now_ms);
	note_during(course, state, notes);
	look_later(course, now_ms);
	if (now_ms - course->moved_ms > progress_limit_ms(course))
		end(course, COURSE_STALLED);
}

static void take_silence(struct erase_course *course, const struct erase_state *state, bool told,
	int64_t now_ms, struct course_notes *notes)
{
	if (course->silent_since_ms < 0)
		course->silent_since_ms = now_ms;
	if (told)
		note_during(course, state, notes);
	look_later(course, now_ms);
	if (now_ms - course->silent_since_ms > silence_limit_ms(course))
		end(course, COURSE_STATUS_UNKNOWN);
}

/* It is over, somehow. */
static void take_end(struct erase_course *course, const struct erase_state *state,
	enum erase_witness witness, int64_t now_ms, struct course_notes *notes)
{
	if (course->unsure) {
		note_during(course, state, notes);
		end_by_recovery(course, COURSE_STATUS_UNKNOWN, now_ms);
	} else if (!ended_well(course, state, witness)) {
		note(notes, "after");
		end(course, COURSE_STATUS_UNKNOWN);
	} else if (course->method->prove) {
		note_during(course, state, notes);
		enter(course, COURSE_PROVING, now_ms);
	} else {
		note(notes, "after");
		end(course, COURSE_COMPLETE);
	}
}

static void take_look(struct erase_course *course, const struct erase_state *state, bool told,
	enum erase_witness witness, int64_t now_ms, struct course_notes *notes)
{
	if (state->status == ERASE_STATUS_UNKNOWN) {
		take_silence(course, state, told, now_ms, notes);
		return;
	}
	course->silent_since_ms = -1;
	if (state->status == ERASE_STATUS_RUNNING) {
		take_running(course, state, now_ms, notes);
	} else if (may_be_old(course, state, now_ms)) {
		look_later(course, now_ms);
	} else if (state->status == ERASE_STATUS_FAILED) {
		note_during(course, state, notes);
		end_by_recovery(course, COURSE_FAILED, now_ms);
	} else {
		take_end(course, state, witness, now_ms, notes);
	}
}

static void take_proof(struct erase_course *course, const struct erase_state *state,
	enum erase_witness witness, int64_t now_ms, struct course_notes *notes)
{
	if (state->status == ERASE_STATUS_RUNNING && course->method->look) {
		take_running(course, state, now_ms, notes);
		if (course->stage == COURSE_PROVING)
			follow(course, now_ms + course->pause_ms);
		return;
	}
	if (state->status == ERASE_STATUS_UNKNOWN && ++course->tries < TRIES_MAX) {
		course->due_ms = now_ms + RETRY_MS;
		return;
	}
	note(notes, "after");
	if (ended_well(course, state, witness))
		end(course, COURSE_COMPLETE);
	else if (state->status == ERASE_STATUS_FAILED || witness == WITNESS_ATA_SECURITY ||
		 witness == WITNESS_LUKS_HEADERS)
		end_by_recovery(course, COURSE_FAILED, now_ms);
	else
		end(course, COURSE_STATUS_UNKNOWN);
}

/* Can it be used again? Not while a password is set on it. */
static bool is_recovered(const struct erase_state *state, enum erase_witness witness)
{
	if (witness == WITNESS_ATA_SECURITY)
		return state->status == ERASE_STATUS_SUCCEEDED;
	return state->status != ERASE_STATUS_UNKNOWN && state->status != ERASE_STATUS_FAILED;
}

void course_take(struct erase_course *course, int result, const struct erase_answer *answer,
	int64_t now_ms, struct course_notes *ret)
{
	struct erase_state state = { .progress = -1 };
	bool told = result >= 0 && answer->raw_bytes > 0;
	enum erase_witness witness = told ? answer->witness : WITNESS_NONE;
	*ret = (struct course_notes){ 0 };
	if (told)
		erase_state_read(answer, &state);
	course->errnum = result < 0 ? -result : 0;
	switch (course->stage) {
	case COURSE_BEFORE:
		take_before(course, &state, now_ms, ret);
		break;
	case COURSE_READY:
		take_start(course, &state, now_ms, ret);
		break;
	case COURSE_FOLLOWING:
		take_look(course, &state, told, witness, now_ms, ret);
		break;
	case COURSE_PROVING:
		take_proof(course, &state, witness, now_ms, ret);
		break;
	case COURSE_RECOVERING:
		course->recovered = is_recovered(&state, witness);
		course->stage = COURSE_OVER;
		break;
	case COURSE_OVER:
		break;
	}
}

bool course_may_stop(const struct erase_course *course)
{
	return course->stage == COURSE_BEFORE || course->stage == COURSE_READY ||
	       course->stage == COURSE_FOLLOWING;
}

/* ---- for who watches ---- */

int32_t course_progress(const struct erase_course *course, int64_t now_ms)
{
	if (course->stage == COURSE_BEFORE || course->stage == COURSE_READY)
		return -1;
	if (course->progress >= 0)
		return course->progress;
	if (expected_ms(course) == 0)
		return -1;
	/* By the clock alone it is never over. */
	int64_t passed = MIN(now_ms - course->sent_ms, expected_ms(course));
	return (int32_t)MIN(passed * WHOLE / expected_ms(course), WHOLE * 99 / 100);
}

int64_t course_seconds_left(const struct erase_course *course, int64_t now_ms)
{
	int64_t made = course->progress - course->first_progress;
	int64_t passed = now_ms - course->first_ms;
	if (course->progress >= 0 && course->first_progress >= 0 && made > 0 && passed > 0)
		return passed * (WHOLE - course->progress) / made / 1000;
	if (expected_ms(course) == 0)
		return -1;
	return MAX(expected_ms(course) - (now_ms - course->sent_ms), 0) / 1000;
}

const char *course_end_name(enum course_end how)
{
	switch (how) {
	case COURSE_COMPLETE:
		return "complete";
	case COURSE_REFUSED:
		return "drive-refused";
	case COURSE_FAILED:
		return "drive-failed";
	case COURSE_STATUS_UNKNOWN:
		return "status-unknown";
	case COURSE_STALLED:
		return "stalled";
	case COURSE_NO_END:
		break;
	}
	return "internal";
}
