/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between haiki's NVMe transport and a drive model. */
#include "tests/support/model_nvme.h"

#include "tests/drives/nvme_parts.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct model_nvme_inside {
	struct model model;
	struct nvme_model nvme;
};

static bool strikes(struct model_nvme *drive)
{
	return ++drive->calls == drive->fails_at;
}

static struct nvme_model_request request_of(const struct nvme_command *command)
{
	const uint32_t dwords[] = { command->dword_10, command->dword_11, command->dword_12,
		command->dword_13, command->dword_14, command->dword_15 };
	struct nvme_model_request request = { .admin = true };
	request.command[0] = command->opcode;
	put_le(request.command + 4, command->namespace_id, 4);
	for (size_t i = 0; i < 6; i++)
		put_le(request.command + 40 + 4 * i, dwords[i], 4);
	if (command->transfer == TRANSFER_TO_DRIVE) {
		request.sent = command->data;
		request.sent_bytes = command->data_length;
	} else if (command->transfer == TRANSFER_FROM_DRIVE) {
		request.room = command->data;
		request.room_bytes = command->data_length;
	}
	return request;
}

/* What the kernel makes of bits 1:0 of the opcode must be what the caller means. */
static void check_direction(const struct nvme_command *command)
{
	static const enum transfer directions[] = { TRANSFER_NONE, TRANSFER_TO_DRIVE,
		TRANSFER_FROM_DRIVE };
	assert_in_range(command->opcode & 3, 0, 2);
	if (command->data_length > 0)
		assert_int_equal(command->transfer, directions[command->opcode & 3]);
	assert_true((command->data_length > 0) == (command->data != NULL));
	assert_true(command->timeout_ms > 0);
}

static int send_to_model(struct nvme_transport *transport, const struct nvme_command *command,
	uint16_t *ret_status, uint32_t *ret_result)
{
	struct model_nvme *drive = transport->context;
	struct nvme_model_completion completion;
	check_direction(command);
	assert_true(drive->sent_count < MODEL_NVME_SENT_MAX);
	if (strikes(drive))
		return -EIO;
	drive->sent[drive->sent_count] = *command;
	drive->sent[drive->sent_count++].data = NULL;
	const struct nvme_model_request request = request_of(command);
	nvme_model_answer(&drive->inside->nvme, &request, drive->now_ms, &completion);
	if (completion.when != COMPLETE_NOW || completion.delay_ms > command->timeout_ms) {
		drive->now_ms += command->timeout_ms;
		return -ETIMEDOUT;
	}
	drive->now_ms += completion.delay_ms;
	*ret_status = completion.status & NVME_STATUS_MASK;
	*ret_result = completion.result;
	return 0;
}

static int namespace_of_model(struct nvme_transport *transport)
{
	struct model_nvme *drive = transport->context;
	return strikes(drive) ? -EIO : drive->namespace_id;
}

void model_nvme_start(struct model_nvme *drive, const char *conduct, uint64_t size_bytes)
{
	const struct conduct *found = conduct_find(conduct);
	assert_non_null(found);
	*drive = (struct model_nvme){ .transport = { .send = send_to_model,
					      .namespace_id = namespace_of_model,
					      .fd = -1,
					      .context = drive },
		.now_ms = 1000,
		.namespace_id = 1 };
	drive->inside = calloc(1, sizeof(*drive->inside));
	assert_non_null(drive->inside);
	assert_int_equal(model_open(&drive->inside->model, "unit", NULL, size_bytes, found), 0);
	nvme_model_start(
		&drive->inside->nvme, &drive->inside->model, "nqn.2024-01.test.haiki:unit");
}

void model_nvme_end(struct model_nvme *drive)
{
	model_close(&drive->inside->model);
	free(drive->inside);
}

void model_nvme_obey(struct model_nvme *drive, const char *words)
{
	assert_int_equal(model_obey_words(&drive->inside->model, words), 0);
}

void model_nvme_add_unattached(struct model_nvme *drive, unsigned count)
{
	drive->inside->nvme.unattached += count;
}

uint64_t model_nvme_sectors(const struct model_nvme *drive)
{
	return nvme_call_sectors(&drive->inside->nvme);
}

static uint16_t transfer(struct model_nvme *drive, uint8_t opcode, uint64_t sector,
	const uint8_t *sent, uint8_t *room)
{
	struct nvme_model_completion completion;
	struct nvme_model_request request = { .sent = sent,
		.sent_bytes = sent ? 512 : 0,
		.room = room,
		.room_bytes = room ? 512 : 0 };
	request.command[0] = opcode;
	put_le(request.command + 4, (uint32_t)drive->namespace_id, 4);
	put_le(request.command + 40, sector, 8);
	nvme_model_answer(&drive->inside->nvme, &request, drive->now_ms, &completion);
	assert_int_equal(completion.when, COMPLETE_NOW);
	return completion.status & NVME_STATUS_MASK;
}

uint16_t model_nvme_read(struct model_nvme *drive, uint64_t sector, uint8_t ret[static 512])
{
	return transfer(drive, 0x02, sector, NULL, ret);
}

uint16_t model_nvme_write(struct model_nvme *drive, uint64_t sector, const uint8_t data[static 512])
{
	return transfer(drive, 0x01, sector, data, NULL);
}
