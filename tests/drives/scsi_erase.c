/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCSI erasing: FORMAT UNIT, SANITIZE (SBC-4 5.3, 5.30), and REQUEST SENSE, which tells how far. */
#include "scsi_parts.h"

#include <string.h>

#define IMMED 0x80

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
			told.progress);
	else if (!told.hidden && told.state == ERASE_FAILED)
		scsi_call_fixed_sense(sense, SENSE_MEDIUM_ERROR,
			format ? CODE_FORMAT_FAILED : CODE_SANITIZE_FAILED, UINT32_MAX);
	scsi_call_give(call, sense, sizeof(sense), call->cdb[4]);
}

/* Without IMMED the answer is given when the operation has ended. */
static void begin(
	struct scsi_call *call, enum erase_kind kind, const uint8_t *pattern, bool immediate)
{
	struct model *model = call->scsi->model;
	if (!scsi_call_started(call, model_erase(model, kind, pattern, call->now_ms)) || immediate)
		return;
	uint32_t left_ms = model_erase_left_ms(model, call->now_ms);
	call->reply->delay_ms = left_ms;
	if (left_ms == UINT32_MAX)
		call->reply->kind = REPLY_LATER;
	else if (model_erase_told(model, call->now_ms + left_ms).state == ERASE_FAILED)
		(void)scsi_call_outcome(call, OUTCOME_FAILED, true);
}

/* IMMED stands in the parameter list, if one is sent (FMTDATA). */
void scsi_call_format_unit(struct scsi_call *call)
{
	bool has_list = call->cdb[1] & 0x10 && call->request->sent_bytes >= 4;
	bool immediate = has_list && call->request->sent[1] & 0x02;
	begin(call, ERASE_FORMAT, NULL, immediate);
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
		model_forgive(call->scsi->model);
		return;
	default:
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_FIELD);
		return;
	}
}
