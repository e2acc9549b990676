/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a combination of methods to the steps of a plan, in the order in which they prove. */
#include "wipe/plan/plan_parts.h"

#include <errno.h>
#include <stdio.h>

/* What a drive is told to write over itself; which bytes is decided when the plan is sealed. */
#define DRIVE_PATTERN_BYTES 4

struct compiling {
	const struct plan_weighing *weighing;
	struct plan *plan;
	bool full; /* a step did not fit */
	struct plan_step spare;
};

static struct plan_step *add_step(
	struct compiling *compiling, enum step_method method, unsigned of_step)
{
	struct plan *plan = compiling->plan;
	struct plan_step *step = &compiling->spare;

	if (plan->step_count < PLAN_STEPS_MAX)
		step = &plan->steps[plan->step_count++];
	else
		compiling->full = true;
	*step = (struct plan_step){ .method = method, .of_step = of_step };
	return step;
}

static unsigned last_step(const struct compiling *compiling)
{
	return (unsigned)compiling->plan->step_count;
}

static void add_overwrite(struct compiling *compiling)
{
	const struct plan_due *due = &compiling->weighing->due;
	const struct scheme *scheme = due->scheme;

	for (size_t i = 0; i < scheme->pass_count; i++) {
		const struct scheme_pass *pass = &scheme->passes[i];
		bool is_last = i + 1 == scheme->pass_count;
		add_step(compiling, STEP_OVERWRITE, 0)->pattern = pass->pattern;
		unsigned written = last_step(compiling);
		if (pass->read_back)
			add_step(compiling, STEP_READ_BACK, written)->coverage = VERIFICATION_FULL;
		else if (is_last)
			add_step(compiling, STEP_READ_BACK, written)->coverage = due->coverage;
	}
}

/* Plant, erase, read back what the drive itself was told to write, look for the markers. */
static void add_erase(struct compiling *compiling, enum technique technique, bool is_last)
{
	const struct plan_due *due = &compiling->weighing->due;
	bool takes_markers = technique_takes_markers(technique);
	struct erase_offer offer;
	unsigned planted = 0;

	if (takes_markers) {
		add_step(compiling, STEP_PLANT_MARKERS, 0)->markers = MARKERS_DEFAULT;
		planted = last_step(compiling);
	}
	plan_offer(compiling->weighing, technique, &offer);
	struct plan_step *erase = add_step(compiling, STEP_ERASE, 0);
	erase->technique = technique;
	erase->scope = offer.scope;
	erase->expected_seconds = offer.expected_seconds;
	if (plan_contents_known(technique))
		erase->pattern = (struct pattern){ .kind = STREAM_PERIODIC,
			.period_bytes = DRIVE_PATTERN_BYTES };
	if (plan_contents_known(technique) && is_last)
		add_step(compiling, STEP_READ_BACK, last_step(compiling))->coverage =
			MAX(due->verification, VERIFICATION_SAMPLE);
	if (takes_markers)
		(void)add_step(compiling, STEP_CHECK_MARKERS, planted);
}

static bool has_overwrite(const struct combination *combination)
{
	for (size_t i = 0; i < combination->part_count; i++)
		if (combination->parts[i] == TECHNIQUE_NONE)
			return true;
	return false;
}

int plan_compile(const struct plan_weighing *weighing, const struct combination *combination,
	struct plan *plan)
{
	struct compiling compiling = { .weighing = weighing, .plan = plan };

	plan->step_count = 0;
	if (weighing->lift_capacity)
		(void)add_step(&compiling, STEP_RESTORE_CAPACITY, 0);
	for (size_t i = 0; i < combination->part_count; i++) {
		if (combination->parts[i] == TECHNIQUE_NONE)
			add_overwrite(&compiling);
		else
			add_erase(&compiling, combination->parts[i],
				i + 1 == combination->part_count);
	}
	(void)add_step(&compiling, STEP_RESIDUE_SCAN, plan_last_destroying(plan));
	if (has_overwrite(combination)) {
		const struct scheme *scheme = weighing->due.scheme;
		(void)snprintf(plan->scheme, sizeof(plan->scheme), "%s", scheme->name);
		(void)snprintf(
			plan->scheme_origin, sizeof(plan->scheme_origin), "%s", scheme->origin);
	}
	return compiling.full ? -E2BIG : 0;
}
