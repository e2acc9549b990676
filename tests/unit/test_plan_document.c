/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans as documents: written and read again they are the same; what they say of the level, of what
 * can be read back, and of where it goes on. What is refused: test_plan_document_refused.c and, of
 * erasing, test_plan_document_erasing.c. */
#include "tests/support/plan_document_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

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

/* ---- what is none ---- */

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

/* ---- plans by which a drive erases itself ---- */

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
		cmocka_unit_test(test_not_a_document),
		cmocka_unit_test(test_not_a_plan),
		cmocka_unit_test(test_what_is_read_of_erasing),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_where_it_goes_on),
		cmocka_unit_test(test_what_cannot_be_done_twice_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
