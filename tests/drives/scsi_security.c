/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SECURITY PROTOCOL IN and OUT (SPC-5 6.40, 6.41). */
#include "scsi_parts.h"
#include "tcg.h"

/* The length counts blocks of 512 bytes when INC_512 (byte 4 bit 7) is set. */
void scsi_call_security_protocol_in(struct scsi_call *call)
{
	uint8_t data[TCG_ANSWER_BYTES];
	size_t allocated = (size_t)get_be(call->cdb + 6, 4) * (call->cdb[4] & 0x80 ? 512 : 1);
	if (!tcg_answer(call->cdb[1], (uint16_t)get_be(call->cdb + 2, 2), call->scsi->model->locked,
		    data)) {
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_FIELD);
		return;
	}
	scsi_call_give(call, data, sizeof(data), allocated);
}

/* Taken, and nothing is done: no session ever opens. */
void scsi_call_security_protocol_out(struct scsi_call *call)
{
	if (call->cdb[1] != 0x01)
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_FIELD);
}
