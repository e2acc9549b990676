/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The judge: named stories with the outcome they must have. (Every small change to a proven job is
 * tried in test_judge_changes.c.) */
#include "verify/judge/judge.h"

#include "tests/support/sample_job.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct verdict judge_job(const struct sample_job *job)
{
	struct verdict verdict;

	judge(job->subject, job->plan, job->evidence, &verdict);
	return verdict;
}

static bool has_reason(const struct verdict *verdict, const char *code, int64_t step)
{
	for (size_t i = 0; i < verdict->reason_count; i++)
		if (strcmp(verdict->reasons[i].code, code) == 0 && verdict->reasons[i].step == step)
			return true;
	return false;
}

static void print_reasons(const struct verdict *verdict)
{
	print_error("%s:", outcome_name(verdict->outcome));
	for (size_t i = 0; i < verdict->reason_count; i++)
		print_error(
			" %s/%lld", verdict->reasons[i].code, (long long)verdict->reasons[i].step);
	print_error("\n");
}

static void expect(
	const struct sample_job *job, enum outcome outcome, const char *code, int64_t step)
{
	struct verdict verdict = judge_job(job);

	if (verdict.outcome != outcome || (code && !has_reason(&verdict, code, step)))
		print_reasons(&verdict);
	assert_int_equal(verdict.outcome, outcome);
	assert_string_equal(level_name(verdict.level),
		outcome == OUTCOME_PROVEN ? json_string_value(json_object_get(job->plan, "level"))
					  : "none");
	assert_int_equal(verdict.reason_count == 0, outcome == OUTCOME_PROVEN);
	for (size_t i = 0; i < verdict.reason_count; i++) /* each has a sentence */
		assert_string_not_equal(
			judge_reason_text(verdict.reasons[i].code), verdict.reasons[i].code);
	if (code)
		assert_true(has_reason(&verdict, code, step));
}

/* Named stories ------------------------------------------------------------------------------ */

static void test_sample_jobs_are_proven(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < SAMPLE_JOB_KINDS; kind++) {
		enum sample_job_kind which = (enum sample_job_kind)kind;
		struct sample_job job;
		struct verdict verdict;

		sample_job_make(which, &job);
		print_message("  %s\n", sample_job_name(which));
		expect(&job, OUTCOME_PROVEN, NULL, 0);
		verdict = judge_job(&job);
		assert_string_equal(level_name(verdict.level), sample_job_level(which));
		assert_string_equal(
			verification_name(verdict.verification), sample_job_verification(which));
		assert_int_equal(verdict.bytes_overwritten, sample_job_overwritten(which));
		assert_int_equal(verdict.bytes_read_back, sample_job_read_back(which));
		assert_int_equal(verdict.bytes_bad, 0);
		assert_int_equal(verdict.deallocated, which == SAMPLE_JOB_FOUND);
		sample_job_free(&job);
	}
}

static void test_zeroed_memory_is_unknown(void **state)
{
	struct verdict verdict = { 0 };

	(void)state;
	assert_int_equal(verdict.outcome, OUTCOME_UNKNOWN);
	assert_int_equal(verdict.level, LEVEL_NONE);
	judge(NULL, NULL, NULL, &verdict);
	assert_int_equal(verdict.outcome, OUTCOME_UNKNOWN);
	assert_int_equal(verdict.reason_count, 3);
}

/* Edits of a proven plain job: opened is event 2, started 1 is 3, finished 1 is 4, started 2 is 5,
 * finished 2 is 6, started 3 is 7, finished 3 is 8, closing 9, ended 10. */
static void edit_nothing_begun(struct sample_job *job)
{
	sample_cut(job, 2);
}

static void edit_still_running(struct sample_job *job)
{
	sample_cut(job, 4);
}

static void edit_interrupted(struct sample_job *job)
{
	sample_cut(job, 4);
	sample_append(job, sample_interrupted("process-lost"));
}

static void edit_cancelled(struct sample_job *job)
{
	sample_cut(job, 4);
	sample_append(job, sample_finished(1, "cancelled", 1048576, 1));
	sample_append(job, sample_interrupted("operator"));
}

static void edit_refused(struct sample_job *job)
{
	sample_cut(job, 1);
	sample_append(job, sample_guard("refused"));
	sample_append(job, sample_ended());
}

static void edit_refused_by_planning(struct sample_job *job)
{
	json_object_set_new(job->plan, "steps", json_array());
	sample_set_integer(job->plan, "capacity_bytes", 0);
	sample_set_integer(job->plan, "sector_bytes", 0);
	sample_set_text(job->plan, "level", "none");
	sample_cut(job, 2);
	sample_append(job,
		json_pack("{s:s, s:s}", "kind", "plan-refused", "code", "level-not-reachable"));
	sample_append(job, sample_ended());
}

static void edit_refused_twice(struct sample_job *job)
{
	edit_refused_by_planning(job);
	sample_remove(job, 1);
	sample_insert(job, 1, sample_guard("refused"));
}

static void edit_refused_and_begun(struct sample_job *job)
{
	sample_remove(job, 1);
	sample_insert(job, 1, sample_guard("refused"));
}

static void edit_refused_then_passed(struct sample_job *job)
{
	sample_insert(job, 1, sample_guard("refused"));
}

static void edit_refused_when_resumed(struct sample_job *job)
{
	edit_interrupted(job);
	sample_append(job, sample_resumed());
	sample_append(job, sample_guard("refused"));
	sample_append(job, sample_ended());
}

static void edit_plan_refused_and_begun(struct sample_job *job)
{
	sample_insert(job, 2,
		json_pack("{s:s, s:s}", "kind", "plan-refused", "code", "level-not-reachable"));
}

static void edit_guard_without_checks(struct sample_job *job)
{
	json_object_set_new(sample_event(job, "guard", 0), "checks", json_array());
}

static void edit_guard_check_not_made(struct sample_job *job)
{
	json_t *checks = json_object_get(sample_event(job, "guard", 0), "checks");

	sample_set_text(json_array_get(checks, 1), "result", "not-made");
}

static void edit_purge_by_overwriting(struct sample_job *job)
{
	sample_set_text(job->plan, "level", "purge");
}

static void edit_other_serial(struct sample_job *job)
{
	json_t *identity = json_object_get(sample_event(job, "opened", 0), "identity");

	sample_set_text(identity, "serial", "ZA1B2C3E");
}

static void edit_shared(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "opened", 0), "exclusive", 0);
}

static void edit_native_unknown(struct sample_job *job)
{
	json_t *native = json_object_get(sample_event(job, "opened", 0), "native");

	sample_set_text(native, "source", "unknown");
	sample_set_integer(native, "bytes", 0);
}

static void edit_hidden_sectors(struct sample_job *job)
{
	sample_set_integer(
		json_object_get(job->subject, "native"), "bytes", SAMPLE_CAPACITY_BYTES + 512);
}

static void edit_virtual_native_of_real_drive(struct sample_job *job)
{
	sample_set_text(
		json_object_get(sample_event(job, "opened", 0), "native"), "source", "virtual");
}

static void edit_flush_ignored(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "finished", 0), "flushed", 0);
}

static void edit_flush_failed(struct sample_job *job)
{
	sample_cut(job, 4);
	sample_append(job, sample_finished(1, "flush-failed", SAMPLE_CAPACITY_BYTES, 0));
	sample_append(job, sample_ended());
}

static void append_all_steps(struct sample_job *job, int64_t from)
{
	sample_append(job, sample_resumed());
	sample_append(job, sample_guard("passed"));
	sample_append(job, sample_opened());
	sample_append(job, sample_started(1, from));
	sample_append(job, sample_finished(1, "complete", SAMPLE_CAPACITY_BYTES - from, 1));
	sample_append(job, sample_started(2, 0));
	sample_append(job, sample_finished(2, "complete", SAMPLE_CAPACITY_BYTES, 0));
	sample_append(job, sample_started(3, 0));
	sample_append(job, sample_finished(3, "complete", 4096, 0));
	sample_append(job, sample_closing());
	sample_append(job, sample_ended());
}

static void edit_flush_failed_and_resumed(struct sample_job *job)
{
	sample_cut(job, 4);
	sample_append(job, sample_finished(1, "flush-failed", SAMPLE_CAPACITY_BYTES, 0));
	sample_append(job, sample_interrupted("drive"));
	append_all_steps(job, 0);
}

static void edit_gap_between_runs(struct sample_job *job)
{
	sample_cut(job, 4);
	sample_append(job, sample_finished(1, "cancelled", 1048576, 1));
	sample_append(job, sample_interrupted("operator"));
	append_all_steps(job, 1048576 + 512);
}

static void edit_overlapping_runs(struct sample_job *job)
{
	sample_cut(job, 4);
	sample_append(job, sample_finished(1, "vanished", 1048576, 0));
	sample_append(job, sample_interrupted("drive"));
	append_all_steps(job, 524288);
}

static void edit_bad_range_before_kill(struct sample_job *job)
{
	sample_cut(job, 4);
	sample_append(job, sample_bad_range(1, "unwritable"));
	sample_append(job, sample_interrupted("process-lost"));
	append_all_steps(job, 1048576);
}

static void edit_starts_in_the_middle(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "started", 0), "from_bytes", 4096);
	sample_set_integer(sample_event(job, "finished", 0), "bytes", SAMPLE_CAPACITY_BYTES - 4096);
}

static void edit_last_sector_not_written(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "finished", 0), "bytes", SAMPLE_CAPACITY_BYTES - 512);
}

static void edit_last_sector_not_read(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "finished", 1), "bytes", SAMPLE_CAPACITY_BYTES - 512);
}

static void edit_unwritable(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "finished", 0), "bad_bytes", 512);
	sample_insert(job, 4, sample_bad_range(1, "unwritable"));
}

static void edit_mismatch(struct sample_job *job)
{
	sample_insert(job, 6, sample_bad_range(2, "mismatch"));
}

static void edit_read_back_resumed_in_the_middle(struct sample_job *job)
{
	sample_cut(job, 6);
	sample_append(job, sample_interrupted("power-lost"));
	sample_append(job, sample_resumed());
	sample_append(job, sample_guard("passed"));
	sample_append(job, sample_opened());
	sample_append(job, sample_started(2, 4194304));
	sample_append(job, sample_finished(2, "complete", 4194304, 0));
}

static void edit_read_back_skipped(struct sample_job *job)
{
	sample_remove(job, 5);
	sample_remove(job, 5);
}

static void edit_scan_skipped(struct sample_job *job)
{
	sample_remove(job, 7);
	sample_remove(job, 7);
}

static void edit_scan_looked_at_nothing(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "finished", 2), "bytes", 0);
}

static void edit_scan_unreadable(struct sample_job *job)
{
	sample_cut(job, 8);
	sample_append(job, sample_finished(3, "internal", 4096, 0));
	sample_append(job, sample_ended());
}

static void edit_residue(struct sample_job *job)
{
	sample_insert(job, 8, sample_residue(3, 0));
}

static void edit_coincident_residue(struct sample_job *job)
{
	sample_insert(job, 8, sample_residue(3, 1));
}

static void edit_swapped_at_end(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "closing", 0), "same", 0);
}

static void edit_not_looked_at_end(struct sample_job *job)
{
	sample_remove(job, 9);
}

static void edit_error(struct sample_job *job)
{
	sample_insert(job, 7, sample_error("journal"));
}

static void edit_hangs_in_scan(struct sample_job *job)
{
	sample_cut(job, 8);
	sample_append(job, sample_error("drive-hangs"));
	sample_append(job, sample_ended());
}

static void edit_ends_within_step(struct sample_job *job)
{
	sample_cut(job, 8);
	sample_append(job, sample_ended());
}

static void edit_cannot_open(struct sample_job *job)
{
	sample_cut(job, 2);
	sample_append(job, sample_error("drive-busy"));
	sample_append(job, sample_ended());
}

static void edit_goes_on_after_end(struct sample_job *job)
{
	sample_append(job, sample_interrupted("operator"));
}

static void edit_resumed_without_interruption(struct sample_job *job)
{
	sample_insert(job, 2, sample_resumed());
	sample_insert(job, 3, sample_guard("passed"));
}

static void edit_resumed_at_the_very_end(struct sample_job *job)
{
	sample_cut(job, 9);
	sample_append(job, sample_interrupted("process-lost"));
	sample_append(job, sample_resumed());
	sample_append(job, sample_guard("passed"));
	sample_append(job, sample_opened());
	sample_append(job, sample_closing());
	sample_append(job, sample_ended());
}

/* The same, but what was read before is read again under the last claim. */
static void edit_read_again_when_resumed(struct sample_job *job)
{
	sample_cut(job, 9);
	sample_append(job, sample_interrupted("process-lost"));
	sample_append(job, sample_resumed());
	sample_append(job, sample_guard("passed"));
	sample_append(job, sample_opened());
	sample_append(job, sample_started(2, 0));
	sample_append(job, sample_finished(2, "complete", SAMPLE_CAPACITY_BYTES, 0));
	sample_append(job, sample_started(3, 0));
	sample_append(job, sample_finished(3, "complete", 4096, 0));
	sample_append(job, sample_closing());
	sample_append(job, sample_ended());
}

/* A mismatch stays one, even if the second reading finds none. */
static void edit_mismatch_and_read_again(struct sample_job *job)
{
	edit_read_again_when_resumed(job);
	edit_mismatch(job);
}

static void edit_scanned_again_only(struct sample_job *job)
{
	edit_read_again_when_resumed(job);
	sample_remove(job, 13);
	sample_remove(job, 13);
}

static void edit_read_only(struct sample_job *job)
{
	sample_set_integer(
		json_object_get(sample_event(job, "opened", 0), "identity"), "read_only", 1);
}

static void edit_sectors_of_520(struct sample_job *job)
{
	sample_set_integer(json_object_get(job->subject, "identity"), "logical_sector_bytes", 520);
}

static void edit_no_name_at_all(struct sample_job *job)
{
	json_t *identities[] = { json_object_get(job->subject, "identity"),
		json_object_get(sample_event(job, "opened", 0), "identity"),
		json_object_get(sample_event(job, "closing", 0), "identity") };

	for (size_t i = 0; i < ARRAY_SIZE(identities); i++) {
		sample_set_text(identities[i], "serial", "");
		sample_set_text(identities[i], "wwn", "");
	}
}

static void edit_smaller_plan(struct sample_job *job)
{
	sample_set_integer(job->plan, "capacity_bytes", SAMPLE_CAPACITY_BYTES - 4096);
	for (unsigned i = 0; i < 2; i++)
		sample_set_integer(
			sample_event(job, "finished", i), "bytes", SAMPLE_CAPACITY_BYTES - 4096);
}

static void edit_part_of_medium_hidden(struct sample_job *job)
{
	json_t *identities[] = { json_object_get(job->subject, "identity"),
		json_object_get(sample_event(job, "opened", 0), "identity"),
		json_object_get(sample_event(job, "closing", 0), "identity") };

	for (size_t i = 0; i < ARRAY_SIZE(identities); i++)
		sample_set_integer(identities[i], "capacity_bytes", SAMPLE_CAPACITY_BYTES - 512);
}

static void edit_closed_in_an_earlier_claim(struct sample_job *job)
{
	sample_cut(job, 10);
	sample_append(job, sample_interrupted("process-lost"));
	sample_append(job, sample_resumed());
	sample_append(job, sample_guard("passed"));
	sample_append(job, sample_opened());
	sample_append(job, sample_ended());
}

static void edit_plan_refused_and_there(struct sample_job *job)
{
	sample_cut(job, 2);
	sample_append(job,
		json_pack("{s:s, s:s}", "kind", "plan-refused", "code", "level-not-reachable"));
	sample_append(job, sample_ended());
}

static void edit_bad_range_of_other_step(struct sample_job *job)
{
	sample_insert(job, 4, sample_bad_range(2, "unwritable"));
}

static void edit_bad_range_of_other_kind(struct sample_job *job)
{
	sample_insert(job, 4, sample_bad_range(1, "unreadable"));
}

static void edit_bad_range_after_step(struct sample_job *job)
{
	sample_insert(job, 5, sample_bad_range(2, "unreadable"));
}

static void edit_bad_bytes_without_range(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "finished", 1), "bad_bytes", 512);
}

static void edit_unsealed_plan(struct sample_job *job)
{
	json_t *step = json_array_get(json_object_get(job->plan, "steps"), 0);

	json_object_del(json_object_get(step, "pattern"), "key");
}

static void edit_unsealed_and_refused(struct sample_job *job)
{
	edit_unsealed_plan(job);
	edit_refused(job);
}

static void edit_no_events(struct sample_job *job)
{
	sample_cut(job, 0);
}

static const struct story {
	const char *name;
	void (*edit)(struct sample_job *job);
	enum outcome outcome;
	const char *code;
	int64_t step;
} stories[] = {
#define STORY(name, outcome, code, step)                                                           \
	{                                                                                          \
#name, edit_##name, OUTCOME_##outcome, code, step                                  \
	}
#define CONTRADICTS(name) STORY(name, UNKNOWN, "evidence-contradictory", 0)
	STORY(no_events, UNKNOWN, "not-ended", 0),
	STORY(nothing_begun, UNKNOWN, "not-ended", 0),
	STORY(still_running, UNKNOWN, "not-ended", 0),
	STORY(interrupted, INTERRUPTED, "interrupted", 0),
	STORY(cancelled, INTERRUPTED, "step-not-complete", 1),
	STORY(refused, REFUSED, "guard-refused", 0),
	STORY(refused_by_planning, REFUSED, "plan-refused", 0),
	STORY(refused_twice, REFUSED, "guard-refused", 0),
	STORY(refused_when_resumed, FAILED, "guard-refused", 0),
	STORY(unsealed_and_refused, REFUSED, "guard-refused", 0),
	CONTRADICTS(refused_and_begun),
	CONTRADICTS(refused_then_passed),
	CONTRADICTS(plan_refused_and_begun),
	CONTRADICTS(guard_without_checks),
	CONTRADICTS(guard_check_not_made),
	STORY(purge_by_overwriting, UNKNOWN, "level-not-held", 0),
	STORY(other_serial, FAILED, "other-drive", 0),
	STORY(shared, FAILED, "not-exclusive", 0),
	STORY(native_unknown, FAILED, "native-not-covered", 0),
	STORY(hidden_sectors, FAILED, "native-not-covered", 0),
	STORY(virtual_native_of_real_drive, FAILED, "native-not-covered", 0),
	STORY(flush_ignored, FAILED, "step-not-flushed", 1),
	STORY(flush_failed, FAILED, "flush-failed", 1),
	STORY(flush_failed_and_resumed, FAILED, "flush-failed", 1),
	CONTRADICTS(gap_between_runs),
	STORY(overlapping_runs, PROVEN, NULL, 0),
	STORY(bad_range_before_kill, FAILED, "unwritable", 1),
	CONTRADICTS(starts_in_the_middle),
	STORY(last_sector_not_written, FAILED, "step-not-whole", 1),
	STORY(last_sector_not_read, FAILED, "step-not-whole", 2),
	STORY(unwritable, FAILED, "unwritable", 1),
	STORY(mismatch, FAILED, "mismatch", 2),
	CONTRADICTS(read_back_resumed_in_the_middle),
	CONTRADICTS(read_back_skipped),
	STORY(scan_skipped, FAILED, "step-not-complete", 3),
	STORY(scan_looked_at_nothing, FAILED, "step-not-whole", 3),
	STORY(scan_unreadable, FAILED, "step-not-complete", 3),
	STORY(residue, FAILED, "residue-found", 3),
	STORY(coincident_residue, PROVEN, NULL, 0),
	STORY(swapped_at_end, FAILED, "not-same-at-end", 0),
	STORY(not_looked_at_end, FAILED, "not-same-at-end", 0),
	STORY(error, FAILED, "error-recorded", 0),
	STORY(hangs_in_scan, FAILED, "error-recorded", 0),
	CONTRADICTS(ends_within_step),
	STORY(cannot_open, FAILED, "not-opened", 0),
	CONTRADICTS(goes_on_after_end),
	CONTRADICTS(resumed_without_interruption),
	STORY(resumed_at_the_very_end, FAILED, "step-not-complete", 2),
	STORY(read_again_when_resumed, PROVEN, NULL, 0),
	STORY(mismatch_and_read_again, FAILED, "mismatch", 2),
	CONTRADICTS(scanned_again_only),
	STORY(read_only, FAILED, "other-drive", 0),
	STORY(sectors_of_520, FAILED, "drive-not-addressable", 0),
	STORY(no_name_at_all, FAILED, "drive-not-addressable", 0),
	STORY(smaller_plan, FAILED, "native-not-covered", 0),
	CONTRADICTS(unsealed_plan),
	STORY(part_of_medium_hidden, FAILED, "plan-other-size", 0),
	STORY(closed_in_an_earlier_claim, FAILED, "not-same-at-end", 0),
	CONTRADICTS(plan_refused_and_there),
	CONTRADICTS(bad_range_of_other_step),
	CONTRADICTS(bad_range_of_other_kind),
	CONTRADICTS(bad_range_after_step),
	STORY(bad_bytes_without_range, FAILED, "bad-bytes", 2),
};

static void test_stories(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stories); i++) {
		struct sample_job job;

		sample_job_make(SAMPLE_JOB_PLAIN, &job);
		stories[i].edit(&job);
		print_message("  %s\n", stories[i].name);
		expect(&job, stories[i].outcome, stories[i].code, stories[i].step);
		sample_job_free(&job);
	}
}

static void test_numbers(void **state)
{
	struct sample_job job;
	struct verdict verdict;

	(void)state;
	sample_job_make(SAMPLE_JOB_PLAIN, &job);
	edit_cancelled(&job);
	verdict = judge_job(&job);
	assert_int_equal(verdict.bytes_overwritten, 1048576);
	assert_int_equal(verdict.verification, VERIFICATION_NONE);
	sample_job_free(&job);

	sample_job_make(SAMPLE_JOB_PLAIN, &job);
	edit_unwritable(&job);
	verdict = judge_job(&job);
	assert_int_equal(verdict.bytes_overwritten, SAMPLE_CAPACITY_BYTES - 512);
	assert_int_equal(verdict.bytes_bad, 512);
	assert_int_equal(verdict.verification, VERIFICATION_FULL);
	sample_job_free(&job);

	sample_job_make(SAMPLE_JOB_PLAIN, &job);
	edit_mismatch(&job);
	verdict = judge_job(&job);
	assert_int_equal(verdict.bytes_read_back, SAMPLE_CAPACITY_BYTES - 512);
	assert_int_equal(verdict.verification, VERIFICATION_NONE);
	sample_job_free(&job);

	sample_job_make(SAMPLE_JOB_PLAIN, &job);
	edit_resumed_at_the_very_end(&job);
	verdict = judge_job(&job);
	assert_int_equal(verdict.bytes_overwritten, SAMPLE_CAPACITY_BYTES);
	assert_int_equal(verdict.bytes_read_back, 0); /* not under the last claim */
	sample_job_free(&job);

	/* What an earlier pass could not write is bad, but the last pass wrote it. */
	sample_job_make(SAMPLE_JOB_SCHEME, &job);
	sample_insert(&job, sample_find(&job, "finished", 0), sample_bad_range(1, "unwritable"));
	verdict = judge_job(&job);
	assert_int_equal(verdict.outcome, OUTCOME_FAILED);
	assert_int_equal(verdict.bytes_overwritten, SAMPLE_CAPACITY_BYTES);
	assert_int_equal(verdict.bytes_bad, 512);
	sample_job_free(&job);
}

/* A sampled job that was cut in its overwriting step after 2 MiB, and taken up again at from_bytes. */
static struct verdict judge_sampled_and_cut(int64_t from_bytes)
{
	struct sample_job job;
	sample_job_make(SAMPLE_JOB_SAMPLED, &job);
	size_t start = sample_find(&job, "started", 0);
	json_t *const story[] = { sample_interrupted("process-lost"), sample_resumed(),
		sample_guard("passed"), sample_opened(), sample_started(1, from_bytes) };
	for (size_t i = 0; i < ARRAY_SIZE(story); i++)
		sample_insert(&job, start + 1 + i, story[i]);
	sample_set_integer(
		sample_event(&job, "finished", 0), "bytes", SAMPLE_CAPACITY_BYTES - from_bytes);
	struct verdict verdict = judge_job(&job);
	sample_job_free(&job);
	return verdict;
}

/* What somebody wrote while nobody held the drive a sample may miss: so all is written again. */
static void test_a_sample_forgives_no_interruption(void **state)
{
	(void)state;
	struct verdict verdict = judge_sampled_and_cut(2097152);
	assert_int_equal(verdict.outcome, OUTCOME_UNKNOWN);
	assert_string_equal(verdict.reasons[0].code, "evidence-contradictory");
	verdict = judge_sampled_and_cut(0);
	assert_int_equal(verdict.outcome, OUTCOME_PROVEN);
	assert_int_equal(verdict.verification, VERIFICATION_SAMPLE);
}

static void test_words(void **state)
{
	struct verdict verdict = { .outcome = OUTCOME_FAILED, .bytes_bad = 512, .reason_count = 1 };
	json_t *json = NULL, *reason;
	enum level level = LEVEL_PURGE;

	(void)state;
	for (unsigned i = OUTCOME_UNKNOWN; i <= OUTCOME_PROVEN; i++)
		assert_int_equal(outcome_parse(outcome_name((enum outcome)i)), i);
	assert_int_equal(outcome_parse("Proven"), OUTCOME_UNKNOWN);
	assert_string_equal(outcome_name((enum outcome)77), "unknown");
	for (unsigned i = LEVEL_NONE; i <= LEVEL_DESTROY; i++) {
		assert_int_equal(level_parse(level_name((enum level)i), &level), 0);
		assert_int_equal(level, i);
	}
	assert_int_equal(level_parse("clear ", &level), -EINVAL);
	assert_int_equal(level, LEVEL_DESTROY);
	assert_string_equal(judge_reason_text("no-such-code"), "no-such-code");
	assert_string_not_equal(judge_reason_text("mismatch"), "mismatch");

	strcpy(verdict.reasons[0].code, "mismatch");
	verdict.reasons[0].step = 2;
	assert_int_equal(verdict_to_json(&verdict, &json), 0);
	assert_string_equal(json_string_value(json_object_get(json, "outcome")), "failed");
	assert_string_equal(json_string_value(json_object_get(json, "verification")), "none");
	assert_int_equal(json_integer_value(json_object_get(json, "bytes_bad")), 512);
	assert_int_equal(json_object_size(json), 7);
	reason = json_array_get(json_object_get(json, "reasons"), 0);
	assert_string_equal(json_string_value(json_object_get(reason, "code")), "mismatch");
	assert_int_equal(json_integer_value(json_object_get(reason, "step")), 2);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zeroed_memory_is_unknown),
		cmocka_unit_test(test_sample_jobs_are_proven),
		cmocka_unit_test(test_stories),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_a_sample_forgives_no_interruption),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
