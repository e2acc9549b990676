/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the evidence says of a job's past, and taking it up again. */
#include "wipe/work/work_parts.h"

#include "base/digest.h"

#include <string.h>

static bool is_word(const json_t *event, const char *key, const char *word)
{
	const char *text = json_string_value(json_object_get(event, key));
	return text && strcmp(text, word) == 0;
}

/* Bytes that were recorded by ourselves and checked when they were. */
static struct erase_state state_of(const json_t *event)
{
	const char *raw = json_string_value(json_object_get(event, "raw"));
	const char *witness = json_string_value(json_object_get(event, "witness"));
	size_t bytes = raw ? strlen(raw) / 2 : 0;
	struct erase_answer answer = { .witness = erase_witness_parse(witness ? witness : "") };
	struct erase_state state;
	if (bytes > 0 && bytes <= sizeof(answer.raw) && hex_decode(raw, answer.raw, bytes) == 0)
		answer.raw_bytes = (uint16_t)bytes;
	erase_state_read(&answer, &state);
	return state;
}

static bool goes_on(const struct work *work, const json_t *event, const struct erase_state *found)
{
	const char *witness = json_string_value(json_object_get(event, "witness"));
	return work->cut.step > 0 &&
	       technique_goes_on(work->plan.steps[work->cut.step - 1].technique, &work->cut.before,
		       erase_witness_parse(witness ? witness : ""), found);
}

static void read_answer(struct work *work, const json_t *event)
{
	const struct erase_state state = state_of(event);
	if (is_word(event, "moment", "before")) {
		work->cut.accepted = false;
		work->cut.before = state;
	} else if (is_word(event, "moment", "accepted")) {
		work->cut.accepted = state.status == ERASE_STATUS_RUNNING;
	} else if (is_word(event, "moment", "found")) {
		work->cut.accepted = work->cut.accepted && goes_on(work, event, &state);
	} else if (is_word(event, "moment", "after") || state.status == ERASE_STATUS_FAILED) {
		work->cut.accepted = false;
	}
}

static void read_started(struct work *work, unsigned step)
{
	bool erases = step >= 1 && step <= work->plan.step_count &&
		      work->plan.steps[step - 1].method == STEP_ERASE;
	if (step != work->cut.step)
		work->cut.accepted = false;
	work->cut.step = erases ? step : 0;
}

/* Is an ERASE under way, and was its command taken, so that the drive may be found at it? The judge
 * reads it in the same way (verify/judge/judge_erase.c). */
static void read_erase(struct work *work, const json_t *event)
{
	if (is_word(event, "kind", "answer"))
		read_answer(work, event);
	if (is_word(event, "kind", "started"))
		read_started(work, (unsigned)json_integer_value(json_object_get(event, "step")));
	if (is_word(event, "kind", "finished")) {
		work->cut.step = 0;
		work->cut.accepted = false;
	}
}

/* Whether a step was begun, which one is next, and the last event. The proof is one unbroken claim:
 * what was read back before an interruption is read again. */
void work_read_history(struct work *work, const json_t *evidence, const char **ret_last_kind)
{
	size_t index;
	json_t *event;
	*ret_last_kind = "";
	work->step = 1;
	json_array_foreach (evidence, index, event) {
		json_int_t step = json_integer_value(json_object_get(event, "step"));
		*ret_last_kind = json_string_value(json_object_get(event, "kind"));
		if (is_word(event, "kind", "opened"))
			work->was_opened = true;
		if (is_word(event, "kind", "started")) {
			work->has_begun = true;
			work->step = (unsigned)step;
		}
		if (is_word(event, "kind", "resumed"))
			work->step = plan_resume_step(&work->plan, work->step - 1);
		if (is_word(event, "kind", "finished") && is_word(event, "result", "complete") &&
			step == (json_int_t)work->step)
			work->step++;
		read_erase(work, event);
	}
}

static bool another_boot(const struct job_record *record)
{
	char boot_id[37];
	clock_boot_id(boot_id);
	return strncmp(boot_id, record->owner_boot_id, strlen(boot_id)) != 0;
}

int work_take_up_again(struct work *work, const char *last_kind, struct error *error)
{
	unsigned proof = plan_proof_step(&work->plan);
	int result = 0;
	if (strcmp(last_kind, "interrupted") != 0)
		result = work_record(work,
			job_event_interrupted(
				another_boot(&work->record) ? "power-lost" : "process-lost"),
			error);
	work->step = plan_resume_step(&work->plan, work->step - 1);
	if (work->step == proof)
		work->record.step = 0; /* from its beginning, whatever the journal says */
	struct clock_reading now;
	clock_read(&now);
	return result < 0 ? result : work_record(work, job_event_resumed(&now), error);
}
