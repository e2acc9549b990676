/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ATA behind a SCSI/ATA translation: ATA PASS-THROUGH (16), and the registers that come back. */
#include "device/command/ata.h"
#include "device/command/scsi.h"

#include <errno.h>
#include <string.h>

/* SAT-4 table 170. Byte 2: T_LENGTH 2 (the COUNT field), BYT_BLOK 1 with T_TYPE 0 (512-byte blocks),
 * T_DIR 1 from the drive, CK_COND. */
static void build_cdb(const struct ata_command *command, uint8_t cdb[static 16])
{
	bool moves_data = command->protocol != ATA_PROTOCOL_NON_DATA;
	bool from_drive = command->protocol == ATA_PROTOCOL_PIO_IN;
	bool extended = command->extended;
	uint64_t lba = command->lba;

	memset(cdb, 0, 16);
	cdb[0] = 0x85;
	cdb[1] = (uint8_t)((unsigned)command->protocol << 1 | (extended ? 0x01 : 0));
	cdb[2] = (uint8_t)((command->want_registers ? 0x20 : 0) | (from_drive ? 0x08 : 0) |
			   (moves_data ? 0x04 | 0x02 : 0));
	if (extended) {
		cdb[3] = (uint8_t)(command->feature >> 8);
		cdb[5] = (uint8_t)(command->count >> 8);
		cdb[7] = (uint8_t)(lba >> 24);
		cdb[9] = (uint8_t)(lba >> 32);
		cdb[11] = (uint8_t)(lba >> 40);
	}
	cdb[4] = (uint8_t)command->feature;
	cdb[6] = (uint8_t)command->count;
	cdb[8] = (uint8_t)lba;
	cdb[10] = (uint8_t)(lba >> 8);
	cdb[12] = (uint8_t)(lba >> 16);
	cdb[13] = command->device;
	cdb[14] = command->command;
}

/* SAT-4 12.2.7, the ATA Status Return descriptor. */
static int read_descriptor(const struct scsi_answer *answer, struct ata_registers *ret)
{
	const uint8_t *bytes = scsi_sense_descriptor(answer, 0x09, 14);
	if (!bytes || bytes[1] != 12)
		return -EBADMSG;
	bool extended = bytes[2] & 0x01;
	struct ata_registers registers = {
		.extended = extended,
		.error = bytes[3],
		.count = bytes[5],
		.lba = (uint64_t)bytes[11] << 16 | (uint64_t)bytes[9] << 8 | bytes[7],
		.device = bytes[12],
		.status = bytes[13],
	};
	if (extended) {
		registers.count = (uint16_t)(registers.count | bytes[4] << 8);
		registers.lba |= (uint64_t)bytes[10] << 40 | (uint64_t)bytes[8] << 32 |
				 (uint64_t)bytes[6] << 24;
	}
	*ret = registers;
	return 0;
}

/* SAT-4 12.2.7, fixed format: ERROR, STATUS, DEVICE, COUNT (7:0) as INFORMATION, LBA (23:0) as
 * COMMAND-SPECIFIC INFORMATION. What it leaves out no success may be read from: only errors count,
 * and only where the status says ERROR, for not every translation puts them there. */
static int read_fixed_error(const struct scsi_answer *answer, struct ata_registers *ret)
{
	struct scsi_sense sense = scsi_sense_read(answer);
	const uint8_t *bytes = answer->sense;
	if (!sense.valid || sense.descriptor || answer->sense_length < 12 ||
		sense.key != SENSE_KEY_ABORTED_COMMAND || !(bytes[4] & ATA_STATUS_ERROR) ||
		bytes[3] == 0)
		return -EBADMSG;
	*ret = (struct ata_registers){
		.extended = bytes[8] & 0x80,
		.error = bytes[3],
		.status = bytes[4],
		.device = bytes[5],
		.count = bytes[6],
		.lba = (uint64_t)bytes[11] << 16 | (uint64_t)bytes[10] << 8 | bytes[9],
	};
	return 0;
}

int ata_registers_read(const struct scsi_answer *answer, struct ata_registers *ret)
{
	if (answer->status != SCSI_STATUS_CHECK_CONDITION)
		return -EBADMSG;
	return read_descriptor(answer, ret) == 0 ? 0 : read_fixed_error(answer, ret);
}

/* After success with CK_COND the translation answers CHECK CONDITION, RECOVERED ERROR, ATA PASS
 * THROUGH INFORMATION AVAILABLE (00h/1Dh), and the registers. */
static int take_registers(const struct scsi_answer *answer, struct ata_registers *ret)
{
	struct ata_registers registers;
	if (answer->status != SCSI_STATUS_CHECK_CONDITION)
		return -EBADMSG;
	struct scsi_sense sense = scsi_sense_read(answer);
	if (!sense.valid || ata_registers_read(answer, &registers))
		return sense.valid && sense.key > SENSE_KEY_RECOVERED_ERROR ? -EREMOTEIO : -EBADMSG;
	if (sense.key > SENSE_KEY_RECOVERED_ERROR ||
		(registers.status & (ATA_STATUS_BUSY | ATA_STATUS_DEVICE_FAULT | ATA_STATUS_ERROR)))
		return -EREMOTEIO;
	if (!(registers.status & ATA_STATUS_READY))
		return -EBADMSG;
	*ret = registers;
	return 0;
}

int ata_send(struct scsi_transport *transport, const struct ata_command *command,
	struct scsi_answer *ret_answer)
{
	bool moves_data = command->protocol != ATA_PROTOCOL_NON_DATA;
	struct scsi_command scsi = {
		.cdb_length = 16,
		.transfer = !moves_data                                ? TRANSFER_NONE
			    : command->protocol == ATA_PROTOCOL_PIO_IN ? TRANSFER_FROM_DRIVE
								       : TRANSFER_TO_DRIVE,
		.data = command->data,
		.data_length = command->data_length,
		.timeout_ms = command->timeout_ms,
	};
	build_cdb(command, scsi.cdb);
	return scsi_execute(transport, &scsi, ret_answer);
}

int ata_execute(struct scsi_transport *transport, const struct ata_command *command,
	struct ata_registers *ret_registers)
{
	if (command->want_registers && !ret_registers)
		return -EINVAL;

	struct scsi_answer answer;
	int error = ata_send(transport, command, &answer);
	if (error)
		return error;
	if (command->want_registers)
		error = take_registers(&answer, ret_registers);
	else if (answer.status != SCSI_STATUS_GOOD)
		error = -EREMOTEIO;
	if (!error && answer.transferred != command->data_length)
		error = -EBADMSG;
	return error;
}
