/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Discard (TRIM, UNMAP, deallocate): a hint that the drive may follow or not, and worth nothing. As a
 * preparation it lets a flash drive free what it will not have to copy while it is overwritten. */
#include "wipe/erase/methods.h"

#include "wipe/erase/completion.h"
#include <errno.h>
#include <linux/fs.h>

/* One call for all of a large drive would hold it for minutes, in which nothing else is answered. */
#define PIECE_BYTES (4 * GIB)

static void offer(const struct abilities *abilities, struct erase_offer *ret)
{
	*ret = (struct erase_offer){ .scope = SCOPE_DRIVE, .expected_seconds = -1 };
	ret->offered = abilities->discard_max_bytes > 0;
	if (!ret->offered)
		ret->why_not = "not-supported";
}

static int discard_all(
	const struct kernel_transport *kernel, unsigned long request, uint64_t capacity_bytes)
{
	int result = 0;
	for (uint64_t at = 0; result >= 0 && at < capacity_bytes; at += PIECE_BYTES) {
		uint64_t range[2] = { at, MIN(PIECE_BYTES, capacity_bytes - at) };
		result = kernel_call(kernel, request, range);
	}
	return MIN(result, 0);
}

/* The secure kind where there is one (eMMC), which takes copies along. */
static int start(const struct erase_call *call, struct erase_answer *ret)
{
	const struct kernel_transport *kernel = &call->transports->kernel;
	uint64_t capacity = call->drive->identity.capacity_bytes;
	int result = discard_all(kernel, BLKSECDISCARD, capacity);
	if (result == -EOPNOTSUPP)
		result = discard_all(kernel, BLKDISCARD, capacity);
	completion_of_call(result, ret);
	return 0;
}

const struct erase_method erase_discard = {
	.technique = TECHNIQUE_DISCARD,
	.offer = offer,
	.start = start,
};
