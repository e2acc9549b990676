/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entering a job: what becomes of the older ones of the same drive. */
#include "wipe/job.h"

#include "tests/support/store_fixture.h"
#include "wipe/job_documents.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1795406400123)

static struct store *store_of(void **state)
{
	return ((struct store_fixture *)*state)->store;
}

static void ok(int result, const struct error *error)
{
	if (result < 0)
		fail_msg("%d %s: %s", result, error->code, error->what);
}

/* A drive that may be wiped, and a plan by which it is overwritten. */
static void make_preview(uint64_t capacity_bytes, struct job_preview *ret)
{
	*ret = (struct job_preview){ .identity = { .wwn = "naa.5000c500a1b2c3d4",
					     .serial = "ZA1234",
					     .model = "ST4000NM",
					     .transport = TRANSPORT_ATA,
					     .media = MEDIA_MAGNETIC,
					     .capacity_bytes = capacity_bytes,
					     .logical_sector_bytes = 512,
					     .name = "sdb" },
		.native = { NATIVE_ATA_MAX, capacity_bytes, 512 },
		.guard = { .allowed = true, .count = 1 },
		.plan = { .level = LEVEL_CLEAR,
			.capacity_bytes = capacity_bytes,
			.sector_bytes = 512,
			.steps = { { .method = STEP_OVERWRITE,
					   .pattern = { .kind = STREAM_RANDOM } },
				{ .method = STEP_READ_BACK,
					.of_step = 1,
					.coverage = VERIFICATION_FULL },
				{ .method = STEP_RESIDUE_SCAN, .of_step = 1 } },
			.step_count = 3 } };
	ret->guard.findings[0] =
		(struct guard_finding){ .check = "identity", .result = GUARD_PASSED };
}

/* The same drive by SECURITY ERASE UNIT. */
static void make_security_preview(uint64_t capacity_bytes, struct job_preview *ret)
{
	make_preview(capacity_bytes, ret);
	const struct plan plan = { .level = LEVEL_PURGE,
		.capacity_bytes = capacity_bytes,
		.sector_bytes = 512,
		.steps = { { .method = STEP_PLANT_MARKERS, .markers = MARKERS_DEFAULT },
			{ .method = STEP_ERASE,
				.technique = TECHNIQUE_ATA_SECURITY_ENHANCED,
				.scope = SCOPE_DRIVE,
				.expected_seconds = -1 },
			{ .method = STEP_CHECK_MARKERS, .of_step = 1 },
			{ .method = STEP_RESIDUE_SCAN, .of_step = 2 } },
		.step_count = 4 };
	ret->plan = plan;
}

static int create(struct store *store, const struct job_preview *preview,
	char ret_id[static JOB_ID_SIZE], struct error *error)
{
	struct policy *policy CLEANUP(cleanup_policy_free) = NULL;
	AUTO_FREE struct job_request *request = calloc(1, sizeof(*request));
	assert_non_null(request);
	ok(policy_load(NULL, &policy, error), error);
	return job_create(store, policy, preview, request, ret_id, error);
}

static enum job_state state_of(struct store *store, const char *id)
{
	AUTO_JOB struct job_record job = { 0 };
	struct error error = { 0 };
	ok(jobs_load(store, id, &job, &error), &error);
	return job.state;
}

static void interrupt(struct store *store, const char *id)
{
	struct error error = { 0 };
	AUTO_JSON json_t *event = job_event_interrupted("power-lost");
	ok(jobs_append(store, id, event, NOW, &error), &error);
	assert_int_equal(state_of(store, id), JOB_INTERRUPTED);
}

/* Else a resume would come back to a drive that may be in service again. */
static void an_older_job_is_given_up(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	struct job_preview preview;
	char older[JOB_ID_SIZE], newer[JOB_ID_SIZE];
	make_preview(4000 * MIB, &preview);
	ok(create(store, &preview, older, &error), &error);
	interrupt(store, older);
	ok(create(store, &preview, newer, &error), &error);
	assert_int_equal(state_of(store, older), JOB_ENDED);
	assert_int_equal(state_of(store, newer), JOB_READY);
}

/* The same, after the older one lifted what hid a part of the drive. */
static void an_older_job_of_the_drive_when_it_was_smaller_is_given_up(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	struct job_preview small, whole;
	char older[JOB_ID_SIZE], newer[JOB_ID_SIZE];
	make_preview(2000 * MIB, &small);
	make_preview(4000 * MIB, &whole);
	ok(create(store, &small, older, &error), &error);
	interrupt(store, older);
	ok(create(store, &whole, newer, &error), &error);
	assert_int_equal(state_of(store, older), JOB_ENDED);
}

static void a_job_of_another_drive_is_not(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	struct job_preview preview;
	char older[JOB_ID_SIZE], newer[JOB_ID_SIZE];
	make_preview(4000 * MIB, &preview);
	ok(create(store, &preview, older, &error), &error);
	interrupt(store, older);
	(void)snprintf(preview.identity.serial, sizeof(preview.identity.serial), "ZA9999");
	ok(create(store, &preview, newer, &error), &error);
	assert_int_equal(state_of(store, older), JOB_INTERRUPTED);
}

/* Only the older job knows the password behind which the drive is locked at its next start. */
static void a_job_that_left_its_password_is_not_given_up(void **state)
{
	struct store *store = store_of(state);
	struct error error = { 0 };
	struct job_preview security, preview;
	char older[JOB_ID_SIZE], newer[JOB_ID_SIZE];
	make_security_preview(4000 * MIB, &security);
	make_preview(4000 * MIB, &preview);
	ok(create(store, &security, older, &error), &error);
	interrupt(store, older);
	preview.abilities.ata.known = true;
	preview.abilities.ata.security_enabled = true;
	assert_true(create(store, &preview, newer, &error) < 0);
	assert_int_equal(error.kind, ERROR_REFUSED);
	assert_string_equal(error.code, "password-left");
	assert_non_null(strstr(error.next, older));
	assert_int_equal(state_of(store, older), JOB_INTERRUPTED);
	/* Taken away, or never set. */
	error = (struct error){ 0 };
	preview.abilities.ata.security_enabled = false;
	ok(create(store, &preview, newer, &error), &error);
	assert_int_equal(state_of(store, older), JOB_ENDED);
	/* Set by somebody else: no job of ours can have left it. */
	interrupt(store, newer);
	preview.abilities.ata.security_enabled = true;
	ok(create(store, &preview, older, &error), &error);
	assert_int_equal(state_of(store, newer), JOB_ENDED);
}

#define CASE(test)                                                                                 \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_older_job_is_given_up),
		CASE(an_older_job_of_the_drive_when_it_was_smaller_is_given_up),
		CASE(a_job_of_another_drive_is_not),
		CASE(a_job_that_left_its_password_is_not_given_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
