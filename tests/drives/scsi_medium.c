/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCSI commands on the medium: reading, writing, and the ranges a host clears (SBC-4). */
#include "scsi_parts.h"

#include <stdlib.h>
#include <string.h>

/* Where the logical block address and the length stand, by the size of the command. */
static void get_range(const uint8_t *cdb, uint64_t *ret_sector, uint64_t *ret_count)
{
	switch (cdb[0] >> 5) {
	case 0: /* 6 bytes; a length of 0 means 256 */
		*ret_sector = get_be(cdb + 1, 3) & 0x1fffff;
		*ret_count = cdb[4] ? cdb[4] : 256;
		return;
	case 1:
	case 2: /* 10 bytes */
		*ret_sector = get_be(cdb + 2, 4);
		*ret_count = get_be(cdb + 7, 2);
		return;
	default: /* 16 bytes */
		*ret_sector = get_be(cdb + 2, 8);
		*ret_count = get_be(cdb + 10, 4);
		return;
	}
}

/* The range of the command, if the drive shows it. ATA drives hide some. */
static bool take_range(struct scsi_call *call, uint64_t *ret_sector, uint64_t *ret_count)
{
	get_range(call->cdb, ret_sector, ret_count);
	uint64_t sectors = scsi_call_sectors(call->scsi);
	if (call->scsi->model->told_bytes != MODEL_SECTOR_BYTES) { /* only said, not stored */
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_FIELD);
		return false;
	}
	if (*ret_sector > sectors || *ret_count > sectors - *ret_sector)
		return scsi_call_outcome(call, OUTCOME_OUT_OF_RANGE, false);
	call->reply->delay_ms = model_io_delay_ms(call->scsi->model, *ret_count);
	return true;
}

void scsi_call_test_unit_ready(struct scsi_call *call)
{
	enum medium_outcome ready = model_ready(call->scsi->model, call->now_ms);
	/* A locked drive is ready: only its medium is closed. Behind a translation any ATA drive is. */
	bool answers = ready != OUTCOME_HANGS && ready != OUTCOME_GONE;
	if (ready != OUTCOME_LOCKED && !(call->scsi->is_ata && answers))
		(void)scsi_call_outcome(call, ready, false);
}

void scsi_call_read(struct scsi_call *call)
{
	uint64_t sector, count;
	if (!take_range(call, &sector, &count))
		return;
	if (count * MODEL_SECTOR_BYTES > call->request->room_bytes) {
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_FIELD);
		return;
	}
	enum medium_outcome outcome =
		model_read(call->scsi->model, sector, count, call->request->room, call->now_ms);
	if (scsi_call_outcome(call, outcome, false))
		call->reply->data_bytes = count * MODEL_SECTOR_BYTES;
}

void scsi_call_write(struct scsi_call *call)
{
	uint64_t sector, count;
	if (!take_range(call, &sector, &count))
		return;
	if (count * MODEL_SECTOR_BYTES > call->request->sent_bytes) {
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_PARAMETER_LENGTH);
		return;
	}
	enum medium_outcome outcome =
		model_write(call->scsi->model, sector, count, call->request->sent, call->now_ms);
	(void)scsi_call_outcome(call, outcome, true);
}

/* Reads, and gives nothing back; comparing (BYTCHK) is not offered. */
void scsi_call_verify(struct scsi_call *call)
{
	uint64_t sector, count;
	uint8_t data[MODEL_SECTOR_BYTES];
	if (call->cdb[1] & 0x06) {
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_FIELD);
		return;
	}
	if (!take_range(call, &sector, &count))
		return;
	for (uint64_t i = 0; i < count; i++)
		if (!scsi_call_outcome(call,
			    model_read(call->scsi->model, sector + i, 1, data, call->now_ms),
			    false))
			return;
}

/* One sector many times over; with UNMAP (byte 1 bit 3) the range is only unmapped. NDOB (bit 0):
 * no data is sent, zeros are meant. A length of 0 means to the end. */
void scsi_call_write_same(struct scsi_call *call)
{
	static const uint8_t zeros[MODEL_SECTOR_BYTES];
	struct model *model = call->scsi->model;
	uint64_t sector, count;
	bool no_data = call->cdb[0] == 0x93 && call->cdb[1] & 1;
	if (!take_range(call, &sector, &count))
		return;
	if (!no_data && call->request->sent_bytes < MODEL_SECTOR_BYTES) {
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_PARAMETER_LENGTH);
		return;
	}
	if (count == 0)
		count = scsi_call_sectors(call->scsi) - sector;
	if (call->cdb[1] & 0x08) {
		(void)scsi_call_outcome(
			call, model_unmap(model, sector, count, call->now_ms), true);
		return;
	}
	const uint8_t *data = no_data ? zeros : call->request->sent;
	for (uint64_t i = 0; i < count; i++)
		if (!scsi_call_outcome(
			    call, model_write(model, sector + i, 1, data, call->now_ms), true))
			return;
}

void scsi_call_unmap(struct scsi_call *call)
{
	const uint8_t *list = call->request->sent;
	size_t bytes = call->request->sent_bytes;
	if (bytes < 8)
		return; /* a list of nothing is no error */
	size_t end = 8 + (size_t)get_be(list + 2, 2);
	for (size_t at = 8; at + 16 <= bytes && at + 16 <= end; at += 16) {
		uint64_t sector = get_be(list + at, 8), count = get_be(list + at + 8, 4);
		if (!scsi_call_outcome(call,
			    model_unmap(call->scsi->model, sector, count, call->now_ms), true))
			return;
	}
}

void scsi_call_synchronize_cache(struct scsi_call *call)
{
	(void)scsi_call_outcome(call, model_flush(call->scsi->model, call->now_ms), true);
}
