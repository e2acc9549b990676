/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is not understood in full of a plan by which a drive erases itself is refused. */
#include "tests/support/plan_document_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Changes to the plan of SAMPLE_JOB_NVME: plant 1, erase 2, check 3, scan 4. */
static void without_markers_count(json_t *plan)
{
	json_object_del(sample_step(plan, 1), "markers");
}

static void no_markers(json_t *plan)
{
	sample_set_integer(sample_step(plan, 1), "markers", 0);
}

static void too_many_markers(json_t *plan)
{
	sample_set_integer(sample_step(plan, 1), "markers", PLAN_MARKERS_MAX + 1);
}

static void planting_of_an_other_step(json_t *plan)
{
	sample_set_integer(sample_step(plan, 1), "of_step", 1);
}

static void unknown_technique(json_t *plan)
{
	sample_set_text(sample_step(plan, 2), "technique", "nvme-format-none");
}

static void unknown_scope(json_t *plan)
{
	sample_set_text(sample_step(plan, 2), "scope", "unknown");
}

static void no_scope(json_t *plan)
{
	json_object_del(sample_step(plan, 2), "scope");
}

static void sooner_than_at_once(json_t *plan)
{
	sample_set_integer(sample_step(plan, 2), "expected_seconds", -2);
}

static void crypto_with_a_pattern(json_t *plan)
{
	json_object_set_new(sample_step(plan, 2), "pattern",
		json_pack("{s:s, s:s}", "kind", "periodic", "period", "c3a5963c"));
}

static void nvme_with_a_password(json_t *plan)
{
	sample_set_text(sample_step(plan, 2), "password",
		"8686868686868686868686868686868686868686868686868686868686868686");
}

static void check_of_the_erasing(json_t *plan)
{
	sample_set_integer(sample_step(plan, 3), "of_step", 2);
}

static void check_of_itself(json_t *plan)
{
	sample_set_integer(sample_step(plan, 3), "of_step", 3);
}

static void scan_of_the_planting(json_t *plan)
{
	sample_set_integer(sample_step(plan, 4), "of_step", 1);
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
	json_object_del(sample_step(plan, 1), "seed");
}

static void two_chosen(json_t *plan)
{
	sample_set_integer(json_array_get(json_object_get(plan, "candidates"), 1), "chosen", 1);
}

static void of_a_namespace_only(json_t *plan)
{
	sample_set_text(sample_step(plan, 2), "scope", "namespace");
}

static void renumber_from(json_t *plan, size_t number)
{
	for (size_t i = number; i <= json_array_size(json_object_get(plan, "steps")); i++)
		sample_set_integer(sample_step(plan, i), "step", (int64_t)i);
}

static void never_checked(json_t *plan)
{
	remove_sample_step(plan, 3);
	renumber_from(plan, 3);
}

static void never_planted(json_t *plan)
{
	remove_sample_step(plan, 3);
	remove_sample_step(plan, 1);
	renumber_from(plan, 1);
	sample_set_integer(sample_step(plan, 2), "of_step", 1);
}

static void never_scanned(json_t *plan)
{
	remove_sample_step(plan, 4);
}

static void only_planted_and_checked(json_t *plan)
{
	remove_sample_step(plan, 4);
	remove_sample_step(plan, 2);
	renumber_from(plan, 2);
}

static void scanned_before_it_is_checked(json_t *plan)
{
	json_t *steps = json_object_get(plan, "steps");
	json_t *scan = json_incref(sample_step(plan, 4));

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
	const char *seed = json_string_value(json_object_get(sample_step(plan, 1), "seed"));

	json_array_append_new(
		steps, json_pack("{s:i, s:s, s:{s:s, s:s}}", "step", 5, "method", "overwrite",
			       "pattern", "kind", "random", "key", seed));
	json_array_append_new(steps, json_pack("{s:i, s:s, s:i, s:s}", "step", 6, "method",
					     "read-back", "of_step", 5, "coverage", "full"));
	json_array_append_new(steps,
		json_pack("{s:i, s:s, s:i}", "step", 7, "method", "residue-scan", "of_step", 5));
}

static const struct plan_change nvme_changes[] = {
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
	json_object_del(sample_step(plan, 2), "pattern");
}

static void set_period(json_t *plan, const char *period)
{
	sample_set_text(json_object_get(sample_step(plan, 2), "pattern"), "period", period);
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
	json_object_set_new(sample_step(plan, 2), "pattern",
		json_pack("{s:s, s:s}", "kind", "random", "key",
			"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"));
}

static void not_read_back(json_t *plan)
{
	remove_sample_step(plan, 3);
	renumber_from(plan, 3);
}

static const struct plan_change scsi_changes[] = {
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
	sample_set_text(sample_step(plan, 6), "password", "8686");
}

static void restored_with_more(json_t *plan)
{
	sample_set_integer(sample_step(plan, 1), "of_step", 1);
}

static void without_password(json_t *plan)
{
	json_object_del(sample_step(plan, 6), "password");
}

static void one_seed_twice(json_t *plan)
{
	json_object_set(
		sample_step(plan, 5), "seed", json_object_get(sample_step(plan, 2), "seed"));
}

static void check_of_the_first_again(json_t *plan)
{
	sample_set_integer(sample_step(plan, 7), "of_step", 2);
}

static const struct plan_change combined_changes[] = {
	NEVER(short_password),
	NEVER(restored_with_more),
	DRAFT(without_password),
	DRAFT(one_seed_twice),
	DRAFT(check_of_the_first_again),
};

static void test_refused_of_erasing(void **state)
{
	(void)state;
	try_plan_changes(SAMPLE_JOB_NVME, nvme_changes, ARRAY_SIZE(nvme_changes));
	try_plan_changes(SAMPLE_JOB_SCSI, scsi_changes, ARRAY_SIZE(scsi_changes));
	try_plan_changes(SAMPLE_JOB_COMBINED, combined_changes, ARRAY_SIZE(combined_changes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused_of_erasing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
