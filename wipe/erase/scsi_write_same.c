/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCSI WRITE SAME (16) (SBC-4 5.52): the drive writes the pattern itself, piece by piece, and nothing
 * is sent over the wire but the pattern. UNMAP is 0, and the pattern is no zeros: it is written. */
#include "device/command/scsi_erase.h"
#include "wipe/erase/scsi.h"
#include "wipe/erase/methods.h"

#include <errno.h>

#define POLL_MS 500

static void offer(const struct abilities *abilities, struct erase_offer *ret)
{
	const char *obstacle =
		scsi_obstacle(abilities, abilities->scsi.known && abilities->scsi.write_same_16);
	*ret = (struct erase_offer){ .offered = obstacle == NULL,
		.why_not = obstacle,
		.scope = SCOPE_DRIVE,
		.expected_seconds = -1 };
}

static int start(const struct erase_call *call, struct erase_answer *ret)
{
	const uint8_t *pattern = scsi_pattern_of(call);
	return pattern ? scsi_write_same(
				 &call->transports->scsi, call->plan->capacity_bytes, pattern, ret)
		       : -EINVAL;
}

const struct erase_method erase_scsi_write_same = {
	.technique = TECHNIQUE_SCSI_WRITE_SAME,
	.offer = offer,
	.start = start,
	.poll_ms = POLL_MS,
};
