/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When what a contract left behind may be deleted: to the millisecond, over ends of years, leap days, renewals. */
#include "verify/tenant/due.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>
/* after the standard ones */
#include <cmocka.h>

static int64_t utc(const char *text)
{
	int64_t utc_ms = 0;
	assert_int_equal(clock_parse(text, &utc_ms), 0);
	return utc_ms;
}

/* Of one contract that runs since 2000-01-01: the last day, the grace, and when it is due. */
static const struct {
	const char *end_day;
	int64_t grace_days;
	const char *due_utc;
} ends[] = {
	{ "2027-03-31", 10, "2027-04-10T15:00:00.000Z" },
	{ "2027-03-31", 0, "2027-03-31T15:00:00.000Z" },
	{ "2027-03-31", 1, "2027-04-01T15:00:00.000Z" },
	/* over the end of a year */
	{ "2026-12-31", 10, "2027-01-10T15:00:00.000Z" },
	{ "2026-12-31", 0, "2026-12-31T15:00:00.000Z" },
	{ "2026-12-21", 10, "2026-12-31T15:00:00.000Z" },
	{ "2026-12-20", 10, "2026-12-30T15:00:00.000Z" },
	{ "2027-12-25", 10, "2028-01-04T15:00:00.000Z" },
	/* over the end of February, in leap years and others */
	{ "2027-02-28", 10, "2027-03-10T15:00:00.000Z" },
	{ "2028-02-28", 10, "2028-03-09T15:00:00.000Z" },
	{ "2028-02-29", 10, "2028-03-10T15:00:00.000Z" },
	{ "2028-02-29", 0, "2028-02-29T15:00:00.000Z" },
	{ "2028-02-28", 1, "2028-02-29T15:00:00.000Z" },
	{ "2028-02-18", 10, "2028-02-28T15:00:00.000Z" },
	{ "2028-02-19", 10, "2028-02-29T15:00:00.000Z" },
	{ "2027-02-18", 10, "2027-02-28T15:00:00.000Z" },
	{ "2027-02-19", 10, "2027-03-01T15:00:00.000Z" },
	/* a century that is no leap year, and one that is */
	{ "2100-02-28", 1, "2100-03-01T15:00:00.000Z" },
	{ "2000-02-28", 1, "2000-02-29T15:00:00.000Z" },
	{ "2400-02-28", 1, "2400-02-29T15:00:00.000Z" },
	/* a whole year and a whole leap year of grace */
	{ "2027-03-31", 365, "2028-03-30T15:00:00.000Z" },
	{ "2028-03-31", 365, "2029-03-31T15:00:00.000Z" },
	{ "2027-03-31", DUE_GRACE_MAX, "2037-03-28T15:00:00.000Z" },
	/* far years */
	{ "2038-01-19", 10, "2038-01-29T15:00:00.000Z" },
	{ "9999-12-20", 10, "9999-12-30T15:00:00.000Z" },
};

/* Not a millisecond early: and before it the day of grace, the last day, and the day before that. */
static void test_to_the_millisecond(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		const struct due_contract contract = { "2000-01-01", ends[i].end_day,
			ends[i].grace_days };
		int64_t due_utc_ms = utc(ends[i].due_utc);
		int64_t over_utc_ms = due_utc_ms - ends[i].grace_days * 86400000;
		const struct {
			int64_t now_utc_ms;
			enum due_state state;
		} instants[] = {
			{ due_utc_ms, DUE_NOW },
			{ due_utc_ms + 1, DUE_NOW },
			{ due_utc_ms + INT64_C(86400000) * 400, DUE_NOW },
			{ due_utc_ms - 1, ends[i].grace_days > 0 ? DUE_GRACE : DUE_RUNNING },
			{ over_utc_ms, ends[i].grace_days > 0 ? DUE_GRACE : DUE_NOW },
			{ over_utc_ms - 1, DUE_RUNNING },
			{ over_utc_ms - 86400000, DUE_RUNNING },
		};
		for (size_t j = 0; j < ARRAY_SIZE(instants); j++) {
			struct due due = due_of_contract(&contract, instants[j].now_utc_ms);
			assert_int_equal(due.state, instants[j].state);
			assert_int_equal(due.due_utc_ms, due_utc_ms);
		}
	}
}

/* The end of the last years that can be written; it is due in a year that cannot. */
static void test_end_of_time(void **state)
{
	(void)state;
	const struct due_contract contract = { "2027-04-01", "9999-12-31", DUE_GRACE_MAX };
	struct due due = due_of_contract(&contract, utc("9999-12-31T23:59:59.999Z"));
	assert_int_equal(due.state, DUE_GRACE);
	assert_int_equal(due.due_utc_ms,
		utc("9999-12-31T15:00:00.000Z") + INT64_C(86400000) * DUE_GRACE_MAX);
	assert_int_equal(due_of_contract(&contract, INT64_MAX).state, DUE_NOW);
	assert_int_equal(due_of_contract(&contract, INT64_MIN).state, DUE_FUTURE);
}

/* For each day of forty years, by the C library's calendar: due is ten days and one behind the start of the last day. */
static void test_every_day_of_forty_years(void **state)
{
	(void)state;
	for (int day = 0; day < 40 * 366; day++) {
		struct tm last = { .tm_year = 127, .tm_mday = 1 + day },
			  behind = { .tm_year = 127, .tm_mday = 1 + day + 11, .tm_hour = -9 };
		char text[16];
		(void)timegm(&last);
		assert_int_equal(strftime(text, sizeof(text), "%Y-%m-%d", &last), 10);
		const struct due_contract contract = { "2000-01-01", text, 10 };
		int64_t expected = (int64_t)timegm(&behind) * 1000;
		assert_int_equal(due_of_contract(&contract, expected).state, DUE_NOW);
		assert_int_equal(due_of_contract(&contract, expected - 1).state, DUE_GRACE);
	}
}

static void test_not_begun_and_endless(void **state)
{
	(void)state;
	const struct due_contract open = { "2027-04-01", "", 10 };
	const struct due_contract one_day = { "2027-04-01", "2027-04-01", 0 };
	struct due due = due_of_contract(&open, utc("2027-03-31T14:59:59.999Z"));
	assert_int_equal(due.state, DUE_FUTURE);
	assert_int_equal(due.due_utc_ms, 0);
	due = due_of_contract(&open, utc("2027-03-31T15:00:00.000Z"));
	assert_int_equal(due.state, DUE_RUNNING);
	due = due_of_contract(&open, utc("9999-12-31T00:00:00.000Z"));
	assert_int_equal(due.state, DUE_RUNNING);
	assert_int_equal(due.due_utc_ms, 0);
	due = due_of_contract(&one_day, utc("2027-03-31T14:59:59.999Z"));
	assert_int_equal(due.state, DUE_FUTURE);
	assert_int_equal(due.due_utc_ms, utc("2027-04-01T15:00:00.000Z"));
	assert_int_equal(
		due_of_contract(&one_day, utc("2027-04-01T14:59:59.999Z")).state, DUE_RUNNING);
	assert_int_equal(due_of_contract(&one_day, utc("2027-04-01T15:00:00.000Z")).state, DUE_NOW);
}

/* What cannot be understood is never due, however late it is. */
static void test_unknown(void **state)
{
	(void)state;
	static const struct due_contract cases[] = {
		{ "", "2027-03-31", 10 },
		{ NULL, "2027-03-31", 10 },
		{ "2026-04-01", NULL, 10 },
		{ "2026-04-01", " ", 10 },
		{ "2026-04-01", "2027-02-29", 10 },
		{ "2026-04-01", "2027-3-31", 10 },
		{ "2026-04-01", "2027/03/31", 10 },
		{ "2026-04-01", "none", 10 },
		{ "2026-02-29", "2027-03-31", 10 },
		{ "2027-04-01", "2027-03-31", 10 },
		{ "2026-04-01", "2027-03-31", -1 },
		{ "2026-04-01", "2027-03-31", DUE_GRACE_MAX + 1 },
		{ "2026-04-01", "2027-03-31", INT64_MAX },
		{ "2026-04-01", "2027-03-31", INT64_MIN },
		{ "2026-04-01", "10000-03-31", 10 },
	};
	const struct due_contract good = { "2026-04-01", "2027-03-31", 10 };
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct due due = due_of_contract(&cases[i], INT64_MAX);
		assert_int_equal(due.state, DUE_UNKNOWN);
		assert_int_equal(due.due_utc_ms, 0);
		const struct due_contract both[] = { good, cases[i] };
		const struct due_contract turned[] = { cases[i], good };
		assert_int_equal(due_of_all(both, 2, INT64_MAX).state, DUE_UNKNOWN);
		assert_int_equal(due_of_all(turned, 2, INT64_MAX).state, DUE_UNKNOWN);
		assert_int_equal(due_of_all(turned, 2, INT64_MAX).due_utc_ms, 0);
	}
	assert_int_equal(due_of_all(NULL, 0, INT64_MAX).state, DUE_UNKNOWN);
	assert_int_equal(due_of_all(NULL, 0, INT64_MAX).due_utc_ms, 0);
}

#define CONTRACTS_MAX 3

static const struct {
	const char *what;
	struct due_contract contracts[CONTRACTS_MAX];
	const char *now_utc;
	enum due_state state;
	const char *due_utc; /* "" none */
} several[] = {
	{ "one alone", { { "2026-04-01", "2027-03-31", 10 } }, "2027-04-10T15:00:00.000Z", DUE_NOW,
		"2027-04-10T15:00:00.000Z" },
	{ "renewed without a gap, in the new one",
		{ { "2026-04-01", "2027-03-31", 10 }, { "2027-04-01", "2028-03-31", 10 } },
		"2027-04-10T15:00:00.000Z", DUE_RUNNING, "2028-04-10T15:00:00.000Z" },
	{ "renewed without a gap, both over",
		{ { "2026-04-01", "2027-03-31", 10 }, { "2027-04-01", "2028-03-31", 10 } },
		"2028-04-10T15:00:00.000Z", DUE_NOW, "2028-04-10T15:00:00.000Z" },
	{ "renewed without an end",
		{ { "2026-04-01", "2027-03-31", 10 }, { "2027-04-01", "", 10 } },
		"2099-01-01T00:00:00.000Z", DUE_RUNNING, "" },
	{ "the endless one first", { { "2027-04-01", "", 10 }, { "2026-04-01", "2027-03-31", 10 } },
		"2099-01-01T00:00:00.000Z", DUE_RUNNING, "" },
	{ "the next begins after the grace of the first: kept meanwhile",
		{ { "2026-04-01", "2027-03-31", 10 }, { "2027-06-01", "2028-03-31", 10 } },
		"2027-05-01T00:00:00.000Z", DUE_FUTURE, "2028-04-10T15:00:00.000Z" },
	{ "an endless one that begins later",
		{ { "2026-04-01", "2027-03-31", 10 }, { "2027-06-01", "", 10 } },
		"2027-05-01T00:00:00.000Z", DUE_FUTURE, "" },
	{ "one over with a long grace, one that runs and is due before it",
		{ { "2026-04-01", "2027-03-31", 100 }, { "2026-04-01", "2027-05-31", 0 } },
		"2027-05-01T00:00:00.000Z", DUE_RUNNING, "2027-07-09T15:00:00.000Z" },
	{ "the shorter one was over when the longer grace ends",
		{ { "2026-04-01", "2027-03-31", 100 }, { "2026-04-01", "2027-05-31", 0 } },
		"2027-07-09T14:59:59.999Z", DUE_GRACE, "2027-07-09T15:00:00.000Z" },
	{ "and then it is due",
		{ { "2026-04-01", "2027-03-31", 100 }, { "2026-04-01", "2027-05-31", 0 } },
		"2027-07-09T15:00:00.000Z", DUE_NOW, "2027-07-09T15:00:00.000Z" },
	{ "three: the middle one keeps it",
		{ { "2025-04-01", "2026-03-31", 10 }, { "2025-04-01", "2028-02-29", 10 },
			{ "2026-04-01", "2027-03-31", 10 } },
		"2028-03-10T14:59:59.999Z", DUE_GRACE, "2028-03-10T15:00:00.000Z" },
	{ "three: over all of them",
		{ { "2025-04-01", "2026-03-31", 10 }, { "2025-04-01", "2028-02-29", 10 },
			{ "2026-04-01", "2027-03-31", 10 } },
		"2028-03-10T15:00:00.000Z", DUE_NOW, "2028-03-10T15:00:00.000Z" },
};

/* In whatever order they are given. */
static void test_several_contracts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(several); i++) {
		size_t count = 0;
		while (count < CONTRACTS_MAX && several[i].contracts[count].start_day)
			count++;
		int64_t expected = several[i].due_utc[0] ? utc(several[i].due_utc) : 0;
		for (size_t turn = 0; turn < count; turn++) {
			struct due_contract turned[CONTRACTS_MAX];
			for (size_t j = 0; j < count; j++)
				turned[j] = several[i].contracts[(j + turn) % count];
			struct due due = due_of_all(turned, count, utc(several[i].now_utc));
			if (due.state != several[i].state || due.due_utc_ms != expected)
				fail_msg("%s: %s at %lld", several[i].what,
					due_state_name(due.state), (long long)due.due_utc_ms);
		}
	}
}

/* The same contract as it is changed: the new day decides, from the moment it is known. */
static void test_changes(void **state)
{
	(void)state;
	const int64_t now = utc("2027-04-10T15:00:00.000Z");
	const struct due_contract agreed = { "2026-04-01", "2027-03-31", 10 };
	const struct due_contract early = { "2026-04-01", "2026-11-30", 10 };
	const struct due_contract extended = { "2026-04-01", "2027-06-30", 10 };
	const struct due_contract endless = { "2026-04-01", "", 10 };
	const struct due_contract longer_grace = { "2026-04-01", "2027-03-31", 11 };
	assert_int_equal(due_of_contract(&agreed, now).state, DUE_NOW);
	assert_int_equal(due_of_contract(&extended, now).state, DUE_RUNNING);
	assert_int_equal(due_of_contract(&endless, now).state, DUE_RUNNING);
	assert_int_equal(due_of_contract(&longer_grace, now).state, DUE_GRACE);
	assert_int_equal(due_of_contract(&early, utc("2026-12-10T14:59:59.999Z")).state, DUE_GRACE);
	assert_int_equal(due_of_contract(&early, utc("2026-12-10T15:00:00.000Z")).state, DUE_NOW);
	/* ended earlier than today, told only now: the days of grace are over already */
	assert_int_equal(due_of_contract(&early, now).due_utc_ms, utc("2026-12-10T15:00:00.000Z"));
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(due_state_name(DUE_UNKNOWN), "unknown");
	assert_string_equal(due_state_name(DUE_FUTURE), "future");
	assert_string_equal(due_state_name(DUE_RUNNING), "running");
	assert_string_equal(due_state_name(DUE_GRACE), "grace");
	assert_string_equal(due_state_name(DUE_NOW), "due");
	assert_string_equal(due_state_name((enum due_state)77), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_to_the_millisecond),
		cmocka_unit_test(test_end_of_time),
		cmocka_unit_test(test_every_day_of_forty_years),
		cmocka_unit_test(test_not_begun_and_endless),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_several_contracts),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
