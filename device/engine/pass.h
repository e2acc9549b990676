/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass over one drive, as a worker drives it: slots in flight, retries and halving, the
 * watermark, flushes, the end. Inside the engine only. */
#ifndef HAIKI_DEVICE_ENGINE_PASS_H
#define HAIKI_DEVICE_ENGINE_PASS_H

#include "device/engine/events.h"
#include "device/engine/queue.h"

#include <pthread.h>
#include <stdatomic.h>

/* Halving 1 MiB down to 512 bytes takes eleven steps, each leaves one half behind. */
#define SLOT_TODO_MAX 16

/* One request's buffer and what of its chunk is still to be done. Invariant: while busy, todo is
 * not empty and its last entry is what is, or is about to be, in flight. */
struct slot {
	struct io_request request;
	uint8_t *data;
	bool busy;
	bool in_flight;
	unsigned tries;        /* failed ones of the last todo entry */
	uint64_t position;     /* of the chunk, in walking order */
	uint64_t offset_bytes; /* of the chunk, on the drive */
	uint32_t length_bytes;
	struct byte_range todo[SLOT_TODO_MAX];
	unsigned todo_count;
};

/* Memory the kernel may write to while requests are under way; one mmap. */
struct arena {
	struct io_request flush;
	unsigned slot_count;
	size_t bytes;
	struct slot slots[];
};

/* Fields are the worker's, but for those marked. */
struct pass {
	struct engine *engine;       /* the owner's; a worker has no business with it */
	struct event_queue *events;  /* borrowed from the engine */
	struct pass *next_open;      /* engine's list of passes not closed yet */
	struct pass *next_inbox;     /* worker's inbox; guarded by the worker's lock */
	struct pass_request request; /* ranges point into owned memory; constant after start */
	struct byte_range *ranges;
	struct stream *stream;
	uint64_t total_bytes;

	const struct io_queue_backend *backend;
	struct io_queue *queue;
	struct io_lane *lane;
	struct arena *arena;
	uint32_t request_bytes;

	size_t range_index; /* where the next chunk starts */
	uint64_t range_done_bytes;
	uint64_t position;
	unsigned in_flight; /* requests, the flush included */
	unsigned failed_tries;
	uint64_t next_submit_us; /* rate limit */
	uint64_t last_report_us;
	bool flush_in_flight;
	uint64_t flush_position;
	bool written_since_flush;
	enum pass_end ending; /* what it will end as; UNKNOWN while it goes on */
	int ending_errnum;
	bool finished; /* ended, and nothing of it is left in the worker */

	/* Shared with the owner. */
	atomic_bool cancel;
	_Atomic uint64_t done_bytes;
	_Atomic uint64_t durable_bytes;
	_Atomic uint64_t bad_bytes;
	_Atomic uint64_t
		waiting_since_us; /* last answer while something is in flight; 0: nothing is */
	_Atomic int end;
	_Atomic int errnum;
	atomic_bool flushed;
	pthread_mutex_t lock; /* guards the bad ranges */
	struct bad_range *bad;
	size_t bad_count, bad_capacity;

	struct event_node durable_event; /* guarded by the queue's lock */
	struct event_node ended_event;
};

uint64_t pass_clock_us(void);

/* Make ready on the worker's queue. On error the pass is finished as INTERNAL. */
void pass_attach(struct pass *pass, const struct io_queue_backend *backend, struct io_queue *queue,
	unsigned depth, uint32_t request_bytes);

/* Do what is due now: at most one new chunk is submitted. True when anything was done. */
bool pass_advance(struct pass *pass, uint64_t now_us);

/* The kernel's answer to one of its requests. */
void pass_answer(struct pass *pass, struct io_request *request, uint64_t now_us);

/* Record a bad range; joins neighbours. 0, -ENOMEM, or -EOVERFLOW past PASS_BAD_RANGES_MAX. */
NODISCARD int pass_add_bad(struct pass *pass, const struct bad_range *bad);

#endif
