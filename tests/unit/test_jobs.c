/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Jobs in a real store: the state that follows from what is recorded and who lives, evidence without
 * gaps, and damage that is noticed. */
#include "base/digest.h"
#include "inventory/jobs/job_drives.h"
#include "inventory/jobs/jobs.h"
#include "inventory/jobs/owner.h"
#include "tests/support/store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
/* after the standard ones */
#include <cmocka.h>

#define NOW INT64_C(1795406400123) /* 2026-11-23T04:00:00.123Z */

/* -- helpers -- */

static void ok(int result, const struct error *error)
{
	if (result < 0)
		fail_msg("%d %s: %s", result, error->code, error->what);
}

static json_t *document(const char *key, const char *value)
{
	json_t *object = json_object();
	assert_int_equal(json_put_string(object, key, value), 0);
	return object;
}

static void insert_job(struct store *store, const char *id, int64_t created_utc_ms)
{
	struct error error = { 0 };
	AUTO_JOB struct job_record job = {
		.created_utc_ms = created_utc_ms,
		.subject = document("serial", "S-1"),
		.reason = document("ticket", "T-1 \xE5\xBB\x83\xE6\xA3\x84"),
		.people = document("operator", "O'Brien"),
		.plan = document("scheme", "random"),
	};
	(void)snprintf(job.id, sizeof(job.id), "%s", id);
	ok(jobs_insert(store, &job, &error), &error);
}

static int try_append(struct store *store, const char *id, const char *kind, struct error *error)
{
	AUTO_JSON json_t *event = document("kind", kind);
	return jobs_append(store, id, event, NOW, error);
}

static void append(struct store *store, const char *id, const char *kind)
{
	struct error error = { 0 };
	ok(try_append(store, id, kind, &error), &error);
}

/* "created,opened" */
static void append_all(struct store *store, const char *id, const char *kinds)
{
	char copy[256];
	(void)snprintf(copy, sizeof(copy), "%s", kinds);
	char *rest = copy;
	for (char *kind; (kind = strsep(&rest, ",")) != NULL;)
		if (*kind)
			append(store, id, kind);
}

static void certify(struct store *store, const char *id, const char *name, int64_t covered)
{
	struct error error = { 0 };
	char json[] = "{\"outcome\":\"proven\"}";
	char p7s[] = "3000";
	struct certificate_record certificate = {
		.issued_utc_ms = NOW,
		.evidence_count = covered,
		.outcome = "proven",
		.json = json,
		.p7s_hex = p7s,
	};
	(void)snprintf(certificate.name, sizeof(certificate.name), "%s", name);
	(void)snprintf(certificate.job_id, sizeof(certificate.job_id), "%s", id);
	assert_int_equal(digest_sha256_hex(json, strlen(json), certificate.sha256), 0);
	ok(certificates_insert(store, &certificate, &error), &error);
}

static enum job_state state_of(struct store *store, const char *id)
{
	struct error error = { 0 };
	AUTO_JOB struct job_record job = { 0 };
	ok(jobs_load(store, id, &job, &error), &error);
	return job.state;
}

/* Make another process the owner of every job. */
static void set_owner(struct store *store, const char *boot_id, int64_t pid, int64_t ticks)
{
	struct error error = { 0 };
	const struct store_value values[] = {
		STORE_STRING(boot_id),
		STORE_INT(pid),
		STORE_INT(ticks),
	};
	ok(store_execute(store,
		   "UPDATE journal SET owner_boot_id = $1, owner_pid = $2, owner_start_ticks = $3",
		   values, ARRAY_SIZE(values), NULL, &error),
		&error);
}

/* A process of ours that waits to be killed, and what it is known by. */
static pid_t start_owner(struct owner *ret)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct owner self = { 0 };
		/* A name that looks like the fields behind it. */
		(void)prctl(PR_SET_NAME, "a) Z 1 (b");
		if (owner_self(NULL, &self) == 0)
			(void)!write(ends[1], &self, sizeof(self));
		(void)close(ends[1]);
		for (;;)
			(void)pause();
	}
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], ret, sizeof(*ret)), sizeof(*ret));
	(void)close(ends[0]);
	return child;
}

static void end_owner(pid_t child)
{
	int status = 0;
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
}

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
	ok(jobs_load(fixture->store, "J20261123-AAAAAA", &job, &error), &error);
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
	AUTO_JSON json_t *event = document("kind", "created");
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
	assert_int_equal(state_of(fixture->store, "J20261123-AAAAAA"), JOB_READY);
}

static void test_insert_refused(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	insert_job(fixture->store, "J20261123-AAAAAA", NOW);
	AUTO_JOB struct job_record job = {
		.id = "J20261123-AAAAAA",
		.subject = document("serial", "other"),
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
	ok(jobs_list(fixture->store, JOB_UNKNOWN, &list, &error), &error);
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
		append_all(store, id, cases[i].kinds);
		if (cases[i].covered)
			certify(store, id, id, cases[i].covered);
		struct owner owner = { 0 };
		if (cases[i].owner != NOBODY)
			owner = cases[i].owner == LIVING ? living : dead;
		set_owner(store, owner.boot_id, owner.pid, owner.start_ticks);
		if (state_of(store, id) != cases[i].expected)
			fail_msg("case %zu (%s): %s, not %s", i, cases[i].kinds,
				job_state_name(state_of(store, id)),
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
	append_all(store, "J20261123-BBBBBB", "created,guard,ended");
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
		ok(jobs_list(store, cases[i].wanted, &list, &error), &error);
		for (size_t j = 0; j < list.count; j++) {
			(void)strcat(strcat(ids, list.items[j].id), " ");
			assert_non_null(list.items[j].plan);
		}
		assert_string_equal(ids, cases[i].expected);
	}
}

/* -- owners -- */

static void test_own(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	const char *id = "J20261123-AAAAAA";
	struct error error = { 0 };
	struct owner other = { 0 };
	insert_job(store, id, NOW);
	ok(jobs_own(store, id, &error), &error);
	ok(jobs_own(store, id, &error), &error); /* again by ourselves */
	assert_int_equal(state_of(store, id), JOB_RUNNING);

	pid_t child = start_owner(&other);
	set_owner(store, other.boot_id, other.pid, other.start_ticks);
	assert_int_equal(jobs_own(store, id, &error), -EBUSY);
	assert_string_equal(error.code, "job-running");
	char pid[24];
	(void)snprintf(pid, sizeof(pid), "%d", (int)child);
	assert_non_null(strstr(error.what, pid));
	AUTO_JOB struct job_record job = { 0 };
	ok(jobs_load(store, id, &job, &error), &error);
	assert_true(job.owner_pid == child);

	/* Nobody adds to the evidence of a living owner: not even that it was interrupted. */
	assert_int_equal(try_append(store, id, "interrupted", &error), -EBUSY);
	assert_string_equal(error.code, "job-running");
	assert_int_equal(state_of(store, id), JOB_RUNNING);

	/* Killed, but its parent has not looked yet: a zombie owns nothing. */
	assert_int_equal(kill(child, SIGKILL), 0);
	siginfo_t information;
	assert_int_equal(waitid(P_PID, (id_t)child, &information, WEXITED | WNOWAIT), 0);
	ok(jobs_own(store, id, &error), &error);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

/* Of two that take up an interrupted job only one can go on, whatever their order. */
static void test_resting_job_is_taken_once(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	const char *id = "J20261123-AAAAAA";
	struct error error = { 0 };
	struct owner other = { 0 };
	insert_job(store, id, NOW);
	pid_t child = start_owner(&other);
	/* The process that was stopped lives on: its job is free. */
	append_all(store, id, "created,opened,interrupted");
	set_owner(store, other.boot_id, other.pid, other.start_ticks);
	assert_int_equal(state_of(store, id), JOB_INTERRUPTED);
	ok(jobs_own(store, id, &error), &error);
	/* We have it, and say first how the last one ended: it stays ours. */
	append(store, id, "interrupted");
	append(store, id, "resumed");
	assert_int_equal(state_of(store, id), JOB_RUNNING);
	AUTO_JOB struct job_record job = { 0 };
	ok(jobs_load(store, id, &job, &error), &error);
	assert_true(job.owner_pid == getpid());

	/* Another one came between our taking it and our first word. */
	append(store, id, "interrupted");
	ok(jobs_own(store, id, &error), &error);
	set_owner(store, other.boot_id, other.pid, other.start_ticks);
	assert_int_equal(try_append(store, id, "resumed", &error), -EBUSY);
	assert_string_equal(error.code, "job-running");
	end_owner(child);
	append(store, id, "resumed");
}

static void test_owner_lives(void **state)
{
	(void)state;
	struct owner owner = { 0 };
	pid_t child = start_owner(&owner);
	assert_true(owner_lives(&owner, NULL));
	struct owner reused = owner;
	reused.start_ticks++; /* the same number, another process */
	assert_false(owner_lives(&reused, NULL));
	struct owner earlier = owner;
	earlier.boot_id[0] = earlier.boot_id[0] == '0' ? '1' : '0';
	assert_false(owner_lives(&earlier, NULL));
	struct owner nobody = { 0 };
	assert_false(owner_lives(&nobody, NULL));
	end_owner(child);
	assert_false(owner_lives(&owner, NULL));
}

static void test_process_stat(void **state)
{
	(void)state;
#define FIELDS_4_TO_19 " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"
	static const struct {
		const char *text;
		int result;
		char process_state;
		int64_t threads;
		int64_t ticks;
	} cases[] = {
		{ "12 (haiki) S" FIELDS_4_TO_19 " 3 0 7777 1 2 3", 0, 'S', 3, 7777 },
		{ "12 (a b) Z" FIELDS_4_TO_19 " 1 0 8 1 2 3", 0, 'Z', 1, 8 },
		{ "12 (x) R 0 (y)) D" FIELDS_4_TO_19 " 1 0 9 1 2 3", 0, 'D', 1, 9 },
		{ "12 (new\nline) R" FIELDS_4_TO_19 " 1 0 9 1 2 3", 0, 'R', 1, 9 },
		{ "12 () R" FIELDS_4_TO_19 " 1 0 10 1 2 3", 0, 'R', 1, 10 },
		{ "12 (haiki) S" FIELDS_4_TO_19 " 3 0", -EINVAL, 0, 0, 0 },
		{ "12 (haiki) S" FIELDS_4_TO_19 " 3 0 word", -EINVAL, 0, 0, 0 },
		{ "12 (haiki) S" FIELDS_4_TO_19 " 3 0 -5", -EINVAL, 0, 0, 0 },
		{ "12 haiki S" FIELDS_4_TO_19 " 3 0 7777", -EINVAL, 0, 0, 0 },
		{ "12 (haiki)", -EINVAL, 0, 0, 0 },
		{ "", -EINVAL, 0, 0, 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct process_stat stat = { 0 };
		assert_int_equal(process_stat_parse(cases[i].text, &stat), cases[i].result);
		assert_int_equal(stat.state, cases[i].process_state);
		assert_true(stat.thread_count == cases[i].threads);
		assert_true(stat.start_ticks == cases[i].ticks);
	}
}

/* A /proc of our own: what cannot be told is "lives". */
static void test_owner_by_fake_proc(void **state)
{
	struct store_fixture *fixture = *state;
	struct owner owner = { 0 };
	assert_int_equal(owner_self(NULL, &owner), 0);
	owner.pid = 4000;
	owner.start_ticks = 500;
	char folder[96];
	char path[128];
	(void)snprintf(folder, sizeof(folder), "%s/4000", fixture->folder);
	(void)snprintf(path, sizeof(path), "%s/stat", folder);
	const struct system_paths paths = { .proc = fixture->folder };
	assert_false(owner_lives(&owner, &paths)); /* no such process */
	assert_int_equal(mkdir(folder, 0700), 0);
	static const struct {
		const char *text;
		bool lives;
	} cases[] = {
		{ "4000 (h) S" FIELDS_4_TO_19 " 2 0 500 0", true },
		{ "4000 (h) S" FIELDS_4_TO_19 " 2 0 501 0", false },
		{ "4000 (h) Z" FIELDS_4_TO_19 " 1 0 500 0", false },
		/* Its first thread has ended; another may still be writing. */
		{ "4000 (h) Z" FIELDS_4_TO_19 " 2 0 500 0", true },
		{ "4000 (h) D" FIELDS_4_TO_19 " 1 0 500 0", true },
		{ "nothing that can be read", true },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		assert_true(fputs(cases[i].text, file) >= 0);
		assert_int_equal(fclose(file), 0);
		if (owner_lives(&owner, &paths) != cases[i].lives)
			fail_msg("%s", cases[i].text);
	}
}

/* -- evidence -- */

static void test_append_and_read(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	insert_job(store, "J20261123-AAAAAA", NOW);
	insert_job(store, "J20261123-BBBBBB", NOW);
	append_all(store, "J20261123-AAAAAA", "created,guard");
	append_all(store, "J20261123-BBBBBB", "created");
	append_all(store, "J20261123-AAAAAA", "opened");
	store_fixture_reopen(fixture, STORE_READ);
	AUTO_JSON json_t *events = NULL;
	ok(jobs_evidence(fixture->store, "J20261123-AAAAAA", &events, &error), &error);
	AUTO_BUFFER struct buffer text = BUFFER_INIT(4096);
	assert_int_equal(json_write_canonical(events, &text), 0);
	assert_string_equal(buffer_text(&text),
		"[{\"kind\":\"created\",\"seq\":1,\"utc\":\"2026-11-23T04:00:00.123Z\"},"
		"{\"kind\":\"guard\",\"seq\":2,\"utc\":\"2026-11-23T04:00:00.123Z\"},"
		"{\"kind\":\"opened\",\"seq\":3,\"utc\":\"2026-11-23T04:00:00.123Z\"}]");
	AUTO_JSON json_t *others = NULL;
	ok(jobs_evidence(fixture->store, "J20261123-BBBBBB", &others, &error), &error);
	assert_int_equal(json_array_size(others), 1);
}

static void test_append_refused(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	const char *id = "J20261123-AAAAAA";
	insert_job(store, id, NOW);
	append(store, id, "created");
	AUTO_JSON json_t *no_kind = json_object();
	AUTO_JSON json_t *real = document("kind", "guard");
	AUTO_JSON json_t *array = json_array();
	assert_int_equal(json_object_set_new(real, "share", json_real(0.5)), 0);
	json_t *const events[] = { no_kind, real, array };
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		assert_int_equal(jobs_append(store, id, events[i], NOW, &error), -EINVAL);
		assert_string_equal(error.code, "event-malformed");
	}
	append(store, id, "guard");
	AUTO_JSON json_t *evidence = NULL;
	ok(jobs_evidence(store, id, &evidence, &error), &error);
	assert_int_equal(json_array_size(evidence), 2);
}

/* An event may have come from reading: the old stamp is replaced. */
static void test_append_replaces_stamp(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	const char *id = "J20261123-AAAAAA";
	insert_job(fixture->store, id, NOW);
	AUTO_JSON json_t *event = document("kind", "created");
	assert_int_equal(json_put_integer(event, "seq", 77), 0);
	assert_int_equal(json_put_string(event, "utc", "yesterday"), 0);
	ok(jobs_append(fixture->store, id, event, NOW, &error), &error);
	assert_int_equal(json_integer_value(json_object_get(event, "seq")), 1);
	ok(jobs_append(fixture->store, id, event, NOW, &error), &error);
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
	append_all(store, id, "created,guard");
	store_rollback(store);
	struct job_record job = { 0 };
	assert_int_equal(jobs_load(store, id, &job, &error), -ENOENT);

	assert_int_equal(store_begin(store, NULL), 0);
	insert_job(store, id, NOW);
	append_all(store, id, "created,guard");
	ok(store_commit(store, &error), &error);
	/* Numbers go on where the last committed event was, not where one was rolled back. */
	assert_int_equal(store_begin(store, NULL), 0);
	append(store, id, "opened");
	store_rollback(store);
	append(store, id, "opened");
	store_fixture_reopen(fixture, STORE_READ);
	AUTO_JSON json_t *evidence = NULL;
	ok(jobs_evidence(fixture->store, id, &evidence, &error), &error);
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
				r = try_append(store, id, "bad-range", NULL);
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
	ok(jobs_evidence(fixture->store, id, &evidence, &error), &error);
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
		append_all(fixture->store, id, "created,guard,opened");
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
	ok(jobs_journal(fixture->store, id, 1, 0, INT64_MAX, NOW, &error), &error);
	ok(jobs_journal(fixture->store, id, 1, INT64_MAX - 1, INT64_MAX, NOW + 5, &error), &error);
	store_fixture_reopen(fixture, STORE_READ);
	AUTO_JOB struct job_record job = { 0 };
	ok(jobs_load(fixture->store, id, &job, &error), &error);
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
			r = try_append(store, id, "bad-range", NULL);
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
	ok(jobs_evidence(fixture->store, id, &evidence, &error), &error);
	assert_in_range(json_array_size(evidence), acknowledged, acknowledged + 1);
	AUTO_JOB struct job_record job = { 0 };
	ok(jobs_load(fixture->store, id, &job, &error), &error);
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
	append_all(store, id, "created,opened,interrupted");
	AUTO_CERTIFICATE struct certificate_record none = { 0 };
	assert_int_equal(certificates_latest(store, id, &none, &error), 0);
	/* The second comes last, though its name sorts first. */
	certify(store, id, "z-first", 3);
	append_all(store, id, "resumed,ended");
	certify(store, id, "a-second", 5);
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
	assert_int_equal(state_of(fixture->store, id), JOB_CERTIFIED);
}

static void test_certificate_refused(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	char json[] = "{}";
	char p7s[] = "3000";
	insert_job(store, "J20261123-AAAAAA", NOW);
	append_all(store, "J20261123-AAAAAA", "created,ended");
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
	assert_int_equal(state_of(store, "J20261123-AAAAAA"), JOB_ENDED);
	ok(certificates_insert(store, &good, &error), &error);
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
	ok(jobs_insert(store, &job, &error), &error);
}

/* "J-1,J-2," */
static void assert_jobs_of(
	struct store *store, const char *serial, const char *wwn, const char *expected)
{
	struct error error = { 0 };
	char ids[128] = "";
	AUTO_JOBS struct job_list list = { 0 };
	ok(jobs_of_drive(store, serial, wwn, &list, &error), &error);
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
		ok(job_drives_fill(fixture->store, &error), &error);
	}
}

int main(void)
{
#define WITH_FOLDER(test)                                                                          \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup_folder, store_fixture_teardown)
#define WITH_STORE(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_id),
		WITH_STORE(test_insert_and_load),
		WITH_STORE(test_unknown_job),
		WITH_STORE(test_insert_refused),
		WITH_STORE(test_states),
		WITH_STORE(test_list),
		WITH_STORE(test_own),
		WITH_STORE(test_resting_job_is_taken_once),
		cmocka_unit_test(test_owner_lives),
		cmocka_unit_test(test_process_stat),
		WITH_FOLDER(test_owner_by_fake_proc),
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
		WITH_STORE(test_jobs_of_drive),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
