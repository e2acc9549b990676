/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens within a step, from "started" to "finished". */
#include "verify/judge/judge_facts.h"

const struct plan_step *step_under_way(const struct facts *facts)
{
	return &facts->plan.steps[facts->done];
}

bool is_step_under_way(const struct facts *facts, const json_t *event)
{
	return facts->done < facts->plan.step_count &&
	       event_number(event, "step") == facts->done + 1;
}

void add_flaw(struct facts *facts, const char *code)
{
	if (!facts->flaw[facts->done + 1])
		facts->flaw[facts->done + 1] = code;
}

bool on_started(struct facts *facts, const json_t *event)
{
	uint64_t from = event_number(event, "from_bytes");

	if (!facts->plan_sealed || !is_step_under_way(facts, event))
		return false;
	if (from > facts->covered_to || from % facts->plan.sector_bytes != 0)
		return false;
	facts->ever_started = true;
	facts->claim_started = true;
	facts->run_from = from;
	facts->run_bad = 0;
	facts->run_markers = false;
	if (step_under_way(facts)->method == STEP_OVERWRITE) {
		if (facts->covered_to == 0)
			facts->overwritten_bad = 0; /* a new step */
		facts->overwritten_to = from;
	}
	erase_started(facts);
	facts->stage = STAGE_RUNNING;
	return true;
}

/* What kind of range may be bad in it. */
enum found_bad { FINDS_NONE, FINDS_UNWRITABLE, FINDS_UNREADABLE };

static enum found_bad finds(enum step_method method)
{
	switch (method) {
	case STEP_OVERWRITE:
	case STEP_PLANT_MARKERS:
		return FINDS_UNWRITABLE;
	case STEP_READ_BACK:
	case STEP_RESIDUE_SCAN:
	case STEP_CHECK_MARKERS:
		return FINDS_UNREADABLE;
	case STEP_UNKNOWN:
	case STEP_RESTORE_CAPACITY:
	case STEP_ERASE:
		break;
	}
	return FINDS_NONE;
}

bool on_bad_range(struct facts *facts, const json_t *event)
{
	if (!is_step_under_way(facts, event))
		return false;
	enum found_bad found = finds(step_under_way(facts)->method);
	bool unwritable = event_is_word(event, "range", "unwritable");
	if (found == FINDS_NONE || unwritable != (found == FINDS_UNWRITABLE))
		return false;
	if (unwritable)
		add_flaw(facts, "unwritable");
	else
		add_flaw(facts,
			event_is_word(event, "range", "mismatch") ? "mismatch" : "unreadable");
	facts->run_bad = add_capped(facts->run_bad, event_number(event, "length_bytes"));
	return true;
}

bool on_residue(struct facts *facts, const json_t *event)
{
	if (!is_step_under_way(facts, event) || step_under_way(facts)->method != STEP_RESIDUE_SCAN)
		return false;
	if (!event_flag(event, "coincident") && facts->residue_step == 0)
		facts->residue_step = facts->done + 1;
	return true;
}

/* Count what the run that ends here had of bad bytes. */
void settle_bad(struct facts *facts, uint64_t reported)
{
	uint64_t bad = MAX(facts->run_bad, reported);

	facts->bad = add_capped(facts->bad, bad);
	if (step_under_way(facts)->method == STEP_OVERWRITE)
		facts->overwritten_bad = add_capped(facts->overwritten_bad, bad);
	if (bad > 0)
		add_flaw(facts, "bad-bytes");
}

/* Finishing -------------------------------------------------------------------------------- */

/* How many bytes the read-back looks at; 0 when that cannot be said. */
static uint64_t read_back_bytes(const struct plan *plan, const struct plan_step *step)
{
	struct byte_range *ranges AUTO_FREE = NULL;
	uint64_t sum = 0;
	size_t count;

	if (media_ranges(step->coverage, plan->capacity_bytes, plan->sector_bytes, step->seed,
		    &ranges, &count) < 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		sum += ranges[i].length_bytes;
	return sum;
}

static uint64_t marker_bytes(const struct plan *plan, const struct plan_step *plant)
{
	return (uint64_t)plan_markers(plan, plant) * plan->sector_bytes;
}

/* How many bytes its run has to try. How much a residue scan looks at is its own affair. */
static uint64_t bytes_asked(const struct facts *facts)
{
	const struct plan *plan = &facts->plan;
	const struct plan_step *step = step_under_way(facts);

	switch (step->method) {
	case STEP_OVERWRITE:
		return plan->capacity_bytes - facts->run_from;
	case STEP_READ_BACK:
		return read_back_bytes(plan, step);
	case STEP_RESIDUE_SCAN:
		return UINT64_MAX;
	case STEP_PLANT_MARKERS:
		return marker_bytes(plan, step);
	case STEP_CHECK_MARKERS:
		return marker_bytes(plan, &plan->steps[step->of_step - 1]);
	case STEP_UNKNOWN:
	case STEP_RESTORE_CAPACITY:
	case STEP_ERASE:
		break;
	}
	return 0;
}

static bool writes(const struct plan_step *step)
{
	return step->method == STEP_OVERWRITE || step->method == STEP_PLANT_MARKERS;
}

static bool is_of_last_change(const struct facts *facts, const struct plan_step *step)
{
	return step->of_step == plan_last_destroying(&facts->plan);
}

static void count_read_back(struct facts *facts, const struct plan_step *step)
{
	if (is_of_last_change(facts, step) && !facts->flaw[facts->done + 1])
		facts->verification = MAX(facts->verification, step->coverage);
}

/* The markers of the last step that changes the contents are all gone. */
static void count_markers(struct facts *facts)
{
	if (!facts->run_markers)
		add_flaw(facts, "markers-not-checked");
	if (!facts->flaw[facts->done + 1] &&
		facts->erase.step == plan_last_destroying(&facts->plan))
		facts->verification = MAX(facts->verification, VERIFICATION_MARKERS);
}

/* A complete step must have done all that it was asked, and nothing may have gone wrong in it. */
static void finish_complete(struct facts *facts, const json_t *event, uint64_t asked)
{
	const struct plan_step *step = step_under_way(facts);
	uint64_t bytes = event_number(event, "bytes");

	if (event_number(event, "errno") != 0)
		add_flaw(facts, "step-error");
	if (step->method == STEP_RESIDUE_SCAN ? bytes == 0 : bytes != asked)
		add_flaw(facts, "step-not-whole");
	if (writes(step) && !event_flag(event, "flushed"))
		add_flaw(facts, "step-not-flushed");
	if (step->method == STEP_ERASE)
		erase_complete(facts);
	if (step->method == STEP_READ_BACK)
		count_read_back(facts, step);
	if (step->method == STEP_CHECK_MARKERS)
		count_markers(facts);
	facts->done++;
	facts->covered_to = 0;
	/* A drive that has grown is opened anew, and whether it may be destroyed looked at anew. */
	facts->stage = step->method == STEP_RESTORE_CAPACITY ? STAGE_ENTERED : STAGE_OPEN;
}

/* A cut step: an overwriting one may go on where it stopped, any other begins anew. What cannot be
 * made good by going on: a flush that failed, errors beyond counting, a drive's own no. */
static void finish_cut(struct facts *facts, const json_t *event)
{
	static const char *const final[] = { "flush-failed", "too-many-errors", "drive-refused",
		"drive-failed", "status-unknown" };

	for (size_t i = 0; i < ARRAY_SIZE(final); i++)
		if (event_is_word(event, "result", final[i]))
			add_flaw(facts, final[i]);
	facts->status_unknown |= event_is_word(event, "result", "status-unknown");
	if (step_under_way(facts)->method == STEP_OVERWRITE)
		facts->covered_to = facts->run_from + event_number(event, "bytes");
	facts->stage = STAGE_CUT;
}

/* Is it a result that this kind of step can have? */
static bool is_result_of(const struct plan_step *step, const json_t *event)
{
	if (step->method == STEP_ERASE || step->method == STEP_RESTORE_CAPACITY)
		return event_number(event, "bad_bytes") == 0;
	return !event_is_word(event, "result", "drive-refused") &&
	       !event_is_word(event, "result", "drive-failed") &&
	       !event_is_word(event, "result", "status-unknown");
}

bool on_finished(struct facts *facts, const json_t *event)
{
	uint64_t bytes = event_number(event, "bytes");

	if (!is_step_under_way(facts, event))
		return false;
	const struct plan_step *step = step_under_way(facts);
	uint64_t asked = bytes_asked(facts);
	if (!is_result_of(step, event))
		return false;
	if (step->method != STEP_RESIDUE_SCAN &&
		(bytes > asked || bytes % facts->plan.sector_bytes != 0))
		return false;
	settle_bad(facts, event_number(event, "bad_bytes"));
	if (step->method == STEP_OVERWRITE)
		facts->overwritten_to = facts->run_from + bytes;
	if (step->method == STEP_READ_BACK && is_of_last_change(facts, step))
		facts->read_back = subtract_capped(
			bytes, MAX(facts->run_bad, event_number(event, "bad_bytes")));
	if (event_is_word(event, "result", "complete"))
		finish_complete(facts, event, asked);
	else
		finish_cut(facts, event);
	return true;
}
