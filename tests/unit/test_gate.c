/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Too many VMs at once wait for a person; and what that person approved is exactly what goes. */
#include "wipe/tenant/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

static void test_share(void **state)
{
	(void)state;
	static const struct {
		size_t due, all;
		unsigned percent;
		bool stops;
	} cases[] = {
		{ 0, 0, 10, false },
		{ 0, 100, 0, false },
		{ 10, 100, 10, false },
		{ 11, 100, 10, true },
		{ 2, 100, 10, false },
		{ 100, 100, 100, false },
		{ 100, 100, 99, true },
		{ 1, 100, 0, true },
		{ 1, 1, 0, true },
		/* One of a few is always much. */
		{ 1, 1, 10, false },
		{ 1, 9, 10, false },
		{ 2, 9, 10, true },
		{ 1, 10, 10, false },
		{ 1, 10, 9, true },
		/* More are due than the platforms have: something is wrong with the list. */
		{ 3, 0, 10, true },
		{ 500, 10000, 5, false },
		{ 501, 10000, 5, true },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (gate_stops(cases[i].due, cases[i].all, cases[i].percent) != cases[i].stops)
			fail_msg("case %zu", i);
}

static bool approved(const char *vms, const char *uuids, int64_t given, int64_t expires)
{
	AUTO_JSON json_t *list = NULL;
	char copy[128];
	(void)stpcpy(copy, vms);
	const struct approval_record approval = {
		.id = 3,
		.vms = copy,
		.given_utc_ms = given,
		.expires_utc_ms = expires,
	};
	assert_int_equal(json_parse(uuids, strlen(uuids), "test", &list, NULL), 0);
	return gate_approved(&approval, list, 1000);
}

static void test_approval(void **state)
{
	(void)state;
	assert_true(approved("[\"a\",\"b\"]", "[\"a\",\"b\"]", 500, 2000));
	assert_true(approved("[\"a\",\"b\"]", "[\"b\"]", 500, 2000));
	assert_true(approved("[\"a\",\"b\"]", "[]", 500, 2000));
	assert_false(approved("[\"a\",\"b\"]", "[\"a\",\"c\"]", 500, 2000));
	assert_false(approved("[\"a\",\"b\"]", "[\"A\"]", 500, 2000));
	assert_false(approved("[\"a\",\"b\"]", "[\"a\"]", 0, 2000));    /* open */
	assert_false(approved("[\"a\",\"b\"]", "[\"a\"]", 500, 1000));  /* over */
	assert_false(approved("[\"a\",\"b\"]", "[\"a\"]", 1001, 2000)); /* given in the future */
	assert_false(approved("[\"a\"", "[\"a\"]", 500, 2000));
	assert_false(approved("{\"a\":1}", "[\"a\"]", 500, 2000));
	assert_false(approved("[\"a\"]", "[1]", 500, 2000));
	assert_false(gate_approved(&(struct approval_record){ 0 }, NULL, 1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_approval),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
