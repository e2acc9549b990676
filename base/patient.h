/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calling what may never come back: a function that hangs in the kernel is left alone after a while,
 * and its caller goes on. */
#ifndef HAIKI_BASE_PATIENT_H
#define HAIKI_BASE_PATIENT_H

#include "base/macros.h"

/* Run function(context) on a thread of its own and wait for it, at most patience_ms.
 *
 * 0: it came back; *ret_result is what it returned, and context is the caller's again.
 * -ETIMEDOUT: it did not; context now belongs to the thread, which calls release(context) should it
 * ever come back. Other -errno: it was not run. */
NODISCARD int patient_call(int (*function)(void *context), void *context,
	void (*release)(void *context), uint64_t patience_ms, int *ret_result);

#endif
