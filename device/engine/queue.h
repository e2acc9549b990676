/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the engine hands its requests to the kernel: one table of functions per way of doing it, so
 * that a test can put its own kernel in place. Inside the engine only.
 *
 * A queue belongs to one worker thread. A lane is one fd with its buffers on that queue. */
#ifndef HAIKI_DEVICE_ENGINE_QUEUE_H
#define HAIKI_DEVICE_ENGINE_QUEUE_H

#include "base/macros.h"
#include <stdbool.h>

enum io_operation { IO_READ, IO_WRITE, IO_FLUSH };

/* Owned by the slot that uses it; the queue borrows it from submit until wait returns it. */
struct io_request {
	enum io_operation operation;
	uint64_t offset;
	uint32_t length;         /* bytes; 0 for a flush */
	uint8_t *data;           /* inside the lane's arena */
	int result;              /* bytes moved, or -errno; 0 for a good flush */
	struct io_request *next; /* the queue's, while it has it */
	void *owner;             /* the engine's */
};

struct io_queue;
struct io_lane;

struct io_queue_backend {
	const char *name;
	/* Called on the worker's own thread. */
	int (*open)(struct io_queue **ret);
	/* arena: memory made by mmap for all of the lane: its requests and their data. The engine
	 * unmaps it after detach, unless abandoned is set: then requests may still be under way, and
	 * the backend keeps the arena until they cannot come back. */
	int (*attach)(struct io_queue *queue, int fd, void *arena, size_t arena_bytes,
		struct io_lane **ret);
	void (*detach)(struct io_queue *queue, struct io_lane *lane, bool abandoned);
	/* 0, or -errno and the request was not taken. */
	int (*submit)(struct io_queue *queue, struct io_lane *lane, struct io_request *request);
	/* One finished request, or NULL after timeout_ms. Requests of abandoned lanes never come. */
	struct io_request *(*wait)(struct io_queue *queue, int timeout_ms);
	void (*close)(struct io_queue *queue);
};

extern const struct io_queue_backend queue_uring;
extern const struct io_queue_backend queue_threads;

/* Does this kernel let us use io_uring? (sysctl, seccomp and old kernels refuse it.) */
bool queue_uring_works(void);

#endif
