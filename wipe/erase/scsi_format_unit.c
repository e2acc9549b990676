/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCSI FORMAT UNIT (SBC-4 5.4) with an initialization pattern, which is read back after: some drives
 * say that they formatted, and only made their layout anew. It does not survive a power loss. */
#include "device/command/scsi_erase.h"
#include "wipe/erase/scsi.h"
#include "wipe/erase/methods.h"

#include <errno.h>

#define POLL_MS 500

static void offer(const struct abilities *abilities, struct erase_offer *ret)
{
	const char *obstacle = scsi_obstacle(abilities, abilities->scsi.format_unit);
	*ret = (struct erase_offer){ .offered = obstacle == NULL,
		.why_not = obstacle,
		.scope = SCOPE_DRIVE,
		.expected_seconds = -1 };
}

static int start(const struct erase_call *call, struct erase_answer *ret)
{
	const uint8_t *pattern = scsi_pattern_of(call);
	return pattern ? scsi_format_unit(&call->transports->scsi, pattern, ret) : -EINVAL;
}

const struct erase_method erase_scsi_format_unit = {
	.technique = TECHNIQUE_SCSI_FORMAT_UNIT,
	.offer = offer,
	.look = scsi_look,
	.start = start,
	.poll_ms = POLL_MS,
};
