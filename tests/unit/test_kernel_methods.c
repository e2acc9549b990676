/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Methods that are calls of the kernel, by a script in the kernel's place: each call with its argument
 * written out, and each of them failing. */
#include "device/command/zones.h"
#include "wipe/erase/methods.h"

#include <errno.h>
#include <linux/blkzoned.h>
#include <linux/fs.h>
#include <linux/major.h>
#include <linux/mmc/ioctl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include <cmocka.h>

/* ---- the script ---- */

struct expected_call {
	unsigned long request;
	const void *argument; /* what the call begins with; bytes */
	size_t argument_bytes;
	const void *answer; /* put over the argument */
	size_t answer_bytes, answer_offset;
	int result;
};

struct script {
	const struct expected_call *calls;
	size_t count, next;
};

static int play(void *context, int fd, unsigned long request, void *argument)
{
	struct script *script = context;
	assert_int_equal(fd, 7);
	if (script->next == script->count)
		fail_msg("call %zu was not expected", script->next);
	const struct expected_call *call = &script->calls[script->next++];
	assert_int_equal(request, call->request);
	if (call->argument)
		assert_memory_equal(argument, call->argument, call->argument_bytes);
	if (call->answer)
		memcpy((uint8_t *)argument + call->answer_offset, call->answer, call->answer_bytes);
	return call->result;
}

static enum erase_status run(const struct erase_method *method, const struct expected_call *calls,
	size_t count, uint64_t capacity_bytes, int *ret_errno)
{
	struct script script = { calls, count, 0 };
	struct transports transports = { .kernel = { .call = play, .context = &script, .fd = 7 } };
	struct drive drive = { .fd = 7, .identity = { .capacity_bytes = capacity_bytes } };
	const struct erase_call call = { .drive = &drive, .transports = &transports };
	struct erase_answer answer = { 0 };
	struct erase_state state;
	int result = method->start(&call, &answer);
	assert_int_equal(script.next, count);
	*ret_errno = result < 0 ? -result : 0;
	if (result < 0)
		return ERASE_STATUS_UNKNOWN;
	assert_int_equal(answer.witness, WITNESS_COMPLETION);
	assert_int_equal(answer.raw_bytes, 5);
	assert_int_equal(answer.raw[0], 'E');
	*ret_errno = answer.raw[3] << 8 | answer.raw[4];
	erase_state_read(&answer, &state);
	return state.status;
}

/* ---- discard ---- */

static void test_discard(void **state)
{
	static const uint64_t first[] = { 0, 4 * GIB }, second[] = { 4 * GIB, 512 };
	const struct expected_call secure[] = {
		{ BLKSECDISCARD, first, sizeof(first), NULL, 0, 0, 0 },
		{ BLKSECDISCARD, second, sizeof(second), NULL, 0, 0, 0 },
	};
	const struct expected_call plain[] = {
		{ BLKSECDISCARD, first, sizeof(first), NULL, 0, 0, -EOPNOTSUPP },
		{ BLKDISCARD, first, sizeof(first), NULL, 0, 0, 0 },
		{ BLKDISCARD, second, sizeof(second), NULL, 0, 0, 0 },
	};
	const struct expected_call failing[] = {
		{ BLKSECDISCARD, first, sizeof(first), NULL, 0, 0, -EOPNOTSUPP },
		{ BLKDISCARD, first, sizeof(first), NULL, 0, 0, 0 },
		{ BLKDISCARD, second, sizeof(second), NULL, 0, 0, -EIO },
	};
	int errnum = 0;
	(void)state;
	assert_int_equal(
		run(&erase_discard, secure, 2, 4 * GIB + 512, &errnum), ERASE_STATUS_SUCCEEDED);
	assert_int_equal(
		run(&erase_discard, plain, 3, 4 * GIB + 512, &errnum), ERASE_STATUS_SUCCEEDED);
	assert_int_equal(
		run(&erase_discard, failing, 3, 4 * GIB + 512, &errnum), ERASE_STATUS_FAILED);
	assert_int_equal(errnum, EIO);
}

/* ---- zones ---- */

#define ZONE_SECTORS 524288 /* 256 MiB */
#define ZONED_BYTES (3 * 256 * MIB)

/* struct blk_zone_report with its zones behind it. */
struct report {
	struct {
		uint64_t sector;
		uint32_t nr_zones, flags;
	} head;
	struct blk_zone zones[3];
};

/* One conventional zone, then two sequential ones. */
static struct report report_of(uint64_t written_1, uint64_t written_2)
{
	struct report report = { .head = { .nr_zones = 3, .flags = BLK_ZONE_REP_CAPACITY } };
	const uint64_t written[] = { 0, written_1, written_2 };
	for (unsigned i = 0; i < 3; i++)
		report.zones[i] = (struct blk_zone){ .start = i * ZONE_SECTORS,
			.len = ZONE_SECTORS,
			.capacity = ZONE_SECTORS,
			.wp = i * ZONE_SECTORS + written[i],
			.type = i == 0 ? BLK_ZONE_TYPE_CONVENTIONAL : BLK_ZONE_TYPE_SEQWRITE_REQ,
			.cond = i == 0           ? BLK_ZONE_COND_NOT_WP
				: written[i] > 0 ? BLK_ZONE_COND_CLOSED
						 : BLK_ZONE_COND_EMPTY };
	return report;
}

#define REPORT(answer)                                                                             \
	{                                                                                          \
		BLKREPORTZONE, &asked, sizeof(asked), &(answer), sizeof(answer), 0, 0              \
	}

static const struct blk_zone_report asked = { .sector = 0, .nr_zones = 512 };

static void test_zone_reset(void **state)
{
	const struct report before = report_of(8, 0), after = report_of(0, 0);
	const struct blk_zone_range range = { ZONE_SECTORS, ZONE_SECTORS };
	const struct expected_call calls[] = {
		REPORT(before),
		{ BLKRESETZONE, &range, sizeof(range), NULL, 0, 0, 0 },
		REPORT(after),
	};
	int errnum = 0;
	(void)state;
	assert_int_equal(
		run(&erase_zone_reset, calls, 3, ZONED_BYTES, &errnum), ERASE_STATUS_SUCCEEDED);
}

/* The drive says that it did, and its write pointer stays. */
static void test_zone_reset_only_said(void **state)
{
	const struct report before = report_of(8, 16), after = report_of(0, 16);
	const struct blk_zone_range first = { ZONE_SECTORS, ZONE_SECTORS },
				    second = { 2 * ZONE_SECTORS, ZONE_SECTORS };
	const struct expected_call calls[] = {
		REPORT(before),
		{ BLKRESETZONE, &first, sizeof(first), NULL, 0, 0, 0 },
		{ BLKRESETZONE, &second, sizeof(second), NULL, 0, 0, 0 },
		REPORT(after),
	};
	int errnum = 0;
	(void)state;
	assert_int_equal(
		run(&erase_zone_reset, calls, 4, ZONED_BYTES, &errnum), ERASE_STATUS_FAILED);
	assert_int_equal(errnum, EIO);
}

/* Of a drive with such a zone none is reset. */
static void test_zone_read_only(void **state)
{
	static const uint8_t conditions[] = { BLK_ZONE_COND_READONLY, BLK_ZONE_COND_OFFLINE };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
		struct report before = report_of(8, 0);
		int errnum = 0;
		before.zones[2].cond = conditions[i];
		const struct expected_call calls[] = { REPORT(before) };
		assert_int_equal(run(&erase_zone_reset, calls, 1, ZONED_BYTES, &errnum),
			ERASE_STATUS_FAILED);
		assert_int_equal(errnum, EROFS);
	}
}

/* Zones that do not cover the drive one after the other are no zones. */
static void test_zones_that_cannot_be(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		struct report report = report_of(0, 0);
		int errnum = 0;
		if (i == 0)
			report.zones[1].start++;
		if (i == 1)
			report.zones[1].len = 0;
		if (i == 2)
			report.zones[2].len++;
		if (i == 3)
			report.zones[2].capacity = ZONE_SECTORS + 1;
		if (i == 4)
			report.head.nr_zones = 513;
		const struct expected_call calls[] = { REPORT(report) };
		assert_int_equal(run(&erase_zone_reset, calls, 1, ZONED_BYTES, &errnum),
			ERASE_STATUS_FAILED);
		assert_int_equal(errnum, EBADMSG);
	}
}

static void test_zones_that_end_early(void **state)
{
	struct report some = report_of(0, 0);
	const struct blk_zone_report behind = { .sector = 2 * ZONE_SECTORS, .nr_zones = 512 };
	const struct blk_zone_report none = { .sector = 2 * ZONE_SECTORS, .nr_zones = 0 };
	const struct expected_call calls[] = {
		REPORT(some),
		{ BLKREPORTZONE, &behind, sizeof(behind), &none, sizeof(none), 0, 0 },
	};
	int errnum = 0;
	(void)state;
	some.head.nr_zones = 2;
	assert_int_equal(
		run(&erase_zone_reset, calls, 2, ZONED_BYTES, &errnum), ERASE_STATUS_FAILED);
	assert_int_equal(errnum, EBADMSG);
}

/* ---- eMMC ---- */

#define CARD_SECTORS UINT32_C(0x01020304)
#define CARD_BYTES ((uint64_t)CARD_SECTORS * 512)
#define R1 0x15U
#define R1B 0x1dU
#define READY 0x00000900U /* READY_FOR_DATA, state transfer */

static uint8_t csd[512];

/* The data of SEND_EXT_CSD does not lie in the argument: it is put where that points to. */
static int play_card(void *context, int fd, unsigned long request, void *argument)
{
	struct mmc_ioc_cmd *command = argument;
	int result = play(context, fd, request, argument);
	if (result == 0 && command->opcode == 8) {
		assert_int_equal(command->blksz, 512);
		assert_int_equal(command->blocks, 1);
		memcpy((void *)(uintptr_t)command->data_ptr, csd, sizeof(csd));
	}
	return result;
}

/* opcode, argument and flags of each command, and the status that it is answered with. */
struct card_step {
	uint32_t opcode, argument, flags, status;
	int write_flag;
};

static const struct card_step all_steps[] = {
	{ 8, 0, R1 | 0x20, 0x900, 0 },
	{ 35, 0, R1, 0x900, 0 },
	{ 36, CARD_SECTORS - 1, R1, 0x900, 0 },
	{ 38, 0, R1B, 0x900, 1 },
	{ 13, 0x10000, R1, READY, 0 },
	{ 6, 0x03a50101, R1B, 0x900, 1 },
	{ 13, 0x10000, R1, READY, 0 },
};
#define STEPS ARRAY_SIZE(all_steps)

static enum erase_status run_card(
	const struct card_step *steps, size_t count, int last_result, int *ret_errno)
{
	struct mmc_ioc_cmd commands[STEPS];
	struct expected_call calls[STEPS];
	memset(commands, 0, sizeof(commands));
	memset(calls, 0, sizeof(calls));
	for (size_t i = 0; i < count; i++) {
		commands[i].write_flag = steps[i].write_flag;
		commands[i].opcode = steps[i].opcode;
		commands[i].arg = steps[i].argument;
		calls[i] = (struct expected_call){ .request = MMC_IOC_CMD,
			.argument = &commands[i],
			.argument_bytes = offsetof(struct mmc_ioc_cmd, response),
			.answer = &steps[i].status,
			.answer_bytes = 4,
			.answer_offset = offsetof(struct mmc_ioc_cmd, response),
			.result = i + 1 == count ? last_result : 0 };
	}
	struct script script = { calls, count, 0 };
	struct transports transports = { .kernel = {
						 .call = play_card, .context = &script, .fd = 7 } };
	struct drive drive = { .fd = 7, .identity = { .capacity_bytes = CARD_BYTES } };
	const struct erase_call call = { .drive = &drive, .transports = &transports };
	struct erase_answer answer = { 0 };
	struct erase_state state;
	int result = erase_mmc_sanitize.start(&call, &answer);
	assert_int_equal(script.next, count);
	*ret_errno = result < 0 ? -result : answer.raw[3] << 8 | answer.raw[4];
	erase_state_read(&answer, &state);
	return result < 0 ? ERASE_STATUS_UNKNOWN : state.status;
}

static void make_card(void)
{
	memset(csd, 0, sizeof(csd));
	csd[192] = 8;
	csd[231] = 0x55;
	csd[212] = 0x04;
	csd[213] = 0x03;
	csd[214] = 0x02;
	csd[215] = 0x01;
}

static void test_mmc(void **state)
{
	int errnum = 0;
	(void)state;
	make_card();
	assert_int_equal(run_card(all_steps, STEPS, 0, &errnum), ERASE_STATUS_SUCCEEDED);
	/* Each command failing in the kernel, and nothing is sent after it. */
	for (size_t i = 2; i <= STEPS; i++)
		assert_int_equal(run_card(all_steps, i, -ETIMEDOUT, &errnum), ERASE_STATUS_FAILED);
	assert_int_equal(run_card(all_steps, 1, -ETIMEDOUT, &errnum), ERASE_STATUS_UNKNOWN);
}

/* Each command answered with an error bit; and a card that is not over with it. */
static void test_mmc_status(void **state)
{
	static const uint32_t bad[] = { 1U << 31, 1U << 28, 1U << 27, 1U << 26, 1U << 25, 1U << 22,
		1U << 19, 1U << 15, 1U << 7 };
	int errnum = 0;
	(void)state;
	make_card();
	for (size_t i = 1; i < STEPS; i++)
		for (size_t j = 0; j < ARRAY_SIZE(bad); j++) {
			struct card_step steps[STEPS];
			memcpy(steps, all_steps, sizeof(steps));
			steps[i].status |= bad[j];
			assert_int_equal(run_card(steps, i + 1, 0, &errnum), ERASE_STATUS_FAILED);
			assert_int_equal(errnum, EIO);
		}
	static const uint32_t busy[] = { 0x0e00, 0x0f00, 0x0800, 0 };
	for (size_t j = 0; j < ARRAY_SIZE(busy); j++) {
		struct card_step steps[STEPS];
		memcpy(steps, all_steps, sizeof(steps));
		steps[STEPS - 1].status = busy[j];
		assert_int_equal(run_card(steps, STEPS, 0, &errnum), ERASE_STATUS_FAILED);
	}
}

/* Not the card, or not all of it: nothing is sent. */
static void test_mmc_another_card(void **state)
{
	int errnum = 0;
	(void)state;
	make_card();
	csd[212]++;
	assert_int_equal(run_card(all_steps, 1, 0, &errnum), ERASE_STATUS_FAILED);
	make_card();
	csd[231] = 0x15;
	assert_int_equal(run_card(all_steps, 1, 0, &errnum), ERASE_STATUS_FAILED);
	make_card();
	csd[192] = 4;
	assert_int_equal(run_card(all_steps, 1, 0, &errnum), ERASE_STATUS_FAILED);
	assert_int_equal(errnum, ENOTSUP);
}

/* ---- offers ---- */

static void assert_offer(
	const struct erase_method *method, const struct abilities *abilities, const char *why_not)
{
	struct erase_offer offer;
	method->offer(abilities, &offer);
	assert_int_equal(offer.offered, why_not == NULL);
	assert_int_equal(offer.scope, SCOPE_DRIVE);
	if (why_not)
		assert_string_equal(offer.why_not, why_not);
}

static void test_offers(void **state)
{
	struct abilities abilities = { .zoned = ZONED_NONE };
	(void)state;
	assert_offer(&erase_discard, &abilities, "not-supported");
	assert_offer(&erase_zone_reset, &abilities, "not-supported");
	assert_offer(&erase_mmc_sanitize, &abilities, "not-supported");
	abilities.discard_max_bytes = 4096;
	assert_offer(&erase_discard, &abilities, NULL);
	abilities.zoned = ZONED_HOST_AWARE;
	assert_offer(&erase_zone_reset, &abilities, "not-supported");
	abilities.zoned = ZONED_HOST_MANAGED;
	assert_offer(&erase_zone_reset, &abilities, "not-known");
	abilities.zones_known = true;
	assert_offer(&erase_zone_reset, &abilities, "zones-not-whole");
	abilities.zones_whole = true;
	assert_offer(&erase_zone_reset, &abilities, NULL);
	abilities.transport = TRANSPORT_MMC;
	abilities.capacity_bytes = CARD_BYTES;
	assert_offer(&erase_mmc_sanitize, &abilities, "not-known");
	abilities.mmc = (struct mmc_abilities){ .known = true, .sectors = CARD_SECTORS };
	assert_offer(&erase_mmc_sanitize, &abilities, "not-supported");
	abilities.mmc.sanitize = true;
	assert_offer(&erase_mmc_sanitize, &abilities, NULL);
	abilities.mmc.sectors--;
	assert_offer(&erase_mmc_sanitize, &abilities, "not-supported");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_discard),
		cmocka_unit_test(test_zone_reset),
		cmocka_unit_test(test_zone_reset_only_said),
		cmocka_unit_test(test_zone_read_only),
		cmocka_unit_test(test_zones_that_cannot_be),
		cmocka_unit_test(test_zones_that_end_early),
		cmocka_unit_test(test_mmc),
		cmocka_unit_test(test_mmc_status),
		cmocka_unit_test(test_mmc_another_card),
		cmocka_unit_test(test_offers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
