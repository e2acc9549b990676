/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may follow what: the one table, and the events outside of steps. Each returns false when it
 * contradicts what came before. */
#include "verify/judge/judge_facts.h"

#include <string.h>

bool event_is_word(const json_t *event, const char *key, const char *word)
{
	const char *text = json_string_value(json_object_get(event, key));

	return text && strcmp(text, word) == 0;
}

bool plan_restores(const struct plan *plan)
{
	return plan->step_count > 0 && plan->steps[0].method == STEP_RESTORE_CAPACITY;
}

/* Is this the subject, able to be written? Vendor, firmware, transport and media depend on how it
 * is attached; name and backing are shown and never trusted. Its capacity may have grown to the
 * plan's, where the plan restores it. */
static bool is_subject(const struct facts *facts, const struct drive_identity *identity)
{
	struct drive_identity subject = facts->subject;
	char why[IDENTITY_TEXT_MAX];

	if (plan_restores(&facts->plan) && identity->capacity_bytes == facts->plan.capacity_bytes)
		subject.capacity_bytes = identity->capacity_bytes;
	return identity_same(&subject, identity, why, sizeof(why)) &&
	       identity->logical_sector_bytes == subject.logical_sector_bytes &&
	       identity->zoned == subject.zoned && identity->is_virtual == subject.is_virtual &&
	       !identity->read_only;
}

static bool read_identity(const json_t *event, struct drive_identity *ret)
{
	return identity_from_json(json_object_get(event, "identity"), ret, NULL) == 0;
}

bool covers_native(const struct facts *facts, const struct native_capacity *native)
{
	return native->source != NATIVE_UNKNOWN &&
	       (native->source != NATIVE_VIRTUAL || facts->subject.is_virtual) &&
	       native->native_bytes == facts->plan.capacity_bytes &&
	       (native->sector_bytes == 0 || native->sector_bytes == facts->plan.sector_bytes);
}

static bool on_created(struct facts *facts, const json_t *event)
{
	(void)event;
	facts->stage = STAGE_ENTERED;
	return true;
}

/* The result must follow from the findings: passed exactly when all of one or more passed. */
static bool on_guard(struct facts *facts, const json_t *event)
{
	const json_t *checks = json_object_get(event, "checks");
	bool passed = json_array_size(checks) > 0;

	facts->guard_namespaces = false;
	for (size_t i = 0; i < json_array_size(checks); i++) {
		const json_t *check = json_array_get(checks, i);
		passed = passed && event_is_word(check, "result", "passed");
		facts->guard_namespaces |= event_is_word(check, "check", "namespaces");
	}
	if (passed != event_is_word(event, "result", "passed"))
		return false;
	if (facts->guard_refused)
		return false; /* it may look again after "resumed" only */
	facts->guard_refused = !passed;
	facts->stage = passed && !facts->plan_refused ? STAGE_GUARDED : STAGE_REFUSED;
	return true;
}

static bool on_plan_refused(struct facts *facts, const json_t *event)
{
	(void)event;
	if (facts->plan.step_count > 0 || facts->ever_resumed || facts->plan_refused)
		return false;
	facts->plan_refused = true;
	facts->stage = STAGE_REFUSED;
	return true;
}

/* A drive that hides a part of its medium (again) is restored first, and all is done anew. */
static bool on_opened(struct facts *facts, const json_t *event)
{
	struct native_capacity native;
	struct drive_identity identity;

	if (!read_identity(event, &identity) ||
		evidence_native_from_json(
			json_object_get(event, "native"), "native", &native, NULL) < 0)
		return false;
	facts->other_drive |= !is_subject(facts, &identity);
	facts->other_size |= !covers_native(facts, &native);
	facts->shared |= !event_flag(event, "exclusive");
	facts->ever_opened = true;
	facts->claim_bytes = identity.capacity_bytes;
	facts->claim_started = false;
	if (plan_restores(&facts->plan) && facts->claim_bytes != facts->plan.capacity_bytes) {
		facts->done = 0;
		facts->covered_to = 0;
		facts->lost_erase = 0;
	}
	facts->stage = STAGE_OPEN;
	return true;
}

/* Another namespace is claimed before anything is begun, or its claim is worth nothing. */
static bool on_sibling(struct facts *facts, const json_t *event)
{
	if (facts->claim_started)
		return false;
	facts->shared |= !event_flag(event, "exclusive");
	return true;
}

static bool on_health(struct facts *facts, const json_t *event)
{
	(void)facts;
	(void)event;
	return true; /* for people: no counter proves an erasure */
}

static bool on_closing(struct facts *facts, const json_t *event)
{
	struct drive_identity identity;

	if (!read_identity(event, &identity))
		return false;
	facts->other_drive |= !is_subject(facts, &identity);
	facts->other_size |= identity.capacity_bytes != facts->claim_bytes;
	facts->same_at_end = event_flag(event, "same");
	facts->stage = STAGE_CLOSED;
	return true;
}

static bool on_error(struct facts *facts, const json_t *event)
{
	(void)event;
	facts->error = true;
	return true;
}

/* How far a run came that was cut without a word, only the journal knew, which is written after each
 * flush; its word is the next "started". */
static bool on_interrupted(struct facts *facts, const json_t *event)
{
	(void)event;
	erase_left_alone(facts);
	if (facts->stage == STAGE_RUNNING) {
		settle_bad(facts, 0);
		if (step_under_way(facts)->method == STEP_OVERWRITE)
			facts->covered_to = facts->plan.capacity_bytes;
	}
	facts->stage = STAGE_INTERRUPTED;
	return true;
}

/* While nobody held the drive anyone could write to it: what was read back, searched or checked
 * since the last erasing step counts no more, and is to be done again; and so are markers that were
 * not checked yet. */
static bool on_resumed(struct facts *facts, const json_t *event)
{
	unsigned next = plan_resume_step(&facts->plan, facts->done);

	(void)event;
	if (next != facts->done + 1 || next == plan_proof_step(&facts->plan))
		facts->covered_to = 0;
	facts->done = next - 1;
	facts->read_back = 0;
	facts->verification = VERIFICATION_NONE;
	facts->ever_resumed = true;
	facts->guard_refused = false;
	facts->guard_namespaces = false;
	facts->found = false;
	facts->same_at_end = false;
	facts->error = false;
	facts->stage = STAGE_ENTERED;
	return true;
}

/* Within a step only when something went wrong outside it: the drive hangs and was given up. */
static bool on_ended(struct facts *facts, const json_t *event)
{
	(void)event;
	if (facts->stage == STAGE_RUNNING && !facts->error)
		return false;
	/* Given up while it rested, whatever it had done before. */
	facts->error |= facts->stage == STAGE_INTERRUPTED;
	facts->stage = STAGE_ENDED;
	return true;
}

/* What may follow what. An event at another stage contradicts the ones before it. */
static const struct rule {
	const char *kind;
	unsigned stages;
	bool (*fold)(struct facts *facts, const json_t *event);
} rules[] = {
	{ "created", STAGE_NOTHING, on_created },
	{ "guard", STAGE_ENTERED | STAGE_GUARDED | STAGE_REFUSED, on_guard },
	{ "plan-refused", STAGE_ENTERED | STAGE_GUARDED | STAGE_REFUSED, on_plan_refused },
	{ "opened", STAGE_GUARDED, on_opened },
	{ "sibling", STAGE_OPEN, on_sibling },
	{ "health", STAGE_OPEN | STAGE_RUNNING | STAGE_CUT | STAGE_CLOSED, on_health },
	{ "started", STAGE_OPEN, on_started },
	{ "bad-range", STAGE_RUNNING, on_bad_range },
	{ "residue", STAGE_RUNNING, on_residue },
	{ "capacity", STAGE_RUNNING, on_capacity },
	{ "answer", STAGE_OPEN | STAGE_RUNNING, on_answer },
	{ "markers", STAGE_RUNNING, on_markers },
	{ "finished", STAGE_RUNNING, on_finished },
	{ "closing", STAGE_OPEN | STAGE_CUT, on_closing },
	{ "error", STAGE_AT_WORK, on_error },
	{ "interrupted", STAGE_AT_WORK, on_interrupted },
	{ "resumed", STAGE_INTERRUPTED, on_resumed },
	{ "ended", STAGE_AT_WORK | STAGE_INTERRUPTED, on_ended },
};

static bool fold_event(struct facts *facts, const json_t *event)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (event_is_word(event, "kind", rules[i].kind))
			return (rules[i].stages & facts->stage) && rules[i].fold(facts, event);
	return false;
}

bool fold_evidence(const json_t *evidence, struct facts *facts)
{
	facts->stage = STAGE_NOTHING;
	for (size_t i = 0; i < json_array_size(evidence); i++)
		if (!fold_event(facts, json_array_get(evidence, i)))
			return false;
	return true;
}
