/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading hostile bytes in a child that can do nothing: it is forked, holds one device read-only and
 * one pipe, may use little memory and time, is nobody, and every system call but the few that
 * reading takes kills it. What it answers is as hostile as what it read. */
#ifndef HAIKI_DEVICE_PROBE_SANDBOX_H
#define HAIKI_DEVICE_PROBE_SANDBOX_H

#include "base/buffer.h"
#include <stdbool.h>
#include <sys/types.h>

/* What is done in the child. device, answer: its two descriptors. Returns its exit status, 0 when
 * the answer is complete.
 *
 * It runs in a copy of a process whose other threads are gone in the middle of whatever they did.
 * So it must not take a lock one of them may have held: no gettext (nor strerror), no stdio stream,
 * no time zone, no OpenSSL beyond digest_sha256_alone, no threads. Memory may be had: glibc hands
 * its allocator over to the child in order. */
typedef int sandbox_work(int device, int answer, void *context);

struct sandbox {
	sandbox_work *work;
	void *context;         /* handed on to work; read in the child's copy of memory */
	int device;            /* borrowed, should be read-only: the child can read it only */
	uint64_t limit_ms;     /* for all of it */
	unsigned limit_cpu_s;  /* of computing */
	uint64_t memory_bytes; /* beyond what the process has */
};

enum sandbox_end {
	SANDBOX_UNKNOWN,   /* the child's end cannot be told */
	SANDBOX_ANSWERED,  /* it ended by itself with status 0 */
	SANDBOX_FAILED,    /* with another status: see number */
	SANDBOX_CRASHED,   /* by a signal of its own making: number */
	SANDBOX_DENIED,    /* it tried what it may not */
	SANDBOX_EXHAUSTED, /* it used up its time of computing */
	SANDBOX_KILLED,    /* by another signal, of someone else's: number */
	SANDBOX_TIMEOUT,   /* its time was over, and it was killed */
	SANDBOX_TOO_MUCH,  /* it answered more than the buffer's limit, and was killed */
	SANDBOX_NO_WALLS,  /* it could not be locked in, and did nothing: errno in number */
};

struct sandbox_result {
	enum sandbox_end end;
	int number;
};

/* Run the work and collect its answer (appended to answer, as far as it came). Never waits longer
 * than the limit and a moment: a child that even SIGKILL does not end, because its drive holds it in
 * the kernel, is left to a thread that reaps it whenever it ends.
 * 0: *ret says how it ended; -errno: it could not be started, -ENOMEM: its answer could not be kept.
 * Safe from any thread. */
NODISCARD int sandbox_run(
	const struct sandbox *sandbox, struct buffer *answer, struct sandbox_result *ret);

/* Is this process, by the number it has in our PID namespace, such a child of this process? It may
 * hold copies of our descriptors for a moment, and its device for reading, and is nobody else. Asked
 * before its descriptors are looked at: a number that was a child's is not given anew so soon. */
bool sandbox_is_child(pid_t pid);

#endif
