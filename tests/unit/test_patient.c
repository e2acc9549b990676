/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls with a time limit: what comes back, and what does not. */
#include "base/patient.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct gate {
	int entered[2]; /* pipes: the test opens the gate, and learns of the release */
	int left[2];
};

static int answer(void *context)
{
	return *(int *)context + 1;
}

static int wait_at_gate(void *context)
{
	struct gate *gate = context;
	char byte;
	return (int)read(gate->entered[0], &byte, 1);
}

static void tell_release(void *context)
{
	struct gate *gate = context;
	ssize_t written = write(gate->left[1], "", 1);
	(void)written;
}

static void not_released(void *context)
{
	(void)context;
	fail_msg("released although it came back");
}

static void what_comes_back_is_told(void **state)
{
	(void)state;
	int number = 41, result = 0;
	assert_int_equal(patient_call(answer, &number, not_released, 60000, &result), 0);
	assert_int_equal(result, 42);
}

static void what_hangs_is_left_alone_and_released_later(void **state)
{
	(void)state;
	struct gate gate;
	int result = 7;
	char byte;
	assert_int_equal(pipe(gate.entered), 0);
	assert_int_equal(pipe(gate.left), 0);
	assert_int_equal(patient_call(wait_at_gate, &gate, tell_release, 20, &result), -ETIMEDOUT);
	assert_int_equal(result, 7);
	assert_int_equal(write(gate.entered[1], "", 1), 1);
	assert_int_equal(read(gate.left[0], &byte, 1), 1);
	for (int i = 0; i < 2; i++) {
		close(gate.entered[i]);
		close(gate.left[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_back_is_told),
		cmocka_unit_test(what_hangs_is_left_alone_and_released_later),
	};
	return cmocka_run_group_tests_name("patient", tests, NULL, NULL);
}
