/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking for anything recognisable that is left, with other eyes than the read-back's. */
#include "wipe/work/method.h"

#include <errno.h>

static void run(const struct erase_call *call, struct method_report *ret)
{
	*ret = (struct method_report){ .end = PASS_INTERNAL };
	const struct plan *plan = call->plan;
	/* What a drive leaves behind after it erased itself its own way is not known. */
	const struct pattern *left = &plan->steps[call->step->of_step - 1].pattern;
	const struct pattern *pattern = left->kind == STREAM_NONE ? NULL : left;
	int result = residue_scan(call->drive->fd, plan->capacity_bytes, plan->sector_bytes,
		pattern, &ret->residue, NULL);
	ret->bytes = ret->residue.bytes_looked_at;
	if (result < 0)
		ret->errnum = -result;
	else if (ret->residue.truncated)
		ret->errnum = EOVERFLOW;
	else
		ret->end = PASS_COMPLETE;
}

const struct method method_residue_scan = {
	.step = STEP_RESIDUE_SCAN,
	.run = run,
};
