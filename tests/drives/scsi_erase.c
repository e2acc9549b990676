/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCSI erasing: FORMAT UNIT, SANITIZE (SBC-4 5.3, 5.30), and REQUEST SENSE, which tells how far. */
#include "scsi_parts.h"

#include <string.h>

#define IMMED 0x80
#define AUSE 0x20 /* a failed state may be left without another success */

/* What REQUEST SENSE has to tell is told as data, with good status. */
void scsi_call_request_sense(struct scsi_call *call)
{
	uint8_t sense[18];
	struct erase_told told = model_erase_told(call->scsi->model, call->now_ms);
	bool format = told.kind == ERASE_FORMAT;
	scsi_call_fixed_sense(sense, SENSE_NO_SENSE, CODE_NONE, UINT32_MAX);
	if (!told.hidden && told.state == ERASE_RUNNING)
		scsi_call_fixed_sense(sense, SENSE_NOT_READY,
			format ? CODE_FORMAT_IN_PROGRESS : CODE_SANITIZE_IN_PROGRESS,
			call->scsi->model->no_progress ? UINT32_MAX : told.progress);
	else if (!told.hidden && told.state == ERASE_FAILED)
		scsi_call_fixed_sense(sense, SENSE_MEDIUM_ERROR,
			format ? CODE_FORMAT_FAILED : CODE_SANITIZE_FAILED, UINT32_MAX);
	scsi_call_give(call, sense, sizeof(sense), call->cdb[4]);
	model_erase_polled(call->scsi->model);
}

/* Without IMMED the answer is given when the operation has ended. */
static void begin(
	struct scsi_call *call, enum erase_kind kind, const uint8_t *pattern, bool immediate)
{
	struct model *model = call->scsi->model;
	if (!scsi_call_started(call, model_erase(model, kind, pattern, call->now_ms)) || immediate)
		return;
	if (model->warp_ms) /* nobody will ask */
		model_erase_finish(model);
	uint32_t left_ms = model_erase_left_ms(model, call->now_ms);
	call->reply->delay_ms = left_ms;
	if (left_ms == UINT32_MAX)
		call->reply->kind = REPLY_LATER;
	else if (model_erase_told(model, call->now_ms + left_ms).state == ERASE_FAILED)
		(void)scsi_call_outcome(call, OUTCOME_CLOSED, true);
}

/* The parameter list (SBC-4 5.4.2): a header of 4 bytes (8 with LONGLIST), and with IP (byte 1 bit 3)
 * an initialization pattern descriptor: type 01h, length, pattern. False when it is malformed. */
static bool take_format_pattern(
	const struct scsi_call *call, uint8_t pattern[static MODEL_SECTOR_BYTES])
{
	const uint8_t *list = call->request->sent;
	size_t bytes = call->request->sent_bytes, at = call->cdb[1] & 0x20 ? 8 : 4;
	memset(pattern, 0, MODEL_SECTOR_BYTES);
	if (!(call->cdb[1] & 0x10))
		return true;
	if (bytes < at)
		return false;
	if (!(list[1] & 0x08))
		return true;
	if (!(list[1] & 0x80) || bytes < at + 4) /* FOV: the option bits are valid */
		return false;
	size_t length = (size_t)get_be(list + at + 2, 2);
	if (list[at + 1] != 0x01 || length == 0 || length > MODEL_SECTOR_BYTES ||
		bytes < at + 4 + length)
		return list[at + 1] == 0x00;
	for (size_t i = 0; i < MODEL_SECTOR_BYTES; i++)
		pattern[i] = list[at + 4 + i % length];
	return true;
}

/* IMMED stands in the parameter list, if one is sent (FMTDATA). The sector size of the last MODE
 * SELECT holds from now on. */
void scsi_call_format_unit(struct scsi_call *call)
{
	uint8_t pattern[MODEL_SECTOR_BYTES];
	bool has_list = call->cdb[1] & 0x10 && call->request->sent_bytes >= 4;
	bool immediate = has_list && call->request->sent[1] & 0x02;
	if (!take_format_pattern(call, pattern)) {
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_PARAMETER);
		return;
	}
	begin(call, ERASE_FORMAT, pattern, immediate);
	if (call->reply->status == SCSI_GOOD && call->scsi->next_bytes != 0)
		call->scsi->model->told_bytes = call->scsi->next_bytes;
}

/* The pattern of an overwrite: a header of 4 bytes, then as many as it says, repeated. */
static bool take_pattern(struct scsi_call *call, uint8_t pattern[static MODEL_SECTOR_BYTES])
{
	const uint8_t *list = call->request->sent;
	size_t bytes = call->request->sent_bytes;
	if (bytes < 4 || get_be(call->cdb + 7, 2) < 5)
		return false;
	size_t length = (size_t)get_be(list + 2, 2);
	if (length == 0 || length > MODEL_SECTOR_BYTES || 4 + length > bytes ||
		(list[0] & 0x1f) == 0)
		return false;
	for (size_t at = 0; at < MODEL_SECTOR_BYTES; at++)
		pattern[at] = list[4 + at % length];
	return true;
}

void scsi_call_sanitize(struct scsi_call *call)
{
	uint8_t pattern[MODEL_SECTOR_BYTES];
	bool immediate = call->cdb[1] & IMMED;
	if ((call->cdb[1] & 0x1f) != 0x1f && call->scsi->model->state != ERASE_RUNNING)
		call->scsi->exit_allowed = call->cdb[1] & AUSE;
	switch (call->cdb[1] & 0x1f) {
	case 0x01:
		if (take_pattern(call, pattern))
			begin(call, ERASE_OVERWRITE, pattern, immediate);
		else
			scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_PARAMETER);
		return;
	case 0x02:
		begin(call, ERASE_BLOCK, NULL, immediate);
		return;
	case 0x03:
		begin(call, ERASE_CRYPTO, NULL, immediate);
		return;
	case 0x1f:
		if (call->scsi->exit_allowed)
			model_forgive(call->scsi->model);
		else
			scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_FIELD);
		return;
	default:
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_FIELD);
		return;
	}
}
