/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which ATA commands the drive knows; IDENTIFY DEVICE (ACS-4 7.12), SMART, TRIM. */
#include "ata_parts.h"
#include "wire.h"

#include <string.h>

void ata_turn_abort(struct ata_turn *turn)
{
	turn->registers->error = ATA_ERROR_ABORT;
	turn->registers->status = ATA_STATUS_ERROR;
}

void ata_turn_seal(uint8_t data[512])
{
	uint8_t sum = 0;
	data[510] = 0xa5;
	for (size_t i = 0; i < 511; i++)
		sum = (uint8_t)(sum + data[i]);
	data[511] = (uint8_t)(0x100 - sum);
}

static void put_word(uint8_t *data, size_t word, uint16_t value)
{
	put_le(data + 2 * word, value, 2);
}

/* The first character of a word stands in its high byte. */
static void put_text(uint8_t *data, size_t word, const void *text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		data[2 * word + (i ^ 1)] = ((const uint8_t *)text)[i];
}

/* Words 82 to 87 and 119, 120: feature sets, first that they are there, then that they are on. */
static void put_features(const struct ata_model *ata, const struct model *model, uint8_t *data)
{
	bool has_wwn = model->wwn != 0, has_security = !(model->lacks & LACKS(ERASE_SECURITY));
	uint16_t set_1 = 1 << 0 | 1 << 3 | 1 << 5;              /* SMART, power, write cache */
	uint16_t set_2 = 1 << 14 | 1 << 10 | 1 << 12 | 1 << 13; /* 48 bit, both flushes */
	uint16_t set_3 = (uint16_t)(1 << 14 | has_wwn << 8);
	uint16_t set_4 = (uint16_t)(1 << 14 | ata->has_amac << 8);
	set_1 |= (uint16_t)(ata->has_hpa << 10 | has_security << 1);
	set_2 |= (uint16_t)(ata->has_dco << 11);
	put_word(data, 82, set_1);
	put_word(data, 83, set_2);
	put_word(data, 84, set_3);
	put_word(data, 85, (uint16_t)((set_1 & ~(1 << 1)) | ata->has_password << 1));
	put_word(data, 86, (uint16_t)(set_2 & ~(1 << 14)));
	put_word(data, 87, set_3);
	put_word(data, 119, set_4);
	put_word(data, 120, set_4);
}

/* Word 59: the sanitize feature set, and which kinds of it. */
static void put_sanitize(const struct model *model, uint8_t *data)
{
	static const struct {
		enum erase_kind kind;
		unsigned bit;
	} kinds[] = { { ERASE_CRYPTO, 13 }, { ERASE_OVERWRITE, 14 }, { ERASE_BLOCK, 15 } };
	uint16_t value = 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!(model->lacks & LACKS(kinds[i].kind)))
			value |= (uint16_t)(1 << 12 | 1u << kinds[i].bit);
	put_word(data, 59, value);
}

static void put_security(const struct ata_model *ata, const struct model *model, uint8_t *data)
{
	if (model->lacks & LACKS(ERASE_SECURITY))
		return;
	put_word(data, 89, 1); /* an erase takes two minutes at most */
	put_word(data, 90, 1);
	put_word(data, 92, 0xfffe);
	put_word(data, 128,
		(uint16_t)(1 | ata->has_password << 1 | model->locked << 2 |
			   ata->security_frozen << 3 | 1 << 5));
}

void ata_model_identify(const struct ata_model *ata, const struct model *model, uint8_t data[512])
{
	static const char model_name[40] = "HAIKI MODEL SATA DRIVE                  ";
	uint64_t sectors = ata->current_sectors;
	memset(data, 0, 512);
	put_word(data, 0, 0x0040);
	put_text(data, 10, model->serial, 20);
	put_text(data, 23, "1.0     ", 8);
	put_text(data, 27, model_name, 40);
	put_word(data, 47, 0x8010);
	put_word(data, 49, 0x0f00); /* LBA, DMA, standby timers */
	put_word(data, 50, 0x4000);
	put_word(data, 53, 0x0006);
	put_le(data + 2 * 60, sectors < 0x0fffffff ? sectors : 0x0fffffff, 4);
	put_word(data, 63, 0x0007);
	put_word(data, 64, 0x0003);
	put_word(data, 76, 0x000e); /* SATA, 1.5 to 6 Gb/s */
	put_word(data, 80, 0x03f0); /* up to ACS-2 */
	put_word(data, 88, 0x407f);
	put_le(data + 2 * 100, sectors, 8);
	put_word(data, 106, 0x4000); /* sectors of 512 bytes */
	for (size_t i = 0; i < 4; i++)
		put_word(data, 108 + i, (uint16_t)(model->wwn >> (48 - 16 * i)));
	put_word(data, 169, 1);                             /* TRIM */
	put_word(data, 217, model->is_magnetic ? 7200 : 1); /* 1: no rotation */
	put_word(data, 222, 0x101f);
	put_features(ata, model, data);
	put_sanitize(model, data);
	put_security(ata, model, data);
	ata_turn_seal(data);
}

static void identify(struct ata_turn *turn)
{
	ata_model_identify(turn->ata, turn->model, turn->call->data);
	turn->call->gives_data = true;
}

/* SMART (B0h, ACS-2 7.52): data without attributes; the status is good. */
static void smart(struct ata_turn *turn)
{
	switch (turn->registers->feature & 0xff) {
	case 0xd0: /* READ DATA */
	case 0xd1: /* READ THRESHOLDS */
	case 0xd5: /* READ LOG */
		memset(turn->call->data, 0, 512);
		turn->call->data[0] = 1;
		turn->call->data[511] = 0xff; /* the sum of all is zero */
		turn->call->gives_data = true;
		return;
	case 0xd2: /* autosave */
	case 0xd8: /* enable */
	case 0xda: /* RETURN STATUS: the address comes back as it was sent */
		return;
	default:
		ata_turn_abort(turn);
		return;
	}
}

/* DATA SET MANAGEMENT (06h) with TRIM: ranges of 48-bit address and 16-bit count. */
static void trim(struct ata_turn *turn)
{
	for (size_t at = 0; at < 512; at += 8) {
		uint64_t sector = get_le(turn->call->data + at, 6);
		uint64_t count = get_le(turn->call->data + at + 6, 2);
		if (count > 0 &&
			model_unmap(turn->model, sector, count, turn->now_ms) != OUTCOME_DONE)
			ata_turn_abort(turn);
	}
}

static void nothing(struct ata_turn *turn)
{
	(void)turn;
}

static void check_power_mode(struct ata_turn *turn)
{
	turn->registers->count = 0xff; /* active or idle */
}

/* answered_always: also while a sanitize operation is in progress or has failed (ACS-4 4.17). */
static const struct {
	uint8_t command;
	bool answered_always;
	void (*answer)(struct ata_turn *turn);
} commands[] = {
	{ 0x06, false, trim },
	{ 0x27, false, ata_turn_read_native_max_address },
	{ 0x37, false, ata_turn_set_max_address },
	{ 0x78, false, ata_turn_accessible_max_address },
	{ 0xb0, true, smart },
	{ 0xb1, false, ata_turn_device_configuration },
	{ 0xb4, true, ata_turn_sanitize },
	{ 0xe0, false, nothing }, /* STANDBY IMMEDIATE */
	{ 0xe1, false, nothing }, /* IDLE IMMEDIATE */
	{ 0xe5, true, check_power_mode },
	{ 0xe7, false, nothing }, /* FLUSH CACHE */
	{ 0xea, false, nothing }, /* FLUSH CACHE EXT */
	{ 0xec, true, identify },
	{ 0xef, false, nothing }, /* SET FEATURES */
	{ 0xf1, false, ata_turn_security_set_password },
	{ 0xf2, false, ata_turn_security_unlock },
	{ 0xf3, false, ata_turn_security_erase_prepare },
	{ 0xf4, false, ata_turn_security_erase },
	{ 0xf5, false, ata_turn_security_freeze },
	{ 0xf6, false, ata_turn_security_disable },
	{ 0xf8, false, ata_turn_read_native_max_address },
	{ 0xf9, false, ata_turn_set_max_address },
};

void ata_model_answer(
	struct ata_model *ata, struct model *model, struct ata_call *call, uint64_t now_ms)
{
	struct ata_turn turn = { .ata = ata,
		.model = model,
		.call = call,
		.registers = &call->registers,
		.now_ms = now_ms,
		.was_prepared = ata->erase_prepared,
		.native_max_was_read = ata->native_max_read };
	if (ata->erase_answered_late)
		ata_keep(ata, model);
	ata->erase_answered_late = false;
	enum medium_outcome ready = model_ready(model, now_ms);
	bool busy = ready == OUTCOME_ERASING || ready == OUTCOME_CLOSED;
	call->registers.status = ATA_STATUS_GOOD;
	call->registers.error = 0;
	ata->erase_prepared = ata->native_max_read = false;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (commands[i].command != call->registers.command)
			continue;
		if (!busy || commands[i].answered_always)
			commands[i].answer(&turn);
		else
			ata_turn_abort(&turn);
		return;
	}
	ata_turn_abort(&turn);
}
