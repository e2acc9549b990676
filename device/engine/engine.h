/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The I/O engine: passes over many drives at once, by a small pool of workers.
 *
 * A pass walks ordered byte ranges of one drive and either writes the stream or reads back and
 * compares with it; the same loop does both. Workers are never more than cores. What happens is
 * told as events to the one thread that owns the engine, so that whoever uses it needs no locks. */
#ifndef HAIKI_DEVICE_ENGINE_ENGINE_H
#define HAIKI_DEVICE_ENGINE_ENGINE_H

#include "base/error.h"
#include "device/engine/stream.h"
#include <stdbool.h>

enum engine_backend { ENGINE_AUTO, ENGINE_IO_URING, ENGINE_THREADS };

struct io_queue_backend;

struct engine_options {
	enum engine_backend backend;  /* AUTO: io_uring, and pread/pwrite where it is refused */
	uint64_t memory_budget_bytes; /* all I/O buffers together; at least 1 MiB */
	unsigned expected_passes; /* passes at once; with the budget it gives request size, depth */
	unsigned workers;         /* 0: as many as cores, never more than expected_passes */
	const struct io_queue_backend
		*queue; /* NULL; a test's own kernel (device/engine/queue.h) */
};

/* What the budget was turned into. Bytes per request are a power of two, 64 KiB to 1 MiB. */
struct engine_shape {
	enum engine_backend backend; /* never AUTO */
	unsigned workers;
	unsigned queue_depth; /* requests in flight per pass, 2 to 8 */
	uint32_t request_bytes;
};

enum pass_direction { PASS_WRITE, PASS_READ_BACK };

struct byte_range {
	uint64_t offset_bytes;
	uint64_t length_bytes;
};

enum bad_kind { BAD_UNWRITABLE, BAD_UNREADABLE, BAD_MISMATCH };

struct bad_range {
	enum bad_kind kind;
	struct byte_range range; /* whole logical sectors */
	int errnum;              /* of the last try; 0 for a mismatch */
};

#define PASS_BAD_RANGES_MAX 512      /* more distinct ranges than this end the pass */
#define PASS_FAILED_TRIES_MAX 200000 /* more failed I/O calls than this end the pass */

struct pass_request {
	int fd;                 /* borrowed until the pass is closed; opened O_DIRECT or not */
	uint64_t disk_sequence; /* to notice a drive that vanished; 0: unknown */
	uint32_t sector_bytes;  /* logical sector: alignment and smallest unit, 512 to 4096 */
	enum pass_direction direction;
	struct pattern pattern;
	const struct byte_range
		*ranges; /* copied; ascending, not touching, whole sectors, not empty */
	size_t range_count;
	bool in_order; /* one request after the other: a zone takes its sectors in no other order */
	uint64_t rate_bytes_per_second; /* 0: as fast as the drive */
	uint64_t stall_limit_ms; /* without one answer for so long the drive counts as hung; 0:
	                                * wait for ever */
	/* How often DURABLE is told: after a flush (write), or as compared (read); 0: never. */
	uint64_t durable_interval_ms;
};

/* How a pass ended. Zero is unknown: never a success. */
enum pass_end {
	PASS_END_UNKNOWN,
	PASS_COMPLETE, /* every byte of every range was tried; look at the bad ranges */
	PASS_CANCELLED,
	PASS_VANISHED, /* the kernel removed the device */
	PASS_STALLED,  /* no answer within the stall limit; requests may still reach the drive */
	PASS_TOO_MANY_ERRORS, /* one of the two maxima above */
	PASS_FLUSH_FAILED,    /* what was written may not be on the medium */
	PASS_INTERNAL,        /* errnum says why: no memory, the pattern generator failed */
};

/* A snapshot. done_bytes counts bytes tried, good or bad, of all ranges. durable_bytes: bytes from
 * the start of the first range, in walking order, that are flushed (write) or compared (read). */
struct pass_progress {
	uint64_t total_bytes;
	uint64_t done_bytes;
	uint64_t durable_bytes;
	uint64_t bad_bytes;
	bool stalled;      /* no answer for 5 s or more */
	enum pass_end end; /* UNKNOWN while it runs */
	int errnum;        /* flush or internal error, else 0 */
	bool flushed;      /* the last flush was answered OK and nothing was written after it */
};

struct engine;
struct pass;

enum engine_event_kind {
	ENGINE_EVENT_NONE,
	ENGINE_EVENT_DURABLE,
	ENGINE_EVENT_PASS_ENDED,
	ENGINE_EVENT_TASK_ENDED
};

struct engine_event {
	enum engine_event_kind kind;
	void *user;             /* as given at start */
	struct pass *pass;      /* borrowed; NULL for a task */
	uint64_t durable_bytes; /* DURABLE: journal this; all below it was flushed */
	int task_result;        /* TASK_ENDED */
};

/* Errors: -EINVAL, -ENOMEM, -ENOSYS when io_uring was demanded and is refused. */
NODISCARD int engine_open(
	const struct engine_options *options, struct engine **ret, struct error *error);
struct engine_shape engine_shape(const struct engine *engine);

/* Begin a pass; its end comes as one ENGINE_EVENT_PASS_ENDED. From here on the drive may be
 * written. -EINVAL when the request breaks a rule above, -ENOMEM; then nothing was touched. */
NODISCARD int engine_start(struct engine *engine, const struct pass_request *request, void *user,
	struct pass **ret, struct error *error);

/* Run a blocking function on a thread of its own (opening and probing a drive may hang); its
 * result comes as one ENGINE_EVENT_TASK_ENDED. context stays the caller's until then. */
NODISCARD int engine_run(struct engine *engine, int (*task)(void *context), void *context,
	void *user, struct error *error);

/* Wait for the next event. 0, -ETIMEDOUT after timeout_ms, -EINTR when a signal came. */
NODISCARD int engine_wait(struct engine *engine, int timeout_ms, struct engine_event *ret);

/* Ask a pass to end: nothing new is submitted, what is in flight is awaited (up to the stall
 * limit), written passes are flushed, then PASS_ENDED comes with PASS_CANCELLED. */
void pass_cancel(struct pass *pass);

/* Any time, from the owning thread. */
void pass_progress(struct pass *pass, struct pass_progress *ret);

/* Copy the bad ranges known so far, ascending, neighbours of one kind and errno joined. *ret is
 * malloc'd, the caller frees. 0 or -ENOMEM. */
NODISCARD int pass_bad_ranges(struct pass *pass, struct bad_range **ret, size_t *ret_count);

/* After PASS_ENDED only. A stalled pass's buffers stay until the drive answers. Returns NULL. */
struct pass *pass_close(struct pass *pass);

/* Cancels what runs and waits for the workers, except for stalled drives. Returns NULL. */
struct engine *engine_close(struct engine *engine);
DEFINE_CLEANUP(struct engine *, engine_close);

const char *pass_end_name(enum pass_end end);  /* "complete", "vanished", …; stable words */
const char *bad_kind_name(enum bad_kind kind); /* "unwritable", "unreadable", "mismatch" */
enum engine_backend engine_backend_parse(const char *word, bool *ret_known);
const char *engine_backend_name(enum engine_backend backend);

#endif
