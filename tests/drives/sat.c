/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ATA PASS-THROUGH (12) and (16): from a SCSI command to ATA registers and back (SAT-4 12.2). */
#include "scsi_parts.h"

#include <string.h>

#define CK_COND 0x20
#define PROTOCOL_PIO_OUT 5

/* Byte by byte: each register has its own place, the earlier bytes of 48-bit commands beside it. */
static struct ata_taskfile from_cdb_16(const uint8_t *cdb)
{
	struct ata_taskfile registers = { .extended = cdb[1] & 1,
		.feature = cdb[4],
		.count = cdb[6],
		.lba = cdb[8] | (uint64_t)cdb[10] << 8 | (uint64_t)cdb[12] << 16,
		.device = cdb[13],
		.command = cdb[14] };
	if (registers.extended) {
		registers.feature = (uint16_t)(registers.feature | cdb[3] << 8);
		registers.count = (uint16_t)(registers.count | cdb[5] << 8);
		registers.lba |=
			(uint64_t)cdb[7] << 24 | (uint64_t)cdb[9] << 32 | (uint64_t)cdb[11] << 40;
	}
	return registers;
}

static struct ata_taskfile from_cdb_12(const uint8_t *cdb)
{
	return (struct ata_taskfile){ .feature = cdb[3],
		.count = cdb[4],
		.lba = cdb[5] | (uint64_t)cdb[6] << 8 | (uint64_t)cdb[7] << 16,
		.device = cdb[8],
		.command = cdb[9] };
}

/* Descriptor-format sense with the ATA Status Return descriptor (SAT-4 12.2.6). */
static void give_registers(struct scsi_call *call, const struct ata_taskfile *registers)
{
	bool failed = registers->status & 1;
	uint8_t *sense = call->reply->sense;
	uint8_t *descriptor = sense + 8;
	call->reply->status = SCSI_CHECK_CONDITION;
	call->reply->sense_bytes = 8 + 14;
	memset(sense, 0, SCSI_SENSE_BYTES);
	sense[0] = 0x72;
	sense[1] = failed ? SENSE_ABORTED_COMMAND : SENSE_RECOVERED_ERROR;
	sense[3] = failed ? 0x00 : 0x1d; /* ATA PASS THROUGH INFORMATION AVAILABLE */
	sense[7] = 14;
	descriptor[0] = 0x09;
	descriptor[1] = 12;
	descriptor[2] = registers->extended;
	descriptor[3] = registers->error;
	descriptor[4] = (uint8_t)(registers->count >> 8);
	descriptor[5] = (uint8_t)registers->count;
	descriptor[6] = (uint8_t)(registers->lba >> 24);
	descriptor[7] = (uint8_t)registers->lba;
	descriptor[8] = (uint8_t)(registers->lba >> 32);
	descriptor[9] = (uint8_t)(registers->lba >> 8);
	descriptor[10] = (uint8_t)(registers->lba >> 40);
	descriptor[11] = (uint8_t)(registers->lba >> 16);
	descriptor[12] = registers->device;
	descriptor[13] = registers->status;
}

void scsi_call_ata_pass_through(struct scsi_call *call)
{
	struct scsi_model *scsi = call->scsi;
	struct ata_call ata = { .registers = call->cdb[0] == 0x85 ? from_cdb_16(call->cdb)
								  : from_cdb_12(call->cdb) };
	bool hidden =
		scsi->model->conduct->telling == TELLING_NONE && ata.registers.command == 0xb4;
	if ((call->cdb[1] >> 1 & 0x0f) == PROTOCOL_PIO_OUT || ata.registers.command == 0x06) {
		size_t sent = call->request->sent_bytes;
		if (sent > 0)
			memcpy(ata.data, call->request->sent, sent < 512 ? sent : 512);
	}
	ata_model_answer(&scsi->ata, scsi->model, &ata, call->now_ms);
	if (ata.hangs)
		call->reply->kind = REPLY_LATER;
	if (ata.delay_ms > 0)
		call->reply->delay_ms = ata.delay_ms;
	if (ata.gives_data)
		scsi_call_give(call, ata.data, sizeof(ata.data), sizeof(ata.data));
	/* An adapter that hides the status swallows the registers with it. */
	if (!hidden && (ata.registers.status & 1 || call->cdb[2] & CK_COND))
		give_registers(call, &ata.registers);
}
