/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SANITIZE, FORMAT UNIT, WRITE SAME and their status, byte by byte. */
#include "device/command/scsi_erase.h"

#include <errno.h>
#include <string.h>

#define BEGIN_TIMEOUT_MS 60000   /* to accept what goes on by itself, or a short command */
#define CRYPTO_TIMEOUT_MS 600000 /* to change the key; drives need seconds */
#define PIECE_TIMEOUT_MS 120000  /* to write one piece */

/* SANITIZE, byte 1. */
#define IMMED 0x80
#define AUSE 0x20
#define SERVICE_ACTION_EXIT 0x1f

#define PIECE_BLOCKS_MAX 65535 /* 32 MiB and more: longer pieces gain nothing */
#define BLOCK_BYTES_MAX 65536

static void put_16(uint8_t *to, uint16_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void put_32(uint8_t *to, uint32_t value)
{
	put_16(to, (uint16_t)(value >> 16));
	put_16(to + 2, (uint16_t)value);
}

static void put_64(uint8_t *to, uint64_t value)
{
	put_32(to, (uint32_t)(value >> 32));
	put_32(to + 4, (uint32_t)value);
}

/* ---- completions ---- */

static void take_completion(char letter, const struct scsi_answer *answer, struct erase_answer *ret)
{
	size_t sense = MIN((size_t)answer->sense_length, sizeof(answer->sense));
	*ret = (struct erase_answer){ .witness = WITNESS_COMPLETION,
		.raw_bytes = (uint16_t)(2 + sense) };
	ret->raw[0] = (uint8_t)letter;
	ret->raw[1] = answer->status;
	memcpy(ret->raw + 2, answer->sense, sense);
}

static int execute(struct scsi_transport *transport, const struct scsi_command *command,
	char letter, struct erase_answer *ret)
{
	struct scsi_answer answer;
	int error = scsi_execute(transport, command, &answer);
	if (error == 0)
		take_completion(letter, &answer, ret);
	return error;
}

/* ---- SANITIZE ---- */

/* SBC-4 table of the overwrite service action's parameter list: INVERT 0, TEST 0, OVERWRITE COUNT 1;
 * INITIALIZATION PATTERN LENGTH; the pattern. */
static int overwrite(
	struct scsi_transport *transport, const uint8_t *pattern, struct erase_answer *ret)
{
	uint8_t list[4 + SCSI_PATTERN_BYTES] = { 0x01, 0, 0, SCSI_PATTERN_BYTES };
	struct scsi_command command = {
		.cdb = { 0x48, IMMED | AUSE | SCSI_SANITIZE_OVERWRITE, [8] = sizeof(list) },
		.cdb_length = 10,
		.transfer = TRANSFER_TO_DRIVE,
		.data = list,
		.data_length = sizeof(list),
		.timeout_ms = BEGIN_TIMEOUT_MS,
	};
	if (!pattern)
		return -EINVAL;
	memcpy(list + 4, pattern, SCSI_PATTERN_BYTES);
	return execute(transport, &command, 's', ret);
}

static int sanitize_without_list(struct scsi_transport *transport, uint8_t byte_1,
	uint32_t timeout_ms, struct erase_answer *ret)
{
	struct scsi_command command = {
		.cdb = { 0x48, byte_1 }, .cdb_length = 10, .timeout_ms = timeout_ms
	};
	return execute(transport, &command, byte_1 & IMMED ? 's' : 'S', ret);
}

int scsi_sanitize(struct scsi_transport *transport, enum scsi_sanitize action,
	const uint8_t *pattern, struct erase_answer *ret)
{
	switch (action) {
	case SCSI_SANITIZE_OVERWRITE:
		return overwrite(transport, pattern, ret);
	case SCSI_SANITIZE_BLOCK:
		return sanitize_without_list(
			transport, IMMED | AUSE | SCSI_SANITIZE_BLOCK, BEGIN_TIMEOUT_MS, ret);
	case SCSI_SANITIZE_CRYPTO:
		return sanitize_without_list(
			transport, AUSE | SCSI_SANITIZE_CRYPTO, CRYPTO_TIMEOUT_MS, ret);
	}
	return -EINVAL;
}

int scsi_sanitize_exit(struct scsi_transport *transport, struct erase_answer *ret)
{
	return sanitize_without_list(transport, SERVICE_ACTION_EXIT, BEGIN_TIMEOUT_MS, ret);
}

/* ---- FORMAT UNIT ---- */

/* FMTDATA with the short parameter list header: FOV (the options are meant), IP, IMMED, no defect
 * list; then the initialization pattern descriptor: type 01h (repeat), length, the pattern. */
int scsi_format_unit(struct scsi_transport *transport,
	const uint8_t pattern[static SCSI_PATTERN_BYTES], struct erase_answer *ret)
{
	uint8_t list[4 + 4 + SCSI_PATTERN_BYTES] = { 0, 0x80 | 0x08 | 0x02, 0, 0, 0, 0x01, 0,
		SCSI_PATTERN_BYTES };
	struct scsi_command command = {
		.cdb = { 0x04, 0x10 },
		.cdb_length = 6,
		.transfer = TRANSFER_TO_DRIVE,
		.data = list,
		.data_length = sizeof(list),
		.timeout_ms = BEGIN_TIMEOUT_MS,
	};
	memcpy(list + 8, pattern, SCSI_PATTERN_BYTES);
	return execute(transport, &command, 's', ret);
}

/* ---- WRITE SAME ---- */

/* MAXIMUM WRITE SAME LENGTH (SBC-4 6.6.4, bytes 36 to 43 of the Block Limits page); a drive that does
 * not tell takes what a 16-bit count can say. */
static int read_piece_blocks(struct scsi_transport *transport, uint32_t *ret_blocks)
{
	uint8_t page[64] = { 0 };
	uint16_t bytes = 0;
	int error = scsi_vital_page(transport, 0xb0, page, sizeof(page), &bytes);
	if (error != 0 && error != -EREMOTEIO)
		return error;
	uint64_t most = bytes >= 44 ? scsi_field_64(page + 36) : 0;
	*ret_blocks = (uint32_t)(most == 0 ? PIECE_BLOCKS_MAX : MIN(most, PIECE_BLOCKS_MAX));
	return 0;
}

static int write_piece(struct scsi_transport *transport, uint64_t block, uint32_t blocks,
	uint8_t *data, uint32_t block_bytes, struct erase_answer *ret)
{
	struct scsi_command command = {
		.cdb = { 0x93 }, /* UNMAP 0, NDOB 0 */
		.cdb_length = 16,
		.transfer = TRANSFER_TO_DRIVE,
		.data = data,
		.data_length = block_bytes,
		.timeout_ms = PIECE_TIMEOUT_MS,
	};
	put_64(command.cdb + 2, block);
	put_32(command.cdb + 10, blocks);
	return execute(transport, &command, 'S', ret);
}

static bool is_good(const struct erase_answer *answer)
{
	struct erase_state state;
	erase_state_read(answer, &state);
	return state.status == ERASE_STATUS_SUCCEEDED;
}

static int write_all(struct scsi_transport *transport, const struct scsi_capacity *capacity,
	uint32_t piece_blocks, uint8_t *data, struct erase_answer *ret)
{
	for (uint64_t block = 0; block < capacity->blocks; block += piece_blocks) {
		uint32_t blocks = (uint32_t)MIN(capacity->blocks - block, (uint64_t)piece_blocks);
		int error = write_piece(transport, block, blocks, data, capacity->block_bytes, ret);
		if (error || !is_good(ret))
			return error;
	}
	/* What is only in its cache is not written yet. */
	int error = scsi_synchronize_cache(transport);
	return error == -EOPNOTSUPP ? 0 : error;
}

int scsi_write_same(struct scsi_transport *transport, uint64_t capacity_bytes,
	const uint8_t pattern[static SCSI_PATTERN_BYTES], struct erase_answer *ret)
{
	struct scsi_capacity capacity;
	uint32_t piece_blocks;
	uint64_t bytes;
	int error = scsi_read_capacity(transport, &capacity);
	if (error)
		return error;
	if (__builtin_mul_overflow(capacity.blocks, (uint64_t)capacity.block_bytes, &bytes) ||
		bytes != capacity_bytes || capacity.block_bytes > BLOCK_BYTES_MAX)
		return -ESTALE;
	error = read_piece_blocks(transport, &piece_blocks);
	if (error)
		return error;
	AUTO_FREE uint8_t *data = malloc(capacity.block_bytes);
	if (!data)
		return -ENOMEM;
	for (uint32_t i = 0; i < capacity.block_bytes; i++)
		data[i] = pattern[i % SCSI_PATTERN_BYTES];
	return write_all(transport, &capacity, piece_blocks, data, ret);
}

/* ---- what is told ---- */

static void take_sense(
	uint8_t status, const uint8_t *sense, size_t length, struct erase_answer *ret)
{
	size_t bytes = MIN(length, (size_t)ERASE_ANSWER_MAX - 1);
	*ret = (struct erase_answer){ .witness = WITNESS_SCSI_SENSE,
		.raw_bytes = (uint16_t)(1 + bytes) };
	ret->raw[0] = status;
	memcpy(ret->raw + 1, sense, bytes);
}

/* SPC-5 6.39: what is told is told as data, with good status. */
static int request_sense(struct scsi_transport *transport, struct erase_answer *ret)
{
	uint8_t data[252] = { 0 };
	struct scsi_command command = {
		.cdb = { 0x03, [4] = sizeof(data) },
		.cdb_length = 6,
		.transfer = TRANSFER_FROM_DRIVE,
		.data = data,
		.data_length = sizeof(data),
		.timeout_ms = BEGIN_TIMEOUT_MS,
	};
	struct scsi_answer answer;
	int error = scsi_execute(transport, &command, &answer);
	if (error)
		return error;
	if (answer.status == SCSI_STATUS_GOOD)
		take_sense(answer.status, data, answer.transferred, ret);
	else
		take_sense(answer.status, answer.sense, answer.sense_length, ret);
	return 0;
}

int scsi_erase_status(struct scsi_transport *transport, struct erase_answer *ret)
{
	const struct scsi_command test_unit_ready = { .cdb_length = 6,
		.timeout_ms = BEGIN_TIMEOUT_MS };
	struct erase_answer told, ready;
	struct erase_state state;
	struct scsi_answer answer;
	int error = request_sense(transport, &told);
	if (error)
		return error;
	erase_state_read(&told, &state);
	*ret = told;
	if (state.status != ERASE_STATUS_NEVER)
		return 0;
	error = scsi_execute(transport, &test_unit_ready, &answer);
	if (error)
		return error;
	take_sense(answer.status, answer.sense, answer.sense_length, &ready);
	if (answer.status != SCSI_STATUS_GOOD)
		*ret = ready;
	return 0;
}

/* What both kinds of pages have in common: 4 bytes of header, the length of what follows in the last
 * two of them. */
static int read_page(
	struct scsi_transport *transport, struct scsi_command *command, uint16_t *ret_bytes)
{
	struct scsi_answer answer;
	command->cdb_length = command->cdb[0] == 0x12 ? 6 : 10;
	command->transfer = TRANSFER_FROM_DRIVE;
	command->timeout_ms = BEGIN_TIMEOUT_MS;
	int error = scsi_execute(transport, command, &answer);
	if (error)
		return error;
	if (answer.status != SCSI_STATUS_GOOD)
		return -EREMOTEIO;
	if (answer.transferred < 4)
		return -EBADMSG;
	size_t whole = (size_t)4 + ((size_t)command->data[2] << 8 | command->data[3]);
	*ret_bytes = (uint16_t)MIN(whole, (size_t)answer.transferred);
	return 0;
}

int scsi_vital_page(struct scsi_transport *transport, uint8_t page, uint8_t *ret, uint16_t size,
	uint16_t *ret_bytes)
{
	struct scsi_command command = {
		.cdb = { 0x12, 0x01, page }, .data = ret, .data_length = size
	};
	put_16(command.cdb + 3, size);
	int error = read_page(transport, &command, ret_bytes);
	return error == 0 && ret[1] != page ? -EBADMSG : error;
}

int scsi_log_page(struct scsi_transport *transport, uint8_t page, uint8_t *ret, uint16_t size,
	uint16_t *ret_bytes)
{
	/* PC 01b: cumulative values */
	struct scsi_command command = {
		.cdb = { 0x4d, 0, (uint8_t)(0x40 | page) }, .data = ret, .data_length = size
	};
	put_16(command.cdb + 7, size);
	int error = read_page(transport, &command, ret_bytes);
	return error == 0 && (ret[0] & 0x3f) != page ? -EBADMSG : error;
}
