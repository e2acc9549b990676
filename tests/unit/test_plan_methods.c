/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of a policy's methods a plan takes, of those that the drive offers, why the others do not
 * do, and the steps that prove it. */
#include "tests/support/plan_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- what a drive erases by itself ---- */

static void each_combination_becomes_the_steps_that_prove_it(void **state)
{
	(void)state;
	static const struct {
		const char *methods;
		const char *verification;
		const char *steps;
	} cases[] = {
		{ "nvme-sanitize-crypto", "markers", "m1 e:nvme-sanitize-crypto c1 s2" },
		{ "nvme-sanitize-overwrite", "markers",
			"m1 e:nvme-sanitize-overwrite r2/sample c1 s2" },
		{ "nvme-sanitize-overwrite", "full", "m1 e:nvme-sanitize-overwrite r2/full c1 s2" },
		{ "nvme-sanitize-crypto+nvme-sanitize-block+overwrite", "full",
			"m1 e:nvme-sanitize-crypto c1 m4 e:nvme-sanitize-block c4 w7 r7/full s7" },
		{ "nvme-sanitize-overwrite+nvme-sanitize-crypto", "markers",
			"m1 e:nvme-sanitize-overwrite c1 m4 e:nvme-sanitize-crypto c4 s5" },
		{ "overwrite+nvme-sanitize-block", "markers",
			"w1 r1/full m3 e:nvme-sanitize-block c3 s4" },
		{ "discard+nvme-sanitize-block", "markers",
			"e:discard m2 e:nvme-sanitize-block c2 s3" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_drive fake = { .abilities.media = MEDIA_FLASH };
		struct plan_request request = { .level = LEVEL_NONE };
		struct plan plan;
		struct error error = { 0 };
		char text[1024], steps[512];
		(void)snprintf(text, sizeof(text),
			ONE_RULE(",\"methods\":[\"%s\"],\"purge_verification\":\"%s\"", ""),
			cases[i].methods, cases[i].verification);
		AUTO_POLICY struct policy *policy = parse_policy(text);
		for (int technique = 1; technique < TECHNIQUES; technique++)
			fake_offer(&fake, (enum technique)technique, 7);
		if (make_plan_of(policy, &sample_flash, &sample_flash_native, &fake, &request,
			    &plan, &error) < 0)
			fail_msg("%s: %s", cases[i].methods, error.what);
		spell_plan(&plan, steps, sizeof(steps));
		assert_string_equal(steps, cases[i].steps);
		assert_int_equal(plan.level, LEVEL_PURGE);
		assert_why(&plan, cases[i].methods, "chosen");
		assert_sealable(&plan, MEDIA_FLASH);
	}
}

static void the_first_that_reaches_the_level_is_chosen(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load_policy(NULL);
	struct plan_request request = { .level = LEVEL_PURGE };
	struct plan plan;
	struct error error = { 0 };
	struct fake_drive fake = { .abilities.media = MEDIA_FLASH };

	fake_refuse(&fake, TECHNIQUE_NVME_SANITIZE_CRYPTO, "not-supported");
	fake_offer(&fake, TECHNIQUE_NVME_SANITIZE_BLOCK, 11);
	fake_offer(&fake, TECHNIQUE_NVME_SANITIZE_OVERWRITE, 500);
	assert_int_equal(make_plan_of(policy, &sample_flash, &sample_flash_native, &fake, &request,
				 &plan, &error),
		0);
	assert_why(&plan, "nvme-sanitize-crypto", "not-supported");
	assert_why(&plan, "nvme-sanitize-block", "chosen");
	assert_why(&plan, "nvme-sanitize-overwrite", "not-needed");
	assert_why(&plan, "nvme-sanitize-block+overwrite", "not-needed");
	assert_why(&plan, "ata-sanitize-block", "not-supported");
	assert_int_equal(candidate_of(&plan, "nvme-sanitize-block")->expected_seconds, 11);
	assert_int_equal(candidate_of(&plan, "nvme-sanitize-block")->level, LEVEL_PURGE);
	/* How long the host overwrites nobody states. */
	assert_int_equal(
		candidate_of(&plan, "nvme-sanitize-block+overwrite")->expected_seconds, -1);
	assert_int_equal(plan.steps[1].expected_seconds, 11);
	assert_int_equal(plan.steps[1].scope, SCOPE_SUBSYSTEM);
	assert_string_equal(plan.scheme, "");
	/* Without purge being asked for, it is overwritten: what is due and no more. */
	request.level = LEVEL_NONE;
	assert_int_equal(make_plan_of(policy, &sample_flash, &sample_flash_native, &fake, &request,
				 &plan, &error),
		0);
	assert_why(&plan, "overwrite", "chosen");
	assert_string_equal(plan.scheme, "random");
	assert_int_equal(plan.level, LEVEL_CLEAR);
}

/* Each is one thing that stands in the way of the only method there is. */
static void what_does_not_do_is_refused_and_says_why(void **state)
{
	(void)state;
	static const struct {
		const char *name, *more, *top, *methods, *why;
		const char *offered_not; /* the drive's reason */
		const char *code, *help;
		enum technique technique;
		enum media media;
		bool failed_before;
	} cases[] = {
		{ "frozen", "", "", "ata-sanitize-block", "frozen", "frozen", "level-not-reachable",
			"suspend", TECHNIQUE_ATA_SANITIZE_BLOCK, MEDIA_FLASH, false },
		{ "locked", "", "", "ata-sanitize-block", "locked", "locked", "level-not-reachable",
			"PSID", TECHNIQUE_ATA_SANITIZE_BLOCK, MEDIA_FLASH, false },
		{ "a word that is new", "", "", "ata-sanitize-block", "moon-phase", "moon-phase",
			"level-not-reachable", "destroyed", TECHNIQUE_ATA_SANITIZE_BLOCK,
			MEDIA_FLASH, false },
		{ "hidden", "", "", "ata-sanitize-block", "status-hidden", "status-hidden",
			"level-not-reachable", "controller", TECHNIQUE_ATA_SANITIZE_BLOCK,
			MEDIA_FLASH, false },
		{ "the drive says nothing", "", "", "ata-sanitize-block", "not-supported", NULL,
			"level-not-reachable", "destroyed", TECHNIQUE_NONE, MEDIA_FLASH, false },
		{ "flash", "", "", "ata-security-enhanced", "level-too-low", NULL,
			"level-not-reachable", "destroyed", TECHNIQUE_ATA_SECURITY_ENHANCED,
			MEDIA_FLASH, false },
		{ "medium not told", "", "", "ata-security-enhanced", "level-too-low", NULL,
			"level-not-reachable", "destroyed", TECHNIQUE_ATA_SECURITY_ENHANCED,
			MEDIA_UNKNOWN, false },
		{ "failed before", "", "", "ata-security-enhanced", "failed-before", NULL,
			"level-not-reachable", "destroyed", TECHNIQUE_ATA_SECURITY_ENHANCED,
			MEDIA_MAGNETIC, true },
		{ "distrusted", "",
			"\"distrust\":[{\"model\":\"DI*\",\"firmware_below\":\"2\",\"technique\":"
			"\"ata-security-enhanced\",\"why\":\"w\"}],",
			"ata-security-enhanced", "distrusted", NULL, "level-not-reachable",
			"firmware", TECHNIQUE_ATA_SECURITY_ENHANCED, MEDIA_MAGNETIC, false },
		{ "distrusted in everything", "",
			"\"distrust\":[{\"model\":\"*\",\"firmware\":\"1\",\"technique\":\"*\","
			"\"why\":\"w\"}],",
			"ata-security-enhanced", "distrusted", NULL, "level-not-reachable",
			"firmware", TECHNIQUE_ATA_SECURITY_ENHANCED, MEDIA_MAGNETIC, false },
		{ "cannot be read back", ",\"purge_verification\":\"sample\"", "",
			"ata-sanitize-crypto", "verification-too-weak", NULL, "level-not-reachable",
			"overwriting", TECHNIQUE_ATA_SANITIZE_CRYPTO, MEDIA_FLASH, false },
		{ "no PSID", "", "", "opal-psid-revert", "needs-credential", NULL,
			"level-not-reachable", "--psid-file", TECHNIQUE_OPAL_PSID_REVERT,
			MEDIA_FLASH, false },
		{ "no password", "", "", "opal-revert", "needs-credential", NULL,
			"level-not-reachable", "--password-file", TECHNIQUE_OPAL_REVERT,
			MEDIA_FLASH, false },
		{ "keys of a volume that was not always encrypted", "", "", "luks-erase",
			"encryption-not-recorded", NULL, "level-not-reachable", "encryption record",
			TECHNIQUE_LUKS_ERASE, MEDIA_FLASH, false },
		{ "overwriting alone", "", "", "overwrite", "level-too-low", NULL,
			"level-not-reachable", "destroyed", TECHNIQUE_NONE, MEDIA_MAGNETIC, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_drive fake = { .abilities.media = cases[i].media };
		struct drive_identity identity = sample_sata;
		struct plan_request request = { .level = LEVEL_NONE };
		struct plan plan;
		struct error error = { 0 };
		char text[1024];
		(void)snprintf(text, sizeof(text), ONE_RULE("%s,\"methods\":[\"%s\"]", "%s"),
			cases[i].top, cases[i].more, cases[i].methods);
		AUTO_POLICY struct policy *policy = parse_policy(text);
		identity.media = cases[i].media;
		if (cases[i].offered_not)
			fake_refuse(&fake, cases[i].technique, cases[i].offered_not);
		else if (cases[i].technique != TECHNIQUE_NONE)
			fake_offer(&fake, cases[i].technique, -1);
		request.failed_before[cases[i].technique] = cases[i].failed_before;
		assert_int_equal(make_plan_of(policy, &identity, &sample_sata_native, &fake,
					 &request, &plan, &error),
			-ENOTSUP);
		assert_string_equal(error.code, cases[i].code);
		assert_int_equal(error.kind, ERROR_UNSUPPORTED);
		assert_non_null(strstr(error.what, "not lowered"));
		assert_non_null(strstr(error.next, cases[i].help));
		assert_int_equal(plan.step_count, 0);
		assert_int_equal(plan.capacity_bytes, 0);
		assert_int_equal(plan.candidate_count, 1);
		assert_why(&plan, cases[i].methods, cases[i].why);
		/* The refusal itself goes on a record. */
		AUTO_JSON json_t *json = NULL;
		assert_int_equal(plan_to_json(&plan, &json), 0);
		assert_int_equal(plan_from_json(json, false, &plan, &error), 0);
	}
}

static void a_locked_drive_is_not_overwritten(void **state)
{
	(void)state;
	struct fake_drive fake = { .abilities.ata = { .known = true, .locked = true } };
	struct plan_request request = { .level = LEVEL_CLEAR };
	struct plan plan;
	struct error error = { 0 };
	AUTO_POLICY struct policy *policy =
		parse_policy(ONE_RULE(",\"methods\":[\"overwrite\"]", ""));
	assert_int_equal(make_plan_of(policy, &sample_sata, &sample_sata_native, &fake, &request,
				 &plan, &error),
		-ENOTSUP);
	assert_string_equal(error.code, "level-not-reachable");
	assert_why(&plan, "overwrite", "locked");
	assert_non_null(strstr(error.next, "nlock"));
	assert_int_equal(plan.step_count, 0);
}

/* Markers cannot be planted behind a locked range, whatever else the drive offers. */
static void a_locked_opal_drive_is_not_purged(void **state)
{
	(void)state;
	struct fake_drive fake = { .abilities = { .media = MEDIA_FLASH,
					   .opal = { .known = true, .locked = true } } };
	struct drive_identity identity = sample_sata;
	struct plan_request request = { .level = LEVEL_PURGE };
	struct plan plan;
	struct error error = { 0 };
	AUTO_POLICY struct policy *policy =
		parse_policy(ONE_RULE(",\"methods\":[\"ata-sanitize-block\","
				      "\"ata-sanitize-block+overwrite\",\"overwrite\"]",
			""));
	identity.media = MEDIA_FLASH;
	fake_offer(&fake, TECHNIQUE_ATA_SANITIZE_BLOCK, -1);
	assert_int_equal(make_plan_of(policy, &identity, &sample_sata_native, &fake, &request,
				 &plan, &error),
		-ENOTSUP);
	assert_string_equal(error.code, "level-not-reachable");
	assert_why(&plan, "ata-sanitize-block", "locked");
	assert_why(&plan, "ata-sanitize-block+overwrite", "locked");
	assert_why(&plan, "overwrite", "locked");
	assert_non_null(strstr(error.next, "wipe revert"));
	fake.abilities.opal.locked = false;
	assert_int_equal(make_plan_of(policy, &identity, &sample_sata_native, &fake, &request,
				 &plan, &error),
		0);
}

static void a_part_that_does_not_do_spoils_the_combination(void **state)
{
	(void)state;
	struct fake_drive fake = { .abilities.media = MEDIA_FLASH };
	struct plan_request request = { .level = LEVEL_NONE };
	struct plan plan;
	struct error error = { 0 };
	AUTO_POLICY struct policy *policy =
		parse_policy(ONE_RULE(",\"methods\":[\"nvme-sanitize-crypto+nvme-sanitize-block\","
				      "\"nvme-sanitize-crypto+overwrite\",\"nvme-sanitize-block\"]",
			""));

	fake_offer(&fake, TECHNIQUE_NVME_SANITIZE_CRYPTO, 2);
	fake_refuse(&fake, TECHNIQUE_NVME_SANITIZE_BLOCK, "status-hidden");
	assert_int_equal(make_plan_of(policy, &sample_flash, &sample_flash_native, &fake, &request,
				 &plan, &error),
		0);
	assert_why(&plan, "nvme-sanitize-crypto+nvme-sanitize-block", "status-hidden");
	assert_why(&plan, "nvme-sanitize-crypto+overwrite", "chosen");
	/* What failed once is out in every combination. */
	fake_offer(&fake, TECHNIQUE_NVME_SANITIZE_BLOCK, 3);
	request.failed_before[TECHNIQUE_NVME_SANITIZE_CRYPTO] = true;
	assert_int_equal(make_plan_of(policy, &sample_flash, &sample_flash_native, &fake, &request,
				 &plan, &error),
		0);
	assert_why(&plan, "nvme-sanitize-crypto+nvme-sanitize-block", "failed-before");
	assert_why(&plan, "nvme-sanitize-crypto+overwrite", "failed-before");
	assert_why(&plan, "nvme-sanitize-block", "chosen");
}

static void a_credential_at_hand_makes_its_technique_possible(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load_policy(NULL);
	static const struct {
		bool offered, has_psid, has_password;
		const char *psid_revert, *revert;
	} cases[] = {
		{ true, false, false, "needs-credential", "needs-credential" },
		{ true, true, false, "chosen", "needs-credential" },
		{ true, false, true, "needs-credential", "chosen" },
		{ true, true, true, "chosen", "not-needed" },
		{ false, true, false, "chosen", "needs-credential" },
		{ false, false, false, "needs-credential", "needs-credential" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_drive fake = { .abilities.media = MEDIA_FLASH };
		struct plan_request request = { .level = LEVEL_PURGE,
			.has_psid = cases[i].has_psid,
			.has_password = cases[i].has_password };
		struct plan plan;
		struct error error = { 0 };
		fake_offer(&fake, TECHNIQUE_OPAL_PSID_REVERT, -1);
		fake_offer(&fake, TECHNIQUE_OPAL_REVERT, -1);
		fake.offers[TECHNIQUE_OPAL_PSID_REVERT].offered = cases[i].offered;
		fake.offers[TECHNIQUE_OPAL_PSID_REVERT].why_not = "needs-credential";
		fake.offers[TECHNIQUE_OPAL_REVERT].offered = cases[i].offered;
		fake.offers[TECHNIQUE_OPAL_REVERT].why_not = "needs-credential";
		(void)make_plan_of(policy, &sample_flash, &sample_flash_native, &fake, &request,
			&plan, &error);
		assert_why(&plan, "opal-psid-revert", cases[i].psid_revert);
		assert_why(&plan, "opal-revert", cases[i].revert);
	}
}

static void the_operator_chooses_among_what_the_policy_allows(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load_policy(NULL);
	static const struct {
		const char *method;
		enum level level;
		int result;
		const char *code, *next;
	} cases[] = {
		{ "nvme-sanitize-block+overwrite", LEVEL_PURGE, 0, "", "" },
		{ "nvme-sanitize-crypto", LEVEL_PURGE, 0, "", "" },
		{ "overwrite", LEVEL_NONE, 0, "", "" },
		{ "nvme-sanitize-crypto", LEVEL_NONE, -EPERM, "method-not-in-policy",
			"--level purge" },
		{ "nvme-format-crypto", LEVEL_PURGE, -EPERM, "method-not-in-policy",
			"verify policy" },
		{ "overwrite", LEVEL_PURGE, -EPERM, "method-not-in-policy", "verify policy" },
		{ "scsi-sanitize-block", LEVEL_PURGE, -ENOTSUP, "level-not-reachable", "" },
		{ "nvme-sanitize-crypto", LEVEL_DESTROY, -ENOTSUP, "level-not-reachable", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_drive fake = { .abilities.media = MEDIA_FLASH };
		struct plan_request request = { .level = cases[i].level };
		struct plan plan;
		struct error error = { 0 };
		fake_offer(&fake, TECHNIQUE_NVME_SANITIZE_CRYPTO, 1);
		fake_offer(&fake, TECHNIQUE_NVME_SANITIZE_BLOCK, 1);
		fake_offer(&fake, TECHNIQUE_NVME_FORMAT_CRYPTO, 1);
		(void)snprintf(request.method, sizeof(request.method), "%s", cases[i].method);
		assert_int_equal(make_plan_of(policy, &sample_flash, &sample_flash_native, &fake,
					 &request, &plan, &error),
			cases[i].result);
		assert_string_equal(error.code, cases[i].code);
		assert_non_null(strstr(error.next, cases[i].next));
		if (cases[i].result == 0)
			assert_why(&plan, cases[i].method, "chosen");
	}
}

static void purge_verified_in_full_ends_in_overwriting(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load_policy(NULL);
	struct fake_drive fake = { .abilities.media = MEDIA_FLASH };
	static const struct {
		enum verification asked;
		const char *chosen, *coverage;
	} cases[] = {
		{ VERIFICATION_NONE, "nvme-sanitize-crypto", NULL },
		{ VERIFICATION_MARKERS, "nvme-sanitize-crypto", NULL },
		{ VERIFICATION_SAMPLE, "nvme-sanitize-crypto+overwrite", "r4/full" },
		{ VERIFICATION_FULL, "nvme-sanitize-crypto+overwrite", "r4/full" },
	};

	fake_offer(&fake, TECHNIQUE_NVME_SANITIZE_CRYPTO, 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct plan_request request = { .level = LEVEL_PURGE,
			.verification = cases[i].asked };
		struct plan plan;
		struct error error = { 0 };
		char steps[256];
		assert_int_equal(make_plan_of(policy, &sample_flash, &sample_flash_native, &fake,
					 &request, &plan, &error),
			0);
		assert_why(&plan, cases[i].chosen, "chosen");
		spell_plan(&plan, steps, sizeof(steps));
		if (cases[i].coverage)
			assert_non_null(strstr(steps, cases[i].coverage));
	}
	/* Markers are no verification of what was only overwritten. */
	struct plan_request request = { .verification = VERIFICATION_MARKERS };
	struct plan plan;
	struct error error = { 0 };
	assert_int_equal(make_plan_of(policy, &sample_flash, &sample_flash_native, &fake, &request,
				 &plan, &error),
		-EPERM);
	assert_string_equal(error.code, "verification-weaker");
}

/* ---- keys, and what drives are told ---- */

static void encryption_from_the_first_write_makes_keys_count(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = load_policy(NULL);
	struct fake_drive fake = { .abilities.encrypted_from_first_write = true };
	struct plan_request request = { .level = LEVEL_PURGE };
	struct plan plan;
	struct error error = { 0 };
	char steps[128];

	fake_offer(&fake, TECHNIQUE_LUKS_ERASE, 1);
	assert_int_equal(make_plan_of(policy, &sample_disk, &sample_disk_native, &fake, &request,
				 &plan, &error),
		0);
	spell_plan(&plan, steps, sizeof(steps));
	assert_string_equal(steps, "e:luks-erase s1");
	assert_true(plan.encrypted_from_first_write);
	assert_sealable(&plan, MEDIA_MAGNETIC);
}

/* Fresh for every plan, and of the form that the drives and the judge want. */
static void what_drives_are_told_is_drawn_when_the_plan_is_sealed(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = parse_policy(
		ONE_RULE(",\"methods\":[\"ata-sanitize-overwrite+ata-security-enhanced\"]", ""));
	struct fake_drive fake = { 0 };
	struct plan_request request = { .level = LEVEL_NONE };
	struct plan plan, sealed[2];
	struct error error = { 0 };

	fake_offer(&fake, TECHNIQUE_ATA_SANITIZE_OVERWRITE, 1);
	fake_offer(&fake, TECHNIQUE_ATA_SECURITY_ENHANCED, 1);
	assert_int_equal(make_plan_of(policy, &sample_sata, &sample_sata_native, &fake, &request,
				 &plan, &error),
		0);
	for (size_t i = 0; i < 2; i++) {
		sealed[i] = plan;
		assert_int_equal(plan_seal(&sealed[i], &error), 0);
	}
	const struct plan_step *overwrite = &sealed[0].steps[1], *security = &sealed[0].steps[4];
	assert_int_equal(overwrite->technique, TECHNIQUE_ATA_SANITIZE_OVERWRITE);
	assert_int_equal(security->technique, TECHNIQUE_ATA_SECURITY_ENHANCED);
	assert_int_equal(overwrite->pattern.kind, STREAM_PERIODIC);
	assert_int_equal(overwrite->pattern.period_bytes, 4);
	for (size_t i = 0; i < 4; i++)
		assert_true(
			overwrite->pattern.period[i] != 0 && overwrite->pattern.period[i] != 0xff);
	for (size_t i = 0; i < PASSWORD_BYTES; i++)
		assert_true(security->password[i] > ' ' && security->password[i] < 0x7f);
	assert_memory_not_equal(security->password, sealed[1].steps[4].password, PASSWORD_BYTES);
	assert_memory_not_equal(sealed[0].steps[0].seed, sealed[1].steps[0].seed, MEDIA_SEED_BYTES);
	assert_memory_not_equal(sealed[0].steps[0].seed, sealed[0].steps[3].seed, MEDIA_SEED_BYTES);
	static const uint8_t nothing[PASSWORD_BYTES];
	assert_memory_equal(plan.steps[4].password, nothing, PASSWORD_BYTES);
}

/* ---- words ---- */

static void every_word_of_a_refusal_is_explained(void **state)
{
	(void)state;
	static const char *const words[] = { "chosen", "not-needed", "not-asked", "not-supported",
		"not-known", "status-hidden", "busy", "frozen", "locked", "needs-credential",
		"sid-blocked", "not-activated", "distrusted", "failed-before", "level-too-low",
		"encryption-not-recorded", "not-addressable", "verification-too-weak",
		"scope-unknown", "too-many-steps" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		assert_string_not_equal(plan_why_text(words[i]), words[i]);
	assert_string_equal(plan_why_text("moon-phase"), "moon-phase");
	assert_string_equal(plan_why_help("moon-phase"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_combination_becomes_the_steps_that_prove_it),
		cmocka_unit_test(the_first_that_reaches_the_level_is_chosen),
		cmocka_unit_test(what_does_not_do_is_refused_and_says_why),
		cmocka_unit_test(a_locked_drive_is_not_overwritten),
		cmocka_unit_test(a_locked_opal_drive_is_not_purged),
		cmocka_unit_test(a_part_that_does_not_do_spoils_the_combination),
		cmocka_unit_test(a_credential_at_hand_makes_its_technique_possible),
		cmocka_unit_test(the_operator_chooses_among_what_the_policy_allows),
		cmocka_unit_test(purge_verified_in_full_ends_in_overwriting),
		cmocka_unit_test(encryption_from_the_first_write_makes_keys_count),
		cmocka_unit_test(what_drives_are_told_is_drawn_when_the_plan_is_sealed),
		cmocka_unit_test(every_word_of_a_refusal_is_explained),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
