/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading back what a step wrote, in full or by sample; always from the beginning. */
#include "wipe/work/method.h"

#include <errno.h>

static int prepare(const struct plan *plan, const struct plan_step *step, uint64_t from_bytes,
	struct pass_request *ret, struct byte_range **ret_ranges)
{
	if (from_bytes != 0 || step->of_step < 1 || step->of_step > plan->step_count)
		return -EINVAL;
	struct pass_request request = {
		.direction = PASS_READ_BACK,
		.pattern = plan->steps[step->of_step - 1].pattern,
		.sector_bytes = plan->sector_bytes,
	};
	int result = media_ranges(step->coverage, plan->capacity_bytes, plan->sector_bytes,
		step->seed, ret_ranges, &request.range_count);
	if (result < 0)
		return result;
	request.ranges = *ret_ranges;
	*ret = request;
	return 0;
}

const struct method method_read_back = {
	.step = STEP_READ_BACK,
	.prepare = prepare,
};
