/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shipped schemes, pass by pass, and what a scheme in a file may not be. */
#include "wipe/plan/scheme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* "00" a constant, "924924" three bytes in turn, "??" random; a '+' asks for a read-back. */
static void spell(const struct scheme_pass *pass, char ret[static 16])
{
	const struct pattern *pattern = &pass->pattern;
	size_t length = 0;

	if (pattern->kind == STREAM_RANDOM)
		length = (size_t)snprintf(ret, 16, "??");
	for (uint32_t i = 0; i < pattern->period_bytes; i++)
		length += (size_t)snprintf(ret + length, 16 - length, "%02x", pattern->period[i]);
	(void)snprintf(ret + length, 16 - length, "%s", pass->read_back ? "+" : "");
}

static const struct {
	const char *name;
	const char *passes;
} expected[] = {
	{ "zero", "00" },
	{ "one", "ff" },
	{ "random", "??" },
	{ "dod-5220.22-m-short", "00 ff ??+" },
	{ "dod-5220.22-m", "00 ff ?? ff 00 ff ??+" },
	{ "tssit-ops-ii", "00 ff 00 ff 00 ff ??+" },
	{ "hmg-is5-baseline", "00+" },
	{ "hmg-is5-enhanced", "00 ff ??+" },
	{ "schneier", "ff 00 ?? ?? ?? ?? ??" },
	{ "gutmann", "?? ?? ?? ?? 55 aa 924924 492492 249249 00 11 22 33 44 55 66 77 88 99 aa bb "
		     "cc dd ee ff 924924 492492 249249 6db6db b6db6d db6db6 ?? ?? ?? ??" },
	{ "vsitr", "00 ff 00 ff 00 ff aa" },
	{ "bsi-gsds", "00 ff 00 ff 00 ff aa" },
	{ "nnsa-nap-14.1-c", "?? ?? 00+" },
	{ "ar-380-19", "?? 00 ff+" },
	{ "bmb21-2019", "ff 00 ?? ?? ?? ff" },
};

static void each_shipped_scheme_has_its_passes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		const struct scheme *scheme = scheme_find_shipped(expected[i].name);
		char spelled[512] = "", pass[16];
		assert_non_null(scheme);
		for (size_t j = 0; j < scheme->pass_count; j++) {
			spell(&scheme->passes[j], pass);
			size_t length = strlen(spelled);
			(void)snprintf(spelled + length, sizeof(spelled) - length, "%s%s",
				j ? " " : "", pass);
		}
		assert_string_equal(spelled, expected[i].passes);
	}
	assert_int_equal(scheme_find_shipped("gutmann")->pass_count, 35);
}

/* No scheme is shipped that the table above does not know, and each can stand on a certificate. */
static void the_table_is_whole_and_well_formed(void **state)
{
	(void)state;
	size_t count = 0;
	for (const struct scheme *scheme = schemes_shipped; scheme->pass_count; scheme++) {
		count++;
		assert_ptr_equal(scheme_find_shipped(scheme->name), scheme);
		assert_true(scheme->title[0] && scheme->origin[0]);
		for (size_t i = 0; i < scheme->pass_count; i++) {
			const struct pattern *pattern = &scheme->passes[i].pattern;
			assert_int_not_equal(pattern->kind, STREAM_NONE);
			assert_true(
				(pattern->kind == STREAM_PERIODIC) == (pattern->period_bytes > 0));
			/* A key in the program would be a key for everyone. */
			if (pattern->kind == STREAM_RANDOM)
				assert_false(pattern_is_sealed(pattern));
		}
	}
	assert_int_equal(count, ARRAY_SIZE(expected));
	assert_null(scheme_find_shipped(""));
	assert_null(scheme_find_shipped("Zero"));
}

static int read_scheme(const char *text, struct scheme *ret, struct error *error)
{
	AUTO_JSON json_t *json = NULL;

	assert_int_equal(json_parse(text, strlen(text), "sample", &json, error), 0);
	return scheme_from_json(json, "schemes[0]", ret, error);
}

static void a_scheme_of_a_file_is_read(void **state)
{
	(void)state;
	struct scheme scheme;
	struct error error = { 0 };

	assert_int_equal(
		read_scheme(
			"{\"name\":\"house-2\",\"title\":\"House\",\"origin\":\"Rule 7\","
			"\"passes\":[{\"pattern\":{\"kind\":\"periodic\",\"period\":\"a5\"},"
			"\"read_back\":1},{\"pattern\":{\"kind\":\"random\"},\"read_back\":0}]}",
			&scheme, &error),
		0);
	assert_string_equal(scheme.name, "house-2");
	assert_string_equal(scheme.title, "House");
	assert_string_equal(scheme.origin, "Rule 7");
	assert_int_equal(scheme.pass_count, 2);
	assert_int_equal(scheme.passes[0].pattern.period[0], 0xa5);
	assert_true(scheme.passes[0].read_back);
	assert_int_equal(scheme.passes[1].pattern.kind, STREAM_RANDOM);
	assert_false(scheme.passes[1].read_back);
}

#define PASS_ZERO "{\"pattern\":{\"kind\":\"periodic\",\"period\":\"00\"},\"read_back\":0}"
#define SCHEME(name, passes)                                                                       \
	"{\"name\":\"" name "\",\"title\":\"T\",\"origin\":\"O\",\"passes\":[" passes "]}"

static void what_is_no_scheme_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *said;
	} cases[] = {
		{ SCHEME("a", ""), "passes" },
		{ SCHEME("", PASS_ZERO), "name" },
		{ SCHEME("A B", PASS_ZERO), "name" },
		{ SCHEME("a",
			  "{\"pattern\":{\"kind\":\"periodic\",\"period\":\"\"},\"read_back\":0}"),
			"passes[0]" },
		{ SCHEME("a", PASS_ZERO ",{\"pattern\":{\"kind\":\"none\"},\"read_back\":0}"),
			"passes[1]" },
		{ SCHEME("a",
			  "{\"pattern\":{\"kind\":\"random\",\"key\":"
			  "\"0101010101010101010101010101010101010101010101010101010101010101\"},"
			  "\"read_back\":0}"),
			"key" },
		{ SCHEME("a", "{\"pattern\":{\"kind\":\"random\"},\"read_back\":2}"), "read_back" },
		{ SCHEME("a", "{\"pattern\":{\"kind\":\"random\"}}"), "read_back" },
		{ SCHEME("a", "{\"pattern\":{\"kind\":\"random\"},\"read_back\":0,\"verify\":1}"),
			"verify" },
		{ SCHEME("a", "[]"), "passes[0]" },
		{ "{\"name\":\"a\",\"title\":\"\",\"origin\":\"O\",\"passes\":[" PASS_ZERO "]}",
			"title" },
		{ "{\"name\":\"a\",\"title\":\"T\",\"passes\":[" PASS_ZERO "]}", "origin" },
		{ "{\"name\":\"a\",\"title\":\"T\",\"origin\":\"O\",\"passes\":[" PASS_ZERO
		  "],\"rounds\":2}",
			"rounds" },
		{ "[]", "schemes[0]" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scheme scheme = { .name = "untouched" };
		struct error error = { 0 };
		assert_int_equal(read_scheme(cases[i].text, &scheme, &error), -EBADMSG);
		assert_non_null(strstr(error.what, cases[i].said));
		assert_non_null(strstr(error.what, "schemes[0]"));
		assert_string_equal(scheme.name, "untouched");
	}
}

static void more_than_35_passes_are_refused(void **state)
{
	(void)state;
	char text[8192] = "{\"name\":\"a\",\"title\":\"T\",\"origin\":\"O\",\"passes\":[";
	struct scheme scheme;
	struct error error = { 0 };

	for (int i = 0; i < SCHEME_PASSES_MAX; i++)
		strcat(text, i ? "," PASS_ZERO : PASS_ZERO);
	size_t length = strlen(text);
	strcat(text, "]}");
	assert_int_equal(read_scheme(text, &scheme, &error), 0);
	assert_int_equal(scheme.pass_count, SCHEME_PASSES_MAX);
	(void)snprintf(text + length, sizeof(text) - length, "%s", "," PASS_ZERO "]}");
	assert_int_equal(read_scheme(text, &scheme, &error), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_shipped_scheme_has_its_passes),
		cmocka_unit_test(the_table_is_whole_and_well_formed),
		cmocka_unit_test(a_scheme_of_a_file_is_read),
		cmocka_unit_test(what_is_no_scheme_is_refused),
		cmocka_unit_test(more_than_35_passes_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
