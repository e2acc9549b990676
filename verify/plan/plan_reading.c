/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plan read from its document, strictly: what cannot be understood in full is no plan. */
#include "verify/plan/plan_document.h"

#include "base/digest.h"
#include "base/text.h"
#include "verify/plan/plan_parts.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SECTOR_BYTES_MIN 512
#define SECTOR_BYTES_MAX 4096
#define WHERE_MAX 32
#define ERASE_PERIOD_BYTES 4

int plan_malformed(struct error *error, const char *where, const char *why)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "plan-malformed",
		_("The plan cannot be used: %s: %s."), where, why);
}

/* What all readers of a step work on. */
struct reading {
	const json_t *json;
	const char *where;
	bool require_sealed;
	const struct plan *plan; /* the steps before this one */
	struct error *error;
};

static int malformed(const struct reading *reading, const char *why)
{
	return plan_malformed(reading->error, reading->where, why);
}

static int only_keys(const struct reading *reading, const char *const allowed[])
{
	return json_only_keys(reading->json, reading->where, allowed, reading->error);
}

/* Steps ------------------------------------------------------------------------------------ */

/* What a later step looks at is what the medium holds at that time: what the last step before it
 * that changes the contents left there. */
static int read_of_contents(const struct reading *reading, struct plan_step *step)
{
	int64_t of_step = 0;
	int r = json_get_integer(reading->json, reading->where, "of_step", 1, PLAN_STEPS_MAX,
		&of_step, reading->error);

	if (r < 0)
		return r;
	if (of_step != plan_last_destroying(reading->plan))
		return malformed(reading,
			_("of_step is not the last step before it that changes the contents"));
	step->of_step = (unsigned)of_step;
	return 0;
}

/* 32 bytes that are not all zero, in hexadecimal; a draft may lack them. */
static int read_sealed(const struct reading *reading, const char *key, uint8_t *ret)
{
	const char *text = "";
	int r;

	if (!json_has(reading->json, key))
		return reading->require_sealed
			       ? malformed(reading, _("a seed or password is missing"))
			       : 0;
	r = json_get_string(
		reading->json, reading->where, key, 2 * MEDIA_SEED_BYTES, &text, reading->error);
	if (r < 0)
		return r;
	if (hex_decode(text, ret, MEDIA_SEED_BYTES) < 0 ||
		!plan_bytes_are_sealed(ret, MEDIA_SEED_BYTES))
		return malformed(reading, _("a seed or password is not 32 bytes in hexadecimal"));
	return 0;
}

static int read_pattern(const struct reading *reading, struct plan_step *step)
{
	json_t *pattern = NULL;
	int r = json_get_object(reading->json, reading->where, "pattern", &pattern, reading->error);

	return r < 0 ? r
		     : pattern_from_json(pattern, reading->where, &step->pattern, reading->error);
}

static int read_overwrite(const struct reading *reading, struct plan_step *step)
{
	static const char *const allowed[] = { "step", "method", "pattern", NULL };
	int r = only_keys(reading, allowed);

	if (r == 0)
		r = read_pattern(reading, step);
	if (r == 0 && reading->require_sealed && !pattern_is_sealed(&step->pattern))
		r = malformed(reading, _("a random pattern has no key"));
	return r;
}

static int read_read_back(const struct reading *reading, struct plan_step *step)
{
	static const char *const full[] = { "step", "method", "of_step", "coverage", NULL };
	static const char *const sample[] = { "step", "method", "of_step", "coverage", "seed",
		NULL };
	const char *coverage = "";
	int r = json_get_string(
		reading->json, reading->where, "coverage", 16, &coverage, reading->error);

	if (r == 0)
		r = read_of_contents(reading, step);
	if (r < 0)
		return r;
	if (!plan_is_readable(reading->plan, step->of_step))
		return malformed(reading, _("nobody can tell what that step leaves on the medium"));
	if (strcmp(coverage, verification_name(VERIFICATION_FULL)) == 0) {
		step->coverage = VERIFICATION_FULL;
		return only_keys(reading, full);
	}
	if (strcmp(coverage, verification_name(VERIFICATION_SAMPLE)) != 0)
		return malformed(reading, _("unknown coverage"));
	step->coverage = VERIFICATION_SAMPLE;
	r = only_keys(reading, sample);
	return r < 0 ? r : read_sealed(reading, "seed", step->seed);
}

static int read_residue_scan(const struct reading *reading, struct plan_step *step)
{
	static const char *const allowed[] = { "step", "method", "of_step", NULL };
	int r = only_keys(reading, allowed);

	return r < 0 ? r : read_of_contents(reading, step);
}

static int read_restore_capacity(const struct reading *reading, struct plan_step *step)
{
	static const char *const allowed[] = { "step", "method", NULL };

	(void)step;
	if (reading->plan->step_count > 0)
		return malformed(reading, _("the capacity can be restored in step 1 only"));
	return only_keys(reading, allowed);
}

static int read_plant_markers(const struct reading *reading, struct plan_step *step)
{
	static const char *const allowed[] = { "step", "method", "markers", "seed", NULL };
	int64_t markers = 0;
	int r = only_keys(reading, allowed);

	if (r == 0)
		r = json_get_integer(reading->json, reading->where, "markers", 1, PLAN_MARKERS_MAX,
			&markers, reading->error);
	if (r < 0)
		return r;
	step->markers = (uint32_t)markers;
	return read_sealed(reading, "seed", step->seed);
}

static int read_check_markers(const struct reading *reading, struct plan_step *step)
{
	static const char *const allowed[] = { "step", "method", "of_step", NULL };
	int64_t of_step = 0;
	int r = only_keys(reading, allowed);

	if (r == 0)
		r = json_get_integer(reading->json, reading->where, "of_step", 1,
			(int64_t)reading->plan->step_count, &of_step, reading->error);
	if (r < 0)
		return r;
	if (reading->plan->steps[of_step - 1].method != STEP_PLANT_MARKERS)
		return malformed(reading, _("of_step is not a step that plants markers"));
	step->of_step = (unsigned)of_step;
	return 0;
}

/* What the drive is told to write must show that it did: zeros are what a drive also reads that has
 * only forgotten where its data is. */
static int check_erase_pattern(const struct reading *reading, const struct pattern *pattern)
{
	if (pattern->kind != STREAM_PERIODIC || pattern->period_bytes != ERASE_PERIOD_BYTES ||
		!plan_bytes_are_sealed(pattern->period, ERASE_PERIOD_BYTES))
		return malformed(reading,
			_("the pattern that the drive writes is not four bytes other than zeros"));
	return 0;
}

static int read_technique(const struct reading *reading, struct plan_step *step)
{
	const char *technique = "", *scope = "";
	int r = json_get_string(
		reading->json, reading->where, "technique", 32, &technique, reading->error);

	if (r == 0)
		r = json_get_string(
			reading->json, reading->where, "scope", 16, &scope, reading->error);
	if (r == 0)
		r = json_get_integer(reading->json, reading->where, "expected_seconds", -1,
			INT64_MAX, &step->expected_seconds, reading->error);
	if (r < 0)
		return r;
	step->technique = technique_parse(technique);
	step->scope = erase_scope_parse(scope);
	if (step->technique == TECHNIQUE_NONE)
		return malformed(reading, _("unknown technique"));
	if (step->scope == SCOPE_UNKNOWN)
		return malformed(reading, _("nobody can tell what the technique would erase"));
	return 0;
}

static int read_erase(const struct reading *reading, struct plan_step *step)
{
	const char *allowed[] = { "step", "method", "technique", "scope", "expected_seconds", NULL,
		NULL };
	int r = read_technique(reading, step);

	if (r < 0)
		return r;
	bool writes = technique_facts(step->technique)->erasure == ERASURE_OVERWRITE;
	if (writes)
		allowed[5] = "pattern";
	else if (plan_takes_password(step->technique))
		allowed[5] = "password";
	r = only_keys(reading, allowed);
	if (r == 0 && writes)
		r = read_pattern(reading, step);
	if (r == 0 && writes)
		r = check_erase_pattern(reading, &step->pattern);
	if (r == 0 && plan_takes_password(step->technique))
		r = read_sealed(reading, "password", step->password);
	return r;
}

static int read_method(const struct reading *reading, struct plan_step *step)
{
	switch (step->method) {
	case STEP_UNKNOWN:
		break;
	case STEP_OVERWRITE:
		return read_overwrite(reading, step);
	case STEP_READ_BACK:
		return read_read_back(reading, step);
	case STEP_RESIDUE_SCAN:
		return read_residue_scan(reading, step);
	case STEP_RESTORE_CAPACITY:
		return read_restore_capacity(reading, step);
	case STEP_PLANT_MARKERS:
		return read_plant_markers(reading, step);
	case STEP_ERASE:
		return read_erase(reading, step);
	case STEP_CHECK_MARKERS:
		return read_check_markers(reading, step);
	}
	return malformed(reading, _("unknown method"));
}

/* Read the next step of plan and add it. */
static int read_step(
	const json_t *json, bool require_sealed, struct plan *plan, struct error *error)
{
	struct plan_step step = { 0 };
	int64_t expected = (int64_t)plan->step_count + 1;
	char where[WHERE_MAX];
	const char *method = "";
	int64_t number;
	int r;

	(void)snprintf(where, sizeof(where), "plan.steps[%zu]", plan->step_count);
	if (!json_is_object(json))
		return plan_malformed(error, where, _("not an object"));
	r = json_get_integer(json, where, "step", expected, expected, &number, error);
	if (r == 0)
		r = json_get_string(json, where, "method", 32, &method, error);
	if (r < 0)
		return r;
	step.method = plan_method_parse(method);
	r = read_method(&(struct reading){ json, where, require_sealed, plan, error }, &step);
	if (r == 0)
		plan->steps[plan->step_count++] = step;
	return r;
}

/* The rest --------------------------------------------------------------------------------- */

static int copy_text(const json_t *json, const char *where, const char *key, char *ret, size_t size,
	struct error *error)
{
	const char *text = "";
	int r = json_get_string(json, where, key, size - 1, &text, error);

	if (r == 0)
		(void)snprintf(ret, size, "%s", text);
	return r;
}

static int read_level(const json_t *json, const char *where, enum level *ret, struct error *error)
{
	const char *word = "";
	int r = json_get_string(json, where, "level", 16, &word, error);

	if (r == 0 && level_parse(word, ret) < 0)
		r = plan_malformed(error, where, _("unknown level"));
	return r;
}

/* Stands there exactly when it holds. */
static int read_holds(const json_t *json, const char *key, bool *ret, struct error *error)
{
	int64_t number = 0;
	int r = json_has(json, key) ? json_get_integer(json, "plan", key, 1, 1, &number, error) : 0;

	if (r == 0)
		*ret = number == 1;
	return r;
}

/* That keys are all there was takes somebody who says how that is known. */
static int read_encryption(const json_t *json, struct plan *plan, struct error *error)
{
	int r = read_holds(
		json, "encrypted_from_first_write", &plan->encrypted_from_first_write, error);

	if (r < 0)
		return r;
	if (!plan->encrypted_from_first_write)
		return json_has(json, "encryption_basis")
			       ? plan_malformed(error, "plan", _("a basis of what is not so"))
			       : 0;
	r = copy_text(json, "plan", "encryption_basis", plan->encryption_basis,
		sizeof(plan->encryption_basis), error);
	if (r == 0 && !plan->encryption_basis[0])
		r = plan_malformed(
			error, "plan", _("nobody says how it is known that it was encrypted"));
	return r;
}

static int read_candidate(const json_t *json, struct plan *plan, struct error *error)
{
	static const char *const allowed[] = { "methods", "level", "expected_seconds", "chosen",
		"why", NULL };
	struct plan_candidate *candidate = &plan->candidates[plan->candidate_count];
	int64_t chosen = 0;
	char where[WHERE_MAX];

	(void)snprintf(where, sizeof(where), "plan.candidates[%zu]", plan->candidate_count);
	if (!json_is_object(json))
		return plan_malformed(error, where, _("not an object"));
	int r = json_only_keys(json, where, allowed, error);
	if (r == 0)
		r = copy_text(json, where, "methods", candidate->methods,
			sizeof(candidate->methods), error);
	if (r == 0)
		r = read_level(json, where, &candidate->level, error);
	if (r == 0)
		r = json_get_integer(json, where, "expected_seconds", -1, INT64_MAX,
			&candidate->expected_seconds, error);
	if (r == 0)
		r = json_get_integer(json, where, "chosen", 0, 1, &chosen, error);
	if (r == 0)
		r = copy_text(json, where, "why", candidate->why, sizeof(candidate->why), error);
	if (r < 0)
		return r;
	candidate->chosen = chosen == 1;
	plan->candidate_count++;
	return 0;
}

static int read_head(const json_t *json, struct plan *plan, struct error *error)
{
	int64_t capacity = 0, sector = 0;
	int r = read_level(json, "plan", &plan->level, error);

	if (r == 0)
		r = copy_text(json, "plan", "scheme", plan->scheme, sizeof(plan->scheme), error);
	if (r == 0)
		r = copy_text(json, "plan", "scheme_origin", plan->scheme_origin,
			sizeof(plan->scheme_origin), error);
	if (r == 0)
		r = json_get_integer(
			json, "plan", "capacity_bytes", 0, INT64_MAX, &capacity, error);
	if (r == 0)
		r = json_get_integer(
			json, "plan", "sector_bytes", 0, SECTOR_BYTES_MAX, &sector, error);
	if (r == 0)
		r = read_encryption(json, plan, error);
	if (r == 0)
		r = read_holds(json, "deallocated_accepted", &plan->deallocated_accepted, error);
	if (r < 0)
		return r;
	plan->capacity_bytes = (uint64_t)capacity;
	plan->sector_bytes = (uint32_t)sector;
	return 0;
}

static int read_lists(
	const json_t *json, bool require_sealed, struct plan *plan, struct error *error)
{
	json_t *steps = NULL, *candidates = NULL;
	int r = json_get_array(json, "plan", "steps", PLAN_STEPS_MAX, &steps, error);

	if (r == 0 && json_has(json, "candidates"))
		r = json_get_array(
			json, "plan", "candidates", PLAN_CANDIDATES_MAX, &candidates, error);
	if (r == 0 && candidates && json_array_size(candidates) == 0)
		r = plan_malformed(error, "plan", _("an empty list of candidates"));
	for (size_t i = 0; r == 0 && i < json_array_size(steps); i++)
		r = read_step(json_array_get(steps, i), require_sealed, plan, error);
	for (size_t i = 0; r == 0 && i < json_array_size(candidates); i++)
		r = read_candidate(json_array_get(candidates, i), plan, error);
	return r;
}

/* Steps need a medium of whole sectors; a plan that could not be made covers nothing. */
static int check_capacity(const struct plan *plan, struct error *error)
{
	uint32_t sector = plan->sector_bytes;

	if (plan->step_count == 0)
		return plan->capacity_bytes == 0
			       ? 0
			       : plan_malformed(error, "plan", _("a capacity, and no steps"));
	if (sector < SECTOR_BYTES_MIN || (sector & (sector - 1)) != 0)
		return plan_malformed(error, "plan", _("a sector size that cannot be addressed"));
	if (plan->capacity_bytes == 0 || plan->capacity_bytes % sector != 0)
		return plan_malformed(error, "plan", _("the capacity is not whole sectors"));
	return 0;
}

int plan_from_json(const json_t *json, bool require_sealed, struct plan *ret, struct error *error)
{
	static const char *const allowed[] = { "level", "scheme", "scheme_origin", "capacity_bytes",
		"sector_bytes", "encrypted_from_first_write", "encryption_basis",
		"deallocated_accepted", "steps", "candidates", NULL };
	struct plan plan = { 0 };
	int r;

	if (!json_is_object(json))
		return plan_malformed(error, "plan", _("not an object"));
	r = json_only_keys(json, "plan", allowed, error);
	if (r == 0)
		r = read_head(json, &plan, error);
	if (r == 0)
		r = read_lists(json, require_sealed, &plan, error);
	if (r == 0)
		r = check_capacity(&plan, error);
	if (r == 0 && require_sealed)
		r = plan_check_sealed(&plan, error);
	if (r == 0)
		*ret = plan;
	return r;
}
