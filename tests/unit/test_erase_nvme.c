/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The NVMe methods on drive models: what is sent, what each conduct answers, and that a call that
 * fails at whichever command never says more than what the drive said. */
#include "wipe/erase/nvme.h"
#include "wipe/erase/methods.h"

#include "tests/support/model_nvme.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#define SIZE_BYTES (64 * 1024)
#define SECTORS (SIZE_BYTES / 512)

static const enum technique sanitizes[] = { TECHNIQUE_NVME_SANITIZE_CRYPTO,
	TECHNIQUE_NVME_SANITIZE_BLOCK, TECHNIQUE_NVME_SANITIZE_OVERWRITE };
static const enum technique all[] = { TECHNIQUE_NVME_SANITIZE_CRYPTO, TECHNIQUE_NVME_SANITIZE_BLOCK,
	TECHNIQUE_NVME_SANITIZE_OVERWRITE, TECHNIQUE_NVME_FORMAT_CRYPTO,
	TECHNIQUE_NVME_FORMAT_USER };

static bool is_sanitize(enum technique technique)
{
	return technique_facts(technique)->witness == WITNESS_NVME_SANITIZE_LOG;
}

/* A drive full of 41h, and a step that is to erase it. */
struct scene {
	struct model_nvme drive;
	struct transports transports;
	struct plan_step step;
	struct erase_call call;
	const struct erase_method *method;
};

static void begin(struct scene *scene, const char *conduct, enum technique technique)
{
	uint8_t data[512];
	*scene = (struct scene){ .transports.fd = -1,
		.step = { .method = STEP_ERASE,
			.technique = technique,
			.scope = is_sanitize(technique) ? SCOPE_SUBSYSTEM : SCOPE_NAMESPACE,
			.pattern = { .kind = STREAM_PERIODIC,
				.period = { 0xd1, 0xc2, 0xb3, 0xa4 },
				.period_bytes = 4 } } };
	model_nvme_start(&scene->drive, conduct, SIZE_BYTES);
	memset(data, 'A', sizeof(data));
	for (uint64_t i = 0; i < model_nvme_sectors(&scene->drive); i++)
		assert_int_equal(model_nvme_write(&scene->drive, i, data), 0);
	model_nvme_obey(&scene->drive, "erase-ms 1000");
	scene->transports.nvme = scene->drive.transport;
	scene->call = (struct erase_call){ .transports = &scene->transports, .step = &scene->step };
	scene->method = erase_method_for(technique);
	assert_non_null(scene->method);
}

static void end(struct scene *scene)
{
	model_nvme_end(&scene->drive);
}

static struct erase_state state_of(
	int (*ask)(const struct erase_call *, struct erase_answer *), struct scene *scene)
{
	struct erase_answer answer = { .raw_bytes = 0 };
	struct erase_state state;
	assert_int_equal(ask(&scene->call, &answer), 0);
	erase_state_read(&answer, &state);
	return state;
}

static bool holds_old_text(struct scene *scene)
{
	uint8_t data[512];
	for (uint64_t i = 0; i < SECTORS; i++) {
		if (model_nvme_read(&scene->drive, i, data) != 0)
			continue;
		if (memchr(data, 'A', sizeof(data)) && data[0] == 'A' && data[511] == 'A')
			return true;
	}
	return false;
}

/* The only command of the drive that can destroy; fails when there was another. */
static const struct nvme_command *destroyer(const struct scene *scene)
{
	const struct nvme_command *found = NULL;
	for (size_t i = 0; i < scene->drive.sent_count; i++) {
		const struct nvme_command *command = &scene->drive.sent[i];
		if (command->opcode == 0x02 || command->opcode == 0x06)
			continue;
		assert_null(found);
		found = command;
	}
	return found;
}

/* ---- what is sent ---- */

static void test_dwords(void **state)
{
	static const struct {
		enum technique technique;
		uint8_t opcode;
		uint32_t namespace_id, dword_10, dword_11;
	} cases[] = {
		/* SANACT, AUSE, NDAS; OWPASS 1 and the pattern as it lies on the medium. */
		{ TECHNIQUE_NVME_SANITIZE_CRYPTO, 0x84, 0, 0x20c, 0 },
		{ TECHNIQUE_NVME_SANITIZE_BLOCK, 0x84, 0, 0x20a, 0 },
		{ TECHNIQUE_NVME_SANITIZE_OVERWRITE, 0x84, 0, 0x21b, 0xa4b3c2d1 },
		/* SES; the model has one format. */
		{ TECHNIQUE_NVME_FORMAT_CRYPTO, 0x80, 1, 0x400, 0 },
		{ TECHNIQUE_NVME_FORMAT_USER, 0x80, 1, 0x200, 0 },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene scene;
		begin(&scene, "honest", cases[i].technique);
		(void)state_of(scene.method->start, &scene);
		const struct nvme_command *sent = destroyer(&scene);
		assert_non_null(sent);
		assert_int_equal(sent->opcode, cases[i].opcode);
		assert_int_equal(sent->namespace_id, cases[i].namespace_id);
		assert_int_equal(sent->dword_10, cases[i].dword_10);
		assert_int_equal(sent->dword_11, cases[i].dword_11);
		assert_int_equal(
			sent->dword_12 | sent->dword_13 | sent->dword_14 | sent->dword_15, 0);
		assert_int_equal(sent->data_length, 0);
		end(&scene);
	}
}

/* Where the controller does not take No-Deallocate (NDI), it is not asked for. */
static void test_no_deallocate_is_not_forced(void **state)
{
	struct scene scene;
	(void)state;
	begin(&scene, "unmaps-only", TECHNIQUE_NVME_SANITIZE_BLOCK);
	assert_int_equal(state_of(scene.method->start, &scene).status, ERASE_STATUS_RUNNING);
	assert_int_equal(destroyer(&scene)->dword_10, 0x00a);
	end(&scene);
}

/* A drive whose command hits more than the plan says was not guarded for that. */
static void test_scope_is_the_plans(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct scene scene;
		struct erase_answer answer;
		begin(&scene, "two-tenants", all[i]);
		scene.step.scope = SCOPE_NAMESPACE;
		assert_int_equal(scene.method->start(&scene.call, &answer), -EPERM);
		assert_null(destroyer(&scene));
		scene.step.scope = SCOPE_SUBSYSTEM;
		assert_int_equal(scene.method->start(&scene.call, &answer), 0);
		assert_non_null(destroyer(&scene));
		end(&scene);
	}
}

static void test_pattern_must_be_four_bytes(void **state)
{
	struct scene scene;
	struct erase_answer answer;
	(void)state;
	begin(&scene, "honest", TECHNIQUE_NVME_SANITIZE_OVERWRITE);
	scene.step.pattern.period_bytes = 3;
	assert_int_equal(scene.method->start(&scene.call, &answer), -EINVAL);
	scene.step.pattern.kind = STREAM_RANDOM;
	assert_int_equal(scene.method->start(&scene.call, &answer), -EINVAL);
	assert_int_equal(scene.drive.sent_count, 0);
	end(&scene);
}

/* ---- an honest drive ---- */

static void test_honest_sanitize(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sanitizes); i++) {
		struct scene scene;
		uint8_t data[512];
		begin(&scene, "honest", sanitizes[i]);
		assert_int_equal(state_of(scene.method->look, &scene).status, ERASE_STATUS_NEVER);
		assert_int_equal(
			state_of(scene.method->start, &scene).status, ERASE_STATUS_RUNNING);
		scene.drive.now_ms += 500;
		struct erase_state half = state_of(scene.method->look, &scene);
		assert_int_equal(half.status, ERASE_STATUS_RUNNING);
		assert_int_equal(half.progress, 32768);
		assert_int_equal(model_nvme_read(&scene.drive, 0, data), 0x01d);
		scene.drive.now_ms += 500;
		struct erase_state over = state_of(scene.method->look, &scene);
		assert_int_equal(over.status, ERASE_STATUS_SUCCEEDED);
		assert_true(over.kept && over.untouched);
		assert_false(holds_old_text(&scene));
		assert_int_equal(model_nvme_read(&scene.drive, 3, data), 0);
		if (sanitizes[i] == TECHNIQUE_NVME_SANITIZE_OVERWRITE)
			assert_memory_equal(data + 508, scene.step.pattern.period, 4);
		else if (sanitizes[i] == TECHNIQUE_NVME_SANITIZE_BLOCK)
			assert_int_equal(data[0] & data[511], 0xff);
		assert_int_equal(model_nvme_write(&scene.drive, 0, data), 0);
		assert_false(state_of(scene.method->look, &scene).untouched);
		end(&scene);
	}
}

static void test_honest_format(void **state)
{
	(void)state;
	for (size_t i = 3; i < ARRAY_SIZE(all); i++) {
		struct scene scene;
		begin(&scene, "honest", all[i]);
		assert_null(scene.method->look);
		assert_null(scene.method->recover);
		assert_int_equal(
			state_of(scene.method->start, &scene).status, ERASE_STATUS_SUCCEEDED);
		assert_false(holds_old_text(&scene));
		end(&scene);
	}
}

/* ---- the others ---- */

/* How it stands when the command was answered, and at the end. */
struct course {
	const char *conduct;
	enum erase_status before, accepted, after;
	bool kept, old_text_stays;
};

static void follow(const struct course *course, enum technique technique)
{
	struct scene scene;
	begin(&scene, course->conduct, technique);
	assert_int_equal(state_of(scene.method->look, &scene).status, course->before);
	assert_int_equal(state_of(scene.method->start, &scene).status, course->accepted);
	scene.drive.now_ms += 3600 * 1000;
	struct erase_state after = state_of(scene.method->look, &scene);
	assert_int_equal(after.status, course->after);
	assert_int_equal(after.kept, course->kept);
	if (after.status != ERASE_STATUS_RUNNING && after.status != ERASE_STATUS_FAILED)
		assert_int_equal(holds_old_text(&scene), course->old_text_stays);
	end(&scene);
}

static void test_conducts(void **state)
{
#define BEFORE ERASE_STATUS_NEVER, ERASE_STATUS_RUNNING
	static const struct course courses[] = {
		{ "honest", BEFORE, ERASE_STATUS_SUCCEEDED, true, false },
		{ "fails-halfway", BEFORE, ERASE_STATUS_FAILED, false, true },
		{ "aborts", BEFORE, ERASE_STATUS_FAILED, false, true },
		/* The markers find it: its answers are those of the honest one. */
		{ "lies-success", BEFORE, ERASE_STATUS_SUCCEEDED, true, true },
		{ "hangs-at-40", BEFORE, ERASE_STATUS_RUNNING, false, true },
		{ "needs-write", BEFORE, ERASE_STATUS_SUCCEEDED, true, false },
		/* It reads zeros, and does not say that it deallocated nothing. */
		{ "unmaps-only", BEFORE, ERASE_STATUS_SUCCEEDED, false, false },
		{ "stale-success", ERASE_STATUS_SUCCEEDED, ERASE_STATUS_RUNNING,
			ERASE_STATUS_SUCCEEDED, true, false },
		/* What stands there is not ours. */
		{ "refuses", ERASE_STATUS_SUCCEEDED, ERASE_STATUS_FAILED, ERASE_STATUS_SUCCEEDED,
			false, true },
		{ "frozen", ERASE_STATUS_NEVER, ERASE_STATUS_FAILED, ERASE_STATUS_NEVER, false,
			true },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(courses); i++)
		for (size_t j = 0; j < ARRAY_SIZE(sanitizes); j++) {
			/* An overwrite leaves nothing unreadable. */
			follow(&courses[i], sanitizes[j]);
		}
}

/* "false success 10": after the command the old success stands there still, and is not untouched. */
static void test_stale_success_is_seen_begin(void **state)
{
	struct scene scene;
	(void)state;
	begin(&scene, "stale-success", TECHNIQUE_NVME_SANITIZE_BLOCK);
	assert_int_equal(state_of(scene.method->start, &scene).status, ERASE_STATUS_RUNNING);
	assert_int_equal(state_of(scene.method->look, &scene).status, ERASE_STATUS_SUCCEEDED);
	scene.drive.now_ms += 500;
	assert_int_equal(state_of(scene.method->look, &scene).status, ERASE_STATUS_RUNNING);
	end(&scene);
}

/* "false success 2": the progress is FFFFh after a failure too, and the status alone counts. */
static void test_progress_is_no_success(void **state)
{
	struct scene scene;
	struct erase_answer answer;
	struct erase_state told;
	(void)state;
	begin(&scene, "aborts", TECHNIQUE_NVME_SANITIZE_CRYPTO);
	assert_int_equal(state_of(scene.method->start, &scene).status, ERASE_STATUS_RUNNING);
	scene.drive.now_ms += 1000;
	assert_int_equal(scene.method->look(&scene.call, &answer), 0);
	assert_int_equal(answer.raw[0] | answer.raw[1] << 8, 0xffff);
	erase_state_read(&answer, &told);
	assert_int_equal(told.status, ERASE_STATUS_FAILED);
	end(&scene);
}

/* "false success 11": without a log there is no answer, and nothing is offered. */
static void test_hidden_status(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sanitizes); i++) {
		struct scene scene;
		struct erase_answer answer = { .raw_bytes = 7 };
		struct abilities abilities = { .transport = TRANSPORT_NVME };
		struct erase_offer offer;
		begin(&scene, "hides-status", sanitizes[i]);
		assert_int_equal(scene.method->look(&scene.call, &answer), -EREMOTEIO);
		assert_int_equal(answer.raw_bytes, 7);
		nvme_abilities_read(&scene.drive.transport, &abilities.nvme);
		scene.method->offer(&abilities, &offer);
		assert_false(offer.offered);
		assert_string_equal(offer.why_not, "status-hidden");
		end(&scene);
	}
}

/* Out of the failure mode, because haiki asked for that (AUSE); and a failure it stays. */
static void test_recover(void **state)
{
	static const char *const conducts[] = { "fails-halfway", "aborts" };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(conducts); i++) {
		struct scene scene;
		uint8_t data[512];
		begin(&scene, conducts[i], TECHNIQUE_NVME_SANITIZE_BLOCK);
		(void)state_of(scene.method->start, &scene);
		scene.drive.now_ms += 1000;
		assert_int_equal(state_of(scene.method->look, &scene).status, ERASE_STATUS_FAILED);
		assert_int_equal(model_nvme_read(&scene.drive, 0, data), 0x01c);
		assert_int_equal(
			state_of(scene.method->recover, &scene).status, ERASE_STATUS_SUCCEEDED);
		const struct nvme_command *last = &scene.drive.sent[scene.drive.sent_count - 1];
		assert_int_equal(last->opcode, 0x84);
		assert_int_equal(last->dword_10, 0x1);
		assert_int_equal(model_nvme_read(&scene.drive, 0, data), 0);
		assert_int_not_equal(
			state_of(scene.method->look, &scene).status, ERASE_STATUS_SUCCEEDED);
		end(&scene);
	}
}

static void test_format_conducts(void **state)
{
	static const struct {
		const char *conduct;
		enum erase_status after;
		bool old_text_stays;
	} cases[] = {
		{ "honest", ERASE_STATUS_SUCCEEDED, false },
		{ "fails-halfway", ERASE_STATUS_FAILED, true },
		{ "aborts", ERASE_STATUS_FAILED, true },
		{ "lies-success", ERASE_STATUS_SUCCEEDED, true },
		{ "unmaps-only", ERASE_STATUS_SUCCEEDED, false },
		{ "refuses", ERASE_STATUS_FAILED, true },
		{ "frozen", ERASE_STATUS_FAILED, true },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t j = 3; j < ARRAY_SIZE(all); j++) {
			struct scene scene;
			begin(&scene, cases[i].conduct, all[j]);
			assert_int_equal(
				state_of(scene.method->start, &scene).status, cases[i].after);
			assert_int_equal(holds_old_text(&scene), cases[i].old_text_stays);
			end(&scene);
		}
}

/* A drive that never ends has not answered. */
static void test_format_that_never_ends(void **state)
{
	struct scene scene;
	struct erase_answer answer = { .raw_bytes = 7 };
	(void)state;
	begin(&scene, "hangs-at-40", TECHNIQUE_NVME_FORMAT_USER);
	assert_int_equal(scene.method->start(&scene.call, &answer), -ETIMEDOUT);
	assert_int_equal(answer.raw_bytes, 7);
	end(&scene);
}

/* ---- the second witness ---- */

static struct model_nvme *forged;

/* The persistent event log says that the newest sanitize failed: SSTAT of its completion, which is the
 * first event. */
static int send_with_failure_event(struct nvme_transport *transport,
	const struct nvme_command *command, uint16_t *ret_status, uint32_t *ret_result)
{
	(void)transport;
	int result = forged->transport.send(&forged->transport, command, ret_status, ret_result);
	if (result == 0 && (command->dword_10 & 0xff) == 0x0d && command->dword_12 == 512 &&
		command->data[0] == 0x0a)
		command->data[24 + 2] = 3;
	return result;
}

static void test_two_witnesses_must_agree(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sanitizes); i++) {
		struct scene scene;
		struct erase_answer answer = { .raw_bytes = 7 };
		begin(&scene, "honest", sanitizes[i]);
		(void)state_of(scene.method->start, &scene);
		scene.drive.now_ms += 1000;
		assert_int_equal(
			state_of(scene.method->prove, &scene).status, ERASE_STATUS_SUCCEEDED);
		forged = &scene.drive;
		scene.transports.nvme.send = send_with_failure_event;
		assert_int_equal(scene.method->prove(&scene.call, &answer), -EBADMSG);
		assert_int_equal(answer.raw_bytes, 7);
		end(&scene);
	}
}

/* The event log that is not told takes nothing away; log 81h that is not told, everything. */
static void test_proof_when_a_question_fails(void **state)
{
	struct scene scene;
	bool failed = true;
	(void)state;
	begin(&scene, "honest", TECHNIQUE_NVME_SANITIZE_CRYPTO);
	(void)state_of(scene.method->start, &scene);
	scene.drive.now_ms += 1000;
	for (unsigned fails_at = 1; failed; fails_at++) {
		struct erase_answer answer = { .raw_bytes = 7 };
		scene.drive.calls = 0;
		scene.drive.sent_count = 0;
		scene.drive.fails_at = fails_at;
		int result = scene.method->prove(&scene.call, &answer);
		failed = scene.drive.calls >= fails_at;
		assert_int_equal(result, fails_at == 1 ? -EIO : 0);
		assert_int_equal(answer.raw_bytes, fails_at == 1 ? 7 : 512);
	}
	end(&scene);
}

/* ---- every failure ---- */

/* Whichever call of the transport fails, the method says so, and gives no answer. */
static void test_each_call_fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		bool failed = true;
		for (unsigned fails_at = 1; failed; fails_at++) {
			struct scene scene;
			struct erase_answer answer = { .raw_bytes = 7 };
			begin(&scene, "honest", all[i]);
			scene.drive.fails_at = fails_at;
			int result = scene.method->start(&scene.call, &answer);
			failed = scene.drive.calls >= fails_at;
			assert_int_equal(result, failed ? -EIO : 0);
			assert_true(answer.raw_bytes == (failed ? 7 : 3));
			/* What failed here was not carried out: nothing destroys unless all is known. */
			assert_true((destroyer(&scene) == NULL) == failed);
			end(&scene);
		}
	}
}

/* ---- "false success 7": no path sends settings that erase nothing ---- */

static void test_nothing_sends_a_format_that_erases_nothing(void **state)
{
	static const char *const conducts[] = { "honest", "two-tenants", "refuses", "aborts" };
	(void)state;
	for (size_t c = 0; c < ARRAY_SIZE(conducts); c++)
		for (size_t i = 0; i < TECHNIQUES; i++) {
			const struct erase_method *method = erase_method_for((enum technique)i);
			struct scene scene;
			struct erase_answer answer;
			if (!method ||
				(strncmp(technique_name(method->technique), "nvme-", 5) != 0))
				continue;
			begin(&scene, conducts[c], method->technique);
			if (c == 1)
				scene.step.scope = SCOPE_SUBSYSTEM;
			(void)method->start(&scene.call, &answer);
			if (method->recover)
				(void)method->recover(&scene.call, &answer);
			for (size_t j = 0; j < scene.drive.sent_count; j++) {
				const struct nvme_command *sent = &scene.drive.sent[j];
				unsigned settings = sent->dword_10 >> 9 & 7;
				assert_true(sent->opcode != 0x80 || settings == 1 || settings == 2);
				assert_true(sent->opcode != 0x80 ||
					    sent->namespace_id != NVME_ALL_NAMESPACES);
			}
			end(&scene);
		}
}

/* ---- offers ---- */

static void offered(
	const char *conduct, const char *words, enum technique technique, struct erase_offer *ret)
{
	struct model_nvme drive;
	struct abilities abilities = { .transport = TRANSPORT_NVME };
	model_nvme_start(&drive, conduct, SIZE_BYTES);
	model_nvme_obey(&drive, words);
	nvme_abilities_read(&drive.transport, &abilities.nvme);
	erase_method_for(technique)->offer(&abilities, ret);
	model_nvme_end(&drive);
}

static void test_offers(void **state)
{
	struct erase_offer offer;
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		const struct abilities nothing = { .transport = TRANSPORT_NVME };
		offered("honest", "erase-ms 7000", all[i], &offer);
		assert_true(offer.offered);
		assert_int_equal(
			offer.scope, is_sanitize(all[i]) ? SCOPE_SUBSYSTEM : SCOPE_NAMESPACE);
		assert_int_equal(offer.expected_seconds, is_sanitize(all[i]) ? 7 : -1);
		offered("two-tenants", NULL, all[i], &offer);
		assert_int_equal(offer.scope, SCOPE_SUBSYSTEM);
		erase_method_for(all[i])->offer(&nothing, &offer);
		assert_false(offer.offered);
		assert_string_equal(offer.why_not, "not-known");
		assert_int_equal(offer.expected_seconds, -1);
	}
	offered("honest", "lacks crypto", TECHNIQUE_NVME_SANITIZE_CRYPTO, &offer);
	assert_false(offer.offered);
	assert_string_equal(offer.why_not, "not-supported");
	offered("honest", "lacks crypto", TECHNIQUE_NVME_FORMAT_CRYPTO, &offer);
	assert_false(offer.offered);
	offered("honest", "lacks crypto", TECHNIQUE_NVME_FORMAT_USER, &offer);
	assert_true(offer.offered);
	offered("honest", "lacks format", TECHNIQUE_NVME_FORMAT_USER, &offer);
	assert_string_equal(offer.why_not, "not-supported");
	offered("honest", "lacks block", TECHNIQUE_NVME_SANITIZE_BLOCK, &offer);
	assert_string_equal(offer.why_not, "not-supported");
	offered("honest", "lacks overwrite", TECHNIQUE_NVME_SANITIZE_OVERWRITE, &offer);
	assert_string_equal(offer.why_not, "not-supported");
}

/* Somebody else's sanitize is in progress: neither markers nor a command of ours would do. */
static void test_busy(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct scene scene;
		struct erase_offer offer;
		struct abilities abilities = { .transport = TRANSPORT_NVME };
		begin(&scene, "honest", TECHNIQUE_NVME_SANITIZE_BLOCK);
		(void)state_of(scene.method->start, &scene);
		nvme_abilities_read(&scene.drive.transport, &abilities.nvme);
		erase_method_for(all[i])->offer(&abilities, &offer);
		assert_false(offer.offered);
		assert_string_equal(offer.why_not, "busy");
		end(&scene);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dwords),
		cmocka_unit_test(test_no_deallocate_is_not_forced),
		cmocka_unit_test(test_scope_is_the_plans),
		cmocka_unit_test(test_pattern_must_be_four_bytes),
		cmocka_unit_test(test_honest_sanitize),
		cmocka_unit_test(test_honest_format),
		cmocka_unit_test(test_conducts),
		cmocka_unit_test(test_stale_success_is_seen_begin),
		cmocka_unit_test(test_progress_is_no_success),
		cmocka_unit_test(test_hidden_status),
		cmocka_unit_test(test_recover),
		cmocka_unit_test(test_format_conducts),
		cmocka_unit_test(test_format_that_never_ends),
		cmocka_unit_test(test_two_witnesses_must_agree),
		cmocka_unit_test(test_proof_when_a_question_fails),
		cmocka_unit_test(test_each_call_fails),
		cmocka_unit_test(test_nothing_sends_a_format_that_erases_nothing),
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_busy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
