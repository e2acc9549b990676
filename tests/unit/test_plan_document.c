/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans as documents: written and read again they are the same, and what is not understood in full
 * is refused. */
#include "verify/plan/plan_document.h"

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
	plan.steps[0] =
		(struct plan_step){ .method = STEP_ERASE, .technique = TECHNIQUE_LUKS_ERASE };
	assert_false(plan_resets_zones(&plan)); /* nor can it scatter what it writes */
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

struct change {
	const char *name;
	void (*change)(json_t *plan);
	bool readable_as_draft;
};
static const struct change changes[] = {
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

static void try_changes(enum sample_job_kind kind, const struct change *tried, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		json_t *document AUTO_JSON = sample_plan(kind);
		struct plan plan = { .step_count = 77 };
		struct error error = { 0 };
		int r;

		tried[i].change(document);
		if (plan_from_json(document, true, &plan, &error) != -EBADMSG)
			fail_msg("sealed: %s", tried[i].name);
		assert_int_equal(error.kind, ERROR_FAILED);
		assert_int_equal(plan.step_count, 77); /* untouched */
		r = plan_from_json(document, false, &plan, &error);
		if (r != (tried[i].readable_as_draft ? 0 : -EBADMSG))
			fail_msg("draft: %s: %d %s", tried[i].name, r, error.what);
	}
}

static void test_refused(void **state)
{
	(void)state;
	try_changes(SAMPLE_JOB_SAMPLED, changes, ARRAY_SIZE(changes));
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
	plan = (struct plan){ .encrypted_from_first_write = true };
	assert_int_equal(plan_to_json(&plan, &document), -EINVAL);
	assert_null(document);
	assert_string_equal(step_method_name(STEP_READ_BACK), "read-back");
	assert_string_equal(step_method_name(STEP_UNKNOWN), "unknown");
}

/* Plans by which a drive erases itself ------------------------------------------------------- */

/* Changes to the plan of SAMPLE_JOB_NVME: plant 1, erase 2, check 3, scan 4. */
static void without_markers_count(json_t *plan)
{
	json_object_del(step(plan, 1), "markers");
}

static void no_markers(json_t *plan)
{
	sample_set_integer(step(plan, 1), "markers", 0);
}

static void too_many_markers(json_t *plan)
{
	sample_set_integer(step(plan, 1), "markers", PLAN_MARKERS_MAX + 1);
}

static void one_marker(json_t *plan)
{
	sample_set_integer(step(plan, 1), "markers", 1);
}

static void too_few_markers(json_t *plan)
{
	sample_set_integer(step(plan, 1), "markers", PLAN_MARKERS_MIN - 1);
}

static void too_few_for_more_than_it_takes(json_t *plan)
{
	sample_set_integer(plan, "capacity_bytes", 64 * 512);
	sample_set_integer(step(plan, 1), "markers", 63);
}

static void encrypted_on_nobodys_word(json_t *plan)
{
	sample_set_integer(plan, "encrypted_from_first_write", 1);
	sample_set_text(plan, "encryption_basis", "");
}

static void planting_of_an_other_step(json_t *plan)
{
	sample_set_integer(step(plan, 1), "of_step", 1);
}

static void unknown_technique(json_t *plan)
{
	sample_set_text(step(plan, 2), "technique", "nvme-format-none");
}

static void unknown_scope(json_t *plan)
{
	sample_set_text(step(plan, 2), "scope", "unknown");
}

static void no_scope(json_t *plan)
{
	json_object_del(step(plan, 2), "scope");
}

static void sooner_than_at_once(json_t *plan)
{
	sample_set_integer(step(plan, 2), "expected_seconds", -2);
}

static void crypto_with_a_pattern(json_t *plan)
{
	json_object_set_new(step(plan, 2), "pattern",
		json_pack("{s:s, s:s}", "kind", "periodic", "period", "c3a5963c"));
}

static void nvme_with_a_password(json_t *plan)
{
	sample_set_text(step(plan, 2), "password",
		"8686868686868686868686868686868686868686868686868686868686868686");
}

static void check_of_the_erasing(json_t *plan)
{
	sample_set_integer(step(plan, 3), "of_step", 2);
}

static void check_of_itself(json_t *plan)
{
	sample_set_integer(step(plan, 3), "of_step", 3);
}

static void scan_of_the_planting(json_t *plan)
{
	sample_set_integer(step(plan, 4), "of_step", 1);
}

static void read_back_of_crypto(json_t *plan)
{
	json_array_append_new(json_object_get(plan, "steps"),
		json_pack("{s:i, s:s, s:i, s:s}", "step", 5, "method", "read-back", "of_step", 2,
			"coverage", "full"));
}

static void late_restoring(json_t *plan)
{
	json_array_append_new(json_object_get(plan, "steps"),
		json_pack("{s:i, s:s}", "step", 5, "method", "restore-capacity"));
}

static void candidate_without_why(json_t *plan)
{
	json_object_del(json_array_get(json_object_get(plan, "candidates"), 0), "why");
}

static void candidate_of_no_level(json_t *plan)
{
	sample_set_text(json_array_get(json_object_get(plan, "candidates"), 0), "level", "best");
}

static void candidate_with_more(json_t *plan)
{
	sample_set_integer(json_array_get(json_object_get(plan, "candidates"), 0), "rank", 1);
}

static void no_candidates(json_t *plan)
{
	json_object_set_new(plan, "candidates", json_array());
}

static void too_many_candidates(json_t *plan)
{
	json_t *candidates = json_object_get(plan, "candidates");

	while (json_array_size(candidates) <= PLAN_CANDIDATES_MAX)
		json_array_append_new(candidates, json_deep_copy(json_array_get(candidates, 1)));
}

static void a_flag_of_zero(json_t *plan)
{
	sample_set_integer(plan, "deallocated_accepted", 0);
}

static void encrypted_by_halves(json_t *plan)
{
	sample_set_integer(plan, "encrypted_from_first_write", 2);
}

/* What a draft may still be. */
static void planting_without_seed(json_t *plan)
{
	json_object_del(step(plan, 1), "seed");
}

static void two_chosen(json_t *plan)
{
	sample_set_integer(json_array_get(json_object_get(plan, "candidates"), 1), "chosen", 1);
}

static void of_a_namespace_only(json_t *plan)
{
	sample_set_text(step(plan, 2), "scope", "namespace");
}

static void renumber_from(json_t *plan, size_t number)
{
	for (size_t i = number; i <= json_array_size(json_object_get(plan, "steps")); i++)
		sample_set_integer(step(plan, i), "step", (int64_t)i);
}

static void never_checked(json_t *plan)
{
	remove_step(plan, 3);
	renumber_from(plan, 3);
}

static void never_planted(json_t *plan)
{
	remove_step(plan, 3);
	remove_step(plan, 1);
	renumber_from(plan, 1);
	sample_set_integer(step(plan, 2), "of_step", 1);
}

static void never_scanned(json_t *plan)
{
	remove_step(plan, 4);
}

static void only_planted_and_checked(json_t *plan)
{
	remove_step(plan, 4);
	remove_step(plan, 2);
	renumber_from(plan, 2);
}

static void scanned_before_it_is_checked(json_t *plan)
{
	json_t *steps = json_object_get(plan, "steps");
	json_t *scan = json_incref(step(plan, 4));

	json_array_remove(steps, 3);
	json_array_insert_new(steps, 2, scan);
	renumber_from(plan, 3);
}

static void checked_twice(json_t *plan)
{
	json_array_append_new(json_object_get(plan, "steps"),
		json_pack("{s:i, s:s, s:i}", "step", 5, "method", "check-markers", "of_step", 1));
}

static void discarded_after(json_t *plan)
{
	json_array_append_new(json_object_get(plan, "steps"),
		json_pack("{s:i, s:s, s:s, s:s, s:i}", "step", 5, "method", "erase", "technique",
			"discard", "scope", "namespace", "expected_seconds", -1));
}

static void a_hint_alone(json_t *plan)
{
	json_t *steps = json_array();

	json_array_append_new(steps,
		json_pack("{s:i, s:s, s:s, s:s, s:i}", "step", 1, "method", "erase", "technique",
			"discard", "scope", "namespace", "expected_seconds", -1));
	json_object_set_new(plan, "steps", steps);
}

static void overwritten_with_the_markers_seed(json_t *plan)
{
	json_t *steps = json_object_get(plan, "steps");
	const char *seed = json_string_value(json_object_get(step(plan, 1), "seed"));

	json_array_append_new(
		steps, json_pack("{s:i, s:s, s:{s:s, s:s}}", "step", 5, "method", "overwrite",
			       "pattern", "kind", "random", "key", seed));
	json_array_append_new(steps, json_pack("{s:i, s:s, s:i, s:s}", "step", 6, "method",
					     "read-back", "of_step", 5, "coverage", "full"));
	json_array_append_new(steps,
		json_pack("{s:i, s:s, s:i}", "step", 7, "method", "residue-scan", "of_step", 5));
}

static const struct change nvme_changes[] = {
	NEVER(without_markers_count),
	NEVER(no_markers),
	NEVER(too_many_markers),
	NEVER(planting_of_an_other_step),
	NEVER(unknown_technique),
	NEVER(unknown_scope),
	NEVER(no_scope),
	NEVER(sooner_than_at_once),
	NEVER(crypto_with_a_pattern),
	NEVER(nvme_with_a_password),
	NEVER(check_of_the_erasing),
	NEVER(check_of_itself),
	NEVER(scan_of_the_planting),
	NEVER(read_back_of_crypto),
	NEVER(late_restoring),
	NEVER(candidate_without_why),
	NEVER(candidate_of_no_level),
	NEVER(candidate_with_more),
	NEVER(no_candidates),
	NEVER(too_many_candidates),
	NEVER(a_flag_of_zero),
	NEVER(encrypted_by_halves),
	NEVER(encrypted_on_nobodys_word),
	DRAFT(one_marker),
	DRAFT(too_few_markers),
	DRAFT(too_few_for_more_than_it_takes),
	DRAFT(planting_without_seed),
	DRAFT(two_chosen),
	DRAFT(of_a_namespace_only),
	DRAFT(never_checked),
	DRAFT(never_planted),
	DRAFT(never_scanned),
	DRAFT(only_planted_and_checked),
	DRAFT(scanned_before_it_is_checked),
	DRAFT(checked_twice),
	DRAFT(discarded_after),
	DRAFT(a_hint_alone),
	DRAFT(overwritten_with_the_markers_seed),
};

/* Of SAMPLE_JOB_SCSI: plant 1, erase 2 by a pattern, read-back 3, check 4, scan 5. */
static void without_a_pattern(json_t *plan)
{
	json_object_del(step(plan, 2), "pattern");
}

static void set_period(json_t *plan, const char *period)
{
	sample_set_text(json_object_get(step(plan, 2), "pattern"), "period", period);
}

static void pattern_of_zeros(json_t *plan)
{
	set_period(plan, "00000000");
}

static void pattern_of_a_byte(json_t *plan)
{
	set_period(plan, "c3");
}

static void pattern_of_eight(json_t *plan)
{
	set_period(plan, "c3a5963cc3a5963c");
}

static void random_pattern(json_t *plan)
{
	json_object_set_new(step(plan, 2), "pattern",
		json_pack("{s:s, s:s}", "kind", "random", "key",
			"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"));
}

static void not_read_back(json_t *plan)
{
	remove_step(plan, 3);
	renumber_from(plan, 3);
}

static const struct change scsi_changes[] = {
	NEVER(without_a_pattern),
	NEVER(pattern_of_zeros),
	NEVER(pattern_of_a_byte),
	NEVER(pattern_of_eight),
	NEVER(random_pattern),
	DRAFT(not_read_back),
};

/* Of SAMPLE_JOB_COMBINED: restore 1, plant 2, erase 3, check 4, plant 5, security erase 6, check 7,
 * overwrite 8, read-back 9, scan 10. */
static void short_password(json_t *plan)
{
	sample_set_text(step(plan, 6), "password", "8686");
}

static void restored_with_more(json_t *plan)
{
	sample_set_integer(step(plan, 1), "of_step", 1);
}

static void without_password(json_t *plan)
{
	json_object_del(step(plan, 6), "password");
}

static void one_seed_twice(json_t *plan)
{
	json_object_set(step(plan, 5), "seed", json_object_get(step(plan, 2), "seed"));
}

static void check_of_the_first_again(json_t *plan)
{
	sample_set_integer(step(plan, 7), "of_step", 2);
}

static const struct change combined_changes[] = {
	NEVER(short_password),
	NEVER(restored_with_more),
	DRAFT(without_password),
	DRAFT(one_seed_twice),
	DRAFT(check_of_the_first_again),
};

static void test_refused_of_erasing(void **state)
{
	(void)state;
	try_changes(SAMPLE_JOB_NVME, nvme_changes, ARRAY_SIZE(nvme_changes));
	try_changes(SAMPLE_JOB_SCSI, scsi_changes, ARRAY_SIZE(scsi_changes));
	try_changes(SAMPLE_JOB_COMBINED, combined_changes, ARRAY_SIZE(combined_changes));
}

/* A small medium takes fewer: then a marker in each of its sectors is enough. */
static void test_enough_markers(void **state)
{
	json_t *document AUTO_JSON = sample_plan(SAMPLE_JOB_NVME);
	struct plan plan;

	(void)state;
	sample_set_integer(step(document, 1), "markers", PLAN_MARKERS_MIN);
	assert_int_equal(plan_from_json(document, true, &plan, NULL), 0);
	sample_set_integer(document, "capacity_bytes", 64 * 512);
	for (int markers = 64; markers <= PLAN_MARKERS_MIN; markers++) {
		sample_set_integer(step(document, 1), "markers", markers);
		assert_int_equal(plan_from_json(document, true, &plan, NULL), 0);
		assert_int_equal(plan_markers(&plan, &plan.steps[0]), 64);
	}
}

static struct plan read_plan(enum sample_job_kind kind)
{
	json_t *document AUTO_JSON = sample_plan(kind);
	struct plan plan;

	assert_int_equal(plan_from_json(document, true, &plan, NULL), 0);
	return plan;
}

static void test_what_is_read_of_erasing(void **state)
{
	struct plan plan = read_plan(SAMPLE_JOB_COMBINED);

	(void)state;
	assert_int_equal(plan.steps[0].method, STEP_RESTORE_CAPACITY);
	assert_int_equal(plan.steps[1].method, STEP_PLANT_MARKERS);
	assert_int_equal(plan.steps[1].markers, 100);
	assert_int_equal(plan.steps[1].seed[0], 0xfe);
	assert_int_equal(plan.steps[5].technique, TECHNIQUE_ATA_SECURITY_ENHANCED);
	assert_int_equal(plan.steps[5].scope, SCOPE_DRIVE);
	assert_int_equal(plan.steps[5].expected_seconds, 120);
	assert_int_equal(plan.steps[5].password[PASSWORD_BYTES - 1], 0x86);
	assert_int_equal(plan.steps[6].of_step, 5);
	assert_int_equal(plan_last_overwrite(&plan), 8);
	assert_int_equal(plan_last_destroying(&plan), 8);
	assert_int_equal(plan_markers(&plan, &plan.steps[1]), 100);
	assert_true(plan_is_readable(&plan, 8));
	assert_false(plan_is_readable(&plan, 6));
	assert_false(plan_is_readable(&plan, 0));
	assert_false(plan_is_readable(&plan, 11));
	plan = read_plan(SAMPLE_JOB_SCSI);
	assert_int_equal(plan_last_overwrite(&plan), 0);
	assert_int_equal(plan_last_destroying(&plan), 2);
	assert_true(plan_is_readable(&plan, 2));
	plan = read_plan(SAMPLE_JOB_NVME);
	assert_int_equal(plan.candidate_count, 2);
	assert_string_equal(plan.candidates[0].methods, "nvme-sanitize-crypto");
	assert_int_equal(plan.candidates[0].level, LEVEL_PURGE);
	assert_true(plan.candidates[0].chosen);
	assert_int_equal(plan.candidates[1].expected_seconds, -1);
	assert_string_equal(plan.candidates[1].why, "level-too-low");
	assert_false(plan.deallocated_accepted);
	plan = read_plan(SAMPLE_JOB_FOUND);
	assert_true(plan.deallocated_accepted);
}

static void test_levels(void **state)
{
	static const struct {
		enum sample_job_kind kind;
		enum level magnetic, flash, unknown, is_virtual;
	} levels[] = {
		{ SAMPLE_JOB_PLAIN, LEVEL_CLEAR, LEVEL_CLEAR, LEVEL_CLEAR, LEVEL_CLEAR },
		{ SAMPLE_JOB_NVME, LEVEL_PURGE, LEVEL_PURGE, LEVEL_PURGE, LEVEL_NONE },
		{ SAMPLE_JOB_FOUND, LEVEL_CLEAR, LEVEL_PURGE, LEVEL_CLEAR, LEVEL_NONE },
		{ SAMPLE_JOB_COMBINED, LEVEL_PURGE, LEVEL_PURGE, LEVEL_PURGE, LEVEL_CLEAR },
		{ SAMPLE_JOB_KEYS, LEVEL_PURGE, LEVEL_PURGE, LEVEL_PURGE, LEVEL_PURGE },
	};
	struct plan plan;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		plan = read_plan(levels[i].kind);
		assert_int_equal(plan_level(&plan, MEDIA_MAGNETIC), levels[i].magnetic);
		assert_int_equal(plan_level(&plan, MEDIA_FLASH), levels[i].flash);
		assert_int_equal(plan_level(&plan, MEDIA_UNKNOWN), levels[i].unknown);
		assert_int_equal(plan_level(&plan, MEDIA_VIRTUAL), levels[i].is_virtual);
	}
	plan.encrypted_from_first_write = false;
	assert_int_equal(plan_level(&plan, MEDIA_FLASH), LEVEL_NONE);
	plan = (struct plan){ 0 };
	assert_int_equal(plan_level(&plan, MEDIA_FLASH), LEVEL_NONE);
}

/* Where it goes on after an interruption, by how many steps were complete. */
static void test_where_it_goes_on(void **state)
{
	static const struct {
		enum sample_job_kind kind;
		unsigned proof;
		unsigned next[12];
	} ways[] = {
		{ SAMPLE_JOB_PLAIN, 2, { 1, 2, 2, 2 } },
		{ SAMPLE_JOB_SAMPLED, 1, { 1, 1, 1, 1 } },
		{ SAMPLE_JOB_SCHEME, 6, { 1, 2, 3, 4, 5, 6, 6, 6 } },
		{ SAMPLE_JOB_NVME, 1, { 1, 1, 1, 1, 1 } },
		{ SAMPLE_JOB_SCSI, 1, { 1, 1, 1, 1, 1, 1 } },
		{ SAMPLE_JOB_KEYS, 1, { 1, 1, 1 } },
		/* What is written meanwhile is no more than overwritten, unless all is done again. */
		{ SAMPLE_JOB_COMBINED, 9, { 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct plan plan = read_plan(ways[i].kind);
		assert_int_equal(plan_proof_step(&plan), ways[i].proof);
		for (unsigned done = 0; done <= plan.step_count; done++)
			assert_int_equal(plan_resume_step(&plan, done), ways[i].next[done]);
		assert_int_equal(plan_resume_step(&plan, 1000), ways[i].next[plan.step_count]);
	}
}

static void test_what_cannot_be_done_twice_is_not(void **state)
{
	static const enum technique once[] = { TECHNIQUE_OPAL_REVERT, TECHNIQUE_OPAL_PSID_REVERT };
	struct plan plan = read_plan(SAMPLE_JOB_COMBINED);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(once); i++) {
		plan.steps[2].technique = once[i];
		assert_int_equal(plan_resume_step(&plan, 4), 5);
		assert_int_equal(plan_resume_step(&plan, 7), 5); /* the other one is */
	}
	/* Overwriting alone is as good as the first erasure: it is not done again for that. */
	plan = read_plan(SAMPLE_JOB_COMBINED);
	plan.level = LEVEL_CLEAR;
	assert_int_equal(plan_resume_step(&plan, 4), 5);
	assert_int_equal(plan_resume_step(&plan, 7), 8);
	assert_int_equal(plan_resume_step(&plan, 10), 9);
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
		cmocka_unit_test(test_refused_of_erasing),
		cmocka_unit_test(test_enough_markers),
		cmocka_unit_test(test_what_is_read_of_erasing),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_where_it_goes_on),
		cmocka_unit_test(test_what_cannot_be_done_twice_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
