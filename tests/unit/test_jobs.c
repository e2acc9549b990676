/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Jobs in a real store: their documents, the state that follows from what is recorded and who
 * lives, and whose they are. Owners: test_jobs_owner.c; evidence and certificates:
 * test_jobs_evidence.c. */
#include "inventory/jobs/job_drives.h"
#include "tests/support/jobs_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

/* -- ids -- */

static void test_new_id(void **state)
{
	(void)state;
	char seen[64][JOB_ID_SIZE];
	bool used[256] = { false };
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++) {
		assert_int_equal(job_new_id(NOW, seen[i]), 0);
		assert_int_equal(strlen(seen[i]), 16);
		assert_memory_equal(seen[i], "J20261123-", 10);
		assert_int_equal(strspn(seen[i] + 10, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), 6);
		for (size_t j = 10; j < 16; j++)
			used[(unsigned char)seen[i][j]] = true;
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(seen[i], seen[j]);
	}
	/* 384 digits of 32: each missing one has a chance of 5 in a million. */
	size_t kinds = 0;
	for (size_t i = 0; i < ARRAY_SIZE(used); i++)
		kinds += used[i];
	assert_in_range(kinds, 28, 32);
	/* UTC, not the zone of this machine. */
	assert_int_equal(setenv("TZ", "Asia/Tokyo", 1), 0);
	char id[JOB_ID_SIZE];
	assert_int_equal(job_new_id(NOW - 4 * 3600 * 1000 - 1000, id), 0);
	assert_memory_equal(id, "J20261122-", 10);
}

/* -- documents -- */

static void test_insert_and_load(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	insert_job(fixture->store, "J20261123-AAAAAA", NOW);
	store_fixture_reopen(fixture, STORE_READ);
	AUTO_JOB struct job_record job = { 0 };
	assert_ok(jobs_load(fixture->store, "J20261123-AAAAAA", &job, &error), &error);
	assert_string_equal(job.id, "J20261123-AAAAAA");
	assert_true(job.created_utc_ms == NOW);
	assert_int_equal(job.state, JOB_READY);
	assert_string_equal(json_string_value(json_object_get(job.reason, "ticket")),
		"T-1 \xE5\xBB\x83\xE6\xA3\x84");
	assert_string_equal(json_string_value(json_object_get(job.people, "operator")), "O'Brien");
	assert_string_equal(json_string_value(json_object_get(job.subject, "serial")), "S-1");
	assert_string_equal(json_string_value(json_object_get(job.plan, "scheme")), "random");
	assert_string_equal(job.owner_boot_id, "");
	assert_int_equal(job.step, 0);
}

static void test_unknown_job(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	const char *id = "J20261123-NOBODY";
	struct job_record job = { 0 };
	struct certificate_record certificate = { 0 };
	json_t *events = NULL;
	AUTO_JSON json_t *event = job_document("kind", "created");
	struct error error = { 0 };
	const int results[] = {
		jobs_load(store, id, &job, &error),
		jobs_own(store, id, &error),
		jobs_append(store, id, event, NOW, &error),
		jobs_evidence(store, id, &events, &error),
		jobs_journal(store, id, 1, 0, 0, NOW, &error),
	};
	for (size_t i = 0; i < ARRAY_SIZE(results); i++)
		assert_int_equal(results[i], -ENOENT);
	assert_string_equal(error.code, "job-unknown");
	assert_non_null(strstr(error.what, id));
	assert_null(events);
	assert_int_equal(certificates_latest(store, id, &certificate, &error), 0);
	/* No error left a transaction open. */
	insert_job(store, "J20261123-AAAAAA", NOW);
	store_fixture_reopen(fixture, STORE_READ);
	assert_int_equal(job_state_of(fixture->store, "J20261123-AAAAAA"), JOB_READY);
}

static void test_insert_refused(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	insert_job(fixture->store, "J20261123-AAAAAA", NOW);
	AUTO_JOB struct job_record job = {
		.id = "J20261123-AAAAAA",
		.subject = job_document("serial", "other"),
		.reason = json_object(),
		.people = json_object(),
		.plan = json_object(),
	};
	assert_int_equal(jobs_insert(fixture->store, &job, &error), -EEXIST);
	assert_string_equal(error.code, "job-exists");
	job.id[15] = 'B';
	json_decref(job.plan);
	job.plan = NULL;
	assert_int_equal(jobs_insert(fixture->store, &job, &error), -EINVAL);
	job.plan = json_object();
	assert_int_equal(json_object_set_new(job.plan, "share", json_real(0.5)), 0);
	assert_int_equal(jobs_insert(fixture->store, &job, &error), -EINVAL);
	assert_string_equal(error.code, "job-malformed");
	AUTO_JOBS struct job_list list = { 0 };
	assert_ok(jobs_list(fixture->store, JOB_UNKNOWN, &list, &error), &error);
	assert_int_equal(list.count, 1);
	assert_string_equal(
		json_string_value(json_object_get(list.items[0].subject, "serial")), "S-1");
}

/* -- state -- */

static void test_states(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct owner living = { 0 };
	struct owner dead = { 0 };
	pid_t child = start_owner(&dead);
	end_owner(child);
	child = start_owner(&living);
	enum { NOBODY, LIVING, DEAD };
	static const struct {
		const char *kinds;
		int owner;
		int64_t covered; /* 0: no certificate */
		enum job_state expected;
	} cases[] = {
		{ "", NOBODY, 0, JOB_READY },
		{ "created,guard", NOBODY, 0, JOB_READY },
		{ "created,guard", DEAD, 0, JOB_READY },
		{ "created,guard", LIVING, 0, JOB_RUNNING },
		{ "created,guard,opened", LIVING, 0, JOB_RUNNING },
		{ "created,guard,opened", DEAD, 0, JOB_INTERRUPTED },
		{ "created,guard,opened", NOBODY, 0, JOB_INTERRUPTED },
		{ "created,guard,error", DEAD, 0, JOB_INTERRUPTED },
		{ "created,guard,some-later-kind", DEAD, 0, JOB_INTERRUPTED },
		{ "created,opened,interrupted", DEAD, 0, JOB_INTERRUPTED },
		/* A signed record of the interruption does not end the job. */
		{ "created,opened,interrupted", DEAD, 3, JOB_INTERRUPTED },
		{ "created,opened,interrupted", LIVING, 0, JOB_INTERRUPTED },
		{ "created,opened,interrupted,resumed", LIVING, 3, JOB_RUNNING },
		{ "created,guard,ended", NOBODY, 0, JOB_ENDED },
		{ "created,plan-refused,ended", NOBODY, 0, JOB_ENDED },
		{ "created,opened,ended", LIVING, 0, JOB_ENDED },
		{ "created,opened,ended", DEAD, 2, JOB_ENDED },
		{ "created,opened,ended", DEAD, 3, JOB_CERTIFIED },
		{ "created,opened,ended", LIVING, 3, JOB_CERTIFIED },
		{ "created,opened,ended,late", DEAD, 3, JOB_INTERRUPTED },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char id[JOB_ID_SIZE];
		(void)snprintf(id, sizeof(id), "J20261123-%06zu", i);
		insert_job(store, id, NOW + (int64_t)i);
		append_kinds(store, id, cases[i].kinds);
		if (cases[i].covered)
			certify_job(store, id, id, cases[i].covered);
		struct owner owner = { 0 };
		if (cases[i].owner != NOBODY)
			owner = cases[i].owner == LIVING ? living : dead;
		set_owner(store, owner.boot_id, owner.pid, owner.start_ticks);
		if (job_state_of(store, id) != cases[i].expected)
			fail_msg("case %zu (%s): %s, not %s", i, cases[i].kinds,
				job_state_name(job_state_of(store, id)),
				job_state_name(cases[i].expected));
	}
	end_owner(child);
}

static void test_list(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	/* Entered in another order than made. */
	insert_job(store, "J20261123-CCCCCC", NOW + 2000);
	insert_job(store, "J20261123-AAAAAA", NOW + 1000);
	insert_job(store, "J20261123-BBBBBB", NOW + 1000);
	append_kinds(store, "J20261123-BBBBBB", "created,guard,ended");
	static const struct {
		enum job_state wanted;
		const char *expected;
	} cases[] = {
		{ JOB_UNKNOWN, "J20261123-AAAAAA J20261123-BBBBBB J20261123-CCCCCC " },
		{ JOB_READY, "J20261123-AAAAAA J20261123-CCCCCC " },
		{ JOB_ENDED, "J20261123-BBBBBB " },
		{ JOB_CERTIFIED, "" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char ids[256] = "";
		AUTO_JOBS struct job_list list = { 0 };
		assert_ok(jobs_list(store, cases[i].wanted, &list, &error), &error);
		for (size_t j = 0; j < list.count; j++) {
			(void)strcat(strcat(ids, list.items[j].id), " ");
			assert_non_null(list.items[j].plan);
		}
		assert_string_equal(ids, cases[i].expected);
	}
}

/* -- whose job it is -- */

static void insert_job_of(struct store *store, const char *id, int64_t created_utc_ms,
	const char *serial, const char *wwn)
{
	struct error error = { 0 };
	AUTO_JOB struct job_record job = {
		.created_utc_ms = created_utc_ms,
		.subject = json_pack("{s:{s:s,s:s}}", "identity", "serial", serial, "wwn", wwn),
		.reason = json_object(),
		.people = json_object(),
		.plan = json_object(),
	};
	(void)snprintf(job.id, sizeof(job.id), "%s", id);
	assert_ok(jobs_insert(store, &job, &error), &error);
}

/* "J-1,J-2," */
static void assert_jobs_of(
	struct store *store, const char *serial, const char *wwn, const char *expected)
{
	struct error error = { 0 };
	char ids[128] = "";
	AUTO_JOBS struct job_list list = { 0 };
	assert_ok(jobs_of_drive(store, serial, wwn, &list, &error), &error);
	for (size_t i = 0; i < list.count; i++) {
		assert_true(json_is_object(list.items[i].plan));
		(void)strcat(strcat(ids, list.items[i].id), ",");
	}
	assert_string_equal(ids, expected);
}

static void test_jobs_of_drive(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	insert_job_of(fixture->store, "J-2", NOW + 1, "S-1", "naa.1");
	insert_job_of(fixture->store, "J-1", NOW, "S-1", "naa.1");
	insert_job_of(fixture->store, "J-3", NOW, "S-1", "naa.2");
	insert_job_of(fixture->store, "J-4", NOW, "S-2", "");
	insert_job(fixture->store, "J-5", NOW); /* of no drive */
	for (int round = 0; round < 2; round++) {
		assert_jobs_of(fixture->store, "S-1", "naa.1", "J-1,J-2,");
		assert_jobs_of(fixture->store, "S-1", "naa.2", "J-3,");
		assert_jobs_of(fixture->store, "S-2", "", "J-4,");
		assert_jobs_of(fixture->store, "S-1", "", "");
		assert_jobs_of(fixture->store, "", "", "");
		/* The same again as a store has it that was made before there was an index. */
		store_fixture_tamper(fixture, "DELETE FROM job_drive");
		assert_jobs_of(fixture->store, "S-1", "naa.1", "");
		assert_ok(job_drives_fill(fixture->store, &error), &error);
	}
}

int main(void)
{
#define WITH_STORE(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_id),
		WITH_STORE(test_insert_and_load),
		WITH_STORE(test_unknown_job),
		WITH_STORE(test_insert_refused),
		WITH_STORE(test_states),
		WITH_STORE(test_list),
		WITH_STORE(test_jobs_of_drive),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
