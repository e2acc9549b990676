/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one spelling of a time, both ways, and what the clocks promise. */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

static void times_have_one_spelling(void **state)
{
	(void)state;
	/* Milliseconds by `date -u -d TEXT +%s`. */
	static const struct {
		int64_t utc_ms;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 1, "1970-01-01T00:00:00.001Z" },
		{ INT64_C(951782399999), "2000-02-28T23:59:59.999Z" },
		{ INT64_C(951782400000), "2000-02-29T00:00:00.000Z" },
		{ INT64_C(1795406623123), "2026-11-23T04:03:43.123Z" },
		{ INT64_C(2147483648000), "2038-01-19T03:14:08.000Z" },
		{ INT64_C(4107542400000), "2100-03-01T00:00:00.000Z" },
		{ INT64_C(253402300799999), "9999-12-31T23:59:59.999Z" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[CLOCK_TEXT_SIZE];
		int64_t utc_ms = -1;
		clock_format(cases[i].utc_ms, text);
		assert_string_equal(text, cases[i].text);
		assert_int_equal(clock_parse(cases[i].text, &utc_ms), 0);
		assert_true(utc_ms == cases[i].utc_ms);
	}
}

static void years_outside_are_clamped(void **state)
{
	(void)state;
	char text[CLOCK_TEXT_SIZE];

	clock_format(-1, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000Z");
	clock_format(INT64_MIN, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000Z");
	clock_format(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

static void other_spellings_are_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"2026-11-23",
		"2026-11-23T04:03:43Z",
		"2026-11-23T04:03:43.123",
		"2026-11-23T04:03:43.123Z ",
		" 2026-11-23T04:03:43.123Z",
		"2026-11-23t04:03:43.123z",
		"2026-11-23 04:03:43.123Z",
		"2026-11-23T04:03:43.123+",
		"2026-11-23T04:03:43,123Z",
		"2026-11-23T04:03:43.1234Z",
		"2026-11-23T+4:03:43.123Z",
		"1969-12-31T23:59:59.999Z",
		"0000-01-01T00:00:00.000Z",
		"2026-00-23T04:03:43.123Z",
		"2026-13-23T04:03:43.123Z",
		"2026-02-29T04:03:43.123Z",
		"2026-11-00T04:03:43.123Z",
		"2026-11-31T04:03:43.123Z",
		"2026-11-23T24:00:00.000Z",
		"2026-11-23T04:60:00.000Z",
		"2016-12-31T23:59:60.000Z",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		int64_t utc_ms = 42;
		assert_int_equal(clock_parse(texts[i], &utc_ms), -EINVAL);
		assert_true(utc_ms == 42);
	}
}

static void the_time_zone_does_not_matter(void **state)
{
	(void)state;
	int64_t utc_ms;
	char text[CLOCK_TEXT_SIZE];

	assert_int_equal(setenv("TZ", "Asia/Tokyo", 1), 0);
	assert_int_equal(clock_parse("2026-11-23T04:03:43.123Z", &utc_ms), 0);
	assert_true(utc_ms == INT64_C(1795406623123));
	clock_format(utc_ms, text);
	assert_string_equal(text, "2026-11-23T04:03:43.123Z");
	assert_int_equal(unsetenv("TZ"), 0);
}

static void the_clock_can_be_read(void **state)
{
	(void)state;
	struct clock_reading first;
	struct clock_reading second;

	memset(&first, 0xff, sizeof(first.utc_ms));
	clock_read(&first);
	clock_read(&second);
	assert_true(first.utc_ms > 0);
	assert_true(first.max_error_us >= -1);
	/* What could not be read is not synchronised. */
	assert_false(first.max_error_us == -1 && first.synchronised);
	assert_int_equal(first.synchronised, second.synchronised);
}

static void the_monotonic_clock_does_not_go_back(void **state)
{
	(void)state;
	int64_t before = clock_monotonic_ms();

	for (int i = 0; i < 1000; i++) {
		int64_t now = clock_monotonic_ms();
		assert_true(now >= before);
		before = now;
	}
}

static void the_boot_has_an_id(void **state)
{
	(void)state;
	char first[37];
	char second[37];

	clock_boot_id(first);
	clock_boot_id(second);
	assert_string_equal(first, second);
	if (access("/proc/sys/kernel/random/boot_id", R_OK) != 0) {
		print_message("# skip: the kernel gives no boot id\n");
		skip();
	}
	assert_int_equal(strlen(first), 36);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_have_one_spelling),
		cmocka_unit_test(years_outside_are_clamped),
		cmocka_unit_test(other_spellings_are_refused),
		cmocka_unit_test(the_time_zone_does_not_matter),
		cmocka_unit_test(the_clock_can_be_read),
		cmocka_unit_test(the_monotonic_clock_does_not_go_back),
		cmocka_unit_test(the_boot_has_an_id),
	};
	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
