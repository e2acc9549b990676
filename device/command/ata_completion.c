/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer of an ATA drive to a command that erases, as it stands in a record. */
#include "device/command/ata_completion.h"

#include "device/command/scsi.h"
#include <errno.h>
#include <string.h>

void ata_registers_pack(
	const struct ata_registers *registers, uint8_t ret[static ATA_REGISTERS_BYTES])
{
	ret[0] = registers->error;
	ret[1] = registers->status;
	ret[2] = registers->device;
	ret[3] = registers->extended ? 1 : 0;
	ret[4] = (uint8_t)(registers->count >> 8);
	ret[5] = (uint8_t)registers->count;
	for (size_t i = 0; i < 6; i++)
		ret[6 + i] = (uint8_t)(registers->lba >> (40 - 8 * i));
}

/* What refused it was the translation: SAM status and sense data stand for themselves. */
static int pack_refusal(const struct scsi_answer *answer, bool goes_on, struct erase_answer *ret)
{
	struct scsi_sense sense = scsi_sense_read(answer);
	size_t bytes = MIN((size_t)answer->sense_length, sizeof(answer->sense));
	if (answer->status != SCSI_STATUS_CHECK_CONDITION || !sense.valid ||
		sense.key <= SENSE_KEY_RECOVERED_ERROR)
		return -EBADMSG;
	ret->raw[0] = goes_on ? 's' : 'S';
	ret->raw[1] = answer->status;
	memcpy(ret->raw + 2, answer->sense, bytes);
	ret->raw_bytes = (uint16_t)(2 + bytes);
	return 0;
}

int ata_complete(struct scsi_transport *transport, const struct ata_command *command, bool goes_on,
	struct erase_answer *ret)
{
	struct ata_command asking = *command;
	struct scsi_answer answer;
	struct ata_registers registers;
	asking.want_registers = true;
	int error = ata_send(transport, &asking, &answer);
	if (error)
		return error;
	struct erase_answer completion = { .witness = WITNESS_COMPLETION };
	if (ata_registers_read(&answer, &registers) < 0) {
		error = pack_refusal(&answer, goes_on, &completion);
	} else {
		completion.raw[0] = goes_on ? 'a' : 'A';
		ata_registers_pack(&registers, completion.raw + 1);
		completion.raw_bytes = 1 + ATA_REGISTERS_BYTES;
	}
	if (!error)
		*ret = completion;
	return error;
}

bool ata_completion_is_good(const struct erase_answer *completion)
{
	struct erase_state state;
	erase_state_read(completion, &state);
	return completion->witness == WITNESS_COMPLETION &&
	       (state.status == ERASE_STATUS_RUNNING || state.status == ERASE_STATUS_SUCCEEDED);
}
