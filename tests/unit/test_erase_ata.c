/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The techniques of ATA on drive models of each conduct, and cut off at each of their commands: what
 * the drive said, what really became of its medium, and that no drive is left behind a password. */
#include "device/command/ata_security.h"
#include "tests/drives/wire.h"
#include "tests/support/fake_scsi.h"
#include "tests/support/model_scsi.h"
#include "wipe/erase/restore_capacity.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define SECTORS 64
#define BYTES ((size_t)SECTORS * MODEL_SECTOR_BYTES)
#define ERASE_MS 1000

/* A drive, what a call of a method works on, and commands that do not get through. */
struct bench {
	struct model_scsi model;
	struct drive drive;
	struct plan_step step;
	struct transports transports;
	struct erase_call call;
	int commands;   /* so many were sent */
	int cut_at;     /* this one (from 1) and all behind it have no answer; 0: none */
	bool carry_out; /* the drive gets that one all the same: only its answer is lost */
};

static int send_or_cut(struct scsi_transport *transport, const struct scsi_command *command,
	struct scsi_answer *ret)
{
	struct bench *bench = transport->context;
	struct scsi_transport *below = &bench->model.transport;
	bench->commands++;
	if (bench->cut_at == 0 || bench->commands < bench->cut_at)
		return below->send(below, command, ret);
	if (bench->commands == bench->cut_at && bench->carry_out) {
		struct scsi_answer lost;
		(void)below->send(below, command, &lost);
	}
	return -ENODEV;
}

static void open_bench(struct bench *bench, const char *conduct, enum technique technique)
{
	*bench = (struct bench){ .drive = { .fd = -1, .identity = { .transport = TRANSPORT_ATA } },
		.step = { .method = STEP_ERASE,
			.technique = technique,
			.scope = SCOPE_DRIVE,
			.expected_seconds = 120,
			.pattern = { .kind = STREAM_PERIODIC,
				.period = { 0x11, 0x22, 0x33, 0x44 },
				.period_bytes = 4 } } };
	memcpy(bench->step.password, "a password made by the plan ....", PASSWORD_BYTES);
	model_scsi_start(&bench->model, conduct, BYTES, true);
	/* The model's transport points to itself: it must not be moved after that. */
	uint8_t data[BYTES];
	memset(data, 'o', BYTES);
	assert_int_equal(medium_write(&bench->model.model.medium, data, BYTES, 0), 0);
	bench->model.model.erase_ms = ERASE_MS;
	bench->transports.scsi =
		(struct scsi_transport){ .send = send_or_cut, .fd = -1, .context = bench };
	bench->transports.fd = -1;
	bench->call = (struct erase_call){
		.drive = &bench->drive, .transports = &bench->transports, .step = &bench->step
	};
}

static void close_bench(struct bench *bench)
{
	model_scsi_end(&bench->model);
}

enum content { CONTENT_OLD, CONTENT_HALF, CONTENT_ERASED, CONTENT_PATTERN, CONTENT_SCRAMBLED };

static enum content content_of(const struct bench *bench)
{
	uint8_t data[BYTES];
	size_t old = 0, erased = 0, pattern = 0;
	assert_int_equal(medium_read(&bench->model.model.medium, data, BYTES, 0), 0);
	for (size_t i = 0; i < BYTES; i++) {
		old += data[i] == 'o';
		erased += data[i] == 0xff;
		pattern += data[i] == bench->step.pattern.period[i % 4];
	}
	return old == BYTES       ? CONTENT_OLD
	       : erased == BYTES  ? CONTENT_ERASED
	       : pattern == BYTES ? CONTENT_PATTERN
	       : old >= BYTES / 2 ? CONTENT_HALF
				  : CONTENT_SCRAMBLED;
}

static enum erase_status status_of(const struct erase_answer *answer)
{
	struct erase_state state;
	erase_state_read(answer, &state);
	return state.status;
}

static void power_cycle(struct bench *bench)
{
	bench->cut_at = 0;
	ata_model_start(&bench->model.scsi.ata, &bench->model.model);
}

/* ---- what is offered ---- */

static const enum technique sanitizes[] = { TECHNIQUE_ATA_SANITIZE_CRYPTO,
	TECHNIQUE_ATA_SANITIZE_BLOCK, TECHNIQUE_ATA_SANITIZE_OVERWRITE };
static const enum technique securities[] = { TECHNIQUE_ATA_SECURITY_ENHANCED,
	TECHNIQUE_ATA_SECURITY_NORMAL };

static void assert_offer(
	const struct abilities *abilities, enum technique technique, const char *why_not)
{
	struct erase_offer offer;
	memset(&offer, 0x5a, sizeof(offer));
	erase_method_for(technique)->offer(abilities, &offer);
	assert_int_equal(offer.offered, why_not == NULL);
	assert_int_equal(offer.scope, SCOPE_DRIVE);
	if (why_not)
		assert_string_equal(offer.why_not, why_not);
	else
		assert_null(offer.why_not);
}

static void assert_offers(
	const struct abilities *abilities, const char *sanitize, const char *security)
{
	for (size_t i = 0; i < ARRAY_SIZE(sanitizes); i++)
		assert_offer(abilities, sanitizes[i], sanitize);
	for (size_t i = 0; i < ARRAY_SIZE(securities); i++)
		assert_offer(abilities, securities[i], security);
}

static void drives_offer_what_they_can_do_now(void **state)
{
	(void)state;
	static const struct {
		const char *conduct, *word, *sanitize, *security;
	} cases[] = {
		{ "honest", NULL, NULL, NULL },
		{ "lies-success", NULL, NULL, NULL },
		{ "stale-success", NULL, NULL, NULL },
		{ "hpa-over-dco", NULL, NULL, NULL },
		{ "frozen", NULL, "frozen", "frozen" },
		{ "locked", NULL, "locked", "locked" },
		{ "hides-status", NULL, "status-hidden", NULL },
		{ "honest", "lacks security", NULL, "not-supported" },
		{ "honest", "password", NULL, "password-set" },
		{ "honest", "hangs-all", "not-known", "not-known" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench bench;
		struct abilities abilities = { .transport = TRANSPORT_ATA };
		open_bench(&bench, cases[i].conduct, TECHNIQUE_NONE);
		if (cases[i].word && strcmp(cases[i].word, "password") == 0)
			bench.model.scsi.ata.has_password = true;
		else if (cases[i].word)
			assert_int_equal(model_obey(&bench.model.model, cases[i].word), 0);
		ata_abilities_read(&bench.transports.scsi, &abilities.ata);
		assert_offers(&abilities, cases[i].sanitize, cases[i].security);
		abilities.transport = TRANSPORT_USB;
		assert_offers(&abilities, "not-supported", "not-supported");
		close_bench(&bench);
	}
}

static void each_kind_is_offered_by_itself(void **state)
{
	(void)state;
	static const char *const words[] = { "lacks crypto", "lacks block", "lacks overwrite" };
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct bench bench;
		struct abilities abilities = { .transport = TRANSPORT_ATA };
		open_bench(&bench, "honest", TECHNIQUE_NONE);
		assert_int_equal(model_obey(&bench.model.model, words[i]), 0);
		ata_abilities_read(&bench.transports.scsi, &abilities.ata);
		for (size_t k = 0; k < ARRAY_SIZE(sanitizes); k++)
			assert_offer(&abilities, sanitizes[k], k == i ? "not-supported" : NULL);
		close_bench(&bench);
	}
}

static void how_long_it_takes_is_the_drives_word(void **state)
{
	(void)state;
	struct erase_offer offer;
	struct abilities abilities = { .transport = TRANSPORT_ATA,
		.ata = { .known = true,
			.security = true,
			.enhanced_erase = true,
			.erase_seconds = 7200,
			.enhanced_seconds = 120 } };
	erase_method_for(TECHNIQUE_ATA_SECURITY_NORMAL)->offer(&abilities, &offer);
	assert_true(offer.expected_seconds == 7200);
	erase_method_for(TECHNIQUE_ATA_SECURITY_ENHANCED)->offer(&abilities, &offer);
	assert_true(offer.expected_seconds == 120);
	abilities.ata.enhanced_erase = false;
	assert_offer(&abilities, TECHNIQUE_ATA_SECURITY_ENHANCED, "not-supported");
	abilities = (struct abilities){ .transport = TRANSPORT_ATA };
	assert_offers(&abilities, "not-known", "not-known");
}

/* ---- SANITIZE DEVICE ---- */

/* One block erase: before, the completion (what the error is when there is none), in the middle, after,
 * and what it left on the medium. */
static const struct {
	const char *conduct;
	enum erase_status before;
	int error;
	enum erase_status accepted, middle, after;
	enum content content;
} sanitize_cases[] = {
	{ "honest", ERASE_STATUS_NEVER, 0, ERASE_STATUS_RUNNING, ERASE_STATUS_RUNNING,
		ERASE_STATUS_SUCCEEDED, CONTENT_ERASED },
	{ "lies-success", ERASE_STATUS_NEVER, 0, ERASE_STATUS_RUNNING, ERASE_STATUS_RUNNING,
		ERASE_STATUS_SUCCEEDED, CONTENT_OLD },
	{ "stale-success", ERASE_STATUS_SUCCEEDED, 0, ERASE_STATUS_RUNNING, ERASE_STATUS_RUNNING,
		ERASE_STATUS_SUCCEEDED, CONTENT_ERASED },
	{ "refuses", ERASE_STATUS_SUCCEEDED, 0, ERASE_STATUS_FAILED, ERASE_STATUS_SUCCEEDED,
		ERASE_STATUS_SUCCEEDED, CONTENT_OLD },
	{ "fails-halfway", ERASE_STATUS_NEVER, 0, ERASE_STATUS_RUNNING, ERASE_STATUS_RUNNING,
		ERASE_STATUS_FAILED, CONTENT_HALF },
	{ "aborts", ERASE_STATUS_NEVER, 0, ERASE_STATUS_RUNNING, ERASE_STATUS_RUNNING,
		ERASE_STATUS_FAILED, CONTENT_OLD },
	{ "hangs-at-40", ERASE_STATUS_NEVER, 0, ERASE_STATUS_RUNNING, ERASE_STATUS_RUNNING,
		ERASE_STATUS_RUNNING, CONTENT_OLD },
	{ "hides-status", ERASE_STATUS_UNKNOWN, -EBADMSG, ERASE_STATUS_UNKNOWN,
		ERASE_STATUS_UNKNOWN, ERASE_STATUS_UNKNOWN, CONTENT_ERASED },
	{ "lies-hidden", ERASE_STATUS_UNKNOWN, -EBADMSG, ERASE_STATUS_UNKNOWN, ERASE_STATUS_UNKNOWN,
		ERASE_STATUS_UNKNOWN, CONTENT_OLD },
	{ "frozen", ERASE_STATUS_NEVER, 0, ERASE_STATUS_FAILED, ERASE_STATUS_NEVER,
		ERASE_STATUS_NEVER, CONTENT_OLD },
	{ "locked", ERASE_STATUS_NEVER, 0, ERASE_STATUS_FAILED, ERASE_STATUS_NEVER,
		ERASE_STATUS_NEVER, CONTENT_OLD },
	{ "unmaps-only", ERASE_STATUS_NEVER, 0, ERASE_STATUS_RUNNING, ERASE_STATUS_RUNNING,
		ERASE_STATUS_SUCCEEDED, CONTENT_OLD },
};

static enum erase_status look_at(struct bench *bench)
{
	struct erase_answer answer = { 0 };
	const struct erase_method *method = erase_method_for(bench->step.technique);
	int error = method->look(&bench->call, &answer);
	if (error)
		assert_int_equal(answer.raw_bytes, 0);
	else
		assert_int_equal(answer.witness, technique_facts(method->technique)->witness);
	return status_of(&answer);
}

static void sanitize_says_what_each_conduct_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sanitize_cases); i++) {
		struct bench bench;
		struct erase_answer accepted = { 0 };
		open_bench(&bench, sanitize_cases[i].conduct, TECHNIQUE_ATA_SANITIZE_BLOCK);
		assert_int_equal(look_at(&bench), sanitize_cases[i].before);
		assert_int_equal(erase_method_for(TECHNIQUE_ATA_SANITIZE_BLOCK)
					 ->start(&bench.call, &accepted),
			sanitize_cases[i].error);
		assert_int_equal(status_of(&accepted), sanitize_cases[i].accepted);
		bench.model.now_ms += ERASE_MS / 2;
		assert_int_equal(look_at(&bench), sanitize_cases[i].middle);
		bench.model.now_ms += ERASE_MS / 2;
		assert_int_equal(look_at(&bench), sanitize_cases[i].after);
		assert_int_equal(content_of(&bench), sanitize_cases[i].content);
		close_bench(&bench);
	}
}

/* An idle drive's "sanitize success" (10). The status that is already there before is not
 * changed by a command that was refused: only the completion tells. */
static void an_old_success_is_there_before_the_command(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sanitizes); i++) {
		struct bench bench;
		struct erase_answer accepted;
		open_bench(&bench, "refuses", sanitizes[i]);
		assert_int_equal(look_at(&bench), ERASE_STATUS_SUCCEEDED);
		assert_int_equal(erase_method_for(sanitizes[i])->start(&bench.call, &accepted), 0);
		assert_int_equal(status_of(&accepted), ERASE_STATUS_FAILED);
		bench.model.now_ms += 2 * ERASE_MS;
		assert_int_equal(look_at(&bench), ERASE_STATUS_SUCCEEDED);
		assert_int_equal(content_of(&bench), CONTENT_OLD);
		close_bench(&bench);
	}
}

static void each_kind_erases_its_own_way(void **state)
{
	(void)state;
	static const enum content contents[] = { CONTENT_SCRAMBLED, CONTENT_ERASED,
		CONTENT_PATTERN };
	for (size_t i = 0; i < ARRAY_SIZE(sanitizes); i++) {
		struct bench bench;
		struct erase_answer accepted;
		open_bench(&bench, "honest", sanitizes[i]);
		assert_int_equal(erase_method_for(sanitizes[i])->start(&bench.call, &accepted), 0);
		bench.model.now_ms += ERASE_MS;
		assert_int_equal(look_at(&bench), ERASE_STATUS_SUCCEEDED);
		assert_int_equal(content_of(&bench), contents[i]);
		close_bench(&bench);
	}
}

static void an_overwrite_wants_a_pattern_of_four_bytes(void **state)
{
	(void)state;
	struct bench bench;
	struct erase_answer accepted;
	open_bench(&bench, "honest", TECHNIQUE_ATA_SANITIZE_OVERWRITE);
	bench.step.pattern.period_bytes = 3;
	const struct erase_method *method = erase_method_for(TECHNIQUE_ATA_SANITIZE_OVERWRITE);
	assert_int_equal(method->start(&bench.call, &accepted), -EINVAL);
	bench.step.pattern = (struct pattern){ .kind = STREAM_RANDOM };
	assert_int_equal(method->start(&bench.call, &accepted), -EINVAL);
	assert_int_equal(bench.commands, 0);
	close_bench(&bench);
}

/* A failed operation closes the medium; recover opens it, and the failure is not forgotten by us. */
static void a_failed_drive_is_brought_back(void **state)
{
	(void)state;
	uint8_t sector[MODEL_SECTOR_BYTES];
	struct bench bench;
	struct erase_answer answer;
	open_bench(&bench, "fails-halfway", TECHNIQUE_ATA_SANITIZE_CRYPTO);
	const struct erase_method *method = erase_method_for(bench.step.technique);
	assert_int_equal(method->start(&bench.call, &answer), 0);
	bench.model.now_ms += ERASE_MS;
	assert_int_equal(look_at(&bench), ERASE_STATUS_FAILED);
	assert_int_equal(
		model_read(&bench.model.model, 0, 1, sector, bench.model.now_ms), OUTCOME_CLOSED);
	assert_int_equal(method->recover(&bench.call, &answer), 0);
	assert_int_equal(status_of(&answer), ERASE_STATUS_NEVER);
	assert_int_equal(
		model_read(&bench.model.model, 0, 1, sector, bench.model.now_ms), OUTCOME_DONE);
	close_bench(&bench);
}

/* ---- SECURITY ERASE UNIT ---- */

static const struct {
	const char *conduct;
	int error;
	enum erase_status completion, proof;
	enum content content;
	bool is_left_with_password; /* before recover */
} security_cases[] = {
	{ "honest", 0, ERASE_STATUS_SUCCEEDED, ERASE_STATUS_SUCCEEDED, CONTENT_ERASED, false },
	{ "lies-success", 0, ERASE_STATUS_SUCCEEDED, ERASE_STATUS_SUCCEEDED, CONTENT_OLD, false },
	{ "hides-status", 0, ERASE_STATUS_SUCCEEDED, ERASE_STATUS_SUCCEEDED, CONTENT_ERASED,
		false },
	{ "refuses", 0, ERASE_STATUS_FAILED, ERASE_STATUS_NEVER, CONTENT_OLD, true },
	{ "aborts", 0, ERASE_STATUS_FAILED, ERASE_STATUS_NEVER, CONTENT_OLD, true },
	{ "fails-halfway", 0, ERASE_STATUS_FAILED, ERASE_STATUS_NEVER, CONTENT_HALF, true },
	{ "hangs-at-40", -ETIMEDOUT, ERASE_STATUS_UNKNOWN, ERASE_STATUS_NEVER, CONTENT_OLD, true },
	{ "frozen", 0, ERASE_STATUS_FAILED, ERASE_STATUS_SUCCEEDED, CONTENT_OLD, false },
};

static void security_says_what_each_conduct_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(security_cases); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(securities); k++) {
			struct bench bench;
			struct erase_answer completion = { 0 }, proof;
			open_bench(&bench, security_cases[i].conduct, securities[k]);
			const struct erase_method *method = erase_method_for(securities[k]);
			assert_int_equal(look_at(&bench), ERASE_STATUS_SUCCEEDED); /* no password */
			assert_int_equal(
				method->start(&bench.call, &completion), security_cases[i].error);
			assert_int_equal(status_of(&completion), security_cases[i].completion);
			assert_int_equal(method->prove(&bench.call, &proof), 0);
			assert_int_equal(proof.witness, WITNESS_ATA_SECURITY);
			assert_int_equal(status_of(&proof), security_cases[i].proof);
			assert_int_equal(content_of(&bench), security_cases[i].content);
			assert_int_equal(bench.model.scsi.ata.has_password,
				security_cases[i].is_left_with_password);
			/* Brought back, it has none; what hangs, after the power was off. */
			assert_int_equal(method->recover(&bench.call, &proof), 0);
			if (security_cases[i].error == -ETIMEDOUT) {
				assert_int_equal(status_of(&proof), ERASE_STATUS_FAILED);
				power_cycle(&bench);
				assert_true(bench.model.model.locked);
				assert_int_equal(method->recover(&bench.call, &proof), 0);
			}
			assert_int_equal(status_of(&proof), ERASE_STATUS_SUCCEEDED);
			assert_false(bench.model.scsi.ata.has_password);
			close_bench(&bench);
		}
	}
}

/* Cut off at each command, which the drive may have got or not, and with the power lost or not: what
 * stands in the plan always opens the drive again, and then it erases. */
static void a_drive_is_never_left_behind_the_password(void **state)
{
	(void)state;
	for (int variant = 0; variant < 4; variant++) {
		bool carry_out = variant & 1, power_loss = variant & 2;
		for (int cut_at = 1;; cut_at++) {
			struct bench bench;
			struct erase_answer answer = { 0 };
			open_bench(&bench, "honest", TECHNIQUE_ATA_SECURITY_ENHANCED);
			const struct erase_method *method =
				erase_method_for(TECHNIQUE_ATA_SECURITY_ENHANCED);
			bench.cut_at = cut_at;
			bench.carry_out = carry_out;
			int error = method->start(&bench.call, &answer);
			if (error == 0) { /* it was not cut off any more */
				assert_int_equal(cut_at, 5);
				close_bench(&bench);
				break;
			}
			assert_int_equal(error, -ENODEV);
			assert_int_equal(answer.raw_bytes, 0);
			bench.cut_at = 0;
			if (power_loss)
				power_cycle(&bench);
			bool has_password = cut_at > 2 || (cut_at == 2 && carry_out);
			if (cut_at == 4 && carry_out && !power_loss)
				has_password = false; /* it ended by itself */
			assert_int_equal(bench.model.scsi.ata.has_password, has_password);
			assert_int_equal(bench.model.model.locked, has_password && power_loss);

			assert_int_equal(method->recover(&bench.call, &answer), 0);
			assert_int_equal(status_of(&answer), ERASE_STATUS_SUCCEEDED);
			assert_false(bench.model.scsi.ata.has_password);
			assert_false(bench.model.model.locked);
			assert_int_equal(method->start(&bench.call, &answer), 0);
			assert_int_equal(status_of(&answer), ERASE_STATUS_SUCCEEDED);
			assert_int_equal(content_of(&bench), CONTENT_ERASED);
			close_bench(&bench);
		}
	}
}

/* Also without recover, locked as it is: SECURITY ERASE UNIT takes the password itself. */
static void a_start_that_was_cut_off_is_gone_on_with(void **state)
{
	(void)state;
	struct bench bench;
	struct erase_answer answer;
	open_bench(&bench, "honest", TECHNIQUE_ATA_SECURITY_NORMAL);
	const struct erase_method *method = erase_method_for(TECHNIQUE_ATA_SECURITY_NORMAL);
	bench.cut_at = 3; /* the password is set, nothing prepared */
	assert_int_equal(method->start(&bench.call, &answer), -ENODEV);
	power_cycle(&bench);
	assert_true(bench.model.model.locked);
	assert_int_equal(method->start(&bench.call, &answer), 0);
	assert_int_equal(status_of(&answer), ERASE_STATUS_SUCCEEDED);
	assert_int_equal(method->prove(&bench.call, &answer), 0);
	assert_int_equal(status_of(&answer), ERASE_STATUS_SUCCEEDED);
	assert_int_equal(content_of(&bench), CONTENT_ERASED);
	close_bench(&bench);
}

/* Recover itself is cut off at each command, and gone on with. */
static void a_recovery_that_was_cut_off_is_gone_on_with(void **state)
{
	(void)state;
	for (int variant = 0; variant < 4; variant++) {
		for (int cut_at = 1;; cut_at++) {
			struct bench bench;
			struct erase_answer answer;
			open_bench(&bench, "honest", TECHNIQUE_ATA_SECURITY_NORMAL);
			const struct erase_method *method =
				erase_method_for(TECHNIQUE_ATA_SECURITY_NORMAL);
			bench.cut_at = 3;
			assert_int_equal(method->start(&bench.call, &answer), -ENODEV);
			power_cycle(&bench);
			bench.commands = 0;
			bench.cut_at = cut_at;
			bench.carry_out = variant & 1;
			int error = method->recover(&bench.call, &answer);
			if (error) {
				bench.cut_at = 0;
				if (variant & 2)
					power_cycle(&bench);
				assert_int_equal(method->recover(&bench.call, &answer), 0);
			}
			assert_int_equal(status_of(&answer), ERASE_STATUS_SUCCEEDED);
			assert_false(bench.model.scsi.ata.has_password);
			assert_int_equal(content_of(&bench), CONTENT_OLD);
			close_bench(&bench);
			if (error == 0)
				break;
		}
	}
}

/* Somebody else's password, set after the plan was made: not changed, not erased. */
static void a_foreign_password_is_left_as_it_is(void **state)
{
	(void)state;
	static const uint8_t foreign[ATA_PASSWORD_BYTES] = "somebody else's password";
	for (int locked = 0; locked < 2; locked++) {
		struct bench bench;
		struct erase_answer answer;
		open_bench(&bench, "honest", TECHNIQUE_ATA_SECURITY_ENHANCED);
		const struct erase_method *method =
			erase_method_for(TECHNIQUE_ATA_SECURITY_ENHANCED);
		assert_int_equal(
			ata_security_set_password(&bench.transports.scsi, foreign, &answer), 0);
		if (locked)
			power_cycle(&bench);
		assert_int_equal(method->start(&bench.call, &answer), 0);
		assert_int_equal(status_of(&answer), ERASE_STATUS_FAILED);
		assert_int_equal(method->recover(&bench.call, &answer), 0);
		assert_int_equal(status_of(&answer), ERASE_STATUS_FAILED);
		assert_true(bench.model.scsi.ata.has_password);
		assert_memory_equal(bench.model.scsi.ata.password, foreign, sizeof(foreign));
		assert_int_equal(content_of(&bench), CONTENT_OLD);
		close_bench(&bench);
	}
}

static void without_a_password_in_the_plan_nothing_is_sent(void **state)
{
	(void)state;
	struct bench bench;
	struct erase_answer answer;
	open_bench(&bench, "honest", TECHNIQUE_ATA_SECURITY_NORMAL);
	memset(bench.step.password, 0, PASSWORD_BYTES);
	assert_int_equal(
		erase_method_for(TECHNIQUE_ATA_SECURITY_NORMAL)->start(&bench.call, &answer),
		-EINVAL);
	assert_int_equal(bench.commands, 0);
	close_bench(&bench);
}

/* ---- capacity ---- */

static const struct {
	const char *conduct;
	struct capacity_change changes[3];
	size_t count;
} capacity_cases[] = {
	{ "honest", { { "hpa", 64, 64, 0 }, { "dco", 64, 64, 0 } }, 2 },
	{ "hpa", { { "hpa", 48, 64, 0 }, { "dco", 64, 64, 0 } }, 2 },
	{ "hpa-over-dco", { { "hpa", 32, 48, 0 }, { "dco", 48, 64, 0 } }, 2 },
	{ "amac", { { "amac", 48, 64, 0 } }, 1 },
};

static void all_of_the_medium_is_shown(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(capacity_cases); i++) {
		struct bench bench;
		struct capacity_change changes[3];
		size_t count = 99;
		open_bench(&bench, capacity_cases[i].conduct, TECHNIQUE_NONE);
		assert_int_equal(restore_capacity(&bench.call, changes, &count), 0);
		assert_int_equal(count, capacity_cases[i].count);
		for (size_t k = 0; k < count; k++) {
			const struct capacity_change *want = &capacity_cases[i].changes[k];
			assert_string_equal(changes[k].area, want->area);
			assert_true(changes[k].before_sectors == want->before_sectors);
			assert_true(changes[k].after_sectors == want->after_sectors);
			assert_int_equal(changes[k].errnum, 0);
		}
		power_cycle(&bench); /* it was for good */
		assert_true(bench.model.scsi.ata.current_sectors == SECTORS);
		close_bench(&bench);
	}
}

/* Cut off at each command: what was not seen to be all is said not to be. */
static void capacity_that_was_not_seen_is_not_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(capacity_cases); i++) {
		for (int cut_at = 1;; cut_at++) {
			struct bench bench;
			struct capacity_change changes[3];
			size_t count = 0;
			open_bench(&bench, capacity_cases[i].conduct, TECHNIQUE_NONE);
			bench.cut_at = cut_at;
			int error = restore_capacity(&bench.call, changes, &count);
			bool was_cut = bench.commands >= cut_at;
			bool all_good = error == 0;
			for (size_t k = 0; k < count; k++)
				all_good &= changes[k].errnum == 0;
			assert_int_equal(all_good, !was_cut);
			close_bench(&bench);
			if (!was_cut)
				break;
		}
	}
}

static void others_have_no_such_areas(void **state)
{
	(void)state;
	struct bench bench;
	struct capacity_change changes[3];
	size_t count = 99;
	open_bench(&bench, "hpa", TECHNIQUE_NONE);
	bench.drive.identity.transport = TRANSPORT_SCSI;
	assert_int_equal(restore_capacity(&bench.call, changes, &count), 0);
	assert_int_equal(count, 0);
	bench.drive.identity.transport = TRANSPORT_ATA;
	bench.transports.scsi.send = NULL;
	assert_int_equal(restore_capacity(&bench.call, changes, &count), -EOPNOTSUPP);
	close_bench(&bench);
}

/* A script of IDENTIFY DEVICE and capacity commands. */
struct script {
	uint8_t identify[8][512], overlay[512];
	struct fake_scsi_step steps[24];
	size_t count, identifies;
};

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

static void expect_identify(struct script *script, uint64_t sectors, bool has_hpa)
{
	uint8_t *data = script->identify[script->identifies++];
	memset(data, 0, 512);
	put_word(data, 0, 0x0040);
	put_word(data, 82, has_hpa ? 1 << 10 : 0);
	put_word(data, 83, 0x4000 | 1 << 10 | 1 << 11);
	put_word(data, 87, 0x4000);
	put_le(data + 2 * 100, sectors, 8);
	seal(data);
	struct fake_scsi_step *step = &script->steps[script->count++];
	*step = fake_ata_pio_in("IDENTIFY DEVICE", 0, 0xec, 0);
	fake_scsi_good(step, data, 512);
}

static void expect_native_max(struct script *script, uint64_t sectors)
{
	struct fake_scsi_step *step = &script->steps[script->count++];
	*step = fake_ata_non_data("READ NATIVE MAX ADDRESS EXT", true, 0, 0x27, 0x40);
	fake_scsi_registers(step, true, 0, 0, sectors - 1, 0x40, 0x50);
}

static void expect_set_max(struct script *script, uint16_t sectors, bool for_good, bool refused)
{
	struct fake_scsi_step *step = &script->steps[script->count++];
	*step = fake_ata_non_data("SET MAX ADDRESS EXT", true, 0, 0x37, 0x40);
	step->cdb[6] = for_good;
	step->cdb[8] = (uint8_t)(sectors - 1);
	step->cdb[10] = (uint8_t)((sectors - 1) >> 8);
	fake_scsi_registers(step, true, refused ? 0x04 : 0, 0, 0, 0x40, refused ? 0x51 : 0x50);
}

static void expect_overlay(struct script *script, uint64_t sectors)
{
	memset(script->overlay, 0, 512);
	script->overlay[0] = 2;
	put_le(script->overlay + 6, sectors - 1, 8);
	seal(script->overlay);
	struct fake_scsi_step *step = &script->steps[script->count++];
	*step = fake_ata_pio_in("DEVICE CONFIGURATION IDENTIFY", 0xc2, 0xb1, 0x40);
	fake_scsi_good(step, script->overlay, 512);
	step = &script->steps[script->count++];
	*step = fake_ata_non_data("DEVICE CONFIGURATION RESTORE", false, 0xc0, 0xb1, 0x40);
	fake_scsi_registers(step, false, 0, 0, 0, 0x40, 0x50);
}

static size_t play_script(const struct script *script, struct capacity_change changes[static 3])
{
	struct fake_scsi fake;
	struct drive drive = { .fd = -1, .identity = { .transport = TRANSPORT_ATA } };
	size_t count = 0;
	fake_scsi_start(&fake, script->steps, script->count);
	struct transports transports = { .scsi = fake.transport, .fd = -1 };
	const struct erase_call call = { .drive = &drive, .transports = &transports };
	assert_int_equal(restore_capacity(&call, changes, &count), 0);
	fake_scsi_finish(&fake);
	return count;
}

/* The overlay had hidden a protected area with more behind it, and a maximum is set for good only once
 * until the power is off. */
static void an_area_that_the_overlay_hid_is_lifted_too(void **state)
{
	(void)state;
	struct script script = { 0 };
	struct capacity_change changes[3];
	expect_identify(&script, 1000, true);
	expect_native_max(&script, 2000);
	expect_set_max(&script, 2000, true, false);
	expect_identify(&script, 2000, true);
	expect_overlay(&script, 4000);
	expect_identify(&script, 2000, true);
	expect_native_max(&script, 4000);
	expect_set_max(&script, 4000, true, true);
	expect_native_max(&script, 4000);
	expect_set_max(&script, 4000, false, false);
	expect_identify(&script, 4000, true);
	expect_identify(&script, 4000, true);
	assert_int_equal(play_script(&script, changes), 2);
	assert_string_equal(changes[0].area, "hpa");
	assert_true(changes[0].before_sectors == 1000 && changes[0].after_sectors == 4000);
	assert_string_equal(changes[1].area, "dco");
	assert_true(changes[1].before_sectors == 2000 && changes[1].after_sectors == 4000);
	assert_int_equal(changes[0].errnum, 0);
	assert_int_equal(changes[1].errnum, 0);
}

/* The overlay hid that there is such an area at all. */
static void a_feature_set_that_the_overlay_hid_is_asked(void **state)
{
	(void)state;
	struct script script = { 0 };
	struct capacity_change changes[3];
	expect_identify(&script, 1000, false);
	expect_overlay(&script, 4000);
	expect_identify(&script, 1000, true);
	expect_native_max(&script, 4000);
	expect_set_max(&script, 4000, true, false);
	expect_identify(&script, 4000, true);
	expect_identify(&script, 4000, true);
	assert_int_equal(play_script(&script, changes), 2);
	assert_string_equal(changes[0].area, "dco");
	assert_string_equal(changes[1].area, "hpa");
	assert_true(changes[1].before_sectors == 1000 && changes[1].after_sectors == 4000);
	assert_int_equal(changes[0].errnum, 0);
	assert_int_equal(changes[1].errnum, 0);
}

/* The drive says that it did, and did not. */
static void what_the_drive_does_not_show_then_is_not_lifted(void **state)
{
	(void)state;
	struct script script = { 0 };
	struct capacity_change changes[3];
	expect_identify(&script, 1000, false);
	expect_overlay(&script, 4000);
	expect_identify(&script, 1000, false);
	assert_int_equal(play_script(&script, changes), 1);
	assert_true(changes[0].before_sectors == 1000 && changes[0].after_sectors == 1000);
	assert_int_equal(changes[0].errnum, EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drives_offer_what_they_can_do_now),
		cmocka_unit_test(each_kind_is_offered_by_itself),
		cmocka_unit_test(how_long_it_takes_is_the_drives_word),
		cmocka_unit_test(sanitize_says_what_each_conduct_says),
		cmocka_unit_test(an_old_success_is_there_before_the_command),
		cmocka_unit_test(each_kind_erases_its_own_way),
		cmocka_unit_test(an_overwrite_wants_a_pattern_of_four_bytes),
		cmocka_unit_test(a_failed_drive_is_brought_back),
		cmocka_unit_test(security_says_what_each_conduct_says),
		cmocka_unit_test(a_drive_is_never_left_behind_the_password),
		cmocka_unit_test(a_start_that_was_cut_off_is_gone_on_with),
		cmocka_unit_test(a_recovery_that_was_cut_off_is_gone_on_with),
		cmocka_unit_test(a_foreign_password_is_left_as_it_is),
		cmocka_unit_test(without_a_password_in_the_plan_nothing_is_sent),
		cmocka_unit_test(all_of_the_medium_is_shown),
		cmocka_unit_test(capacity_that_was_not_seen_is_not_told),
		cmocka_unit_test(others_have_no_such_areas),
		cmocka_unit_test(an_area_that_the_overlay_hid_is_lifted_too),
		cmocka_unit_test(a_feature_set_that_the_overlay_hid_is_asked),
		cmocka_unit_test(what_the_drive_does_not_show_then_is_not_lifted),
	};
	return cmocka_run_group_tests_name("erase_ata", tests, NULL, NULL);
}
