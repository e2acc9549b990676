/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The completion of what is done by calls of the kernel (device/erase/erase_answer.h, 'E'). */
#ifndef HAIKI_WIPE_ERASE_COMPLETION_H
#define HAIKI_WIPE_ERASE_COMPLETION_H

#include "device/erase/erase_answer.h"

/* result: 0, or -errno. */
static inline void completion_of_call(int result, struct erase_answer *ret)
{
	uint32_t errnum = result < 0 ? (uint32_t)-result : 0;
	*ret = (struct erase_answer){ .witness = WITNESS_COMPLETION,
		.raw_bytes = 5,
		.raw = { 'E', (uint8_t)(errnum >> 24), (uint8_t)(errnum >> 16),
			(uint8_t)(errnum >> 8), (uint8_t)errnum } };
}

#endif
