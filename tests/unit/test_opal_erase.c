/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Erasing by TCG Opal: the techniques against the drive model, when they are offered, and the PSID
 * as people type it. */
#include "device/erase/refusal.h"
#include "tests/support/model_nvme.h"
#include "tests/support/model_scsi.h"
#include "tests/support/opal_fixture.h"
#include "wipe/erase/opal.h"
#include "wipe/erase/methods.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

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
