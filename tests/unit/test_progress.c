/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person and a program are shown while a job runs and once it is over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <locale.h>
#include <string.h>

#include "cli/describe.c"
#include "cli/format.c"
#include "cli/output.c"
#include "cli/progress.c"
#include "cli/table.c"

static const struct run_progress running = {
	.job_id = "J20261123-7QK3ZD",
	.label = "DRIVE (serial ZC1A2B3C, /dev/sdb)",
	.serial = "ZC1A2B3C",
	.step = 2,
	.step_count = 3,
	.method = "read-back",
	.done_bytes = 452,
	.total_bytes = 1000,
	.bytes_per_second = 250100000,
	.seconds_left = 271,
};

static void assert_line(const struct run_progress *job, const char *expected)
{
	char line[512];
	progress_line(job, 0, line, sizeof(line));
	assert_string_equal(line, expected);
}

static void a_running_job_tells_how_far_and_how_fast(void **state)
{
	(void)state;
	struct run_progress job = running;
	assert_line(&job, "ZC1A2B3C               45.2 %  250.1 MB/s   0:04:31 left  "
			  "2/3 reading back");
	job.bad_bytes = 4096;
	job.stalled = true;
	assert_line(&job, "ZC1A2B3C               45.2 %  250.1 MB/s   0:04:31 left  "
			  "2/3 reading back  BAD 4.1 kB  STALLED");
}

static void a_hundred_percent_is_only_the_end(void **state)
{
	(void)state;
	struct run_progress job = running;
	job.total_bytes = UINT64_C(4000787030016);
	job.done_bytes = job.total_bytes - 512;
	char line[512];
	progress_line(&job, 0, line, sizeof(line));
	assert_non_null(strstr(line, " 99.9 %"));
	job.done_bytes = job.total_bytes;
	progress_line(&job, 0, line, sizeof(line));
	assert_non_null(strstr(line, "100.0 %"));
}

static void a_step_of_unknown_size_shows_no_numbers(void **state)
{
	(void)state;
	struct run_progress job = running;
	job.total_bytes = job.done_bytes = job.bytes_per_second = 0;
	job.step = 3;
	job.method = "residue-scan";
	assert_line(&job, "ZC1A2B3C              3/3 looking for residue");
	job.step = 0;
	job.method = "opening";
	assert_line(&job, "ZC1A2B3C              opening");
}

/* The columns stay where they are: a rate there is none. */
static void a_drive_that_erases_itself_shows_its_own_progress(void **state)
{
	(void)state;
	struct run_progress job = running;
	job.total_bytes = job.done_bytes = job.bytes_per_second = 0;
	job.method = "erase";
	job.progress = 26214;
	assert_line(&job, "ZC1A2B3C               39.9 %               0:04:31 left  "
			  "2/3 the drive erases itself");
	job.progress = 65535;
	assert_line(&job, "ZC1A2B3C               99.9 %               0:04:31 left  "
			  "2/3 the drive erases itself");
	job.progress = -1;
	assert_line(&job, "ZC1A2B3C                                    0:04:31 left  "
			  "2/3 the drive erases itself");
	job.seconds_left = -1;
	assert_line(&job, "ZC1A2B3C              2/3 the drive erases itself");
	json_t *json = progress_json(&job);
	assert_int_equal(json_integer_value(json_object_get(json, "progress")), -1);
	json_decref(json);
}

static void a_job_that_is_over_shows_its_outcome(void **state)
{
	(void)state;
	static const struct {
		enum outcome outcome;
		const char *line;
	} cases[] = {
		{ OUTCOME_PROVEN, "ZC1A2B3C              PROVEN" },
		{ OUTCOME_UNKNOWN, "ZC1A2B3C              NOT PROVEN (unknown)" },
		{ OUTCOME_REFUSED, "ZC1A2B3C              NOT PROVEN (refused)" },
		{ OUTCOME_INTERRUPTED, "ZC1A2B3C              NOT PROVEN (interrupted)" },
		{ OUTCOME_FAILED, "ZC1A2B3C              NOT PROVEN (failed)" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run_progress job = running;
		job.ended = true;
		job.method = "over";
		job.outcome = cases[i].outcome;
		assert_line(&job, cases[i].line);
	}
}

static void no_line_is_wider_than_the_terminal_nor_steers_it(void **state)
{
	(void)state;
	struct run_progress job = running;
	job.serial = "";
	job.label = "ドライブ\033[31m (/dev/sdb)";
	for (unsigned width = 1; width < 90; width++) {
		char line[512];
		progress_line(&job, width, line, sizeof(line));
		assert_true(format_width(line) <= width);
		assert_null(strchr(line, '\033'));
	}
}

static void json_says_no_outcome_before_the_end(void **state)
{
	(void)state;
	struct run_progress job = running;
	job.outcome = OUTCOME_PROVEN;
	json_t *json = progress_json(&job);
	assert_string_equal(json_string_value(json_object_get(json, "outcome")), "unknown");
	json_decref(json);
	job.ended = true;
	json = progress_json(&job);
	assert_string_equal(json_string_value(json_object_get(json, "outcome")), "proven");
	json_decref(json);
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_running_job_tells_how_far_and_how_fast),
		cmocka_unit_test(a_hundred_percent_is_only_the_end),
		cmocka_unit_test(a_step_of_unknown_size_shows_no_numbers),
		cmocka_unit_test(a_drive_that_erases_itself_shows_its_own_progress),
		cmocka_unit_test(a_job_that_is_over_shows_its_outcome),
		cmocka_unit_test(no_line_is_wider_than_the_terminal_nor_steers_it),
		cmocka_unit_test(json_says_no_outcome_before_the_end),
	};
	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
