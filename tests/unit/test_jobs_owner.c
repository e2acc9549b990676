/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which process owns a job: one at a time, known by more than its number, and gone when it ends. */
#include "tests/support/jobs_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
/* after the standard ones */
#include <cmocka.h>

static void test_own(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	const char *id = "J20261123-AAAAAA";
	struct error error = { 0 };
	struct owner other = { 0 };
	insert_job(store, id, NOW);
	assert_ok(jobs_own(store, id, &error), &error);
	assert_ok(jobs_own(store, id, &error), &error); /* again by ourselves */
	assert_int_equal(job_state_of(store, id), JOB_RUNNING);

	pid_t child = start_owner(&other);
	set_owner(store, other.boot_id, other.pid, other.start_ticks);
	assert_int_equal(jobs_own(store, id, &error), -EBUSY);
	assert_string_equal(error.code, "job-running");
	char pid[24];
	(void)snprintf(pid, sizeof(pid), "%d", (int)child);
	assert_non_null(strstr(error.what, pid));
	AUTO_JOB struct job_record job = { 0 };
	assert_ok(jobs_load(store, id, &job, &error), &error);
	assert_true(job.owner_pid == child);

	/* Nobody adds to the evidence of a living owner: not even that it was interrupted. */
	assert_int_equal(try_append_kind(store, id, "interrupted", &error), -EBUSY);
	assert_string_equal(error.code, "job-running");
	assert_int_equal(job_state_of(store, id), JOB_RUNNING);

	/* Killed, but its parent has not looked yet: a zombie owns nothing. */
	assert_int_equal(kill(child, SIGKILL), 0);
	siginfo_t information;
	assert_int_equal(waitid(P_PID, (id_t)child, &information, WEXITED | WNOWAIT), 0);
	assert_ok(jobs_own(store, id, &error), &error);
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
	append_kinds(store, id, "created,opened,interrupted");
	set_owner(store, other.boot_id, other.pid, other.start_ticks);
	assert_int_equal(job_state_of(store, id), JOB_INTERRUPTED);
	assert_ok(jobs_own(store, id, &error), &error);
	/* We have it, and say first how the last one ended: it stays ours. */
	append_kind(store, id, "interrupted");
	append_kind(store, id, "resumed");
	assert_int_equal(job_state_of(store, id), JOB_RUNNING);
	AUTO_JOB struct job_record job = { 0 };
	assert_ok(jobs_load(store, id, &job, &error), &error);
	assert_true(job.owner_pid == getpid());

	/* Another one came between our taking it and our first word. */
	append_kind(store, id, "interrupted");
	assert_ok(jobs_own(store, id, &error), &error);
	set_owner(store, other.boot_id, other.pid, other.start_ticks);
	assert_int_equal(try_append_kind(store, id, "resumed", &error), -EBUSY);
	assert_string_equal(error.code, "job-running");
	end_owner(child);
	append_kind(store, id, "resumed");
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

int main(void)
{
#define WITH_FOLDER(test)                                                                          \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup_folder, store_fixture_teardown)
#define WITH_STORE(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_own),
		WITH_STORE(test_resting_job_is_taken_once),
		cmocka_unit_test(test_owner_lives),
		cmocka_unit_test(test_process_stat),
		WITH_FOLDER(test_owner_by_fake_proc),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
