/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which policy files are taken, which rule decides, and that what is not understood is no policy. */
#include "wipe/plan/policy.h"

#include "base/digest.h"
#include "base/file.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define AUTO_POLICY CLEANUP(cleanup_policy_free)

#define RULE(zone, media, confidentiality, level, scheme, verification)                            \
	"{\"zone\":\"" zone "\",\"media\":\"" media "\",\"confidentiality\":\"" confidentiality    \
	"\",\"level\":\"" level "\",\"scheme\":\"" scheme "\",\"verification\":\"" verification    \
	"\"}"
#define PASS "{\"pattern\":{\"kind\":\"periodic\",\"period\":\"00\"},\"read_back\":0}"
#define SCHEME(name)                                                                               \
	"{\"name\":\"" name "\",\"title\":\"T\",\"origin\":\"O\",\"passes\":[" PASS "]}"
#define HEAD                                                                                       \
	"{\"format\":\"haiki-policy\",\"format_version\":1,\"name\":\"n\",\"version\":\"v\","      \
	"\"source\":\"s\","
#define POLICY(rules, schemes) HEAD "\"rules\":[" rules "],\"schemes\":[" schemes "]}"
#define ANY_RULE RULE("*", "*", "*", "clear", "zero", "full")

static int parse(const char *text, struct policy **ret, struct error *error)
{
	return policy_parse(text, strlen(text), "policy sample", ret, error);
}

static void the_default_is_one_rule_for_everything(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = NULL;
	AUTO_BUFFER struct buffer file = BUFFER_INIT(POLICY_MAX_BYTES);
	char digest[SHA256_HEX_SIZE];
	struct error error = { 0 };

	assert_int_equal(policy_load(NULL, &policy, &error), 0);
	assert_string_equal(policy->name, "haiki-default");
	assert_int_equal(policy->rule_count, 1);
	const struct policy_rule *rule = policy_rule_for(policy, "", MEDIA_UNKNOWN, "");
	assert_non_null(rule);
	assert_ptr_equal(rule, policy_rule_for(policy, "municipal", MEDIA_FLASH, "3A"));
	assert_int_equal(rule->level, LEVEL_CLEAR);
	assert_string_equal(rule->scheme, "random");
	assert_int_equal(rule->verification, VERIFICATION_FULL);

	/* What is inside the program is the file that is shipped beside it. */
	assert_int_equal(file_read("wipe/plan/policy_default.json", &file, &error), 0);
	assert_int_equal(digest_sha256_hex(file.data, file.length, digest), 0);
	assert_string_equal(policy->sha256, digest);
}

static void crossing_takes_purge_unless_it_says_otherwise(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum level level; /* NONE: refused */
	} cases[] = {
		{ POLICY(ANY_RULE, ""), LEVEL_PURGE },
		{ HEAD "\"crossing_level\":\"clear\",\"rules\":[" ANY_RULE "],\"schemes\":[]}",
			LEVEL_CLEAR },
		{ HEAD "\"crossing_level\":\"purge\",\"rules\":[" ANY_RULE "],\"schemes\":[]}",
			LEVEL_PURGE },
		{ HEAD "\"crossing_level\":\"none\",\"rules\":[" ANY_RULE "],\"schemes\":[]}",
			LEVEL_NONE },
		{ HEAD "\"crossing_level\":\"destroy\",\"rules\":[" ANY_RULE "],\"schemes\":[]}",
			LEVEL_NONE },
		{ HEAD "\"crossing_level\":\"\",\"rules\":[" ANY_RULE "],\"schemes\":[]}",
			LEVEL_NONE },
		{ HEAD "\"crossing_level\":1,\"rules\":[" ANY_RULE "],\"schemes\":[]}",
			LEVEL_NONE },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_POLICY struct policy *policy = NULL;
		struct error error = { 0 };
		int r = parse(cases[i].text, &policy, &error);
		assert_int_equal(r, cases[i].level == LEVEL_NONE ? -EBADMSG : 0);
		if (r == 0)
			assert_int_equal(policy->crossing_level, cases[i].level);
		else
			assert_string_equal(error.code, "policy-malformed");
	}
}

static void the_municipal_example_loads_and_asks_for_purge(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = NULL;
	struct error error = { 0 };
	static const struct {
		const char *zone, *confidentiality;
		enum level level;
	} cases[] = {
		{ "municipal", "1", LEVEL_CLEAR },
		{ "municipal", "2", LEVEL_PURGE },
		{ "municipal", "3A", LEVEL_PURGE },
		{ "municipal", "", LEVEL_PURGE }, /* not said: the careful answer */
		{ "private", "", LEVEL_CLEAR },
		{ "", "1", LEVEL_PURGE },
	};

	assert_int_equal(policy_load("packaging/policy-municipal.json", &policy, &error), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct policy_rule *rule = policy_rule_for(
			policy, cases[i].zone, MEDIA_MAGNETIC, cases[i].confidentiality);
		assert_non_null(rule);
		assert_int_equal(rule->level, cases[i].level);
	}
}

static void the_first_rule_that_matches_decides(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = NULL;
	struct error error = { 0 };

	assert_int_equal(parse(POLICY(RULE("a", "flash", "2", "purge", "zero", "full") "," RULE(
					      "a", "*", "*", "clear", "own", "sample") "," RULE("b",
					      "magnetic", "*", "clear", "one", "full"),
				       SCHEME("own")),
				 &policy, &error),
		0);
	assert_ptr_equal(policy_rule_for(policy, "a", MEDIA_FLASH, "2"), &policy->rules[0]);
	assert_ptr_equal(policy_rule_for(policy, "a", MEDIA_MAGNETIC, "2"), &policy->rules[1]);
	assert_ptr_equal(policy_rule_for(policy, "a", MEDIA_FLASH, ""), &policy->rules[1]);
	assert_ptr_equal(policy_rule_for(policy, "b", MEDIA_MAGNETIC, "x"), &policy->rules[2]);
	assert_null(policy_rule_for(policy, "b", MEDIA_FLASH, "x"));
	assert_null(policy_rule_for(policy, "", MEDIA_FLASH, "2"));
	assert_int_equal(policy->rules[1].verification, VERIFICATION_SAMPLE);
	assert_ptr_equal(policy_scheme(policy, "own"), &policy->schemes[0]);
	assert_ptr_equal(policy_scheme(policy, "zero"), scheme_find_shipped("zero"));
	assert_null(policy_scheme(policy, "none-such"));
}

#define RULE_WITH(more)                                                                            \
	"{\"zone\":\"*\",\"media\":\"*\",\"confidentiality\":\"*\",\"level\":\"purge\","           \
	"\"scheme\":\"zero\",\"verification\":\"full\"," more "}"
#define TOP(more) HEAD more ",\"rules\":[" ANY_RULE "],\"schemes\":[]}"
#define DISTRUST(fields) TOP("\"distrust\":[{" fields "}]")

static void methods_are_the_rules_own_or_the_levels(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = NULL;
	AUTO_POLICY struct policy *shipped = NULL;
	AUTO_POLICY struct policy *plain = NULL;
	struct error error = { 0 };

	assert_int_equal(
		parse(HEAD "\"methods\":{\"clear\":[\"overwrite\"],\"purge\":[\"luks-erase\"]},"
			   "\"rules\":[" RULE_WITH("\"methods\":[\"scsi-sanitize-block+overwrite\","
						   "\"overwrite\"]") "," ANY_RULE
								     "],\"schemes\":[]}",
			&policy, &error),
		0);
	const struct combination_list *own = policy_methods(policy, &policy->rules[0], LEVEL_PURGE);
	assert_int_equal(own->count, 2);
	assert_string_equal(own->items[0].text, "scsi-sanitize-block+overwrite");
	assert_int_equal(own->items[0].part_count, 2);
	assert_int_equal(own->items[0].parts[0], TECHNIQUE_SCSI_SANITIZE_BLOCK);
	assert_int_equal(own->items[0].parts[1], TECHNIQUE_NONE);
	assert_ptr_equal(own, policy_methods(policy, &policy->rules[0], LEVEL_CLEAR));
	assert_string_equal(
		policy_methods(policy, &policy->rules[1], LEVEL_CLEAR)->items[0].text, "overwrite");
	assert_string_equal(policy_methods(policy, &policy->rules[1], LEVEL_PURGE)->items[0].text,
		"luks-erase");
	assert_string_equal(policy_methods(policy, &policy->rules[1], LEVEL_DESTROY)->items[0].text,
		"luks-erase");

	/* A file that does not speak of methods has those of the default policy. */
	assert_int_equal(policy_load(NULL, &shipped, &error), 0);
	assert_int_equal(parse(POLICY(ANY_RULE, ""), &plain, &error), 0);
	assert_memory_equal(
		&plain->clear_methods, &shipped->clear_methods, sizeof(plain->clear_methods));
	assert_memory_equal(
		&plain->purge_methods, &shipped->purge_methods, sizeof(plain->purge_methods));
	assert_string_equal(shipped->clear_methods.items[0].text, "overwrite");
}

static void purge_is_verified_as_the_rule_says(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum verification verification;
		bool deallocated_accepted;
	} cases[] = {
		{ POLICY(ANY_RULE, ""), VERIFICATION_MARKERS, false },
		{ POLICY(RULE_WITH("\"purge_verification\":\"markers\""), ""), VERIFICATION_MARKERS,
			false },
		{ POLICY(RULE_WITH("\"purge_verification\":\"sample\""), ""), VERIFICATION_SAMPLE,
			false },
		{ POLICY(RULE_WITH("\"purge_verification\":\"full\",\"deallocated_accepted\":1"),
			  ""),
			VERIFICATION_FULL, true },
		{ POLICY(RULE_WITH("\"deallocated_accepted\":0"), ""), VERIFICATION_MARKERS,
			false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_POLICY struct policy *policy = NULL;
		struct error error = { 0 };
		assert_int_equal(parse(cases[i].text, &policy, &error), 0);
		const struct policy_rule *rule = &policy->rules[0];
		assert_int_equal(policy_verification(rule, LEVEL_PURGE), cases[i].verification);
		assert_int_equal(policy_verification(rule, LEVEL_CLEAR), VERIFICATION_FULL);
		assert_int_equal(rule->deallocated_accepted, cases[i].deallocated_accepted);
	}
}

static void versions_are_counted_and_not_spelled(void **state)
{
	(void)state;
	static const char *const ascending[] = { "", "0", "1", "1.2", "1.10", "2", "010", "10A1",
		"10A2", "10A10", "A", "B9", "B10", "B10-1" };

	for (size_t i = 0; i < ARRAY_SIZE(ascending); i++)
		for (size_t j = 0; j < ARRAY_SIZE(ascending); j++) {
			int order = distrust_compare_versions(ascending[i], ascending[j]);
			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
	assert_int_equal(distrust_compare_versions("1.02", "1.2"), 0);
}

static void a_drive_is_distrusted_by_model_firmware_and_technique(void **state)
{
	(void)state;
	AUTO_POLICY struct policy *policy = NULL;
	struct error error = { 0 };
	static const struct {
		const char *model, *firmware;
		enum technique technique;
		const char *why; /* NULL: trusted */
	} cases[] = {
		{ "ACME 970", "FW9", TECHNIQUE_NVME_SANITIZE_BLOCK, "old" },
		{ "ACME 970", "FW10", TECHNIQUE_NVME_SANITIZE_BLOCK, NULL },
		{ "ACME 970", "FW9", TECHNIQUE_NVME_SANITIZE_CRYPTO, NULL },
		{ "ACME 970", "", TECHNIQUE_NVME_SANITIZE_BLOCK, "old" }, /* it may be any */
		{ "OTHER", "FW9", TECHNIQUE_NVME_SANITIZE_BLOCK, NULL },
		{ "", "FW9", TECHNIQUE_NVME_SANITIZE_BLOCK, "old" },
		{ "LIAR", "1X", TECHNIQUE_ATA_SECURITY_NORMAL, "all" },
		{ "LIAR", "2X", TECHNIQUE_ATA_SECURITY_NORMAL, NULL },
	};

	assert_int_equal(parse(TOP("\"distrust\":[{\"model\":\"ACME*\",\"firmware_below\":\"FW10\","
				   "\"technique\":\"nvme-sanitize-block\",\"why\":\"old\"},{"
				   "\"model\":\"LIAR\","
				   "\"firmware\":\"1*\",\"technique\":\"*\",\"why\":\"all\"}]"),
				 &policy, &error),
		0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct distrust *found = policy_distrusts(
			policy, cases[i].model, cases[i].firmware, cases[i].technique);
		assert_int_equal(found != NULL, cases[i].why != NULL);
		if (found)
			assert_string_equal(found->why, cases[i].why);
	}
}

/* Each is one thing wrong, and the message says where. */
static void what_is_not_understood_is_no_policy(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *said;
	} cases[] = {
		{ "", "line 1" },
		{ "[]", "format" },
		{ "{\"format\":\"haiki-policy\"", "line 1" },
		{ "{\"format\":\"haiki-policy\",\"format\":\"haiki-policy\"}", "duplicate" },
		{ "{\"format\":\"haiki-certificate\",\"format_version\":1}", "format" },
		{ "{\"format\":\"haiki-policy\"}", "format_version" },
		{ "{\"format\":\"haiki-policy\",\"format_version\":0}", "format_version" },
		{ "{\"format\":\"haiki-policy\",\"format_version\":\"1\"}", "format_version" },
		{ HEAD "\"rules\":[" ANY_RULE "]}", "schemes" },
		{ HEAD "\"schemes\":[]}", "rules" },
		{ POLICY("", ""), "rules" },
		{ HEAD "\"rules\":[" ANY_RULE "],\"schemes\":[],\"comment\":\"\"}", "comment" },
		{ POLICY("7", ""), "rules[0]" },
		{ POLICY(ANY_RULE ",{}", ""), "rules[1]" },
		{ POLICY(RULE("", "*", "*", "clear", "zero", "full"), ""), "zone" },
		{ POLICY(RULE("*", "floppy", "*", "clear", "zero", "full"), ""), "media" },
		{ POLICY(RULE("*", "*", "", "clear", "zero", "full"), ""), "confidentiality" },
		{ POLICY(RULE("*", "*", "*", "none", "zero", "full"), ""), "level" },
		{ POLICY(RULE("*", "*", "*", "Clear", "zero", "full"), ""), "level" },
		{ POLICY(RULE("*", "*", "*", "destroy", "zero", "full"), ""), "destroy" },
		{ POLICY(RULE("*", "*", "*", "clear", "zeros", "full"), ""), "scheme" },
		{ POLICY(RULE("*", "*", "*", "clear", "zero", "none"), ""), "verification" },
		{ POLICY(RULE("*", "*", "*", "clear", "zero", ""), ""), "verification" },
		{ POLICY(ANY_RULE, SCHEME("gutmann")), "schemes[0]: the name belongs" },
		{ POLICY(ANY_RULE, SCHEME("a") "," SCHEME("a")), "schemes[1]" },
		{ POLICY(ANY_RULE, "{}"), "schemes[0]" },
		{ POLICY(RULE_WITH("\"methods\":[]"), ""), "rules[0].methods" },
		{ POLICY(RULE_WITH("\"methods\":\"overwrite\""), ""), "methods" },
		{ POLICY(RULE_WITH("\"methods\":[7]"), ""), "rules[0].methods[0]" },
		{ POLICY(RULE_WITH("\"methods\":[\"\"]"), ""), "rules[0].methods[0]" },
		{ POLICY(RULE_WITH("\"methods\":[\"none\"]"), ""), "not known" },
		{ POLICY(RULE_WITH("\"methods\":[\"overwrite+\"]"), ""), "not known" },
		{ POLICY(RULE_WITH("\"methods\":[\"overwrite+overwrite\"]"), ""), "twice" },
		{ POLICY(RULE_WITH("\"methods\":[\"overwrite\",\"overwrite\"]"), ""),
			"methods[1]" },
		{ POLICY(RULE_WITH("\"methods\":[\"discard\"]"), ""), "erases nothing" },
		{ POLICY(RULE_WITH("\"methods\":[\"overwrite+discard\"]"), ""), "erases nothing" },
		{ POLICY(RULE_WITH("\"methods\":[\"luks-erase+opal-revert+opal-genkey+discard+"
				   "overwrite\"]"),
			  ""),
			"more than four" },
		{ POLICY(RULE_WITH("\"purge_verification\":\"none\""), ""), "purge_verification" },
		{ POLICY(RULE_WITH("\"purge_verification\":1"), ""), "purge_verification" },
		{ POLICY(RULE_WITH("\"deallocated_accepted\":2"), ""), "deallocated_accepted" },
		{ TOP("\"methods\":[]"), "methods" },
		{ TOP("\"methods\":{\"clear\":[\"overwrite\"]}"), "purge" },
		{ TOP("\"methods\":{\"clear\":[\"overwrite\"],\"purge\":[]}"), "methods.purge" },
		{ TOP("\"methods\":{\"clear\":[\"overwrite\"],\"purge\":[\"luks-erase\"],"
		      "\"destroy\":[\"overwrite\"]}"),
			"destroy" },
		{ TOP("\"distrust\":{}"), "distrust" },
		{ DISTRUST(""), "distrust[0]" },
		{ DISTRUST("\"model\":\"*\",\"technique\":\"*\",\"why\":\"w\""),
			"either firmware" },
		{ DISTRUST("\"model\":\"*\",\"firmware\":\"*\",\"firmware_below\":\"2\","
			   "\"technique\":\"*\",\"why\":\"w\""),
			"either firmware" },
		{ DISTRUST("\"model\":\"*\",\"firmware\":\"*\",\"technique\":\"overwrite\","
			   "\"why\":\"w\""),
			"technique" },
		{ DISTRUST("\"model\":\"*\",\"firmware\":\"*\",\"technique\":\"*\",\"why\":\"\""),
			"why" },
		{ DISTRUST("\"model\":\"*\",\"firmware\":\"*\",\"technique\":\"*\",\"why\":\"w\","
			   "\"serial\":\"1\""),
			"serial" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct policy *policy = NULL;
		struct error error = { 0 };
		assert_int_equal(parse(cases[i].text, &policy, &error), -EBADMSG);
		assert_null(policy);
		assert_string_equal(error.code, "policy-malformed");
		assert_non_null(strstr(error.what, "policy sample"));
		assert_non_null(strstr(error.what, cases[i].said));
		assert_true(error.next[0]);
		/* Nobody needs an error to be safe from a wrong file. */
		assert_int_equal(parse(cases[i].text, &policy, NULL), -EBADMSG);
		assert_null(policy);
	}
}

static void a_newer_format_asks_for_a_newer_program(void **state)
{
	(void)state;
	struct policy *policy = NULL;
	struct error error = { 0 };

	/* Whatever else it holds. */
	assert_int_equal(parse("{\"format\":\"haiki-policy\",\"format_version\":2,\"new\":[1]}",
				 &policy, &error),
		-EBADMSG);
	assert_string_equal(error.code, "policy-newer");
	assert_non_null(strstr(error.next, "Update haiki"));
}

/* Bounds: the largest that is taken, and one more. */
static void bounds_are_kept(void **state)
{
	(void)state;
	static char text[256 * 1024];
	const struct {
		size_t rules, schemes;
		int result;
	} cases[] = {
		{ POLICY_RULES_MAX, 0, 0 },
		{ POLICY_RULES_MAX + 1, 0, -EBADMSG },
		{ 1, POLICY_SCHEMES_MAX, 0 },
		{ 1, POLICY_SCHEMES_MAX + 1, -EBADMSG },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_POLICY struct policy *policy = NULL;
		struct error error = { 0 };
		size_t length = (size_t)snprintf(text, sizeof(text), HEAD "\"rules\":[");
		for (size_t j = 0; j < cases[i].rules; j++)
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s",
				j ? "," : "", ANY_RULE);
		length += (size_t)snprintf(text + length, sizeof(text) - length, "],\"schemes\":[");
		for (size_t j = 0; j < cases[i].schemes; j++)
			length += (size_t)snprintf(text + length, sizeof(text) - length,
				"%s{\"name\":\"s%zu\",\"title\":\"T\",\"origin\":\"O\",\"passes\":"
				"[" PASS "]}",
				j ? "," : "", j);
		(void)snprintf(text + length, sizeof(text) - length, "]}");
		assert_int_equal(parse(text, &policy, &error), cases[i].result);
	}
	struct policy *policy = NULL;
	static char large[POLICY_MAX_BYTES + 1];
	assert_int_equal(policy_parse(large, sizeof(large), "large", &policy, NULL), -EFBIG);
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
	(void)state;
	struct policy *policy = NULL;
	struct error error = { 0 };

	assert_int_equal(policy_load("/nonexistent/policy.json", &policy, &error), -ENOENT);
	assert_non_null(strstr(error.what, "/nonexistent/policy.json"));
	assert_int_equal(policy_load("/dev/null", &policy, &error), -EINVAL);
	assert_int_equal(policy_load("Makefile", &policy, &error), -EBADMSG);
	assert_string_equal(error.code, "policy-malformed");
	assert_non_null(strstr(error.what, "Makefile"));
	assert_null(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_is_one_rule_for_everything),
		cmocka_unit_test(crossing_takes_purge_unless_it_says_otherwise),
		cmocka_unit_test(the_municipal_example_loads_and_asks_for_purge),
		cmocka_unit_test(the_first_rule_that_matches_decides),
		cmocka_unit_test(methods_are_the_rules_own_or_the_levels),
		cmocka_unit_test(purge_is_verified_as_the_rule_says),
		cmocka_unit_test(versions_are_counted_and_not_spelled),
		cmocka_unit_test(a_drive_is_distrusted_by_model_firmware_and_technique),
		cmocka_unit_test(what_is_not_understood_is_no_policy),
		cmocka_unit_test(a_newer_format_asks_for_a_newer_program),
		cmocka_unit_test(bounds_are_kept),
		cmocka_unit_test(a_file_that_cannot_be_read_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
