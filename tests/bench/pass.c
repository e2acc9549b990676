/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass of the engine over some drives, for the benchmark: the program itself always verifies.
 *
 *     HAIKI_BENCH_FOLDER=FOLDER pass write|read BUDGET_BYTES DEVICE…
 *
 * write: the random stream over each whole device; read: read back and compare with what write left.
 * Refuses anything but a loop device whose backing file lies in HAIKI_BENCH_FOLDER. */
#include "base/clock.h"
#include "base/macros.h"
#include "device/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define DRIVES_MAX 64

struct bench_drive {
	int fd;
	uint64_t bytes;
	struct pass *pass;
	bool good;
};

/* The safety of the benchmark: this is asked before a device is opened for writing. */
static bool is_ours(const char *path)
{
	const char *folder = getenv("HAIKI_BENCH_FOLDER");
	char attribute[128], backing[4096];
	unsigned number;
	int end = 0;
	if (!folder || !*folder || sscanf(path, "/dev/loop%u%n", &number, &end) != 1 || path[end])
		return false;
	(void)snprintf(attribute, sizeof(attribute), "/sys/block/loop%u/loop/backing_file", number);
	FILE *file = fopen(attribute, "re");
	if (!file)
		return false;
	bool read = fgets(backing, sizeof(backing), file) != NULL;
	(void)fclose(file);
	size_t length = strlen(folder);
	return read && strncmp(backing, folder, length) == 0 && backing[length] == '/';
}

static int open_drive(const char *path, struct bench_drive *ret)
{
	if (!is_ours(path)) {
		fprintf(stderr, "pass: %s is not a loop device of this benchmark\n", path);
		return -EPERM;
	}
	ret->fd = open(path, O_RDWR | O_DIRECT | O_EXCL | O_CLOEXEC);
	if (ret->fd < 0 || ioctl(ret->fd, BLKGETSIZE64, &ret->bytes) < 0) {
		fprintf(stderr, "pass: %s: %s\n", path, strerror(errno));
		return -EIO;
	}
	return 0;
}

static int start(struct engine *engine, struct bench_drive *drive, enum pass_direction direction,
	uint8_t number, struct error *error)
{
	struct byte_range whole = { .length_bytes = drive->bytes };
	struct pass_request request = { .fd = drive->fd,
		.sector_bytes = 512,
		.direction = direction,
		.pattern = { .kind = STREAM_RANDOM },
		.ranges = &whole,
		.range_count = 1,
		.durable_interval_ms = 2000 };
	/* The same key for writing and reading back; no secret lies under it. */
	memset(request.pattern.key, 0x42, sizeof(request.pattern.key));
	request.pattern.key[0] = number;
	return engine_start(engine, &request, drive, &drive->pass, error);
}

static int wait_for_all(struct engine *engine, size_t count)
{
	for (size_t ended = 0; ended < count;) {
		struct engine_event event;
		int r = engine_wait(engine, 1000, &event);
		if (r == -ETIMEDOUT || r == -EINTR)
			continue;
		if (r < 0)
			return r;
		if (event.kind != ENGINE_EVENT_PASS_ENDED)
			continue;
		struct bench_drive *drive = event.user;
		struct pass_progress progress;
		pass_progress(event.pass, &progress);
		drive->good = progress.end == PASS_COMPLETE && progress.bad_bytes == 0 &&
			      progress.done_bytes == drive->bytes;
		ended++;
	}
	return 0;
}

static int run(struct bench_drive *drives, size_t count, enum pass_direction direction,
	uint64_t budget_bytes, struct error *error)
{
	struct engine_options options = { .memory_budget_bytes = budget_bytes,
		.expected_passes = (unsigned)count };
	struct engine *engine CLEANUP(cleanup_engine_close) = NULL;
	int r = engine_open(&options, &engine, error);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = start(engine, &drives[i], direction, (uint8_t)i, error);
	if (r == 0)
		r = wait_for_all(engine, count);
	for (size_t i = 0; r == 0 && i < count; i++) {
		drives[i].pass = pass_close(drives[i].pass);
		if (!drives[i].good)
			r = error_set(error, ERROR_FAILED, EIO, "bench", "A pass was not good.");
	}
	return r;
}

int main(int count, char *arguments[])
{
	static struct bench_drive drives[DRIVES_MAX];
	size_t drive_count = count > 3 ? (size_t)count - 3 : 0;
	bool read = count > 1 && strcmp(arguments[1], "read") == 0;
	bool write = count > 1 && strcmp(arguments[1], "write") == 0;
	if (drive_count == 0 || drive_count > DRIVES_MAX || read == write) {
		fprintf(stderr, "Usage: pass write|read BUDGET_BYTES DEVICE...\n");
		return 2;
	}
	for (size_t i = 0; i < drive_count; i++)
		if (open_drive(arguments[i + 3], &drives[i]) < 0)
			return 1;
	struct error error = { 0 };
	int r = run(drives, drive_count, read ? PASS_READ_BACK : PASS_WRITE,
		strtoull(arguments[2], NULL, 10), &error);
	if (r < 0)
		fprintf(stderr, "pass: %s (%s)\n", error.what, strerror(-r));
	return r < 0;
}
