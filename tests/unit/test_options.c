/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options: read from their tables, exactly as they are spelled, and nothing guessed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <locale.h>
#include <string.h>

#include "cli/format.c"
#include "cli/options.c"
#include "cli/output.c"
#include "cli/table.c"

struct values {
	bool flag;
	char text[8];
	struct option_list list;
	uint64_t bytes;
};

static const struct cli_option own_options[] = {
	{ "flag", NULL, "a flag", option_flag, OPTION_INTO(struct values, flag) },
	{ "text", "TEXT", "a text", option_text, OPTION_INTO(struct values, text) },
	{ "serial", "S", "a list", option_list, OPTION_INTO(struct values, list) },
	{ 0 },
};
static const struct cli_option more_options[] = {
	{ "rate", "BYTES", "a number", option_bytes, OPTION_INTO(struct values, bytes) },
	{ 0 },
};
static const struct command command = {
	.name = "test",
	.arguments = "WORD…",
	.min_arguments = 1,
	.max_arguments = 2,
	.options = { own_options, more_options },
	.values_size = sizeof(struct values),
};

struct reading_result {
	int result;
	struct values values;
	struct global_options global;
	struct parsed_arguments arguments;
	struct error error;
};

/* Parse a command line given as one text, words apart by single blanks. */
static struct reading_result parse(const char *line)
{
	struct reading_result result = { 0 };
	char copy[512];
	static char *words[64]; /* results borrow from it until the next call */
	static char kept[512];
	int count = 0;
	snprintf(copy, sizeof(copy), "%s", line);
	memcpy(kept, copy, sizeof(kept));
	for (char *word = strtok(kept, " "); word; word = strtok(NULL, " "))
		words[count++] = word;
	result.result = options_parse(&command, count, words, &result.values, &result.global,
		&result.arguments, &result.error);
	return result;
}

static void everything_is_read(void **state)
{
	(void)state;
	struct reading_result read =
		parse("--json one --flag --text=abc --serial A --serial B --rate 1MiB two");
	assert_int_equal(read.result, 0);
	assert_true(read.global.json);
	assert_true(read.values.flag);
	assert_string_equal(read.values.text, "abc");
	assert_int_equal(read.values.list.count, 2);
	assert_string_equal(read.values.list.items[0], "A");
	assert_string_equal(read.values.list.items[1], "B");
	assert_int_equal(read.values.bytes, 1048576);
	assert_int_equal(read.arguments.count, 2);
	assert_string_equal(read.arguments.items[0], "one");
	assert_string_equal(read.arguments.items[1], "two");
}

static void two_dashes_end_the_options(void **state)
{
	(void)state;
	struct reading_result read = parse("-- --flag -");
	assert_int_equal(read.result, 0);
	assert_false(read.values.flag);
	assert_int_equal(read.arguments.count, 2);
	assert_string_equal(read.arguments.items[0], "--flag");
}

static void help_needs_no_arguments(void **state)
{
	(void)state;
	struct reading_result read = parse("--help");
	assert_int_equal(read.result, 0);
	assert_true(read.global.help);
}

static void what_is_wrong_is_a_usage_error(void **state)
{
	(void)state;
	static const struct {
		const char *line, *code, *next;
	} cases[] = {
		{ "", "arguments", "--help" },
		{ "a b c", "arguments", "--help" },
		{ "a --flg", "option-unknown", "--flag" },
		{ "a --sreial=X", "option-unknown", "--serial" },
		{ "a --completely-else", "option-unknown", "--help" },
		{ "a -f", "option-unknown", NULL },
		{ "a --fla", "option-unknown", "--flag" }, /* no abbreviations */
		{ "a --seria X", "option-unknown", "--serial" },
		{ "a --flag=1", "option-value", NULL },
		{ "a --text", "option-value", NULL },
		{ "a --text=12345678", "option-value", NULL },
		{ "a --text=\001", "option-value", NULL },
		{ "a --text=\xff", "option-value", NULL },
		{ "a --serial=", "option-value", NULL },
		{ "a --rate=fast", "option-value", "64KiB" },
		{ "a --rate=0", "option-value", "64KiB" },
		{ "a --text=1 --text=2", "option-repeated", NULL },
		{ "a --json --json", "option-repeated", NULL },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct reading_result read = parse(cases[i].line);
		assert_true(read.result < 0);
		assert_int_equal(read.error.kind, ERROR_USAGE);
		assert_string_equal(read.error.code, cases[i].code);
		if (cases[i].next)
			assert_non_null(strstr(read.error.next, cases[i].next));
	}
}

static void a_text_that_just_fits_is_whole(void **state)
{
	(void)state;
	struct reading_result read = parse("a --text 1234567");
	assert_int_equal(read.result, 0);
	assert_string_equal(read.values.text, "1234567");
}

static void too_many_words_are_refused(void **state)
{
	(void)state;
	struct command many = command;
	many.max_arguments = ANY_NUMBER;
	static char word[] = "w";
	static char *words[OPTION_ARGUMENTS_MAX + 1];
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = word;
	struct reading_result read = { 0 };
	assert_int_equal(options_parse(&many, OPTION_ARGUMENTS_MAX, words, &read.values,
				 &read.global, &read.arguments, &read.error),
		0);
	read = (struct reading_result){ 0 };
	assert_true(options_parse(&many, OPTION_ARGUMENTS_MAX + 1, words, &read.values,
			    &read.global, &read.arguments, &read.error) < 0);
	assert_int_equal(read.error.kind, ERROR_USAGE);
}

static void the_nearest_word_is_suggested(void **state)
{
	(void)state;
	static const char *const words[] = { "inventory", "wipe", "verify", "report", NULL };
	static const struct {
		const char *word, *nearest;
	} cases[] = {
		{ "wpie", "wipe" },
		{ "wip", "wipe" },
		{ "inventry", "inventory" },
		{ "reports", "report" },
		{ "verfy", "verify" },
		{ "zzzz", NULL },
		{ "", NULL },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *nearest = options_nearest(cases[i].word, words);
		if (cases[i].nearest)
			assert_string_equal(nearest, cases[i].nearest);
		else
			assert_null(nearest);
	}
}

static void the_help_lists_every_option(void **state)
{
	(void)state;
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	assert_non_null(stream);
	options_print(stream, own_options);
	fclose(stream);
	assert_non_null(strstr(text, "  --flag "));
	assert_non_null(strstr(text, "  --text TEXT "));
	assert_non_null(strstr(text, "a list"));
	free(text);
}

static void codes_of_many_are_common_or_partial(void **state)
{
	(void)state;
	const enum error_kind good[] = { ERROR_NONE, ERROR_NONE };
	const enum error_kind bad[] = { ERROR_REFUSED, ERROR_REFUSED };
	const enum error_kind mixed[] = { ERROR_NONE, ERROR_FAILED };
	assert_int_equal(output_common_code(good, 2), ERROR_NONE);
	assert_int_equal(output_common_code(bad, 2), ERROR_REFUSED);
	assert_int_equal(output_common_code(mixed, 2), ERROR_PARTIAL);
	assert_int_equal(output_common_code(mixed + 1, 1), ERROR_FAILED);
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_read),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(help_needs_no_arguments),
		cmocka_unit_test(what_is_wrong_is_a_usage_error),
		cmocka_unit_test(a_text_that_just_fits_is_whole),
		cmocka_unit_test(too_many_words_are_refused),
		cmocka_unit_test(the_nearest_word_is_suggested),
		cmocka_unit_test(the_help_lists_every_option),
		cmocka_unit_test(codes_of_many_are_common_or_partial),
	};
	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
