/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a contract's days to the instant when what it left behind may be deleted. */
#include "verify/tenant/due.h"

const char *due_state_name(enum due_state state)
{
	switch (state) {
	case DUE_UNKNOWN:
		break;
	case DUE_FUTURE:
		return "future";
	case DUE_RUNNING:
		return "running";
	case DUE_GRACE:
		return "grace";
	case DUE_NOW:
		return "due";
	}
	return "unknown";
}

static const struct due unknown = { .state = DUE_UNKNOWN };

struct due due_of_contract(const struct due_contract *contract, int64_t now_utc_ms)
{
	int64_t start = 0, end = 0;
	struct due due = unknown;
	if (!contract->start_day || !contract->end_day ||
		day_parse(contract->start_day, &start) < 0 || contract->grace_days < 0 ||
		contract->grace_days > DUE_GRACE_MAX)
		return unknown;
	bool has_end = contract->end_day[0] != '\0';
	if (has_end && (day_parse(contract->end_day, &end) < 0 || end < start))
		return unknown;
	if (has_end)
		due.due_utc_ms = day_start_utc_ms(end + contract->grace_days + 1);
	if (now_utc_ms < day_start_utc_ms(start))
		due.state = DUE_FUTURE;
	else if (!has_end || now_utc_ms < day_start_utc_ms(end + 1))
		due.state = DUE_RUNNING;
	else
		due.state = now_utc_ms < due.due_utc_ms ? DUE_GRACE : DUE_NOW;
	return due;
}

/* What says most that it is still wanted comes first. */
static unsigned rank(enum due_state state)
{
	switch (state) {
	case DUE_UNKNOWN:
		return 0;
	case DUE_RUNNING:
		return 1;
	case DUE_FUTURE:
		return 2;
	case DUE_GRACE:
		return 3;
	case DUE_NOW:
		return 4;
	}
	return 0;
}

struct due due_of_all(const struct due_contract *contracts, size_t count, int64_t now_utc_ms)
{
	struct due all = unknown;
	bool endless = false;
	for (size_t i = 0; i < count; i++) {
		struct due one = due_of_contract(&contracts[i], now_utc_ms);
		if (one.state == DUE_UNKNOWN)
			return unknown;
		endless = endless || one.due_utc_ms == 0;
		if (i == 0 || rank(one.state) < rank(all.state))
			all.state = one.state;
		if (one.due_utc_ms > all.due_utc_ms)
			all.due_utc_ms = one.due_utc_ms;
	}
	if (endless)
		all.due_utc_ms = 0;
	return all;
}
