/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is not understood in full of a plan that overwrites is refused; a draft may lack what is
 * added when it is sealed. */
#include "tests/support/plan_document_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Changes to the sampled plan (overwrite, read-back sample, residue scan): never readable. */
static void no_steps(json_t *plan)
{
	json_object_set_new(plan, "steps", json_array());
}

static void unknown_field(json_t *plan)
{
	sample_set_integer(plan, "notes", 1);
}

static void unknown_level(json_t *plan)
{
	sample_set_text(plan, "level", "Clear");
}

static void long_scheme(json_t *plan)
{
	sample_set_text(
		plan, "scheme", "0123456789012345678901234567890123456789012345678901234567890123");
}

static void no_capacity(json_t *plan)
{
	sample_set_integer(plan, "capacity_bytes", 0);
}

static void negative_capacity(json_t *plan)
{
	sample_set_integer(plan, "capacity_bytes", -512);
}

static void half_a_sector(json_t *plan)
{
	sample_set_integer(plan, "capacity_bytes", SAMPLE_CAPACITY_BYTES + 256);
}

static void sectors_of_520(json_t *plan)
{
	sample_set_integer(plan, "sector_bytes", 520);
}

static void sectors_of_8192(json_t *plan)
{
	sample_set_integer(plan, "sector_bytes", 8192);
}

static void no_number(json_t *plan)
{
	json_object_del(sample_step(plan, 2), "step");
}

static void number_twice(json_t *plan)
{
	sample_set_integer(sample_step(plan, 2), "step", 1);
}

static void steps_swapped(json_t *plan)
{
	json_t *steps = json_object_get(plan, "steps");
	json_t *first = json_incref(sample_step(plan, 1));

	json_array_set(steps, 0, sample_step(plan, 2));
	json_array_set_new(steps, 1, first);
}

static void unknown_method(json_t *plan)
{
	sample_set_text(sample_step(plan, 1), "method", "trim");
}

static void field_of_other_method(json_t *plan)
{
	sample_set_integer(sample_step(plan, 1), "of_step", 1);
}

static void unknown_pattern(json_t *plan)
{
	sample_set_text(json_object_get(sample_step(plan, 1), "pattern"), "kind", "zero");
}

static void of_itself(json_t *plan)
{
	sample_set_integer(sample_step(plan, 2), "of_step", 2);
}

static void of_a_later_step(json_t *plan)
{
	sample_set_integer(sample_step(plan, 2), "of_step", 3);
}

static void of_no_step(json_t *plan)
{
	sample_set_integer(sample_step(plan, 3), "of_step", 0);
}

static void no_coverage(json_t *plan)
{
	sample_set_text(sample_step(plan, 2), "coverage", "none");
}

static void full_with_seed(json_t *plan)
{
	sample_set_text(sample_step(plan, 2), "coverage", "full");
}

static void short_seed(json_t *plan)
{
	sample_set_text(sample_step(plan, 2), "seed", "feffe9928665731c");
}

static void upper_case_seed(json_t *plan)
{
	sample_set_text(sample_step(plan, 2), "seed",
		"FEFFE9928665731C6D6A8F9467308308FEFFE9928665731C6D6A8F9467308308");
}

static void seed_of_zeros(json_t *plan)
{
	sample_set_text(sample_step(plan, 2), "seed",
		"0000000000000000000000000000000000000000000000000000000000000000");
}

static void step_is_no_object(json_t *plan)
{
	json_array_set_new(json_object_get(plan, "steps"), 0, json_integer(1));
}

/* What a draft may lack, and a sealed plan not. */
static void without_key(json_t *plan)
{
	json_object_del(json_object_get(sample_step(plan, 1), "pattern"), "key");
}

static void without_seed(json_t *plan)
{
	json_object_del(sample_step(plan, 2), "seed");
}

static void without_read_back(json_t *plan)
{
	remove_sample_step(plan, 2);
	sample_set_integer(sample_step(plan, 2), "step", 2);
}

static void without_scan(json_t *plan)
{
	remove_sample_step(plan, 3);
}

static void without_any_step(json_t *plan)
{
	no_steps(plan);
	sample_set_integer(plan, "capacity_bytes", 0);
}

/* The last overwrite is what counts. */
static void scan_of_an_earlier_pass_only(json_t *plan)
{
	json_t *steps = json_object_get(plan, "steps");

	json_array_append_new(
		steps, json_pack("{s:i, s:s, s:{s:s, s:s}}", "step", 4, "method", "overwrite",
			       "pattern", "kind", "periodic", "period", "ff"));
	json_array_append_new(steps, json_pack("{s:i, s:s, s:i, s:s}", "step", 5, "method",
					     "read-back", "of_step", 4, "coverage", "full"));
}

static void same_key_twice(json_t *plan)
{
	json_t *steps = json_object_get(plan, "steps");
	json_t *again = json_deep_copy(sample_step(plan, 1));

	sample_set_integer(again, "step", 4);
	json_array_append_new(steps, again);
	json_array_append_new(steps, json_pack("{s:i, s:s, s:i, s:s}", "step", 5, "method",
					     "read-back", "of_step", 4, "coverage", "full"));
	json_array_append_new(steps,
		json_pack("{s:i, s:s, s:i}", "step", 6, "method", "residue-scan", "of_step", 4));
}

static void too_many_steps(json_t *plan)
{
	json_t *steps = json_object_get(plan, "steps");

	for (int number = 4; number <= PLAN_STEPS_MAX + 1; number++)
		json_array_append_new(steps, json_pack("{s:i, s:s, s:i}", "step", number, "method",
						     "residue-scan", "of_step", 1));
}

static const struct plan_change changes[] = {
	NEVER(no_steps),
	NEVER(unknown_field),
	NEVER(unknown_level),
	NEVER(long_scheme),
	NEVER(no_capacity),
	NEVER(negative_capacity),
	NEVER(half_a_sector),
	NEVER(sectors_of_520),
	NEVER(sectors_of_8192),
	NEVER(no_number),
	NEVER(number_twice),
	NEVER(steps_swapped),
	NEVER(unknown_method),
	NEVER(field_of_other_method),
	NEVER(unknown_pattern),
	NEVER(of_itself),
	NEVER(of_a_later_step),
	NEVER(of_no_step),
	NEVER(no_coverage),
	NEVER(full_with_seed),
	NEVER(short_seed),
	NEVER(upper_case_seed),
	NEVER(seed_of_zeros),
	NEVER(step_is_no_object),
	NEVER(too_many_steps),
	DRAFT(without_key),
	DRAFT(without_seed),
	DRAFT(without_read_back),
	DRAFT(without_scan),
	DRAFT(without_any_step),
	DRAFT(scan_of_an_earlier_pass_only),
	DRAFT(same_key_twice),
};

static void test_refused(void **state)
{
	(void)state;
	try_plan_changes(SAMPLE_JOB_SAMPLED, changes, ARRAY_SIZE(changes));
}

/* A read-back after the next pass could only find that pass. */
static void test_read_back_comes_before_the_next_pass(void **state)
{
	json_t *document AUTO_JSON = sample_plan(SAMPLE_JOB_SCHEME);
	struct plan plan;

	(void)state;
	sample_set_integer(sample_step(document, 4), "of_step", 1);
	assert_int_equal(plan_from_json(document, false, &plan, NULL), -EBADMSG);
}

static void test_drafts_stay_drafts(void **state)
{
	json_t *document AUTO_JSON = sample_plan(SAMPLE_JOB_SAMPLED);
	json_t *again AUTO_JSON = NULL;
	struct plan plan;

	(void)state;
	without_key(document);
	without_seed(document);
	assert_int_equal(plan_from_json(document, false, &plan, NULL), 0);
	assert_false(pattern_is_sealed(&plan.steps[0].pattern));
	assert_int_equal(plan_to_json(&plan, &again), 0);
	assert_true(json_equal(document, again));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_read_back_comes_before_the_next_pass),
		cmocka_unit_test(test_drafts_stay_drafts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
