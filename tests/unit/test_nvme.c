/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NVMe admin commands: every dword against the standard's fields, by a scripted transport that takes
 * exactly what is expected; what a drive tells of itself; refusals and missing answers. */
#include "device/command/nvme.h"

#include "device/erase/abilities.h"
#include "tests/support/model_nvme.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

/* ---- a transport that expects ---- */

/* All in the order of a submission queue entry. */
struct expected {
	uint8_t opcode;
	uint32_t namespace_id;
	uint32_t dwords[6];
	uint32_t length;
	uint16_t status;
	int result;             /* of send */
	const uint8_t *answers; /* length bytes, NULL: zeros */
};

struct script {
	struct nvme_transport transport;
	const struct expected *expected;
	size_t count, at;
	int namespace_id;
};

static int send_scripted(struct nvme_transport *transport, const struct nvme_command *command,
	uint16_t *ret_status, uint32_t *ret_result)
{
	struct script *script = transport->context;
	assert_true(script->at < script->count);
	const struct expected *expected = &script->expected[script->at++];
	const uint32_t dwords[6] = { command->dword_10, command->dword_11, command->dword_12,
		command->dword_13, command->dword_14, command->dword_15 };
	assert_int_equal(command->opcode, expected->opcode);
	assert_int_equal(command->namespace_id, expected->namespace_id);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(dwords[i], expected->dwords[i]);
	assert_int_equal(command->data_length, expected->length);
	assert_int_equal(
		command->transfer, expected->length > 0 ? TRANSFER_FROM_DRIVE : TRANSFER_NONE);
	if (expected->result < 0)
		return expected->result;
	if (expected->answers)
		memcpy(command->data, expected->answers, expected->length);
	*ret_status = expected->status;
	*ret_result = 0;
	return 0;
}

static int namespace_scripted(struct nvme_transport *transport)
{
	return ((struct script *)transport->context)->namespace_id;
}

static void script_begin(struct script *script, const struct expected *expected, size_t count)
{
	*script = (struct script){ .transport = { .send = send_scripted,
					   .namespace_id = namespace_scripted,
					   .context = script },
		.expected = expected,
		.count = count,
		.namespace_id = 1 };
}

static void script_end(const struct script *script)
{
	assert_int_equal(script->at, script->count);
}
#define BEGIN(script, ...)                                                                         \
	const struct expected steps[] = { __VA_ARGS__ };                                           \
	struct script script;                                                                      \
	script_begin(&script, steps, ARRAY_SIZE(steps))

/* ---- questions ---- */

static void test_identify(void **state)
{
	uint8_t told[NVME_IDENTIFY_BYTES] = { 0x12 }, data[NVME_IDENTIFY_BYTES];
	(void)state;
	/* CNS in bits 7:0, CNTID 31:16 is 0. */
	BEGIN(script, { 0x06, 5, { 0x00000010 }, 4096, .answers = told },
		{ 0x06, 0, { 0x00000001 }, 4096, .status = 0x002 },
		{ 0x06, 0, { 0x00000001 }, 4096, .result = -ETIMEDOUT });
	assert_int_equal(nvme_identify(&script.transport, 0x10, 5, data), 0);
	assert_int_equal(data[0], 0x12);
	assert_int_equal(nvme_identify(&script.transport, 0x01, 0, data), -EREMOTEIO);
	assert_int_equal(data[0], 0);
	assert_int_equal(nvme_identify(&script.transport, 0x01, 0, data), -ETIMEDOUT);
	script_end(&script);
}

/* LID 7:0, RAE bit 15, NUMDL 31:16 and NUMDU counting dwords from 0; all namespaces. */
static void test_log(void **state)
{
	uint8_t data[512];
	static uint8_t large[512 * 1024];
	struct erase_answer answer = { .raw_bytes = 7 };
	(void)state;
	BEGIN(script, { 0x02, 0xffffffff, { 0x007f8081 }, 512, .status = 0 },
		{ 0x02, 0xffffffff, { 0xffff8002, 0x0001 }, sizeof(large), .status = 0 },
		{ 0x02, 0xffffffff, { 0x007f8081 }, 512, .status = 0x109 },
		{ 0x02, 0xffffffff, { 0x007f8081 }, 512, .result = -EIO });
	assert_int_equal(nvme_log_read(&script.transport, 0x81, data, sizeof(data)), 0);
	assert_int_equal(nvme_log_read(&script.transport, 0x02, large, sizeof(large)), 0);
	assert_int_equal(nvme_log_read(&script.transport, 0x02, data, 0), -EINVAL);
	assert_int_equal(nvme_log_read(&script.transport, 0x02, data, 3), -EINVAL);
	/* A log that is refused is no answer about the sanitize. */
	assert_int_equal(nvme_sanitize_log_read(&script.transport, &answer), -EREMOTEIO);
	assert_int_equal(nvme_sanitize_log_read(&script.transport, &answer), -EIO);
	assert_int_equal(answer.raw_bytes, 7);
	script_end(&script);
}

/* ---- the list of namespaces ---- */

static void put_number(uint8_t *to, uint32_t number)
{
	for (size_t i = 0; i < 4; i++)
		to[i] = (uint8_t)(number >> 8 * i);
}

static int list_of(const uint8_t *controller, uint8_t structure, const uint32_t *ids, size_t count,
	size_t *ret_count)
{
	uint8_t list[NVME_IDENTIFY_BYTES] = { 0 };
	uint32_t found[NVME_NAMESPACES_MAX];
	for (size_t i = 0; i < count; i++)
		put_number(list + 4 * i, ids[i]);
	BEGIN(script, { 0x06, 0, { 0x01 }, 4096, .answers = controller },
		{ 0x06, 0, { structure }, 4096, .answers = list });
	int result = nvme_namespaces_read(&script.transport, found, ret_count);
	script_end(&script);
	for (size_t i = 0; result == 0 && i < *ret_count; i++)
		assert_int_equal(found[i], ids[i]);
	return result;
}

static void test_namespaces(void **state)
{
	uint8_t controller[NVME_IDENTIFY_BYTES] = { 0 };
	uint32_t many[NVME_NAMESPACES_MAX];
	size_t count = 0;
	(void)state;
	/* OACS bit 3: it manages namespaces, and tells the allocated ones. */
	controller[256] = 0x08;
	assert_int_equal(list_of(controller, 0x10, (const uint32_t[]){ 1, 2, 9 }, 3, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(
		list_of(controller, 0x10, (const uint32_t[]){ 2, 1 }, 2, &count), -EBADMSG);
	assert_int_equal(
		list_of(controller, 0x10, (const uint32_t[]){ 3, 3 }, 2, &count), -EBADMSG);
	assert_int_equal(list_of(controller, 0x10, (const uint32_t[]){ 1, UINT32_MAX }, 2, &count),
		-EBADMSG);
	for (uint32_t i = 0; i < NVME_NAMESPACES_MAX; i++)
		many[i] = i + 1;
	assert_int_equal(list_of(controller, 0x10, many, NVME_NAMESPACES_MAX, &count), -E2BIG);
	assert_int_equal(list_of(controller, 0x10, many, NVME_NAMESPACES_MAX - 1, &count), 0);
	assert_int_equal(count, NVME_NAMESPACES_MAX - 1);
	/* It does not manage any: those that are active are all, if it is the only controller. */
	controller[256] = 0x07;
	assert_int_equal(list_of(controller, 0x02, (const uint32_t[]){ 1 }, 1, &count), 0);
	assert_int_equal(count, 1);
}

/* CMIC bit 1: other controllers may have namespaces that this one does not tell of. */
static void test_namespaces_of_other_controllers(void **state)
{
	uint8_t controller[NVME_IDENTIFY_BYTES] = { [76] = 0x02 };
	uint32_t ids[NVME_NAMESPACES_MAX];
	size_t count = 0;
	(void)state;
	BEGIN(script, { 0x06, 0, { 0x01 }, 4096, .answers = controller });
	assert_int_equal(nvme_namespaces_read(&script.transport, ids, &count), -EOPNOTSUPP);
	script_end(&script);
}

/* ---- commands that destroy ---- */

static void test_sanitize(void **state)
{
	uint16_t status = 7;
	(void)state;
	/* SANACT 2:0, AUSE bit 3, OWPASS 7:4, OIPBP bit 8, NDAS bit 9; OVRPAT dword 11; no namespace. */
	BEGIN(script, { 0x84, 0, { 0x0000020c }, 0, .status = 0 },
		{ 0x84, 0, { 0x0000021b, 0xa1b2c3d4 }, 0, .status = 0 },
		{ 0x84, 0, { 0x00000001 }, 0, .status = 0x11c },
		{ 0x84, 0, { 0x0000000a }, 0, .result = -ETIMEDOUT });
	assert_int_equal(nvme_sanitize(&script.transport,
				 NVME_SANITIZE_CRYPTO | NVME_SANITIZE_UNRESTRICTED_EXIT |
					 NVME_SANITIZE_NO_DEALLOCATE,
				 0, &status),
		0);
	assert_int_equal(status, 0);
	assert_int_equal(nvme_sanitize(&script.transport,
				 NVME_SANITIZE_OVERWRITE | NVME_SANITIZE_UNRESTRICTED_EXIT |
					 NVME_SANITIZE_NO_DEALLOCATE | NVME_SANITIZE_PASSES(1),
				 0xa1b2c3d4, &status),
		0);
	assert_int_equal(
		nvme_sanitize(&script.transport, NVME_SANITIZE_EXIT_FAILURE, 0, &status), 0);
	assert_int_equal(status, 0x11c);
	assert_int_equal(nvme_sanitize(&script.transport,
				 NVME_SANITIZE_BLOCK | NVME_SANITIZE_UNRESTRICTED_EXIT, 0, &status),
		-ETIMEDOUT);
	script_end(&script);
}

/* NSZE 7:0, NLBAF 25, FLBAS 26 (index 3:0, metadata with the data bit 4, index 6:5), DPS 29 (type 2:0,
 * first bit 3), NULBAF 82: as LBAFL 3:0, MSET 4, PI 7:5, PIL 8, SES 11:9, LBAFU 13:12. */
static void test_format_keeps_the_format(void **state)
{
	static const struct {
		uint8_t formats, current, protection, unique;
		enum nvme_secure_erase settings;
		uint32_t dword_10;
	} cases[] = {
		{ 0, 0x00, 0x00, 0, NVME_ERASE_USER_DATA, 0x00000200 },
		{ 0, 0x00, 0x00, 0, NVME_ERASE_CRYPTO, 0x00000400 },
		{ 6, 0x03, 0x00, 0, NVME_ERASE_USER_DATA, 0x00000203 },
		{ 6, 0x14, 0x00, 0, NVME_ERASE_USER_DATA, 0x00000214 },
		{ 6, 0x02, 0x01, 0, NVME_ERASE_CRYPTO, 0x00000422 },
		{ 6, 0x02, 0x0b, 0, NVME_ERASE_CRYPTO, 0x00000562 },
		/* The upper bits of the index count only where there are more than 16 formats. */
		{ 15, 0x6f, 0x00, 0, NVME_ERASE_CRYPTO, 0x0000040f },
		{ 15, 0x25, 0x00, 8, NVME_ERASE_CRYPTO, 0x00001405 },
		{ 63, 0x7f, 0x08, 0, NVME_ERASE_USER_DATA, 0x0000331f },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t space[NVME_IDENTIFY_BYTES] = { 0, 1 };
		uint16_t status = 7;
		space[25] = cases[i].formats;
		space[26] = cases[i].current;
		space[29] = cases[i].protection;
		space[82] = cases[i].unique;
		BEGIN(script, { 0x06, 3, { 0x00 }, 4096, .answers = space },
			{ 0x80, 3, { cases[i].dword_10 }, 0, .status = 0 });
		script.namespace_id = 3;
		assert_int_equal(nvme_format(&script.transport, cases[i].settings, &status), 0);
		assert_int_equal(status, 0);
		script_end(&script);
	}
}

/* "false success 7": settings that erase nothing are never sent, whatever is asked for. */
static void test_format_that_erases_nothing(void **state)
{
	uint16_t status = 7;
	(void)state;
	for (unsigned settings = 0; settings < 16; settings++) {
		struct script script;
		if (settings == NVME_ERASE_USER_DATA || settings == NVME_ERASE_CRYPTO)
			continue;
		script_begin(&script, NULL, 0);
		assert_int_equal(
			nvme_format(&script.transport, (enum nvme_secure_erase)settings, &status),
			-EINVAL);
	}
	assert_int_equal(status, 7);
}

static void test_format_of_what_is_not_told(void **state)
{
	uint8_t space[NVME_IDENTIFY_BYTES] = { 1 };
	uint16_t status = 7;
	struct script none;
	(void)state;
	space[26] = 0x01; /* a format beyond the last */
	BEGIN(script, { 0x06, 1, { 0x00 }, 4096, .answers = space },
		{ 0x06, 1, { 0x00 }, 4096, .status = 0 },
		{ 0x06, 1, { 0x00 }, 4096, .status = 0x00b },
		{ 0x06, 1, { 0x00 }, 4096, .result = -EIO });
	assert_int_equal(nvme_format(&script.transport, NVME_ERASE_CRYPTO, &status), -EBADMSG);
	/* Zeros: the namespace is not active. */
	assert_int_equal(nvme_format(&script.transport, NVME_ERASE_CRYPTO, &status), -EBADMSG);
	assert_int_equal(nvme_format(&script.transport, NVME_ERASE_CRYPTO, &status), -EREMOTEIO);
	assert_int_equal(nvme_format(&script.transport, NVME_ERASE_CRYPTO, &status), -EIO);
	script_end(&script);
	/* "false success 15": never a namespace that is not the fd's own, never all of them (-1). */
	static const int not_one[] = { 0, -1, -ENOTTY };
	for (size_t i = 0; i < ARRAY_SIZE(not_one); i++) {
		script_begin(&none, NULL, 0);
		none.namespace_id = not_one[i];
		assert_true(nvme_format(&none.transport, NVME_ERASE_CRYPTO, &status) < 0);
	}
	assert_int_equal(status, 7);
}

static void test_refusals_are_explained(void **state)
{
	(void)state;
	assert_string_equal(nvme_status_explain(0), "the drive accepted it");
	assert_non_null(strstr(nvme_status_explain(0x01d), "in progress"));
	assert_string_equal(nvme_status_explain(0x401d), nvme_status_explain(0x01d));
	assert_non_null(strstr(nvme_status_explain(0x015), "denies"));
	assert_non_null(strstr(nvme_status_explain(0x10b), "firmware"));
	for (uint16_t status = 1; status <= NVME_STATUS_MASK; status++) {
		assert_true(nvme_status_explain(status)[0] != '\0');
		assert_string_not_equal(nvme_status_explain(status), "the drive accepted it");
	}
}

/* ---- what a drive offers ---- */

static void abilities_of(const char *conduct, const char *words, struct nvme_abilities *ret)
{
	struct model_nvme drive;
	model_nvme_start(&drive, conduct, 64 * 1024);
	model_nvme_obey(&drive, words);
	nvme_abilities_read(&drive.transport, ret);
	model_nvme_end(&drive);
}

static void test_abilities(void **state)
{
	struct nvme_abilities abilities;
	struct erase_state before;
	(void)state;
	abilities_of("honest", "erase-ms 61000", &abilities);
	assert_true(abilities.known);
	assert_string_equal(abilities.serial, "HM-unit");
	assert_string_equal(abilities.model, "HAIKI MODEL NVME DRIVE");
	assert_string_equal(abilities.firmware, "1.0");
	assert_int_equal(abilities.namespace_id, 1);
	assert_int_equal(abilities.sanitize_capabilities, 0x40000007);
	assert_int_equal(abilities.format_attributes, 0x04);
	assert_true(abilities.format_supported);
	assert_true(abilities.event_log);
	assert_int_equal(abilities.namespaces, 1);
	assert_int_equal(abilities.crypto_seconds, 61);
	assert_int_equal(abilities.sanitize_log.raw_bytes, 512);
	erase_state_read(&abilities.sanitize_log, &before);
	assert_int_equal(before.status, ERASE_STATUS_NEVER);

	abilities_of("two-tenants", NULL, &abilities);
	assert_int_equal(abilities.namespaces, 2);
	assert_int_equal(abilities.format_attributes, 0x06);
	abilities_of("unmaps-only", "lacks crypto;lacks format", &abilities);
	assert_int_equal(abilities.sanitize_capabilities, 0x20000006);
	assert_false(abilities.format_supported);
	/* An old success is told as it stands; whether it counts is not decided here. */
	abilities_of("stale-success", NULL, &abilities);
	erase_state_read(&abilities.sanitize_log, &before);
	assert_int_equal(before.status, ERASE_STATUS_SUCCEEDED);
	abilities_of("hides-status", NULL, &abilities);
	assert_true(abilities.known);
	assert_int_equal(abilities.sanitize_log.raw_bytes, 0);
	assert_int_equal(abilities.crypto_seconds, UINT32_MAX);
}

static void test_unattached_namespaces_are_counted(void **state)
{
	struct model_nvme drive;
	struct nvme_abilities abilities;
	(void)state;
	model_nvme_start(&drive, "honest", 64 * 1024);
	model_nvme_add_unattached(&drive, 2);
	nvme_abilities_read(&drive.transport, &abilities);
	assert_int_equal(abilities.namespaces, 3);
	model_nvme_end(&drive);
}

/* Nothing is known of a drive that does not answer; whichever question fails, what is told is never
 * more than what was answered. */
static void test_abilities_when_a_question_fails(void **state)
{
	unsigned fails_at = 1;
	(void)state;
	for (bool failed = true; failed; fails_at++) {
		struct model_nvme drive;
		struct nvme_abilities abilities;
		model_nvme_start(&drive, "honest", 64 * 1024);
		drive.fails_at = fails_at;
		nvme_abilities_read(&drive.transport, &abilities);
		failed = drive.calls >= fails_at;
		if (fails_at <= 3) /* the namespace's number, controller, namespace */
			assert_false(abilities.known || abilities.sanitize_capabilities);
		else
			assert_true(abilities.known);
		assert_true(!failed || abilities.namespaces == 0 ||
			    abilities.sanitize_log.raw_bytes == 0);
		for (size_t i = 0; i < drive.sent_count; i++)
			assert_true(drive.sent[i].opcode == 0x02 || drive.sent[i].opcode == 0x06);
		model_nvme_end(&drive);
	}
	assert_true(fails_at > 6);
}

/* Log 81h at 8, 12, 16; at 20, 24, 28 where the medium is modified once more (SANICAP 31:30 10b)
 * because haiki asks that nothing be deallocated. */
static void test_estimates(void **state)
{
	static const struct {
		uint8_t capabilities; /* bits 31:24 */
		uint32_t without;
		uint32_t expected;
	} cases[] = {
		{ 0x40, 90, 20 }, /* not modified */
		{ 0x80, 90, 90 },
		{ 0x80, UINT32_MAX, 20 }, /* not told */
		{ 0xa0, 90, 20 },         /* No-Deallocate is not taken */
		{ 0x00, 90, 20 },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t controller[NVME_IDENTIFY_BYTES] = {
			[328] = 7, [331] = cases[i].capabilities
		};
		uint8_t log[512] = { 0 }, list[NVME_IDENTIFY_BYTES] = { 1 };
		struct nvme_abilities abilities;
		put_number(log + 8, 10);
		put_number(log + 12, 20);
		put_number(log + 16, UINT32_MAX);
		put_number(log + 24, cases[i].without);
		put_number(log + 28, UINT32_MAX);
		BEGIN(script, { 0x06, 0, { 0x01 }, 4096, .answers = controller },
			{ 0x06, 1, { 0x00 }, 4096, .status = 0 },
			{ 0x06, 0, { 0x01 }, 4096, .answers = controller },
			{ 0x06, 0, { 0x02 }, 4096, .answers = list },
			{ 0x02, 0xffffffff, { 0x007f8081 }, 512, .answers = log });
		nvme_abilities_read(&script.transport, &abilities);
		script_end(&script);
		assert_int_equal(abilities.overwrite_seconds, 10);
		assert_int_equal(abilities.block_seconds, cases[i].expected);
		assert_int_equal(abilities.crypto_seconds, UINT32_MAX);
		assert_int_equal(abilities.namespaces, 1);
	}
}

/* ---- the persistent event log ---- */

static struct model_nvme *logged;
static void (*forge)(uint8_t *log, uint32_t length);

static int send_forged(struct nvme_transport *transport, const struct nvme_command *command,
	uint16_t *ret_status, uint32_t *ret_result)
{
	(void)transport;
	int result = logged->transport.send(&logged->transport, command, ret_status, ret_result);
	if (forge && result == 0 && command->opcode == 0x02 && (command->dword_10 & 0xff) == 0x0d)
		forge(command->data, command->data_length);
	return result;
}

static int event_of(
	struct model_nvme *drive, void (*how)(uint8_t *, uint32_t), struct nvme_sanitize_event *ret)
{
	struct nvme_transport transport = { .send = send_forged };
	logged = drive;
	forge = how;
	drive->sent_count = 0;
	return nvme_sanitize_event_read(&transport, ret);
}

static void begin_sanitize(struct model_nvme *drive, uint32_t dword_10)
{
	uint16_t status = 7;
	assert_int_equal(nvme_sanitize(&drive->transport, dword_10, 0, &status), 0);
	assert_int_equal(status, 0);
}

static void test_events(void **state)
{
	struct model_nvme drive;
	struct nvme_sanitize_event event;
	(void)state;
	model_nvme_start(&drive, "honest", 64 * 1024);
	assert_int_equal(event_of(&drive, NULL, &event), 0);
	assert_false(event.told);
	/* LSP 11:8: 2 releases, 1 establishes and reads, 0 reads; NUMDL counts from 0. */
	assert_int_equal(drive.sent[1].dword_10, 0x007f020d);
	assert_int_equal(drive.sent[2].dword_10, 0x007f010d);
	assert_int_equal(drive.sent[drive.sent_count - 1].dword_10, 0x007f020d);
	begin_sanitize(&drive, 0x20c);
	assert_int_equal(event_of(&drive, NULL, &event), 0);
	assert_true(event.told && !event.over);
	assert_int_equal(event.dword_10, 0x20c);
	drive.now_ms += 3600 * 1000;
	assert_int_equal(event_of(&drive, NULL, &event), 0);
	assert_true(event.told && event.over);
	assert_int_equal(event.status & 7, 1);
	/* The header, what is behind it, the header again. */
	assert_int_equal(drive.sent[3].dword_12, 512);
	assert_int_equal(drive.sent[4].dword_12, 0);
	bool failed = true;
	for (unsigned fails_at = 1; failed; fails_at++) {
		drive.calls = 0;
		drive.fails_at = fails_at;
		int result = event_of(&drive, NULL, &event);
		failed = drive.calls >= fails_at;
		/* Who cannot release it has read it all the same. */
		assert_true(result == 0 || result == -EIO);
		assert_true(result == 0 || failed);
	}
	model_nvme_end(&drive);
}

static void forge_generation(uint8_t *log, uint32_t length)
{
	static uint8_t count;
	if (length == 512)
		log[372] = ++count;
}
static void forge_length(uint8_t *log, uint32_t length)
{
	if (length == 512)
		log[10] = 0xff;
}
static void forge_short(uint8_t *log, uint32_t length)
{
	if (length == 512)
		log[8] = 0, log[9] = 1;
}
static void forge_count(uint8_t *log, uint32_t length)
{
	if (length == 512)
		log[6] = 1;
}
static void forge_event_length(uint8_t *log, uint32_t length)
{
	if (length != 512)
		log[23] = 0x80;
}
static void forge_event_header(uint8_t *log, uint32_t length)
{
	if (length != 512)
		log[2] = 3;
}
static void forge_vendor_length(uint8_t *log, uint32_t length)
{
	if (length != 512)
		log[20] = 200;
}
static void forge_data_length(uint8_t *log, uint32_t length)
{
	if (length != 512)
		log[20] = 8;
}
static void forge_page(uint8_t *log, uint32_t length)
{
	(void)length;
	log[0] = 0x0c;
}
static void forge_two_starts(uint8_t *log, uint32_t length)
{
	if (length != 512)
		log[0] = 0x05;
}

/* A log that is not what it says, or that does not say which end is the newer, tells nothing. */
static void test_events_that_contradict(void **state)
{
	static const struct {
		void (*how)(uint8_t *, uint32_t);
		int result;
	} cases[] = { { forge_generation, -EBADMSG }, { forge_length, -E2BIG },
		{ forge_short, -EBADMSG }, { forge_count, -EBADMSG },
		{ forge_event_length, -EBADMSG }, { forge_event_header, -EBADMSG },
		{ forge_vendor_length, -EBADMSG }, { forge_data_length, -EBADMSG },
		{ forge_page, -EBADMSG }, { forge_two_starts, 0 } };
	struct model_nvme drive;
	(void)state;
	model_nvme_start(&drive, "honest", 64 * 1024);
	begin_sanitize(&drive, 0x20c);
	drive.now_ms += 3600 * 1000;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nvme_sanitize_event event = { .told = true };
		int result = event_of(&drive, cases[i].how, &event);
		if (result != cases[i].result)
			print_message("case %zu: %d\n", i, result);
		assert_int_equal(result, cases[i].result);
		assert_true(result < 0 || !event.over);
	}
	model_nvme_end(&drive);
}

/* ---- the aggregate ---- */

static void test_all_families(void **state)
{
	struct model_nvme drive;
	struct abilities abilities;
	struct drive_identity identity = { .transport = TRANSPORT_NVME,
		.media = MEDIA_FLASH,
		.zoned = ZONED_NONE,
		.model = "M",
		.firmware = "F",
		.capacity_bytes = 64 * 1024 };
	struct signature items[] = {
		{ .type = "crypto_LUKS",
			.uuid = "u1",
			.offset_bytes = 4096,
			.length_bytes = 9,
			.detail = (char *)"{\"version\":2}" },
		{ .type = "ext4", .offset_bytes = 8192 },
		{ .type = "crypto_LUKS", .uuid = "u1", .offset_bytes = 4096, .length_bytes = 9 },
		{ .type = "crypto_LUKS",
			.uuid = "u2",
			.offset_bytes = 12288,
			.detail = (char *)"{" },
	};
	struct signature_list list = { .items = items, .count = ARRAY_SIZE(items) };
	struct transports transports = { .fd = -1 };
	(void)state;
	model_nvme_start(&drive, "honest", 64 * 1024);
	transports.nvme = drive.transport;
	abilities_read(&identity, &list, &transports, &abilities);
	assert_true(abilities.nvme.known);
	assert_false(abilities.ata.known || abilities.scsi.known || abilities.opal.known);
	assert_int_equal(abilities.media, MEDIA_FLASH);
	assert_int_equal(abilities.luks_count, 2);
	assert_int_equal(abilities.luks[0].version, 2);
	assert_string_equal(abilities.luks[0].uuid, "u1");
	assert_int_equal(abilities.luks[1].offset_bytes, 12288);
	assert_int_equal(abilities.luks[1].version, 0);
	list.truncated = true;
	abilities_read(&identity, &list, &transports, &abilities);
	assert_int_equal(abilities.luks_count, 0);
	model_nvme_end(&drive);
}

static void test_transports(void **state)
{
	const struct drive_identity nvme = { .transport = TRANSPORT_NVME },
				    ata = { .transport = TRANSPORT_ATA },
				    loop = { .transport = TRANSPORT_VIRTUAL, .is_virtual = true };
	(void)state;
	struct transports transports = transports_real(5, &nvme);
	assert_true(transports.nvme.send && transports.nvme.fd == 5 && !transports.scsi.send);
	transports = transports_real(5, &ata);
	assert_true(!transports.nvme.send && transports.scsi.send && transports.scsi.fd == 5);
	transports = transports_real(5, &loop);
	assert_true(!transports.nvme.send && !transports.scsi.send && transports.fd == 5);
}

/* What is no drive has no answer. */
static void test_no_drive(void **state)
{
	struct nvme_transport transport = nvme_transport_real(-1);
	uint8_t data[NVME_IDENTIFY_BYTES];
	uint16_t status = 7;
	(void)state;
	assert_int_equal(nvme_identify(&transport, 1, 0, data), -EBADF);
	assert_int_equal(transport.namespace_id(&transport), -EBADF);
	assert_int_equal(nvme_sanitize(&transport, NVME_SANITIZE_CRYPTO, 0, &status), -EBADF);
	assert_int_equal(nvme_format(&transport, NVME_ERASE_CRYPTO, &status), -EBADF);
	assert_int_equal(status, 7);
}

static void test_health(void **state)
{
	const struct drive_identity identity = { .transport = TRANSPORT_NVME };
	struct model_nvme drive;
	struct transports transports = { .fd = -1 };
	uint8_t raw[ERASE_ANSWER_MAX];
	uint16_t bytes = 0;
	const char *what = NULL;
	(void)state;
	assert_int_equal(health_read(&identity, &transports, &what, raw, &bytes), -EOPNOTSUPP);
	model_nvme_start(&drive, "honest", 64 * 1024);
	transports.nvme = drive.transport;
	assert_int_equal(health_read(&identity, &transports, &what, raw, &bytes), 0);
	assert_string_equal(what, "nvme-health-log");
	assert_int_equal(bytes, 512);
	assert_int_equal(raw[3], 100); /* available spare */
	drive.fails_at = drive.calls + 1;
	assert_int_equal(health_read(&identity, &transports, &what, raw, &bytes), -EIO);
	model_nvme_end(&drive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identify),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_namespaces),
		cmocka_unit_test(test_namespaces_of_other_controllers),
		cmocka_unit_test(test_sanitize),
		cmocka_unit_test(test_format_keeps_the_format),
		cmocka_unit_test(test_format_that_erases_nothing),
		cmocka_unit_test(test_format_of_what_is_not_told),
		cmocka_unit_test(test_refusals_are_explained),
		cmocka_unit_test(test_abilities),
		cmocka_unit_test(test_unattached_namespaces_are_counted),
		cmocka_unit_test(test_abilities_when_a_question_fails),
		cmocka_unit_test(test_estimates),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_events_that_contradict),
		cmocka_unit_test(test_all_families),
		cmocka_unit_test(test_transports),
		cmocka_unit_test(test_no_drive),
		cmocka_unit_test(test_health),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
