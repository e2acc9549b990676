/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is still to be done elsewhere after a job: copies of the keys that it destroyed. */
#include "reports/certificate/outstanding.h"

#include "inventory/assets/key_copies.h"
#include "tests/support/store_fixture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1795406400123)
#define UUID "11111111-2222-3333-4444-5555555555ab"
#define OTHER_UUID "99999999-2222-3333-4444-555555555555"

static void ok(int result, const struct error *error)
{
	if (result < 0)
		fail_msg("%d %s: %s", result, error->code, error->what);
}

/* A job that destroys the keys of one LUKS volume, with two headers of it on the drive. */
static struct job_record make_job(const char *technique)
{
	struct job_record job = { .id = "J1" };
	job.subject = json_pack("{s:[{s:s,s:s},{s:s,s:s},{s:s,s:s}]}", "layers", "type",
		"crypto_LUKS", "uuid", UUID, "type", "crypto_LUKS", "uuid", UUID, "type", "ext4",
		"uuid", OTHER_UUID);
	job.plan = json_pack("{s:[{s:i,s:s,s:s},{s:i,s:s}]}", "steps", "step", 1, "method", "erase",
		"technique", technique, "step", 2, "method", "residue-scan");
	assert_non_null(job.subject);
	assert_non_null(job.plan);
	return job;
}

static json_t *make_evidence(const char *result)
{
	json_t *evidence =
		result ? json_pack("[{s:s,s:i},{s:s,s:i,s:s}]", "kind", "started", "step", 1,
				 "kind", "finished", "step", 1, "result", result)
		       : json_array();
	assert_non_null(evidence);
	return evidence;
}

static size_t outstanding(
	struct store *store, const char *technique, const char *result, char *word)
{
	struct error error = { 0 };
	struct job_record job = make_job(technique);
	AUTO_JSON json_t *evidence = make_evidence(result);
	AUTO_JSON json_t *words = NULL;
	ok(outstanding_of_job(store, &job, evidence, &words, &error), &error);
	size_t count = json_array_size(words);
	if (count > 0)
		(void)snprintf(word, 48, "%s", json_string_value(json_array_get(words, 0)));
	json_decref(job.subject);
	json_decref(job.plan);
	return count;
}

static void test_copies_are_named(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	struct error error = { 0 };
	char word[48] = "", expected[48];
	int64_t id = 0, other = 0;
	assert_int_equal(outstanding(store, "luks-erase", "complete", word), 0);
	ok(key_copies_record(store, OTHER_UUID, "elsewhere", NOW, &other, &error), &error);
	ok(key_copies_record(store, UUID, "h1:/root/h.img", NOW, &id, &error), &error);
	(void)snprintf(expected, sizeof(expected), "key-copy:V%d", (int)id);
	assert_int_equal(outstanding(store, "luks-erase", "complete", word), 1);
	assert_string_equal(word, expected);
	/* Begun, whatever became of it. */
	assert_int_equal(outstanding(store, "luks-erase", "drive-failed", word), 1);
	assert_int_equal(outstanding(store, "luks-erase", NULL, word), 0);
	assert_int_equal(outstanding(store, "nvme-sanitize-block", "complete", word), 0);
	assert_int_equal(outstanding(store, "", "complete", word), 0);
	ok(key_copies_destroyed(store, id, "shredded", NOW, &error), &error);
	assert_int_equal(outstanding(store, "luks-erase", "complete", word), 0);
}

static int64_t noted(struct store *store)
{
	return store_fixture_number(
		store, "SELECT count(*) FROM event WHERE action = 'keys-destroyed'");
}

static void note(struct store *store, const char *technique, const char *result)
{
	struct error error = { 0 };
	struct job_record job = make_job(technique);
	AUTO_JSON json_t *evidence = make_evidence(result);
	ok(outstanding_note_keys(store, &job, evidence, NOW, &error), &error);
	json_decref(job.subject);
	json_decref(job.plan);
}

static void test_destroyed_keys_are_remembered(void **state)
{
	struct store *store = ((struct store_fixture *)*state)->store;
	note(store, "luks-erase", NULL);
	note(store, "luks-erase", "drive-failed");
	note(store, "ata-sanitize-block", "complete");
	assert_int_equal(noted(store), 0);
	note(store, "luks-erase", "complete");
	note(store, "luks-erase", "complete");
	assert_int_equal(noted(store), 1);
}

#define CASE(test)                                                                                 \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_copies_are_named),
		CASE(test_destroyed_keys_are_remembered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
