/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The judge: reads the documents strictly, folds the events into facts through one table of what
 * may follow what, and holds the facts against one list of requirements. */
#include "verify/judge.h"

#include "verify/evidence.h"
#include "verify/plan_document.h"
#include <string.h>

/* Where the story told by the evidence stands. Bits, so that a table can name several. */
enum stage {
	STAGE_NOTHING = 1 << 0,     /* before "created" */
	STAGE_ENTERED = 1 << 1,     /* created or resumed: the guard has to look */
	STAGE_GUARDED = 1 << 2,     /* the guard passed */
	STAGE_REFUSED = 1 << 3,     /* the guard or the planning refused */
	STAGE_OPEN = 1 << 4,        /* a drive is claimed, no step is under way */
	STAGE_RUNNING = 1 << 5,     /* within a step */
	STAGE_CUT = 1 << 6,         /* a step ended without being complete */
	STAGE_CLOSED = 1 << 7,      /* the drive was compared at the end */
	STAGE_INTERRUPTED = 1 << 8, /* nobody works on the job */
	STAGE_ENDED = 1 << 9,       /* nothing may follow */
	STAGE_AT_WORK = STAGE_ENTERED | STAGE_GUARDED | STAGE_REFUSED | STAGE_OPEN | STAGE_RUNNING |
			STAGE_CUT | STAGE_CLOSED,
};

/* What the documents say. Zeroed, nothing is known and nothing holds. */
struct facts {
	struct drive_identity subject;
	struct native_capacity native; /* of the subject */
	struct plan plan;
	bool plan_sealed;

	enum stage stage;
	bool guard_refused; /* the last time it looked */
	bool plan_refused;
	bool ever_resumed;
	bool ever_started;
	bool ever_opened;
	bool other_drive;      /* some drive opened or closed was not the subject */
	bool shared;           /* some drive was opened without exclusive claim */
	bool other_size;       /* some drive's native capacity was unknown or not the plan's */
	bool same_at_end;      /* in the claim that is the last one so far */
	bool error;            /* since the last resumption */
	unsigned residue_step; /* the first that found something; 0: none did */

	/* Steps 1 … done have finished as "complete"; done + 1 is under way or next. All of [0,
	 * covered_to) was tried by its earlier runs, as far as that is known: it may start again
	 * there or before, so that no gap is left. 0 for a new step, and for one that reads. */
	unsigned done;
	uint64_t covered_to;
	const char *flaw[PLAN_STEPS_MAX + 1]; /* by step: the first thing wrong with it, or NULL */

	/* The run of the step under way. */
	uint64_t run_from;
	uint64_t run_bad; /* by its bad ranges */

	uint64_t overwritten_to;  /* how far the last overwriting step came */
	uint64_t overwritten_bad; /* bad bytes of that step */
	uint64_t read_back;       /* of the last overwriting step of the plan */
	uint64_t bad;
	enum verification verification;
};

/* Small helpers ---------------------------------------------------------------------------- */

/* Of numbers that fit an integer of JSON. */
static uint64_t add_capped(uint64_t a, uint64_t b)
{
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}

static uint64_t subtract_capped(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Fields of events that evidence_check has passed: there, of their type and within bounds. */
static uint64_t number(const json_t *event, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(event, key));
}

static bool flag(const json_t *event, const char *key)
{
	return json_integer_value(json_object_get(event, key)) == 1;
}

static bool is_word(const json_t *event, const char *key, const char *word)
{
	const char *text = json_string_value(json_object_get(event, key));

	return text && strcmp(text, word) == 0;
}

static void add_reason(struct verdict *verdict, const char *code, unsigned step)
{
	size_t i = verdict->reason_count;

	if (i == VERDICT_REASONS_MAX)
		return; /* enough; the count is not 0 any more, and that is what decides */
	strncpy(verdict->reasons[i].code, code, sizeof(verdict->reasons[i].code) - 1);
	verdict->reasons[i].step = step;
	verdict->reason_count++;
}

static const struct plan_step *step_under_way(const struct facts *facts)
{
	return &facts->plan.steps[facts->done];
}

static bool is_step_under_way(const struct facts *facts, const json_t *event)
{
	return facts->done < facts->plan.step_count && number(event, "step") == facts->done + 1;
}

static void add_flaw(struct facts *facts, const char *code)
{
	if (!facts->flaw[facts->done + 1])
		facts->flaw[facts->done + 1] = code;
}

/* Is this the subject, able to be written? Vendor, firmware, transport and media depend on how it
 * is attached; name and backing are shown and never trusted. */
static bool is_subject(const struct facts *facts, const json_t *event)
{
	struct drive_identity identity;
	char why[IDENTITY_TEXT_MAX];

	return identity_from_json(json_object_get(event, "identity"), &identity, NULL) == 0 &&
	       identity_same(&facts->subject, &identity, why, sizeof(why)) &&
	       identity.logical_sector_bytes == facts->subject.logical_sector_bytes &&
	       identity.zoned == facts->subject.zoned &&
	       identity.is_virtual == facts->subject.is_virtual && !identity.read_only;
}

/* Is the whole medium what the plan covers? */
static bool covers_native(const struct facts *facts, const struct native_capacity *native)
{
	return native->source != NATIVE_UNKNOWN &&
	       (native->source != NATIVE_VIRTUAL || facts->subject.is_virtual) &&
	       native->native_bytes == facts->plan.capacity_bytes &&
	       (native->sector_bytes == 0 || native->sector_bytes == facts->plan.sector_bytes);
}

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

/* Events: each returns false when it contradicts what came before --------------------------- */

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

	for (size_t i = 0; i < json_array_size(checks); i++)
		passed = passed && is_word(json_array_get(checks, i), "result", "passed");
	if (passed != is_word(event, "result", "passed"))
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

static bool on_opened(struct facts *facts, const json_t *event)
{
	struct native_capacity native;

	if (evidence_native_from_json(json_object_get(event, "native"), "native", &native, NULL) <
		0)
		return false;
	facts->other_drive |= !is_subject(facts, event);
	facts->other_size |= !covers_native(facts, &native);
	facts->shared |= !flag(event, "exclusive");
	facts->ever_opened = true;
	facts->stage = STAGE_OPEN;
	return true;
}

static bool on_started(struct facts *facts, const json_t *event)
{
	uint64_t from = number(event, "from_bytes");

	if (!facts->plan_sealed || !is_step_under_way(facts, event))
		return false;
	if (from > facts->covered_to || from % facts->plan.sector_bytes != 0)
		return false;
	facts->ever_started = true;
	facts->run_from = from;
	facts->run_bad = 0;
	if (step_under_way(facts)->method == STEP_OVERWRITE) {
		if (facts->covered_to == 0)
			facts->overwritten_bad = 0; /* a new step */
		facts->overwritten_to = from;
	}
	facts->stage = STAGE_RUNNING;
	return true;
}

static bool on_bad_range(struct facts *facts, const json_t *event)
{
	bool writing;

	if (!is_step_under_way(facts, event))
		return false;
	writing = step_under_way(facts)->method == STEP_OVERWRITE;
	if (writing != is_word(event, "range", "unwritable"))
		return false;
	if (writing)
		add_flaw(facts, "unwritable");
	else
		add_flaw(facts, is_word(event, "range", "mismatch") ? "mismatch" : "unreadable");
	facts->run_bad = add_capped(facts->run_bad, number(event, "length_bytes"));
	return true;
}

static bool on_residue(struct facts *facts, const json_t *event)
{
	if (!is_step_under_way(facts, event) || step_under_way(facts)->method != STEP_RESIDUE_SCAN)
		return false;
	if (!flag(event, "coincident") && facts->residue_step == 0)
		facts->residue_step = facts->done + 1;
	return true;
}

/* Count what the run that ends here had of bad bytes. */
static void settle_bad(struct facts *facts, uint64_t reported)
{
	uint64_t bad = MAX(facts->run_bad, reported);

	facts->bad = add_capped(facts->bad, bad);
	if (step_under_way(facts)->method == STEP_OVERWRITE)
		facts->overwritten_bad = add_capped(facts->overwritten_bad, bad);
	if (bad > 0)
		add_flaw(facts, "bad-bytes");
}

/* A complete step must have done all that it was asked, and nothing may have gone wrong in it. */
static void finish_complete(struct facts *facts, const json_t *event, uint64_t asked)
{
	const struct plan_step *step = step_under_way(facts);
	uint64_t bytes = number(event, "bytes");

	if (number(event, "errno") != 0)
		add_flaw(facts, "step-error");
	if (step->method == STEP_RESIDUE_SCAN ? bytes == 0 : bytes != asked)
		add_flaw(facts, "step-not-whole");
	if (step->method == STEP_OVERWRITE && !flag(event, "flushed"))
		add_flaw(facts, "step-not-flushed");
	if (step->method == STEP_READ_BACK && !facts->flaw[facts->done + 1] &&
		step->of_step == plan_last_overwrite(&facts->plan))
		facts->verification = MAX(facts->verification, step->coverage);
	facts->done++;
	facts->covered_to = 0;
	facts->stage = STAGE_OPEN;
}

/* A cut step: an overwriting one may go on where it stopped, any other begins anew. A flush that
 * failed or errors beyond counting cannot be made good by going on. */
static void finish_cut(struct facts *facts, const json_t *event)
{
	if (is_word(event, "result", "flush-failed"))
		add_flaw(facts, "flush-failed");
	if (is_word(event, "result", "too-many-errors"))
		add_flaw(facts, "too-many-errors");
	if (step_under_way(facts)->method == STEP_OVERWRITE)
		facts->covered_to = facts->run_from + number(event, "bytes");
	facts->stage = STAGE_CUT;
}

static bool on_finished(struct facts *facts, const json_t *event)
{
	const struct plan_step *step = step_under_way(facts);
	uint64_t bytes = number(event, "bytes");
	uint64_t asked = UINT64_MAX;

	if (!is_step_under_way(facts, event))
		return false;
	if (step->method == STEP_OVERWRITE)
		asked = facts->plan.capacity_bytes - facts->run_from;
	if (step->method == STEP_READ_BACK)
		asked = read_back_bytes(&facts->plan, step);
	if (step->method != STEP_RESIDUE_SCAN &&
		(bytes > asked || bytes % facts->plan.sector_bytes != 0))
		return false;
	settle_bad(facts, number(event, "bad_bytes"));
	if (step->method == STEP_OVERWRITE)
		facts->overwritten_to = facts->run_from + bytes;
	if (step->method == STEP_READ_BACK && step->of_step == plan_last_overwrite(&facts->plan))
		facts->read_back =
			subtract_capped(bytes, MAX(facts->run_bad, number(event, "bad_bytes")));
	if (is_word(event, "result", "complete"))
		finish_complete(facts, event, asked);
	else
		finish_cut(facts, event);
	return true;
}

static bool on_closing(struct facts *facts, const json_t *event)
{
	facts->other_drive |= !is_subject(facts, event);
	facts->same_at_end = flag(event, "same");
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
	if (facts->stage == STAGE_RUNNING) {
		settle_bad(facts, 0);
		if (step_under_way(facts)->method == STEP_OVERWRITE)
			facts->covered_to = facts->plan.capacity_bytes;
	}
	facts->stage = STAGE_INTERRUPTED;
	return true;
}

/* While nobody held the drive anyone could write to it: what was read back and searched since the
 * last overwrite counts no more, and is to be done again. */
static bool on_resumed(struct facts *facts, const json_t *event)
{
	unsigned proof = plan_proof_step(&facts->plan);

	(void)event;
	if (facts->done >= proof) {
		facts->done = proof - 1;
		facts->read_back = 0;
		facts->verification = VERIFICATION_NONE;
	}
	if (facts->done + 1 == proof)
		facts->covered_to = 0;
	facts->ever_resumed = true;
	facts->guard_refused = false;
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
	{ "started", STAGE_OPEN, on_started },
	{ "bad-range", STAGE_RUNNING, on_bad_range },
	{ "residue", STAGE_RUNNING, on_residue },
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
		if (is_word(event, "kind", rules[i].kind))
			return (rules[i].stages & facts->stage) && rules[i].fold(facts, event);
	return false;
}

/* The documents ---------------------------------------------------------------------------- */

static bool read_subject(const json_t *subject, struct facts *facts)
{
	return json_is_object(subject) &&
	       identity_from_json(json_object_get(subject, "identity"), &facts->subject, NULL) ==
		       0 &&
	       evidence_native_from_json(json_object_get(subject, "native"), "subject.native",
		       &facts->native, NULL) == 0;
}

/* A job that was refused may have a plan that was never sealed, or none at all. */
static bool read_plan(const json_t *plan, struct facts *facts)
{
	facts->plan_sealed = plan_from_json(plan, true, &facts->plan, NULL) == 0;
	return facts->plan_sealed || plan_from_json(plan, false, &facts->plan, NULL) == 0;
}

/* Overwriting reaches clear, whatever a plan says; and clear is what it must say. */
static bool is_level_held(const struct plan *plan)
{
	return plan->step_count == 0 || plan->level == LEVEL_CLEAR;
}

/* False: something is not to be understood; the reasons say what. */
static bool read_documents(const json_t *subject, const json_t *plan, const json_t *evidence,
	struct facts *facts, struct verdict *verdict)
{
	if (!read_subject(subject, facts))
		add_reason(verdict, "subject-malformed", 0);
	if (!read_plan(plan, facts))
		add_reason(verdict, "plan-malformed", 0);
	else if (!is_level_held(&facts->plan))
		add_reason(verdict, "level-not-held", 0);
	if (evidence_check(evidence, NULL) < 0)
		add_reason(verdict, "evidence-malformed", 0);
	return verdict->reason_count == 0;
}

/* False: the events contradict one another. */
static bool fold_evidence(const json_t *evidence, struct facts *facts)
{
	facts->stage = STAGE_NOTHING;
	for (size_t i = 0; i < json_array_size(evidence); i++)
		if (!fold_event(facts, json_array_get(evidence, i)))
			return false;
	return true;
}

/* The judgement ---------------------------------------------------------------------------- */

static void require(bool holds, struct verdict *verdict, const char *code, unsigned step)
{
	if (!holds)
		add_reason(verdict, code, step);
}

/* Every step of the plan finished, in order, and as it should; flaws of all steps are told. */
static void require_steps(const struct facts *facts, struct verdict *verdict)
{
	for (unsigned step = 1; step <= facts->plan.step_count; step++)
		if (facts->flaw[step])
			add_reason(verdict, facts->flaw[step], step);
	require(facts->done == facts->plan.step_count, verdict, "step-not-complete",
		facts->done + 1);
}

static bool has_scan_after_last_overwrite(const struct facts *facts)
{
	unsigned last = plan_last_overwrite(&facts->plan);

	for (unsigned i = last; last > 0 && i < facts->done; i++)
		if (facts->plan.steps[i].method == STEP_RESIDUE_SCAN)
			return true;
	return false;
}

/* The one list of what proof takes (docs/certificate.md). Each line that does not hold is a reason;
 * proven is what gives no reason at all. */
static bool is_proven(const struct facts *facts, struct verdict *verdict)
{
	const struct plan *plan = &facts->plan;

	/* The plan covers the whole of this medium. */
	require(facts->plan_sealed && plan->step_count > 0, verdict, "plan-not-sealed", 0);
	require(identity_check_addressable(&facts->subject, NULL) == 0 && !facts->subject.read_only,
		verdict, "drive-not-addressable", 0);
	require(plan->capacity_bytes == facts->subject.capacity_bytes &&
			plan->sector_bytes == facts->subject.logical_sector_bytes,
		verdict, "plan-other-size", 0);
	require(covers_native(facts, &facts->native), verdict, "native-not-covered", 0);

	/* The right drive was held, from the first write to the end. */
	require(!facts->plan_refused, verdict, "plan-refused", 0);
	require(!facts->guard_refused, verdict, "guard-refused", 0);
	require(facts->ever_opened, verdict, "not-opened", 0);
	require(!facts->shared, verdict, "not-exclusive", 0);
	require(!facts->other_drive, verdict, "other-drive", 0);
	require(!facts->other_size, verdict, "native-not-covered", 0);

	/* It was overwritten, read back and searched. */
	require_steps(facts, verdict);
	require(facts->bad == 0, verdict, "bad-bytes", 0);
	require(facts->verification != VERIFICATION_NONE, verdict, "not-read-back", 0);
	require(has_scan_after_last_overwrite(facts), verdict, "no-residue-scan", 0);
	require(facts->residue_step == 0, verdict, "residue-found", facts->residue_step);

	/* And it came to its end. */
	require(facts->same_at_end, verdict, "not-same-at-end", 0);
	require(!facts->error, verdict, "error-recorded", 0);
	require(facts->stage == STAGE_ENDED, verdict,
		facts->stage == STAGE_INTERRUPTED ? "interrupted" : "not-ended", 0);

	return verdict->reason_count == 0;
}

/* Refused: it ended because the guard or the planning said no, and nothing was ever begun. */
static bool is_refused(const struct facts *facts, struct verdict *verdict)
{
	if (facts->stage != STAGE_ENDED || facts->ever_started)
		return false;
	require(!facts->plan_refused, verdict, "plan-refused", 0);
	require(!facts->guard_refused, verdict, "guard-refused", 0);
	return verdict->reason_count > 0;
}

static void tell_numbers(const struct facts *facts, struct verdict *verdict)
{
	verdict->verification = facts->verification;
	verdict->bytes_overwritten = subtract_capped(facts->overwritten_to, facts->overwritten_bad);
	verdict->bytes_read_back = facts->read_back;
	verdict->bytes_bad = facts->bad;
}

void judge(const json_t *subject, const json_t *plan, const json_t *evidence, struct verdict *ret)
{
	struct facts facts = { 0 };

	*ret = (struct verdict){ 0 };
	if (!read_documents(subject, plan, evidence, &facts, ret))
		return;
	if (!fold_evidence(evidence, &facts)) {
		add_reason(ret, "evidence-contradictory", 0);
		return;
	}
	tell_numbers(&facts, ret);
	if (is_refused(&facts, ret)) {
		ret->outcome = OUTCOME_REFUSED;
	} else if (is_proven(&facts, ret)) {
		ret->outcome = OUTCOME_PROVEN;
		ret->level = facts.plan.level;
	} else if (facts.stage == STAGE_INTERRUPTED) {
		ret->outcome = OUTCOME_INTERRUPTED;
	} else if (facts.stage == STAGE_ENDED) {
		ret->outcome = OUTCOME_FAILED;
	}
}
