/* SPDX-License-Identifier: GPL-3.0-or-later */
/* struct error: what it returns, what it keeps, and that its text is always fit to show. */
#include "base/error.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

static void returns_the_negative_errno(void **state)
{
	(void)state;
	struct error error = { 0 };

	assert_int_equal(error_set(&error, ERROR_REFUSED, EBUSY, "in-use", "x"), -EBUSY);
	assert_int_equal(error_set(&error, ERROR_REFUSED, -EBUSY, "in-use", "x"), -EBUSY);
	assert_int_equal(error.errnum, EBUSY);
	assert_int_equal(error_set(&error, ERROR_FAILED, 0, "odd", "x"), -EIO);
	assert_int_equal(error.errnum, 0);
	assert_int_equal(error_set(NULL, ERROR_FAILED, ENOENT, "gone", "x"), -ENOENT);
	assert_int_equal(error_next(NULL, "x"), -EIO);
	assert_int_equal(error_no_memory(&error), -ENOMEM);
	assert_string_equal(error.code, "no-memory");
}

static void replaces_an_earlier_error(void **state)
{
	(void)state;
	struct error error = { 0 };

	(void)error_set(&error, ERROR_REFUSED, EBUSY, "in-use", "%s is mounted", "sda");
	assert_int_equal(error_next(&error, "Run: umount %s", "/mnt"), -EBUSY);
	assert_string_equal(error.what, "sda is mounted");
	assert_string_equal(error.next, "Run: umount /mnt");
	(void)error_set(&error, ERROR_FAILED, EIO, "broken", "cannot read");
	assert_int_equal(error.kind, ERROR_FAILED);
	assert_string_equal(error.code, "broken");
	assert_string_equal(error.what, "cannot read");
	assert_string_equal(error.next, "");
}

static void arguments_may_lie_in_the_error(void **state)
{
	(void)state;
	struct error error = { 0 };

	(void)error_set(&error, ERROR_FAILED, EIO, "inner", "inside");
	(void)error_set(&error, ERROR_FAILED, EIO, error.code, "outside: %s", error.what);
	assert_string_equal(error.what, "outside: inside");
	assert_string_equal(error.code, "inner");
}

static void long_text_is_cut_at_a_character(void **state)
{
	(void)state;
	/* Characters of 1 to 4 bytes, so that the cut falls inside at every place. */
	static const char *const characters[] = { "a", "é", "消", "𠮷" };

	for (size_t i = 0; i < ARRAY_SIZE(characters); i++) {
		for (int shift = 0; shift < 4; shift++) {
			struct error error = { 0 };
			char text[1200];
			size_t width = strlen(characters[i]);
			size_t length = (size_t)shift;
			memset(text, 'x', length);
			for (; length + width < sizeof(text); length += width)
				memcpy(text + length, characters[i], width);
			text[length] = '\0';
			(void)error_set(&error, ERROR_FAILED, EIO, "long", "%s", text);
			(void)error_next(&error, "%s", text);
			size_t what = strlen(error.what);
			size_t next = strlen(error.next);
			assert_true(utf8_valid(error.what, what) && !strchr(error.what, '?'));
			assert_true(utf8_valid(error.next, next) && !strchr(error.next, '?'));
			assert_in_range(what, sizeof(error.what) - width, sizeof(error.what) - 1);
			assert_in_range(next, sizeof(error.next) - width, sizeof(error.next) - 1);
		}
	}
}

static void a_long_code_is_cut(void **state)
{
	(void)state;
	struct error error = { 0 };
	char code[100];

	memset(code, 'c', sizeof(code) - 1);
	code[sizeof(code) - 1] = '\0';
	(void)error_set(&error, ERROR_FAILED, EIO, code, "x");
	assert_int_equal(strlen(error.code), sizeof(error.code) - 1);
}

static void text_is_made_harmless(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{ "disk \x1b[2J gone", "disk ?[2J gone" },
		{ "two\nlines\t", "two?lines?" },
		{ "\x7f", "?" },
		{ "C1 \xc2\x9b", "C1 ??" },
		{ "消去", "消去" },
		{ "\xff\xfe", "??" },
		{ "overlong \xc0\xaf", "overlong ??" },
		{ "surrogate \xed\xa0\x80", "surrogate ???" },
		{ "beyond \xf4\x90\x80\x80", "beyond ????" },
		{ "short \xe6\xb6", "short ??" },
		{ "short \xe6\xb6 on", "short ?? on" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = { 0 };
		(void)error_set(&error, ERROR_FAILED, EIO, "odd", "%s", cases[i].in);
		assert_string_equal(error.what, cases[i].out);
	}
}

static void every_kind_has_its_name(void **state)
{
	(void)state;
	static const char *const names[] = { "none", "failed", "usage", "refused", "unsupported",
		"interrupted", "partial", "waiting" };

	for (int kind = ERROR_NONE; kind <= ERROR_WAITING; kind++)
		assert_string_equal(error_kind_name((enum error_kind)kind), names[kind]);
	assert_string_equal(error_kind_name((enum error_kind)99), "failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(returns_the_negative_errno),
		cmocka_unit_test(replaces_an_earlier_error),
		cmocka_unit_test(arguments_may_lie_in_the_error),
		cmocka_unit_test(long_text_is_cut_at_a_character),
		cmocka_unit_test(a_long_code_is_cut),
		cmocka_unit_test(text_is_made_harmless),
		cmocka_unit_test(every_kind_has_its_name),
	};
	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
