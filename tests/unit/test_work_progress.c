/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The step a watcher is shown is always one of the plan's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "wipe/work/work.h"

static void the_step_shown_is_one_of_the_plan(void **state)
{
	(void)state;
	static const struct {
		enum work_phase phase;
		unsigned step; /* the first that is not complete */
		unsigned shown;
		const char *method;
	} cases[] = {
		{ WORK_OPENING, 1, 0, "opening" },
		{ WORK_PASS, 1, 1, "overwrite" },
		{ WORK_PASS, 2, 2, "read-back" },
		{ WORK_BLOCKING, 3, 3, "residue-scan" },
		{ WORK_OVER, 2, 2, "over" },
		{ WORK_OVER, 4, 3, "over" },
	};
	AUTO_FREE struct work *work = calloc(1, sizeof(*work));
	struct run_target target = { .job_id = "J20261123-7QK3ZD" };
	work->target = &target;
	work->plan.step_count = 3;
	work->plan.steps[0].method = STEP_OVERWRITE;
	work->plan.steps[1].method = STEP_READ_BACK;
	work->plan.steps[2].method = STEP_RESIDUE_SCAN;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run_progress shown;
		work->phase = cases[i].phase;
		work->step = cases[i].step;
		work_progress(work, &shown);
		assert_int_equal(shown.step, cases[i].shown);
		assert_int_equal(shown.step_count, 3);
		assert_string_equal(shown.method, cases[i].method);
		assert_int_equal(shown.ended, cases[i].phase == WORK_OVER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_step_shown_is_one_of_the_plan),
	};
	return cmocka_run_group_tests_name("work_progress", tests, NULL, NULL);
}
