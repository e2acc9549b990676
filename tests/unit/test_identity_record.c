/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done with an identity: its texts are made fit to show, it is compared, refused, labelled,
 * and written as JSON and read again. */
#include "device/probe/hostile_text.h"
#include "device/identity/identity.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void hostile_text_is_made_fit(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		size_t length;
		const char *out;
	} cases[] = {
		{ "plain", 5, "plain" }, { "  in the middle  ", 17, "in the middle" },
		{ "a\0b", 3, "a b" }, { "\0\0\0", 3, "" }, { "a\x1b[2Jb\r\n", 8, "a[2Jb" },
		{ "caf\xc3\xa9", 5, "caf\xc3\xa9" }, { "caf\xe9", 4, "caf\\xe9" },
		{ "\xe6\x97", 2, "\\xe6\\x97" },          /* a character cut off */
		{ "\xc0\xaf", 2, "\\xc0\\xaf" },          /* an overlong slash */
		{ "\xed\xa0\x80", 3, "\\xed\\xa0\\x80" }, /* a surrogate */
		{ "\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80" },
		{ "a\xe2\x80\xae"
		  "b",
			5, "ab" }, /* turns the text after it */
		{ "\xc2\x9b"
		  "31m",
			5, "31m" }, /* a C1 control */
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char out[64];
		hostile_text_clean(cases[i].in, cases[i].length, out, sizeof(out));
		assert_string_equal(out, cases[i].out);
	}
	char small[6];
	hostile_text_clean("abcd\xc3\xa9z", 7, small, sizeof(small));
	assert_string_equal(small, "abcd"); /* whole characters only */
	hostile_text_clean("abcde", 5, small, sizeof(small));
	assert_string_equal(small, "abcde");
}

static struct drive_identity sample(void)
{
	struct drive_identity identity = {
		.wwn = "naa.5000c500a1b2c3d4",
		.serial = "Z1Y0ABCD",
		.vendor = "SEAGATE",
		.model = "ST4000NM0023",
		.firmware = "0004",
		.transport = TRANSPORT_SCSI,
		.media = MEDIA_MAGNETIC,
		.zoned = ZONED_NONE,
		.capacity_bytes = UINT64_C(4000787030016),
		.logical_sector_bytes = 512,
		.physical_sector_bytes = 4096,
		.name = "sda",
	};
	return identity;
}

static void the_same_drive_is_known_again(void **state)
{
	(void)state;
	char why[256];
	struct drive_identity a = sample();
	struct drive_identity b = sample();
	memcpy(b.name, "sdq", 4);
	memcpy(b.firmware, "0005", 5);
	b.devnum = 77;
	b.disk_sequence = 9;
	assert_true(identity_same(&a, &b, why, sizeof(why)));
	assert_true(identity_same(&a, &b, NULL, 0));
	assert_string_equal(why, "");
}

static void another_drive_is_told_and_why(void **state)
{
	(void)state;
	char why[256];
	for (int way = 0; way < 6; way++) {
		struct drive_identity a = sample();
		struct drive_identity b = sample();
		switch (way) {
		case 0:
			b.serial[0] = 'Y';
			break;
		case 1:
			b.wwn[0] = '\0'; /* one that does not say is not the one that does */
			break;
		case 2:
			b.model[0] = 'X';
			break;
		case 3:
			b.capacity_bytes -= 512;
			break;
		case 4:
			b.serial[0] = '\0';
			break;
		default: /* neither can be known at all */
			a.serial[0] = a.wwn[0] = b.serial[0] = b.wwn[0] = '\0';
			break;
		}
		assert_false(identity_same(&a, &b, why, sizeof(why)));
		assert_string_not_equal(why, "");
		assert_false(identity_same(&a, &b, NULL, 0));
	}
}

static void what_cannot_be_addressed_is_refused(void **state)
{
	(void)state;
	static const struct {
		uint32_t sector;
		uint64_t capacity;
		enum zoned_model zoned;
		const char *serial, *wwn;
		const char *code; /* NULL: fine */
	} cases[] = {
		{ 512, 512 * 100, ZONED_NONE, "S", "", NULL },
		{ 1024, 1024 * 100, ZONED_NONE, "S", "", NULL },
		{ 2048, 2048 * 100, ZONED_UNKNOWN, "", "naa.5", NULL },
		{ 4096, 4096 * 100, ZONED_HOST_AWARE, "S", "", NULL },
		{ 520, 0, ZONED_NONE, "S", "", "sector-size" },
		{ 528, 528 * 100, ZONED_NONE, "S", "", "sector-size" },
		{ 4160, 0, ZONED_NONE, "S", "", "sector-size" },
		{ 0, 512, ZONED_NONE, "S", "", "sector-size" },
		{ 8192, 8192, ZONED_NONE, "S", "", "sector-size" },
		{ 512, 0, ZONED_NONE, "S", "", "no-capacity" },
		{ 4096, 4096 * 100 + 512, ZONED_NONE, "S", "", "capacity-not-whole" },
		{ 512, 512 * 100, ZONED_HOST_MANAGED, "S", "", "zoned" },
		{ 512, 512 * 100, ZONED_NONE, "", "", "no-identity" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = { 0 };
		struct drive_identity identity = {
			.logical_sector_bytes = cases[i].sector,
			.capacity_bytes = cases[i].capacity,
			.zoned = cases[i].zoned,
			.name = "sdx",
		};
		memcpy(identity.serial, cases[i].serial, strlen(cases[i].serial) + 1);
		memcpy(identity.wwn, cases[i].wwn, strlen(cases[i].wwn) + 1);
		int result = identity_check_addressable(&identity, &error);
		assert_int_equal(result, cases[i].code ? -ENOTSUP : 0);
		assert_string_equal(error.code, cases[i].code ? cases[i].code : "");
		if (cases[i].code) {
			assert_int_equal(error.kind, ERROR_UNSUPPORTED);
			assert_string_not_equal(error.next, "");
		}
		if (cases[i].sector == 520 || cases[i].sector == 528) {
			char number[8];
			(void)snprintf(number, sizeof(number), "%u", cases[i].sector);
			assert_non_null(strstr(error.what, number));
			assert_non_null(strstr(error.next, "512"));
		}
		assert_int_equal(identity_check_addressable(&identity, NULL), result);
	}
}

static void the_label_always_fits(void **state)
{
	(void)state;
	char label[IDENTITY_LABEL_MAX];
	struct drive_identity identity = sample();
	identity_label(&identity, label);
	assert_string_equal(label, "ST4000NM0023 (serial Z1Y0ABCD, /dev/sda)");

	memset(&identity, 0, sizeof(identity));
	identity_label(&identity, label);
	assert_string_not_equal(label, "");

	for (size_t i = 0; i + 1 < IDENTITY_TEXT_MAX; i++)
		identity.model[i] = identity.serial[i] = "\xe5\xbb\x83"[i % 3];
	memset(identity.name, 'x', sizeof(identity.name) - 1);
	identity_label(&identity, label);
	assert_true(strlen(label) < IDENTITY_LABEL_MAX);
}

static void json_goes_both_ways(void **state)
{
	(void)state;
	struct drive_identity before = sample();
	struct drive_identity after;
	struct error error = { 0 };
	AUTO_JSON json_t *json = NULL;
	before.is_virtual = true;
	before.read_only = true;
	memcpy(before.backing, "/srv/image", 11);
	assert_int_equal(identity_to_json(&before, &json), 0);
	assert_int_equal(identity_from_json(json, &after, &error), 0);
	assert_memory_equal(&before, &after, sizeof(before));

	before.capacity_bytes = UINT64_MAX; /* what JSON here cannot hold */
	json_t *none = NULL;
	assert_int_equal(identity_to_json(&before, &none), -EINVAL);
	assert_null(none);
}

static void json_is_read_strictly(void **state)
{
	(void)state;
	static const char *const keys[] = { "wwn", "serial", "vendor", "model", "firmware",
		"transport", "media", "zoned", "virtual", "capacity_bytes", "logical_sector_bytes",
		"physical_sector_bytes", "read_only", "name", "backing" };
	for (size_t i = 0; i < ARRAY_SIZE(keys) * 2 + 3; i++) {
		struct drive_identity before = sample();
		struct drive_identity after = { .capacity_bytes = 7 };
		struct error error = { 0 };
		AUTO_JSON json_t *json = NULL;
		assert_int_equal(identity_to_json(&before, &json), 0);
		size_t key = i / 2;
		if (i == ARRAY_SIZE(keys) * 2)
			assert_int_equal(json_put_string(json, "colour", "red"), 0);
		else if (i == ARRAY_SIZE(keys) * 2 + 1)
			assert_int_equal(json_put_string(json, "media", "paper"), 0);
		else if (i == ARRAY_SIZE(keys) * 2 + 2)
			assert_int_equal(json_put_integer(json, "virtual", 2), 0);
		else if (i % 2)
			assert_int_equal(json_object_del(json, keys[key]), 0);
		else
			assert_int_equal(json_put(json, keys[key], json_array()), 0);
		assert_int_equal(identity_from_json(json, &after, &error), -EBADMSG);
		assert_string_not_equal(error.what, "");
		assert_int_equal(after.capacity_bytes, 7);
	}
}

static void words_are_stable(void **state)
{
	(void)state;
	for (int i = 0; i <= TRANSPORT_VIRTUAL; i++)
		assert_int_equal(transport_parse(transport_name((enum transport)i)), i);
	for (int i = 0; i <= MEDIA_VIRTUAL; i++)
		assert_int_equal(media_parse(media_name((enum media)i)), i);
	for (int i = 0; i <= ZONED_HOST_MANAGED; i++)
		assert_int_equal(zoned_parse(zoned_name((enum zoned_model)i)), i);
	assert_string_equal(transport_name((enum transport)99), "unknown");
	assert_int_equal(media_parse("MAGNETIC"), MEDIA_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_text_is_made_fit),
		cmocka_unit_test(the_same_drive_is_known_again),
		cmocka_unit_test(another_drive_is_told_and_why),
		cmocka_unit_test(what_cannot_be_addressed_is_refused),
		cmocka_unit_test(the_label_always_fits),
		cmocka_unit_test(json_goes_both_ways),
		cmocka_unit_test(json_is_read_strictly),
		cmocka_unit_test(words_are_stable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
