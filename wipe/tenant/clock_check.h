/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Can the clock be believed tonight? Pure. A clock that runs ahead deletes early, one that was set back hides what was
 * done; so anything that does not fit is a refusal, with what to do. */
#ifndef HAIKI_WIPE_TENANT_CLOCK_CHECK_H
#define HAIKI_WIPE_TENANT_CLOCK_CHECK_H

#include "base/clock.h"
#include "inventory/tenants/approvals.h"

#define CLOCK_TOLERANCE_MS (5 * 60 * 1000)
#define CLOCK_GAP_MS                                                                               \
	(INT64_C(14) * 24 * 3600 * 1000) /* nothing ran for so long: a person is asked */

enum clock_verdict {
	CLOCK_VERDICT_UNKNOWN,
	CLOCK_GOOD,
	CLOCK_UNSYNCHRONISED, /* "clock-unsynchronised": by the kernel's word, and nobody vouches */
	CLOCK_BACK,           /* "clock-back": before the newest record or mark */
	CLOCK_JUMPED, /* "clock-jumped": within one boot, not in step with the clock that never jumps */
	CLOCK_DIFFERS, /* "clock-differs": a platform's clock says another time */
	CLOCK_GAP, /* "clock-gap": a machine that was off for long, or a clock that jumped meanwhile: approval */
};
const char *clock_verdict_word(enum clock_verdict verdict); /* "unknown", "good", "clock-back" … */

struct clock_facts {
	struct clock_reading now;
	int64_t boottime_ms; /* CLOCK_BOOTTIME */
	const char *boot_id;
	bool vouched; /* [deletion] clock = vouched: somebody answers for it though the kernel does not */
	struct clock_mark last;       /* utc_ms 0: never */
	int64_t newest_record_utc_ms; /* 0: none */
	const int64_t *others;        /* what platforms said, each read right before now */
	size_t other_count;
};
/* The first of them, in the order above, that is so. The first run ever has nothing to be compared with but the records and
 * the platforms: its share of all VMs is what the gate is for (gate.h). */
enum clock_verdict clock_judge(const struct clock_facts *facts);

#endif
