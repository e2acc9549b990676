/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of techniques: whole, and worth no more than the standards say. */
#include "verify/plan/technique.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_the_table_is_whole(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TECHNIQUES; i++) {
		enum technique technique = (enum technique)i;
		const struct technique_facts *facts = technique_facts(technique);
		assert_int_equal(facts->technique, technique);
		assert_non_null(facts->name);
		assert_int_equal(technique_parse(facts->name), technique);
		assert_string_equal(technique_name(technique), facts->name);
		for (const char *c = facts->name; *c; c++)
			assert_true(islower((unsigned char)*c) || *c == '-');
		assert_int_equal(facts->origin[0] != '\0', technique != TECHNIQUE_NONE);
		assert_int_equal(facts->witness != WITNESS_NONE, technique != TECHNIQUE_NONE);
		assert_int_equal(facts->completions[0] != '\0', technique != TECHNIQUE_NONE);
	}
	assert_int_equal(technique_parse("none"), TECHNIQUE_NONE);
	assert_int_equal(technique_parse("nvme-format-none"), TECHNIQUE_NONE); /* SES 0 */
	assert_int_equal(technique_parse(""), TECHNIQUE_NONE);
	assert_ptr_equal(technique_facts((enum technique)77), technique_facts(TECHNIQUE_NONE));
}

/* NIST SP 800-88 Rev. 2 with IEEE 2883-2022: magnetic, flash, not known. Written out again. */
#define NONE LEVEL_NONE
#define CLEAR LEVEL_CLEAR
#define PURGE LEVEL_PURGE
static const struct {
	const char *name;
	enum level magnetic, flash, unknown;
} levels[] = {
	{ "nvme-sanitize-crypto", PURGE, PURGE, PURGE },
	{ "nvme-sanitize-block", CLEAR, PURGE, CLEAR },
	{ "nvme-sanitize-overwrite", PURGE, PURGE, PURGE },
	{ "nvme-format-crypto", CLEAR, CLEAR, CLEAR },
	{ "nvme-format-user", CLEAR, CLEAR, CLEAR },
	{ "ata-sanitize-crypto", PURGE, PURGE, PURGE },
	{ "ata-sanitize-block", CLEAR, PURGE, CLEAR },
	{ "ata-sanitize-overwrite", PURGE, CLEAR, CLEAR },
	{ "ata-security-enhanced", PURGE, CLEAR, CLEAR },
	{ "ata-security-normal", CLEAR, CLEAR, CLEAR },
	{ "scsi-sanitize-crypto", PURGE, PURGE, PURGE },
	{ "scsi-sanitize-block", CLEAR, PURGE, CLEAR },
	{ "scsi-sanitize-overwrite", PURGE, PURGE, PURGE },
	{ "scsi-format-unit", CLEAR, CLEAR, CLEAR },
	{ "scsi-write-same", CLEAR, CLEAR, CLEAR },
	{ "opal-revert", PURGE, PURGE, PURGE },
	{ "opal-psid-revert", PURGE, PURGE, PURGE },
	{ "opal-genkey", PURGE, PURGE, PURGE },
	{ "luks-erase", PURGE, PURGE, PURGE },
	{ "mmc-sanitize", CLEAR, CLEAR, CLEAR },
	{ "zone-reset", NONE, NONE, NONE },
	{ "discard", NONE, NONE, NONE },
};

static void test_levels(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_SIZE(levels), TECHNIQUES - 1);
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		enum technique technique = technique_parse(levels[i].name);
		assert_int_not_equal(technique, TECHNIQUE_NONE);
		bool keys = technique == TECHNIQUE_LUKS_ERASE;
		assert_int_equal(
			technique_level(technique, MEDIA_MAGNETIC, true), levels[i].magnetic);
		assert_int_equal(technique_level(technique, MEDIA_FLASH, true), levels[i].flash);
		assert_int_equal(
			technique_level(technique, MEDIA_UNKNOWN, true), levels[i].unknown);
		/* A virtual device's medium is never reached; its keys are. */
		assert_int_equal(
			technique_level(technique, MEDIA_VIRTUAL, true), keys ? PURGE : NONE);
		/* A medium that is not told is worth no more than either. */
		assert_true(levels[i].unknown <= MIN(levels[i].magnetic, levels[i].flash));
		for (unsigned media = MEDIA_UNKNOWN; media <= MEDIA_VIRTUAL; media++)
			if (keys) /* encrypted later: what lay there before is still there */
				assert_int_equal(
					technique_level(technique, (enum media)media, false), NONE);
	}
	assert_int_equal(technique_level(TECHNIQUE_NONE, MEDIA_FLASH, true), NONE);
	assert_int_equal(
		technique_level(TECHNIQUE_NVME_SANITIZE_CRYPTO, (enum media)77, true), NONE);
}

static void test_markers(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TECHNIQUES; i++) {
		enum technique technique = (enum technique)i;
		bool none = technique == TECHNIQUE_NONE || technique == TECHNIQUE_LUKS_ERASE ||
			    technique == TECHNIQUE_ZONE_RESET || technique == TECHNIQUE_DISCARD;
		assert_int_equal(technique_takes_markers(technique), !none);
	}
}

/* Its command is answered in one language: that of the interface its name begins with. */
static void test_completions(void **state)
{
	static const struct {
		const char *name, *letters;
	} languages[] = { { "nvme-", "nN" }, { "ata-", "aA" }, { "scsi-", "sS" }, { "opal-", "T" },
		{ "luks-", "E" }, { "mmc-", "E" }, { "zone-", "E" }, { "discard", "E" } };

	(void)state;
	for (unsigned i = 1; i < TECHNIQUES; i++) {
		enum technique technique = (enum technique)i;
		const char *letters = NULL;
		unsigned answered = 0;
		for (size_t k = 0; k < ARRAY_SIZE(languages); k++)
			if (strncmp(technique_name(technique), languages[k].name,
				    strlen(languages[k].name)) == 0)
				letters = languages[k].letters;
		assert_non_null(letters);
		for (unsigned letter = 0; letter < 256; letter++) {
			struct erase_answer answer = { .witness = WITNESS_COMPLETION,
				.raw_bytes = 2,
				.raw = { (uint8_t)letter } };
			bool is_answered = technique_is_answered(technique, &answer);
			assert_true(!is_answered || (letter && strchr(letters, (int)letter)));
			answered += is_answered;
			answer.witness = WITNESS_SCSI_SENSE;
			assert_false(technique_is_answered(technique, &answer));
			answer = (struct erase_answer){ .witness = WITNESS_COMPLETION };
			assert_false(technique_is_answered(technique, &answer));
		}
		/* What goes on by itself is told to; what does not may be, too. */
		assert_true(answered > 0);
		assert_true(!technique_facts(technique)->goes_on || answered == 2);
	}
}

static void test_scopes(void **state)
{
	(void)state;
	for (unsigned i = SCOPE_UNKNOWN; i <= SCOPE_SUBSYSTEM; i++)
		assert_int_equal(erase_scope_parse(erase_scope_name((enum erase_scope)i)), i);
	assert_int_equal(erase_scope_parse("everything"), SCOPE_UNKNOWN);
	assert_string_equal(erase_scope_name((enum erase_scope)77), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_table_is_whole),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_markers),
		cmocka_unit_test(test_completions),
		cmocka_unit_test(test_scopes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
