/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCG Opal: sessions byte by byte with a drive that answers as told, and the kernel's calls instead
 * of one. */
#include "device/command/opal.h"
#include "tests/support/opal_fixture.h"

#include <errno.h>
#include <linux/sed-opal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <cmocka.h>

/* ---- sessions, byte by byte ---- */

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(psid_revert_bytes),
		cmocka_unit_test(refused_sessions),
		cmocka_unit_test(hostile_answers),
		cmocka_unit_test(refuses_long_credentials),
		cmocka_unit_test(by_the_kernel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
