/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The judge: reads the documents strictly, folds the events into facts (judge_fold.c: what may follow
 * what), and holds the facts against one list of requirements (judge_require.c). */
#include "verify/judge/judge.h"

#include "verify/judge/judge_facts.h"

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

/* A plan reaches what its steps do on this medium, whatever it says; and that is what it must say. */
static bool is_level_held(const struct facts *facts)
{
	return facts->plan.step_count == 0 ||
	       facts->plan.level == plan_level(&facts->plan, facts->subject.media);
}

/* False: something is not to be understood; the reasons say what. */
static bool read_documents(const json_t *subject, const json_t *plan, const json_t *evidence,
	struct facts *facts, struct verdict *verdict)
{
	bool known = read_subject(subject, facts);

	if (!known)
		add_reason(verdict, "subject-malformed", 0);
	if (!read_plan(plan, facts))
		add_reason(verdict, "plan-malformed", 0);
	else if (known && !is_level_held(facts))
		add_reason(verdict, "level-not-held", 0);
	if (evidence_check(evidence, NULL) < 0)
		add_reason(verdict, "evidence-malformed", 0);
	return verdict->reason_count == 0;
}

/* The judgement ---------------------------------------------------------------------------- */

/* Refused: it ended because the guard or the planning said no, and nothing was ever begun. */
static bool is_refused(const struct facts *facts, struct verdict *verdict)
{
	if (facts->stage != STAGE_ENDED || facts->ever_started)
		return false;
	if (facts->plan_refused)
		add_reason(verdict, "plan-refused", 0);
	if (facts->guard_refused)
		add_reason(verdict, "guard-refused", 0);
	return verdict->reason_count > 0;
}

static void tell_numbers(const struct facts *facts, struct verdict *verdict)
{
	verdict->verification = facts->verification;
	verdict->deallocated = facts->deallocated;
	verdict->bytes_overwritten = subtract_capped(facts->overwritten_to, facts->overwritten_bad);
	verdict->bytes_read_back = facts->read_back;
	verdict->bytes_bad = facts->bad;
}

static enum outcome outcome_at_end(const struct facts *facts)
{
	return facts->status_unknown ? OUTCOME_UNKNOWN : OUTCOME_FAILED;
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
		ret->outcome = outcome_at_end(&facts);
	}
}
