/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine alone, for `make bench`: one pass over the given loop devices, timed. What is read back
 * is compared, and a pass that is not complete and without a bad byte is a failure. */
#include "base/macros.h"
#include "device/drive.h"
#include "device/engine/engine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <time.h>

#define LOOP_MAJOR 7 /* Linux, admin-guide/devices.txt */
#define DRIVES_MAX 64
#define MEMORY_BUDGET_BYTES (64 * MIB) /* as base/config.c gives `haiki wipe run` */
#define DURABLE_INTERVAL_MS 2000       /* as wipe/work/work.c */
#define WAIT_MS 60000

static const char usage[] = "BENCH_FOLDER=FOLDER pass write|read KEY DEVICE...";

struct target {
	struct drive *drive;
	struct byte_range range;
	struct pass *pass;
};

struct bench {
	enum pass_direction direction;
	struct pattern pattern;
	struct target targets[DRIVES_MAX];
	size_t count;
	uint64_t bytes; /* of all drives */
};

static int complain(const char *what, const char *why)
{
	(void)fprintf(stderr, "pass: %s: %s\n", what, why);
	return -1;
}

/* Nothing but a loop device on a file of the bench's own folder may ever be written. */
static bool is_ours(const struct drive_identity *identity)
{
	const char *folder = getenv("BENCH_FOLDER");
	size_t length = folder ? strlen(folder) : 0;
	if (length < 2 || folder[0] != '/' || folder[length - 1] == '/')
		return false;
	return major(identity->devnum) == LOOP_MAJOR &&
	       strncmp(identity->backing, folder, length) == 0 && identity->backing[length] == '/';
}

static int parse_key(const char *text, uint8_t key[static STREAM_KEY_BYTES])
{
	if (strlen(text) != 2 * STREAM_KEY_BYTES ||
		strspn(text, "0123456789abcdefABCDEF") != 2 * STREAM_KEY_BYTES)
		return complain(text, "not a key of 64 hexadecimal digits");
	for (size_t i = 0; i < STREAM_KEY_BYTES; i++) {
		char digits[3] = { text[2 * i], text[2 * i + 1], '\0' };
		key[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return 0;
}

static int add_target(struct bench *bench, const char *path)
{
	struct error error = { 0 };
	if (bench->count == DRIVES_MAX)
		return complain(path, "too many drives");
	struct target *target = &bench->targets[bench->count];
	enum drive_mode mode = bench->direction == PASS_WRITE ? DRIVE_CLAIM : DRIVE_CLAIM_READ;
	if (drive_open(path, mode, &target->drive, &error) < 0)
		return complain(path, error.what);
	bench->count++;
	if (!is_ours(&target->drive->identity))
		return complain(path, "no loop device on a file in BENCH_FOLDER; not touched");
	target->range.length_bytes = target->drive->identity.capacity_bytes;
	bench->bytes += target->range.length_bytes;
	return 0;
}

static int parse(struct bench *bench, int count, char **words)
{
	if (count < 4)
		return complain("usage", usage);
	if (strcmp(words[1], "write") == 0)
		bench->direction = PASS_WRITE;
	else if (strcmp(words[1], "read") == 0)
		bench->direction = PASS_READ_BACK;
	else
		return complain("usage", usage);
	bench->pattern.kind = STREAM_RANDOM;
	if (parse_key(words[2], bench->pattern.key) < 0)
		return -1;
	for (int i = 3; i < count; i++)
		if (add_target(bench, words[i]) < 0)
			return -1;
	return 0;
}

static int start(struct bench *bench, struct engine *engine)
{
	for (size_t i = 0; i < bench->count; i++) {
		struct target *target = &bench->targets[i];
		struct error error = { 0 };
		struct pass_request request = {
			.fd = target->drive->fd,
			.disk_sequence = target->drive->identity.disk_sequence,
			.sector_bytes = target->drive->identity.logical_sector_bytes,
			.direction = bench->direction,
			.pattern = bench->pattern,
			.ranges = &target->range,
			.range_count = 1,
			.durable_interval_ms = DURABLE_INTERVAL_MS,
		};
		request.pattern.key[0] ^= (uint8_t)i; /* each drive has a stream of its own */
		if (engine_start(engine, &request, target, &target->pass, &error) < 0)
			return complain(target->drive->path, error.what);
	}
	return 0;
}

static int check(const struct target *target, enum pass_direction direction)
{
	struct pass_progress progress;
	pass_progress(target->pass, &progress);
	if (progress.end != PASS_COMPLETE)
		return complain(target->drive->path, pass_end_name(progress.end));
	if (progress.bad_bytes > 0 || progress.durable_bytes != target->range.length_bytes)
		return complain(target->drive->path, "not every byte is good");
	if (direction == PASS_WRITE && !progress.flushed)
		return complain(target->drive->path, "not flushed");
	return 0;
}

static int await_all(struct bench *bench, struct engine *engine)
{
	for (size_t ended = 0; ended < bench->count;) {
		struct engine_event event;
		int r = engine_wait(engine, WAIT_MS, &event);
		if (r < 0)
			return complain("engine", strerror(-r));
		if (event.kind != ENGINE_EVENT_PASS_ENDED)
			continue;
		if (check(event.user, bench->direction) < 0)
			return -1;
		ended++;
	}
	return 0;
}

static double clock_seconds(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds_of(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static int report(const struct bench *bench, double seconds)
{
	struct rusage usage_now;
	if (getrusage(RUSAGE_SELF, &usage_now) < 0)
		return complain("getrusage", strerror(errno));
	double cpu_seconds = seconds_of(&usage_now.ru_utime) + seconds_of(&usage_now.ru_stime);
	printf("mib_per_second %.1f\n", (double)bench->bytes / (double)MIB / seconds);
	printf("cpu_seconds_per_gib %.4f\n", cpu_seconds / ((double)bench->bytes / (double)GIB));
	printf("peak_kib %ld\n", usage_now.ru_maxrss);
	return fflush(stdout) == 0 ? 0 : complain("stdout", strerror(errno));
}

static int run(struct bench *bench)
{
	struct error error = { 0 };
	struct engine *engine CLEANUP(cleanup_engine_close) = NULL;
	struct engine_options options = {
		.memory_budget_bytes = MEMORY_BUDGET_BYTES,
		.expected_passes = (unsigned)bench->count,
	};
	double begin = clock_seconds();
	if (engine_open(&options, &engine, &error) < 0)
		return complain("engine", error.what);
	int r = start(bench, engine);
	if (r == 0)
		r = await_all(bench, engine);
	double end = clock_seconds();
	if (r == 0)
		r = report(bench, end - begin);
	for (size_t i = 0; r == 0 && i < bench->count; i++)
		bench->targets[i].pass = pass_close(bench->targets[i].pass);
	return r;
}

int main(int count, char **words)
{
	struct bench bench = { 0 };
	int r = parse(&bench, count, words);
	if (r == 0)
		r = run(&bench);
	for (size_t i = 0; i < bench.count; i++)
		bench.targets[i].drive = drive_close(bench.targets[i].drive);
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
