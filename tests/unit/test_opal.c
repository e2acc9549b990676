/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCG Opal: discovery by bytes, sessions by bytes and against the drive model, the kernel's calls,
 * and the techniques on top. */
#include "device/command/opal.h"
#include "device/erase/refusal.h"
#include "tests/support/fake_scsi.h"
#include "tests/support/model_nvme.h"
#include "tests/support/model_scsi.h"
#include "wipe/erase/opal.h"
#include "wipe/erase/methods.h"

#include <errno.h>
#include <linux/sed-opal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <cmocka.h>

/* ---- discovery ---- */

struct discovery {
	uint8_t bytes[512];
	size_t used;
};

static void begin_discovery(struct discovery *discovery)
{
	memset(discovery, 0, sizeof(*discovery));
	discovery->bytes[7] = 1; /* data structure revision 0.1 */
	discovery->used = 48;
}

static void end_discovery(struct discovery *discovery)
{
	discovery->bytes[2] = (uint8_t)((discovery->used - 4) >> 8);
	discovery->bytes[3] = (uint8_t)(discovery->used - 4);
}

/* A feature of so many bytes behind its header, of which the first are given. */
static void add_feature(
	struct discovery *discovery, unsigned code, uint8_t length, uint8_t first, uint8_t second)
{
	uint8_t *at = discovery->bytes + discovery->used;
	at[0] = (uint8_t)(code >> 8);
	at[1] = (uint8_t)code;
	at[2] = 0x10;
	at[3] = length;
	at[4] = first;
	at[5] = second;
	discovery->used += (size_t)4 + length;
	end_discovery(discovery);
}

static void discovery_kinds(void **state)
{
	static const struct {
		unsigned code;
		enum opal_kind kind;
		const char *name;
		bool encrypts;
	} cases[] = {
		{ 0x0100, OPAL_ENTERPRISE, "enterprise", true },
		{ 0x0200, OPAL_1, "opal-1", true },
		{ 0x0203, OPAL_2, "opal-2", true },
		{ 0x0301, OPAL_OPALITE, "opalite", true },
		{ 0x0302, OPAL_PYRITE, "pyrite", false },
		{ 0x0303, OPAL_PYRITE, "pyrite", false },
		{ 0x0304, OPAL_RUBY, "ruby", true },
		{ 0x7777, OPAL_NONE, "none", true },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct discovery discovery;
		struct opal_abilities abilities;
		begin_discovery(&discovery);
		add_feature(&discovery, 0x0001, 12, 0x11, 0);
		add_feature(&discovery, 0x0002, 12, 0x09, 0); /* a Pyrite drive may say so, too */
		add_feature(&discovery, cases[i].code, 16, 0x07, 0xfe);
		assert_int_equal(opal_discovery_read(discovery.bytes, 512, &abilities), 0);
		assert_true(abilities.known);
		assert_int_equal(abilities.kind, cases[i].kind);
		assert_string_equal(opal_kind_name(abilities.kind), cases[i].name);
		assert_int_equal(abilities.encrypts, cases[i].encrypts);
		assert_int_equal(abilities.com_id, cases[i].kind == OPAL_NONE ? 0 : 0x07fe);
		assert_false(
			abilities.locked || abilities.locking_enabled || abilities.sid_blocked);
	}
}

/* A drive of both versions is one of the later; who says Pyrite beside Opal is believed that. */
static void discovery_of_several(void **state)
{
	struct discovery discovery;
	struct opal_abilities abilities;
	(void)state;
	begin_discovery(&discovery);
	add_feature(&discovery, 0x0200, 16, 0x10, 0);
	add_feature(&discovery, 0x0203, 16, 0x10, 4);
	add_feature(&discovery, 0x0002, 12, 0x09, 0);
	assert_int_equal(opal_discovery_read(discovery.bytes, discovery.used, &abilities), 0);
	assert_int_equal(abilities.kind, OPAL_2);
	assert_int_equal(abilities.com_id, 0x1004);
	add_feature(&discovery, 0x0303, 16, 0x10, 8);
	assert_int_equal(opal_discovery_read(discovery.bytes, discovery.used, &abilities), 0);
	assert_int_equal(abilities.kind, OPAL_PYRITE);
	assert_false(abilities.encrypts);
}

static void discovery_states(void **state)
{
	static const struct {
		uint8_t locking;
		bool supported, enabled, locked, encrypts;
	} cases[] = {
		{ 0x00, false, false, false, false },
		{ 0x01, true, false, false, false },
		{ 0x09, true, false, false, true },
		{ 0x0b, true, true, false, true },
		{ 0x0f, true, true, true, true },
		{ 0x1b, true, true, true, true },  /* the shadow MBR, not done */
		{ 0x3b, true, true, false, true }, /* … done */
		{ 0x2b, true, true, false, true },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct discovery discovery;
		struct opal_abilities abilities;
		begin_discovery(&discovery);
		add_feature(&discovery, 0x0002, 12, cases[i].locking, 0);
		add_feature(&discovery, 0x0203, 16, 0x10, 0);
		assert_int_equal(
			opal_discovery_read(discovery.bytes, discovery.used, &abilities), 0);
		assert_int_equal(abilities.locking_supported, cases[i].supported);
		assert_int_equal(abilities.locking_enabled, cases[i].enabled);
		assert_int_equal(abilities.locked, cases[i].locked);
		assert_int_equal(abilities.encrypts, cases[i].encrypts);
		assert_false(abilities.sid_is_factory); /* not told */
	}
	for (uint8_t bits = 0; bits < 4; bits++) {
		struct discovery discovery;
		struct opal_abilities abilities;
		begin_discovery(&discovery);
		add_feature(&discovery, 0x0402, 12, bits, 0);
		assert_int_equal(
			opal_discovery_read(discovery.bytes, discovery.used, &abilities), 0);
		assert_int_equal(abilities.sid_is_factory, !(bits & 1));
		assert_int_equal(abilities.sid_blocked, bits >> 1);
	}
}

/* Whatever length is wrong, nothing counts. */
static void hostile_discovery(void **state)
{
	struct discovery good, bad;
	struct opal_abilities abilities = { .com_id = 0x4242 };
	(void)state;
	begin_discovery(&good);
	add_feature(&good, 0x0002, 12, 0x09, 0);
	add_feature(&good, 0x0203, 16, 0x10, 0);
	/* Cut anywhere: the length says more than came. */
	for (size_t size = 0; size < good.used; size++)
		assert_int_equal(opal_discovery_read(good.bytes, size, &abilities), -EBADMSG);
	/* Every other length in the header. */
	for (unsigned length = 0; length < 600; length++) {
		bad = good;
		bad.bytes[2] = (uint8_t)(length >> 8);
		bad.bytes[3] = (uint8_t)length;
		if (length != good.used - 4 && length != 48 - 4 && length != 48 - 4 + 16)
			assert_true(length > good.used - 4 ||
				    opal_discovery_read(bad.bytes, 512, &abilities) == -EBADMSG);
	}
	bad = good;
	memset(bad.bytes, 0xff, 4);
	assert_int_equal(opal_discovery_read(bad.bytes, 512, &abilities), -EBADMSG);
	/* Features shorter than they are, or longer than the whole. */
	for (unsigned length = 0; length < 256; length++) {
		bad = good;
		bad.bytes[48 + 3] = (uint8_t)length;
		/* A longer one may take in what follows it, which is then not there. */
		if (length != 12 && opal_discovery_read(bad.bytes, bad.used, &abilities) == 0)
			assert_true(length > 12 && abilities.kind == OPAL_NONE);
		else
			assert_true(length == 12 || abilities.com_id == 0x4242);
		abilities.com_id = 0x4242;
	}
	/* Twice. */
	bad = good;
	add_feature(&bad, 0x0002, 12, 0x01, 0);
	assert_int_equal(opal_discovery_read(bad.bytes, 512, &abilities), -EBADMSG);
	assert_int_equal(abilities.com_id, 0x4242); /* untouched */
	/* Nothing at all, and all ones. */
	memset(bad.bytes, 0, sizeof(bad.bytes));
	assert_int_equal(opal_discovery_read(bad.bytes, 512, &abilities), -EBADMSG);
	memset(bad.bytes, 0xff, sizeof(bad.bytes));
	assert_int_equal(opal_discovery_read(bad.bytes, 512, &abilities), -EBADMSG);
}

/* ---- the commands that carry it ---- */

static void discovery_by_scsi(void **state)
{
	struct discovery discovery;
	struct opal_abilities abilities;
	struct fake_scsi fake;
	struct fake_scsi_step step = { .name = "SECURITY PROTOCOL IN",
		/* operation code, protocol 01h, ComID 0001h, allocation length 4096 */
		.cdb = { 0xa2, 0x01, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00 },
		.cdb_length = 12,
		.transfer = TRANSFER_FROM_DRIVE,
		.data_length = 4096 };
	(void)state;
	begin_discovery(&discovery);
	add_feature(&discovery, 0x0002, 12, 0x0f, 0);
	add_feature(&discovery, 0x0203, 16, 0x10, 0);
	fake_scsi_good(&step, discovery.bytes, 512);
	fake_scsi_start(&fake, &step, 1);
	struct opal_transport opal = opal_transport_scsi(-1, &fake.transport);
	opal_abilities_read(&opal, &abilities);
	fake_scsi_finish(&fake);
	assert_true(abilities.known && abilities.locked && abilities.encrypts);
	assert_false(abilities.kernel_calls);

	/* Refused, cut, or no answer: nothing is known. */
	for (unsigned how = 0; how < 3; how++) {
		struct fake_scsi_step broken = step;
		if (how == 0)
			fake_scsi_check(&broken, 0x5, 0x24, 0x00);
		else if (how == 1)
			fake_scsi_no_answer(&broken, -EIO);
		else
			broken.transferred = 60;
		fake_scsi_start(&fake, &broken, 1);
		opal = opal_transport_scsi(-1, &fake.transport);
		opal_abilities_read(&opal, &abilities);
		fake_scsi_finish(&fake);
		assert_false(abilities.known || abilities.encrypts || abilities.com_id != 0);
	}
}

struct fake_nvme {
	struct nvme_transport transport;
	struct nvme_command seen;
	const uint8_t *data;
	uint16_t status;
	int error;
};

static int send_fake_nvme(struct nvme_transport *transport, const struct nvme_command *command,
	uint16_t *ret_status, uint32_t *ret_result)
{
	struct fake_nvme *fake = transport->context;
	fake->seen = *command;
	if (fake->data && command->transfer == TRANSFER_FROM_DRIVE)
		memcpy(command->data, fake->data, 512);
	*ret_status = fake->status;
	*ret_result = 0;
	return fake->error;
}

static void discovery_by_nvme(void **state)
{
	struct discovery discovery;
	struct opal_abilities abilities;
	struct fake_nvme fake = { .data = discovery.bytes };
	uint8_t frame[512] = { 0 };
	(void)state;
	fake.transport = (struct nvme_transport){ .send = send_fake_nvme, .context = &fake };
	begin_discovery(&discovery);
	add_feature(&discovery, 0x0002, 12, 0x09, 0);
	add_feature(&discovery, 0x0203, 16, 0x10, 0);
	struct opal_transport opal = opal_transport_nvme(-1, &fake.transport);
	opal_abilities_read(&opal, &abilities);
	assert_true(abilities.known && abilities.encrypts);
	assert_int_equal(fake.seen.opcode, 0x82);          /* Security Receive */
	assert_int_equal(fake.seen.dword_10, 0x01000100U); /* SECP 01h, SPSP 0001h */
	assert_int_equal(fake.seen.dword_11, 4096);        /* allocation length */
	assert_int_equal(fake.seen.namespace_id, 0);
	assert_int_equal(fake.seen.transfer, TRANSFER_FROM_DRIVE);

	assert_int_equal(opal.send(&opal, 0x1004, frame, sizeof(frame)), 0);
	assert_int_equal(fake.seen.opcode, 0x81); /* Security Send */
	assert_int_equal(fake.seen.dword_10, 0x01100400U);
	assert_int_equal(fake.seen.dword_11, 512);
	assert_int_equal(fake.seen.transfer, TRANSFER_TO_DRIVE);

	fake.status = 0x0002;
	assert_int_equal(opal.send(&opal, 0x1004, frame, sizeof(frame)), -EREMOTEIO);
	opal_abilities_read(&opal, &abilities);
	assert_false(abilities.known);
	fake.status = 0;
	fake.error = -ETIMEDOUT;
	assert_int_equal(opal.send(&opal, 0x1004, frame, sizeof(frame)), -ETIMEDOUT);
}

/* ---- sessions, byte by byte ---- */

#define PSID "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
#define ANSWERS_MAX 8

/* Discovery is answered first; then what is sent is kept, and answers come in order. */
struct script {
	struct opal_transport transport;
	struct discovery discovery;
	uint8_t sent[ANSWERS_MAX][2048];
	uint32_t sent_bytes[ANSWERS_MAX];
	size_t sends;
	const uint8_t *answers[ANSWERS_MAX];
	size_t answer_bytes[ANSWERS_MAX];
	size_t receives, answer_count;
	unsigned long request; /* of the kernel */
	uint8_t argument[sizeof(struct opal_session_info)];
	int result;
	bool kernel_knows;
};

static int script_send(
	struct opal_transport *transport, uint16_t com_id, const uint8_t *data, uint32_t size)
{
	struct script *script = transport->context;
	assert_int_equal(com_id, 0x1004);
	assert_true(script->sends < ANSWERS_MAX && size <= 2048 && size % 512 == 0);
	memcpy(script->sent[script->sends], data, size);
	script->sent_bytes[script->sends++] = size;
	return 0;
}

static int script_receive(
	struct opal_transport *transport, uint16_t com_id, uint8_t *data, uint32_t size)
{
	struct script *script = transport->context;
	assert_int_equal(size % 512, 0);
	if (com_id == 0x0001) {
		memcpy(data, script->discovery.bytes, 512);
		return 512;
	}
	assert_int_equal(com_id, 0x1004);
	if (script->receives == script->answer_count)
		return -EIO;
	size_t bytes = script->answer_bytes[script->receives];
	assert_true(bytes <= size);
	memcpy(data, script->answers[script->receives++], bytes);
	return (int)bytes;
}

static int script_call(struct opal_transport *transport, unsigned long request, void *argument)
{
	struct script *script = transport->context;
	if (request == IOC_OPAL_GET_STATUS) {
		struct opal_status *status = argument;
		status->flags = OPAL_FL_SUPPORTED;
		return script->kernel_knows ? 0 : -524; /* the kernel's own ENOTSUPP */
	}
	script->request = request;
	memcpy(script->argument, argument, _IOC_SIZE(request));
	return script->result;
}

static void start_script(struct script *script)
{
	memset(script, 0, sizeof(*script));
	script->transport = (struct opal_transport){ .call = script_call,
		.send = script_send,
		.receive = script_receive,
		.patience_ms = 100,
		.context = script };
	begin_discovery(&script->discovery);
	add_feature(&script->discovery, 0x0002, 12, 0x0b, 0);
	add_feature(&script->discovery, 0x0203, 16, 0x10, 0x04);
}

/* An answer of the drive: a frame around a payload, all lengths right. */
static size_t frame(uint8_t ret[static 512], uint32_t drive, uint32_t host, const uint8_t *payload,
	size_t bytes)
{
	memset(ret, 0, 512);
	size_t padded = (bytes + 3) & ~(size_t)3;
	ret[4] = 0x10;
	ret[5] = 0x04;
	ret[19] = (uint8_t)(24 + 12 + padded);
	ret[23] = (uint8_t)drive;
	ret[27] = (uint8_t)host;
	ret[43] = (uint8_t)(12 + padded);
	ret[55] = (uint8_t)bytes;
	memcpy(ret + 56, payload, bytes);
	return 512;
}

static void give(struct script *script, const uint8_t *answer, size_t bytes)
{
	script->answers[script->answer_count] = answer;
	script->answer_bytes[script->answer_count++] = bytes;
}

/* clang-format off */
static const uint8_t synced[] = { 0xf8, 0xa8, 0, 0, 0, 0, 0, 0, 0, 0xff,
	0xa8, 0, 0, 0, 0, 0, 0, 0xff, 0x03, 0xf0, 0x81, 0x48, 0x05, 0xf1,
	0xf9, 0xf0, 0, 0, 0, 0xf1 };
static const uint8_t not_synced[] = { 0xf8, 0xa8, 0, 0, 0, 0, 0, 0, 0, 0xff,
	0xa8, 0, 0, 0, 0, 0, 0, 0xff, 0x03, 0xf0, 0xf1, 0xf9, 0xf0, 0x01, 0, 0, 0xf1 };
static const uint8_t done[] = { 0xf0, 0xf1, 0xf9, 0xf0, 0, 0, 0, 0xf1 };
static const uint8_t failed[] = { 0xf0, 0xf1, 0xf9, 0xf0, 0x3f, 0, 0, 0xf1 };
static const uint8_t goodbye[] = { 0xfa };

/* ComPacket: ComID 1004h, length 124; Packet: no session, length 100; SubPacket: length 88 */
static const uint8_t expected_start[] = {
	0, 0, 0, 0, 0x10, 0x04, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x7c,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x64,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x58,
	0xf8, 0xa8, 0, 0, 0, 0, 0, 0, 0, 0xff,      /* CALL, session manager */
	0xa8, 0, 0, 0, 0, 0, 0, 0xff, 0x02,         /* StartSession */
	0xf0, 0x81, 0x48,                           /* [ host session number */
	0xa8, 0, 0, 0x02, 0x05, 0, 0, 0, 0x01,      /* Admin SP */
	0x01,                                       /* write */
	0xf2, 0x00, 0xd0, 0x20,                     /* HostChallenge = 32 bytes */
	'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'Q', 'R', 'S', 'T',
	'U', 'V', 'W', 'X', 'Y', 'Z', '2', '3', '4', '5', '6', '7', '8', '9', 0xf3,
	0xf2, 0x03, 0xa8, 0, 0, 0, 0x09, 0, 0x01, 0xff, 0x01, 0xf3, /* authority = PSID */
	0xf1, 0xf9, 0xf0, 0x00, 0x00, 0x00, 0xf1,
};
static const uint8_t expected_revert[] = {
	0, 0, 0, 0, 0x10, 0x04, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40,
	0, 0, 0, 0x05, 0, 0, 0, 0x48, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x28,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1b,
	0xf8, 0xa8, 0, 0, 0x02, 0x05, 0, 0, 0, 0x01, /* CALL, Admin SP */
	0xa8, 0, 0, 0, 0x06, 0, 0, 0x02, 0x02,       /* Revert */
	0xf0, 0xf1, 0xf9, 0xf0, 0x00, 0x00, 0x00, 0xf1,
};
/* clang-format on */

static void psid_revert_bytes(void **state)
{
	static struct script script;
	uint8_t first[512], second[512], status = 0xff;
	(void)state;
	start_script(&script);
	give(&script, first, frame(first, 0, 0, synced, sizeof(synced)));
	give(&script, second, frame(second, 5, 0x48, done, sizeof(done)));
	assert_int_equal(opal_order(&script.transport, OPAL_PSID_REVERT, PSID, &status), 0);
	assert_int_equal(status, 0);
	/* The drive ends the session itself. */
	assert_int_equal(script.sends, 2);
	assert_int_equal(script.sent_bytes[0], 512);
	assert_memory_equal(script.sent[0], expected_start, sizeof(expected_start));
	assert_memory_equal(script.sent[1], expected_revert, sizeof(expected_revert));
	assert_int_equal(script.request, 0);
}

static void refused_sessions(void **state)
{
	static struct script script;
	uint8_t first[512], second[512], third[512], status = 0xff;
	(void)state;
	start_script(&script);
	give(&script, first, frame(first, 0, 0, not_synced, sizeof(not_synced)));
	assert_int_equal(opal_order(&script.transport, OPAL_PSID_REVERT, PSID, &status), 0);
	assert_int_equal(status, 1);
	assert_string_equal(opal_status_name(status), "not-authorized");
	assert_int_equal(script.sends, 1);

	/* A method that fails: the session is ended. */
	start_script(&script);
	give(&script, first, frame(first, 0, 0, synced, sizeof(synced)));
	give(&script, second, frame(second, 5, 0x48, failed, sizeof(failed)));
	give(&script, third, frame(third, 5, 0x48, goodbye, sizeof(goodbye)));
	assert_int_equal(opal_order(&script.transport, OPAL_PSID_REVERT, PSID, &status), 0);
	assert_int_equal(status, 0x3f);
	assert_int_equal(script.sends, 3);
	assert_int_equal(script.sent[2][56], 0xfa);

	/* The answer never comes. */
	static const uint8_t later[512] = { [4] = 0x10, 0x04, [11] = 1 };
	static const uint8_t none[512] = { [4] = 0x10, 0x04 };
	start_script(&script);
	give(&script, first, frame(first, 0, 0, synced, sizeof(synced)));
	for (size_t i = 0; i < 6; i++)
		give(&script, later, sizeof(later));
	script.transport.patience_ms = 60;
	assert_int_equal(
		opal_order(&script.transport, OPAL_PSID_REVERT, PSID, &status), -ETIMEDOUT);
	assert_int_equal(script.sends, 2); /* who does not answer is asked nothing more */
	start_script(&script);
	give(&script, none, sizeof(none));
	assert_int_equal(opal_order(&script.transport, OPAL_PSID_REVERT, PSID, &status), -ENODATA);
}

/* Every byte of a good answer, changed: never a success that is none, and nothing is read that did
 * not come (the sanitizers would say so). */
static void hostile_answers(void **state)
{
	static struct script script;
	uint8_t first[512], second[512];
	(void)state;
	for (size_t at = 0; at < 56 + sizeof(done); at++) {
		for (unsigned change = 1; change < 256; change++) {
			uint8_t status = 0xff;
			start_script(&script);
			script.transport.patience_ms = 1;
			give(&script, first, frame(first, 0, 0, synced, sizeof(synced)));
			give(&script, second, frame(second, 5, 0x48, done, sizeof(done)));
			second[at] ^= (uint8_t)change;
			int r = opal_order(&script.transport, OPAL_PSID_REVERT, PSID, &status);
			/* Fields that say nothing of it, and lengths that are longer than need be. */
			bool ignored = at < 4 || (at >= 6 && at < 12) || (at >= 12 && at < 20) ||
				       (at >= 28 && at < 44) || (at >= 44 && at < 50) ||
				       at >= 56 + 5;
			if (at == 56 + 4 && r == 0)
				assert_int_not_equal(status, 0); /* the status itself */
			else if (r == 0 && status == 0)
				assert_true(ignored || at == 56 || at == 57); /* other brackets */
		}
	}
	for (size_t at = 0; at < 56 + sizeof(synced); at++) {
		for (unsigned change = 1; change < 256; change += 7) {
			uint8_t status = 0xff;
			start_script(&script);
			script.transport.patience_ms = 1;
			give(&script, first, frame(first, 0, 0, synced, sizeof(synced)));
			first[at] ^= (uint8_t)change;
			int r = opal_order(&script.transport, OPAL_PSID_REVERT, PSID, &status);
			assert_true(r < 0 || status != 0);
		}
	}
}

static void refuses_long_credentials(void **state)
{
	static struct script script;
	char credential[300];
	uint8_t status;
	(void)state;
	memset(credential, 'x', sizeof(credential));
	credential[256] = '\0';
	start_script(&script);
	assert_int_equal(opal_order(&script.transport, OPAL_REVERT, credential, &status), -EINVAL);
	assert_int_equal(script.sends, 0);
	/* No way to the drive, or no TCG in it. */
	script.transport.send = NULL;
	assert_int_equal(opal_order(&script.transport, OPAL_REVERT, "x", &status), -EOPNOTSUPP);
	start_script(&script);
	begin_discovery(&script.discovery);
	end_discovery(&script.discovery);
	assert_int_equal(opal_order(&script.transport, OPAL_REVERT, "x", &status), -EOPNOTSUPP);
}

/* ---- by the kernel ---- */

static void by_the_kernel(void **state)
{
	static const struct {
		enum opal_order order;
		unsigned long request;
	} orders[] = { { OPAL_REVERT, IOC_OPAL_REVERT_TPR },
		{ OPAL_PSID_REVERT, IOC_OPAL_PSID_REVERT_TPR } };
	static const struct {
		int result, returned;
		uint8_t status;
	} results[] = { { 0, 0, 0 }, { 1, 0, 1 }, { 0x12, 0, 0x12 }, { 0x3f, 0, 0x3f },
		{ 0x89, -EBADMSG, 0xff }, { -EIO, -EIO, 0xff }, { -524, -524, 0xff } };
	static struct script script;
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(results); j++) {
			uint8_t status = 0xff;
			start_script(&script);
			script.kernel_knows = true;
			script.result = results[j].result;
			assert_int_equal(
				opal_order(&script.transport, orders[i].order, PSID, &status),
				results[j].returned);
			assert_int_equal(status, results[j].status);
			assert_int_equal(script.request, orders[i].request);
			const struct opal_key *key = (const void *)script.argument;
			assert_int_equal(key->key_len, 32);
			assert_memory_equal(key->key, PSID, 33);
			assert_int_equal(key->lr, 0);
			assert_int_equal(script.sends, 0);
		}
	}
	/* A kernel that does not know the drive: our own session. */
	uint8_t first[512], status;
	start_script(&script);
	give(&script, first, frame(first, 0, 0, not_synced, sizeof(not_synced)));
	assert_int_equal(opal_order(&script.transport, OPAL_REVERT, "owner", &status), 0);
	assert_int_equal(script.sends, 1);
	assert_int_equal(script.request, 0);
}

/* ---- against the drive model ---- */

#define MODEL_BYTES (256 * KIB)

struct unit {
	struct model_scsi drive;
	struct transports transports;
};

static void start_unit(struct unit *unit, const char *conduct)
{
	static uint8_t text[MODEL_BYTES];
	model_scsi_start(&unit->drive, "honest", MODEL_BYTES, false);
	memset(text, 'T', sizeof(text));
	assert_int_equal(model_write(&unit->drive.model, 0, MODEL_BYTES / MODEL_SECTOR_BYTES, text,
				 unit->drive.now_ms),
		OUTCOME_DONE);
	assert_int_equal(model_obey(&unit->drive.model, conduct), 0);
	unit->transports = (struct transports){ .fd = -1 };
	unit->transports.opal = opal_transport_scsi(-1, &unit->drive.transport);
	unit->transports.opal.patience_ms = 50;
}

static void tell(struct unit *unit, const char *line)
{
	assert_int_equal(model_obey(&unit->drive.model, line), 0);
}

/* Of the medium, whatever the drive says when it is read. */
static uint64_t old_sectors(const struct unit *unit)
{
	uint8_t sector[MODEL_SECTOR_BYTES], old[MODEL_SECTOR_BYTES];
	uint64_t count = 0;
	memset(old, 'T', sizeof(old));
	for (uint64_t at = 0; at < MODEL_BYTES; at += sizeof(sector)) {
		assert_int_equal(
			medium_read(&unit->drive.model.medium, sector, sizeof(sector), at), 0);
		count += memcmp(sector, old, sizeof(sector)) == 0;
	}
	return count;
}
#define ALL_SECTORS (MODEL_BYTES / MODEL_SECTOR_BYTES)

static int start_method(struct unit *unit, const struct erase_method *method,
	const char *credential, struct erase_state *ret_state)
{
	struct erase_call call = { .transports = &unit->transports, .credential = credential };
	struct erase_answer answer = { 0 };
	*ret_state = (struct erase_state){ .status = ERASE_STATUS_UNKNOWN };
	int r = method->start(&call, &answer);
	if (r == 0) {
		assert_int_equal(answer.witness, WITNESS_COMPLETION);
		erase_state_read(&answer, ret_state);
	}
	return r;
}

static void psid_revert_of_a_model(void **state)
{
	struct unit unit;
	struct erase_state ended;
	struct opal_abilities abilities;
	(void)state;
	start_unit(&unit, "honest");
	tell(&unit, "owner swordfish");
	tell(&unit, "lock");
	opal_abilities_read(&unit.transports.opal, &abilities);
	assert_true(abilities.known && abilities.encrypts && abilities.locked &&
		    abilities.locking_enabled);
	assert_false(abilities.sid_is_factory);

	assert_int_equal(start_method(&unit, &erase_opal_psid_revert, PSID, &ended), 0);
	assert_int_equal(ended.status, ERASE_STATUS_FAILED);
	assert_int_equal(unit.drive.model.tcg.wrong_psids, 1);
	/* What cannot be one costs no try. */
	assert_int_equal(
		start_method(&unit, &erase_opal_psid_revert, "WRONGPSID", &ended), -EACCES);
	assert_int_equal(unit.drive.model.tcg.wrong_psids, 1);
	assert_int_equal(old_sectors(&unit), ALL_SECTORS);
	assert_int_equal(start_method(&unit, &erase_opal_psid_revert, NULL, &ended), -EACCES);

	/* As it stands on the label, in groups. */
	assert_int_equal(start_method(&unit, &erase_opal_psid_revert,
				 "MODELPSI-D0123456-789ABCDE FGHJKLMN", &ended),
		0);
	assert_int_equal(ended.status, ERASE_STATUS_SUCCEEDED);
	assert_int_equal(old_sectors(&unit), 0);
	opal_abilities_read(&unit.transports.opal, &abilities);
	assert_true(abilities.known && !abilities.locked && !abilities.locking_enabled &&
		    abilities.sid_is_factory);
	model_scsi_end(&unit.drive);
}

/* After five wrong ones the drive listens to no PSID any more, and none is tried by ourselves. */
static void psid_is_locked_out(void **state)
{
	struct unit unit;
	struct erase_state ended;
	uint8_t status = 0;
	(void)state;
	start_unit(&unit, "honest");
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(start_method(&unit, &erase_opal_psid_revert, PSID, &ended), 0);
	assert_int_equal(unit.drive.model.tcg.wrong_psids, 5);
	assert_int_equal(opal_order(&unit.transports.opal, OPAL_PSID_REVERT, TCG_PSID, &status), 0);
	assert_string_equal(opal_status_name(status), "authority-locked-out");
	assert_int_equal(old_sectors(&unit), ALL_SECTORS);
	model_scsi_end(&unit.drive);
}

static void revert_by_owner(void **state)
{
	struct unit unit;
	struct erase_state ended;
	(void)state;
	start_unit(&unit, "honest");
	tell(&unit, "owner swordfish");
	assert_int_equal(start_method(&unit, &erase_opal_revert, TCG_MSID, &ended), 0);
	assert_int_equal(ended.status, ERASE_STATUS_FAILED);
	assert_int_equal(start_method(&unit, &erase_opal_revert, "", &ended), -EACCES);
	assert_int_equal(old_sectors(&unit), ALL_SECTORS);
	assert_int_equal(start_method(&unit, &erase_opal_revert, "swordfish", &ended), 0);
	assert_int_equal(ended.status, ERASE_STATUS_SUCCEEDED);
	assert_int_equal(old_sectors(&unit), 0);
	model_scsi_end(&unit.drive);
}

/* Other ranges have keys of their own: they get new ones, too. */
static void new_keys_for_all_ranges(void **state)
{
	struct unit unit;
	struct erase_state ended;
	(void)state;
	start_unit(&unit, "honest");
	tell(&unit, "range 100");
	assert_int_equal(start_method(&unit, &erase_opal_genkey, "swordfish", &ended), 0);
	assert_int_equal(ended.status, ERASE_STATUS_FAILED); /* never activated */
	tell(&unit, "owner swordfish");
	assert_int_equal(start_method(&unit, &erase_opal_genkey, "another", &ended), 0);
	assert_int_equal(ended.status, ERASE_STATUS_FAILED);
	assert_int_equal(old_sectors(&unit), ALL_SECTORS);
	assert_int_equal(start_method(&unit, &erase_opal_genkey, "swordfish", &ended), 0);
	assert_int_equal(ended.status, ERASE_STATUS_SUCCEEDED);
	assert_int_equal(old_sectors(&unit), 0);
	assert_false(unit.drive.model.tcg.open);
	/* The owner stays. */
	assert_string_equal(unit.drive.model.tcg.owner, "swordfish");
	model_scsi_end(&unit.drive);
}

/* What the drive says, and what is left: the markers must find what the drive hides. */
static void conducts(void **state)
{
	static const struct {
		const char *conduct;
		int result;
		enum erase_status status;
		uint64_t old;
	} cases[] = {
		{ "honest", 0, ERASE_STATUS_SUCCEEDED, 0 },
		{ "lies-success", 0, ERASE_STATUS_SUCCEEDED, ALL_SECTORS },
		{ "unmaps-only", 0, ERASE_STATUS_SUCCEEDED, ALL_SECTORS },
		{ "pyrite", 0, ERASE_STATUS_SUCCEEDED, ALL_SECTORS },
		{ "fails-halfway", 0, ERASE_STATUS_FAILED, ALL_SECTORS / 2 },
		{ "refuses", 0, ERASE_STATUS_FAILED, ALL_SECTORS },
		{ "frozen", 0, ERASE_STATUS_FAILED, ALL_SECTORS },
		{ "hangs-at-40", -ETIMEDOUT, ERASE_STATUS_UNKNOWN, ALL_SECTORS },
		{ "no-tcg", -EOPNOTSUPP, ERASE_STATUS_UNKNOWN, ALL_SECTORS },
		{ "enterprise", -ENODATA, ERASE_STATUS_UNKNOWN, ALL_SECTORS },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct unit unit;
		struct erase_state ended;
		start_unit(&unit, cases[i].conduct);
		assert_int_equal(start_method(&unit, &erase_opal_psid_revert, TCG_PSID, &ended),
			cases[i].result);
		assert_int_equal(ended.status, cases[i].status);
		assert_int_equal(old_sectors(&unit), cases[i].old);
		model_scsi_end(&unit.drive);
	}
}

/* The same session over Security Send and Receive. */
static void psid_revert_by_nvme(void **state)
{
	struct model_nvme drive;
	struct opal_abilities abilities;
	uint8_t old[512], now[512], status = 0xff;
	(void)state;
	memset(old, 'T', sizeof(old));
	model_nvme_start(&drive, "honest", MODEL_BYTES);
	struct opal_transport opal = opal_transport_nvme(-1, &drive.transport);
	assert_int_equal(model_nvme_write(&drive, 7, old), 0);
	model_nvme_obey(&drive, "owner swordfish;lock");
	opal_abilities_read(&opal, &abilities);
	assert_true(abilities.known && abilities.locked && abilities.encrypts);
	assert_int_not_equal(model_nvme_read(&drive, 7, now), 0);
	assert_int_equal(opal_order(&opal, OPAL_PSID_REVERT, "WRONG", &status), 0);
	assert_int_equal(status, 1);
	assert_int_equal(opal_order(&opal, OPAL_PSID_REVERT, TCG_PSID, &status), 0);
	assert_int_equal(status, 0);
	assert_int_equal(model_nvme_read(&drive, 7, now), 0);
	assert_memory_not_equal(old, now, sizeof(old));

	/* Every call that fails: never a success, but for the two of the farewell. */
	unsigned calls = 0;
	for (unsigned call = 0; call <= calls; call++) {
		model_nvme_obey(&drive, "opal;owner swordfish");
		drive.sent_count = 0;
		drive.calls = 0;
		drive.fails_at = call;
		status = 0xff;
		int r = opal_order(&opal, OPAL_GENERATE_KEYS, "swordfish", &status);
		if (call == 0)
			calls = drive.calls;
		if (call == 0 || call > calls - 2)
			assert_true(r == 0 && status == 0);
		else
			assert_true(r < 0);
	}
	assert_true(calls > 10);
	model_nvme_end(&drive);
}

/* ---- what is offered ---- */

static void offers(void **state)
{
	static const struct {
		struct opal_abilities opal;
		const char *psid, *revert, *genkey; /* NULL: offered */
	} cases[] = {
		{ { 0 }, "not-supported", "not-supported", "not-supported" },
		{ { .known = true }, "not-supported", "not-supported", "not-supported" },
		{ { .known = true, .kind = OPAL_ENTERPRISE, .encrypts = true, .com_id = 1 },
			"not-supported", "not-supported", "not-supported" },
		{ { .known = true, .kind = OPAL_PYRITE, .com_id = 1, .locking_enabled = true },
			"not-encrypted", "not-encrypted", "not-encrypted" },
		{ { .known = true, .kind = OPAL_2, .com_id = 1, .locking_enabled = true },
			"not-encrypted", "not-encrypted", "not-encrypted" },
		{ { .known = true, .kind = OPAL_2, .encrypts = true }, "not-supported",
			"not-supported", "not-supported" },
		{ { .known = true, .kind = OPAL_2, .encrypts = true, .com_id = 1 }, NULL, NULL,
			"not-activated" },
		{ { .known = true,
			  .kind = OPAL_2,
			  .encrypts = true,
			  .com_id = 1,
			  .locking_enabled = true },
			NULL, NULL, NULL },
		{ { .known = true,
			  .kind = OPAL_RUBY,
			  .encrypts = true,
			  .com_id = 1,
			  .locking_enabled = true,
			  .sid_blocked = true },
			NULL, "sid-blocked", NULL },
		{ { .known = true,
			  .kind = OPAL_1,
			  .encrypts = true,
			  .com_id = 1,
			  .locking_enabled = true,
			  .locked = true },
			"locked", "locked", "locked" },
		{ { .known = true, .kind = OPAL_2, .encrypts = true, .kernel_calls = true }, NULL,
			NULL, "not-activated" },
	};
	static const enum technique techniques[] = { TECHNIQUE_OPAL_PSID_REVERT,
		TECHNIQUE_OPAL_REVERT, TECHNIQUE_OPAL_GENKEY };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *expected[] = { cases[i].psid, cases[i].revert, cases[i].genkey };
		for (size_t j = 0; j < ARRAY_SIZE(techniques); j++) {
			struct abilities abilities = { .transport = TRANSPORT_SCSI,
				.opal = cases[i].opal };
			struct erase_offer offer;
			const struct erase_method *method = erase_method_for(techniques[j]);
			assert_non_null(method);
			method->offer(&abilities, &offer);
			assert_int_equal(offer.offered, expected[j] == NULL);
			if (expected[j])
				assert_string_equal(offer.why_not, expected[j]);
			assert_int_equal(offer.scope, SCOPE_DRIVE);
			assert_int_equal(offer.expected_seconds, -1);
			abilities.transport = TRANSPORT_NVME;
			method->offer(&abilities, &offer);
			assert_int_equal(offer.scope, SCOPE_SUBSYSTEM);
		}
	}
}

static void psids(void **state)
{
	static const struct {
		const char *typed, *clean; /* NULL: refused */
	} cases[] = {
		{ "", NULL },
		{ PSID, PSID },
		{ "ABCD-EFGH-JKLM-NPQR-STUV-WXYZ-2345-6789", PSID },
		{ " ABCDEFGH JKLMNPQR STUVWXYZ 23456789 ", PSID },
		{ "abcd-efgh-jklm-npqr-stuv-wxyz-2345-6789", "abcdefghjklmnpqrstuvwxyz23456789" },
		{ " - ", NULL },
		{ "SHORT-ONE", NULL },
		{ "ABCDEFGHJKLMNPQRSTUVWXYZ2345678", NULL },
		{ PSID "A", NULL },
		{ "ABCD.EFGH-JKLM-NPQR-STUV-WXYZ-2345-678", NULL },
		{ "ABCDEFGHJKLMNPQRSTUVWXYZ234567\xc3\xa9", NULL },
	};
	char clean[PSID_CHARACTERS + 1], longest[OPAL_CREDENTIAL_MAX + 2];
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(opal_psid_clean(cases[i].typed, clean), cases[i].clean != NULL);
		assert_string_equal(clean, cases[i].clean ? cases[i].clean : "");
	}
	memset(longest, 'x', sizeof(longest));
	longest[OPAL_CREDENTIAL_MAX + 1] = '\0';
	assert_false(opal_psid_clean(longest, clean));
	assert_string_equal(clean, "");
}

/* What did not open a session has changed nothing; a method that failed may have. */
static void statuses_of_credentials(void **state)
{
	(void)state;
	for (unsigned status = 0; status <= UINT8_MAX; status++) {
		const char *name = opal_status_name((uint8_t)status);
		bool expected = strcmp(name, "not-authorized") == 0 ||
				strcmp(name, "authority-locked-out") == 0;
		assert_int_equal(opal_status_is_of_credential((uint8_t)status), expected);
	}
}

static void refusals(void **state)
{
	static const struct {
		struct erase_answer answer;
		const char *piece; /* NULL: no reason */
	} cases[] = {
		{ { WITNESS_COMPLETION, 2, { 'T', OPAL_STATUS_NOT_AUTHORIZED } }, "PSID" },
		{ { WITNESS_COMPLETION, 2, { 'T', OPAL_STATUS_LOCKED_OUT } }, "without power" },
		{ { WITNESS_COMPLETION, 2, { 'T', 0x3f } }, NULL },
		{ { WITNESS_COMPLETION, 2, { 'T', 0 } }, NULL },
		{ { WITNESS_COMPLETION, 3, { 'n', 0, 0x1d } }, "in progress" },
		{ { WITNESS_COMPLETION, 3, { 'N', 0x01, 0x0b } }, "firmware" },
		{ { WITNESS_COMPLETION, 3, { 'N', 0, 0 } }, NULL },
		{ { WITNESS_COMPLETION, 2, { 'N', 1 } }, NULL },
		{ { WITNESS_COMPLETION, 5, { 'E', 0, 0, 0, 5 } }, NULL },
		{ { WITNESS_NONE, 2, { 'T', OPAL_STATUS_NOT_AUTHORIZED } }, NULL },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *why = refusal_explain(&cases[i].answer);
		assert_int_equal(why != NULL, cases[i].piece != NULL);
		if (why)
			assert_non_null(strstr(why, cases[i].piece));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(discovery_kinds),
		cmocka_unit_test(discovery_of_several),
		cmocka_unit_test(discovery_states),
		cmocka_unit_test(hostile_discovery),
		cmocka_unit_test(discovery_by_scsi),
		cmocka_unit_test(discovery_by_nvme),
		cmocka_unit_test(psid_revert_bytes),
		cmocka_unit_test(refused_sessions),
		cmocka_unit_test(hostile_answers),
		cmocka_unit_test(refuses_long_credentials),
		cmocka_unit_test(by_the_kernel),
		cmocka_unit_test(psid_revert_of_a_model),
		cmocka_unit_test(psid_is_locked_out),
		cmocka_unit_test(revert_by_owner),
		cmocka_unit_test(new_keys_for_all_ranges),
		cmocka_unit_test(conducts),
		cmocka_unit_test(psid_revert_by_nvme),
		cmocka_unit_test(offers),
		cmocka_unit_test(psids),
		cmocka_unit_test(statuses_of_credentials),
		cmocka_unit_test(refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
