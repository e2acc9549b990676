/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The buffer's limit, its NUL, and that a refused call changes nothing. */
#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

static void an_empty_buffer_is_empty_text(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer buffer = BUFFER_INIT(10);

	assert_string_equal(buffer_text(&buffer), "");
	assert_int_equal(buffer_append(&buffer, NULL, 0), 0);
	assert_null(buffer.data);
}

static void all_ways_of_appending_add_up(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer buffer = BUFFER_INIT(100);

	assert_int_equal(buffer_append(&buffer, "a\0b", 3), 0);
	assert_int_equal(buffer_append_text(&buffer, "cd"), 0);
	assert_int_equal(buffer_printf(&buffer, "%d%s", 12, "!"), 0);
	assert_int_equal(buffer.length, 8);
	assert_memory_equal(buffer_text(&buffer), "a\0bcd12!", 9);
}

static void the_limit_is_exact(void **state)
{
	(void)state;

	for (size_t limit = 0; limit < 300; limit++) {
		AUTO_BUFFER struct buffer buffer = BUFFER_INIT(limit);
		for (size_t i = 0; i < limit; i++)
			assert_int_equal(buffer_append(&buffer, "x", 1), 0);
		assert_int_equal(buffer_append(&buffer, "y", 1), -EOVERFLOW);
		assert_int_equal(buffer_append_text(&buffer, "yy"), -EOVERFLOW);
		assert_int_equal(buffer_printf(&buffer, "%c", 'y'), -EOVERFLOW);
		assert_int_equal(buffer_printf(&buffer, "%s", ""), 0);
		assert_int_equal(buffer.length, limit);
		assert_int_equal(strlen(buffer_text(&buffer)), limit);
		assert_null(strchr(buffer_text(&buffer), 'y'));
	}
}

static void a_refused_call_changes_nothing(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer buffer = BUFFER_INIT(4);

	assert_int_equal(buffer_append_text(&buffer, "abc"), 0);
	assert_int_equal(buffer_append_text(&buffer, "de"), -EOVERFLOW);
	assert_int_equal(buffer_printf(&buffer, "%s", "de"), -EOVERFLOW);
	assert_int_equal(buffer_append(&buffer, "", SIZE_MAX), -EOVERFLOW);
	assert_string_equal(buffer_text(&buffer), "abc");
	assert_int_equal(buffer.length, 3);
}

static void growing_keeps_every_byte(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer buffer = BUFFER_INIT(1 * MIB);

	for (int i = 0; i < 20000; i++)
		assert_int_equal(buffer_printf(&buffer, "%05d", i), 0);
	assert_int_equal(buffer.length, 100000);
	assert_true(buffer.capacity > buffer.length && buffer.capacity <= 1 * MIB + 1);
	for (int i = 0; i < 20000; i++) {
		char digits[6] = "";
		memcpy(digits, buffer_text(&buffer) + 5 * i, 5);
		assert_int_equal(strtol(digits, NULL, 10), i);
	}
}

/* AddressSanitizer would end the program where malloc returns NULL; nobody else calls this. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void memory_that_is_not_there_is_an_error(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer buffer = BUFFER_INIT(SIZE_MAX);

	assert_int_equal(buffer_append_text(&buffer, "kept"), 0);
	/* No address space holds this; the bytes behind the pointer are never reached. */
	assert_int_equal(buffer_append(&buffer, "", PTRDIFF_MAX / 2), -ENOMEM);
	assert_int_equal(buffer_append(&buffer, "", SIZE_MAX - 4), -EOVERFLOW);
	assert_string_equal(buffer_text(&buffer), "kept");
}

static void taking_leaves_it_empty(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer buffer = BUFFER_INIT(10);

	AUTO_FREE char *nothing = buffer_take(&buffer);
	assert_string_equal(nothing, "");
	assert_int_equal(buffer_append_text(&buffer, "abc"), 0);
	AUTO_FREE char *taken = buffer_take(&buffer);
	assert_string_equal(taken, "abc");
	assert_int_equal(buffer.length, 0);
	assert_string_equal(buffer_text(&buffer), "");
	assert_int_equal(buffer_append_text(&buffer, "0123456789"), 0);
	buffer_free(&buffer);
	buffer_free(&buffer);
	buffer_free(NULL);
	assert_string_equal(buffer_text(&buffer), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_buffer_is_empty_text),
		cmocka_unit_test(all_ways_of_appending_add_up),
		cmocka_unit_test(the_limit_is_exact),
		cmocka_unit_test(a_refused_call_changes_nothing),
		cmocka_unit_test(growing_keeps_every_byte),
		cmocka_unit_test(memory_that_is_not_there_is_an_error),
		cmocka_unit_test(taking_leaves_it_empty),
	};
	return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
