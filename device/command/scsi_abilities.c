/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a SCSI drive offers, by asking it command by command. */
#include "device/command/scsi_abilities.h"
#include "device/command/scsi_erase.h"

#include <errno.h>

#define TIMEOUT_MS 30000

/* REPORT SUPPORTED OPERATION CODES (SPC-5 6.33), about one command: REPORTING OPTIONS 001b for one
 * without service actions, 010b for one with. */
enum { WITHOUT_ACTION = 1, WITH_ACTION = 2 };

/* What became of a question. */
enum told { TOLD_NOTHING, TOLD_UNKNOWN_COMMAND, TOLD_NO, TOLD_YES };

static enum told is_supported(
	struct scsi_transport *transport, uint8_t options, uint8_t opcode, uint8_t action)
{
	uint8_t data[64] = { 0 };
	struct scsi_command command = {
		.cdb = { 0xa3, 0x0c, options, opcode, 0, action, [9] = sizeof(data) },
		.cdb_length = 12,
		.transfer = TRANSFER_FROM_DRIVE,
		.data = data,
		.data_length = sizeof(data),
		.timeout_ms = TIMEOUT_MS,
	};
	struct scsi_answer answer;
	if (scsi_execute(transport, &command, &answer))
		return TOLD_NOTHING;
	if (answer.status != SCSI_STATUS_GOOD) {
		struct scsi_sense sense = scsi_sense_read(&answer);
		if (!sense.valid || sense.key != SENSE_KEY_ILLEGAL_REQUEST)
			return TOLD_NOTHING;
		/* INVALID FIELD IN CDB: it knows the question, and no such command. */
		return sense.code == 0x24 ? TOLD_NO : TOLD_UNKNOWN_COMMAND;
	}
	if (answer.transferred < 4)
		return TOLD_NOTHING;
	/* SUPPORT 011b: as a standard says. 101b, in a manner of the vendor's, is not relied on. */
	return (data[1] & 0x07) == 0x03 ? TOLD_YES : TOLD_NO;
}

/* SBC-4 5.20: byte 14 bit 7 LBPME. */
static void read_capacity(struct scsi_transport *transport, struct scsi_abilities *ret)
{
	struct scsi_capacity capacity;
	if (scsi_read_capacity(transport, &capacity))
		return;
	ret->block_bytes = capacity.block_bytes;
	ret->blocks = capacity.blocks;
	ret->thin = capacity.provisioned;
}

static void ask_all(struct scsi_transport *transport, struct scsi_abilities *ret)
{
	const struct {
		uint8_t options, opcode, action;
		bool *ret;
	} questions[] = {
		{ WITH_ACTION, 0x48, SCSI_SANITIZE_CRYPTO, &ret->sanitize_crypto },
		{ WITH_ACTION, 0x48, SCSI_SANITIZE_BLOCK, &ret->sanitize_block },
		{ WITH_ACTION, 0x48, SCSI_SANITIZE_OVERWRITE, &ret->sanitize_overwrite },
		{ WITH_ACTION, 0x48, 0x1f, &ret->sanitize_exit },
		{ WITHOUT_ACTION, 0x04, 0, &ret->format_unit },
		{ WITHOUT_ACTION, 0x93, 0, &ret->write_same_16 },
		{ WITHOUT_ACTION, 0x35, 0, &ret->synchronize_cache },
	};
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		enum told told = is_supported(
			transport, questions[i].options, questions[i].opcode, questions[i].action);
		if (told == TOLD_UNKNOWN_COMMAND && i == 0)
			ret->format_unit = true; /* mandatory for direct access block devices */
		if (told == TOLD_UNKNOWN_COMMAND || told == TOLD_NOTHING)
			return;
		*questions[i].ret = told == TOLD_YES;
	}
	ret->known = true;
}

void scsi_abilities_read(struct scsi_transport *transport, struct scsi_abilities *ret)
{
	struct erase_answer sense;
	*ret = (struct scsi_abilities){ 0 };
	if (scsi_erase_status(transport, &sense) == 0)
		ret->sense = sense;
	read_capacity(transport, ret);
	ask_all(transport, ret);
}
