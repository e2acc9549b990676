/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is recorded of a job in a real store: evidence without gaps, damage that is noticed, the
 * journal, and the certificate that covers it. */
#include "base/digest.h"
#include "tests/support/jobs_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
/* after the standard ones */
#include <cmocka.h>

/* -- evidence -- */

static void test_append_and_read(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	insert_job(store, "J20261123-AAAAAA", NOW);
	insert_job(store, "J20261123-BBBBBB", NOW);
	append_kinds(store, "J20261123-AAAAAA", "created,guard");
	append_kinds(store, "J20261123-BBBBBB", "created");
	append_kinds(store, "J20261123-AAAAAA", "opened");
	store_fixture_reopen(fixture, STORE_READ);
	AUTO_JSON json_t *events = NULL;
	assert_ok(jobs_evidence(fixture->store, "J20261123-AAAAAA", &events, &error), &error);
	AUTO_BUFFER struct buffer text = BUFFER_INIT(4096);
	assert_int_equal(json_write_canonical(events, &text), 0);
	assert_string_equal(buffer_text(&text),
		"[{\"kind\":\"created\",\"seq\":1,\"utc\":\"2026-11-23T04:00:00.123Z\"},"
		"{\"kind\":\"guard\",\"seq\":2,\"utc\":\"2026-11-23T04:00:00.123Z\"},"
		"{\"kind\":\"opened\",\"seq\":3,\"utc\":\"2026-11-23T04:00:00.123Z\"}]");
	AUTO_JSON json_t *others = NULL;
	assert_ok(jobs_evidence(fixture->store, "J20261123-BBBBBB", &others, &error), &error);
	assert_int_equal(json_array_size(others), 1);
}

static void test_append_refused(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	const char *id = "J20261123-AAAAAA";
	insert_job(store, id, NOW);
	append_kind(store, id, "created");
	AUTO_JSON json_t *no_kind = json_object();
	AUTO_JSON json_t *real = job_document("kind", "guard");
	AUTO_JSON json_t *array = json_array();
	assert_int_equal(json_object_set_new(real, "share", json_real(0.5)), 0);
	json_t *const events[] = { no_kind, real, array };
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		assert_int_equal(jobs_append(store, id, events[i], NOW, &error), -EINVAL);
		assert_string_equal(error.code, "event-malformed");
	}
	append_kind(store, id, "guard");
	AUTO_JSON json_t *evidence = NULL;
	assert_ok(jobs_evidence(store, id, &evidence, &error), &error);
	assert_int_equal(json_array_size(evidence), 2);
}

/* An event may have come from reading: the old stamp is replaced. */
static void test_append_replaces_stamp(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	const char *id = "J20261123-AAAAAA";
	insert_job(fixture->store, id, NOW);
	AUTO_JSON json_t *event = job_document("kind", "created");
	assert_int_equal(json_put_integer(event, "seq", 77), 0);
	assert_int_equal(json_put_string(event, "utc", "yesterday"), 0);
	assert_ok(jobs_append(fixture->store, id, event, NOW, &error), &error);
	assert_int_equal(json_integer_value(json_object_get(event, "seq")), 1);
	assert_ok(jobs_append(fixture->store, id, event, NOW, &error), &error);
	assert_int_equal(json_integer_value(json_object_get(event, "seq")), 2);
}

static void test_append_in_transaction(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	const char *id = "J20261123-AAAAAA";
	assert_int_equal(store_begin(store, NULL), 0);
	insert_job(store, id, NOW);
	append_kinds(store, id, "created,guard");
	store_rollback(store);
	struct job_record job = { 0 };
	assert_int_equal(jobs_load(store, id, &job, &error), -ENOENT);

	assert_int_equal(store_begin(store, NULL), 0);
	insert_job(store, id, NOW);
	append_kinds(store, id, "created,guard");
	assert_ok(store_commit(store, &error), &error);
	/* Numbers go on where the last committed event was, not where one was rolled back. */
	assert_int_equal(store_begin(store, NULL), 0);
	append_kind(store, id, "opened");
	store_rollback(store);
	append_kind(store, id, "opened");
	store_fixture_reopen(fixture, STORE_READ);
	AUTO_JSON json_t *evidence = NULL;
	assert_ok(jobs_evidence(fixture->store, id, &evidence, &error), &error);
	assert_int_equal(json_array_size(evidence), 3);
}

/* Many processes append to one job: no number twice, none missing. */
static void test_append_by_many(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	const char *id = "J20261123-AAAAAA";
	insert_job(fixture->store, id, NOW);
	fixture->store = store_close(fixture->store);
	pid_t children[4];
	for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0) {
			struct store *store = NULL;
			int r = store_open(fixture->path, STORE_WRITE, &store, NULL);
			for (int j = 0; j < 20 && r == 0; j++)
				r = try_append_kind(store, id, "bad-range", NULL);
			store_close(store);
			_exit(r == 0 ? 0 : 1);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
		int status = -1;
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	store_fixture_reopen(fixture, STORE_READ);
	AUTO_JSON json_t *evidence = NULL;
	assert_ok(jobs_evidence(fixture->store, id, &evidence, &error), &error);
	assert_int_equal(json_array_size(evidence), 80);
}

static void test_tampering_is_noticed(void **state)
{
	struct store_fixture *fixture = *state;
	static const char *const ways[] = {
		"UPDATE evidence SET event = replace(event, 'guard', 'other') WHERE seq = 2",
		"UPDATE evidence SET kind = 'ended' WHERE seq = 3",
		"DELETE FROM evidence WHERE seq = 1",
		"DELETE FROM evidence WHERE seq = 2",
		"UPDATE evidence SET seq = 9 WHERE seq = 3",
		/* 2 and 3 change places */
		("UPDATE evidence SET seq = -seq WHERE seq > 1;"
		 " UPDATE evidence SET seq = 5 + seq WHERE seq < 0"),
		"UPDATE evidence SET digest = upper(digest) WHERE seq = 1",
		"UPDATE evidence SET event = ' ' || event WHERE seq = 1",
		"UPDATE evidence SET job_id = 'J20261123-BBBBBB'",
		"UPDATE job SET digest = 'ab' WHERE id = 'J20261123-AAAAAA'",
	};
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct error error = { 0 };
		char id[JOB_ID_SIZE] = "J20261123-AAAAAA";
		insert_job(fixture->store, id, NOW);
		insert_job(fixture->store, "J20261123-BBBBBB", NOW + 1);
		append_kinds(fixture->store, id, "created,guard,opened");
		fixture->store = store_close(fixture->store);
		store_fixture_tamper(fixture,
			"DROP TRIGGER evidence_refuse_UPDATE;"
			"DROP TRIGGER evidence_refuse_DELETE; DROP TRIGGER job_refuse_UPDATE;"
			"PRAGMA ignore_check_constraints = ON");
		char sql[512];
		(void)snprintf(
			sql, sizeof(sql), "PRAGMA ignore_check_constraints = ON; %s", ways[i]);
		store_fixture_tamper(fixture, sql);
		store_fixture_reopen(fixture, STORE_READ);
		if (strstr(ways[i], "BBBBBB"))
			memset(id + 10, 'B', 6);
		json_t *evidence = NULL;
		int r = jobs_evidence(fixture->store, id, &evidence, &error);
		if (r != -EBADMSG)
			fail_msg("not noticed: %s", ways[i]);
		assert_string_equal(error.code, "store-corrupt");
		assert_null(evidence);
		/* A fresh store for the next way. */
		void *fresh = fixture;
		assert_int_equal(store_fixture_teardown(&fresh), 0);
		assert_int_equal(store_fixture_setup(&fresh), 0);
		fixture = fresh;
		*state = fixture;
	}
}

static void test_changed_plan_is_noticed(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	insert_job(fixture->store, "J20261123-AAAAAA", NOW);
	fixture->store = store_close(fixture->store);
	store_fixture_tamper(fixture, "DROP TRIGGER job_refuse_UPDATE;"
				      "UPDATE job SET plan = '{\"scheme\":\"zero\"}'");
	store_fixture_reopen(fixture, STORE_WRITE);
	struct job_record job = { 0 };
	struct job_list list = { 0 };
	assert_int_equal(jobs_load(fixture->store, "J20261123-AAAAAA", &job, &error), -EBADMSG);
	assert_string_equal(error.code, "store-corrupt");
	assert_int_equal(jobs_list(fixture->store, JOB_UNKNOWN, &list, &error), -EBADMSG);
	assert_null(job.plan);
	assert_null(list.items);
}

/* -- journal -- */

static void test_journal(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	const char *id = "J20261123-AAAAAA";
	insert_job(fixture->store, id, NOW);
	assert_ok(jobs_journal(fixture->store, id, 1, 0, INT64_MAX, NOW, &error), &error);
	assert_ok(jobs_journal(fixture->store, id, 1, INT64_MAX - 1, INT64_MAX, NOW + 5, &error),
		&error);
	store_fixture_reopen(fixture, STORE_READ);
	AUTO_JOB struct job_record job = { 0 };
	assert_ok(jobs_load(fixture->store, id, &job, &error), &error);
	assert_int_equal(job.step, 1);
	assert_true(job.durable_bytes == INT64_MAX - 1);
	assert_true(job.total_bytes == INT64_MAX);
	assert_true(job.journal_utc_ms == NOW + 5);
}

/* Killed without warning: whatever was acknowledged is there. */
static void test_killed_while_recording(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	const char *id = "J20261123-AAAAAA";
	insert_job(fixture->store, id, NOW);
	fixture->store = store_close(fixture->store);
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct store *store = NULL;
		int r = store_open(fixture->path, STORE_WRITE, &store, NULL);
		for (int64_t i = 1; r == 0; i++) {
			r = try_append_kind(store, id, "bad-range", NULL);
			if (r == 0)
				r = jobs_journal(store, id, 1, i, i, NOW, NULL);
			if (r == 0 && write(ends[1], &i, sizeof(i)) != sizeof(i))
				r = -1;
		}
		_exit(1);
	}
	(void)close(ends[1]);
	int64_t acknowledged = 0;
	for (int i = 0; i < 25; i++)
		assert_int_equal(
			read(ends[0], &acknowledged, sizeof(acknowledged)), sizeof(acknowledged));
	end_owner(child);
	while (read(ends[0], &acknowledged, sizeof(acknowledged)) == sizeof(acknowledged))
		continue;
	(void)close(ends[0]);
	store_fixture_reopen(fixture, STORE_WRITE);
	AUTO_JSON json_t *evidence = NULL;
	assert_ok(jobs_evidence(fixture->store, id, &evidence, &error), &error);
	assert_in_range(json_array_size(evidence), acknowledged, acknowledged + 1);
	AUTO_JOB struct job_record job = { 0 };
	assert_ok(jobs_load(fixture->store, id, &job, &error), &error);
	assert_in_range(job.durable_bytes, acknowledged, json_array_size(evidence));
	assert_int_equal(job.state, JOB_INTERRUPTED);
}

/* -- certificates -- */

static void test_certificates(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	const char *id = "J20261123-AAAAAA";
	insert_job(store, id, NOW);
	append_kinds(store, id, "created,opened,interrupted");
	AUTO_CERTIFICATE struct certificate_record none = { 0 };
	assert_int_equal(certificates_latest(store, id, &none, &error), 0);
	/* The second comes last, though its name sorts first. */
	certify_job(store, id, "z-first", 3);
	append_kinds(store, id, "resumed,ended");
	certify_job(store, id, "a-second", 5);
	store_fixture_reopen(fixture, STORE_READ);
	AUTO_CERTIFICATE struct certificate_record found = { 0 };
	assert_int_equal(certificates_latest(fixture->store, id, &found, &error), 1);
	assert_string_equal(found.name, "a-second");
	assert_string_equal(found.job_id, id);
	assert_string_equal(found.json, "{\"outcome\":\"proven\"}");
	assert_string_equal(found.p7s_hex, "3000");
	assert_string_equal(found.outcome, "proven");
	assert_int_equal(found.evidence_count, 5);
	assert_true(found.issued_utc_ms == NOW);
	assert_int_equal(job_state_of(fixture->store, id), JOB_CERTIFIED);
}

static void test_certificate_refused(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	char json[] = "{}";
	char p7s[] = "3000";
	insert_job(store, "J20261123-AAAAAA", NOW);
	append_kinds(store, "J20261123-AAAAAA", "created,ended");
	const struct certificate_record good = {
		.name = "name",
		.job_id = "J20261123-AAAAAA",
		.evidence_count = 2,
		.outcome = "failed",
		.sha256 = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
		.json = json,
		.p7s_hex = p7s,
	};
	struct certificate_record bad = good;
	bad.sha256[0] = '5';
	assert_int_equal(certificates_insert(store, &bad, &error), -EINVAL);
	assert_string_equal(error.code, "certificate-malformed");
	bad = good;
	bad.evidence_count = 3;
	assert_int_equal(certificates_insert(store, &bad, &error), -EINVAL);
	bad.evidence_count = 0;
	assert_int_equal(certificates_insert(store, &bad, &error), -EINVAL);
	bad = good;
	bad.p7s_hex = NULL;
	assert_int_equal(certificates_insert(store, &bad, &error), -EINVAL);
	bad = good;
	bad.job_id[15] = 'B';
	assert_int_equal(certificates_insert(store, &bad, &error), -ENOENT);
	assert_int_equal(job_state_of(store, "J20261123-AAAAAA"), JOB_ENDED);
	assert_ok(certificates_insert(store, &good, &error), &error);
	assert_int_equal(certificates_insert(store, &good, &error), -EEXIST);
	assert_string_equal(error.code, "certificate-exists");

	fixture->store = store_close(fixture->store);
	store_fixture_tamper(fixture, "DROP TRIGGER certificate_refuse_UPDATE;"
				      "UPDATE certificate SET json = '{\"outcome\":\"proven\"}'");
	store_fixture_reopen(fixture, STORE_READ);
	struct certificate_record found = { 0 };
	assert_int_equal(
		certificates_latest(fixture->store, "J20261123-AAAAAA", &found, &error), -EBADMSG);
	assert_string_equal(error.code, "store-corrupt");
}

int main(void)
{
#define WITH_STORE(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_append_and_read),
		WITH_STORE(test_append_refused),
		WITH_STORE(test_append_replaces_stamp),
		WITH_STORE(test_append_in_transaction),
		WITH_STORE(test_append_by_many),
		WITH_STORE(test_tampering_is_noticed),
		WITH_STORE(test_changed_plan_is_noticed),
		WITH_STORE(test_journal),
		WITH_STORE(test_killed_while_recording),
		WITH_STORE(test_certificates),
		WITH_STORE(test_certificate_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
