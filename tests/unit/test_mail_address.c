/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which addresses of mail are plain enough to be told to sendmail. */
#include "base/mail_address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define SIXTY "a12345678901234567890123456789012345678901234567890123456789"

static void plain_addresses_are_told_from_others(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool plain;
	} cases[] = {
		{ "a@b", true },
		{ "office@city.example.jp", true },
		{ "first.last+tag@a-b.example.jp", true },
		{ "o'neill_{x}=y@example.jp", true },
		{ SIXTY "abcd@example.jp", true },
		{ SIXTY "abcde@example.jp", false },
		{ "a@" SIXTY "abc.jp", true },
		{ "a@" SIXTY "abcd.jp", false },
		{ "a@" SIXTY "." SIXTY "." SIXTY "." SIXTY ".a123456", true },
		{ "a@" SIXTY "." SIXTY "." SIXTY "." SIXTY ".a1234567", true },
		{ "a@" SIXTY "." SIXTY "." SIXTY "." SIXTY ".a12345678", false },
		{ "", false },
		{ "@", false },
		{ "a", false },
		{ "a@", false },
		{ "@b", false },
		{ "a@b@c", false },
		{ ".a@b", false },
		{ "a.@b", false },
		{ "a..a@b", false },
		{ "a@b..c", false },
		{ "a@.b", false },
		{ "a@b.", false },
		{ "a@-b.jp", false },
		{ "a@b-.jp", false },
		{ "a@b_c.jp", false },
		{ "-oQ/tmp@example.jp", false },
		{ "-f@b", false },
		{ "a b@example.jp", false },
		{ "a@exa mple.jp", false },
		{ " a@b", false },
		{ "a@b ", false },
		{ "a\n@b", false },
		{ "a@b\nBcc: x@y", false },
		{ "a@b\r", false },
		{ "a,b@c", false },
		{ "a@b,c@d", false },
		{ "<a@b>", false },
		{ "\"a b\"@c", false },
		{ "a(b)@c", false },
		{ "a@[192.0.2.1]", false },
		{ "市@example.jp", false },
		{ "a@例.jp", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (mail_address_is_plain(cases[i].text, strlen(cases[i].text)) != cases[i].plain)
			fail_msg("%s", cases[i].text);
	assert_false(mail_address_is_plain("a\0b@c", 5));
}

static void the_first_bad_one_of_several_is_found(void **state)
{
	(void)state;
	static const char text[] = "  a@b  c@d x@ e@f";
	size_t length = 42;

	assert_null(mail_addresses_bad("", &length));
	assert_null(mail_addresses_bad("   ", &length));
	assert_null(mail_addresses_bad(" a@b  c@d ", &length));
	assert_int_equal(length, 42);
	assert_ptr_equal(mail_addresses_bad(text, &length), strstr(text, "x@"));
	assert_int_equal(length, 2);
	assert_non_null(mail_addresses_bad("a@b\tc@d", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_addresses_are_told_from_others),
		cmocka_unit_test(the_first_bad_one_of_several_is_found),
	};
	return cmocka_run_group_tests_name("mail_address", tests, NULL, NULL);
}
