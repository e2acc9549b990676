/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The course of an erase, played against scripts of answers over a time of its own: what is asked, what
 * is recorded, and how it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/erase_words.h"
#include "wipe/work/erase_course.h"

/* Only whether a function is there counts: nobody calls them. */
static int never_called(const struct erase_call *call, struct erase_answer *ret)
{
	(void)call;
	(void)ret;
	fail_msg("a course calls nobody");
	return -1;
}

static const struct erase_method nvme = {
	.technique = TECHNIQUE_NVME_SANITIZE_CRYPTO,
	.look = never_called,
	.start = never_called,
	.recover = never_called,
	.poll_ms = 1000,
};
static const struct erase_method scsi = {
	.technique = TECHNIQUE_SCSI_SANITIZE_BLOCK,
	.look = never_called,
	.start = never_called,
	.poll_ms = 1000,
};
static const struct erase_method security = {
	.technique = TECHNIQUE_ATA_SECURITY_ENHANCED,
	.look = never_called,
	.start = never_called,
	.prove = never_called,
	.recover = never_called,
};
static const struct erase_method format = {
	.technique = TECHNIQUE_NVME_FORMAT_CRYPTO,
	.start = never_called,
};

static const char *call_name(enum course_call call)
{
	switch (call) {
	case COURSE_WAIT:
		return "wait";
	case COURSE_LOOK:
		return "look";
	case COURSE_START:
		return "start";
	case COURSE_PROVE:
		return "prove";
	case COURSE_RECOVER:
		return "recover";
	}
	return "?";
}

/* What is expected to be called, the answer, and what is to be recorded of it. */
struct line {
	const char *call, *answer, *notes;
};

#define LINES_MAX 24
#define STALL_MS 1000

struct script {
	const char *what;
	const struct erase_method *method;
	int64_t expected_seconds;
	struct line lines[LINES_MAX];
	const char *end;
	int64_t took_ms; /* at least; 0: whatever */
};

static void check_notes(const struct course_notes *notes, const char *expected, const char *where)
{
	char text[64] = "";
	for (size_t i = 0; notes->moments[i]; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
			i > 0 ? " " : "", notes->moments[i]);
	if (strcmp(text, expected) != 0)
		fail_msg("%s: recorded \"%s\", not \"%s\"", where, text, expected);
}

/* Until it is over or the lines are; the last line's answer is given again and again while it goes
 * on, and then nothing more may be recorded. */
static int64_t play(struct erase_course *course, const struct script *script, int64_t now)
{
	int64_t began = now;
	size_t i = 0;
	for (unsigned turns = 0; course->stage != COURSE_OVER; turns++) {
		const struct line *line = &script->lines[i];
		bool again = line->call == NULL;
		char where[160];
		struct erase_answer answer = { 0 };
		struct course_notes notes;
		if (again)
			line = &script->lines[i - 1];
		if (turns > 100000)
			fail_msg("%s: it does not come to an end", script->what);
		now = MAX(now, course->due_ms);
		(void)snprintf(where, sizeof(where), "%s, line %zu", script->what, i + 1);
		const char *call = call_name(course_next(course, now));
		if (again && strcmp(call, line->call) != 0)
			fail_msg("%s: wants to %s", where, call);
		if (strcmp(call, line->call) != 0)
			fail_msg("%s: wants to %s, not to %s", where, call, line->call);
		int result = erase_word(line->answer, &answer);
		course_take(course, result, &answer, now, &notes);
		bool last = again && course->stage == COURSE_OVER;
		if (!last)
			check_notes(&notes, again ? "" : line->notes, where);
		i += !again;
	}
	if (script->lines[i].call)
		fail_msg("%s: it was over before line %zu", script->what, i + 1);
	return now - began;
}

static void run_script(const struct script *script)
{
	struct plan_step step = { .method = STEP_ERASE,
		.technique = script->method->technique,
		.expected_seconds = script->expected_seconds };
	struct erase_course course;
	course_begin(&course, script->method, &step, STALL_MS, 5000);
	int64_t took = play(&course, script, 5000);
	if (strcmp(course_end_name(course.end), script->end) != 0)
		fail_msg("%s: ended as %s, not as %s", script->what, course_end_name(course.end),
			script->end);
	if (took < script->took_ms)
		fail_msg("%s: took %lld ms", script->what, (long long)took);
}

static const struct script scripts[] = {
	/* Honest ends. */
	{ "an honest drive", &nvme, -1,
		{ { "look", "log never", "before" }, { "start", "n ok", "accepted" },
			{ "look", "log at 0", "during" }, { "look", "log at 3000", "" },
			{ "look", "log at 6553", "during" }, { "look", "log at 60000", "during" },
			{ "look", "log ok untouched", "after" } },
		"complete", 0 },
	{ "over before the first look", &nvme, -1,
		{ { "look", "log never", "before" }, { "start", "n ok", "accepted" },
			{ "look", "log ok untouched", "after" } },
		"complete", 0 },
	{ "a completion is the end", &format, -1, { { "start", "N ok", "accepted after" } },
		"complete", 0 },
	{ "SCSI, seen running", &scsi, -1,
		{ { "look", "sense none", "before" }, { "start", "s ok", "accepted" },
			{ "look", "sense at 100", "during" }, { "look", "sense none", "after" } },
		"complete", 0 },
	{ "SCSI, whose completion was the end", &scsi, -1,
		{ { "look", "sense none", "before" }, { "start", "S ok", "accepted" },
			{ "look", "sense none", "after" } },
		"complete", 0 },
	{ "a password that is gone after", &security, -1,
		{ { "look", "password none", "before" }, { "start", "A ok", "accepted" },
			{ "prove", "password none", "after" } },
		"complete", 0 },
	{ "somebody else's operation is waited for", &nvme, -1,
		{ { "look", "log at 10", "" }, { "look", "log at 900", "" },
			{ "look", "log ok", "before" }, { "start", "n ok", "accepted" },
			{ "look", "log at 1", "during" }, { "look", "log ok", "after" } },
		"complete", 0 },
	{ "one look without an answer", &nvme, -1,
		{ { "look", "none", "" }, { "look", "log never", "before" },
			{ "start", "n ok", "accepted" }, { "look", "log at 1", "during" },
			{ "look", "none", "" }, { "look", "log at 2", "" },
			{ "look", "log ok", "after" } },
		"complete", 0 },
	/* An old success. */
	{ "stale at first", &nvme, -1,
		{ { "look", "log ok", "before" }, { "start", "n ok", "accepted" },
			{ "look", "log ok", "" }, { "look", "log ok", "" },
			{ "look", "log at 30", "during" }, { "look", "log ok", "after" } },
		"complete", 0 },
	{ "stale for good is believed to be over, after a grace", &nvme, -1,
		{ { "look", "log ok", "before" }, { "start", "n ok", "accepted" },
			{ "look", "log ok", "" } },
		"complete", COURSE_GRACE_MS },
	{ "fresh by being untouched", &nvme, -1,
		{ { "look", "log ok", "before" }, { "start", "n ok", "accepted" },
			{ "look", "log ok untouched", "after" } },
		"complete", 0 },
	{ "an old failure", &nvme, -1,
		{ { "look", "log failed", "before" }, { "start", "n ok", "accepted" },
			{ "look", "log failed", "" }, { "look", "log at 9", "during" },
			{ "look", "log ok", "after" } },
		"complete", 0 },
	/* It does not work. */
	{ "refused", &nvme, -1,
		{ { "look", "log never", "before" }, { "start", "n refused", "accepted" },
			{ "recover", "N refused", "" } },
		"drive-refused", 0 },
	{ "refused, and nothing to bring back", &scsi, -1,
		{ { "look", "sense none", "before" }, { "start", "s refused", "accepted" } },
		"drive-refused", 0 },
	{ "fails half-way", &nvme, -1,
		{ { "look", "log never", "before" }, { "start", "n ok", "accepted" },
			{ "look", "log at 30000", "during" }, { "look", "log failed", "during" },
			{ "recover", "N ok", "" } },
		"drive-failed", 0 },
	{ "the password is still set", &security, -1,
		{ { "look", "password none", "before" }, { "start", "A ok", "accepted" },
			{ "prove", "password set", "after" }, { "recover", "password none", "" } },
		"drive-failed", 0 },
	{ "hangs at 40 %", &nvme, -1,
		{ { "look", "log never", "before" }, { "start", "n ok", "accepted" },
			{ "look", "log at 26214", "during" }, { "look", "log at 26214", "" } },
		"stalled", 6 * STALL_MS },
	{ "somebody else's operation hangs", &nvme, -1, { { "look", "log at 26214", "" } },
		"stalled", 6 * STALL_MS },
	/* It does not tell. */
	{ "hides its status before: nothing is sent", &scsi, -1,
		{ { "look", "sense hidden", "" }, { "look", "sense hidden", "" },
			{ "look", "sense hidden", "" }, { "look", "none", "" },
			{ "look", "sense hidden", "before" } },
		"status-unknown", 0 },
	{ "hides its status after", &scsi, 3,
		{ { "look", "sense none", "before" }, { "start", "s ok", "accepted" },
			{ "look", "sense hidden", "during" }, { "look", "sense hidden", "" } },
		"status-unknown", 6000 },
	{ "does not answer any more", &nvme, -1,
		{ { "look", "log never", "before" }, { "start", "n ok", "accepted" },
			{ "look", "log at 5", "during" }, { "look", "none", "" } },
		"status-unknown", STALL_MS },
	{ "SCSI, never seen running", &scsi, -1,
		{ { "look", "sense none", "before" }, { "start", "s ok", "accepted" },
			{ "look", "sense none", "" } },
		"status-unknown", COURSE_GRACE_MS },
	{ "it forgot the operation", &nvme, -1,
		{ { "look", "log never", "before" }, { "start", "n ok", "accepted" },
			{ "look", "log at 5", "during" }, { "look", "log never", "after" } },
		"status-unknown", 0 },
	{ "the command got no answer, and its end is not believed", &nvme, -1,
		{ { "look", "log never", "before" }, { "start", "none", "accepted" },
			{ "look", "log at 5", "during" }, { "look", "log ok untouched", "during" },
			{ "recover", "N ok", "" } },
		"status-unknown", 0 },
	{ "the command got no answer, and nothing runs", &scsi, -1,
		{ { "look", "sense none", "before" }, { "start", "none", "accepted" },
			{ "look", "sense none", "" } },
		"status-unknown", COURSE_GRACE_MS },
	{ "no answer, and nobody to ask", &format, -1, { { "start", "none", "accepted" } },
		"status-unknown", 0 },
	{ "the proof is not answered", &security, -1,
		{ { "look", "password none", "before" }, { "start", "A ok", "accepted" },
			{ "prove", "none", "" }, { "prove", "none", "" }, { "prove", "none", "" },
			{ "prove", "none", "" }, { "prove", "none", "after" } },
		"status-unknown", 0 },
};

static void every_script_ends_as_it_should(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++)
		run_script(&scripts[i]);
}

/* A drive that moves a percent every twenty minutes is slow, and not hung. */
static void slow_is_not_stalled(void **state)
{
	(void)state;
	struct plan_step step = { .expected_seconds = -1 };
	struct erase_course course;
	struct erase_answer answer = { 0 };
	struct course_notes notes;
	int64_t now = 0;
	course_begin(&course, &nvme, &step, 300000, now);
	assert_int_equal(erase_word("log never", &answer), 0);
	course_take(&course, 0, &answer, now, &notes);
	assert_int_equal(erase_word("n ok", &answer), 0);
	course_take(&course, 0, &answer, now, &notes);
	for (int percent = 0; percent < 100; percent++) {
		char word[32];
		(void)snprintf(word, sizeof(word), "log at %d", percent * 655);
		assert_int_equal(erase_word(word, &answer), 0);
		for (int64_t until = now + 1200000; now < until; now = course.due_ms) {
			course_take(&course, 0, &answer, now, &notes);
			if (course.stage != COURSE_FOLLOWING)
				fail_msg("it ended at %d %%", percent);
		}
	}
}

static void what_was_found_is_followed(void **state)
{
	(void)state;
	static const struct script running = { "found running", &nvme, -1,
		{ { "look", "log at 20000", "during" }, { "look", "log ok", "after" } }, "complete",
		0 };
	static const struct script over = { "found over", &nvme, -1,
		{ { "look", "log ok untouched", "after" } }, "complete", 0 };
	static const struct script failed = { "found, and fails", &nvme, -1,
		{ { "look", "log failed", "during" }, { "recover", "N ok", "" } }, "drive-failed",
		0 };
	struct plan_step step = { .expected_seconds = -1 };
	struct erase_course course;
	struct erase_state found = { .status = ERASE_STATUS_RUNNING, .progress = 10 };
	course_go_on(&course, &nvme, &step, STALL_MS, &found, 0);
	play(&course, &running, 0);
	assert_int_equal(course.end, COURSE_COMPLETE);
	course_go_on(&course, &nvme, &step, STALL_MS, &found, 0);
	play(&course, &failed, 0);
	assert_int_equal(course.end, COURSE_FAILED);
	found = (struct erase_state){ .status = ERASE_STATUS_SUCCEEDED, .untouched = true };
	course_go_on(&course, &nvme, &step, STALL_MS, &found, 0);
	play(&course, &over, 0);
	assert_int_equal(course.end, COURSE_COMPLETE);
}

/* Once what it was told is not the drive's own business, it is not left before the proof. */
static void it_may_be_left_only_where_nothing_waits(void **state)
{
	(void)state;
	static const bool may_stop[] = { [COURSE_BEFORE] = true,
		[COURSE_READY] = true,
		[COURSE_FOLLOWING] = true,
		[COURSE_PROVING] = false,
		[COURSE_RECOVERING] = false,
		[COURSE_OVER] = false };
	for (size_t i = 0; i < ARRAY_SIZE(may_stop); i++) {
		struct erase_course course = { .stage = (enum course_stage)i };
		assert_int_equal(course_may_stop(&course), may_stop[i]);
	}
}

static void what_is_left_follows_from_progress_or_estimate(void **state)
{
	(void)state;
	struct plan_step step = { .expected_seconds = 100 };
	struct erase_course course;
	struct erase_answer answer = { 0 };
	struct course_notes notes;
	course_begin(&course, &nvme, &step, STALL_MS, 0);
	assert_int_equal(course_progress(&course, 0), -1);
	assert_int_equal(erase_word("log never", &answer), 0);
	course_take(&course, 0, &answer, 0, &notes);
	assert_int_equal(erase_word("n ok", &answer), 0);
	course_take(&course, 0, &answer, 0, &notes);
	/* by the drive's estimate */
	assert_int_equal(course_seconds_left(&course, 40000), 60);
	assert_int_equal(course_progress(&course, 50000), 32768);
	assert_true(course_progress(&course, 1000000) < 65536);
	assert_int_equal(course_seconds_left(&course, 1000000), 0);
	/* by its progress: a quarter in 10 s, from a start that was not 0 */
	assert_int_equal(erase_word("log at 16384", &answer), 0);
	course_take(&course, 0, &answer, 10000, &notes);
	assert_int_equal(erase_word("log at 32768", &answer), 0);
	course_take(&course, 0, &answer, 20000, &notes);
	assert_int_equal(course_progress(&course, 20000), 32768);
	assert_int_equal(course_seconds_left(&course, 20000), 20);
}

/* However it flickers, the evidence stays small; and that it failed is always said. */
static void a_status_that_flickers_does_not_fill_the_evidence(void **state)
{
	(void)state;
	struct plan_step step = { .expected_seconds = -1 };
	struct erase_course course;
	struct erase_answer answer = { 0 };
	struct course_notes notes;
	unsigned count = 0;
	struct erase_state found = { .status = ERASE_STATUS_RUNNING, .progress = 10 };
	course_go_on(&course, &scsi, &step, 3600000, &found, 0);
	for (int i = 0; i < 10000; i++) {
		assert_int_equal(erase_word(i % 2 ? "sense hidden" : "sense at 77", &answer), 0);
		course_take(&course, 0, &answer, i * 10, &notes);
		count += notes.moments[0] != NULL;
	}
	assert_in_range(count, 10, 300);
	assert_int_equal(erase_word("sense failed", &answer), 0);
	course_take(&course, 0, &answer, 100000, &notes);
	assert_string_equal(notes.moments[0], "during");
}

/* What the drive says after its password was to be taken away: it is locked soon where one is set. */
static void a_drive_with_a_password_is_not_recovered(void **state)
{
	(void)state;
	static const struct {
		const char *word;
		bool recovered;
	} cases[] = { { "password none", true }, { "password set", false }, { "A ok", true },
		{ "log never", true }, { "N refused", false } };
	struct erase_answer answer = { 0 };
	struct course_notes notes;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct erase_course course = { .method = &security, .stage = COURSE_RECOVERING };
		assert_int_equal(erase_word(cases[i].word, &answer), 0);
		course_take(&course, 0, &answer, 0, &notes);
		assert_int_equal(course.stage, COURSE_OVER);
		assert_int_equal(course.recovered, cases[i].recovered);
	}
}

static void starting_may_be_the_whole_erasure(void **state)
{
	(void)state;
	struct plan_step step = { .expected_seconds = 7200 };
	struct erase_course course;
	course_begin(&course, &security, &step, 300000, 0);
	assert_true(course_patience_ms(&course, COURSE_START) >= 7200000 * 2);
	assert_true(course_patience_ms(&course, COURSE_PROVE) < 7200000);
	step.expected_seconds = -1;
	course_begin(&course, &security, &step, 300000, 0);
	assert_true(course_patience_ms(&course, COURSE_START) > INT64_C(24) * 3600000);
	course_begin(&course, &nvme, &step, 300000, 0);
	assert_true(course_patience_ms(&course, COURSE_START) < 7200000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_script_ends_as_it_should),
		cmocka_unit_test(slow_is_not_stalled),
		cmocka_unit_test(what_was_found_is_followed),
		cmocka_unit_test(it_may_be_left_only_where_nothing_waits),
		cmocka_unit_test(what_is_left_follows_from_progress_or_estimate),
		cmocka_unit_test(a_status_that_flickers_does_not_fill_the_evidence),
		cmocka_unit_test(a_drive_with_a_password_is_not_recovered),
		cmocka_unit_test(starting_may_be_the_whole_erasure),
	};
	return cmocka_run_group_tests_name("erase_course", tests, NULL, NULL);
}
