/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between haiki's SCSI transport and a drive model. */
#include "tests/support/model_scsi.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static int send_to_model(struct scsi_transport *transport, const struct scsi_command *command,
	struct scsi_answer *ret_answer)
{
	struct model_scsi *drive = transport->context;
	struct scsi_request request = { .room_bytes = 0 };
	struct scsi_reply reply;
	memcpy(request.cdb, command->cdb, command->cdb_length);
	if (command->transfer == TRANSFER_TO_DRIVE) {
		request.sent = command->data;
		request.sent_bytes = command->data_length;
	} else if (command->transfer == TRANSFER_FROM_DRIVE) {
		request.room = command->data;
		request.room_bytes = command->data_length;
	}
	scsi_model_answer(&drive->scsi, &request, drive->now_ms, &reply);
	if (reply.kind != REPLY_NOW || reply.delay_ms > command->timeout_ms) {
		drive->now_ms += command->timeout_ms;
		return -ETIMEDOUT;
	}
	drive->now_ms += reply.delay_ms;
	struct scsi_answer answer = { .status = reply.status, .sense_length = reply.sense_bytes };
	memcpy(answer.sense, reply.sense, reply.sense_bytes);
	answer.transferred = command->transfer == TRANSFER_TO_DRIVE ? command->data_length
								    : (uint32_t)reply.data_bytes;
	*ret_answer = answer;
	return 0;
}

void model_scsi_start(
	struct model_scsi *drive, const char *conduct, uint64_t size_bytes, bool is_ata)
{
	const struct conduct *found = conduct_find(conduct);
	assert_non_null(found);
	*drive = (struct model_scsi){ .transport = { .send = send_to_model, .context = drive },
		.now_ms = 1000 };
	assert_int_equal(model_open(&drive->model, "unit", NULL, size_bytes, found), 0);
	scsi_model_start(&drive->scsi, &drive->model, is_ata);
}

void model_scsi_end(struct model_scsi *drive)
{
	model_close(&drive->model);
}
