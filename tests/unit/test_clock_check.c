/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which clock is believed: every way of being wrong is its own answer, and none of them is good. */
#include "wipe/tenant/clock_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

#define NOW INT64_C(1805000000000)
#define MINUTE INT64_C(60000)
#define DAY (24 * 60 * MINUTE)

static const int64_t same_time[] = { NOW, NOW - 2000 };
static const int64_t ahead[] = { NOW, NOW + 6 * MINUTE };
static const int64_t behind[] = { NOW - 6 * MINUTE };
static const int64_t far[] = { INT64_MIN };

/* The night before, in the same boot, and two platforms that agree. */
static struct clock_facts good(void)
{
	return (struct clock_facts){
		.now = { .utc_ms = NOW, .synchronised = true },
		.boottime_ms = 40 * DAY,
		.boot_id = "boot-1",
		.last = { .utc_ms = NOW - DAY, .boottime_ms = 39 * DAY, .boot_id = "boot-1" },
		.newest_record_utc_ms = NOW - 3 * 60 * MINUTE,
		.others = same_time,
		.other_count = 2,
	};
}

#define SO(expected, ...)                                                                          \
	do {                                                                                       \
		struct clock_facts f = good();                                                     \
		__VA_ARGS__;                                                                       \
		if (clock_judge(&f) != (expected))                                                 \
			fail_msg("%s: %s", #__VA_ARGS__, clock_verdict_word(clock_judge(&f)));     \
	} while (0)

static void test_verdicts(void **state)
{
	(void)state;
	SO(CLOCK_GOOD, (void)f);
	SO(CLOCK_VERDICT_UNKNOWN, f.now.utc_ms = 0);
	SO(CLOCK_UNSYNCHRONISED, f.now.synchronised = false);
	SO(CLOCK_GOOD, f.now.synchronised = false; f.vouched = true);
	/* Set back: before what was recorded or marked. Minutes are forgiven. */
	SO(CLOCK_BACK, f.newest_record_utc_ms = NOW + 6 * MINUTE);
	SO(CLOCK_GOOD, f.newest_record_utc_ms = NOW + 4 * MINUTE);
	SO(CLOCK_BACK, f.last.utc_ms = NOW + DAY; f.last.boottime_ms = 41 * DAY);
	SO(CLOCK_BACK, f.newest_record_utc_ms = INT64_MAX);
	/* Vouching is for the kernel's word, not for a clock that contradicts us. */
	SO(CLOCK_BACK, f.vouched = true; f.newest_record_utc_ms = NOW + DAY);
	/* Forward by a month within one boot. */
	SO(CLOCK_JUMPED, f.last.utc_ms = NOW - 31 * DAY);
	SO(CLOCK_JUMPED, f.last.utc_ms = NOW - DAY - 6 * MINUTE);
	SO(CLOCK_GOOD, f.last.utc_ms = NOW - DAY - 4 * MINUTE);
	SO(CLOCK_JUMPED, f.boottime_ms = 38 * DAY); /* the clock that never jumps ran backwards */
	/* Another boot, or nobody knows which: only what can be compared is. */
	SO(CLOCK_GOOD, f.boot_id = "boot-2"; f.boottime_ms = MINUTE);
	SO(CLOCK_GAP, f.boot_id = "boot-2"; f.boottime_ms = MINUTE; f.last.utc_ms = NOW - 31 * DAY);
	SO(CLOCK_GAP, f.boot_id = ""; f.last.boot_id[0] = '\0'; f.last.utc_ms = NOW - 15 * DAY);
	SO(CLOCK_GOOD, f.boot_id = "boot-2"; f.last.utc_ms = NOW - 14 * DAY);
	/* Off for a fortnight and more without a reboot: a machine that slept. */
	SO(CLOCK_GAP, f.last.utc_ms = NOW - 20 * DAY; f.last.boottime_ms = 20 * DAY);
	/* The first run ever. */
	SO(CLOCK_GOOD, f.last = (struct clock_mark){ 0 }; f.newest_record_utc_ms = 0);
	SO(CLOCK_BACK, f.last = (struct clock_mark){ 0 }; f.newest_record_utc_ms = NOW + DAY);
	/* Platforms. */
	SO(CLOCK_DIFFERS, f.others = ahead);
	SO(CLOCK_DIFFERS, f.others = behind; f.other_count = 1);
	SO(CLOCK_DIFFERS, f.others = far; f.other_count = 1);
	SO(CLOCK_GOOD, f.others = NULL; f.other_count = 0);
}

static void test_words(void **state)
{
	(void)state;
	assert_int_equal(CLOCK_VERDICT_UNKNOWN, 0);
	for (int i = CLOCK_VERDICT_UNKNOWN; i <= CLOCK_GAP; i++)
		for (int j = CLOCK_VERDICT_UNKNOWN; j < i; j++)
			assert_string_not_equal(clock_verdict_word((enum clock_verdict)i),
				clock_verdict_word((enum clock_verdict)j));
	assert_string_equal(clock_verdict_word((enum clock_verdict)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
