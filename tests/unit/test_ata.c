/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ATA commands by which a drive erases itself or shows all of its medium: each byte of the CDB
 * (SAT-4 12.2.2), of the data, and of the registers that come back, spelled out. */
#include "device/command/ata_abilities.h"
#include "device/command/ata_sanitize.h"
#include "device/command/ata_security.h"
#include "tests/drives/wire.h"
#include "tests/support/fake_scsi.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const uint8_t password[ATA_PASSWORD_FIELD_BYTES] = "0123456789abcdef0123456789ABCDE";

/* One command, and the block that goes with it: word 0, then the password. */
struct sent_command {
	const char *name;
	int (*send)(struct scsi_transport *transport, struct erase_answer *ret);
	uint8_t cdb[16];
	int word_0; /* -1: no data */
	char letter;
};

static int crypto(struct scsi_transport *transport, struct erase_answer *ret)
{
	return ata_sanitize_start(transport, ATA_SANITIZE_CRYPTO, 0x11223344, ret);
}
static int block(struct scsi_transport *transport, struct erase_answer *ret)
{
	return ata_sanitize_start(transport, ATA_SANITIZE_BLOCK, 0x11223344, ret);
}
static int overwrite(struct scsi_transport *transport, struct erase_answer *ret)
{
	return ata_sanitize_start(transport, ATA_SANITIZE_OVERWRITE, 0x11223344, ret);
}
static int set_password(struct scsi_transport *transport, struct erase_answer *ret)
{
	return ata_security_set_password(transport, password, ret);
}
static int unlock(struct scsi_transport *transport, struct erase_answer *ret)
{
	return ata_security_unlock(transport, password, ret);
}
static int disable(struct scsi_transport *transport, struct erase_answer *ret)
{
	return ata_security_disable(transport, password, ret);
}

/* CDB bytes: 85h; protocol (3 non-data, 5 PIO out) << 1 with EXTEND; CK_COND 20h with BYT_BLOK 04h and
 * T_LENGTH 2 where a block is sent; FEATURES 15:8, 7:0; COUNT 15:8, 7:0; LBA 31:24, 7:0, 39:32, 15:8,
 * 47:40, 23:16; DEVICE; COMMAND; CONTROL. */
static const struct sent_command commands[] = {
	{ "CRYPTO SCRAMBLE EXT: FAILURE MODE, \"Cryp\"", crypto,
		{ 0x85, 0x07, 0x20, 0x00, 0x11, 0x00, 0x10, 0x43, 0x70, 0x00, 0x79, 0x00, 0x72,
			0x40, 0xb4, 0x00 },
		-1, 'a' },
	{ "BLOCK ERASE EXT: FAILURE MODE, \"BkEr\"", block,
		{ 0x85, 0x07, 0x20, 0x00, 0x12, 0x00, 0x10, 0x42, 0x72, 0x00, 0x45, 0x00, 0x6b,
			0x40, 0xb4, 0x00 },
		-1, 'a' },
	{ "OVERWRITE EXT: FAILURE MODE, one pass, \"OW\", pattern", overwrite,
		{ 0x85, 0x07, 0x20, 0x00, 0x14, 0x00, 0x11, 0x11, 0x44, 0x57, 0x33, 0x4f, 0x22,
			0x40, 0xb4, 0x00 },
		-1, 'a' },
	{ "SECURITY SET PASSWORD: user's, level high", set_password,
		{ 0x85, 0x0a, 0x26, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xf1, 0 }, 0x0000, 'A' },
	{ "SECURITY UNLOCK: user's", unlock,
		{ 0x85, 0x0a, 0x26, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xf2, 0 }, 0x0000, 'A' },
	{ "SECURITY DISABLE PASSWORD: user's", disable,
		{ 0x85, 0x0a, 0x26, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xf6, 0 }, 0x0000, 'A' },
};

static void make_step(const struct sent_command *command, uint8_t block_sent[static 512],
	struct fake_scsi_step *ret)
{
	*ret = (struct fake_scsi_step){ .name = command->name, .cdb_length = 16 };
	memcpy(ret->cdb, command->cdb, 16);
	if (command->word_0 < 0)
		return;
	memset(block_sent, 0, 512);
	put_le(block_sent, (uint64_t)command->word_0, 2);
	memcpy(block_sent + 2, password, sizeof(password));
	ret->transfer = TRANSFER_TO_DRIVE;
	ret->data_length = 512;
	ret->sent = block_sent;
	ret->transferred = 512;
}

static enum erase_status status_of(const struct erase_answer *answer)
{
	struct erase_state state;
	erase_state_read(answer, &state);
	return state.status;
}

static void each_command_is_sent_to_the_byte(void **state)
{
	(void)state;
	/* ERROR, STATUS, DEVICE, extended, COUNT, LBA: of a 28-bit command without the high halves. */
	static const uint8_t long_form[] = { 0x00, 0x50, 0x41, 1, 0x40, 0x02, 9, 8, 7, 5, 4, 3 };
	static const uint8_t short_form[] = { 0x00, 0x50, 0x41, 0, 0x00, 0x02, 0, 0, 0, 5, 4, 3 };
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		uint8_t sent[512];
		struct fake_scsi fake;
		struct fake_scsi_step step;
		struct erase_answer answer = { 0 };
		bool goes_on = commands[i].letter == 'a';
		make_step(&commands[i], sent, &step);
		fake_scsi_registers(
			&step, goes_on, 0x00, 0x4002, UINT64_C(0x090807050403), 0x41, 0x50);
		fake_scsi_start(&fake, &step, 1);
		assert_int_equal(commands[i].send(&fake.transport, &answer), 0);
		fake_scsi_finish(&fake);
		assert_int_equal(answer.witness, WITNESS_COMPLETION);
		assert_int_equal(answer.raw_bytes, 13);
		assert_int_equal(answer.raw[0], commands[i].letter);
		assert_memory_equal(answer.raw + 1, goes_on ? long_form : short_form, 12);
		assert_int_equal(status_of(&answer),
			goes_on ? ERASE_STATUS_RUNNING : ERASE_STATUS_SUCCEEDED);
		assert_true(ata_completion_is_good(&answer));
	}
}

enum way {
	WAY_ABORTED,             /* registers with ERROR, in a descriptor */
	WAY_ABORTED_FIXED,       /* the same in fixed format */
	WAY_ABORTED_FIXED_WRONG, /* fixed format, the registers elsewhere: the sense data stands */
	WAY_REFUSED_BY_BRIDGE,   /* the translation knows no such command */
	WAY_FAULT,               /* DEVICE FAULT */
	WAY_BUSY,                /* BUSY: the other bits say nothing */
	WAY_GOOD_ONLY,           /* good status, the registers swallowed: an adapter that hides */
	WAY_RECOVERED_ONLY,      /* recovered, and no registers */
	WAY_NO_SENSE,            /* check condition, and no sense data */
	WAY_BUSY_STATUS,         /* SAM BUSY: it may never have reached the drive */
	WAY_GONE,
	WAY_TIMED_OUT,
	WAYS,
};

static void answer_in(enum way way, struct fake_scsi_step *step)
{
	switch (way) {
	case WAY_ABORTED:
		fake_scsi_registers(step, true, 0x04, 0, 0x03, 0x40, 0x51);
		step->sense[1] = 0x0b;
		step->sense[3] = 0;
		return;
	case WAY_ABORTED_FIXED:
		fake_scsi_check_fixed(step, 0x0b, 0, 0);
		step->sense[3] = 0x04;
		step->sense[4] = 0x51;
		step->sense[8] = 0x80;
		step->sense[9] = 0x03;
		return;
	case WAY_ABORTED_FIXED_WRONG:
		fake_scsi_check_fixed(step, 0x0b, 0, 0);
		step->sense[8] = 0x04;
		step->sense[9] = 0x51;
		return;
	case WAY_REFUSED_BY_BRIDGE:
		fake_scsi_check_fixed(step, 0x05, 0x20, 0x00);
		return;
	case WAY_FAULT:
		fake_scsi_registers(step, true, 0, 0, 0, 0x40, 0x70);
		return;
	case WAY_BUSY:
		fake_scsi_registers(step, true, 0, 0, 0, 0x40, 0xd0);
		return;
	case WAY_GOOD_ONLY:
		return;
	case WAY_RECOVERED_ONLY:
		fake_scsi_check(step, 0x01, 0x00, 0x1d);
		return;
	case WAY_NO_SENSE:
		step->status = 0x02;
		return;
	case WAY_BUSY_STATUS:
		step->status = 0x08;
		return;
	case WAY_GONE:
		fake_scsi_no_answer(step, -ENODEV);
		return;
	case WAY_TIMED_OUT:
		fake_scsi_no_answer(step, -ETIMEDOUT);
		return;
	case WAYS:
		return;
	}
}

static const struct {
	int error;
	char letter; /* of the completion, of what it is over with */
	enum erase_status status;
} ways[WAYS] = {
	[WAY_ABORTED] = { 0, 'A', ERASE_STATUS_FAILED },
	[WAY_ABORTED_FIXED] = { 0, 'A', ERASE_STATUS_FAILED },
	[WAY_ABORTED_FIXED_WRONG] = { 0, 'S', ERASE_STATUS_FAILED },
	[WAY_REFUSED_BY_BRIDGE] = { 0, 'S', ERASE_STATUS_FAILED },
	[WAY_FAULT] = { 0, 'A', ERASE_STATUS_FAILED },
	[WAY_BUSY] = { 0, 'A', ERASE_STATUS_UNKNOWN },
	[WAY_GOOD_ONLY] = { -EBADMSG, 0, ERASE_STATUS_UNKNOWN },
	[WAY_RECOVERED_ONLY] = { -EBADMSG, 0, ERASE_STATUS_UNKNOWN },
	[WAY_NO_SENSE] = { -EBADMSG, 0, ERASE_STATUS_UNKNOWN },
	[WAY_BUSY_STATUS] = { -EBADMSG, 0, ERASE_STATUS_UNKNOWN },
	[WAY_GONE] = { -ENODEV, 0, ERASE_STATUS_UNKNOWN },
	[WAY_TIMED_OUT] = { -ETIMEDOUT, 0, ERASE_STATUS_UNKNOWN },
};

static void no_answer_but_success_is_success(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		for (enum way way = 0; way < WAYS; way++) {
			uint8_t sent[512];
			struct fake_scsi fake;
			struct fake_scsi_step step;
			struct erase_answer answer = { .raw_bytes = 77 };
			bool goes_on = commands[i].letter == 'a';
			make_step(&commands[i], sent, &step);
			answer_in(way, &step);
			fake_scsi_start(&fake, &step, 1);
			assert_int_equal(
				commands[i].send(&fake.transport, &answer), ways[way].error);
			fake_scsi_finish(&fake);
			if (ways[way].error) {
				assert_int_equal(answer.raw_bytes, 77);
				continue;
			}
			assert_int_equal(answer.raw[0],
				goes_on ? ways[way].letter + ('a' - 'A') : ways[way].letter);
			assert_int_equal(status_of(&answer), ways[way].status);
			assert_false(ata_completion_is_good(&answer));
		}
	}
}

/* The drive did not carry out what it answers with UNIT ATTENTION: it is sent again. */
static void unit_attention_is_no_answer(void **state)
{
	(void)state;
	uint8_t sent[512];
	struct fake_scsi fake;
	struct fake_scsi_step steps[2];
	struct erase_answer answer;
	make_step(&commands[0], sent, &steps[0]);
	steps[1] = steps[0];
	fake_scsi_check_fixed(&steps[0], 0x06, 0x29, 0x00);
	fake_scsi_registers(&steps[1], true, 0, 0x4000, 0, 0x40, 0x50);
	fake_scsi_start(&fake, steps, 2);
	assert_int_equal(crypto(&fake.transport, &answer), 0);
	fake_scsi_finish(&fake);
	assert_true(ata_completion_is_good(&answer));
}

/* ---- SANITIZE STATUS EXT ---- */

static struct fake_scsi_step status_step(bool clear)
{
	struct fake_scsi_step step =
		fake_ata_non_data("SANITIZE STATUS EXT", true, 0x00, 0xb4, 0x40);
	step.cdb[6] = clear ? 1 : 0; /* CLEAR SANITIZE OPERATION FAILED */
	return step;
}

static void sanitize_status_means_what_the_registers_say(void **state)
{
	(void)state;
	static const struct {
		uint8_t error, status;
		uint16_t count;
		uint64_t lba;
		enum erase_status means;
		int32_t progress;
		bool frozen;
	} cases[] = {
		{ 0x00, 0x50, 0x0000, 0xffff, ERASE_STATUS_NEVER, -1, false },
		{ 0x00, 0x50, 0x8000, 0xffff, ERASE_STATUS_SUCCEEDED, -1, false },
		{ 0x00, 0x50, 0x4000, 0x6666, ERASE_STATUS_RUNNING, 0x6666, false },
		{ 0x00, 0x50, 0x4000, 0xffff, ERASE_STATUS_RUNNING, 0xffff, false },
		{ 0x00, 0x50, 0xc000, 0x6666, ERASE_STATUS_UNKNOWN, -1, false },
		{ 0x00, 0x50, 0x2000, 0xffff, ERASE_STATUS_NEVER, -1, true },
		{ 0x00, 0x50, 0xa000, 0xffff, ERASE_STATUS_SUCCEEDED, -1, true },
		{ 0x04, 0x51, 0x0000, 0x0001, ERASE_STATUS_FAILED, -1, false },
		{ 0x04, 0x51, 0x8000, 0x0001, ERASE_STATUS_FAILED, -1, false },
		{ 0x04, 0x51, 0x0000, 0x0002, ERASE_STATUS_UNKNOWN, -1, false },
		{ 0x00, 0xd0, 0x8000, 0xffff, ERASE_STATUS_UNKNOWN, -1, false },
		{ 0x00, 0x00, 0x8000, 0xffff, ERASE_STATUS_UNKNOWN, -1, false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_scsi fake;
		struct fake_scsi_step step = status_step(false);
		struct erase_answer answer;
		struct erase_state means;
		fake_scsi_registers(&step, true, cases[i].error, cases[i].count, cases[i].lba, 0x40,
			cases[i].status);
		fake_scsi_start(&fake, &step, 1);
		assert_int_equal(ata_sanitize_status(&fake.transport, false, &answer), 0);
		fake_scsi_finish(&fake);
		assert_int_equal(answer.witness, WITNESS_ATA_SANITIZE_STATUS);
		assert_int_equal(answer.raw_bytes, 12);
		erase_state_read(&answer, &means);
		assert_int_equal(means.status, cases[i].means);
		assert_int_equal(means.progress, cases[i].progress);
		assert_false(means.kept || means.untouched);
		assert_int_equal(ata_sanitize_is_frozen(&answer), cases[i].frozen);
	}
}

static void sanitize_status_that_is_hidden_is_no_answer(void **state)
{
	(void)state;
	for (enum way way = 0; way < WAYS; way++) {
		struct fake_scsi fake;
		struct fake_scsi_step step = status_step(false);
		struct erase_answer answer = { .raw_bytes = 77 };
		answer_in(way, &step);
		fake_scsi_start(&fake, &step, 1);
		int error = ata_sanitize_status(&fake.transport, false, &answer);
		fake_scsi_finish(&fake);
		if (ways[way].letter == 'A')
			assert_int_equal(error, 0);
		else
			assert_true(error < 0 && answer.raw_bytes == 77);
		if (error == 0)
			assert_true(status_of(&answer) != ERASE_STATUS_SUCCEEDED &&
				    status_of(&answer) != ERASE_STATUS_RUNNING);
	}
}

static void a_failure_is_cleared_by_its_bit(void **state)
{
	(void)state;
	struct fake_scsi fake;
	struct fake_scsi_step step = status_step(true);
	struct erase_answer answer;
	fake_scsi_registers(&step, true, 0, 0, 0xffff, 0x40, 0x50);
	fake_scsi_start(&fake, &step, 1);
	assert_int_equal(ata_sanitize_status(&fake.transport, true, &answer), 0);
	fake_scsi_finish(&fake);
	assert_int_equal(status_of(&answer), ERASE_STATUS_NEVER);
}

/* ---- SECURITY ERASE UNIT ---- */

static void make_erase_steps(bool enhanced, uint8_t sent[static 512], struct fake_scsi_step ret[2])
{
	const struct sent_command unit = { "SECURITY ERASE UNIT", NULL,
		{ 0x85, 0x0a, 0x26, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xf4, 0 },
		enhanced ? 0x0002 : 0x0000, 'A' };
	ret[0] = fake_ata_non_data("SECURITY ERASE PREPARE", false, 0, 0xf3, 0);
	fake_scsi_registers(&ret[0], false, 0, 0, 0, 0, 0x50);
	make_step(&unit, sent, &ret[1]);
	fake_scsi_registers(&ret[1], false, 0, 0, 0, 0, 0x50);
}

static void security_erase_is_prepared_by_the_command_before(void **state)
{
	(void)state;
	for (int enhanced = 0; enhanced < 2; enhanced++) {
		uint8_t sent[512];
		struct fake_scsi fake;
		struct fake_scsi_step steps[2];
		struct erase_answer answer;
		make_erase_steps(enhanced, sent, steps);
		fake_scsi_start(&fake, steps, 2);
		assert_int_equal(
			ata_security_erase(&fake.transport, password, enhanced, 1000, &answer), 0);
		fake_scsi_finish(&fake);
		assert_int_equal(answer.raw[0], 'A');
		assert_int_equal(status_of(&answer), ERASE_STATUS_SUCCEEDED);
	}
}

static void security_erase_does_not_come_unprepared(void **state)
{
	(void)state;
	for (enum way way = 0; way < WAYS; way++) {
		uint8_t sent[512];
		struct fake_scsi fake;
		struct fake_scsi_step steps[2];
		struct erase_answer answer = { 0 };
		make_erase_steps(true, sent, steps);
		steps[0] = fake_ata_non_data("SECURITY ERASE PREPARE", false, 0, 0xf3, 0);
		answer_in(way, &steps[0]);
		fake_scsi_start(&fake, steps, 1);
		assert_int_equal(ata_security_erase(&fake.transport, password, true, 1000, &answer),
			ways[way].error);
		fake_scsi_finish(&fake);
		assert_false(ata_completion_is_good(&answer));
	}
}

static void security_erase_is_waited_for_as_long_as_it_may_take(void **state)
{
	(void)state;
	assert_true(ata_security_timeout_ms(120) > 2 * 120 * 1000);
	assert_true(ata_security_timeout_ms(508 * 60) > 2 * 508 * 60 * 1000);
	assert_true(ata_security_timeout_ms(-1) >= 7 * 86400 * UINT32_C(1000));
	assert_true(ata_security_timeout_ms(INT64_C(1) << 40) <= INT32_MAX);
}

/* ---- what the drive says of itself ---- */

static void put_word(uint8_t *data, size_t index, uint16_t value)
{
	put_le(data + 2 * index, value, 2);
}

static void seal(uint8_t *data)
{
	uint8_t sum = 0;
	data[510] = 0xa5;
	for (size_t i = 0; i < 511; i++)
		sum = (uint8_t)(sum + data[i]);
	data[511] = (uint8_t)(0 - sum);
}

static void make_identify(uint8_t *data)
{
	memset(data, 0, 512);
	put_word(data, 0, 0x0040);
	put_word(data, 60, 1000);
	put_word(data, 83, 0x4000 | 1 << 10);
	put_word(data, 87, 0x4000);
	put_word(data, 100, 1000);
}

static struct ata_abilities ask(
	uint8_t identify[static 512], struct fake_scsi_step *others, size_t count)
{
	struct fake_scsi fake;
	struct fake_scsi_step steps[8];
	struct ata_abilities abilities;
	memset(&abilities, 0x5a, sizeof(abilities));
	seal(identify);
	steps[0] = fake_ata_pio_in("IDENTIFY DEVICE", 0, 0xec, 0);
	fake_scsi_good(&steps[0], identify, 512);
	if (count > 0)
		memcpy(steps + 1, others, count * sizeof(*others));
	fake_scsi_start(&fake, steps, 1 + count);
	ata_abilities_read(&fake.transport, &abilities);
	fake_scsi_finish(&fake);
	return abilities;
}

static void abilities_are_the_words_of_identify(void **state)
{
	(void)state;
	uint8_t data[512];
	struct fake_scsi_step status = status_step(false);
	fake_scsi_registers(&status, true, 0, 0x8000, 0xffff, 0x40, 0x50);

	make_identify(data);
	struct ata_abilities bare = ask(data, NULL, 0);
	assert_true(bare.known && bare.hidden_known && bare.sectors == 1000);
	assert_int_equal(bare.sector_bytes, 512);
	assert_false(bare.sanitize || bare.security || bare.trims);
	assert_true(bare.erase_seconds == -1 && bare.enhanced_seconds == -1);
	assert_int_equal(bare.sanitize_status.raw_bytes, 0);

	put_word(data, 59, 1 << 12 | 1 << 13);
	put_word(data, 169, 1);
	struct ata_abilities crypto_only = ask(data, &status, 1);
	assert_true(crypto_only.sanitize && crypto_only.sanitize_crypto && crypto_only.trims);
	assert_false(crypto_only.sanitize_block || crypto_only.sanitize_overwrite ||
		     crypto_only.sanitize_antifreeze);
	assert_int_equal(status_of(&crypto_only.sanitize_status), ERASE_STATUS_SUCCEEDED);

	put_word(data, 59, 1 << 12 | 1 << 14 | 1 << 10);
	assert_true(ask(data, &status, 1).sanitize_overwrite);
	assert_true(ask(data, &status, 1).sanitize_antifreeze);
	put_word(data, 59, 1 << 12 | 1 << 15);
	assert_true(ask(data, &status, 1).sanitize_block);
	/* The kinds without the feature set are nothing. */
	put_word(data, 59, (uint16_t)(0xffff & ~(1 << 12)));
	struct ata_abilities none = ask(data, NULL, 0);
	assert_false(none.sanitize_crypto || none.sanitize_block || none.sanitize_overwrite);

	/* A status that is swallowed is not told; the rest is. */
	put_word(data, 59, 1 << 12 | 1 << 15);
	struct fake_scsi_step hidden = status_step(false);
	struct ata_abilities silent = ask(data, &hidden, 1);
	assert_true(silent.known && silent.sanitize_block);
	assert_int_equal(silent.sanitize_status.raw_bytes, 0);
}

static void security_is_the_words_of_identify(void **state)
{
	(void)state;
	static const struct {
		uint16_t word_82, word_128, word_89, word_90;
		bool security, enabled, locked, frozen, expired, enhanced;
		int64_t seconds, enhanced_seconds;
	} cases[] = {
		{ 0x0000, 0x0021, 1, 1, false, false, false, false, false, false, -1, -1 },
		{ 0x0002, 0x0020, 1, 1, false, false, false, false, false, false, -1, -1 },
		{ 0x0002, 0x0001, 1, 1, true, false, false, false, false, false, 120, -1 },
		{ 0x0002, 0x0021, 254, 255, true, false, false, false, false, true, 30480, 30600 },
		{ 0x0002, 0x0027, 0, 0, true, true, true, false, false, true, -1, -1 },
		{ 0x0002, 0x0029, 0x8000, 0x8001, true, false, false, true, false, true, -1, 120 },
		{ 0x0002, 0x0017, 0x81ff, 9, true, true, true, false, true, false, 511 * 120, -1 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t data[512];
		make_identify(data);
		put_word(data, 82, cases[i].word_82);
		put_word(data, 89, cases[i].word_89);
		put_word(data, 90, cases[i].word_90);
		put_word(data, 128, cases[i].word_128);
		struct ata_abilities ata = ask(data, NULL, 0);
		assert_int_equal(ata.security, cases[i].security);
		assert_int_equal(ata.security_enabled, cases[i].enabled);
		assert_int_equal(ata.locked, cases[i].locked);
		assert_int_equal(ata.frozen, cases[i].frozen);
		assert_int_equal(ata.count_expired, cases[i].expired);
		assert_int_equal(ata.enhanced_erase, cases[i].enhanced);
		assert_true(ata.erase_seconds == cases[i].seconds);
		assert_true(ata.enhanced_seconds == cases[i].enhanced_seconds);
	}
}

static void hidden_areas_are_asked_for_each(void **state)
{
	(void)state;
	uint8_t data[512], overlay[512] = { 2 };
	struct fake_scsi_step steps[3] = {
		fake_ata_non_data("READ NATIVE MAX ADDRESS EXT", true, 0, 0x27, 0x40),
		fake_ata_non_data("GET NATIVE MAX ADDRESS EXT", true, 0, 0x78, 0x40),
		fake_ata_pio_in("DEVICE CONFIGURATION IDENTIFY", 0xc2, 0xb1, 0x40),
	};
	make_identify(data);
	put_word(data, 82, 1 << 10);
	put_word(data, 83, 0x4000 | 1 << 10 | 1 << 11);
	put_word(data, 119, 0x4000 | 1 << 8);
	fake_scsi_registers(&steps[0], true, 0, 0, 1999, 0x40, 0x50);
	fake_scsi_registers(&steps[1], true, 0, 0, 999, 0x40, 0x50);
	put_le(overlay + 6, 3999, 8);
	seal(overlay);
	fake_scsi_good(&steps[2], overlay, 512);
	struct ata_abilities ata = ask(data, steps, 3);
	assert_true(ata.hidden_known && ata.sectors == 1000 && ata.hpa_sectors == 2000 &&
		    ata.amac_sectors == 1000 && ata.dco_sectors == 4000);

	for (size_t i = 0; i < 3; i++) {
		struct fake_scsi_step kept = steps[i];
		steps[i].status = 0x02;
		steps[i].sense_length = 0;
		assert_false(ask(data, steps, 3).hidden_known);
		steps[i] = kept;
	}
	/* Less than the drive addresses already contradicts. */
	fake_scsi_registers(&steps[0], true, 0, 0, 998, 0x40, 0x50);
	assert_false(ask(data, steps, 3).hidden_known);
}

static void without_identify_nothing_is_known(void **state)
{
	(void)state;
	for (enum way way = 0; way < WAYS; way++) {
		struct fake_scsi fake;
		struct fake_scsi_step step = fake_ata_pio_in("IDENTIFY DEVICE", 0, 0xec, 0);
		struct ata_abilities ata;
		answer_in(way, &step);
		fake_scsi_start(&fake, &step, 1);
		ata_abilities_read(&fake.transport, &ata);
		fake_scsi_finish(&fake);
		assert_false(ata.known || ata.sanitize || ata.security || ata.hidden_known);
		assert_true(ata.erase_seconds == -1);
	}
}

/* ---- capacity, and SMART ---- */

static int set_max_ext(struct scsi_transport *transport)
{
	return ata_set_max(transport, true, true, UINT64_C(0x060504030201) + 1);
}
static int set_max_ext_volatile(struct scsi_transport *transport)
{
	return ata_set_max(transport, true, false, UINT64_C(0x060504030201) + 1);
}
static int set_max(struct scsi_transport *transport)
{
	return ata_set_max(transport, false, true, 0x0d030201 + 1);
}
static int set_accessible(struct scsi_transport *transport)
{
	return ata_set_accessible_max(transport, UINT64_C(0x060504030201) + 1);
}

static const struct {
	const char *name;
	int (*send)(struct scsi_transport *transport);
	uint8_t cdb[16];
} capacity_commands[] = {
	{ "SET MAX ADDRESS EXT, V_V", set_max_ext,
		{ 0x85, 0x07, 0x20, 0, 0, 0, 1, 4, 1, 5, 2, 6, 3, 0x40, 0x37, 0 } },
	{ "SET MAX ADDRESS EXT, until the power is off", set_max_ext_volatile,
		{ 0x85, 0x07, 0x20, 0, 0, 0, 0, 4, 1, 5, 2, 6, 3, 0x40, 0x37, 0 } },
	{ "SET MAX ADDRESS, V_V", set_max,
		{ 0x85, 0x06, 0x20, 0, 0, 0, 1, 0, 1, 0, 2, 0, 3, 0x4d, 0xf9, 0 } },
	{ "SET ACCESSIBLE MAX ADDRESS EXT", set_accessible,
		{ 0x85, 0x07, 0x20, 0, 1, 0, 0, 4, 1, 5, 2, 6, 3, 0x40, 0x78, 0 } },
	{ "DEVICE CONFIGURATION RESTORE", ata_restore_configuration,
		{ 0x85, 0x06, 0x20, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0xb1, 0 } },
};

static void capacity_is_set_to_the_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(capacity_commands); i++) {
		struct fake_scsi fake;
		struct fake_scsi_step step = { .name = capacity_commands[i].name,
			.cdb_length = 16 };
		memcpy(step.cdb, capacity_commands[i].cdb, 16);
		fake_scsi_registers(&step, step.cdb[1] & 1, 0, 0, 0, 0x40, 0x50);
		fake_scsi_start(&fake, &step, 1);
		assert_int_equal(capacity_commands[i].send(&fake.transport), 0);
		fake_scsi_finish(&fake);
		for (enum way way = 0; way < WAYS; way++) {
			step = (struct fake_scsi_step){ .name = capacity_commands[i].name,
				.cdb_length = 16 };
			memcpy(step.cdb, capacity_commands[i].cdb, 16);
			answer_in(way, &step);
			fake_scsi_start(&fake, &step, 1);
			assert_true(capacity_commands[i].send(&fake.transport) < 0);
			fake_scsi_finish(&fake);
		}
	}
}

static void addresses_that_do_not_fit_are_not_sent(void **state)
{
	(void)state;
	struct fake_scsi fake;
	fake_scsi_start(&fake, NULL, 0);
	assert_int_equal(ata_set_max(&fake.transport, true, true, 0), -EINVAL);
	assert_int_equal(
		ata_set_max(&fake.transport, true, true, (UINT64_C(1) << 48) + 1), -EINVAL);
	assert_int_equal(ata_set_max(&fake.transport, false, true, (1 << 28) + 1), -EINVAL);
	assert_int_equal(ata_set_accessible_max(&fake.transport, 0), -EINVAL);
	fake_scsi_finish(&fake);
}

static void smart_data_is_taken_with_its_checksum(void **state)
{
	(void)state;
	uint8_t smart[512] = { 0x10 }, got[512] = { 0 };
	struct fake_scsi fake;
	struct fake_scsi_step step = { .name = "SMART READ DATA",
		.cdb = { 0x85, 0x08, 0x0e, 0, 0xd0, 0, 1, 0, 0, 0, 0x4f, 0, 0xc2, 0, 0xb0, 0 },
		.cdb_length = 16,
		.transfer = TRANSFER_FROM_DRIVE,
		.data_length = 512 };
	fake_scsi_good(&step, smart, 512);
	fake_scsi_start(&fake, &step, 1);
	assert_int_equal(ata_smart_read(&fake.transport, got), -EBADMSG);
	fake_scsi_finish(&fake);
	smart[511] = 0xf0;
	fake_scsi_start(&fake, &step, 1);
	assert_int_equal(ata_smart_read(&fake.transport, got), 0);
	fake_scsi_finish(&fake);
	assert_memory_equal(got, smart, 512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_command_is_sent_to_the_byte),
		cmocka_unit_test(no_answer_but_success_is_success),
		cmocka_unit_test(unit_attention_is_no_answer),
		cmocka_unit_test(sanitize_status_means_what_the_registers_say),
		cmocka_unit_test(sanitize_status_that_is_hidden_is_no_answer),
		cmocka_unit_test(a_failure_is_cleared_by_its_bit),
		cmocka_unit_test(security_erase_is_prepared_by_the_command_before),
		cmocka_unit_test(security_erase_does_not_come_unprepared),
		cmocka_unit_test(security_erase_is_waited_for_as_long_as_it_may_take),
		cmocka_unit_test(abilities_are_the_words_of_identify),
		cmocka_unit_test(security_is_the_words_of_identify),
		cmocka_unit_test(hidden_areas_are_asked_for_each),
		cmocka_unit_test(without_identify_nothing_is_known),
		cmocka_unit_test(capacity_is_set_to_the_byte),
		cmocka_unit_test(addresses_that_do_not_fit_are_not_sent),
		cmocka_unit_test(smart_data_is_taken_with_its_checksum),
	};
	return cmocka_run_group_tests_name("ata", tests, NULL, NULL);
}
