/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a qcow2 image says it stands on. */
#include "wipe/platform/qcow2.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

#define CLUSTER 512

static void put32(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void put64(uint8_t *at, uint64_t value)
{
	put32(at, (uint32_t)(value >> 32));
	put32(at + 4, (uint32_t)value);
}

static size_t put_extension(uint8_t *bytes, size_t at, uint32_t type, const char *text)
{
	put32(bytes + at, type);
	put32(bytes + at + 4, (uint32_t)strlen(text));
	memcpy(bytes + at + 8, text, strlen(text));
	return at + 8 + (strlen(text) + 7) / 8 * 8;
}

/* Version 3, one cluster of 512 bytes, on a base, with a data file of another name left over from before. */
static void make_header(uint8_t bytes[static CLUSTER])
{
	memset(bytes, 0, CLUSTER);
	put32(bytes, 0x514649fb);
	put32(bytes + 4, 3);
	put64(bytes + 8, 400);
	put32(bytes + 16, 9);
	put32(bytes + 20, 9);
	put64(bytes + 24, 1 << 20);
	put32(bytes + 60, 2);
	put32(bytes + 96, 4);
	put32(bytes + 100, 104);
	size_t at = put_extension(bytes, 104, 0xe2792aca, "qcow2");
	at = put_extension(bytes, at, 0x12345678, "whatever");
	(void)put_extension(bytes, at, 0x44415441, "/srv/raw");
	memcpy(bytes + 400, "base.qcow", 9);
}

static int parse(const uint8_t *bytes, size_t length, struct qcow2_header *ret)
{
	size_t needed = 0;
	struct error error = { 0 };
	const int result = qcow2_parse("image", bytes, length, ret, &needed, &error);
	if (result == -EBADMSG)
		assert_string_equal(error.code, "qcow2-malformed");
	if (result == -ENODATA)
		assert_true(needed > length);
	return result;
}

static void test_header(void **state)
{
	(void)state;
	uint8_t bytes[CLUSTER];
	struct qcow2_header header;
	make_header(bytes);
	assert_int_equal(parse(bytes, CLUSTER, &header), 0);
	assert_int_equal(header.version, 3);
	assert_int_equal(header.size_bytes, 1 << 20);
	assert_int_equal(header.snapshot_count, 2);
	assert_string_equal(header.backing, "base.qcow");
	assert_string_equal(header.backing_format, "qcow2");
	/* only the feature makes it the file that holds the bytes */
	assert_string_equal(header.data, "");
	put64(bytes + 72, 4);
	assert_int_equal(parse(bytes, CLUSTER, &header), 0);
	assert_string_equal(header.data, "/srv/raw");
	put32(bytes + 4,
		2); /* version 2 has neither; its extensions begin earlier, at what is zero here */
	put64(bytes + 72, 0);
	assert_int_equal(parse(bytes, CLUSTER, &header), 0);
	assert_string_equal(header.backing, "base.qcow");
	assert_string_equal(header.backing_format, "");
}

static void test_what_is_refused(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		uint32_t value;
	} cases[] = {
		{ 0, 0x514649fa },                   /* another magic */
		{ 4, 1 },                            /* qcow */
		{ 4, 4 }, { 12, 600 },               /* the base's name outside of the cluster */
		{ 16, 0 },                           /* no name */
		{ 16, 200 },                         /* beyond the cluster */
		{ 16, 10 },                          /* a NUL within */
		{ 20, 8 }, { 20, 22 }, { 76, 0x20 }, /* a feature that nobody knows */
		{ 72, 0x80000000 }, { 100, 96 },     /* shorter than version 3 is */
		{ 100, 105 }, { 100, 404 },          /* runs into the name */
		{ 108, 0x7fffffff },                 /* an extension without an end */
		{ 108, 300 }, { 108, 0 },            /* a format without a name */
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t bytes[CLUSTER];
		struct qcow2_header header;
		make_header(bytes);
		put32(bytes + cases[i].at, cases[i].value);
		if (parse(bytes, CLUSTER, &header) != -EBADMSG)
			fail_msg("taken: %zu = %x", cases[i].at, cases[i].value);
	}
}

static void test_short(void **state)
{
	(void)state;
	uint8_t bytes[CLUSTER];
	struct qcow2_header header;
	make_header(bytes);
	for (size_t length = 0; length < CLUSTER; length++)
		assert_int_equal(parse(bytes, length, &header), length < 104 ? -EBADMSG : -ENODATA);
	/* a feature without its file */
	put64(bytes + 72, 4);
	put32(bytes + 104, 0);
	assert_int_equal(parse(bytes, CLUSTER, &header), -EBADMSG);
}

static void test_places(void **state)
{
	(void)state;
	static const struct {
		const char *reference, *place; /* NULL: not understood */
		bool is_local;
	} cases[] = {
		{ "base.qcow2", "/srv/images/base.qcow2", true },
		{ "../base.qcow2", "/srv/images/../base.qcow2", true },
		{ "/srv/base.qcow2", "/srv/base.qcow2", true },
		{ "./with:colon", "/srv/images/./with:colon", true },
		{ "file:/srv/base", "/srv/base", true },
		{ "host_device:/dev/vg/lv", "/dev/vg/lv", true },
		{ "nbd://host/export", "nbd://host/export", false },
		{ "rbd:pool/image", "rbd:pool/image", false },
		{ "json:{\"driver\":\"qcow2\",\"file\":{\"driver\":\"file\",\"filename\":\"/srv/"
		  "x\"}}",
			"/srv/x", true },
		{ "json:{\"file.driver\":\"file\",\"file.filename\":\"x\"}", "/srv/images/x",
			true },
		{ "json:{\"driver\":\"nbd\",\"host\":\"h\"}",
			"json:{\"driver\":\"nbd\",\"host\":\"h\"}", false },
		{ "json:{\"driver\":\"http\",\"filename\":\"/etc/passwd\"}",
			"json:{\"driver\":\"http\",\"filename\":\"/etc/passwd\"}", false },
		{ "json:nonsense", NULL, false },
		{ "json:{\"a\":1,\"a\":2}", NULL, false },
		{ "", NULL, false },
		{ "file:", NULL, false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char place[1024] = "";
		bool is_local = false;
		struct error error = { 0 };
		const int result = qcow2_place("/srv/images/top.qcow2", cases[i].reference, place,
			sizeof(place), &is_local, &error);
		assert_int_equal(result, cases[i].place ? 0 : -EBADMSG);
		if (!cases[i].place) {
			assert_string_equal(error.code, "chain-unknown");
			continue;
		}
		assert_string_equal(place, cases[i].place);
		assert_int_equal(is_local, cases[i].is_local);
	}
	char small[16];
	bool is_local = false;
	assert_int_equal(
		qcow2_place("/srv/images/top", "base.qcow2", small, sizeof(small), &is_local, NULL),
		-EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_places),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
