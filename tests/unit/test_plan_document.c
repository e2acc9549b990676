/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans as documents: written and read again they are the same, and what is not understood in full
 * is refused. */
#include "verify/plan_document.h"

#include "tests/support/sample_job.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The sample jobs' plans were written by hand. */
static json_t *sample_plan(enum sample_job_kind kind)
{
	struct sample_job job;
	json_t *plan;

	sample_job_make(kind, &job);
	plan = json_incref(job.plan);
	sample_job_free(&job);
	return plan;
}

static void test_there_and_back(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < SAMPLE_JOB_KINDS; kind++) {
		json_t *document AUTO_JSON = sample_plan((enum sample_job_kind)kind);
		json_t *again AUTO_JSON = NULL;
		struct error error = { 0 };
		struct plan plan;

		if (plan_from_json(document, true, &plan, &error) < 0)
			fail_msg("%s: %s", sample_job_name((enum sample_job_kind)kind), error.what);
		assert_int_equal(plan_to_json(&plan, &again), 0);
		assert_true(json_equal(document, again));
	}
}

static void test_what_is_read(void **state)
{
	json_t *document AUTO_JSON = sample_plan(SAMPLE_JOB_SCHEME);
	struct plan plan;

	(void)state;
	assert_int_equal(plan_from_json(document, true, &plan, NULL), 0);
	assert_int_equal(plan.level, LEVEL_CLEAR);
	assert_string_equal(plan.scheme, "three");
	assert_int_equal(plan.capacity_bytes, SAMPLE_CAPACITY_BYTES);
	assert_int_equal(plan.sector_bytes, 512);
	assert_int_equal(plan.step_count, 7);
	assert_int_equal(plan.steps[0].method, STEP_OVERWRITE);
	assert_int_equal(plan.steps[0].pattern.kind, STREAM_PERIODIC);
	assert_int_equal(plan.steps[3].method, STEP_READ_BACK);
	assert_int_equal(plan.steps[3].of_step, 3);
	assert_int_equal(plan.steps[3].coverage, VERIFICATION_FULL);
	assert_int_equal(plan.steps[6].method, STEP_RESIDUE_SCAN);
	assert_int_equal(plan.steps[6].of_step, 5);
	assert_int_equal(plan_last_overwrite(&plan), 5);
}

/* That it was encrypted from its first write goes with how that is known, and neither alone. */
static void test_basis_of_encryption(void **state)
{
	json_t *document AUTO_JSON = sample_plan(SAMPLE_JOB_SCHEME);
	json_t *again AUTO_JSON = NULL;
	struct plan plan;

	(void)state;
	assert_int_equal(json_put_string(document, "encryption_basis", "by the role"), 0);
	assert_int_equal(plan_from_json(document, true, &plan, NULL), -EBADMSG);
	assert_int_equal(json_put_integer(document, "encrypted_from_first_write", 1), 0);
	assert_int_equal(plan_from_json(document, true, &plan, NULL), 0);
	assert_string_equal(plan.encryption_basis, "by the role");
	assert_int_equal(plan_to_json(&plan, &again), 0);
	assert_true(json_equal(document, again));
	assert_int_equal(json_object_del(document, "encryption_basis"), 0);
	assert_int_equal(plan_from_json(document, true, &plan, NULL), -EBADMSG);
}

static void test_zones_are_reset(void **state)
{
	struct plan plan = { .step_count = 2,
		.steps = { { .method = STEP_ERASE, .technique = TECHNIQUE_ZONE_RESET },
			{ .method = STEP_OVERWRITE } } };

	(void)state;
	assert_true(plan_resets_zones(&plan));
	plan.steps[2].method = STEP_OVERWRITE;
	plan.step_count = 3;
	assert_false(plan_resets_zones(&plan)); /* full after the first */
	plan.steps[0].technique = TECHNIQUE_DISCARD;
	plan.step_count = 2;
	assert_false(plan_resets_zones(&plan));
	plan.steps[0].method = STEP_OVERWRITE;
	plan.step_count = 1;
	assert_false(plan_resets_zones(&plan));
}

static json_t *step(json_t *plan, size_t number)
{
	json_t *found = json_array_get(json_object_get(plan, "steps"), number - 1);

	assert_non_null(found);
	return found;
}

static void remove_step(json_t *plan, size_t number)
{
	assert_int_equal(json_array_remove(json_object_get(plan, "steps"), number - 1), 0);
}

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
	json_object_del(step(plan, 2), "step");
}

static void number_twice(json_t *plan)
{
	sample_set_integer(step(plan, 2), "step", 1);
}

static void steps_swapped(json_t *plan)
{
	json_t *steps = json_object_get(plan, "steps");
	json_t *first = json_incref(step(plan, 1));

	json_array_set(steps, 0, step(plan, 2));
	json_array_set_new(steps, 1, first);
}

static void unknown_method(json_t *plan)
{
	sample_set_text(step(plan, 1), "method", "trim");
}

static void field_of_other_method(json_t *plan)
{
	sample_set_integer(step(plan, 1), "of_step", 1);
}

static void unknown_pattern(json_t *plan)
{
	sample_set_text(json_object_get(step(plan, 1), "pattern"), "kind", "zero");
}

static void of_itself(json_t *plan)
{
	sample_set_integer(step(plan, 2), "of_step", 2);
}

static void of_a_later_step(json_t *plan)
{
	sample_set_integer(step(plan, 2), "of_step", 3);
}

static void of_no_step(json_t *plan)
{
	sample_set_integer(step(plan, 3), "of_step", 0);
}

static void no_coverage(json_t *plan)
{
	sample_set_text(step(plan, 2), "coverage", "none");
}

static void full_with_seed(json_t *plan)
{
	sample_set_text(step(plan, 2), "coverage", "full");
}

static void short_seed(json_t *plan)
{
	sample_set_text(step(plan, 2), "seed", "feffe9928665731c");
}

static void upper_case_seed(json_t *plan)
{
	sample_set_text(step(plan, 2), "seed",
		"FEFFE9928665731C6D6A8F9467308308FEFFE9928665731C6D6A8F9467308308");
}

static void seed_of_zeros(json_t *plan)
{
	sample_set_text(step(plan, 2), "seed",
		"0000000000000000000000000000000000000000000000000000000000000000");
}

static void step_is_no_object(json_t *plan)
{
	json_array_set_new(json_object_get(plan, "steps"), 0, json_integer(1));
}

/* What a draft may lack, and a sealed plan not. */
static void without_key(json_t *plan)
{
	json_object_del(json_object_get(step(plan, 1), "pattern"), "key");
}

static void without_seed(json_t *plan)
{
	json_object_del(step(plan, 2), "seed");
}

static void without_read_back(json_t *plan)
{
	remove_step(plan, 2);
	sample_set_integer(step(plan, 2), "step", 2);
}

static void without_scan(json_t *plan)
{
	remove_step(plan, 3);
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
	json_t *again = json_deep_copy(step(plan, 1));

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

static const struct {
	const char *name;
	void (*change)(json_t *plan);
	bool readable_as_draft;
} changes[] = {
#define NEVER(change)                                                                              \
	{                                                                                          \
#change, change, false                                                             \
	}
#define DRAFT(change)                                                                              \
	{                                                                                          \
#change, change, true                                                              \
	}
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
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		json_t *document AUTO_JSON = sample_plan(SAMPLE_JOB_SAMPLED);
		struct plan plan = { .step_count = 77 };
		struct error error = { 0 };
		int r;

		changes[i].change(document);
		if (plan_from_json(document, true, &plan, &error) != -EBADMSG)
			fail_msg("sealed: %s", changes[i].name);
		assert_int_equal(error.kind, ERROR_FAILED);
		assert_int_equal(plan.step_count, 77); /* untouched */
		r = plan_from_json(document, false, &plan, &error);
		if (r != (changes[i].readable_as_draft ? 0 : -EBADMSG))
			fail_msg("draft: %s: %d %s", changes[i].name, r, error.what);
	}
}

/* A read-back after the next pass could only find that pass. */
static void test_read_back_comes_before_the_next_pass(void **state)
{
	json_t *document AUTO_JSON = sample_plan(SAMPLE_JOB_SCHEME);
	struct plan plan;

	(void)state;
	sample_set_integer(step(document, 4), "of_step", 1);
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

static void test_not_a_document(void **state)
{
	json_t *array AUTO_JSON = json_array();
	struct plan plan;

	(void)state;
	assert_int_equal(plan_from_json(NULL, false, &plan, NULL), -EBADMSG);
	assert_int_equal(plan_from_json(array, false, &plan, NULL), -EBADMSG);
}

static void test_not_a_plan(void **state)
{
	struct plan plan = { .step_count = 1 };
	json_t *document = NULL;

	(void)state;
	assert_int_equal(plan_last_overwrite(&plan), 0);
	assert_int_equal(plan_to_json(&plan, &document), -EINVAL);
	plan.step_count = PLAN_STEPS_MAX + 1;
	assert_int_equal(plan_to_json(&plan, &document), -EINVAL);
	assert_null(document);
	assert_string_equal(step_method_name(STEP_READ_BACK), "read-back");
	assert_string_equal(step_method_name(STEP_UNKNOWN), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_what_is_read),
		cmocka_unit_test(test_basis_of_encryption),
		cmocka_unit_test(test_zones_are_reset),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_read_back_comes_before_the_next_pass),
		cmocka_unit_test(test_drafts_stay_drafts),
		cmocka_unit_test(test_not_a_document),
		cmocka_unit_test(test_not_a_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
