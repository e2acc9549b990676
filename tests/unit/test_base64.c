/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base 64 by the examples of RFC 4648 section 10, every value of every byte, and what is another spelling. */
#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

static void the_published_examples(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_BUFFER struct buffer text = BUFFER_INIT(64);
		uint8_t bytes[16];
		size_t length = 77;
		assert_int_equal(base64_encode(cases[i][0], strlen(cases[i][0]), &text), 0);
		assert_string_equal(buffer_text(&text), cases[i][1]);
		assert_int_equal(text.length, BASE64_LENGTH(strlen(cases[i][0])));
		assert_int_equal(base64_decode(cases[i][1], strlen(cases[i][1]), bytes,
					 sizeof(bytes), &length),
			0);
		assert_int_equal(length, strlen(cases[i][0]));
		assert_memory_equal(bytes, cases[i][0], length);
	}
}

static void all_bytes_come_back(void **state)
{
	(void)state;
	uint8_t bytes[259];
	uint8_t again[sizeof(bytes)];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37);
	for (size_t length = 0; length <= sizeof(bytes); length++) {
		AUTO_BUFFER struct buffer text = BUFFER_INIT(1024);
		size_t found;
		assert_int_equal(base64_encode(bytes, length, &text), 0);
		assert_int_equal(
			base64_decode(buffer_text(&text), text.length, again, length, &found), 0);
		assert_int_equal(found, length);
		assert_memory_equal(again, bytes, length);
	}
}

static void another_spelling_is_refused(void **state)
{
	(void)state;
	static const char *const cases[] = { "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8",
		"=Zg=", "Z===", "====", "Zg==Zg==", "Zm9v\n", " Zm9v", "Zm 9", "Zm-v", "Zm_v",
		"Zm9v=", "Zm\xc3\xa9" };
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t bytes[16];
		size_t length = 77;
		if (base64_decode(cases[i], strlen(cases[i]), bytes, sizeof(bytes), &length) !=
			-EINVAL)
			fail_msg("taken: %s", cases[i]);
		assert_int_equal(length, 77);
	}
}

/* Each text of four characters that is taken is what its bytes are written as. */
static void there_is_one_spelling(void **state)
{
	(void)state;
	for (int third = 0; third < 256; third++)
		for (int last = 0; last < 256; last++) {
			AUTO_BUFFER struct buffer text = BUFFER_INIT(64);
			char spelled[4] = { 'q', '7', (char)third, (char)last };
			uint8_t bytes[3];
			size_t length;
			if (base64_decode(spelled, 4, bytes, sizeof(bytes), &length) < 0)
				continue;
			assert_int_equal(base64_encode(bytes, length, &text), 0);
			assert_int_equal(text.length, 4);
			assert_memory_equal(text.data, spelled, 4);
		}
}

static void room_is_looked_at(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(8);
	uint8_t bytes[3] = { 1, 2, 3 };
	size_t length = 77;
	assert_int_equal(base64_decode("Zm9vYg==", 8, bytes, sizeof(bytes), &length), -EOVERFLOW);
	assert_int_equal(length, 77);
	assert_memory_equal(bytes, "\1\2\3", 3);
	assert_int_equal(base64_encode("foo", 3, &text), 0);
	assert_int_equal(base64_encode("foobar", 6, &text), -EOVERFLOW);
	assert_string_equal(buffer_text(&text), "Zm9v");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_examples),
		cmocka_unit_test(all_bytes_come_back),
		cmocka_unit_test(another_spelling_is_refused),
		cmocka_unit_test(there_is_one_spelling),
		cmocka_unit_test(room_is_looked_at),
	};
	return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
