/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Overwriting ranges of what is open by the engine, flushing, and reading them back. */
#include "wipe/storage/storage_parts.h"

#include "base/clock.h"
#include "base/text.h"
#include <errno.h>
#include <openssl/rand.h>
#include <poll.h>
#include <string.h>

#define MEMORY_BUDGET_BYTES (4 * MIB)
#define WAIT_MS 200 /* between looks whether to stop */
#define STALL_LIMIT_MS 120000
/* Where the storage's latency counts, it is asked so often; and waited for so long at most, as the work has to be
 * done some day. */
#define WINDOW_BYTES (16 * MIB)
#define PAUSE_FIRST_MS 50
#define PAUSE_LONGEST_MS 3200
#define PAUSES_MAX 8

struct run {
	const struct overwriting *overwriting;
	struct engine *engine;
	struct pattern pattern;
	uint64_t total_bytes;  /* of both passes */
	uint64_t before_bytes; /* of what went before the pass that runs */
	uint64_t good_bytes;   /* of this direction */
	const char *problem;   /* a reason, once something went wrong */
};

static bool is_stopped(const struct run *run)
{
	const struct platform_pace *pace = run->overwriting->pace;

	return pace && pace->stop && *pace->stop;
}

static void tell_progress(const struct run *run, uint64_t done_bytes)
{
	const struct platform_pace *pace = run->overwriting->pace;

	if (pace && pace->progress)
		pace->progress(pace->context, run->before_bytes + done_bytes, run->total_bytes);
}

/* Backing off -------------------------------------------------------------------------------- */

/* How long one sector takes to be read now, in microseconds. A failure is not slow: the pass meets it too. */
static uint64_t latency_now(const struct overwriting *overwriting, uint64_t offset, void *sector)
{
	struct timespec before, after;

	(void)clock_gettime(CLOCK_MONOTONIC, &before);
	if (pread(overwriting->fd, sector, overwriting->sector_bytes, (off_t)offset) < 0)
		return 0;
	(void)clock_gettime(CLOCK_MONOTONIC, &after);
	int64_t us =
		(after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
	return us > 0 ? (uint64_t)us : 0;
}

static int back_off(const struct run *run, uint64_t offset)
{
	const struct overwriting *overwriting = run->overwriting;
	AUTO_FREE void *sector = aligned_alloc(4096, 4096);
	int pause_ms = PAUSE_FIRST_MS;

	if (!sector)
		return -ENOMEM;
	for (int i = 0; i < PAUSES_MAX && !is_stopped(run); i++) {
		if (latency_now(overwriting, offset, sector) <= overwriting->pace->latency_limit_us)
			break;
		(void)poll(NULL, 0, pause_ms);
		pause_ms = MIN(2 * pause_ms, PAUSE_LONGEST_MS);
	}
	return 0;
}

/* One pass ----------------------------------------------------------------------------------- */

static int wait_for(struct run *run, struct pass *pass)
{
	struct engine_event event = { 0 };
	struct pass_progress progress = { 0 };

	while (event.kind != ENGINE_EVENT_PASS_ENDED) {
		int result = engine_wait(run->engine, WAIT_MS, &event);
		if (result < 0 && result != -ETIMEDOUT && result != -EINTR)
			return result;
		if (result < 0)
			event.kind = ENGINE_EVENT_NONE;
		if (is_stopped(run))
			pass_cancel(pass);
		pass_progress(pass, &progress);
		tell_progress(run, progress.done_bytes);
	}
	return 0;
}

/* What the pass came to: good bytes, or the problem. */
static void conclude(struct run *run, enum pass_direction direction, struct pass *pass)
{
	bool writes = direction == PASS_WRITE;
	struct pass_progress progress = { 0 };
	struct bad_range *bad = NULL;
	size_t bad_count = 0;

	pass_progress(pass, &progress);
	if (progress.done_bytes >= progress.bad_bytes)
		run->good_bytes += progress.done_bytes - progress.bad_bytes;
	int result = pass_bad_ranges(pass, &bad, &bad_count);
	bool differs = result == 0 && bad_count > 0 && bad[0].kind == BAD_MISMATCH;
	free(bad);
	if (progress.end == PASS_COMPLETE && result == 0 && bad_count == 0 &&
		progress.bad_bytes == 0 && progress.done_bytes == progress.total_bytes &&
		(!writes || progress.flushed))
		return;
	if (writes)
		run->problem = progress.end == PASS_FLUSH_FAILED ? STORAGE_REASON_FLUSH
								 : STORAGE_REASON_WRITE;
	else
		run->problem = differs ? STORAGE_REASON_DIFFERS : STORAGE_REASON_READ;
}

static int run_pass(struct run *run, enum pass_direction direction, const struct byte_range *ranges,
	size_t count, struct error *error)
{
	const struct overwriting *overwriting = run->overwriting;
	struct pass *pass = NULL;
	struct pass_request request = { .fd = overwriting->fd,
		.disk_sequence = overwriting->disk_sequence,
		.sector_bytes = overwriting->sector_bytes,
		.direction = direction,
		.pattern = run->pattern,
		.ranges = ranges,
		.range_count = count,
		.rate_bytes_per_second =
			overwriting->pace ? overwriting->pace->rate_bytes_per_second : 0,
		.stall_limit_ms = STALL_LIMIT_MS };

	int result = engine_start(run->engine, &request, NULL, &pass, error);
	if (result < 0)
		return result;
	result = wait_for(run, pass);
	if (result == 0)
		conclude(run, direction, pass);
	else
		(void)error_set(error, ERROR_FAILED, -result, "storage-engine",
			_("The I/O engine failed: %s"), strerror(-result));
	for (size_t i = 0; i < count; i++)
		run->before_bytes += ranges[i].length_bytes;
	(void)pass_close(pass);
	return result;
}

/* All ranges, in windows --------------------------------------------------------------------- */

/* The next ranges of at most window_bytes together, from *index and *skip_bytes within it, which move on. */
static int next_window(const struct overwriting *overwriting, uint64_t window_bytes, size_t *index,
	uint64_t *skip_bytes, struct range_list *ret)
{
	uint64_t left = window_bytes;

	ret->count = 0;
	while (*index < overwriting->count && left > 0) {
		const struct byte_range *range = &overwriting->ranges[*index];
		uint64_t length = MIN(left, range->length_bytes - *skip_bytes);
		int result = ranges_add(ret, range->offset_bytes + *skip_bytes, length);
		if (result < 0)
			return result;
		left -= length;
		*skip_bytes += length;
		if (*skip_bytes == range->length_bytes) {
			(*index)++;
			*skip_bytes = 0;
		}
	}
	return 0;
}

static int run_direction(struct run *run, enum pass_direction direction, struct error *error)
{
	const struct overwriting *overwriting = run->overwriting;
	bool heeds = overwriting->pace && overwriting->pace->latency_limit_us > 0;
	struct range_list window AUTO_RANGES = { 0 };
	uint64_t skip_bytes = 0;
	size_t index = 0;
	int result = 0;

	run->good_bytes = 0;
	while (result == 0 && !run->problem && index < overwriting->count && !is_stopped(run)) {
		if (heeds)
			result = back_off(run, overwriting->ranges[index].offset_bytes);
		if (result == 0)
			result = next_window(overwriting, heeds ? WINDOW_BYTES : UINT64_MAX, &index,
				&skip_bytes, &window);
		if (result == -ENOMEM)
			return error_no_memory(error);
		if (result == 0)
			result = run_pass(run, direction, window.items, window.count, error);
	}
	if (result == 0 && is_stopped(run))
		return error_set(error, ERROR_INTERRUPTED, EINTR, "storage-stopped",
			_("The erasure was stopped before its end."));
	return result;
}

static bool drive_is_flushed(const struct drive *drive)
{
	int result = drive ? drive_flush(drive) : 0;

	return result == 0 || result == -EOPNOTSUPP;
}

static int run_both(struct run *run, struct storage_outcome *outcome, struct error *error)
{
	int result = run_direction(run, PASS_WRITE, error);

	outcome->bytes += run->good_bytes;
	run->good_bytes = 0;
	if (result == 0 && !run->problem && !drive_is_flushed(run->overwriting->drive))
		run->problem = STORAGE_REASON_FLUSH;
	if (result == 0 && !run->problem)
		result = run_direction(run, PASS_READ_BACK, error);
	outcome->verified_bytes += run->good_bytes;
	if (result == 0 && run->problem)
		outcome_failed(outcome, run->problem);
	return result;
}

int overwriting_run(
	const struct overwriting *overwriting, struct storage_outcome *outcome, struct error *error)
{
	const struct engine_options options = { .memory_budget_bytes = MEMORY_BUDGET_BYTES,
		.expected_passes = 1 };
	struct run run = { .overwriting = overwriting, .pattern = { .kind = STREAM_RANDOM } };

	if (overwriting->count == 0)
		return 0;
	for (size_t i = 0; i < overwriting->count; i++)
		run.total_bytes += 2 * overwriting->ranges[i].length_bytes;
	if (RAND_priv_bytes(run.pattern.key, sizeof(run.pattern.key)) != 1)
		return error_set(error, ERROR_FAILED, EIO, "storage-random",
			_("No random key can be had for overwriting."));
	int result = engine_open(&options, &run.engine, error);
	if (result < 0)
		return result;
	result = run_both(&run, outcome, error);
	(void)engine_close(run.engine);
	return result;
}

/* Lists of ranges ---------------------------------------------------------------------------- */

int ranges_add(struct range_list *list, uint64_t offset_bytes, uint64_t length_bytes)
{
	struct byte_range *last = list->count ? &list->items[list->count - 1] : NULL;

	if (last && last->offset_bytes + last->length_bytes == offset_bytes) {
		last->length_bytes += length_bytes;
		return 0;
	}
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : 64;
		struct byte_range *items =
			reallocarray(list->items, capacity, sizeof(*list->items));
		if (!items)
			return -ENOMEM;
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count++] = (struct byte_range){ offset_bytes, length_bytes };
	return 0;
}

void ranges_free(struct range_list *list)
{
	free(list->items);
	*list = (struct range_list){ 0 };
}
