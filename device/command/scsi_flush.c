/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SYNCHRONIZE CACHE (SBC-4 5.33, 5.34). */
#include "device/command/scsi_erase.h"

#include <errno.h>

#define TIMEOUT_MS 300000

/* From address 0 to the end (NUMBER OF BLOCKS 0), and with IMMED 0: the answer comes when it is
 * done. */
static int synchronize(
	struct scsi_transport *transport, uint8_t opcode, uint8_t length, struct scsi_answer *ret)
{
	const struct scsi_command command = {
		.cdb = { opcode }, .cdb_length = length, .timeout_ms = TIMEOUT_MS
	};
	return scsi_execute(transport, &command, ret);
}

int scsi_synchronize_cache(struct scsi_transport *transport)
{
	struct scsi_answer answer;
	int error = synchronize(transport, 0x35, 10, &answer);
	if (error == 0 && scsi_is_unknown_command(&answer)) {
		error = synchronize(transport, 0x91, 16, &answer);
		if (error == 0 && scsi_is_unknown_command(&answer))
			return -EOPNOTSUPP;
	}
	if (error)
		return error;
	return answer.status == SCSI_STATUS_GOOD ? 0 : -EREMOTEIO;
}
