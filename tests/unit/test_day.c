/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calendar days: leap days, ends of years, and midnight in Tokyo. */
#include "base/day.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
/* after the standard ones */
#include <cmocka.h>

static void test_real_days(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t day;
	} cases[] = {
		{ "1970-01-01", 0 },
		{ "1970-12-31", 364 },
		{ "1971-01-01", 365 },
		{ "1972-02-29", 789 },
		{ "2000-02-29", 11016 },
		{ "2024-02-29", 19782 },
		{ "2024-12-31", 20088 },
		{ "2027-03-31", 20908 },
		{ "9999-12-31", 2932896 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t day = -1;
		char text[DAY_TEXT_SIZE];
		assert_int_equal(day_parse(cases[i].text, &day), 0);
		assert_int_equal(day, cases[i].day);
		day_format(day, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_no_real_days(void **state)
{
	(void)state;
	static const char *const cases[] = { "", "2027", "2027-3-31", "2027-03-31 ", " 2027-03-31",
		"2027/03/31", "2027-02-29", "2100-02-29", "1900-02-28", "2024-02-30", "2027-04-31",
		"2027-00-10", "2027-13-01", "2027-01-00", "2027-01-32", "1969-12-31", "0000-01-01",
		"2027-03-3x", "+027-03-31", "20270331", "2027-03-31T00:00" };
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t day = 7;
		assert_int_equal(day_parse(cases[i], &day), -EINVAL);
		assert_int_equal(day, 7);
	}
}

/* Each day of eight thousand years follows the one before it, as the C library counts. */
static void test_every_day(void **state)
{
	(void)state;
	for (int64_t day = 0; day <= 2932896; day += day < 40000 ? 1 : 97) {
		char text[DAY_TEXT_SIZE], expected[DAY_TEXT_SIZE];
		time_t seconds = (time_t)(day * 86400);
		struct tm parts;
		int64_t again = -1;
		assert_non_null(gmtime_r(&seconds, &parts));
		assert_int_equal(strftime(expected, sizeof(expected), "%Y-%m-%d", &parts), 10);
		day_format(day, text);
		assert_string_equal(text, expected);
		assert_int_equal(day_parse(text, &again), 0);
		assert_int_equal(again, day);
	}
}

static void test_midnight_in_tokyo(void **state)
{
	(void)state;
	int64_t day = 0;
	assert_int_equal(day_parse("2027-03-31", &day), 0);
	/* 2027-03-30T15:00:00Z */
	int64_t midnight = INT64_C(1806418800000);
	assert_int_equal(day_start_utc_ms(day), midnight);
	assert_int_equal(day_in_tokyo(midnight - 1), day - 1);
	assert_int_equal(day_in_tokyo(midnight), day);
	assert_int_equal(day_in_tokyo(midnight + 86399999), day);
	assert_int_equal(day_in_tokyo(midnight + 86400000), day + 1);
	assert_int_equal(day_in_tokyo(-INT64_C(32400000)), 0);
	assert_int_equal(day_in_tokyo(-INT64_C(32400001)), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real_days),
		cmocka_unit_test(test_no_real_days),
		cmocka_unit_test(test_every_day),
		cmocka_unit_test(test_midnight_in_tokyo),
	};
	return cmocka_run_group_tests_name("day", tests, NULL, NULL);
}
