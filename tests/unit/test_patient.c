/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions with a time limit: what is answered, and what is left behind. */
#include "base/patient.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* Pipes, so that the test decides who answers and learns of what is dropped. */
struct riddle {
	int number;
	int hangs_on; /* fd to read one byte from before the answer; -1: none */
	int tells;    /* fd to write one byte to when the answer is dropped */
};

static int solve(void *value)
{
	struct riddle *riddle = value;
	char byte;
	if (riddle->hangs_on >= 0 && read(riddle->hangs_on, &byte, 1) != 1)
		return -EIO;
	riddle->number++;
	return riddle->number == 42 ? 0 : -EDOM;
}

static void drop(void *value)
{
	const struct riddle *riddle = value;
	ssize_t written = write(riddle->tells, "", 1);
	(void)written;
}

static const struct patient_question long_question = {
	.ask = solve, .drop = drop, .size = sizeof(struct riddle), .limit_ms = 60000
};

static void an_answer_comes_back(void **state)
{
	(void)state;
	struct riddle riddle = { 41, -1, -1 };
	assert_int_equal(patient_ask(&long_question, &riddle), 0);
	assert_int_equal(riddle.number, 42);
	assert_int_equal(patient_ask(&long_question, &riddle), -EDOM);
	assert_int_equal(riddle.number, 43);
	assert_int_equal(patient_ask_all(&long_question, NULL, 0, NULL), 0);
}

static void who_hangs_holds_up_nobody(void **state)
{
	(void)state;
	int hang[2], told[2];
	char byte;
	assert_int_equal(pipe(hang), 0);
	assert_int_equal(pipe(told), 0);
	struct riddle riddles[] = { { 41, -1, -1 }, { 41, hang[0], told[1] }, { 7, -1, -1 } };
	int results[3] = { 1, 1, 1 };
	struct patient_question question = long_question;
	question.limit_ms = 50;
	/* The two that answer must do so before a moment is over; else they are asked again. */
	do {
		riddles[0].number = 41;
		riddles[2].number = 7;
		assert_int_equal(patient_ask_all(&question, riddles, 3, results), 0);
		assert_int_equal(results[1], -ETIMEDOUT);
		assert_int_equal(riddles[1].number, 41);
		/* Let go, it is dropped by its thread. */
		assert_int_equal(write(hang[1], "", 1), 1);
		assert_int_equal(read(told[0], &byte, 1), 1);
	} while (results[0] == -ETIMEDOUT || results[2] == -ETIMEDOUT);
	assert_int_equal(results[0], 0);
	assert_int_equal(riddles[0].number, 42);
	assert_int_equal(results[2], -EDOM);
	assert_int_equal(riddles[2].number, 8);
	for (int i = 0; i < 2; i++) {
		close(hang[i]);
		close(told[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_comes_back),
		cmocka_unit_test(who_hangs_holds_up_nobody),
	};
	return cmocka_run_group_tests_name("patient", tests, NULL, NULL);
}
