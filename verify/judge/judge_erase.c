/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a drive said of erasing itself, and what became of the markers. Its answers are read from
 * their bytes again; that a drive says "success" proves nothing as long as it may speak of an
 * earlier run, or of sectors that it has only forgotten. */
#include "verify/judge/judge_facts.h"

#include "base/digest.h"
#include <string.h>

/* Restoring -------------------------------------------------------------------------------- */

bool on_capacity(struct facts *facts, const json_t *event)
{
	if (!is_step_under_way(facts, event) ||
		step_under_way(facts)->method != STEP_RESTORE_CAPACITY)
		return false;
	if (event_number(event, "errno") != 0 ||
		event_integer(event, "after_sectors") < event_integer(event, "before_sectors"))
		add_flaw(facts, "capacity-not-restored");
	return true;
}

/* Answers ---------------------------------------------------------------------------------- */

/* False: what the event says of the bytes is not what they mean. What the completion of another
 * interface's command says, other than no, says nothing of this technique's. */
static bool read_answer(const json_t *event, enum technique technique,
	enum erase_witness *ret_witness, struct erase_state *ret)
{
	const char *raw = json_string_value(json_object_get(event, "raw"));
	const char *witness = json_string_value(json_object_get(event, "witness"));
	struct erase_answer answer = { .witness = erase_witness_parse(witness),
		.raw_bytes = (uint16_t)(strlen(raw) / 2) };

	if (answer.raw_bytes > 0 && hex_decode(raw, answer.raw, answer.raw_bytes) < 0)
		return false;
	erase_state_read(&answer, ret);
	*ret_witness = answer.witness;
	if (!event_is_word(event, "status", erase_status_name(ret->status)) ||
		event_integer(event, "progress") != ret->progress)
		return false;
	if (answer.witness == WITNESS_COMPLETION && ret->status != ERASE_STATUS_FAILED &&
		!technique_is_answered(technique, &answer))
		ret->status = ERASE_STATUS_UNKNOWN;
	return true;
}

static enum erase_witness own_witness(const struct facts *facts)
{
	return technique_facts(step_under_way(facts)->technique)->witness;
}

/* After an interruption: is the drive still at what it had accepted, or done with it and not written
 * to since? Then it goes on with that; else it begins again. */
static bool on_found(struct facts *facts, const json_t *event)
{
	enum erase_witness witness;
	struct erase_state state;
	unsigned step = facts->lost_erase;

	if (facts->stage != STAGE_OPEN || step == 0 || facts->found ||
		event_number(event, "step") != step)
		return false;
	enum technique technique = facts->plan.steps[step - 1].technique;
	if (!read_answer(event, technique, &witness, &state))
		return false;
	if (!technique_goes_on(technique, &facts->erase.before, witness, &state)) {
		facts->lost_erase = 0;
		return true;
	}
	facts->found = true;
	facts->erase.running |= state.status == ERASE_STATUS_RUNNING;
	facts->done = step - 1;
	facts->covered_to = 0;
	return true;
}

static void note_before(
	struct erase_run *run, enum erase_witness witness, const struct erase_state *state)
{
	run->asked = witness;
	run->before = *state;
	run->answered = ANSWERED_BEFORE;
}

static void note_accepted(
	struct erase_run *run, enum erase_witness witness, const struct erase_state *state)
{
	run->accepted = state->status;
	run->accepted_by_completion = witness == WITNESS_COMPLETION;
	run->answered = ANSWERED_ACCEPTED;
}

/* "during" and "after" */
static void note_later(struct facts *facts, enum erase_witness witness,
	const struct erase_state *state, bool is_after)
{
	struct erase_run *run = &facts->erase;

	run->failed |= state->status == ERASE_STATUS_FAILED;
	run->running |= witness == own_witness(facts) && witness != WITNESS_COMPLETION &&
			state->status == ERASE_STATUS_RUNNING &&
			technique_is_meant(step_under_way(facts)->technique, state);
	if (!is_after)
		return;
	run->witness = witness;
	run->after = *state;
	run->answered = ANSWERED_AFTER;
}

bool on_answer(struct facts *facts, const json_t *event)
{
	struct erase_run *run = &facts->erase;
	enum erase_witness witness;
	struct erase_state state;

	if (event_is_word(event, "moment", "found"))
		return on_found(facts, event);
	if (facts->stage != STAGE_RUNNING || !is_step_under_way(facts, event) ||
		step_under_way(facts)->method != STEP_ERASE ||
		!read_answer(event, step_under_way(facts)->technique, &witness, &state))
		return false;
	if (event_is_word(event, "moment", "before")) {
		if (run->answered != ANSWERED_NOTHING)
			return false;
		note_before(run, witness, &state);
	} else if (event_is_word(event, "moment", "accepted")) {
		if (run->answered > ANSWERED_BEFORE)
			return false;
		note_accepted(run, witness, &state);
	} else {
		if (run->answered != ANSWERED_ACCEPTED)
			return false;
		note_later(facts, witness, &state, event_is_word(event, "moment", "after"));
	}
	return true;
}

/* Erasing ---------------------------------------------------------------------------------- */

static bool was_accepted(const struct erase_run *run)
{
	return run->accepted_by_completion &&
	       (run->accepted == ERASE_STATUS_RUNNING || run->accepted == ERASE_STATUS_SUCCEEDED);
}

/* The one that was found goes on with what its run knows already. */
void erase_started(struct facts *facts)
{
	bool goes_on = facts->found && facts->lost_erase == facts->done + 1;

	facts->lost_erase = 0;
	facts->found = false;
	if (step_under_way(facts)->method != STEP_ERASE || goes_on)
		return;
	facts->erase = (struct erase_run){
		.step = facts->done + 1,
		.namespaces = facts->guard_namespaces,
	};
}

void erase_left_alone(struct facts *facts)
{
	const struct erase_run *run = &facts->erase;

	if ((facts->stage == STAGE_RUNNING || facts->stage == STAGE_CUT) &&
		facts->done < facts->plan.step_count &&
		step_under_way(facts)->method == STEP_ERASE && run->step == facts->done + 1 &&
		run->answered == ANSWERED_ACCEPTED && was_accepted(run) && !run->failed)
		facts->lost_erase = run->step;
}

/* Was it known before the command how the drive stood? Else a success may be an earlier one's. */
static bool is_known_before(const struct erase_run *run, const struct technique_facts *technique)
{
	if (technique->witness == WITNESS_COMPLETION)
		return true; /* speaks of the one command alone */
	switch (run->before.status) {
	case ERASE_STATUS_NEVER:
	case ERASE_STATUS_FAILED:
		return run->asked == technique->witness;
	case ERASE_STATUS_SUCCEEDED: /* no keys to destroy: then none were destroyed */
		return run->asked == technique->witness &&
		       technique->witness != WITNESS_LUKS_HEADERS;
	case ERASE_STATUS_UNKNOWN:
	case ERASE_STATUS_RUNNING:
		break;
	}
	return false;
}

/* Does the technique's own witness say that it ended well? By SCSI sense a good end looks like
 * nothing at all: it counts when something was to be seen before. */
static bool is_end_known(const struct erase_run *run, const struct technique_facts *technique)
{
	if (run->answered != ANSWERED_AFTER || run->witness != technique->witness ||
		!technique_is_meant(technique->technique, &run->after))
		return false;
	if (technique->witness == WITNESS_SCSI_SENSE)
		return run->after.status == ERASE_STATUS_NEVER &&
		       (run->running || run->accepted == ERASE_STATUS_SUCCEEDED);
	if (technique->witness == WITNESS_COMPLETION && run->accepted != ERASE_STATUS_SUCCEEDED)
		return false;
	return run->after.status == ERASE_STATUS_SUCCEEDED;
}

void erase_complete(struct facts *facts)
{
	const struct plan_step *step = step_under_way(facts);
	const struct technique_facts *technique = technique_facts(step->technique);
	const struct erase_run *run = &facts->erase;

	if (technique->erasure == ERASURE_HINT)
		return; /* whatever became of it: it proves nothing */
	if (step->scope == SCOPE_SUBSYSTEM && !run->namespaces)
		add_flaw(facts, "namespaces-not-guarded");
	if (run->accepted == ERASE_STATUS_FAILED)
		add_flaw(facts, "drive-refused");
	if (run->failed)
		add_flaw(facts, "drive-failed");
	if (!is_known_before(run, technique))
		add_flaw(facts, "status-before-unknown");
	if (!was_accepted(run))
		add_flaw(facts, "erase-not-accepted");
	if (!is_end_known(run, technique)) {
		add_flaw(facts, "status-unknown");
		facts->status_unknown |= !run->failed && run->accepted != ERASE_STATUS_FAILED;
	}
}

/* Markers ---------------------------------------------------------------------------------- */

/* Is the success this run's own? It was seen under way, or its completion was its end, or the drive
 * did not speak of a success before, or it had been written to since and is untouched now. */
static bool is_fresh(const struct erase_run *run)
{
	return run->running || run->accepted == ERASE_STATUS_SUCCEEDED ||
	       (run->before.status != ERASE_STATUS_SUCCEEDED &&
		       run->before.status != ERASE_STATUS_UNKNOWN) ||
	       (!run->before.untouched && run->after.untouched);
}

/* Sectors that read zeros may be erased, or only forgotten while their bytes are kept. */
static void judge_zeros(struct facts *facts)
{
	const struct erase_run *run = &facts->erase;
	enum technique technique = facts->plan.steps[run->step - 1].technique;
	bool ours = technique_facts(technique)->erasure == ERASURE_OVERWRITE; /* never zeros */

	if (!ours && facts->subject.media == MEDIA_MAGNETIC)
		return;
	if (!ours && is_fresh(run) && run->after.kept)
		return;
	if (!ours && is_fresh(run) && facts->plan.deallocated_accepted)
		facts->deallocated = true;
	else
		add_flaw(facts, "markers-zeroed");
}

bool on_markers(struct facts *facts, const json_t *event)
{
	if (!is_step_under_way(facts, event) ||
		step_under_way(facts)->method != STEP_CHECK_MARKERS || facts->run_markers)
		return false;
	uint64_t checked = event_number(event, "checked");
	uint64_t remaining = event_number(event, "remaining");
	uint64_t unreadable = event_number(event, "unreadable");
	uint64_t zeroed = event_number(event, "zeroed");
	unsigned plant = step_under_way(facts)->of_step;
	if (remaining + unreadable + zeroed > checked)
		return false;
	facts->run_markers = true;
	if (checked != plan_markers(&facts->plan, &facts->plan.steps[plant - 1]))
		add_flaw(facts, "markers-not-checked");
	if (remaining > 0)
		add_flaw(facts, "markers-remain");
	if (unreadable > 0)
		add_flaw(facts, "markers-unreadable");
	if (zeroed > 0)
		judge_zeros(facts);
	return true;
}
