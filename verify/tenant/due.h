/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When what a contract left behind is due: its last day, whole, then its days of grace, each whole, in
 * Asia/Tokyo. Pure; whoever deletes and whoever checks the certificate ask the same function.
 *
 * Source: the operator's promise on CLD.8.1.5 (ISO/IEC 27017), "ten days after the end of the contract". A
 * contract ends with the end of its last day; ten days later is the end of the tenth day behind it. */
#ifndef HAIKI_VERIFY_TENANT_DUE_H
#define HAIKI_VERIFY_TENANT_DUE_H

#include "base/day.h"
#include <stdbool.h>
#include <stddef.h>

#define DUE_GRACE_MAX 3650 /* days */

/* Of one contract, as typed. Borrowed. */
struct due_contract {
	const char *start_day, *end_day; /* "2027-03-31"; the end "" while none is agreed */
	int64_t grace_days;
};

enum due_state {
	DUE_UNKNOWN, /* days that are no days, an end before the start, grace below 0 or above DUE_GRACE_MAX, no
		      * contract at all */
	DUE_FUTURE,  /* not begun */
	DUE_RUNNING, /* it has no last day, or that is not over */
	DUE_GRACE,   /* over, and the days of grace are not */
	DUE_NOW,     /* due_utc_ms has come */
};
const char *due_state_name(
	enum due_state state); /* "unknown", "future", "running", "grace", "due" */

struct due {
	enum due_state state;
	int64_t due_utc_ms; /* the first millisecond when deletion is allowed; 0: no such time is known */
};

/* Of one contract: due_utc_ms is the start of the day end + grace_days + 1; 0 while it has no end. */
struct due due_of_contract(const struct due_contract *contract, int64_t now_utc_ms);

/* Of what several contracts cover (a renewal is a further contract): the one that keeps it longest decides. One that
 * is unknown makes all unknown; none: unknown. due_utc_ms is the latest of all, 0 when one has no end. The state is the
 * one that speaks most for keeping: running, then future (a contract that begins later keeps it as one that runs
 * does), then grace; DUE_NOW when it is due by every one of them. */
struct due due_of_all(const struct due_contract *contracts, size_t count, int64_t now_utc_ms);

#endif
