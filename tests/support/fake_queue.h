/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A kernel and a drive in memory, for the engine's tests: answers what the test scripts, in the
 * order the test wants. One drive per process run; the fd given to the engine is ignored. */
#ifndef HAIKI_TESTS_FAKE_QUEUE_H
#define HAIKI_TESTS_FAKE_QUEUE_H

#include "device/engine/queue.h"

#include <stdatomic.h>

struct fake_fault {
	enum io_operation operation;
	uint64_t offset_bytes, length_bytes; /* requests that touch this range fail … */
	int errnum;
	unsigned times; /* … so often; 0: always */
};

struct fake_drive {
	uint8_t *bytes; /* the medium; the test's */
	uint64_t size_bytes;
	struct fake_fault faults[8];
	unsigned fault_count;
	unsigned fail_operation; /* the N-th read or write fails once with EIO; 0: none */
	int flush_errnum;        /* every flush fails with it; 0: none */
	unsigned fail_flush;     /* only the N-th; 0: every */
	bool reverse;            /* the newest request is answered first */
	bool zoned;              /* a write that is not at the write pointer fails */
	uint64_t write_pointer;
	_Atomic unsigned disordered; /* how many did */
	bool reads_nothing;          /* reads are answered as good, and move no byte */
	uint32_t short_bytes;        /* move no more than this at once; 0: all */
	uint64_t hang_from_bytes; /* requests at or beyond are never answered; UINT64_MAX: none */
	uint64_t drop_from_bytes, drop_length_bytes; /* writes here are acknowledged and lost */
	_Atomic unsigned operations;                 /* reads and writes so far */
	_Atomic unsigned flushes;
	_Atomic uint64_t written_unflushed;
};

extern struct fake_drive fake_drive;
extern const struct io_queue_backend fake_queue;

/* An honest drive over these bytes. */
void fake_drive_reset(uint8_t *bytes, uint64_t size_bytes);

#endif
