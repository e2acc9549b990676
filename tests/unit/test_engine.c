/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine against a drive in memory: sizes, orders, every kind of fault. */
#include "device/engine/engine.h"

#include "tests/support/fake_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MEDIUM_BYTES (6 * MIB)
static uint8_t medium[MEDIUM_BYTES];
static uint8_t expected[MEDIUM_BYTES];

struct result {
	struct pass_progress progress;
	struct bad_range *bad;
	size_t bad_count;
	unsigned durable_events;
	uint64_t last_durable;
};

static struct pattern key_pattern(uint8_t seed)
{
	struct pattern pattern = { .kind = STREAM_RANDOM };
	memset(pattern.key, seed, sizeof(pattern.key));
	return pattern;
}

static void fill_expected(const struct pattern *pattern)
{
	struct stream *stream;
	assert_int_equal(stream_open(pattern, &stream, NULL), 0);
	assert_int_equal(stream_fill(stream, 0, expected, MEDIUM_BYTES), 0);
	stream_close(stream);
}

static struct engine *open_engine(const struct io_queue_backend *queue)
{
	struct engine_options options = {
		.memory_budget_bytes = 8 * MIB, .expected_passes = 1, .queue = queue
	};
	struct engine *engine = NULL;
	assert_int_equal(engine_open(&options, &engine, NULL), 0);
	return engine;
}

static struct pass_request request_for(
	enum pass_direction direction, const struct byte_range *ranges, size_t count)
{
	return (struct pass_request){
		.fd = 0,
		.sector_bytes = 512,
		.direction = direction,
		.pattern = key_pattern(7),
		.ranges = ranges,
		.range_count = count,
	};
}

static void wait_for_end(struct engine *engine, struct result *result)
{
	for (;;) {
		struct engine_event event;
		assert_int_equal(engine_wait(engine, 20000, &event), 0);
		if (event.kind == ENGINE_EVENT_PASS_ENDED)
			return;
		assert_int_equal(event.kind, ENGINE_EVENT_DURABLE);
		assert_true(event.durable_bytes > result->last_durable);
		result->last_durable = event.durable_bytes;
		result->durable_events++;
	}
}

static struct result run(const struct pass_request *request)
{
	struct result result = { 0 };
	struct engine *engine = open_engine(&fake_queue);
	struct pass *pass = NULL;
	assert_int_equal(engine_start(engine, request, NULL, &pass, NULL), 0);
	wait_for_end(engine, &result);
	pass_progress(pass, &result.progress);
	assert_int_equal(pass_bad_ranges(pass, &result.bad, &result.bad_count), 0);
	pass_close(pass);
	engine_close(engine);
	return result;
}

static struct result run_whole(enum pass_direction direction, uint64_t size)
{
	struct byte_range range = { 0, size };
	struct pass_request request = request_for(direction, &range, 1);
	return run(&request);
}

static void every_size_to_the_last_sector(void **state)
{
	(void)state;
	static const uint64_t sizes[] = { 512, 7 * 512, 64 * KIB, MIB - 512, MIB, MIB + 512,
		5 * MIB - 512, 5 * MIB, 5 * MIB + 3 * 512 };
	struct pattern pattern = key_pattern(7);
	fill_expected(&pattern);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (int reverse = 0; reverse < 2; reverse++) {
			memset(medium, 0x55, sizeof(medium));
			fake_drive_reset(medium, sizes[i]);
			fake_drive.reverse = reverse;
			struct result result = run_whole(PASS_WRITE, sizes[i]);
			assert_int_equal(result.progress.end, PASS_COMPLETE);
			assert_true(result.progress.flushed);
			assert_int_equal(result.progress.done_bytes, sizes[i]);
			assert_int_equal(result.progress.durable_bytes, sizes[i]);
			assert_memory_equal(medium, expected, sizes[i]);
			assert_int_equal(medium[sizes[i]], 0x55);
			assert_int_equal(fake_drive.written_unflushed, 0);
			free(result.bad);
			result = run_whole(PASS_READ_BACK, sizes[i]);
			assert_int_equal(result.progress.end, PASS_COMPLETE);
			assert_int_equal(result.progress.done_bytes, sizes[i]);
			assert_int_equal(result.bad_count, 0);
			free(result.bad);
		}
	}
}

static void the_last_byte_is_compared(void **state)
{
	(void)state;
	struct pattern pattern = key_pattern(7);
	fill_expected(&pattern);
	memcpy(medium, expected, sizeof(medium));
	uint64_t size = 3 * MIB + 512;
	medium[size - 1] ^= 1;
	fake_drive_reset(medium, size);
	struct result result = run_whole(PASS_READ_BACK, size);
	assert_int_equal(result.bad_count, 1);
	assert_int_equal(result.bad[0].kind, BAD_MISMATCH);
	assert_int_equal(result.bad[0].range.offset_bytes, size - 512);
	assert_int_equal(result.bad[0].range.length_bytes, 512);
	free(result.bad);
}

static void several_ranges(void **state)
{
	(void)state;
	static const struct byte_range ranges[] = { { 512, 512 }, { 4096, 2 * MIB },
		{ 4 * MIB, 1024 }, { 5 * MIB + 512, 512 } };
	struct pattern pattern = key_pattern(7);
	fill_expected(&pattern);
	memset(medium, 0, sizeof(medium));
	fake_drive_reset(medium, sizeof(medium));
	fake_drive.reverse = true;
	struct pass_request request = request_for(PASS_WRITE, ranges, ARRAY_SIZE(ranges));
	struct result result = run(&request);
	assert_int_equal(result.progress.end, PASS_COMPLETE);
	uint64_t offset = 0;
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		for (; offset < ranges[i].offset_bytes; offset++)
			assert_int_equal(medium[offset], 0);
		assert_memory_equal(medium + offset, expected + offset, ranges[i].length_bytes);
		offset += ranges[i].length_bytes;
	}
	free(result.bad);
}

static void bad_sectors_are_recorded_exactly(void **state)
{
	(void)state;
	struct pattern pattern = key_pattern(7);
	fill_expected(&pattern);
	for (int write = 0; write < 2; write++) {
		enum io_operation operation = write ? IO_WRITE : IO_READ;
		memcpy(medium, expected, sizeof(medium));
		if (write)
			memset(medium, 0x55, sizeof(medium));
		fake_drive_reset(medium, 3 * MIB);
		fake_drive.fault_count = 3;
		fake_drive.faults[0] = (struct fake_fault){ operation, 0, 512, EIO, 0 };
		fake_drive.faults[1] =
			(struct fake_fault){ operation, MIB - 1024, 2048, EREMOTEIO, 0 };
		fake_drive.faults[2] = (struct fake_fault){ operation, 3 * MIB - 512, 512, EIO, 0 };
		struct result result = run_whole(write ? PASS_WRITE : PASS_READ_BACK, 3 * MIB);
		assert_int_equal(result.progress.end, PASS_COMPLETE);
		assert_int_equal(result.progress.bad_bytes, 3072);
		assert_int_equal(result.bad_count, 3);
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(
				result.bad[i].kind, write ? BAD_UNWRITABLE : BAD_UNREADABLE);
			assert_int_equal(result.bad[i].range.offset_bytes,
				fake_drive.faults[i].offset_bytes);
			assert_int_equal(result.bad[i].range.length_bytes,
				fake_drive.faults[i].length_bytes);
			assert_int_equal(result.bad[i].errnum, fake_drive.faults[i].errnum);
		}
		if (write) /* the rest went on */
			assert_memory_equal(medium + 512, expected + 512, MIB - 1024 - 512);
		free(result.bad);
	}
}

/* The N-th read or write fails once, for every N until none fails: a retry heals it, always. */
static void any_single_failure_is_retried(void **state)
{
	(void)state;
	struct pattern pattern = key_pattern(7);
	fill_expected(&pattern);
	uint64_t size = 2 * MIB + 512;
	for (unsigned n = 1;; n++) {
		memset(medium, 0x55, sizeof(medium));
		fake_drive_reset(medium, size);
		fake_drive.fail_operation = n;
		struct result result = run_whole(PASS_WRITE, size);
		assert_int_equal(result.progress.end, PASS_COMPLETE);
		assert_int_equal(result.bad_count, 0);
		assert_memory_equal(medium, expected, size);
		free(result.bad);
		if (fake_drive.operations < n)
			break;
	}
}

/* A zone takes its sectors in no other order. */
static void in_order_nothing_overtakes(void **state)
{
	(void)state;
	struct pattern pattern = key_pattern(7);
	fill_expected(&pattern);
	for (int i = 0; i < 4; i++) {
		bool in_order = i < 3;
		struct byte_range range = { 0, 5 * MIB + 512 };
		struct pass_request request = request_for(PASS_WRITE, &range, 1);
		request.in_order = in_order;
		request.durable_interval_ms = i == 1;
		memset(medium, 0x55, sizeof(medium));
		fake_drive_reset(medium, range.length_bytes);
		fake_drive.zoned = true;
		fake_drive.reverse = true;
		fake_drive.short_bytes = i == 2 ? 5 * 512 : 0;
		struct result result = run(&request);
		assert_int_equal(result.progress.end, PASS_COMPLETE);
		assert_int_equal(fake_drive.disordered == 0, in_order);
		if (in_order) {
			assert_int_equal(result.bad_count, 0);
			assert_memory_equal(medium, expected, range.length_bytes);
		}
		free(result.bad);
	}
}

static void short_transfers_go_on(void **state)
{
	(void)state;
	struct pattern pattern = key_pattern(7);
	fill_expected(&pattern);
	memset(medium, 0x55, sizeof(medium));
	fake_drive_reset(medium, 2 * MIB);
	fake_drive.short_bytes = 5 * 512 + 100; /* not even whole sectors */
	struct result result = run_whole(PASS_WRITE, 2 * MIB);
	assert_int_equal(result.progress.end, PASS_COMPLETE);
	assert_int_equal(result.bad_count, 0);
	assert_memory_equal(medium, expected, 2 * MIB);
	free(result.bad);
}

static void a_failed_flush_is_never_a_success(void **state)
{
	(void)state;
	fake_drive_reset(medium, MIB);
	fake_drive.flush_errnum = EIO;
	struct result result = run_whole(PASS_WRITE, MIB);
	assert_int_equal(result.progress.end, PASS_FLUSH_FAILED);
	assert_int_equal(result.progress.errnum, EIO);
	assert_false(result.progress.flushed);
	free(result.bad);
}

static void a_vanished_drive_ends_the_pass(void **state)
{
	(void)state;
	fake_drive_reset(medium, 4 * MIB);
	fake_drive.fault_count = 1;
	fake_drive.faults[0] = (struct fake_fault){ IO_WRITE, 2 * MIB, 2 * MIB, ENODEV, 0 };
	struct result result = run_whole(PASS_WRITE, 4 * MIB);
	assert_int_equal(result.progress.end, PASS_VANISHED);
	assert_false(result.progress.flushed);
	free(result.bad);
}

static void a_drive_shorter_than_said_is_no_success(void **state)
{
	(void)state;
	fake_drive_reset(medium, MIB);
	struct result result = run_whole(PASS_WRITE, MIB + 4096);
	assert_int_equal(result.progress.end, PASS_COMPLETE);
	assert_int_equal(result.bad_count, 1);
	assert_int_equal(result.bad[0].range.offset_bytes, MIB);
	assert_int_equal(result.bad[0].range.length_bytes, 4096);
	free(result.bad);
}

static void a_hung_drive_is_given_up(void **state)
{
	(void)state;
	fake_drive_reset(medium, 4 * MIB);
	fake_drive.hang_from_bytes = 2 * MIB;
	struct byte_range range = { 0, 4 * MIB };
	struct pass_request request = request_for(PASS_WRITE, &range, 1);
	request.stall_limit_ms = 50;
	struct result result = run(&request);
	assert_int_equal(result.progress.end, PASS_STALLED);
	assert_false(result.progress.flushed);
	free(result.bad);
}

static void too_many_bad_ranges_end_the_pass(void **state)
{
	(void)state;
	struct pattern pattern = key_pattern(7);
	fill_expected(&pattern);
	memcpy(medium, expected, sizeof(medium));
	for (uint64_t i = 0; i < MEDIUM_BYTES; i += 1024)
		medium[i] ^= 1; /* every other sector differs */
	fake_drive_reset(medium, MEDIUM_BYTES);
	struct result result = run_whole(PASS_READ_BACK, MEDIUM_BYTES);
	assert_int_equal(result.progress.end, PASS_TOO_MANY_ERRORS);
	assert_int_equal(result.bad_count, PASS_BAD_RANGES_MAX);
	free(result.bad);
}

static void a_wholly_different_medium_is_one_range(void **state)
{
	(void)state;
	memset(medium, 0, sizeof(medium));
	fake_drive_reset(medium, 2 * MIB);
	struct result result = run_whole(PASS_READ_BACK, 2 * MIB);
	assert_int_equal(result.progress.end, PASS_COMPLETE);
	assert_int_equal(result.bad_count, 1);
	assert_int_equal(result.bad[0].range.length_bytes, 2 * MIB);
	free(result.bad);
}

/* An adapter that says yes and moves nothing, over a drive that holds the pattern but for one chunk. */
static void a_read_that_moves_nothing_is_no_match(void **state)
{
	(void)state;
	memset(medium, 0xaa, sizeof(medium));
	fake_drive_reset(medium, MEDIUM_BYTES);
	fake_drive.reads_nothing = true;
	struct byte_range range = { 0, MEDIUM_BYTES };
	struct pass_request request = request_for(PASS_READ_BACK, &range, 1);
	request.pattern =
		(struct pattern){ .kind = STREAM_PERIODIC, .period = { 0xaa }, .period_bytes = 1 };
	struct result result = run(&request);
	assert_int_equal(result.progress.bad_bytes, MEDIUM_BYTES);
	free(result.bad);
	fake_drive.reads_nothing = false;
	result = run(&request);
	assert_int_equal(result.progress.bad_bytes, 0);
	free(result.bad);
}

static void durable_is_told_after_the_flush(void **state)
{
	(void)state;
	fake_drive_reset(medium, MEDIUM_BYTES);
	struct byte_range range = { 0, MEDIUM_BYTES };
	struct pass_request request = request_for(PASS_WRITE, &range, 1);
	request.durable_interval_ms = 1;
	request.rate_bytes_per_second = 100 * MIB;
	struct result result = run(&request);
	assert_int_equal(result.progress.end, PASS_COMPLETE);
	assert_true(result.durable_events >= 2);
	assert_true(fake_drive.flushes >= result.durable_events);
	free(result.bad);
}

static void a_cancelled_pass_flushes_what_it_wrote(void **state)
{
	(void)state;
	fake_drive_reset(medium, MEDIUM_BYTES);
	struct byte_range range = { 0, MEDIUM_BYTES };
	struct pass_request request = request_for(PASS_WRITE, &range, 1);
	request.rate_bytes_per_second = 4 * MIB;
	struct engine *engine = open_engine(&fake_queue);
	struct pass *pass = NULL;
	assert_int_equal(engine_start(engine, &request, NULL, &pass, NULL), 0);
	struct pass_progress progress;
	do {
		pass_progress(pass, &progress);
	} while (progress.done_bytes == 0);
	pass_cancel(pass);
	struct result result = { 0 };
	wait_for_end(engine, &result);
	pass_progress(pass, &progress);
	assert_int_equal(progress.end, PASS_CANCELLED);
	assert_true(progress.flushed);
	assert_true(progress.durable_bytes > 0 && progress.durable_bytes < MEDIUM_BYTES);
	assert_int_equal(fake_drive.written_unflushed, 0);
	pass_close(pass);
	engine_close(engine);
}

static void closing_the_engine_ends_what_runs(void **state)
{
	(void)state;
	fake_drive_reset(medium, MEDIUM_BYTES);
	struct byte_range range = { 0, MEDIUM_BYTES };
	struct pass_request request = request_for(PASS_WRITE, &range, 1);
	request.rate_bytes_per_second = 1 * MIB;
	struct engine *engine = open_engine(&fake_queue);
	struct pass *pass = NULL;
	assert_int_equal(engine_start(engine, &request, NULL, &pass, NULL), 0);
	engine_close(engine);
	assert_int_equal(fake_drive.written_unflushed, 0);
}

static void broken_requests_touch_nothing(void **state)
{
	(void)state;
	static const struct {
		struct byte_range ranges[2];
		size_t count;
		uint32_t sector;
	} cases[] = {
		{ { { 0, 0 } }, 1, 512 },
		{ { { 0, 100 } }, 1, 512 },
		{ { { 100, 512 } }, 1, 512 },
		{ { { 0, 512 }, { 512, 512 } }, 2, 512 },  /* touching */
		{ { { 4096, 512 }, { 0, 512 } }, 2, 512 }, /* descending */
		{ { { 0, 512 } }, 1, 520 },
		{ { { 0, 512 } }, 1, 4096 },
		{ { { 0, 512 } }, 0, 512 },
		{ { { 512, UINT64_MAX - 511 } }, 1, 512 },
	};
	fake_drive_reset(medium, MEDIUM_BYTES);
	struct engine *engine = open_engine(&fake_queue);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pass_request request =
			request_for(PASS_WRITE, cases[i].ranges, cases[i].count);
		request.sector_bytes = cases[i].sector;
		struct pass *pass = NULL;
		assert_int_equal(engine_start(engine, &request, NULL, &pass, NULL), -EINVAL);
	}
	struct byte_range range = { 0, 512 };
	struct pass_request request = request_for(PASS_WRITE, &range, 1);
	request.pattern.kind = STREAM_NONE;
	struct pass *pass = NULL;
	assert_true(engine_start(engine, &request, NULL, &pass, NULL) < 0);
	engine_close(engine);
	assert_int_equal(fake_drive.operations, 0);
}

static int task(void *context)
{
	*(int *)context += 1;
	return -EXDEV;
}

static void tasks_report_their_result(void **state)
{
	(void)state;
	struct engine *engine = open_engine(&fake_queue);
	int count = 41;
	assert_int_equal(engine_run(engine, task, &count, &count, NULL), 0);
	struct engine_event event;
	assert_int_equal(engine_wait(engine, 20000, &event), 0);
	assert_int_equal(event.kind, ENGINE_EVENT_TASK_ENDED);
	assert_int_equal(event.task_result, -EXDEV);
	assert_ptr_equal(event.user, &count);
	assert_null(event.pass);
	assert_int_equal(count, 42);
	assert_int_equal(engine_wait(engine, 1, &event), -ETIMEDOUT);
	engine_close(engine);
}

/* Both real ways into the kernel, on a file. */
static void real_queues_write_and_read(void **state)
{
	(void)state;
	static const enum engine_backend backends[] = { ENGINE_IO_URING, ENGINE_THREADS };
	struct pattern pattern = key_pattern(7);
	fill_expected(&pattern);
	for (size_t i = 0; i < ARRAY_SIZE(backends); i++) {
		FILE *file = tmpfile();
		assert_non_null(file);
		assert_int_equal(ftruncate(fileno(file), MEDIUM_BYTES), 0);
		struct engine_options options = {
			.memory_budget_bytes = 8 * MIB, .expected_passes = 1, .backend = backends[i]
		};
		struct engine *engine = NULL;
		struct error error = { 0 };
		if (engine_open(&options, &engine, &error) < 0) {
			assert_int_equal(backends[i], ENGINE_IO_URING);
			assert_string_equal(error.code, "io-uring-refused");
			fclose(file);
			continue;
		}
		struct byte_range range = { 0, MEDIUM_BYTES };
		for (int direction = PASS_WRITE; direction <= PASS_READ_BACK; direction++) {
			struct pass_request request =
				request_for((enum pass_direction)direction, &range, 1);
			request.fd = fileno(file);
			struct pass *pass = NULL;
			struct result result = { 0 };
			assert_int_equal(engine_start(engine, &request, NULL, &pass, NULL), 0);
			wait_for_end(engine, &result);
			pass_progress(pass, &result.progress);
			assert_int_equal(result.progress.end, PASS_COMPLETE);
			assert_int_equal(result.progress.bad_bytes, 0);
			pass_close(pass);
		}
		assert_int_equal(
			pread(fileno(file), medium, MEDIUM_BYTES, 0), (ssize_t)MEDIUM_BYTES);
		assert_memory_equal(medium, expected, MEDIUM_BYTES);
		engine_close(engine);
		fclose(file);
	}
}

static void the_budget_gives_the_shape(void **state)
{
	(void)state;
	static const struct {
		uint64_t budget;
		unsigned passes;
		uint32_t request;
		unsigned depth;
	} cases[] = {
		{ 64 * MIB, 1, MIB, 8 },
		{ 64 * MIB, 8, MIB, 8 },
		{ 64 * MIB, 32, 256 * KIB, 8 },
		{ 8 * MIB, 32, 64 * KIB, 4 },
		{ 1 * MIB, 100, 64 * KIB, 2 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct engine_options options = { .memory_budget_bytes = cases[i].budget,
			.expected_passes = cases[i].passes,
			.queue = &fake_queue };
		struct engine *engine = NULL;
		assert_int_equal(engine_open(&options, &engine, NULL), 0);
		struct engine_shape shape = engine_shape(engine);
		assert_int_equal(shape.request_bytes, cases[i].request);
		assert_int_equal(shape.queue_depth, cases[i].depth);
		assert_true(shape.workers <= (unsigned)sysconf(_SC_NPROCESSORS_ONLN));
		assert_true(shape.workers >= 1 && shape.workers <= cases[i].passes);
		engine_close(engine);
	}
	struct engine_options options = { .memory_budget_bytes = 1 };
	struct engine *engine = NULL;
	assert_int_equal(engine_open(&options, &engine, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size_to_the_last_sector),
		cmocka_unit_test(the_last_byte_is_compared),
		cmocka_unit_test(several_ranges),
		cmocka_unit_test(bad_sectors_are_recorded_exactly),
		cmocka_unit_test(any_single_failure_is_retried),
		cmocka_unit_test(in_order_nothing_overtakes),
		cmocka_unit_test(short_transfers_go_on),
		cmocka_unit_test(a_failed_flush_is_never_a_success),
		cmocka_unit_test(a_vanished_drive_ends_the_pass),
		cmocka_unit_test(a_drive_shorter_than_said_is_no_success),
		cmocka_unit_test(a_hung_drive_is_given_up),
		cmocka_unit_test(too_many_bad_ranges_end_the_pass),
		cmocka_unit_test(a_wholly_different_medium_is_one_range),
		cmocka_unit_test(a_read_that_moves_nothing_is_no_match),
		cmocka_unit_test(durable_is_told_after_the_flush),
		cmocka_unit_test(a_cancelled_pass_flushes_what_it_wrote),
		cmocka_unit_test(closing_the_engine_ends_what_runs),
		cmocka_unit_test(broken_requests_touch_nothing),
		cmocka_unit_test(tasks_report_their_result),
		cmocka_unit_test(real_queues_write_and_read),
		cmocka_unit_test(the_budget_gives_the_shape),
	};
	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
