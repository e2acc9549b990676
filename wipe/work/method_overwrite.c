/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Overwriting: one pass of one pattern, from an offset to the last byte. */
#include "wipe/work/method.h"

#include <errno.h>

static int prepare(const struct plan *plan, const struct plan_step *step, uint64_t from_bytes,
	struct pass_request *ret, struct byte_range **ret_ranges)
{
	if (from_bytes >= plan->capacity_bytes)
		return -EINVAL;
	struct byte_range *range = malloc(sizeof(*range));
	if (!range)
		return -ENOMEM;
	*range = (struct byte_range){ from_bytes, plan->capacity_bytes - from_bytes };
	*ret = (struct pass_request){
		.direction = PASS_WRITE,
		.pattern = step->pattern,
		.sector_bytes = plan->sector_bytes,
		.ranges = range,
		.range_count = 1,
	};
	*ret_ranges = range;
	return 0;
}

const struct method method_overwrite = {
	.step = STEP_OVERWRITE,
	.destroys = true,
	.prepare = prepare,
};
