/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The invariants of a sealed plan (plan_document.h). That a step refers to an earlier one of the
 * right kind was checked when it was read. */
#include "verify/plan/plan_parts.h"

#include "base/text.h"
#include <string.h>

static int malformed(struct error *error, const char *why)
{
	return plan_malformed(error, "plan", why);
}

static bool has_step_on(const struct plan *plan, enum step_method method, unsigned of_step)
{
	for (size_t i = 0; i < plan->step_count; i++)
		if (plan->steps[i].method == method && plan->steps[i].of_step == of_step)
			return true;
	return false;
}

/* Nothing behind it may change the medium again, not by a hint either: what is on the medium at the
 * end is what was read back and searched. */
static bool is_last_change(const struct plan *plan, unsigned last)
{
	for (size_t i = last; i < plan->step_count; i++)
		if (plan->steps[i].method == STEP_ERASE ||
			plan->steps[i].method == STEP_PLANT_MARKERS)
			return false;
	return true;
}

static int check_end(const struct plan *plan, struct error *error)
{
	unsigned last = plan_last_destroying(plan);

	if (last == 0)
		return malformed(error, _("nothing is overwritten or erased"));
	if (!is_last_change(plan, last))
		return malformed(
			error, _("the medium is changed again after the last erasing step"));
	if (plan_is_readable(plan, last) && !has_step_on(plan, STEP_READ_BACK, last))
		return malformed(error, _("the last overwriting step is not read back"));
	if (!has_step_on(plan, STEP_RESIDUE_SCAN, last))
		return malformed(error, _("no residue scan after the last erasing step"));
	return 0;
}

/* What the plan keeps to itself until it is sealed: under one of these sectors are written. NULL: the
 * step has none. */
static const uint8_t *key_of(const struct plan_step *step)
{
	if (step->method == STEP_PLANT_MARKERS)
		return step->seed;
	if (step->method == STEP_OVERWRITE && step->pattern.kind == STREAM_RANDOM)
		return step->pattern.key;
	return NULL;
}

/* Two passes under one key would write the same bytes twice, and a pass under a seed the markers. */
static bool keys_are_distinct(const struct plan *plan)
{
	_Static_assert(MEDIA_SEED_BYTES == STREAM_KEY_BYTES, "a seed is a key");
	for (size_t i = 0; i < plan->step_count; i++) {
		const uint8_t *a = key_of(&plan->steps[i]);
		for (size_t k = i + 1; a && k < plan->step_count; k++) {
			const uint8_t *b = key_of(&plan->steps[k]);
			if (b && memcmp(a, b, STREAM_KEY_BYTES) == 0)
				return false;
		}
	}
	return true;
}

static enum step_method method_at(const struct plan *plan, size_t index)
{
	return index < plan->step_count ? plan->steps[index].method : STEP_UNKNOWN;
}

/* Plant, erase, check; a READ_BACK of the erase may stand before the check. */
static bool is_checked(const struct plan *plan, size_t plant)
{
	size_t erase = plant + 1, check = plant + 2;

	if (method_at(plan, erase) != STEP_ERASE ||
		!technique_takes_markers(plan->steps[erase].technique))
		return false;
	if (method_at(plan, check) == STEP_READ_BACK &&
		plan->steps[check].of_step == (unsigned)erase + 1)
		check++;
	return method_at(plan, check) == STEP_CHECK_MARKERS &&
	       plan->steps[check].of_step == (unsigned)plant + 1;
}

/* Enough of them that what was left would show. */
static bool is_planted_densely(const struct plan *plan, const struct plan_step *plant)
{
	uint32_t least = markers_count(plan->capacity_bytes, plan->sector_bytes, PLAN_MARKERS_MIN);

	return least > 0 && plan_markers(plan, plant) >= least;
}

static int check_markers(const struct plan *plan, struct error *error)
{
	unsigned planted = 0, checked = 0;

	for (size_t i = 0; i < plan->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];
		bool is_plant = step->method == STEP_PLANT_MARKERS;
		planted += is_plant;
		checked += step->method == STEP_CHECK_MARKERS;
		if (is_plant && !is_checked(plan, i))
			return malformed(
				error, _("markers are planted that no erasing step takes away"));
		if (is_plant && !is_planted_densely(plan, step))
			return malformed(error, _("too few markers are planted"));
		if (step->method == STEP_ERASE && technique_takes_markers(step->technique) &&
			(i == 0 || method_at(plan, i - 1) != STEP_PLANT_MARKERS))
			return malformed(error, _("an erasing step has no markers"));
	}
	return planted == checked ? 0 : malformed(error, _("markers are checked twice"));
}

/* NVM Express Base 2.0, 5.24: Sanitize is of the NVM subsystem, whatever it is sent to. */
static bool is_sanitize_of_nvme(enum technique technique)
{
	return technique_facts(technique)->witness == WITNESS_NVME_SANITIZE_LOG;
}

static int check_scopes(const struct plan *plan, struct error *error)
{
	for (size_t i = 0; i < plan->step_count; i++)
		if (plan->steps[i].method == STEP_ERASE &&
			is_sanitize_of_nvme(plan->steps[i].technique) &&
			plan->steps[i].scope != SCOPE_SUBSYSTEM)
			return malformed(error,
				_("NVMe Sanitize erases the whole subsystem, and it says less"));
	return 0;
}

static int check_candidates(const struct plan *plan, struct error *error)
{
	unsigned chosen = 0;

	for (size_t i = 0; i < plan->candidate_count; i++)
		chosen += plan->candidates[i].chosen;
	return chosen <= 1 ? 0 : malformed(error, _("more than one candidate is chosen"));
}

int plan_check_sealed(const struct plan *plan, struct error *error)
{
	int r = check_end(plan, error);

	if (r == 0)
		r = check_markers(plan, error);
	if (r == 0)
		r = check_scopes(plan, error);
	if (r == 0)
		r = check_candidates(plan, error);
	if (r == 0 && !keys_are_distinct(plan))
		r = malformed(error, _("two passes have the same key"));
	return r;
}
