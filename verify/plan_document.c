/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plan as a document (docs/certificate.md, "plan"), read strictly: what cannot be understood
 * in full is no plan. */
#include "verify/plan_document.h"

#include "base/digest.h"
#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SECTOR_BYTES_MIN 512
#define SECTOR_BYTES_MAX 4096
#define WHERE_MAX 32

static const struct {
	enum step_method method;
	const char *name;
} methods[] = {
	{ STEP_OVERWRITE, "overwrite" },
	{ STEP_READ_BACK, "read-back" },
	{ STEP_RESIDUE_SCAN, "residue-scan" },
};

const char *step_method_name(enum step_method method)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (methods[i].method == method)
			return methods[i].name;
	return "unknown";
}

static enum step_method method_parse(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (strcmp(methods[i].name, word) == 0)
			return methods[i].method;
	return STEP_UNKNOWN;
}

unsigned plan_last_overwrite(const struct plan *plan)
{
	unsigned last = 0;

	for (unsigned i = 0; i < plan->step_count; i++)
		if (plan->steps[i].method == STEP_OVERWRITE)
			last = i + 1;
	return last;
}

unsigned plan_proof_step(const struct plan *plan)
{
	unsigned last = plan_last_overwrite(plan);
	for (size_t i = last; i < plan->step_count; i++)
		if (plan->steps[i].method == STEP_READ_BACK && plan->steps[i].of_step == last &&
			plan->steps[i].coverage == VERIFICATION_FULL)
			return last + 1;
	return last > 0 ? last : 1;
}

static bool seed_is_sealed(const uint8_t seed[static MEDIA_SEED_BYTES])
{
	uint8_t any = 0;

	for (size_t i = 0; i < MEDIA_SEED_BYTES; i++)
		any |= seed[i];
	return any != 0;
}

/* Writing ---------------------------------------------------------------------------------- */

static int overwrite_to_json(const struct plan_step *step, json_t *object)
{
	json_t *pattern = NULL;
	int r = pattern_to_json(&step->pattern, &pattern);

	if (r < 0)
		return r;
	return json_put(object, "pattern", pattern);
}

static int read_back_to_json(const struct plan_step *step, json_t *object)
{
	char seed[2 * MEDIA_SEED_BYTES + 1];
	int r = json_put_integer(object, "of_step", step->of_step);

	if (r == 0)
		r = json_put_string(object, "coverage", verification_name(step->coverage));
	if (r < 0 || step->coverage != VERIFICATION_SAMPLE || !seed_is_sealed(step->seed))
		return r;
	hex_encode(step->seed, MEDIA_SEED_BYTES, seed);
	return json_put_string(object, "seed", seed);
}

static int method_to_json(const struct plan_step *step, json_t *object)
{
	switch (step->method) {
	case STEP_UNKNOWN:
		return -EINVAL;
	case STEP_OVERWRITE:
		return overwrite_to_json(step, object);
	case STEP_READ_BACK:
		return read_back_to_json(step, object);
	case STEP_RESIDUE_SCAN:
		return json_put_integer(object, "of_step", step->of_step);
	case STEP_RESTORE_CAPACITY:
	case STEP_PLANT_MARKERS:
	case STEP_ERASE:
	case STEP_CHECK_MARKERS:
		break;
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

int plan_to_json(const struct plan *plan, json_t **ret)
{
	json_t *object AUTO_JSON = json_object();
	json_t *steps = NULL;
	int r;

	if (!object)
		return -ENOMEM;
	if (plan->step_count > PLAN_STEPS_MAX || plan->capacity_bytes > INT64_MAX)
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
	if (r == 0)
		r = steps_to_json(plan, &steps);
	if (r == 0)
		r = json_put(object, "steps", steps);
	if (r < 0)
		return r;
	*ret = json_incref(object);
	return 0;
}

/* Reading ---------------------------------------------------------------------------------- */

static int malformed(struct error *error, const char *where, const char *why)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "plan-malformed",
		_("The plan cannot be used: %s: %s."), where, why);
}

/* What a later step looks at is what the medium holds at that time: the last overwrite before it. */
static int read_of_step(const json_t *json, const char *where, const struct plan *plan,
	struct plan_step *step, struct error *error)
{
	int64_t of_step = 0;
	int r = json_get_integer(json, where, "of_step", 1, PLAN_STEPS_MAX, &of_step, error);

	if (r < 0)
		return r;
	if (of_step != plan_last_overwrite(plan))
		return malformed(
			error, where, _("of_step is not the last overwriting step before it"));
	step->of_step = (unsigned)of_step;
	return 0;
}

static int read_overwrite(const json_t *json, const char *where, bool require_sealed,
	struct plan_step *step, struct error *error)
{
	static const char *const allowed[] = { "step", "method", "pattern", NULL };
	json_t *pattern = NULL;
	int r = json_only_keys(json, where, allowed, error);

	if (r == 0)
		r = json_get_object(json, where, "pattern", &pattern, error);
	if (r == 0)
		r = pattern_from_json(pattern, where, &step->pattern, error);
	if (r == 0 && require_sealed && !pattern_is_sealed(&step->pattern))
		r = malformed(error, where, _("a random pattern has no key"));
	return r;
}

static int read_seed(const json_t *json, const char *where, bool require_sealed,
	struct plan_step *step, struct error *error)
{
	const char *text = "";
	int r;

	if (!json_has(json, "seed"))
		return require_sealed ? malformed(error, where, _("a sample has no seed")) : 0;
	r = json_get_string(json, where, "seed", 2 * MEDIA_SEED_BYTES, &text, error);
	if (r < 0)
		return r;
	if (hex_decode(text, step->seed, MEDIA_SEED_BYTES) < 0 || !seed_is_sealed(step->seed))
		return malformed(error, where, _("the seed is not 32 bytes in hexadecimal"));
	return 0;
}

static int read_read_back(const json_t *json, const char *where, bool require_sealed,
	const struct plan *plan, struct plan_step *step, struct error *error)
{
	static const char *const full[] = { "step", "method", "of_step", "coverage", NULL };
	static const char *const sample[] = { "step", "method", "of_step", "coverage", "seed",
		NULL };
	const char *coverage = "";
	int r = json_get_string(json, where, "coverage", 16, &coverage, error);

	if (r == 0)
		r = read_of_step(json, where, plan, step, error);
	if (r < 0)
		return r;
	if (strcmp(coverage, verification_name(VERIFICATION_FULL)) == 0) {
		step->coverage = VERIFICATION_FULL;
		return json_only_keys(json, where, full, error);
	}
	if (strcmp(coverage, verification_name(VERIFICATION_SAMPLE)) != 0)
		return malformed(error, where, _("unknown coverage"));
	step->coverage = VERIFICATION_SAMPLE;
	r = json_only_keys(json, where, sample, error);
	return r < 0 ? r : read_seed(json, where, require_sealed, step, error);
}

static int read_residue_scan(const json_t *json, const char *where, const struct plan *plan,
	struct plan_step *step, struct error *error)
{
	static const char *const allowed[] = { "step", "method", "of_step", NULL };
	int r = json_only_keys(json, where, allowed, error);

	return r < 0 ? r : read_of_step(json, where, plan, step, error);
}

/* Read the next step of plan and add it. */
static int read_step(
	const json_t *json, bool require_sealed, struct plan *plan, struct error *error)
{
	struct plan_step *step = &plan->steps[plan->step_count];
	int64_t expected = (int64_t)plan->step_count + 1;
	char where[WHERE_MAX];
	const char *method = "";
	int64_t number;
	int r;

	(void)snprintf(where, sizeof(where), "plan.steps[%zu]", plan->step_count);
	if (!json_is_object(json))
		return malformed(error, where, _("not an object"));
	r = json_get_integer(json, where, "step", expected, expected, &number, error);
	if (r == 0)
		r = json_get_string(json, where, "method", 32, &method, error);
	if (r < 0)
		return r;
	step->method = method_parse(method);
	switch (step->method) {
	case STEP_UNKNOWN:
		r = malformed(error, where, _("unknown method"));
		break;
	case STEP_OVERWRITE:
		r = read_overwrite(json, where, require_sealed, step, error);
		break;
	case STEP_READ_BACK:
		r = read_read_back(json, where, require_sealed, plan, step, error);
		break;
	case STEP_RESIDUE_SCAN:
		r = read_residue_scan(json, where, plan, step, error);
		break;
	case STEP_RESTORE_CAPACITY:
	case STEP_PLANT_MARKERS:
	case STEP_ERASE:
	case STEP_CHECK_MARKERS:
		r = malformed(error, where, _("unknown method"));
		break;
	}
	if (r == 0)
		plan->step_count++;
	return r;
}

static int copy_text(
	const json_t *json, const char *key, char *ret, size_t size, struct error *error)
{
	const char *text = "";
	int r = json_get_string(json, "plan", key, size - 1, &text, error);

	if (r == 0)
		(void)snprintf(ret, size, "%s", text);
	return r;
}

static int read_head(const json_t *json, struct plan *plan, struct error *error)
{
	int64_t capacity = 0, sector = 0;
	const char *level = "";
	int r = json_get_string(json, "plan", "level", 16, &level, error);

	if (r == 0 && level_parse(level, &plan->level) < 0)
		r = malformed(error, "plan", _("unknown level"));
	if (r == 0)
		r = copy_text(json, "scheme", plan->scheme, sizeof(plan->scheme), error);
	if (r == 0)
		r = copy_text(json, "scheme_origin", plan->scheme_origin,
			sizeof(plan->scheme_origin), error);
	if (r == 0)
		r = json_get_integer(
			json, "plan", "capacity_bytes", 0, INT64_MAX, &capacity, error);
	if (r == 0)
		r = json_get_integer(
			json, "plan", "sector_bytes", 0, SECTOR_BYTES_MAX, &sector, error);
	if (r < 0)
		return r;
	plan->capacity_bytes = (uint64_t)capacity;
	plan->sector_bytes = (uint32_t)sector;
	return 0;
}

/* Steps need a medium of whole sectors; a plan that could not be made covers nothing. */
static int check_capacity(const struct plan *plan, struct error *error)
{
	uint32_t sector = plan->sector_bytes;

	if (plan->step_count == 0)
		return plan->capacity_bytes == 0
			       ? 0
			       : malformed(error, "plan", _("a capacity, and no steps"));
	if (sector < SECTOR_BYTES_MIN || (sector & (sector - 1)) != 0)
		return malformed(error, "plan", _("a sector size that cannot be addressed"));
	if (plan->capacity_bytes == 0 || plan->capacity_bytes % sector != 0)
		return malformed(error, "plan", _("the capacity is not whole sectors"));
	return 0;
}

/* Two passes under one key would write the same bytes twice. */
static bool keys_are_distinct(const struct plan *plan)
{
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct plan_step *a = &plan->steps[i];

		if (a->method != STEP_OVERWRITE || a->pattern.kind != STREAM_RANDOM)
			continue;
		for (size_t k = i + 1; k < plan->step_count; k++) {
			const struct plan_step *b = &plan->steps[k];

			if (b->method == STEP_OVERWRITE && b->pattern.kind == STREAM_RANDOM &&
				memcmp(a->pattern.key, b->pattern.key, STREAM_KEY_BYTES) == 0)
				return false;
		}
	}
	return true;
}

static bool has_step_on(const struct plan *plan, enum step_method method, unsigned of_step)
{
	for (size_t i = 0; i < plan->step_count; i++)
		if (plan->steps[i].method == method && plan->steps[i].of_step == of_step)
			return true;
	return false;
}

/* The invariants of a sealed plan; that a step on M comes after M was checked when it was read. */
static int check_sealed(const struct plan *plan, struct error *error)
{
	unsigned last = plan_last_overwrite(plan);

	if (last == 0)
		return malformed(error, "plan", _("nothing is overwritten"));
	if (!has_step_on(plan, STEP_READ_BACK, last))
		return malformed(error, "plan", _("the last overwriting step is not read back"));
	if (!has_step_on(plan, STEP_RESIDUE_SCAN, last))
		return malformed(
			error, "plan", _("no residue scan after the last overwriting step"));
	if (!keys_are_distinct(plan))
		return malformed(error, "plan", _("two passes have the same key"));
	return 0;
}

int plan_from_json(const json_t *json, bool require_sealed, struct plan *ret, struct error *error)
{
	static const char *const allowed[] = { "level", "scheme", "scheme_origin", "capacity_bytes",
		"sector_bytes", "steps", NULL };
	struct plan plan = { 0 };
	json_t *steps = NULL;
	int r;

	if (!json_is_object(json))
		return malformed(error, "plan", _("not an object"));
	r = json_only_keys(json, "plan", allowed, error);
	if (r == 0)
		r = read_head(json, &plan, error);
	if (r == 0)
		r = json_get_array(json, "plan", "steps", PLAN_STEPS_MAX, &steps, error);
	for (size_t i = 0; r == 0 && i < json_array_size(steps); i++)
		r = read_step(json_array_get(steps, i), require_sealed, &plan, error);
	if (r == 0)
		r = check_capacity(&plan, error);
	if (r == 0 && require_sealed)
		r = check_sealed(&plan, error);
	if (r == 0)
		*ret = plan;
	return r;
}
