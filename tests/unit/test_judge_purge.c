/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The judge on jobs in which the drive erases itself: named stories with the outcome and the reason
 * they must have. (Every combination of answers is in test_judge_erase.c.) */
#include "verify/judge/judge.h"

#include "base/macros.h"
#include "tests/support/sample_job.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Finding one's way ------------------------------------------------------------------------ */

static size_t answer_at(const struct sample_job *job, const char *moment, unsigned nth)
{
	for (unsigned i = 0;; i++) {
		size_t index = sample_find(job, "answer", i);
		const json_t *event = json_array_get(job->evidence, index);
		if (strcmp(json_string_value(json_object_get(event, "moment")), moment) == 0 &&
			nth-- == 0)
			return index;
	}
}

static json_t *answer(const struct sample_job *job, const char *moment, unsigned nth)
{
	return json_array_get(job->evidence, answer_at(job, moment, nth));
}

static void set_answer(json_t *event, const char *status, int progress, const char *raw)
{
	sample_set_text(event, "status", status);
	sample_set_integer(event, "progress", progress);
	sample_set_text(event, "raw", raw);
}

/* The erasing of that step ends otherwise, and nothing comes after it. */
static void cut_off(struct sample_job *job, int step, const char *result)
{
	for (unsigned i = 0;; i++) {
		size_t index = sample_find(job, "finished", i);
		const json_t *event = json_array_get(job->evidence, index);
		if (json_integer_value(json_object_get(event, "step")) != step)
			continue;
		sample_cut(job, index);
		break;
	}
	sample_append(job, sample_finished(step, result, 0, 0));
	sample_append(job, sample_closing());
	sample_append(job, sample_ended());
}

static json_t *identity_of(const struct sample_job *job, const char *kind, unsigned nth)
{
	return json_object_get(sample_event(job, kind, nth), "identity");
}

/* NVMe: plant 1, erase 2, check 3, scan 4 ---------------------------------------------------- */

static void refuses(struct sample_job *job)
{
	set_answer(answer(job, "accepted", 0), "failed", -1, "6e011d");
	sample_remove(job, answer_at(job, "after", 0));
	sample_remove(job, answer_at(job, "during", 0));
	cut_off(job, 2, "drive-refused");
}

static void fails_half_way(struct sample_job *job)
{
	set_answer(
		answer(job, "after", 0), "failed", -1, "ffff03000402000000000000ffffffffffffffff");
	cut_off(job, 2, "drive-failed");
}

static void fails_and_says_complete(struct sample_job *job)
{
	set_answer(
		answer(job, "during", 0), "failed", -1, "ffff03000402000000000000ffffffffffffffff");
}

static void gives_no_answer(struct sample_job *job)
{
	set_answer(answer(job, "after", 0), "unknown", -1, "");
	cut_off(job, 2, "status-unknown");
}

static void no_answer_is_taken_for_success(struct sample_job *job)
{
	set_answer(answer(job, "after", 0), "unknown", -1, "");
}

static void progress_is_taken_for_success(struct sample_job *job)
{
	set_answer(
		answer(job, "after", 0), "never", -1, "ffff00000402000000000000ffffffffffffffff");
}

static void keeps_the_data(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "markers", 0), "remaining", 100);
}

static void keeps_one(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "markers", 0), "remaining", 1);
}

static void needs_a_write_before_a_read(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "markers", 0), "unreadable", 100);
}

static void only_unmaps(struct sample_job *job)
{
	set_answer(answer(job, "after", 0), "succeeded", -1,
		"ffff01010400000000000000ffffffffffffffff");
	sample_set_integer(sample_event(job, "markers", 0), "zeroed", 100);
}

static void unmaps_against_the_wish(struct sample_job *job)
{
	only_unmaps(job);
	set_answer(answer(job, "after", 0), "succeeded", -1,
		"ffff04010402000000000000ffffffffffffffff");
}

static void tells_of_an_earlier_run(struct sample_job *job)
{
	set_answer(answer(job, "before", 0), "succeeded", -1,
		"ffff01000400000000000000ffffffffffffffff");
	set_answer(answer(job, "after", 0), "succeeded", -1,
		"ffff01000400000000000000ffffffffffffffff");
	sample_remove(job, answer_at(job, "during", 0));
	sample_set_integer(sample_event(job, "markers", 0), "remaining", 100);
}

static void was_at_another_operation(struct sample_job *job)
{
	set_answer(answer(job, "before", 0), "running", 16384,
		"004002000200000000000000ffffffffffffffff");
}

static void ended_another_operation(struct sample_job *job)
{
	set_answer(answer(job, "after", 0), "succeeded", -1,
		"ffff01010202000000000000ffffffffffffffff");
}

static void other_namespaces_were_not_looked_at(struct sample_job *job)
{
	json_array_remove(json_object_get(sample_event(job, "guard", 0), "checks"), 2);
}

static void another_namespace_is_in_use(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "sibling", 0), "exclusive", 0);
}

static void the_sibling_comes_late(struct sample_job *job)
{
	json_t *sibling = json_deep_copy(sample_event(job, "sibling", 0));

	sample_insert(job, sample_find(job, "finished", 0) + 1, sibling);
}

static void the_record_is_prettier_than_the_bytes(struct sample_job *job)
{
	sample_set_text(answer(job, "before", 0), "status", "succeeded");
}

static void the_progress_is_not_what_was_said(struct sample_job *job)
{
	sample_set_integer(answer(job, "during", 0), "progress", 16385);
}

static void not_planted(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "finished", 0), "bytes", 99 * 512);
}

static void planted_into_the_cache(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "finished", 0), "flushed", 0);
}

static void not_looked_for(struct sample_job *job)
{
	sample_remove(job, sample_find(job, "markers", 0));
}

static void looked_for_some(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "markers", 0), "checked", 99);
}

static void more_zeros_than_markers(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "markers", 0), "zeroed", 101);
}

static void bytes_of_an_erasing(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "finished", 1), "bytes", 512);
}

static void answer_of_the_planting(struct sample_job *job)
{
	sample_insert(job, sample_find(job, "finished", 0),
		sample_answer(1, "before", "nvme-sanitize-log", "never", -1,
			"ffff000000000000ffffffffffffffffffffffff"));
}

static void refused_planting(struct sample_job *job)
{
	sample_set_text(sample_event(job, "finished", 0), "result", "drive-refused");
}

static void accepted_twice(struct sample_job *job)
{
	json_t *again = json_deep_copy(answer(job, "accepted", 0));

	sample_insert(job, answer_at(job, "accepted", 0), again);
}

static void after_before_it_was_accepted(struct sample_job *job)
{
	json_t *after = json_deep_copy(answer(job, "after", 0));

	sample_remove(job, answer_at(job, "after", 0));
	sample_insert(job, answer_at(job, "accepted", 0), after);
}

static void found_without_an_interruption(struct sample_job *job)
{
	sample_insert(job, sample_find(job, "started", 1),
		sample_answer(2, "found", "nvme-sanitize-log", "running", 32768,
			"008002000402000000000000ffffffffffffffff"));
}

static void claims_less(struct sample_job *job)
{
	sample_set_text(job->plan, "level", "clear");
}

static void claims_destruction(struct sample_job *job)
{
	sample_set_text(job->plan, "level", "destroy");
}

/* COMBINED: restore 1, plant 2, erase 3, check 4, plant 5, security 6, check 7, overwrite 8 … ------ */

static void the_capacity_stays_hidden(struct sample_job *job)
{
	sample_set_integer(identity_of(job, "opened", 1), "capacity_bytes", 4194304);
}

static void the_capacity_grows_elsewhere(struct sample_job *job)
{
	sample_set_integer(identity_of(job, "opened", 1), "capacity_bytes", 6291456);
}

static void more_is_hidden_still(struct sample_job *job)
{
	sample_set_integer(
		json_object_get(sample_event(job, "opened", 1), "native"), "bytes", 16777216);
}

static void what_hides_it_stays(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "capacity", 0), "errno", 5);
}

static void the_capacity_shrinks(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "capacity", 0), "after_sectors", 4096);
}

static void no_guard_after_it_grew(struct sample_job *job)
{
	sample_remove(job, sample_find(job, "guard", 1));
}

static void not_opened_again(struct sample_job *job)
{
	sample_remove(job, sample_find(job, "opened", 1));
	sample_remove(job, sample_find(job, "guard", 1));
}

static void refused_when_it_grew(struct sample_job *job)
{
	size_t guard = sample_find(job, "guard", 1);

	sample_cut(job, guard);
	sample_append(job, sample_guard("refused"));
	sample_append(job, sample_ended());
}

static void it_shrinks_to_the_end(struct sample_job *job)
{
	sample_set_integer(identity_of(job, "closing", 0), "capacity_bytes", 4194304);
}

static void hidden_again_after_an_interruption(struct sample_job *job)
{
	size_t start = sample_find(job, "started", 1);
	json_t *const story[] = { sample_interrupted("power-lost"), sample_resumed(),
		sample_guard("passed"), sample_opened() };

	for (size_t i = 0; i < ARRAY_SIZE(story); i++)
		sample_insert(job, start + i, story[i]);
	sample_set_integer(identity_of(job, "opened", 2), "capacity_bytes", 4194304);
}

/* The same, and it is restored and opened once more. */
static void restored_again_after_an_interruption(struct sample_job *job)
{
	hidden_again_after_an_interruption(job);
	size_t next = sample_find(job, "opened", 2) + 1;
	json_t *const story[] = { sample_started(1, 0), sample_finished(1, "complete", 0, 0),
		sample_guard("passed"), sample_opened() };

	for (size_t i = 0; i < ARRAY_SIZE(story); i++)
		sample_insert(job, next + i, story[i]);
}

/* Cut within the overwriting that follows two erasures. Data that came meanwhile would only be
 * overwritten by what is left of the plan: all of it begins again. */
static size_t cut_in_the_overwriting(struct sample_job *job)
{
	size_t at = sample_find(job, "started", 7) + 1;
	json_t *const story[] = { sample_finished(8, "cancelled", 0, 1),
		sample_interrupted("operator"), sample_resumed(), sample_guard("passed"),
		sample_opened() };

	for (size_t i = 0; i < ARRAY_SIZE(story); i++)
		sample_insert(job, at + i, story[i]);
	return at + ARRAY_SIZE(story);
}

static void only_the_rest_is_done_after_an_interruption(struct sample_job *job)
{
	sample_insert(job, cut_in_the_overwriting(job), sample_started(8, 0));
}

static void all_is_done_again_after_an_interruption(struct sample_job *job)
{
	size_t from = sample_find(job, "started", 1), upto = sample_find(job, "started", 7);
	size_t at = cut_in_the_overwriting(job);

	for (size_t i = from; i <= upto; i++)
		sample_insert(job, at + i - from, json_deep_copy(json_array_get(job->evidence, i)));
}

static void shown_in_full_from_the_first(struct sample_job *job)
{
	sample_set_integer(
		json_object_get(job->subject, "identity"), "capacity_bytes", SAMPLE_CAPACITY_BYTES);
	sample_set_integer(identity_of(job, "opened", 0), "capacity_bytes", SAMPLE_CAPACITY_BYTES);
}

static void the_password_stays(struct sample_job *job)
{
	json_t *event = answer(job, "after", 1);
	char *raw = strdup(json_string_value(json_object_get(event, "raw")));

	assert_non_null(raw);
	raw[2 * 256 + 1] = '3';
	set_answer(event, "never", -1, raw);
	free(raw);
}

static void one_of_two_keeps_the_data(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "markers", 0), "remaining", 3);
}

static void a_bad_sector_after_the_purge(struct sample_job *job)
{
	sample_insert(job, sample_find(job, "finished", 7), sample_bad_range(8, "unwritable"));
}

static void errors_beyond_counting_after_the_purge(struct sample_job *job)
{
	cut_off(job, 8, "too-many-errors");
}

static void zeros_on_flash(struct sample_job *job)
{
	sample_set_drive(job, "media", json_string("flash"));
}

/* SCSI: plant 1, erase 2, read-back 3, check 4, scan 5 ---------------------------------------- */

static void never_seen_running(struct sample_job *job)
{
	sample_remove(job, answer_at(job, "during", 0));
}

static void hidden_behind_an_adapter(struct sample_job *job)
{
	static const char zeros[] = "00000000000000000000000000000000000000";

	set_answer(answer(job, "during", 0), "unknown", -1, zeros);
	set_answer(answer(job, "after", 0), "unknown", -1, zeros);
}

static void zeros_instead_of_the_pattern(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "markers", 0), "zeroed", 1);
}

static void another_pattern_is_read(struct sample_job *job)
{
	sample_insert(job, sample_find(job, "finished", 2), sample_bad_range(3, "mismatch"));
}

static void not_read_back_to_the_end(struct sample_job *job)
{
	sample_set_integer(sample_event(job, "finished", 2), "bytes", SAMPLE_CAPACITY_BYTES - 512);
}

/* KEYS: erase 1, scan 2 ---------------------------------------------------------------------- */

static void a_header_is_left(struct sample_job *job)
{
	set_answer(answer(job, "after", 0), "never", -1, "0100");
}

static void a_slot_opens(struct sample_job *job)
{
	set_answer(answer(job, "after", 0), "never", -1, "0001");
}

static void there_were_no_keys(struct sample_job *job)
{
	set_answer(answer(job, "before", 0), "succeeded", -1, "0000");
}

static void encrypted_later(struct sample_job *job)
{
	json_object_del(job->plan, "encrypted_from_first_write");
	json_object_del(job->plan, "encryption_basis");
}

/* Honestly told, that reaches nothing: then nothing is proven. */
static void encrypted_later_as_it_says(struct sample_job *job)
{
	encrypted_later(job);
	sample_set_text(job->plan, "level", "none");
}

/* Behind a virtual device is a medium that it does not reach. */
static void of_a_virtual_device(struct sample_job *job)
{
	sample_set_drive(job, "media", json_string("virtual"));
	sample_set_text(job->plan, "level", "none");
}

static void a_second_header_is_found(struct sample_job *job)
{
	sample_insert(job, sample_find(job, "finished", 1), sample_residue(2, 0));
}

/* FOUND: an interruption in the erasing, and zeros that are accepted ------------------------------ */

static void zeros_are_not_accepted(struct sample_job *job)
{
	json_object_del(job->plan, "deallocated_accepted");
}

static void it_went_on_elsewhere(struct sample_job *job)
{
	sample_set_text(identity_of(job, "opened", 1), "serial", "ZA1B2C3E");
}

static void it_is_not_found_at_it(struct sample_job *job)
{
	sample_remove(job, answer_at(job, "found", 0));
}

static void it_was_never_accepted(struct sample_job *job)
{
	sample_remove(job, answer_at(job, "accepted", 0));
}

static const struct story {
	const char *name;
	enum sample_job_kind kind;
	void (*edit)(struct sample_job *job);
	enum outcome outcome;
	const char *code;
	int64_t step;
} stories[] = {
#define STORY(kind, edit, outcome, code, step)                                                     \
	{                                                                                          \
#edit, SAMPLE_JOB_##kind, edit, OUTCOME_##outcome, code, step                      \
	}
#define CONTRADICTS(kind, edit) STORY(kind, edit, UNKNOWN, "evidence-contradictory", 0)
	STORY(NVME, refuses, FAILED, "drive-refused", 2),
	STORY(NVME, fails_half_way, FAILED, "drive-failed", 2),
	STORY(NVME, fails_and_says_complete, FAILED, "drive-failed", 2),
	STORY(NVME, gives_no_answer, UNKNOWN, "status-unknown", 2),
	STORY(NVME, no_answer_is_taken_for_success, UNKNOWN, "status-unknown", 2),
	STORY(NVME, progress_is_taken_for_success, UNKNOWN, "status-unknown", 2),
	STORY(NVME, keeps_the_data, FAILED, "markers-remain", 3),
	STORY(NVME, keeps_one, FAILED, "markers-remain", 3),
	STORY(NVME, needs_a_write_before_a_read, FAILED, "markers-unreadable", 3),
	STORY(NVME, only_unmaps, FAILED, "markers-zeroed", 3),
	STORY(NVME, unmaps_against_the_wish, FAILED, "markers-zeroed", 3),
	STORY(NVME, tells_of_an_earlier_run, FAILED, "markers-remain", 3),
	STORY(NVME, was_at_another_operation, FAILED, "status-before-unknown", 2),
	STORY(NVME, ended_another_operation, UNKNOWN, "status-unknown", 2),
	STORY(NVME, other_namespaces_were_not_looked_at, FAILED, "namespaces-not-guarded", 2),
	STORY(NVME, another_namespace_is_in_use, FAILED, "not-exclusive", 0),
	CONTRADICTS(NVME, the_sibling_comes_late),
	CONTRADICTS(NVME, the_record_is_prettier_than_the_bytes),
	CONTRADICTS(NVME, the_progress_is_not_what_was_said),
	STORY(NVME, not_planted, FAILED, "step-not-whole", 1),
	STORY(NVME, planted_into_the_cache, FAILED, "step-not-flushed", 1),
	STORY(NVME, not_looked_for, FAILED, "markers-not-checked", 3),
	STORY(NVME, looked_for_some, FAILED, "markers-not-checked", 3),
	CONTRADICTS(NVME, more_zeros_than_markers),
	CONTRADICTS(NVME, bytes_of_an_erasing),
	CONTRADICTS(NVME, answer_of_the_planting),
	CONTRADICTS(NVME, refused_planting),
	CONTRADICTS(NVME, accepted_twice),
	CONTRADICTS(NVME, after_before_it_was_accepted),
	CONTRADICTS(NVME, found_without_an_interruption),
	STORY(NVME, claims_less, UNKNOWN, "level-not-held", 0),
	STORY(NVME, claims_destruction, UNKNOWN, "level-not-held", 0),
	CONTRADICTS(COMBINED, the_capacity_stays_hidden),
	CONTRADICTS(COMBINED, the_capacity_grows_elsewhere),
	STORY(COMBINED, more_is_hidden_still, FAILED, "native-not-covered", 0),
	STORY(COMBINED, what_hides_it_stays, FAILED, "capacity-not-restored", 1),
	STORY(COMBINED, the_capacity_shrinks, FAILED, "capacity-not-restored", 1),
	CONTRADICTS(COMBINED, no_guard_after_it_grew),
	CONTRADICTS(COMBINED, not_opened_again),
	STORY(COMBINED, refused_when_it_grew, FAILED, "guard-refused", 0),
	STORY(COMBINED, it_shrinks_to_the_end, FAILED, "native-not-covered", 0),
	CONTRADICTS(COMBINED, hidden_again_after_an_interruption),
	STORY(COMBINED, restored_again_after_an_interruption, PROVEN, NULL, 0),
	CONTRADICTS(COMBINED, only_the_rest_is_done_after_an_interruption),
	STORY(COMBINED, all_is_done_again_after_an_interruption, PROVEN, NULL, 0),
	STORY(COMBINED, shown_in_full_from_the_first, PROVEN, NULL, 0),
	STORY(COMBINED, the_password_stays, UNKNOWN, "status-unknown", 6),
	STORY(COMBINED, one_of_two_keeps_the_data, FAILED, "markers-remain", 4),
	STORY(COMBINED, a_bad_sector_after_the_purge, FAILED, "unwritable", 8),
	STORY(COMBINED, errors_beyond_counting_after_the_purge, FAILED, "too-many-errors", 8),
	STORY(COMBINED, zeros_on_flash, FAILED, "markers-zeroed", 7),
	STORY(SCSI, never_seen_running, UNKNOWN, "status-unknown", 2),
	STORY(SCSI, hidden_behind_an_adapter, UNKNOWN, "status-unknown", 2),
	STORY(SCSI, zeros_instead_of_the_pattern, FAILED, "markers-zeroed", 4),
	STORY(SCSI, another_pattern_is_read, FAILED, "mismatch", 3),
	STORY(SCSI, not_read_back_to_the_end, FAILED, "step-not-whole", 3),
	STORY(KEYS, a_header_is_left, UNKNOWN, "status-unknown", 1),
	STORY(KEYS, a_slot_opens, UNKNOWN, "status-unknown", 1),
	STORY(KEYS, there_were_no_keys, FAILED, "status-before-unknown", 1),
	STORY(KEYS, encrypted_later, UNKNOWN, "level-not-held", 0),
	STORY(KEYS, encrypted_later_as_it_says, FAILED, "level-none", 0),
	STORY(NVME, of_a_virtual_device, FAILED, "level-none", 0),
	STORY(KEYS, a_second_header_is_found, FAILED, "residue-found", 2),
	STORY(FOUND, zeros_are_not_accepted, FAILED, "markers-zeroed", 3),
	STORY(FOUND, it_went_on_elsewhere, FAILED, "other-drive", 0),
	CONTRADICTS(FOUND, it_is_not_found_at_it),
	CONTRADICTS(FOUND, it_was_never_accepted),
};

static void expect(const struct sample_job *job, const struct story *story)
{
	struct verdict verdict;
	bool told = !story->code;

	judge(job->subject, job->plan, job->evidence, &verdict);
	for (size_t i = 0; i < verdict.reason_count; i++) {
		const char *code = verdict.reasons[i].code;
		told |= story->code && strcmp(code, story->code) == 0 &&
			verdict.reasons[i].step == story->step;
		assert_string_not_equal(judge_reason_text(code), code);
	}
	if (verdict.outcome != story->outcome || !told) {
		print_error("%s: %s:", story->name, outcome_name(verdict.outcome));
		for (size_t i = 0; i < verdict.reason_count; i++)
			print_error(
				" %s/%d", verdict.reasons[i].code, (int)verdict.reasons[i].step);
		print_error("\n");
	}
	assert_int_equal(verdict.outcome, story->outcome);
	assert_true(told);
	assert_int_equal(verdict.level != LEVEL_NONE, story->outcome == OUTCOME_PROVEN);
}

static void test_stories(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stories); i++) {
		struct sample_job job;

		sample_job_make(stories[i].kind, &job);
		stories[i].edit(&job);
		sample_renumber(&job);
		print_message("  %s\n", stories[i].name);
		expect(&job, &stories[i]);
		sample_job_free(&job);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
