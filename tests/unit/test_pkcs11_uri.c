/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of keys in tokens. */
#include "reports/keys/pkcs11_uri.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_everything(void **state)
{
	struct error error = { 0 };
	struct pkcs11_uri uri;

	(void)state;
	assert_int_equal(
		pkcs11_uri_parse("pkcs11:token=My%20token;manufacturer=M%2fN;model=v2;serial="
				 "00ff;object=%e7%bd%b2%E5%90%8D;id=%01%00%ff;type=private"
				 "?module-path=/usr/lib/x.so",
			&uri, &error),
		0);
	assert_string_equal(uri.token, "My token");
	assert_string_equal(uri.manufacturer, "M/N");
	assert_string_equal(uri.model, "v2");
	assert_string_equal(uri.serial, "00ff");
	assert_string_equal(uri.object, "署名");
	assert_int_equal(uri.id_length, 3);
	assert_memory_equal(uri.id, "\x01\x00\xff", 3);
	assert_string_equal(uri.module_path, "/usr/lib/x.so");
	assert_string_equal(uri.module_name, "");
}

static void test_little(void **state)
{
	static const char *const good[] = { "pkcs11:object=a", "pkcs11:id=%01",
		"pkcs11:object=a?module-name=softhsm2", "pkcs11:object=a%ff", "pkcs11:id=ab",
		"pkcs11:object=%41" };
	struct error error = { 0 };
	struct pkcs11_uri uri;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(pkcs11_uri_parse(good[i], &uri, &error), 0);
	assert_string_equal(uri.object, "A");
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"pkcs11",
		"pkcs11:",
		"pkcs12:object=a",
		"PKCS11:object=a",
		"pkcs11:token=a", /* no key */
		"pkcs11:object",
		"pkcs11:object=",           /* nothing */
		"pkcs11:object=a;object=b", /* twice */
		"pkcs11:id=%01;id=%02",
		"pkcs11:object=a;",
		"pkcs11:;object=a",
		"pkcs11:object=a%",
		"pkcs11:object=a%4",
		"pkcs11:object=%4g",
		"pkcs11:object=%00",
		"pkcs11:object=a;type=public",
		"pkcs11:object=a;pin-value=1",
		"pkcs11:object=a?pin-value=1234",
		"pkcs11:object=a?pin-source=/x",
		"pkcs11:object=a;slot-id=1",
		"pkcs11:object=a;x-mine=1",
		"pkcs11:object=a?module-path=x.so",                /* not absolute */
		"pkcs11:object=a?module-path=/x.so&module-name=x", /* both */
		"pkcs11:object=a?module-name=../x",                /* not a name */
		"pkcs11:object=a?token=b",
		"pkcs11:module-path=/x.so;object=a",
		"pkcs11:object=a?object=b",
		"pkcs11:object=a?module-path=/x&",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct error error = { 0 };
		struct pkcs11_uri uri = { .id_length = 77 };
		if (pkcs11_uri_parse(bad[i], &uri, &error) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
		assert_string_equal(error.code, "token-uri");
		assert_int_equal(error.kind, ERROR_USAGE);
		assert_int_equal(uri.id_length, 77); /* untouched */
	}
}

static void test_lengths(void **state)
{
	struct error error = { 0 };
	struct pkcs11_uri uri;
	char text[1024];

	(void)state;
	for (int length = 254; length <= 257; length++) {
		(void)snprintf(text, sizeof(text), "pkcs11:object=%0*d", length, 1);
		assert_int_equal(pkcs11_uri_parse(text, &uri, &error),
			length < PKCS11_TEXT_MAX ? 0 : -EINVAL);
	}
	for (int length = 63; length <= 66; length++) {
		(void)snprintf(text, sizeof(text), "pkcs11:id=%0*d", length, 1);
		assert_int_equal(pkcs11_uri_parse(text, &uri, &error),
			length <= PKCS11_ID_MAX ? 0 : -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_little),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lengths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
