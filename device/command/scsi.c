/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCSI: sense data (SPC-5 4.5), and the commands that tell a drive's capacity (SBC-4). */
#include "device/command/scsi.h"

#include <errno.h>
#include <string.h>

#define UNIT_ATTENTIONS_MAX 4
#define CAPACITY_TIMEOUT_MS 30000

static size_t sense_length(const struct scsi_answer *answer)
{
	return MIN((size_t)answer->sense_length, sizeof(answer->sense));
}

struct scsi_sense scsi_sense_read(const struct scsi_answer *answer)
{
	struct scsi_sense sense = { 0 };
	const uint8_t *bytes = answer->sense;
	size_t length = sense_length(answer);
	if (length < 8)
		return sense;

	uint8_t response_code = bytes[0] & 0x7f;
	if (response_code == 0x72) {
		sense.valid = true;
		sense.descriptor = true;
		sense.key = bytes[1] & 0x0f;
		sense.code = bytes[2];
		sense.qualifier = bytes[3];
	} else if (response_code == 0x70) {
		/* ADDITIONAL SENSE LENGTH (byte 7) counts from byte 8; the code is 12 and 13. */
		bool has_code = length >= 14 && bytes[7] >= 6;
		sense.valid = true;
		sense.key = bytes[2] & 0x0f;
		sense.code = has_code ? bytes[12] : 0;
		sense.qualifier = has_code ? bytes[13] : 0;
	}
	return sense;
}

const uint8_t *scsi_sense_descriptor(const struct scsi_answer *answer, uint8_t type, size_t minimum)
{
	if (!scsi_sense_read(answer).descriptor)
		return NULL;
	size_t end = MIN(sense_length(answer), (size_t)8 + answer->sense[7]);
	for (size_t at = 8; at + 2 <= end;) {
		size_t whole = (size_t)2 + answer->sense[at + 1];
		if (at + whole > end)
			return NULL;
		if (answer->sense[at] == type)
			return whole >= minimum ? answer->sense + at : NULL;
		at += whole;
	}
	return NULL;
}

int scsi_execute(struct scsi_transport *transport, const struct scsi_command *command,
	struct scsi_answer *ret_answer)
{
	for (int attempt = 0;; attempt++) {
		struct scsi_answer answer = { 0 };
		int error = transport->send(transport, command, &answer);
		if (error)
			return error;
		bool attention = answer.status == SCSI_STATUS_CHECK_CONDITION &&
				 scsi_sense_read(&answer).key == SENSE_KEY_UNIT_ATTENTION;
		if (!attention || attempt == UNIT_ATTENTIONS_MAX) {
			*ret_answer = answer;
			return 0;
		}
	}
}

bool scsi_is_unknown_command(const struct scsi_answer *answer)
{
	struct scsi_sense sense = scsi_sense_read(answer);
	return answer->status == SCSI_STATUS_CHECK_CONDITION && sense.valid &&
	       sense.key == SENSE_KEY_ILLEGAL_REQUEST && (sense.code == 0x20 || sense.code == 0x24);
}

static int take_capacity(
	uint64_t last_block, uint64_t too_large, uint32_t block_bytes, struct scsi_capacity *ret)
{
	if (last_block >= too_large || block_bytes == 0)
		return -EBADMSG;
	*ret = (struct scsi_capacity){ .blocks = last_block + 1, .block_bytes = block_bytes };
	return 0;
}

static int read_capacity_10(struct scsi_transport *transport, struct scsi_capacity *ret)
{
	uint8_t data[8] = { 0 };
	struct scsi_command command = {
		.cdb = { 0x25 },
		.cdb_length = 10,
		.transfer = TRANSFER_FROM_DRIVE,
		.data = data,
		.data_length = sizeof(data),
		.timeout_ms = CAPACITY_TIMEOUT_MS,
	};
	struct scsi_answer answer;
	int error = scsi_execute(transport, &command, &answer);
	if (error)
		return error;
	if (answer.status != SCSI_STATUS_GOOD)
		return -EREMOTEIO;
	if (answer.transferred < sizeof(data))
		return -EBADMSG;
	/* FFFFFFFFh: more than this command can tell. */
	return take_capacity(scsi_field_32(data), UINT32_MAX, scsi_field_32(data + 4), ret);
}

int scsi_read_capacity(struct scsi_transport *transport, struct scsi_capacity *ret)
{
	uint8_t data[32] = { 0 };
	struct scsi_command command = {
		/* SERVICE ACTION IN (16), READ CAPACITY (16), ALLOCATION LENGTH 32 */
		.cdb = { 0x9e, 0x10, [13] = sizeof(data) },
		.cdb_length = 16,
		.transfer = TRANSFER_FROM_DRIVE,
		.data = data,
		.data_length = sizeof(data),
		.timeout_ms = CAPACITY_TIMEOUT_MS,
	};
	struct scsi_answer answer;
	int error = scsi_execute(transport, &command, &answer);
	if (error)
		return error;
	if (scsi_is_unknown_command(&answer))
		return read_capacity_10(transport, ret);
	if (answer.status != SCSI_STATUS_GOOD)
		return -EREMOTEIO;
	if (answer.transferred < 12) /* both fields; byte 14 is used where it came */
		return -EBADMSG;
	error = take_capacity(scsi_field_64(data), UINT64_MAX, scsi_field_32(data + 8), ret);
	if (error == 0)
		ret->provisioned = answer.transferred > 14 && (data[14] & 0x80);
	return error;
}
