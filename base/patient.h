/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking what may never be answered. A function that hangs in the kernel, because a drive or a
 * filesystem does not answer, is left behind on its thread when the time is over, and its caller
 * goes on. */
#ifndef HAIKI_BASE_PATIENT_H
#define HAIKI_BASE_PATIENT_H

#include "base/macros.h"

struct patient_question {
	int (*ask)(void *value);   /* 0 or -errno; what it finds goes into *value */
	void (*drop)(void *value); /* frees what an answer that came too late holds; may be NULL */
	size_t size;               /* of a value, in bytes; it is copied, so it must not point into
	                            * itself or to what the caller may free */
	uint64_t limit_ms;         /* for all of them together */
};

/* Ask the question of each of count values at once, each on a thread of its own and on a copy.
 * values: an array of count * size bytes; an element is replaced when its thread answered in time.
 * results: count of them: what ask returned; -ETIMEDOUT: no answer, the value is as it was; another
 * -errno when its thread could not be started.
 * 0, or -ENOMEM and nothing was asked. */
NODISCARD int patient_ask_all(
	const struct patient_question *question, void *values, size_t count, int results[]);

/* The same of one value; returns its result. */
NODISCARD int patient_ask(const struct patient_question *question, void *value);

/* Start a thread that nobody waits for and that no signal reaches; run's result goes nowhere. For who
 * keeps count of such threads by other means. 0 or -errno. */
NODISCARD int patient_start_thread(void *(*run)(void *argument), void *argument);

#endif
