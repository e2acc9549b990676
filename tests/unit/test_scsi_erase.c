/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How SCSI drives are made to erase themselves: each command to the byte, each answer as what it
 * means, and each conduct of the drive model, without a kernel. */
#include "device/command/scsi_erase.h"
#include "tests/support/fake_scsi.h"
#include "tests/support/model_scsi.h"
#include "wipe/erase/scsi.h"
#include "wipe/erase/methods.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define SECTORS 256
#define BYTES ((size_t)SECTORS * MODEL_SECTOR_BYTES)
#define ERASE_MS 10000

static const uint8_t pattern[SCSI_PATTERN_BYTES] = { 0xa5, 0x5a, 0xc3, 0x3c };

static enum erase_status status_of(const struct erase_answer *answer)
{
	struct erase_state state;
	erase_state_read(answer, &state);
	return state.status;
}

static int32_t progress_of(const struct erase_answer *answer)
{
	struct erase_state state;
	erase_state_read(answer, &state);
	return state.progress;
}

/* ---- command bytes ---- */

static struct fake_scsi_step no_data(const char *name, uint8_t length)
{
	return (struct fake_scsi_step){ .name = name, .cdb_length = length };
}

/* SBC-4 5.30: operation code 48h; byte 1: IMMED, ZNR, AUSE, service action; bytes 7 and 8 the length
 * of the parameter list. */
static void sanitize_to_the_byte(void **state)
{
	(void)state;
	static const uint8_t list[] = { 0x01, 0x00, 0x00, 0x04, 0xa5, 0x5a, 0xc3, 0x3c };
	const struct {
		enum scsi_sanitize action;
		uint8_t cdb[10];
		uint8_t letter;
		enum erase_status good;
		bool has_list;
	} cases[] = {
		{ SCSI_SANITIZE_OVERWRITE, { 0x48, 0xa1, 0, 0, 0, 0, 0, 0, 8, 0 }, 's',
			ERASE_STATUS_RUNNING, true },
		{ SCSI_SANITIZE_BLOCK, { 0x48, 0xa2 }, 's', ERASE_STATUS_RUNNING, false },
		{ SCSI_SANITIZE_CRYPTO, { 0x48, 0x23 }, 'S', ERASE_STATUS_SUCCEEDED, false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct erase_answer answer;
		struct fake_scsi fake;
		struct fake_scsi_step steps[3];
		for (size_t k = 0; k < 3; k++) {
			steps[k] = no_data("SANITIZE", 10);
			memcpy(steps[k].cdb, cases[i].cdb, 10);
			if (cases[i].has_list) {
				steps[k].transfer = TRANSFER_TO_DRIVE;
				steps[k].data_length = sizeof(list);
				steps[k].sent = list;
			}
		}
		fake_scsi_good(&steps[0], NULL, 0);
		fake_scsi_check_fixed(&steps[1], 0x5, 0x20, 0x00);
		fake_scsi_no_answer(&steps[2], -ETIMEDOUT);
		fake_scsi_start(&fake, steps, 3);
		assert_int_equal(
			scsi_sanitize(&fake.transport, cases[i].action, pattern, &answer), 0);
		assert_int_equal(answer.witness, WITNESS_COMPLETION);
		assert_int_equal(answer.raw_bytes, 2);
		assert_int_equal(answer.raw[0], cases[i].letter);
		assert_int_equal(answer.raw[1], 0x00);
		assert_int_equal(status_of(&answer), cases[i].good);

		assert_int_equal(
			scsi_sanitize(&fake.transport, cases[i].action, pattern, &answer), 0);
		assert_int_equal(answer.raw_bytes, 2 + 18);
		assert_int_equal(answer.raw[1], 0x02);
		assert_int_equal(answer.raw[2 + 12], 0x20);
		assert_int_equal(status_of(&answer), ERASE_STATUS_FAILED);

		assert_int_equal(scsi_sanitize(&fake.transport, cases[i].action, pattern, &answer),
			-ETIMEDOUT);
		fake_scsi_finish(&fake);
	}
}

static void what_cannot_be_asked_is_not_sent(void **state)
{
	(void)state;
	struct erase_answer answer;
	struct fake_scsi fake;
	fake_scsi_start(&fake, NULL, 0);
	assert_int_equal(
		scsi_sanitize(&fake.transport, SCSI_SANITIZE_OVERWRITE, NULL, &answer), -EINVAL);
	assert_int_equal(
		scsi_sanitize(&fake.transport, (enum scsi_sanitize)0x1f, NULL, &answer), -EINVAL);
	fake_scsi_finish(&fake);
}

static void exit_failure_mode_to_the_byte(void **state)
{
	(void)state;
	struct erase_answer answer;
	struct fake_scsi fake;
	struct fake_scsi_step step = no_data("EXIT FAILURE MODE", 10);
	step.cdb[0] = 0x48;
	step.cdb[1] = 0x1f;
	fake_scsi_good(&step, NULL, 0);
	fake_scsi_start(&fake, &step, 1);
	assert_int_equal(scsi_sanitize_exit(&fake.transport, &answer), 0);
	assert_int_equal(answer.raw[0], 'S');
	fake_scsi_finish(&fake);
}

/* SBC-4 5.4: FMTDATA; a list of FOV, IP and IMMED, and the initialization pattern descriptor. */
static void format_unit_to_the_byte(void **state)
{
	(void)state;
	static const uint8_t list[] = { 0x00, 0x8a, 0x00, 0x00, 0x00, 0x01, 0x00, 0x04, 0xa5, 0x5a,
		0xc3, 0x3c };
	struct erase_answer answer;
	struct fake_scsi fake;
	struct fake_scsi_step step = { .name = "FORMAT UNIT",
		.cdb = { 0x04, 0x10 },
		.cdb_length = 6,
		.transfer = TRANSFER_TO_DRIVE,
		.data_length = sizeof(list),
		.sent = list };
	fake_scsi_good(&step, NULL, 0);
	fake_scsi_start(&fake, &step, 1);
	assert_int_equal(scsi_format_unit(&fake.transport, pattern, &answer), 0);
	assert_int_equal(answer.raw[0], 's');
	assert_int_equal(status_of(&answer), ERASE_STATUS_RUNNING);
	fake_scsi_finish(&fake);
}

/* ---- what is told ---- */

static struct fake_scsi_step request_sense(void)
{
	return (struct fake_scsi_step){ .name = "REQUEST SENSE",
		.cdb = { 0x03, 0, 0, 0, 252 },
		.cdb_length = 6,
		.transfer = TRANSFER_FROM_DRIVE,
		.data_length = 252 };
}

/* One answer of REQUEST SENSE, one of TEST UNIT READY where it is asked. */
static void the_status_is_what_was_told(void **state)
{
	(void)state;
	static const uint8_t none[18] = { 0x70, 0, 0, 0, 0, 0, 0, 10 };
	static const uint8_t running[18] = { 0x70, 0, 0x02, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x04, 0x1b,
		0, 0x80, 0x40, 0x00 };
	static const uint8_t without_progress[18] = { 0x70, 0, 0x02, 0, 0, 0, 0, 10, 0, 0, 0, 0,
		0x04, 0x1b };
	static const uint8_t format_runs[18] = { 0x70, 0, 0x02, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x04,
		0x04, 0, 0x80, 0xff, 0xff };
	static const uint8_t failed[18] = { 0x70, 0, 0x03, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x31, 0x03 };
	static const uint8_t deferred[18] = { 0x71, 0, 0x03, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x31,
		0x03 };
	static const uint8_t descriptor[16] = { 0x72, 0x02, 0x04, 0x1b, 0, 0, 0, 8, 0x02, 6, 0, 0,
		0x80, 0x12, 0x34, 0 };
	static const struct {
		const char *name;
		const uint8_t *sense;
		uint32_t bytes;
		bool then_ready;                     /* TEST UNIT READY is asked */
		uint8_t ready_code, ready_qualifier; /* 0, 0: it is good */
		enum erase_status status;
		int32_t progress;
	} cases[] = {
		{ "nothing runs", none, 18, true, 0, 0, ERASE_STATUS_NEVER, -1 },
		{ "running", running, 18, false, 0, 0, ERASE_STATUS_RUNNING, 0x4000 },
		{ "no progress", without_progress, 18, false, 0, 0, ERASE_STATUS_RUNNING, -1 },
		{ "format", format_runs, 18, false, 0, 0, ERASE_STATUS_RUNNING, 0xffff },
		{ "by descriptor", descriptor, 16, false, 0, 0, ERASE_STATUS_RUNNING, 0x1234 },
		{ "failed", failed, 18, false, 0, 0, ERASE_STATUS_FAILED, -1 },
		{ "of another command", deferred, 18, false, 0, 0, ERASE_STATUS_UNKNOWN, -1 },
		{ "nothing came", none, 0, false, 0, 0, ERASE_STATUS_UNKNOWN, -1 },
		{ "cut", running, 7, false, 0, 0, ERASE_STATUS_UNKNOWN, -1 },
		{ "hidden by one", none, 18, true, 0x04, 0x1b, ERASE_STATUS_RUNNING, -1 },
		{ "failure hidden", none, 18, true, 0x31, 0x03, ERASE_STATUS_FAILED, -1 },
		{ "not ready", none, 18, true, 0x3a, 0x00, ERASE_STATUS_UNKNOWN, -1 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct erase_answer answer;
		struct fake_scsi fake;
		struct fake_scsi_step steps[2] = { request_sense(), no_data("TEST UNIT READY", 6) };
		print_message("# %s\n", cases[i].name);
		fake_scsi_good(&steps[0], cases[i].sense, cases[i].bytes);
		if (cases[i].ready_code)
			fake_scsi_check_fixed(
				&steps[1], 0x2, cases[i].ready_code, cases[i].ready_qualifier);
		fake_scsi_start(&fake, steps, cases[i].then_ready ? 2 : 1);
		assert_int_equal(scsi_erase_status(&fake.transport, &answer), 0);
		assert_int_equal(answer.witness, WITNESS_SCSI_SENSE);
		assert_int_equal(status_of(&answer), cases[i].status);
		assert_int_equal(progress_of(&answer), cases[i].progress);
		fake_scsi_finish(&fake);
	}
}

static void a_question_without_an_answer_tells_nothing(void **state)
{
	(void)state;
	static const uint8_t none[18] = { 0x70, 0, 0, 0, 0, 0, 0, 10 };
	struct erase_answer answer;
	struct fake_scsi fake;
	struct fake_scsi_step steps[3] = { request_sense(), request_sense(),
		no_data("TEST UNIT READY", 6) };
	fake_scsi_no_answer(&steps[0], -EIO);
	fake_scsi_good(&steps[1], none, 18);
	fake_scsi_no_answer(&steps[2], -ETIMEDOUT);
	fake_scsi_start(&fake, steps, 3);
	assert_int_equal(scsi_erase_status(&fake.transport, &answer), -EIO);
	assert_int_equal(scsi_erase_status(&fake.transport, &answer), -ETIMEDOUT);
	fake_scsi_finish(&fake);
}

/* ---- WRITE SAME, SYNCHRONIZE CACHE ---- */

static const uint8_t limits_page[64] = { 0, 0xb0, 0, 60, [43] = 100 }; /* 100 blocks a piece */

/* 250 blocks of 512 bytes. */
static const uint8_t capacity_data[32] = { [7] = 249, [10] = 2 };

static void script_write_same(struct fake_scsi_step steps[6], const uint8_t *block)
{
	static const uint8_t pieces[][2] = { { 0, 100 }, { 100, 100 }, { 200, 50 } };
	steps[0] = fake_read_capacity_16();
	fake_scsi_good(&steps[0], capacity_data, 32);
	steps[1] = (struct fake_scsi_step){ .name = "INQUIRY B0h",
		.cdb = { 0x12, 1, 0xb0, 0, 64, 0 },
		.cdb_length = 6,
		.transfer = TRANSFER_FROM_DRIVE,
		.data_length = 64 };
	fake_scsi_good(&steps[1], limits_page, 64);
	for (size_t i = 0; i < 3; i++) {
		steps[2 + i] = (struct fake_scsi_step){ .name = "WRITE SAME (16)",
			.cdb = { 0x93, [9] = pieces[i][0], [13] = pieces[i][1] },
			.cdb_length = 16,
			.transfer = TRANSFER_TO_DRIVE,
			.data_length = 512,
			.sent = block };
		fake_scsi_good(&steps[2 + i], NULL, 512);
	}
	steps[5] = no_data("SYNCHRONIZE CACHE (10)", 10);
	steps[5].cdb[0] = 0x35;
	fake_scsi_good(&steps[5], NULL, 0);
}

static void write_same_goes_over_all_of_it(void **state)
{
	(void)state;
	uint8_t block[512];
	struct erase_answer answer;
	struct fake_scsi fake;
	struct fake_scsi_step steps[6];
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = pattern[i % 4];
	script_write_same(steps, block);
	fake_scsi_start(&fake, steps, 6);
	assert_int_equal(scsi_write_same(&fake.transport, 250 * 512, pattern, &answer), 0);
	assert_int_equal(answer.raw[0], 'S');
	assert_int_equal(status_of(&answer), ERASE_STATUS_SUCCEEDED);
	fake_scsi_finish(&fake);

	/* Another drive than was planned for. */
	fake_scsi_start(&fake, steps, 1);
	assert_int_equal(scsi_write_same(&fake.transport, 251 * 512, pattern, &answer), -ESTALE);
	fake_scsi_finish(&fake);

	/* Whichever command fails, the end is no success. */
	for (size_t failing = 0; failing < 6; failing++) {
		script_write_same(steps, block);
		fake_scsi_no_answer(&steps[failing], -EIO);
		fake_scsi_start(&fake, steps, failing + 1);
		assert_int_equal(
			scsi_write_same(&fake.transport, 250 * 512, pattern, &answer), -EIO);
		fake_scsi_finish(&fake);
	}
	for (size_t failing = 2; failing < 6; failing++) {
		script_write_same(steps, block);
		fake_scsi_check_fixed(&steps[failing], 0x3, 0x0c, 0x00);
		fake_scsi_start(&fake, steps, failing + 1);
		int result = scsi_write_same(&fake.transport, 250 * 512, pattern, &answer);
		fake_scsi_finish(&fake);
		if (failing == 5)
			assert_int_equal(result, -EREMOTEIO);
		else
			assert_int_equal(status_of(&answer), ERASE_STATUS_FAILED);
	}
}

static void a_cache_is_flushed_by_the_command_there_is(void **state)
{
	(void)state;
	struct fake_scsi fake;
	struct fake_scsi_step steps[2] = { no_data("SYNCHRONIZE CACHE (10)", 10),
		no_data("SYNCHRONIZE CACHE (16)", 16) };
	steps[0].cdb[0] = 0x35;
	steps[1].cdb[0] = 0x91;
	fake_scsi_check_fixed(&steps[0], 0x5, 0x20, 0x00);
	fake_scsi_good(&steps[1], NULL, 0);
	fake_scsi_start(&fake, steps, 2);
	assert_int_equal(scsi_synchronize_cache(&fake.transport), 0);
	fake_scsi_finish(&fake);

	fake_scsi_check_fixed(&steps[1], 0x5, 0x20, 0x00);
	fake_scsi_start(&fake, steps, 2);
	assert_int_equal(scsi_synchronize_cache(&fake.transport), -EOPNOTSUPP);
	fake_scsi_finish(&fake);

	fake_scsi_check_fixed(&steps[0], 0x3, 0x0c, 0x00);
	fake_scsi_start(&fake, steps, 1);
	assert_int_equal(scsi_synchronize_cache(&fake.transport), -EREMOTEIO);
	fake_scsi_finish(&fake);
}

/* ---- abilities ---- */

static struct fake_scsi_step is_supported(uint8_t options, uint8_t opcode, uint8_t action)
{
	return (struct fake_scsi_step){ .name = "REPORT SUPPORTED OPERATION CODES",
		.cdb = { 0xa3, 0x0c, options, opcode, 0, action, 0, 0, 0, 64 },
		.cdb_length = 12,
		.transfer = TRANSFER_FROM_DRIVE,
		.data_length = 64 };
}

static void abilities_are_asked_one_by_one(void **state)
{
	(void)state;
	static const uint8_t none[18] = { 0x70, 0, 0, 0, 0, 0, 0, 10 };
	static const uint8_t yes[4] = { 0, 3, 0, 0 }, no[4] = { 0, 1, 0, 0 };
	static const uint8_t vendors[4] = { 0, 5, 0, 0 };
	static const uint8_t thin[32] = { [7] = 249, [10] = 2, [14] = 0x80 };
	struct fake_scsi fake;
	struct scsi_abilities scsi;
	struct fake_scsi_step steps[] = {
		request_sense(),
		no_data("TEST UNIT READY", 6),
		fake_read_capacity_16(),
		is_supported(2, 0x48, 0x03),
		is_supported(2, 0x48, 0x02),
		is_supported(2, 0x48, 0x01),
		is_supported(2, 0x48, 0x1f),
		is_supported(1, 0x04, 0),
		is_supported(1, 0x93, 0),
		is_supported(1, 0x35, 0),
	};
	fake_scsi_good(&steps[0], none, 18);
	fake_scsi_good(&steps[2], thin, 32);
	fake_scsi_good(&steps[3], yes, 4);
	fake_scsi_good(&steps[4], no, 4);
	fake_scsi_check_fixed(&steps[5], 0x5, 0x24, 0x00);
	fake_scsi_good(&steps[6], vendors, 4);
	fake_scsi_good(&steps[7], yes, 4);
	fake_scsi_good(&steps[8], yes, 4);
	fake_scsi_good(&steps[9], no, 4);
	fake_scsi_start(&fake, steps, ARRAY_SIZE(steps));
	scsi_abilities_read(&fake.transport, &scsi);
	fake_scsi_finish(&fake);
	assert_true(scsi.known && scsi.thin && scsi.sanitize_crypto && scsi.format_unit &&
		    scsi.write_same_16);
	assert_false(scsi.sanitize_block || scsi.sanitize_overwrite || scsi.sanitize_exit ||
		     scsi.synchronize_cache);
	assert_int_equal(scsi.blocks, 250);
	assert_int_equal(scsi.block_bytes, 512);
	assert_int_equal(scsi.sense.raw_bytes, 19);

	/* A drive that cannot be asked: what every drive has, and nothing else. */
	fake_scsi_check_fixed(&steps[3], 0x5, 0x20, 0x00);
	fake_scsi_start(&fake, steps, 4);
	scsi_abilities_read(&fake.transport, &scsi);
	fake_scsi_finish(&fake);
	assert_true(!scsi.known && scsi.format_unit && !scsi.sanitize_crypto);

	/* One that does not answer. */
	struct model_scsi drive;
	model_scsi_start(&drive, "honest", BYTES, false);
	assert_int_equal(model_obey(&drive.model, "hangs-all"), 0);
	scsi_abilities_read(&drive.transport, &scsi);
	model_scsi_end(&drive);
	assert_false(scsi.known || scsi.format_unit || scsi.sense.raw_bytes);
}

/* ---- offers ---- */

static const struct erase_method *const all[] = { &erase_scsi_sanitize_crypto,
	&erase_scsi_sanitize_block, &erase_scsi_sanitize_overwrite, &erase_scsi_format_unit,
	&erase_scsi_write_same };

static void each_method_stands_in_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		assert_ptr_equal(erase_method_for(all[i]->technique), all[i]);
	assert_null(erase_method_for(TECHNIQUE_NONE));
}

static const char *why_not(const struct erase_method *method, const struct abilities *abilities)
{
	struct erase_offer offer;
	method->offer(abilities, &offer);
	assert_int_equal(offer.offered, offer.why_not == NULL);
	assert_int_equal(offer.scope, SCOPE_DRIVE);
	assert_int_equal(offer.expected_seconds, -1);
	return offer.why_not ? offer.why_not : "";
}

static void read_model(const char *conduct, const char *words, struct abilities *ret)
{
	struct model_scsi drive;
	model_scsi_start(&drive, conduct, BYTES, false);
	assert_int_equal(model_obey_words(&drive.model, words), 0);
	*ret = (struct abilities){ .transport = TRANSPORT_SCSI };
	scsi_abilities_read(&drive.transport, &ret->scsi);
	model_scsi_end(&drive);
}

static void what_a_drive_has_is_offered(void **state)
{
	(void)state;
	static const struct {
		const char *words;
		const char *why_not[5]; /* in the order of all[] */
	} cases[] = {
		{ "", { "", "", "", "", "" } },
		{ "lacks crypto", { "not-supported", "", "", "", "" } },
		{ "lacks crypto;lacks block;lacks overwrite;lacks format",
			{ "not-supported", "not-supported", "not-supported", "not-supported",
				"" } },
		{ "lacks report", { "not-known", "not-known", "not-known", "", "not-known" } },
		{ "sector-bytes 520", { "sector-size", "sector-size", "sector-size", "sector-size",
					      "sector-size" } },
		{ "sector-bytes 4096", { "", "", "", "", "" } },
		{ "hangs-all",
			{ "not-known", "not-known", "not-known", "not-known", "not-known" } },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct abilities abilities;
		read_model("honest", cases[i].words, &abilities);
		for (size_t k = 0; k < ARRAY_SIZE(all); k++)
			assert_string_equal(why_not(all[k], &abilities), cases[i].why_not[k]);
	}
	struct abilities abilities;
	read_model("honest", NULL, &abilities);
	abilities.transport = TRANSPORT_ATA;
	for (size_t k = 0; k < ARRAY_SIZE(all); k++)
		assert_string_equal(why_not(all[k], &abilities), "not-supported");
	abilities = (struct abilities){ .transport = TRANSPORT_SCSI };
	for (size_t k = 0; k < ARRAY_SIZE(all); k++)
		assert_string_equal(why_not(all[k], &abilities), "not-known");
}

/* ---- conducts, through the methods ---- */

struct run {
	struct model_scsi drive;
	struct transports transports;
	struct plan plan;
	struct plan_step step;
	struct erase_call call;
};

static void start_run(struct run *run, const char *conduct)
{
	model_scsi_start(&run->drive, conduct, BYTES, false);
	run->drive.model.erase_ms = ERASE_MS;
	uint8_t old[BYTES];
	memset(old, 'o', BYTES);
	assert_int_equal(medium_write(&run->drive.model.medium, old, BYTES, 0), 0);
	run->transports = (struct transports){ .scsi = run->drive.transport, .fd = -1 };
	run->plan = (struct plan){ .capacity_bytes = BYTES, .sector_bytes = MODEL_SECTOR_BYTES };
	run->step = (struct plan_step){
		.method = STEP_ERASE,
		.pattern = { .kind = STREAM_PERIODIC, .period_bytes = SCSI_PATTERN_BYTES },
	};
	memcpy(run->step.pattern.period, pattern, SCSI_PATTERN_BYTES);
	run->call = (struct erase_call){
		.transports = &run->transports, .plan = &run->plan, .step = &run->step
	};
}

/* Bytes of the medium that are still what was there before. */
static size_t old_bytes(const struct run *run)
{
	uint8_t data[BYTES];
	size_t old = 0;
	assert_int_equal(medium_read(&run->drive.model.medium, data, BYTES, 0), 0);
	for (size_t i = 0; i < BYTES; i++)
		old += data[i] == 'o';
	return old;
}

static bool holds_pattern(const struct run *run)
{
	uint8_t data[BYTES];
	assert_int_equal(medium_read(&run->drive.model.medium, data, BYTES, 0), 0);
	for (size_t i = 0; i < BYTES; i++)
		if (data[i] != pattern[i % 4])
			return false;
	return true;
}

/* What a run is worth by the drive's own word: as the judge counts it, silence is the end only of what
 * was seen running, or what was answered when it was over. */
static enum erase_status follow(struct run *run, const struct erase_method *method)
{
	struct erase_answer answer;
	int result = method->start(&run->call, &answer);
	if (result < 0)
		return ERASE_STATUS_UNKNOWN;
	enum erase_status status = status_of(&answer);
	bool ran = false;
	if (status != ERASE_STATUS_RUNNING)
		return status;
	for (unsigned polls = 0; polls < 100; polls++) {
		assert_int_equal(method->look(&run->call, &answer), 0);
		status = status_of(&answer);
		if (status == ERASE_STATUS_NEVER)
			return ran ? ERASE_STATUS_SUCCEEDED : ERASE_STATUS_UNKNOWN;
		if (status != ERASE_STATUS_RUNNING)
			return status;
		ran = true;
		run->drive.now_ms += method->poll_ms;
	}
	return ERASE_STATUS_RUNNING;
}

enum { ALL_GONE, HALF_GONE, NOTHING_GONE };

static const struct {
	const char *conduct;
	enum erase_status block, crypto; /* as told */
	int block_gone, crypto_gone;     /* as it is */
} conducts[] = {
	{ "honest", ERASE_STATUS_SUCCEEDED, ERASE_STATUS_SUCCEEDED, ALL_GONE, ALL_GONE },
	{ "fails-halfway", ERASE_STATUS_FAILED, ERASE_STATUS_FAILED, HALF_GONE, HALF_GONE },
	{ "aborts", ERASE_STATUS_FAILED, ERASE_STATUS_FAILED, NOTHING_GONE, NOTHING_GONE },
	/* The markers find these out. */
	{ "lies-success", ERASE_STATUS_SUCCEEDED, ERASE_STATUS_SUCCEEDED, NOTHING_GONE,
		NOTHING_GONE },
	{ "unmaps-only", ERASE_STATUS_SUCCEEDED, ERASE_STATUS_SUCCEEDED, NOTHING_GONE,
		NOTHING_GONE },
	/* What it says at first says nothing, and it is not seen running. */
	{ "stale-success", ERASE_STATUS_UNKNOWN, ERASE_STATUS_SUCCEEDED, NOTHING_GONE, ALL_GONE },
	{ "refuses", ERASE_STATUS_FAILED, ERASE_STATUS_FAILED, NOTHING_GONE, NOTHING_GONE },
	{ "frozen", ERASE_STATUS_FAILED, ERASE_STATUS_FAILED, NOTHING_GONE, NOTHING_GONE },
	/* Only the answer of a command that is over with it is to be had. */
	{ "hides-status", ERASE_STATUS_UNKNOWN, ERASE_STATUS_SUCCEEDED, NOTHING_GONE, ALL_GONE },
	{ "lies-hidden", ERASE_STATUS_UNKNOWN, ERASE_STATUS_SUCCEEDED, NOTHING_GONE, NOTHING_GONE },
	{ "hangs-at-40", ERASE_STATUS_RUNNING, ERASE_STATUS_UNKNOWN, NOTHING_GONE, NOTHING_GONE },
	{ "slow", ERASE_STATUS_RUNNING, ERASE_STATUS_SUCCEEDED, NOTHING_GONE, ALL_GONE },
	{ "needs-write", ERASE_STATUS_SUCCEEDED, ERASE_STATUS_SUCCEEDED, ALL_GONE, ALL_GONE },
};

static void assert_gone(const struct run *run, int gone)
{
	size_t old = old_bytes(run);
	if (gone == ALL_GONE)
		assert_true(old < BYTES / 100); /* another stream has some of these bytes too */
	else if (gone == HALF_GONE)
		assert_true(old >= BYTES / 2 && old < BYTES / 2 + BYTES / 100);
	else
		assert_int_equal(old, BYTES);
}

static void each_conduct_through_the_methods(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(conducts); i++) {
		struct run run;
		print_message("# %s\n", conducts[i].conduct);
		start_run(&run, conducts[i].conduct);
		assert_int_equal(follow(&run, &erase_scsi_sanitize_block), conducts[i].block);
		assert_gone(&run, conducts[i].block_gone);
		model_scsi_end(&run.drive);
		start_run(&run, conducts[i].conduct);
		assert_int_equal(follow(&run, &erase_scsi_sanitize_crypto), conducts[i].crypto);
		assert_gone(&run, conducts[i].crypto_gone);
		model_scsi_end(&run.drive);
	}
}

static void a_pattern_is_what_is_found_after(void **state)
{
	(void)state;
	static const struct erase_method *const methods[] = { &erase_scsi_sanitize_overwrite,
		&erase_scsi_format_unit, &erase_scsi_write_same };
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		struct run run;
		start_run(&run, "honest");
		assert_int_equal(follow(&run, methods[i]), ERASE_STATUS_SUCCEEDED);
		assert_true(holds_pattern(&run));
		model_scsi_end(&run.drive);

		/* A plan of another pattern is none for them. */
		struct erase_answer answer;
		start_run(&run, "honest");
		run.step.pattern.period_bytes = 1;
		assert_int_equal(methods[i]->start(&run.call, &answer), -EINVAL);
		assert_int_equal(old_bytes(&run), BYTES);
		model_scsi_end(&run.drive);
	}
}

/* After a failure the drive is closed; then it can be read again, and another technique be tried. */
static void a_failed_drive_is_brought_back(void **state)
{
	(void)state;
	struct run run;
	struct erase_answer answer;
	start_run(&run, "aborts");
	assert_int_equal(follow(&run, &erase_scsi_sanitize_block), ERASE_STATUS_FAILED);
	assert_int_equal(model_ready(&run.drive.model, run.drive.now_ms), OUTCOME_CLOSED);
	assert_int_equal(erase_scsi_sanitize_block.recover(&run.call, &answer), 0);
	assert_int_equal(status_of(&answer), ERASE_STATUS_SUCCEEDED);
	assert_int_equal(model_ready(&run.drive.model, run.drive.now_ms), OUTCOME_DONE);
	assert_int_equal(model_obey(&run.drive.model, "honest"), 0);
	assert_int_equal(follow(&run, &erase_scsi_sanitize_block), ERASE_STATUS_SUCCEEDED);
	assert_gone(&run, ALL_GONE);
	model_scsi_end(&run.drive);
}

/* A transport that loses the answer of the N-th command, sent or not. */
struct losing {
	struct scsi_transport transport;
	struct scsi_transport *real;
	unsigned left;
	bool is_sent;
};

static int send_losing(struct scsi_transport *transport, const struct scsi_command *command,
	struct scsi_answer *ret_answer)
{
	struct losing *losing = transport->context;
	if (losing->left-- != 0)
		return losing->real->send(losing->real, command, ret_answer);
	if (losing->is_sent) {
		struct scsi_answer lost;
		(void)losing->real->send(losing->real, command, &lost);
	}
	return -EIO;
}

static void a_lost_answer_is_no_success(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		for (unsigned lost = 0;; lost++) {
			struct run run;
			struct erase_answer answer = { .witness = WITNESS_NONE };
			start_run(&run, "honest");
			struct losing losing = {
				.real = &run.drive.transport, .left = lost / 2, .is_sent = lost % 2
			};
			losing.transport = (struct scsi_transport){
				.send = send_losing, .fd = -1, .context = &losing
			};
			run.transports.scsi = losing.transport;
			int result = all[i]->start(&run.call, &answer);
			bool was_lost = losing.left == UINT32_MAX;
			model_scsi_end(&run.drive);
			if (!was_lost)
				break;
			assert_int_equal(result, -EIO);
			assert_true(lost < 100);
		}
	}
}

/* ---- health ---- */

static void error_counters_are_given_as_they_are(void **state)
{
	(void)state;
	const struct drive_identity identity = { .transport = TRANSPORT_SCSI };
	uint8_t raw[ERASE_ANSWER_MAX];
	uint16_t bytes = 0;
	const char *what = NULL;
	struct run run;
	start_run(&run, "honest");
	assert_int_equal(health_read(&identity, &run.transports, &what, raw, &bytes), 0);
	assert_string_equal(what, "scsi-error-counters");
	assert_int_equal(bytes, 3 * 12);
	static const uint8_t expected[] = { 0x02, 0, 0, 8, 0x00, 0x06, 0x03, 4, 0, 0, 0, 0 };
	assert_memory_equal(raw, expected, sizeof(expected));
	assert_int_equal(raw[12], 0x03);
	assert_int_equal(raw[24], 0x05);
	assert_int_equal(model_obey(&run.drive.model, "hangs-all"), 0);
	assert_int_equal(health_read(&identity, &run.transports, &what, raw, &bytes), -ETIMEDOUT);
	model_scsi_end(&run.drive);

	struct transports none = { .fd = -1 };
	const struct drive_identity others[] = { { .transport = TRANSPORT_USB },
		{ .transport = TRANSPORT_SCSI }, { .transport = TRANSPORT_ATA },
		{ .transport = TRANSPORT_NVME },
		{ .transport = TRANSPORT_SCSI, .is_virtual = true } };
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(health_read(&others[i], &none, &what, raw, &bytes), -EOPNOTSUPP);
}

static void smart_data_to_the_byte(void **state)
{
	(void)state;
	static const uint8_t data[512] = { 16, [511] = 0xf0 }; /* the sum of all is 0 */
	const struct drive_identity identity = { .transport = TRANSPORT_ATA };
	struct fake_scsi fake;
	struct fake_scsi_step step = fake_ata_pio_in("SMART READ DATA", 0xd0, 0xb0, 0);
	uint8_t raw[ERASE_ANSWER_MAX];
	uint16_t bytes = 0;
	const char *what = NULL;
	step.cdb[10] = 0x4f;
	step.cdb[12] = 0xc2;
	fake_scsi_good(&step, data, 512);
	fake_scsi_start(&fake, &step, 1);
	struct transports transports = { .scsi = fake.transport, .fd = -1 };
	assert_int_equal(health_read(&identity, &transports, &what, raw, &bytes), 0);
	assert_string_equal(what, "ata-smart-data");
	assert_int_equal(bytes, 512);
	fake_scsi_finish(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sanitize_to_the_byte),
		cmocka_unit_test(what_cannot_be_asked_is_not_sent),
		cmocka_unit_test(exit_failure_mode_to_the_byte),
		cmocka_unit_test(format_unit_to_the_byte),
		cmocka_unit_test(the_status_is_what_was_told),
		cmocka_unit_test(a_question_without_an_answer_tells_nothing),
		cmocka_unit_test(write_same_goes_over_all_of_it),
		cmocka_unit_test(a_cache_is_flushed_by_the_command_there_is),
		cmocka_unit_test(abilities_are_asked_one_by_one),
		cmocka_unit_test(each_method_stands_in_the_table),
		cmocka_unit_test(what_a_drive_has_is_offered),
		cmocka_unit_test(each_conduct_through_the_methods),
		cmocka_unit_test(a_pattern_is_what_is_found_after),
		cmocka_unit_test(a_failed_drive_is_brought_back),
		cmocka_unit_test(a_lost_answer_is_no_success),
		cmocka_unit_test(error_counters_are_given_as_they_are),
		cmocka_unit_test(smart_data_to_the_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
