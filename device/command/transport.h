/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands sent past the block layer. One function pointer, so that tests answer in place of a
 * drive: an ordered list of expected commands with canned answers. */
#ifndef HAIKI_DEVICE_COMMAND_TRANSPORT_H
#define HAIKI_DEVICE_COMMAND_TRANSPORT_H

#include "base/error.h"

enum transfer { TRANSFER_NONE, TRANSFER_FROM_DRIVE, TRANSFER_TO_DRIVE };

struct scsi_command {
	uint8_t cdb[32];
	uint8_t cdb_length;
	enum transfer transfer;
	uint8_t *data;        /* borrowed; read or written per transfer */
	uint32_t data_length; /* bytes */
	uint32_t timeout_ms;
};

struct scsi_answer {
	uint8_t status;    /* SAM-5 status byte: 00h good, 02h check condition */
	uint8_t sense[64]; /* as returned by the drive; SPC-5 4.5 */
	uint8_t sense_length;
	uint32_t transferred; /* bytes that really moved, never more than data_length */
};

struct scsi_transport {
	/* Returns 0 when the drive answered (whatever it answered: look at status), -errno when no
	 * answer was obtained: then nothing may be concluded about the drive. */
	int (*send)(struct scsi_transport *transport, const struct scsi_command *command,
		struct scsi_answer *ret_answer);
	int fd;        /* for the real one, borrowed */
	void *context; /* for fakes */
};

/* The real one: SG_IO through libsgutils2's pass-through. */
struct scsi_transport scsi_transport_real(int fd);

#endif
