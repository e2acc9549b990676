/* SPDX-License-Identifier: GPL-3.0-or-later */
/* On which days there is something to tell. */
#include "wipe/notice/notice.h"

const char *notice_kind_name(enum notice_kind kind)
{
	switch (kind) {
	case NOTICE_NONE:
		return "none";
	case NOTICE_BEFORE:
		return "before";
	case NOTICE_AFTER:
		return "after";
	case NOTICE_DELETED:
		return "deleted";
	case NOTICE_CLOSED:
		return "closed";
	case NOTICE_OVERDUE:
		return "overdue";
	}
	return "none";
}

struct notice_due notice_before_due(
	int64_t due_day, int64_t today, const unsigned *before, size_t count)
{
	struct notice_due due = { NOTICE_NONE, 0 };

	for (size_t i = 0; i < count && today < due_day; i++)
		if (due_day - before[i] <= today)
			due = (struct notice_due){ NOTICE_BEFORE, due_day - before[i] };
	return due;
}

struct notice_due notice_after_due(
	int64_t due_day, int64_t today, const unsigned *after, size_t count)
{
	struct notice_due due = { NOTICE_NONE, 0 };

	for (size_t i = 0; i < count; i++)
		if (due_day + after[i] <= today)
			due = (struct notice_due){ NOTICE_AFTER, due_day + after[i] };
	return due;
}
