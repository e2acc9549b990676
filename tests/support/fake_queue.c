/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A kernel and a drive in memory. */
#include "tests/support/fake_queue.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

struct fake_drive fake_drive;

struct io_queue {
	struct io_request *pending;
};

struct io_lane {
	void *arena;
	size_t arena_bytes;
};

void fake_drive_reset(uint8_t *bytes, uint64_t size_bytes)
{
	memset(&fake_drive, 0, sizeof(fake_drive));
	fake_drive.bytes = bytes;
	fake_drive.size_bytes = size_bytes;
	fake_drive.hang_from_bytes = UINT64_MAX;
}

static int fake_open(struct io_queue **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

static int fake_attach(
	struct io_queue *queue, int fd, void *arena, size_t arena_bytes, struct io_lane **ret)
{
	(void)queue;
	(void)fd;
	struct io_lane *lane = calloc(1, sizeof(*lane));
	if (!lane)
		return -ENOMEM;
	lane->arena = arena;
	lane->arena_bytes = arena_bytes;
	*ret = lane;
	return 0;
}

static void fake_detach(struct io_queue *queue, struct io_lane *lane, bool abandoned)
{
	if (abandoned) {
		queue->pending = NULL;
		munmap(lane->arena, lane->arena_bytes);
	}
	free(lane);
}

static int fake_submit(struct io_queue *queue, struct io_lane *lane, struct io_request *request)
{
	(void)lane;
	request->next = NULL;
	if (fake_drive.reverse) {
		request->next = queue->pending;
		queue->pending = request;
		return 0;
	}
	struct io_request **end = &queue->pending;
	while (*end)
		end = &(*end)->next;
	*end = request;
	return 0;
}

static int fault_of(const struct io_request *request, uint64_t length)
{
	for (unsigned i = 0; i < fake_drive.fault_count; i++) {
		struct fake_fault *fault = &fake_drive.faults[i];
		bool touches = request->offset < fault->offset_bytes + fault->length_bytes &&
			       fault->offset_bytes < request->offset + length;
		if (fault->operation != request->operation || !touches || fault->errnum == 0)
			continue;
		int errnum = fault->errnum;
		if (fault->times > 0 && --fault->times == 0)
			fault->errnum = 0;
		return errnum;
	}
	return 0;
}

static bool is_dropped(uint64_t offset)
{
	return offset >= fake_drive.drop_from_bytes &&
	       offset - fake_drive.drop_from_bytes < fake_drive.drop_length_bytes;
}

static int transfer(struct io_request *request)
{
	uint64_t length = request->length;
	if (fake_drive.short_bytes && length > fake_drive.short_bytes)
		length = fake_drive.short_bytes;
	if (request->offset >= fake_drive.size_bytes)
		return 0;
	length = MIN(length, fake_drive.size_bytes - request->offset);
	if (++fake_drive.operations == fake_drive.fail_operation)
		return -EIO;
	int errnum = fault_of(request, length);
	if (errnum)
		return -errnum;
	if (fake_drive.zoned && request->operation == IO_WRITE) {
		if (request->offset != fake_drive.write_pointer) {
			fake_drive.disordered++;
			return -EIO;
		}
		fake_drive.write_pointer += length;
	}
	uint8_t *medium = fake_drive.bytes + request->offset;
	if (request->operation == IO_READ && fake_drive.reads_nothing)
		return (int)length;
	if (request->operation == IO_READ)
		memcpy(request->data, medium, length);
	else
		fake_drive.written_unflushed += length;
	for (uint64_t i = 0; request->operation == IO_WRITE && i < length; i++)
		if (!is_dropped(request->offset + i))
			medium[i] = request->data[i];
	return (int)length;
}

static int flush(void)
{
	unsigned number = ++fake_drive.flushes;
	bool this_one = fake_drive.fail_flush == 0 || fake_drive.fail_flush == number;
	if (fake_drive.flush_errnum && this_one)
		return -fake_drive.flush_errnum;
	fake_drive.written_unflushed = 0;
	return 0;
}

static bool hangs(const struct io_request *request)
{
	return request->operation != IO_FLUSH && request->offset >= fake_drive.hang_from_bytes;
}

static struct io_request *fake_wait(struct io_queue *queue, int timeout_ms)
{
	struct io_request **link = &queue->pending;
	/* Not before all is submitted that shall be, so that there is something to overtake. */
	if (fake_drive.zoned && timeout_ms == 0)
		return NULL;
	while (*link && hangs(*link))
		link = &(*link)->next;
	struct io_request *request = *link;
	if (!request) {
		const struct timespec pause = { .tv_nsec = 1000000L * MIN(timeout_ms, 1) };
		nanosleep(&pause, NULL);
		return NULL;
	}
	*link = request->next;
	request->result = request->operation == IO_FLUSH ? flush() : transfer(request);
	return request;
}

static void fake_close(struct io_queue *queue)
{
	free(queue);
}

const struct io_queue_backend fake_queue = {
	.name = "fake",
	.open = fake_open,
	.attach = fake_attach,
	.detach = fake_detach,
	.submit = fake_submit,
	.wait = fake_wait,
	.close = fake_close,
};
