/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lifting what hides a part of the medium; whether it is all there then, the next opening tells. */
#include "wipe/work/method.h"

static void run(const struct erase_call *call, struct method_report *ret)
{
	*ret = (struct method_report){ .end = PASS_INTERNAL };
	int result = restore_capacity(call, ret->capacity, &ret->capacity_count);
	ret->errnum = -result;
	if (result == 0)
		ret->end = PASS_COMPLETE;
}

const struct method method_restore_capacity = {
	.step = STEP_RESTORE_CAPACITY,
	.run = run,
};
