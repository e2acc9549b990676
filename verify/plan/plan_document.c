/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a plan says of itself, and the plan as a document (docs/certificate.md, "plan"): written here,
 * read in plan_reading.c. */
#include "verify/plan/plan_document.h"

#include "base/digest.h"
#include "verify/plan/plan_parts.h"
#include <errno.h>
#include <string.h>

static const struct {
	enum step_method method;
	const char *name;
} methods[] = {
	{ STEP_OVERWRITE, "overwrite" },
	{ STEP_READ_BACK, "read-back" },
	{ STEP_RESIDUE_SCAN, "residue-scan" },
	{ STEP_RESTORE_CAPACITY, "restore-capacity" },
	{ STEP_PLANT_MARKERS, "plant-markers" },
	{ STEP_ERASE, "erase" },
	{ STEP_CHECK_MARKERS, "check-markers" },
};

const char *step_method_name(enum step_method method)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (methods[i].method == method)
			return methods[i].name;
	return "unknown";
}

enum step_method plan_method_parse(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (strcmp(methods[i].name, word) == 0)
			return methods[i].method;
	return STEP_UNKNOWN;
}

/* Questions -------------------------------------------------------------------------------- */

bool plan_bytes_are_sealed(const uint8_t *bytes, size_t count)
{
	uint8_t any = 0;

	for (size_t i = 0; i < count; i++)
		any |= bytes[i];
	return any != 0;
}

bool plan_takes_password(enum technique technique)
{
	return technique == TECHNIQUE_ATA_SECURITY_ENHANCED ||
	       technique == TECHNIQUE_ATA_SECURITY_NORMAL;
}

static bool destroys(const struct plan_step *step)
{
	return step->method == STEP_OVERWRITE ||
	       (step->method == STEP_ERASE &&
		       technique_facts(step->technique)->erasure != ERASURE_HINT);
}

unsigned plan_last_overwrite(const struct plan *plan)
{
	unsigned last = 0;

	for (unsigned i = 0; i < plan->step_count; i++)
		if (plan->steps[i].method == STEP_OVERWRITE)
			last = i + 1;
	return last;
}

unsigned plan_last_destroying(const struct plan *plan)
{
	unsigned last = 0;

	for (unsigned i = 0; i < plan->step_count; i++)
		if (destroys(&plan->steps[i]))
			last = i + 1;
	return last;
}

bool plan_reaches_siblings(const struct plan *plan)
{
	for (size_t i = 0; i < plan->step_count; i++)
		if (plan->steps[i].method == STEP_ERASE && plan->steps[i].scope == SCOPE_SUBSYSTEM)
			return true;
	return false;
}

bool plan_resets_zones(const struct plan *plan)
{
	bool reset = false, overwritten = false;

	for (size_t i = 0; i < plan->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];
		if (step->method == STEP_ERASE && step->technique == TECHNIQUE_ZONE_RESET)
			reset = true;
		if (step->method != STEP_OVERWRITE)
			continue;
		if (!reset)
			return false;
		reset = false;
		overwritten = true;
	}
	return overwritten;
}

bool plan_is_readable(const struct plan *plan, unsigned number)
{
	if (number == 0 || number > plan->step_count)
		return false;
	const struct plan_step *step = &plan->steps[number - 1];
	return step->method == STEP_OVERWRITE ||
	       (step->method == STEP_ERASE &&
		       technique_facts(step->technique)->erasure == ERASURE_OVERWRITE);
}

uint32_t plan_markers(const struct plan *plan, const struct plan_step *step)
{
	return markers_count(plan->capacity_bytes, plan->sector_bytes, step->markers);
}

enum level plan_level(const struct plan *plan, enum media media)
{
	enum level level = LEVEL_NONE;

	for (size_t i = 0; i < plan->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];
		if (step->method == STEP_OVERWRITE)
			level = MAX(level, LEVEL_CLEAR);
		if (step->method == STEP_ERASE)
			level = MAX(level, technique_level(step->technique, media,
						   plan->encrypted_from_first_write));
	}
	return level;
}

/* The PLANT_MARKERS in front of an ERASE, or the ERASE itself. */
static unsigned erase_begins(const struct plan *plan, unsigned erase)
{
	bool planted = erase > 1 && plan->steps[erase - 2].method == STEP_PLANT_MARKERS;

	return planted ? erase - 1 : erase;
}

unsigned plan_proof_step(const struct plan *plan)
{
	unsigned last = plan_last_destroying(plan);

	if (last == 0)
		return 1;
	if (plan->steps[last - 1].method == STEP_ERASE)
		return erase_begins(plan, last);
	for (size_t i = last; i < plan->step_count; i++)
		if (plan->steps[i].method == STEP_READ_BACK && plan->steps[i].of_step == last &&
			plan->steps[i].coverage == VERIFICATION_FULL)
			return last + 1;
	return last;
}

/* The first planting whose markers are not checked within the steps 1 … done; done + 1 for none. */
static unsigned unchecked_markers(const struct plan *plan, unsigned done)
{
	unsigned planted = 0;

	for (unsigned i = 0; i < done; i++) {
		if (plan->steps[i].method == STEP_PLANT_MARKERS)
			planted = i + 1;
		if (plan->steps[i].method == STEP_CHECK_MARKERS)
			planted = 0;
	}
	return planted ? planted : done + 1;
}

/* Can it be done twice? Keys that are gone are not destroyed again, nor does a drive that was reverted
 * know its owner's password. */
static bool is_repeatable(enum technique technique)
{
	return technique_takes_markers(technique) && technique != TECHNIQUE_OPAL_REVERT &&
	       technique != TECHNIQUE_OPAL_PSID_REVERT;
}

/* The first of the steps 1 … done by which the drive erased itself, and with which it is to be begun
 * again; done + 1 for none. */
static unsigned first_erase(const struct plan *plan, unsigned done)
{
	for (unsigned i = 1; i <= done; i++)
		if (plan->steps[i - 1].method == STEP_ERASE &&
			is_repeatable(plan->steps[i - 1].technique))
			return erase_begins(plan, i);
	return done + 1;
}

unsigned plan_resume_step(const struct plan *plan, unsigned done)
{
	unsigned complete = MIN(done, (unsigned)plan->step_count);
	unsigned next = MIN(plan_proof_step(plan), unchecked_markers(plan, complete));

	/* What was written meanwhile would be overwritten, and no more. */
	return plan->level > LEVEL_CLEAR ? MIN(next, first_erase(plan, complete)) : next;
}

/* Writing ---------------------------------------------------------------------------------- */

static int put_pattern(json_t *object, const struct pattern *pattern)
{
	json_t *json = NULL;
	int r = pattern_to_json(pattern, &json);

	return r < 0 ? r : json_put(object, "pattern", json);
}

/* 32 bytes that are there once the plan is sealed. */
static int put_sealed(json_t *object, const char *key, const uint8_t bytes[static MEDIA_SEED_BYTES])
{
	char text[2 * MEDIA_SEED_BYTES + 1];

	_Static_assert(MEDIA_SEED_BYTES == PASSWORD_BYTES, "a seed is as long as a password");
	if (!plan_bytes_are_sealed(bytes, MEDIA_SEED_BYTES))
		return 0;
	hex_encode(bytes, MEDIA_SEED_BYTES, text);
	return json_put_string(object, key, text);
}

static int read_back_to_json(const struct plan_step *step, json_t *object)
{
	int r = json_put_integer(object, "of_step", step->of_step);

	if (r == 0)
		r = json_put_string(object, "coverage", verification_name(step->coverage));
	if (r < 0 || step->coverage != VERIFICATION_SAMPLE)
		return r;
	return put_sealed(object, "seed", step->seed);
}

static int plant_to_json(const struct plan_step *step, json_t *object)
{
	int r = json_put_integer(object, "markers", step->markers);

	return r < 0 ? r : put_sealed(object, "seed", step->seed);
}

static int erase_to_json(const struct plan_step *step, json_t *object)
{
	int r = json_put_string(object, "technique", technique_name(step->technique));

	if (r == 0)
		r = json_put_string(object, "scope", erase_scope_name(step->scope));
	if (r == 0)
		r = json_put_integer(object, "expected_seconds", step->expected_seconds);
	if (r == 0 && technique_facts(step->technique)->erasure == ERASURE_OVERWRITE)
		r = put_pattern(object, &step->pattern);
	if (r == 0 && plan_takes_password(step->technique))
		r = put_sealed(object, "password", step->password);
	return r;
}

static int method_to_json(const struct plan_step *step, json_t *object)
{
	switch (step->method) {
	case STEP_UNKNOWN:
		return -EINVAL;
	case STEP_OVERWRITE:
		return put_pattern(object, &step->pattern);
	case STEP_READ_BACK:
		return read_back_to_json(step, object);
	case STEP_RESIDUE_SCAN:
	case STEP_CHECK_MARKERS:
		return json_put_integer(object, "of_step", step->of_step);
	case STEP_RESTORE_CAPACITY:
		return 0;
	case STEP_PLANT_MARKERS:
		return plant_to_json(step, object);
	case STEP_ERASE:
		return erase_to_json(step, object);
	}
	return -EINVAL;
}

static int step_to_json(const struct plan_step *step, unsigned number, json_t **ret)
{
	json_t *object AUTO_JSON = json_object();
	int r;

	if (!object)
		return -ENOMEM;
	r = json_put_integer(object, "step", number);
	if (r == 0)
		r = json_put_string(object, "method", step_method_name(step->method));
	if (r == 0)
		r = method_to_json(step, object);
	if (r < 0)
		return r;
	*ret = json_incref(object);
	return 0;
}

static int steps_to_json(const struct plan *plan, json_t **ret)
{
	json_t *steps AUTO_JSON = json_array();

	if (!steps)
		return -ENOMEM;
	for (unsigned i = 0; i < plan->step_count; i++) {
		json_t *step = NULL;
		int r = step_to_json(&plan->steps[i], i + 1, &step);

		if (r == 0)
			r = json_push(steps, step);
		if (r < 0)
			return r;
	}
	*ret = json_incref(steps);
	return 0;
}

static int candidate_to_json(const struct plan_candidate *candidate, json_t *object)
{
	int r = json_put_string(object, "methods", candidate->methods);

	if (r == 0)
		r = json_put_string(object, "level", level_name(candidate->level));
	if (r == 0)
		r = json_put_integer(object, "expected_seconds", candidate->expected_seconds);
	if (r == 0)
		r = json_put_integer(object, "chosen", candidate->chosen);
	if (r == 0)
		r = json_put_string(object, "why", candidate->why);
	return r;
}

static int candidates_to_json(const struct plan *plan, json_t **ret)
{
	json_t *candidates AUTO_JSON = json_array();
	int r = candidates ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < plan->candidate_count; i++) {
		json_t *candidate = json_object();
		r = json_push(candidates, candidate); /* takes it, and NULL is -ENOMEM */
		if (r == 0)
			r = candidate_to_json(&plan->candidates[i], candidate);
	}
	if (r == 0)
		*ret = json_incref(candidates);
	return r;
}

static int put_array(json_t *object, const char *key, const struct plan *plan,
	int (*to_json)(const struct plan *plan, json_t **ret))
{
	json_t *array = NULL;
	int r = to_json(plan, &array);

	return r < 0 ? r : json_put(object, key, array);
}

/* What not every plan has stands there only when it has it: so plans of programs that did not know of
 * it are read as what they are, and each plan has one spelling. */
int plan_to_json(const struct plan *plan, json_t **ret)
{
	json_t *object AUTO_JSON = json_object();
	int r;

	if (!object)
		return -ENOMEM;
	if (plan->step_count > PLAN_STEPS_MAX || plan->candidate_count > PLAN_CANDIDATES_MAX ||
		plan->capacity_bytes > INT64_MAX ||
		(plan->encrypted_from_first_write && !plan->encryption_basis[0]))
		return -EINVAL;
	r = json_put_string(object, "level", level_name(plan->level));
	if (r == 0)
		r = json_put_string(object, "scheme", plan->scheme);
	if (r == 0)
		r = json_put_string(object, "scheme_origin", plan->scheme_origin);
	if (r == 0)
		r = json_put_integer(object, "capacity_bytes", (int64_t)plan->capacity_bytes);
	if (r == 0)
		r = json_put_integer(object, "sector_bytes", plan->sector_bytes);
	if (r == 0 && plan->encrypted_from_first_write)
		r = json_put_integer(object, "encrypted_from_first_write", 1);
	if (r == 0 && plan->encrypted_from_first_write)
		r = json_put_string(object, "encryption_basis", plan->encryption_basis);
	if (r == 0 && plan->deallocated_accepted)
		r = json_put_integer(object, "deallocated_accepted", 1);
	if (r == 0)
		r = put_array(object, "steps", plan, steps_to_json);
	if (r == 0 && plan->candidate_count > 0)
		r = put_array(object, "candidates", plan, candidates_to_json);
	if (r < 0)
		return r;
	*ret = json_incref(object);
	return 0;
}
