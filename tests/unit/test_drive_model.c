/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drive models that other tests rest on: what each conduct does to the medium and says of it, in
 * each language, without a kernel. */
#include "device/command/capacity.h"
#include "tests/drives/nvme_model.h"
#include "tests/drives/wire.h"
#include "tests/support/model_scsi.h"
#include "tests/support/scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define SECTORS 64
#define BYTES ((size_t)SECTORS * MODEL_SECTOR_BYTES)
#define ERASE_MS 1000
#define HALF (ERASE_MS / 2)

/* What is on the medium, whatever the drive says. */
enum content { CONTENT_OLD, CONTENT_ZERO, CONTENT_ERASED, CONTENT_HALF, CONTENT_OTHER };

static enum content content_of(const struct model *model)
{
	uint8_t data[BYTES];
	size_t old = 0, zero = 0, erased = 0;
	assert_int_equal(medium_read(&model->medium, data, BYTES, 0), 0);
	for (size_t i = 0; i < BYTES; i++) {
		old += data[i] == 'o';
		zero += data[i] == 0;
		erased += data[i] == 0xff; /* as erased flash reads */
	}
	return old == BYTES                              ? CONTENT_OLD
	       : zero == BYTES                           ? CONTENT_ZERO
	       : erased == BYTES                         ? CONTENT_ERASED
	       : erased == BYTES / 2 && old == BYTES / 2 ? CONTENT_HALF
							 : CONTENT_OTHER;
}

static void fill(struct model *model)
{
	uint8_t data[BYTES];
	memset(data, 'o', BYTES);
	assert_int_equal(medium_write(&model->medium, data, BYTES, 0), 0);
	model->erase_ms = ERASE_MS;
}

static void open_model(struct model *model, const char *conduct)
{
	assert_non_null(conduct_find(conduct));
	assert_int_equal(model_open(model, "unit", NULL, BYTES, conduct_find(conduct)), 0);
	fill(model);
}

/* One conduct through one block erase: before, in the middle, after. */
static const struct {
	const char *conduct;
	enum erase_stage before;
	enum start start;
	enum erase_stage middle, after;
	enum content content;
	enum medium_outcome read_middle, read_after;
	bool hidden;
} erases[] = {
	{ "honest", ERASE_NEVER, START_ACCEPTED, ERASE_RUNNING, ERASE_DONE, CONTENT_ERASED,
		OUTCOME_ERASING, OUTCOME_DONE, false },
	{ "fails-halfway", ERASE_NEVER, START_ACCEPTED, ERASE_RUNNING, ERASE_FAILED, CONTENT_HALF,
		OUTCOME_ERASING, OUTCOME_CLOSED, false },
	{ "aborts", ERASE_NEVER, START_ACCEPTED, ERASE_RUNNING, ERASE_FAILED, CONTENT_OLD,
		OUTCOME_ERASING, OUTCOME_CLOSED, false },
	{ "lies-success", ERASE_NEVER, START_ACCEPTED, ERASE_RUNNING, ERASE_DONE, CONTENT_OLD,
		OUTCOME_ERASING, OUTCOME_DONE, false },
	{ "stale-success", ERASE_DONE, START_ACCEPTED, ERASE_RUNNING, ERASE_DONE, CONTENT_ERASED,
		OUTCOME_ERASING, OUTCOME_DONE, false },
	{ "refuses", ERASE_DONE, START_REFUSED, ERASE_DONE, ERASE_DONE, CONTENT_OLD, OUTCOME_DONE,
		OUTCOME_DONE, false },
	{ "hides-status", ERASE_NEVER, START_ACCEPTED, ERASE_NEVER, ERASE_NEVER, CONTENT_ERASED,
		OUTCOME_DONE, OUTCOME_DONE, true },
	{ "lies-hidden", ERASE_NEVER, START_ACCEPTED, ERASE_NEVER, ERASE_NEVER, CONTENT_OLD,
		OUTCOME_DONE, OUTCOME_DONE, true },
	{ "hangs-at-40", ERASE_NEVER, START_ACCEPTED, ERASE_RUNNING, ERASE_RUNNING, CONTENT_OLD,
		OUTCOME_ERASING, OUTCOME_ERASING, false },
	{ "slow", ERASE_NEVER, START_ACCEPTED, ERASE_RUNNING, ERASE_RUNNING, CONTENT_OLD,
		OUTCOME_ERASING, OUTCOME_ERASING, false },
	{ "frozen", ERASE_NEVER, START_FROZEN, ERASE_NEVER, ERASE_NEVER, CONTENT_OLD, OUTCOME_DONE,
		OUTCOME_DONE, false },
	{ "locked", ERASE_NEVER, START_ACCEPTED, ERASE_RUNNING, ERASE_DONE, CONTENT_ERASED,
		OUTCOME_ERASING, OUTCOME_LOCKED, false },
	{ "needs-write", ERASE_NEVER, START_ACCEPTED, ERASE_RUNNING, ERASE_DONE, CONTENT_ERASED,
		OUTCOME_ERASING, OUTCOME_MEDIUM_ERROR, false },
	{ "unmaps-only", ERASE_NEVER, START_ACCEPTED, ERASE_RUNNING, ERASE_DONE, CONTENT_OLD,
		OUTCOME_ERASING, OUTCOME_DONE, false },
};

static void each_conduct_erases_as_its_name_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(erases); i++) {
		struct model model;
		uint8_t data[MODEL_SECTOR_BYTES];
		print_message("# %s\n", erases[i].conduct);
		open_model(&model, erases[i].conduct);
		assert_int_equal(model_erase_told(&model, 0).hidden, erases[i].hidden);
		assert_int_equal(model_erase_told(&model, 0).state, erases[i].before);
		assert_int_equal(model_erase(&model, ERASE_BLOCK, NULL, 0), erases[i].start);
		assert_int_equal(model_erase_told(&model, HALF).state, erases[i].middle);
		assert_int_equal(content_of(&model), CONTENT_OLD);
		assert_int_equal(model_read(&model, 0, 1, data, HALF), erases[i].read_middle);
		assert_int_equal(model_erase_told(&model, ERASE_MS).state, erases[i].after);
		assert_int_equal(model_read(&model, 0, 1, data, ERASE_MS), erases[i].read_after);
		assert_int_equal(content_of(&model), erases[i].content);
		model_close(&model);
	}
}

static void a_stale_success_is_shown_after_the_command_too(void **state)
{
	(void)state;
	struct model model;
	uint8_t data[MODEL_SECTOR_BYTES];
	open_model(&model, "stale-success");
	assert_int_equal(model_erase(&model, ERASE_BLOCK, NULL, 0), START_ACCEPTED);
	assert_int_equal(model_erase_told(&model, 1).state, ERASE_DONE);
	assert_int_equal(model_read(&model, 0, 1, data, 1), OUTCOME_DONE);
	assert_int_equal(data[0], 'o');
	model_close(&model);
}

static void progress_grows_and_is_never_whole_while_running(void **state)
{
	(void)state;
	struct model model;
	uint32_t before = 0;
	open_model(&model, "honest");
	assert_int_equal(model_erase(&model, ERASE_BLOCK, NULL, 0), START_ACCEPTED);
	assert_int_equal(model_erase(&model, ERASE_BLOCK, NULL, 1), START_RUNNING);
	for (uint64_t now = 0; now < ERASE_MS; now += 50) {
		struct erase_told told = model_erase_told(&model, now);
		assert_int_equal(told.state, ERASE_RUNNING);
		assert_true(told.progress >= before && told.progress < MODEL_PROGRESS_WHOLE);
		before = told.progress;
	}
	assert_true(before > MODEL_PROGRESS_WHOLE / 2);
	assert_int_equal(model_erase_left_ms(&model, ERASE_MS - 10), 10);
	assert_int_equal(model_obey(&model, "finish"), 0);
	assert_int_equal(model_erase_told(&model, HALF).state, ERASE_DONE);
	assert_int_equal(content_of(&model), CONTENT_ERASED);
	model_close(&model);
}

static void an_erase_can_go_by_questions(void **state)
{
	(void)state;
	struct model model;
	open_model(&model, "honest");
	assert_int_equal(model_obey(&model, "erase-polls 3"), 0);
	assert_int_equal(model_erase(&model, ERASE_BLOCK, NULL, 5), START_ACCEPTED);
	for (unsigned polls = 0; polls < 3; polls++) {
		assert_int_equal(model_erase_told(&model, 6).state, ERASE_RUNNING);
		model_erase_polled(&model);
	}
	assert_int_equal(model_erase_told(&model, 6).state, ERASE_DONE);
	assert_int_equal(content_of(&model), CONTENT_ERASED);
	model_close(&model);
}

/* The process ends at any moment, and is started again with the same medium. */
static void an_erase_survives_a_power_loss(void **state)
{
	(void)state;
	static const struct {
		enum erase_kind kind;
		enum erase_stage after;
		enum content content;
	} cases[] = { { ERASE_BLOCK, ERASE_DONE, CONTENT_ERASED },
		{ ERASE_CRYPTO, ERASE_DONE, CONTENT_OTHER },
		{ ERASE_OVERWRITE, ERASE_DONE, CONTENT_ZERO },
		{ ERASE_FORMAT, ERASE_FAILED, CONTENT_OLD },
		{ ERASE_SECURITY, ERASE_FAILED, CONTENT_OLD } };
	static const uint8_t zeros[MODEL_SECTOR_BYTES];
	struct scratch scratch;
	char path[SCRATCH_PATH_MAX];
	scratch_make(&scratch);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct conduct *honest = conduct_honest();
		struct model model;
		char name[32];
		(void)snprintf(name, sizeof(name), "medium%zu", i);
		scratch_path(&scratch, name, path);
		assert_int_equal(model_open(&model, "unit", path, BYTES, honest), 0);
		fill(&model);
		assert_int_equal(model_erase(&model, cases[i].kind, zeros, 7000), START_ACCEPTED);
		assert_int_equal(model_erase_told(&model, 7000 + HALF).state, ERASE_RUNNING);
		model_close(&model);

		/* Another clock, and no time passes until somebody looks. */
		bool goes_on = cases[i].after == ERASE_DONE;
		assert_int_equal(model_open(&model, "unit", path, BYTES, honest), 0);
		struct erase_told told = model_erase_told(&model, 30);
		assert_int_equal(told.kind, cases[i].kind);
		assert_int_equal(told.state, goes_on ? ERASE_RUNNING : ERASE_FAILED);
		assert_int_equal(told.progress, goes_on ? MODEL_PROGRESS_WHOLE / 2 : 0);
		assert_int_equal(model_erase_told(&model, 30 + HALF).state, cases[i].after);
		assert_int_equal(content_of(&model), cases[i].content);
		model_close(&model);

		assert_int_equal(model_open(&model, "unit", path, BYTES, honest), 0);
		assert_int_equal(model_erase_told(&model, 0).state, cases[i].after);
		model_close(&model);
	}
	scratch_remove(&scratch);
}

static void what_is_unmapped_only_can_come_back(void **state)
{
	(void)state;
	struct model model;
	uint8_t data[2 * MODEL_SECTOR_BYTES];
	open_model(&model, "unmaps-only");
	assert_int_equal(model_unmap(&model, 0, 2, 0), OUTCOME_DONE);
	assert_int_equal(model_read(&model, 0, 2, data, 0), OUTCOME_DONE);
	assert_int_equal(data[0], 0);
	memset(data, 'n', MODEL_SECTOR_BYTES);
	assert_int_equal(model_write(&model, 0, 1, data, 0), OUTCOME_DONE);
	assert_int_equal(model_obey(&model, "remap"), 0);
	assert_int_equal(model_read(&model, 0, 2, data, 0), OUTCOME_DONE);
	assert_int_equal(data[0], 'n');
	assert_int_equal(data[MODEL_SECTOR_BYTES], 'o');
	model_close(&model);
}

static void a_lost_cache_keeps_what_was_before(void **state)
{
	(void)state;
	struct model model;
	uint8_t data[MODEL_SECTOR_BYTES];
	open_model(&model, "loses-cache");
	assert_int_equal(model_flush(&model, 0), OUTCOME_DONE);
	model.medium.cached = false;
	fill(&model);
	model.medium.cached = true;
	memset(data, 'n', sizeof(data));
	assert_int_equal(model_write(&model, 3, 1, data, 0), OUTCOME_DONE);
	assert_int_equal(model_read(&model, 3, 1, data, 0), OUTCOME_DONE);
	assert_int_equal(data[0], 'n');
	assert_int_equal(model_flush(&model, 0), OUTCOME_DONE);
	assert_int_equal(content_of(&model), CONTENT_OLD);
	model_close(&model);
}

static void faults_say_at_which_sector(void **state)
{
	(void)state;
	struct model model;
	uint8_t data[BYTES] = { 0 };
	open_model(&model, "dies-at-sector");
	assert_int_equal(model_read(&model, 0, SECTORS, data, 0), OUTCOME_MEDIUM_ERROR);
	assert_int_equal(model.error_sector, SECTORS / 2);
	assert_int_equal(model_write(&model, SECTORS / 2 + 7, 1, data, 0), OUTCOME_MEDIUM_ERROR);
	assert_int_equal(model_write(&model, SECTORS / 2 + 8, 1, data, 0), OUTCOME_DONE);
	assert_int_equal(model_read(&model, SECTORS, 1, data, 0), OUTCOME_OUT_OF_RANGE);
	assert_int_equal(model_obey(&model, "hangs 0 512"), 0);
	assert_int_equal(model_read(&model, 0, 1, data, 0), OUTCOME_HANGS);
	assert_int_equal(model_obey(&model, "release"), 0);
	assert_int_equal(model_read(&model, 0, 1, data, 0), OUTCOME_DONE);
	assert_int_equal(model_obey(&model, "no-such-word"), -EINVAL);
	model_close(&model);
}

static void a_drive_vanishes_in_the_middle(void **state)
{
	(void)state;
	struct model model;
	uint8_t data[BYTES] = { 0 };
	open_model(&model, "vanishes");
	assert_int_equal(model_write(&model, 0, SECTORS / 2, data, 0), OUTCOME_DONE);
	assert_int_equal(model_write(&model, SECTORS / 2, 1, data, 0), OUTCOME_GONE);
	assert_int_equal(model_read(&model, 0, 1, data, 0), OUTCOME_GONE);
	model_close(&model);
}

/* ---- in their languages ---- */

/* haiki's own questions about hidden capacity, answered by the model. */
static void hidden_capacity_is_told_to_haiki(void **state)
{
	(void)state;
	static const struct {
		const char *conduct;
		uint64_t visible_sectors;
	} cases[] = { { "honest", SECTORS }, { "hpa", SECTORS - SECTORS / 4 },
		{ "hpa-over-dco", SECTORS / 2 }, { "amac", SECTORS - SECTORS / 4 } };
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model_scsi drive;
		struct native_capacity native;
		model_scsi_start(&drive, cases[i].conduct, BYTES, true);
		const struct drive_identity identity = { .transport = TRANSPORT_ATA,
			.capacity_bytes = cases[i].visible_sectors * MODEL_SECTOR_BYTES };
		assert_int_equal(drive.scsi.ata.current_sectors, cases[i].visible_sectors);
		native_capacity_read(&identity, &drive.transport, &native);
		assert_int_equal(native.source, NATIVE_ATA_MAX);
		assert_int_equal(native.native_bytes, BYTES);
		model_scsi_end(&drive);
	}
}

static struct scsi_answer ask(struct model_scsi *drive, struct scsi_command command)
{
	struct scsi_answer answer;
	command.timeout_ms = 60000;
	assert_int_equal(drive->transport.send(&drive->transport, &command, &answer), 0);
	return answer;
}

static void scsi_sanitize_tells_progress_and_failure(void **state)
{
	(void)state;
	const struct scsi_command sanitize = { .cdb = { 0x48, 0x82 }, .cdb_length = 10 };
	const struct scsi_command ready = { .cdb_length = 6 };
	struct model_scsi drive;
	model_scsi_start(&drive, "fails-halfway", BYTES, false);
	fill(&drive.model);
	assert_int_equal(ask(&drive, sanitize).status, SCSI_GOOD);
	drive.now_ms += HALF;
	struct scsi_answer answer = ask(&drive, ready);
	assert_int_equal(answer.status, SCSI_CHECK_CONDITION);
	assert_int_equal(answer.sense[2], 0x2);
	assert_int_equal(get_be(answer.sense + 12, 2), 0x041b);
	assert_int_equal(answer.sense[15], 0x80);
	assert_int_equal(get_be(answer.sense + 16, 2), MODEL_PROGRESS_WHOLE / 2);
	drive.now_ms += HALF;
	answer = ask(&drive, ready);
	assert_int_equal(answer.sense[2], 0x3);
	assert_int_equal(get_be(answer.sense + 12, 2), 0x3103);
	model_scsi_end(&drive);
}

/* Without IMMED the command itself takes as long, and says how it went. */
static void scsi_sanitize_that_is_waited_for(void **state)
{
	(void)state;
	const struct scsi_command sanitize = { .cdb = { 0x48, 0x02 }, .cdb_length = 10 };
	struct model_scsi drive;
	model_scsi_start(&drive, "honest", BYTES, false);
	fill(&drive.model);
	uint64_t before = drive.now_ms;
	assert_int_equal(ask(&drive, sanitize).status, SCSI_GOOD);
	assert_int_equal(drive.now_ms - before, ERASE_MS);
	assert_int_equal(content_of(&drive.model), CONTENT_ERASED);
	assert_int_equal(model_obey(&drive.model, "fails-halfway"), 0);
	assert_int_equal(ask(&drive, sanitize).status, SCSI_CHECK_CONDITION);
	model_scsi_end(&drive);
}

static void a_changed_serial_is_announced_once(void **state)
{
	(void)state;
	const struct scsi_command ready = { .cdb_length = 6 };
	struct model_scsi drive;
	model_scsi_start(&drive, "honest", BYTES, false);
	assert_int_equal(ask(&drive, ready).status, SCSI_GOOD);
	assert_int_equal(model_obey(&drive.model, "name other"), 0);
	struct scsi_answer answer = ask(&drive, ready);
	assert_int_equal(answer.sense[2], 0x6);
	assert_int_equal(get_be(answer.sense + 12, 2), 0x3f03);
	assert_int_equal(ask(&drive, ready).status, SCSI_GOOD);
	model_scsi_end(&drive);
}

static void a_silent_drive_answers_nothing_until_released(void **state)
{
	(void)state;
	const struct scsi_command ready = { .cdb_length = 6, .timeout_ms = 5 };
	struct scsi_answer answer;
	struct model_scsi drive;
	model_scsi_start(&drive, "honest", BYTES, false);
	assert_int_equal(model_obey(&drive.model, "hangs-all"), 0);
	assert_int_equal(drive.transport.send(&drive.transport, &ready, &answer), -ETIMEDOUT);
	assert_int_equal(model_obey(&drive.model, "release"), 0);
	assert_int_equal(ask(&drive, ready).status, SCSI_GOOD);
	model_scsi_end(&drive);
}

/* SANITIZE DEVICE through ATA PASS-THROUGH (16), with CK_COND. */
static struct scsi_command ata_sanitize_command(uint16_t feature, uint32_t key)
{
	return (struct scsi_command){ .cdb = { 0x85, 0x07, 0x20, (uint8_t)(feature >> 8),
					      (uint8_t)feature, 0, 0, (uint8_t)(key >> 24),
					      (uint8_t)key, 0, (uint8_t)(key >> 8), 0,
					      (uint8_t)(key >> 16), 0x40, 0xb4 },
		.cdb_length = 16 };
}

static void ata_sanitize_wants_its_key_and_tells(void **state)
{
	(void)state;
	struct model_scsi drive;
	model_scsi_start(&drive, "honest", BYTES, true);
	fill(&drive.model);
	assert_int_equal(ask(&drive, ata_sanitize_command(0x0012, 0)).sense[1], 0xb);
	struct scsi_answer answer = ask(&drive, ata_sanitize_command(0x0012, 0x426b4572));
	assert_int_equal(answer.sense[1], 0x1);
	assert_int_equal(answer.sense[8 + 4], 0x40); /* COUNT 15:8: in progress */
	drive.now_ms += ERASE_MS;
	answer = ask(&drive, ata_sanitize_command(0x0000, 0));
	assert_int_equal(answer.sense[8 + 4], 0x80);
	assert_int_equal(content_of(&drive.model), CONTENT_ERASED);
	assert_int_equal(model_obey(&drive.model, "hides-status"), 0);
	assert_int_equal(ask(&drive, ata_sanitize_command(0x0000, 0)).status, SCSI_GOOD);
	model_scsi_end(&drive);
}

static struct nvme_model_completion nvme_admin(struct nvme_model *nvme, uint8_t opcode,
	uint32_t namespace, uint32_t dword_10, uint8_t *room, size_t bytes, uint64_t now_ms)
{
	struct nvme_model_request request = { .admin = true, .room = room, .room_bytes = bytes };
	struct nvme_model_completion completion;
	request.command[0] = opcode;
	put_le(request.command + 4, namespace, 4);
	put_le(request.command + 40, dword_10, 4);
	nvme_model_answer(nvme, &request, now_ms, &completion);
	return completion;
}

/* A failed sanitize shows a progress of FFFFh as a finished one does. */
static void nvme_sanitize_tells_in_its_status_alone(void **state)
{
	(void)state;
	struct model model;
	struct nvme_model nvme;
	uint8_t log[512];
	open_model(&model, "fails-halfway");
	nvme_model_start(&nvme, &model, "nqn");
	assert_int_equal(nvme_admin(&nvme, 0x84, 0, 2, NULL, 0, 0).status, NVME_OK);
	(void)nvme_admin(&nvme, 0x02, 0, 0x81, log, sizeof(log), HALF);
	assert_int_equal(get_le(log, 2), MODEL_PROGRESS_WHOLE / 2);
	assert_int_equal(get_le(log + 2, 2), 2);
	(void)nvme_admin(&nvme, 0x02, 0, 0x81, log, sizeof(log), ERASE_MS);
	assert_int_equal(get_le(log, 2), 0xffff);
	assert_int_equal(get_le(log + 2, 2), 3);
	model_close(&model);
}

static void nvme_format_without_settings_erases_nothing(void **state)
{
	(void)state;
	struct model model;
	struct nvme_model nvme;
	open_model(&model, "honest");
	nvme_model_start(&nvme, &model, "nqn");
	assert_int_equal(nvme_admin(&nvme, 0x80, 1, 0, NULL, 0, 0).status, NVME_OK);
	assert_int_equal(content_of(&model), CONTENT_OLD);
	assert_int_equal(
		nvme_admin(&nvme, 0x80, 2, 1 << 9, NULL, 0, 0).status, NVME_INVALID_NAMESPACE);
	assert_int_equal(nvme_admin(&nvme, 0x80, 1, 1 << 9, NULL, 0, 0).delay_ms, ERASE_MS);
	assert_int_equal(content_of(&model), CONTENT_ERASED);
	model_close(&model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_conduct_erases_as_its_name_says),
		cmocka_unit_test(a_stale_success_is_shown_after_the_command_too),
		cmocka_unit_test(progress_grows_and_is_never_whole_while_running),
		cmocka_unit_test(an_erase_can_go_by_questions),
		cmocka_unit_test(an_erase_survives_a_power_loss),
		cmocka_unit_test(what_is_unmapped_only_can_come_back),
		cmocka_unit_test(a_lost_cache_keeps_what_was_before),
		cmocka_unit_test(faults_say_at_which_sector),
		cmocka_unit_test(a_drive_vanishes_in_the_middle),
		cmocka_unit_test(hidden_capacity_is_told_to_haiki),
		cmocka_unit_test(scsi_sanitize_tells_progress_and_failure),
		cmocka_unit_test(scsi_sanitize_that_is_waited_for),
		cmocka_unit_test(a_changed_serial_is_announced_once),
		cmocka_unit_test(a_silent_drive_answers_nothing_until_released),
		cmocka_unit_test(ata_sanitize_wants_its_key_and_tells),
		cmocka_unit_test(nvme_sanitize_tells_in_its_status_alone),
		cmocka_unit_test(nvme_format_without_settings_erases_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
