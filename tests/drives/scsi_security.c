/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SECURITY PROTOCOL IN and OUT (SPC-5 6.40, 6.41). */
#include "scsi_parts.h"

/* The length counts blocks of 512 bytes when INC_512 (byte 4 bit 7) is set. */
void scsi_call_security_protocol_in(struct scsi_call *call)
{
	uint8_t data[TCG_FRAME_BYTES];
	size_t allocated = (size_t)get_be(call->cdb + 6, 4) * (call->cdb[4] & 0x80 ? 512 : 1);
	if (!tcg_receive(
		    call->scsi->model, call->cdb[1], (uint16_t)get_be(call->cdb + 2, 2), data)) {
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_FIELD);
		return;
	}
	scsi_call_give(call, data, sizeof(data), allocated);
}

void scsi_call_security_protocol_out(struct scsi_call *call)
{
	if (!tcg_send(call->scsi->model, call->cdb[1], (uint16_t)get_be(call->cdb + 2, 2),
		    call->request->sent, call->request->sent_bytes))
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_FIELD);
}
