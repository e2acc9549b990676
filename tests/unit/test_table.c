/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables and numbers as a person sees them: aligned also with Japanese, cut to a width, and nothing
 * that could steer a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <locale.h>
#include <string.h>

#include "cli/format.c"
#include "cli/table.c"

static const struct table_column columns[] = {
	{ "ID", false, true },
	{ "NAME", false, false },
	{ "SIZE", true, true },
};

/* Print into memory; the caller frees. */
static char *printed(const struct table *table, unsigned width)
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	assert_non_null(stream);
	assert_int_equal(table_print(table, stream, width), 0);
	fclose(stream);
	return text;
}

static void fill(struct table *table)
{
	static const char *const cells[] = { "1", "abc", "4.0 TB", "22", "日本語", "512 B" };
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
		table_cell(table, "%s", cells[i]);
}

static void wide_characters_take_two_columns(void **state)
{
	(void)state;
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	fill(&table);
	AUTO_FREE char *text = printed(&table, 0);
	assert_string_equal(text, "ID  NAME      SIZE\n"
				  "1   abc     4.0 TB\n"
				  "22  日本語   512 B\n");
}

static void what_wraps_loses_no_word(void **state)
{
	(void)state;
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	table.wraps = true;
	table_cell(&table, "1");
	table_cell(&table, "in-service → quarantined");
	table_cell(&table, "9 B");
	table_cell(&table, "2");
	table_cell(&table, "日本語日本語日本語");
	table_cell(&table, "1 B");
	AUTO_FREE char *narrow = printed(&table, 24);
	assert_string_equal(narrow, "ID  NAME            SIZE\n"
				    "1   in-service →     9 B\n"
				    "    quarantined\n"
				    "2   日本語日本語日   1 B\n"
				    "    本語\n");
	AUTO_FREE char *wide = printed(&table, 0);
	assert_string_equal(wide, "ID  NAME                      SIZE\n"
				  "1   in-service → quarantined   9 B\n"
				  "2   日本語日本語日本語         1 B\n");
}

static void empty_columns_are_left_out(void **state)
{
	(void)state;
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	table_cell(&table, "1");
	table_cell(&table, "%s", "");
	table_cell(&table, "9 B");
	AUTO_FREE char *text = printed(&table, 0);
	assert_string_equal(text, "ID  SIZE\n1    9 B\n");
}

static void only_columns_that_may_be_cut_are_cut(void **state)
{
	(void)state;
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	table_cell(&table, "whole-and-long");
	table_cell(&table, "ことばがながい名前");
	table_cell(&table, "1 B");
	AUTO_FREE char *text = printed(&table, 30);
	assert_string_equal(text, "ID              NAME      SIZE\n"
				  "whole-and-long  ことば…    1 B\n");
}

static void a_spare_column_goes_before_any_is_cut(void **state)
{
	(void)state;
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	table.spare = 1;
	table_cell(&table, "whole-and-long");
	table_cell(&table, "ことばがながい名前");
	table_cell(&table, "1 B");
	AUTO_FREE char *text = printed(&table, 30);
	assert_string_equal(text, "ID              SIZE\nwhole-and-long   1 B\n");
	AUTO_FREE char *wide = printed(&table, 60);
	assert_non_null(strstr(wide, "ことばがながい名前"));
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	(void)state;
	for (unsigned width = 24; width < 60; width++) {
		AUTO_TABLE struct table table = TABLE_INIT(columns);
		table_cell(&table, "D1");
		table_cell(&table, "ハードディスク SSD 交換品");
		table_cell(&table, "4.0 TB");
		AUTO_FREE char *text = printed(&table, width);
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			assert_true(format_width(line) <= width);
	}
}

static void a_half_filled_row_is_an_error(void **state)
{
	(void)state;
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	table_cell(&table, "1");
	assert_int_equal(table_print(&table, stdout, 0), -ENOMEM);
}

static void nothing_steers_the_terminal(void **state)
{
	(void)state;
	static const struct {
		const char *text, *clean;
	} cases[] = {
		{ "plain", "plain" },
		{ "日本語 ABC", "日本語 ABC" },
		{ "\033[2Jgone", "?[2Jgone" },
		{ "a\tb\nc\r", "a?b?c?" },
		{ "cut \xe6\x97", "cut ??" },
		{ "\xff\xfe", "??" },
		{ "right\xe2\x80\xaeleft", "right?left" }, /* U+202E */
		{ "zero\xe2\x80\x8bwidth", "zero?width" }, /* U+200B */
		{ "c1 \xc2\x9b", "c1 ?" },                 /* U+009B, CSI */
		{ "del\x7f", "del?" },
		{ "", "" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[64];
		snprintf(text, sizeof(text), "%s", cases[i].text);
		format_clean(text);
		assert_string_equal(text, cases[i].clean);
	}
}

static void cells_are_cleaned(void **state)
{
	(void)state;
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	table_cell(&table, "1");
	table_cell(&table, "%s", "\033]0;title\007");
	table_cell(&table, "2");
	AUTO_FREE char *text = printed(&table, 0);
	assert_null(strchr(text, '\033'));
	assert_null(strchr(text, '\007'));
}

static void sizes_read_as_on_the_label(void **state)
{
	(void)state;
	static const struct {
		uint64_t bytes;
		const char *rounded, *exact;
	} cases[] = {
		{ 0, "0 B", "0 bytes" },
		{ 999, "999 B", "999 bytes" },
		{ 1000, "1.0 kB", "1.0 kB (1,000 bytes)" },
		{ 1049, "1.0 kB", "1.0 kB (1,049 bytes)" },
		{ 1050, "1.1 kB", "1.1 kB (1,050 bytes)" },
		{ 999949, "999.9 kB", "999.9 kB (999,949 bytes)" },
		{ 999950, "1.0 MB", "1.0 MB (999,950 bytes)" },
		{ 1048576, "1.0 MB", "1.0 MB (1,048,576 bytes)" },
		{ UINT64_C(4000787030016), "4.0 TB", "4.0 TB (4,000,787,030,016 bytes)" },
		{ UINT64_C(999999999999999), "1.0 PB", "1.0 PB (999,999,999,999,999 bytes)" },
		{ UINT64_MAX, "18.4 EB", "18.4 EB (18,446,744,073,709,551,615 bytes)" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[FORMAT_SIZE];
		format_bytes(cases[i].bytes, text);
		assert_string_equal(text, cases[i].rounded);
		format_bytes_exact(cases[i].bytes, text);
		assert_string_equal(text, cases[i].exact);
	}
}

static void durations_are_hours_minutes_seconds(void **state)
{
	(void)state;
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{ -1, "?" },
		{ 0, "0:00:00" },
		{ 59, "0:00:59" },
		{ 3661, "1:01:01" },
		{ 360000, "100:00:00" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[FORMAT_SIZE];
		format_duration(cases[i].seconds, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void what_fits_ends_at_a_character(void **state)
{
	(void)state;
	assert_int_equal(format_width("日本A"), 5);
	assert_int_equal(format_fit("日本A", 3), 3);
	assert_int_equal(format_fit("日本A", 4), 6);
	assert_int_equal(format_fit("日本A", 9), 7);
	assert_int_equal(format_fit("日", 1), 0);
	assert_int_equal(format_fit("", 1), 0);
}

static void a_copy_is_whole_or_none(void **state)
{
	(void)state;
	char text[4] = "old";
	assert_int_equal(format_copy(text, sizeof(text), "abcd"), -ENAMETOOLONG);
	assert_string_equal(text, "old");
	assert_int_equal(format_copy(text, sizeof(text), "abc"), 0);
	assert_string_equal(text, "abc");
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(wide_characters_take_two_columns),
		cmocka_unit_test(empty_columns_are_left_out),
		cmocka_unit_test(what_wraps_loses_no_word),
		cmocka_unit_test(only_columns_that_may_be_cut_are_cut),
		cmocka_unit_test(a_spare_column_goes_before_any_is_cut),
		cmocka_unit_test(no_line_is_wider_than_the_terminal),
		cmocka_unit_test(a_half_filled_row_is_an_error),
		cmocka_unit_test(nothing_steers_the_terminal),
		cmocka_unit_test(cells_are_cleaned),
		cmocka_unit_test(sizes_read_as_on_the_label),
		cmocka_unit_test(durations_are_hours_minutes_seconds),
		cmocka_unit_test(what_fits_ends_at_a_character),
		cmocka_unit_test(a_copy_is_whole_or_none),
	};
	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
