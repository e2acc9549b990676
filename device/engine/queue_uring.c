/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests through io_uring, with buffers registered once per lane. */
#include "device/engine/queue.h"

#include <errno.h>
#include <liburing.h>
#include <string.h>
#include <sys/mman.h>

#define RING_ENTRIES 256
#define LANES_MAX 128 /* registered buffers; lanes beyond go unregistered */

struct io_queue {
	struct io_uring ring;
	bool lane_used[LANES_MAX];
	bool sparse; /* the table of registered buffers exists */
	struct io_lane *abandoned;
};

struct io_lane {
	int fd;
	int index; /* of the registered buffer; -1: not registered */
	void *arena;
	size_t arena_bytes;
	struct io_lane *next; /* among the abandoned */
};

static int ring_open(struct io_uring *ring)
{
	struct io_uring_params fast = {
		.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
			 IORING_SETUP_COOP_TASKRUN | IORING_SETUP_CQSIZE,
		.cq_entries = 16 * RING_ENTRIES,
	};
	int result = io_uring_queue_init_params(RING_ENTRIES, ring, &fast);
	if (result < 0) /* kernels before 6.1 do not know these flags */
		result = io_uring_queue_init(RING_ENTRIES, ring, 0);
	return result;
}

bool queue_uring_works(void)
{
	struct io_uring ring;
	if (ring_open(&ring) < 0)
		return false;
	io_uring_queue_exit(&ring);
	return true;
}

static int uring_open(struct io_queue **ret)
{
	struct io_queue *queue = calloc(1, sizeof(*queue));
	if (!queue)
		return -ENOMEM;
	int result = ring_open(&queue->ring);
	if (result < 0) {
		free(queue);
		return result;
	}
	queue->sparse = io_uring_register_buffers_sparse(&queue->ring, LANES_MAX) == 0;
	*ret = queue;
	return 0;
}

/* Put one buffer into the ring's table, or take it out (arena NULL). */
static int update_buffer(struct io_queue *queue, int index, void *arena, size_t bytes)
{
	struct iovec vector = { .iov_base = arena, .iov_len = bytes };
	__u64 tag = 0;
	int result = io_uring_register_buffers_update_tag(
		&queue->ring, (unsigned)index, &vector, &tag, 1);
	return result < 0 ? result : 0;
}

static int find_index(struct io_queue *queue)
{
	for (int i = 0; queue->sparse && i < LANES_MAX; i++)
		if (!queue->lane_used[i])
			return i;
	return -1;
}

static int uring_attach(
	struct io_queue *queue, int fd, void *arena, size_t arena_bytes, struct io_lane **ret)
{
	struct io_lane *lane = calloc(1, sizeof(*lane));
	if (!lane)
		return -ENOMEM;
	*lane = (struct io_lane){ .fd = fd, .arena = arena, .arena_bytes = arena_bytes };
	lane->index = find_index(queue);
	/* A limit on locked memory may refuse registration: then each request maps its pages. */
	if (lane->index >= 0 && update_buffer(queue, lane->index, arena, arena_bytes) < 0)
		lane->index = -1;
	if (lane->index >= 0)
		queue->lane_used[lane->index] = true;
	*ret = lane;
	return 0;
}

static void uring_detach(struct io_queue *queue, struct io_lane *lane, bool abandoned)
{
	if (abandoned) { /* its memory stays until the ring is gone */
		lane->next = queue->abandoned;
		queue->abandoned = lane;
		return;
	}
	if (lane->index >= 0) {
		(void)update_buffer(queue, lane->index, NULL, 0);
		queue->lane_used[lane->index] = false;
	}
	free(lane);
}

static void prepare(
	struct io_uring_sqe *sqe, const struct io_lane *lane, const struct io_request *request)
{
	switch (request->operation) {
	case IO_READ:
		if (lane->index >= 0)
			io_uring_prep_read_fixed(sqe, lane->fd, request->data, request->length,
				request->offset, lane->index);
		else
			io_uring_prep_read(
				sqe, lane->fd, request->data, request->length, request->offset);
		break;
	case IO_WRITE:
		if (lane->index >= 0)
			io_uring_prep_write_fixed(sqe, lane->fd, request->data, request->length,
				request->offset, lane->index);
		else
			io_uring_prep_write(
				sqe, lane->fd, request->data, request->length, request->offset);
		break;
	case IO_FLUSH:
		io_uring_prep_fsync(sqe, lane->fd, IORING_FSYNC_DATASYNC);
		break;
	}
}

static int uring_submit(struct io_queue *queue, struct io_lane *lane, struct io_request *request)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&queue->ring);
	if (!sqe)
		return -EAGAIN;
	prepare(sqe, lane, request);
	io_uring_sqe_set_data(sqe, request);
	/* A request that the kernel did not take now is taken with the next submit or wait: it is in
	 * the ring either way, so it counts as submitted. */
	int result = io_uring_submit(&queue->ring);
	return result < 0 && result != -EAGAIN && result != -EBUSY && result != -EINTR ? result : 0;
}

static bool is_abandoned(const struct io_queue *queue, const struct io_request *request)
{
	for (const struct io_lane *lane = queue->abandoned; lane; lane = lane->next) {
		uintptr_t start = (uintptr_t)lane->arena;
		if ((uintptr_t)request >= start && (uintptr_t)request < start + lane->arena_bytes)
			return true;
	}
	return false;
}

static struct io_request *uring_wait(struct io_queue *queue, int timeout_ms)
{
	struct io_uring_cqe *cqe = NULL;
	struct __kernel_timespec timeout = {
		.tv_sec = timeout_ms / 1000,
		.tv_nsec = (long long)(timeout_ms % 1000) * 1000000,
	};
	int result = timeout_ms == 0 ? io_uring_peek_cqe(&queue->ring, &cqe)
				     : io_uring_submit_and_wait_timeout(
					       &queue->ring, &cqe, 1, &timeout, NULL);
	if (result < 0 || !cqe)
		return NULL;
	struct io_request *request = io_uring_cqe_get_data(cqe);
	int answer = cqe->res;
	io_uring_cqe_seen(&queue->ring, cqe);
	if (!request || is_abandoned(queue, request))
		return NULL;
	request->result = answer;
	return request;
}

static void uring_close(struct io_queue *queue)
{
	/* The kernel keeps the pages of what is still under way pinned, so the arenas may go. */
	io_uring_queue_exit(&queue->ring);
	while (queue->abandoned) {
		struct io_lane *lane = queue->abandoned;
		queue->abandoned = lane->next;
		munmap(lane->arena, lane->arena_bytes);
		free(lane);
	}
	free(queue);
}

const struct io_queue_backend queue_uring = {
	.name = "io_uring",
	.open = uring_open,
	.attach = uring_attach,
	.detach = uring_detach,
	.submit = uring_submit,
	.wait = uring_wait,
	.close = uring_close,
};
