/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCSI: sense data (SPC-5 4.5), and the commands that tell a drive's capacity (SBC-4). */
#ifndef HAIKI_DEVICE_COMMAND_SCSI_H
#define HAIKI_DEVICE_COMMAND_SCSI_H

#include "device/command/transport.h"
#include <stdbool.h>

#define SCSI_STATUS_GOOD 0x00 /* SAM-5 5.3 */
#define SCSI_STATUS_CHECK_CONDITION 0x02

#define SENSE_KEY_RECOVERED_ERROR 0x1
#define SENSE_KEY_NOT_READY 0x2
#define SENSE_KEY_ILLEGAL_REQUEST 0x5
#define SENSE_KEY_UNIT_ATTENTION 0x6
#define SENSE_KEY_ABORTED_COMMAND 0xb

/* What current sense data says in either format. Zeroed: there was none that could be read. */
struct scsi_sense {
	bool valid;      /* fixed (70h) or descriptor (72h) format, current, long enough */
	bool descriptor; /* 72h: scsi_sense_descriptor may find more */
	uint8_t key;
	uint8_t code;      /* ADDITIONAL SENSE CODE */
	uint8_t qualifier; /* ADDITIONAL SENSE CODE QUALIFIER */
};

/* Read the sense data of an answer; deferred sense (71h, 73h) belongs to an earlier command and is
 * not valid for this one. */
struct scsi_sense scsi_sense_read(const struct scsi_answer *answer);

/* The first descriptor of this type (SPC-5 4.5.2), whole: at least minimum bytes, header included.
 * NULL when there is none. Borrowed from answer. */
const uint8_t *scsi_sense_descriptor(
	const struct scsi_answer *answer, uint8_t type, size_t minimum);

/* Send a command; while the drive answers UNIT ATTENTION (it did not carry the command out, SAM-5
 * 5.14) send it again, a few times. Returns as the transport's send. */
NODISCARD int scsi_execute(struct scsi_transport *transport, const struct scsi_command *command,
	struct scsi_answer *ret_answer);

/* Does the drive say that it knows no such command, or not with these fields? (INVALID COMMAND
 * OPERATION CODE, INVALID FIELD IN CDB) */
bool scsi_is_unknown_command(const struct scsi_answer *answer);

/* What READ CAPACITY told. */
struct scsi_capacity {
	uint64_t blocks;      /* RETURNED LOGICAL BLOCK ADDRESS + 1; never 0 */
	uint32_t block_bytes; /* LOGICAL BLOCK LENGTH IN BYTES; never 0 */
	bool provisioned;     /* LBPME: blocks can be unmapped; false when not told */
};

/* READ CAPACITY (16), SBC-4 5.20; READ CAPACITY (10), 5.19, only from a drive that rejects the
 * former as a command it does not know. Returns 0 when all fields were answered; -errno without
 * an answer; -EREMOTEIO for an error of the drive's; -EBADMSG for an answer that is short or says
 * nothing usable. *ret is untouched on error. */
NODISCARD int scsi_read_capacity(struct scsi_transport *transport, struct scsi_capacity *ret);

/* Big-endian fields, as SCSI has them. */
static inline uint32_t scsi_field_32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}
static inline uint64_t scsi_field_64(const uint8_t *bytes)
{
	return (uint64_t)scsi_field_32(bytes) << 32 | scsi_field_32(bytes + 4);
}

#endif
