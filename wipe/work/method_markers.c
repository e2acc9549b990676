/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Markers: planted before a drive erases itself, and looked for after. */
#include "wipe/work/method.h"

#include "wipe/erase/markers_plant.h"
#include "verify/media/markers.h"

#include <errno.h>

static void plant(const struct erase_call *call, struct method_report *ret)
{
	const struct plan *plan = call->plan;
	uint32_t planted = 0;
	*ret = (struct method_report){ .end = PASS_INTERNAL };
	int result = markers_plant(call->drive->fd, plan->capacity_bytes, plan->sector_bytes,
		call->step->seed, call->step->markers, &planted);
	ret->bytes = (uint64_t)planted * plan->sector_bytes;
	ret->errnum = -result;
	if (result < 0)
		return;
	/* A marker that only stands in the drive's cache would be gone without any erasure. */
	result = drive_flush(call->drive);
	ret->flushed = result == 0 || result == -EOPNOTSUPP;
	ret->errnum = ret->flushed ? 0 : -result;
	ret->end = ret->flushed ? PASS_COMPLETE : PASS_FLUSH_FAILED;
}

static void check(const struct erase_call *call, struct method_report *ret)
{
	const struct plan *plan = call->plan;
	const struct plan_step *planted = &plan->steps[call->step->of_step - 1];
	const struct plan_step *erase = &plan->steps[call->step->of_step]; /* right behind it */
	*ret = (struct method_report){ .end = PASS_INTERNAL };
	int result = markers_look(call->drive->fd, plan->capacity_bytes, plan->sector_bytes,
		planted->seed, planted->markers, &ret->markers);
	ret->markers.zeroed = markers_blank(&ret->markers, erase->technique);
	ret->bytes = (uint64_t)ret->markers.checked * plan->sector_bytes;
	ret->errnum = -result;
	if (result == 0)
		ret->end = PASS_COMPLETE;
}

const struct method method_plant_markers = {
	.step = STEP_PLANT_MARKERS,
	.run = plant,
};

const struct method method_check_markers = {
	.step = STEP_CHECK_MARKERS,
	.run = check,
};
