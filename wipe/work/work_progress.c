/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a watcher is shown: how far, how fast, how long still. */
#include "wipe/work/work.h"

#include <string.h>

/* The rate is that of the last few seconds, so that it follows a drive that slows down. */
#define METER_INTERVAL_MS 1000

static void meter(struct work *work, uint64_t done_bytes)
{
	int64_t now = clock_monotonic_ms();
	if (work->meter.since_ms == 0 || done_bytes < work->meter.bytes) {
		work->meter.since_ms = now;
		work->meter.bytes = done_bytes;
		return;
	}
	int64_t passed = now - work->meter.since_ms;
	if (passed < METER_INTERVAL_MS)
		return;
	uint64_t rate = (done_bytes - work->meter.bytes) * 1000 / (uint64_t)passed;
	bool first = work->meter.bytes_per_second == 0;
	work->meter.bytes_per_second = first ? rate : (3 * work->meter.bytes_per_second + rate) / 4;
	work->meter.since_ms = now;
	work->meter.bytes = done_bytes;
}

int64_t run_seconds_behind(const struct plan *plan, unsigned step, uint64_t bytes_per_second)
{
	uint64_t bytes = 0;
	int64_t seconds = 0;
	for (size_t i = step; i < plan->step_count; i++) {
		bytes += method_step_bytes(plan, &plan->steps[i]);
		if (plan->steps[i].method == STEP_ERASE && plan->steps[i].expected_seconds > 0)
			seconds += plan->steps[i].expected_seconds;
	}
	if (bytes > 0 && bytes_per_second == 0)
		return -1;
	return seconds + (bytes > 0 ? (int64_t)(bytes / bytes_per_second) : 0);
}

static int64_t seconds_left(const struct work *work, uint64_t left_of_step)
{
	uint64_t rate = work->meter.bytes_per_second;
	if (rate == 0)
		return -1;
	int64_t behind = run_seconds_behind(&work->plan, work->step, rate);
	return behind < 0 ? -1 : (int64_t)(left_of_step / rate) + behind;
}

/* The drive erases itself: what it says of how far it is, or how long it said it would take. */
static void show_erase(const struct work *work, struct run_progress *ret)
{
	int64_t now = seam_now_ms(work->options->seams);
	unsigned step = work->cut.awaits ? work->cut.step : work->step;
	int64_t left = course_seconds_left(&work->course, now);
	int64_t behind = run_seconds_behind(&work->plan, step, work->meter.bytes_per_second);
	ret->step = step;
	ret->progress = course_progress(&work->course, now);
	if (left >= 0)
		ret->seconds_left = left + MAX(behind, 0);
}

static bool is_erasing(const struct work *work)
{
	if (work->phase == WORK_WAITING)
		return true;
	return work->phase == WORK_BLOCKING && work->step >= 1 &&
	       work->step <= work->plan.step_count &&
	       work->plan.steps[work->step - 1].method == STEP_ERASE && work->course.method;
}

static const char *doing(const struct work *work)
{
	switch (work->phase) {
	case WORK_OPENING:
		return "opening";
	case WORK_WAITING:
		if (work->cut.awaits)
			return step_method_name(STEP_ERASE);
		return step_method_name(work->plan.steps[work->step - 1].method);
	case WORK_PASS:
	case WORK_BLOCKING: /* behind the last step the drive is asked once more who it is */
		if (work->step > work->plan.step_count)
			return "closing";
		return step_method_name(work->plan.steps[work->step - 1].method);
	case WORK_OVER:
		break;
	}
	return "over";
}

/* A job that is through stands on its last step. */
static unsigned step_shown(const struct work *work)
{
	unsigned count = (unsigned)work->plan.step_count;
	return work->phase == WORK_OPENING ? 0 : MIN(work->step, count);
}

void work_progress(struct work *work, struct run_progress *ret)
{
	*ret = (struct run_progress){
		.job_id = work->target->job_id,
		.label = work->label,
		.serial = work->identity.serial,
		.step = step_shown(work),
		.step_count = (unsigned)work->plan.step_count,
		.method = doing(work),
		.progress = -1,
		.seconds_left = -1,
		.ended = work->phase == WORK_OVER,
		.outcome = work->target->verdict.outcome,
	};
	if (is_erasing(work))
		show_erase(work, ret);
	if (!work->pass)
		return;
	struct pass_progress progress;
	pass_progress(work->pass, &progress);
	meter(work, progress.done_bytes);
	ret->done_bytes = work->from_bytes + progress.done_bytes;
	ret->total_bytes = work->from_bytes + progress.total_bytes;
	ret->bytes_per_second = work->meter.bytes_per_second;
	ret->bad_bytes = progress.bad_bytes;
	ret->stalled = progress.stalled;
	ret->seconds_left = seconds_left(work, progress.total_bytes - progress.done_bytes);
}
