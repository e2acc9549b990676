/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 by the examples of FIPS 180-4, hexadecimal both ways, and random bytes. */
#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

static void sha256_gives_the_published_digests(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *hex;
	} cases[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char hex[SHA256_HEX_SIZE];
		uint8_t digest[SHA256_BYTES];
		uint8_t decoded[SHA256_BYTES];
		size_t length = strlen(cases[i].text);
		assert_int_equal(digest_sha256_hex(cases[i].text, length, hex), 0);
		assert_string_equal(hex, cases[i].hex);
		assert_int_equal(digest_sha256(cases[i].text, length, digest), 0);
		assert_int_equal(hex_decode(hex, decoded, sizeof(decoded)), 0);
		assert_memory_equal(digest, decoded, sizeof(digest));
	}
}

static void hexadecimal_is_lower_case_and_exact(void **state)
{
	(void)state;
	static const char *const refused[] = { "", "0", "01", "0123f", "0123ff00", "0123fF",
		"0123fg", " 123ff", "0x23ff", "0123f\n" };
	uint8_t bytes[3] = { 0x01, 0x23, 0xff };
	char text[7];

	hex_encode(bytes, sizeof(bytes), text);
	assert_string_equal(text, "0123ff");
	hex_encode(bytes, 0, text);
	assert_string_equal(text, "");
	assert_int_equal(hex_decode("", bytes, 0), 0);
	memset(bytes, 0xaa, sizeof(bytes));
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		assert_int_equal(hex_decode(refused[i], bytes, sizeof(bytes)), -EINVAL);
		assert_memory_equal(bytes, "\xaa\xaa\xaa", 3);
	}
	assert_int_equal(hex_decode("0123ff", bytes, sizeof(bytes)), 0);
	assert_memory_equal(bytes, "\x01\x23\xff", 3);
}

static void every_byte_survives_hexadecimal(void **state)
{
	(void)state;
	uint8_t bytes[256];
	uint8_t again[256];
	char text[513];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	hex_encode(bytes, sizeof(bytes), text);
	assert_int_equal(hex_decode(text, again, sizeof(again)), 0);
	assert_memory_equal(bytes, again, sizeof(bytes));
}

static void random_bytes_differ(void **state)
{
	(void)state;
	uint8_t first[32] = { 0 };
	uint8_t second[32] = { 0 };
	uint8_t one = 0;

	assert_int_equal(random_bytes(first, sizeof(first)), 0);
	assert_int_equal(random_bytes(second, sizeof(second)), 0);
	assert_memory_not_equal(first, second, sizeof(first));
	assert_int_equal(random_bytes(&one, (size_t)INT_MAX + 1), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_gives_the_published_digests),
		cmocka_unit_test(hexadecimal_is_lower_case_and_exact),
		cmocka_unit_test(every_byte_survives_hexadecimal),
		cmocka_unit_test(random_bytes_differ),
	};
	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
