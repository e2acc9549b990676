/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clock weighed against everything that is known of time: the kernel's word, our own records, the clock that never
 * jumps, and the platforms' clocks. */
#include "wipe/tenant/clock_check.h"

#include <string.h>

const char *clock_verdict_word(enum clock_verdict verdict)
{
	switch (verdict) {
	case CLOCK_VERDICT_UNKNOWN:
		break;
	case CLOCK_GOOD:
		return "good";
	case CLOCK_UNSYNCHRONISED:
		return "clock-unsynchronised";
	case CLOCK_BACK:
		return "clock-back";
	case CLOCK_JUMPED:
		return "clock-jumped";
	case CLOCK_DIFFERS:
		return "clock-differs";
	case CLOCK_GAP:
		return "clock-gap";
	}
	return "unknown";
}

/* Times come from files and networks too: the difference of two need not fit. */
static bool is_near(int64_t a, int64_t b)
{
	int64_t difference;
	return !__builtin_sub_overflow(a, b, &difference) && difference <= CLOCK_TOLERANCE_MS &&
	       difference >= -CLOCK_TOLERANCE_MS;
}

static bool is_before(int64_t utc_ms, int64_t mark_utc_ms)
{
	return mark_utc_ms > 0 && utc_ms < mark_utc_ms && !is_near(utc_ms, mark_utc_ms);
}

/* Within one boot the clock moves as far as the one that never jumps. */
static bool jumped(const struct clock_facts *facts)
{
	int64_t moved, passed;
	if (facts->last.utc_ms <= 0 || !facts->boot_id || !facts->boot_id[0] ||
		strcmp(facts->boot_id, facts->last.boot_id) != 0)
		return false;
	return __builtin_sub_overflow(facts->now.utc_ms, facts->last.utc_ms, &moved) ||
	       __builtin_sub_overflow(facts->boottime_ms, facts->last.boottime_ms, &passed) ||
	       passed < 0 || !is_near(moved, passed);
}

enum clock_verdict clock_judge(const struct clock_facts *facts)
{
	int64_t now = facts->now.utc_ms;
	if (now <= 0)
		return CLOCK_VERDICT_UNKNOWN;
	if (!facts->now.synchronised && !facts->vouched)
		return CLOCK_UNSYNCHRONISED;
	if (is_before(now, facts->last.utc_ms) || is_before(now, facts->newest_record_utc_ms))
		return CLOCK_BACK;
	if (jumped(facts))
		return CLOCK_JUMPED;
	for (size_t i = 0; i < facts->other_count; i++)
		if (!is_near(facts->others[i], now))
			return CLOCK_DIFFERS;
	if (facts->last.utc_ms > 0 && now - facts->last.utc_ms > CLOCK_GAP_MS)
		return CLOCK_GAP;
	return CLOCK_GOOD;
}
