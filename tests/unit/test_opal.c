/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCG Opal: what a drive tells of itself at discovery, by bytes, and the SCSI and NVMe commands
 * that carry it. Sessions: test_opal_session.c; the techniques on top: test_opal_erase.c. */
#include "device/command/opal.h"
#include "tests/support/fake_scsi.h"
#include "tests/support/opal_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

/* ---- discovery ---- */

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(discovery_kinds),
		cmocka_unit_test(discovery_of_several),
		cmocka_unit_test(discovery_states),
		cmocka_unit_test(hostile_discovery),
		cmocka_unit_test(discovery_by_scsi),
		cmocka_unit_test(discovery_by_nvme),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
