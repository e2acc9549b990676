/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one list of what proof takes (docs/certificate.md). */
#include "verify/judge/judge_facts.h"

#include <string.h>

void add_reason(struct verdict *verdict, const char *code, unsigned step)
{
	size_t i = verdict->reason_count;

	if (i == VERDICT_REASONS_MAX)
		return; /* enough; the count is not 0 any more, and that is what decides */
	strncpy(verdict->reasons[i].code, code, sizeof(verdict->reasons[i].code) - 1);
	verdict->reasons[i].step = step;
	verdict->reason_count++;
}

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

static bool has_scan_after_last_change(const struct facts *facts)
{
	unsigned last = plan_last_destroying(&facts->plan);

	for (unsigned i = last; last > 0 && i < facts->done; i++)
		if (facts->plan.steps[i].method == STEP_RESIDUE_SCAN)
			return true;
	return false;
}

/* What is known to stand there was read back; what is not, was seen to have gone. Where only the keys
 * are destroyed the medium reads as before, and there is nothing to compare. */
static void require_verification(const struct facts *facts, struct verdict *verdict)
{
	unsigned last = plan_last_destroying(&facts->plan);
	const struct plan_step *step = last > 0 ? &facts->plan.steps[last - 1] : NULL;

	if (!step || plan_is_readable(&facts->plan, last))
		require(facts->verification >= VERIFICATION_SAMPLE, verdict, "not-read-back", 0);
	else if (technique_takes_markers(step->technique))
		require(facts->verification >= VERIFICATION_MARKERS, verdict, "markers-not-checked",
			0);
}

/* Zones that must be written in order can be, each from its beginning, after they were reset. */
static bool is_addressable(const struct facts *facts)
{
	return identity_check_sectors(&facts->subject, NULL) == 0 &&
	       (facts->subject.zoned != ZONED_HOST_MANAGED || plan_resets_zones(&facts->plan));
}

/* The capacity the plan covers is the drive's, or what it grows to when it is restored. */
static bool is_of_size(const struct facts *facts)
{
	uint64_t covered = facts->plan.capacity_bytes, shown = facts->subject.capacity_bytes;

	return facts->plan.sector_bytes == facts->subject.logical_sector_bytes &&
	       (plan_restores(&facts->plan) ? covered >= shown : covered == shown);
}

bool is_proven(const struct facts *facts, struct verdict *verdict)
{
	const struct plan *plan = &facts->plan;

	/* The plan covers the whole of this medium, and reaches something on it. */
	require(facts->plan_sealed && plan->step_count > 0, verdict, "plan-not-sealed", 0);
	require(plan->step_count == 0 || plan->level > LEVEL_NONE, verdict, "level-none", 0);
	require(is_addressable(facts) && !facts->subject.read_only, verdict,
		"drive-not-addressable", 0);
	require(is_of_size(facts), verdict, "plan-other-size", 0);
	require(covers_native(facts, &facts->native), verdict, "native-not-covered", 0);

	/* The right drive was held, from the first write to the end. */
	require(!facts->plan_refused, verdict, "plan-refused", 0);
	require(!facts->guard_refused, verdict, "guard-refused", 0);
	require(facts->ever_opened, verdict, "not-opened", 0);
	require(!facts->shared, verdict, "not-exclusive", 0);
	require(!facts->other_drive, verdict, "other-drive", 0);
	require(!facts->other_size, verdict, "native-not-covered", 0);

	/* It was overwritten, or it erased itself; and it was looked at. */
	require_steps(facts, verdict);
	require(facts->bad == 0, verdict, "bad-bytes", 0);
	require_verification(facts, verdict);
	require(has_scan_after_last_change(facts), verdict, "no-residue-scan", 0);
	require(facts->residue_step == 0, verdict, "residue-found", facts->residue_step);

	/* And it came to its end. */
	require(facts->same_at_end, verdict, "not-same-at-end", 0);
	require(!facts->error, verdict, "error-recorded", 0);
	require(facts->stage == STAGE_ENDED, verdict,
		facts->stage == STAGE_INTERRUPTED ? "interrupted" : "not-ended", 0);

	return verdict->reason_count == 0;
}
