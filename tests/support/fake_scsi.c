/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drive made of a script: the commands it expects, in order, and what it answers to each. */
#include "tests/support/fake_scsi.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void deviate(struct fake_scsi *fake, const char *what, const struct scsi_command *command)
{
	if (fake->deviation[0])
		return;
	const char *expected = fake->next < fake->count ? fake->steps[fake->next].name : "nothing";
	int used = snprintf(fake->deviation, sizeof(fake->deviation),
		"step %zu: expected %s, but %s:", fake->next + 1, expected, what);
	for (size_t i = 0; i < command->cdb_length && i < sizeof(command->cdb); i++)
		used += snprintf(fake->deviation + used, sizeof(fake->deviation) - (size_t)used,
			" %02x", command->cdb[i]);
}

static const char *compare(const struct fake_scsi_step *step, const struct scsi_command *command)
{
	if (command->cdb_length != step->cdb_length ||
		memcmp(command->cdb, step->cdb, step->cdb_length) != 0)
		return "another command came";
	if (command->transfer != step->transfer)
		return "the transfer's direction differs";
	if (command->data_length != step->data_length)
		return "the data length differs";
	if (command->timeout_ms == 0)
		return "there is no timeout";
	if (step->sent && memcmp(command->data, step->sent, step->data_length) != 0)
		return "other data was sent";
	return NULL;
}

static int play(struct scsi_transport *transport, const struct scsi_command *command,
	struct scsi_answer *ret_answer)
{
	struct fake_scsi *fake = transport->context;
	if (fake->next == fake->count) {
		deviate(fake, "one more command came", command);
		return -EPROTO;
	}
	const struct fake_scsi_step *step = &fake->steps[fake->next];
	const char *difference = compare(step, command);
	if (difference) {
		deviate(fake, difference, command);
		return -EPROTO;
	}
	fake->next++;
	if (step->error)
		return step->error;

	struct scsi_answer answer = { .status = step->status, .sense_length = step->sense_length };
	memcpy(answer.sense, step->sense, sizeof(answer.sense));
	answer.transferred = MIN(step->transferred, command->data_length);
	if (command->transfer == TRANSFER_FROM_DRIVE && step->data)
		memcpy(command->data, step->data, answer.transferred);
	*ret_answer = answer;
	return 0;
}

void fake_scsi_start(struct fake_scsi *fake, const struct fake_scsi_step *steps, size_t count)
{
	*fake = (struct fake_scsi){
		.transport = { .send = play, .fd = -1, .context = fake },
		.steps = steps,
		.count = count,
	};
}

void fake_scsi_finish(const struct fake_scsi *fake)
{
	if (fake->deviation[0])
		fail_msg("%s", fake->deviation);
	if (fake->next != fake->count)
		fail_msg("%zu commands never came, the first: %s", fake->count - fake->next,
			fake->steps[fake->next].name);
}

void fake_scsi_good(struct fake_scsi_step *step, const uint8_t *data, uint32_t transferred)
{
	step->status = 0x00;
	step->data = data;
	step->transferred = transferred;
}

void fake_scsi_no_answer(struct fake_scsi_step *step, int error)
{
	step->error = error;
}

void fake_scsi_check_fixed(
	struct fake_scsi_step *step, uint8_t key, uint8_t code, uint8_t qualifier)
{
	step->status = 0x02;
	step->sense_length = 18;
	step->sense[0] = 0x70;
	step->sense[2] = key;
	step->sense[7] = 10;
	step->sense[12] = code;
	step->sense[13] = qualifier;
}

void fake_scsi_check(struct fake_scsi_step *step, uint8_t key, uint8_t code, uint8_t qualifier)
{
	step->status = 0x02;
	step->sense_length = 8;
	step->sense[0] = 0x72;
	step->sense[1] = key;
	step->sense[2] = code;
	step->sense[3] = qualifier;
}

void fake_scsi_registers(struct fake_scsi_step *step, bool extended, uint8_t error, uint16_t count,
	uint64_t lba, uint8_t device, uint8_t status)
{
	fake_scsi_check(step, 0x1, 0x00, 0x1d);
	step->sense_length = 22;
	step->sense[7] = 14;
	uint8_t *descriptor = step->sense + 8;
	descriptor[0] = 0x09;
	descriptor[1] = 12;
	descriptor[2] = extended ? 0x01 : 0x00;
	descriptor[3] = error;
	descriptor[4] = (uint8_t)(count >> 8);
	descriptor[5] = (uint8_t)count;
	descriptor[6] = (uint8_t)(lba >> 24);
	descriptor[7] = (uint8_t)lba;
	descriptor[8] = (uint8_t)(lba >> 32);
	descriptor[9] = (uint8_t)(lba >> 8);
	descriptor[10] = (uint8_t)(lba >> 40);
	descriptor[11] = (uint8_t)(lba >> 16);
	descriptor[12] = device;
	descriptor[13] = status;
}

struct fake_scsi_step fake_read_capacity_16(void)
{
	return (struct fake_scsi_step){
		.name = "READ CAPACITY (16)",
		.cdb = { 0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0 },
		.cdb_length = 16,
		.transfer = TRANSFER_FROM_DRIVE,
		.data_length = 32,
	};
}

struct fake_scsi_step fake_read_capacity_10(void)
{
	return (struct fake_scsi_step){
		.name = "READ CAPACITY (10)",
		.cdb = { 0x25 },
		.cdb_length = 10,
		.transfer = TRANSFER_FROM_DRIVE,
		.data_length = 8,
	};
}

struct fake_scsi_step fake_ata_non_data(
	const char *name, bool extended, uint8_t feature, uint8_t command, uint8_t device)
{
	return (struct fake_scsi_step){
		.name = name,
		.cdb = { 0x85, extended ? 0x07 : 0x06, 0x20, 0,
			feature, [13] = device, [14] = command },
		.cdb_length = 16,
		.transfer = TRANSFER_NONE,
	};
}

struct fake_scsi_step fake_ata_pio_in(
	const char *name, uint8_t feature, uint8_t command, uint8_t device)
{
	return (struct fake_scsi_step){
		.name = name,
		.cdb = { 0x85, 0x08, 0x0e, 0, feature, [6] = 1, [13] = device, [14] = command },
		.cdb_length = 16,
		.transfer = TRANSFER_FROM_DRIVE,
		.data_length = 512,
	};
}
