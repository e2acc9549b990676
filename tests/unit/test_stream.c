/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pattern stream: the same bytes whichever way they are asked for. */
#include "device/engine/stream.h"

#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH 100000

static struct pattern random_pattern(void)
{
	struct pattern pattern = { .kind = STREAM_RANDOM };
	for (int i = 0; i < STREAM_KEY_BYTES; i++)
		pattern.key[i] = (uint8_t)i;
	return pattern;
}

/* From `openssl enc -aes-256-ctr` of zeros under key 00 01 … 1f and iv 0: the first block, the
 * block at 16 * 2^32 (iv …0100000000), and one that crosses the low counter's end. */
static void known_answers(void **state)
{
	(void)state;
	static const struct {
		uint64_t offset;
		const char *hex;
	} answers[] = {
		{ 0, "f29000b62a499fd0a9f39a6add2e7780" },
		{ UINT64_C(16) << 32, "641d1a3a80becff6f0f38f9764fdcf96" },
		{ (UINT64_C(16) << 32) - 16, "b9c2739810cba157a9fe6a108c6e569e" },
	};
	struct pattern pattern = random_pattern();
	struct stream *stream;
	assert_int_equal(stream_open(&pattern, &stream, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		uint8_t block[16], expected[16];
		assert_int_equal(hex_decode(answers[i].hex, expected, 16), 0);
		assert_int_equal(stream_fill(stream, answers[i].offset, block, 16), 0);
		assert_memory_equal(block, expected, 16);
	}
	stream_close(stream);
}

static void any_range_is_the_same(void **state)
{
	(void)state;
	static const uint64_t starts[] = { 0, 1, 15, 16, 17, 511, 512, 16383, 16384, 16385, 70001 };
	struct pattern patterns[] = { random_pattern(),
		{ .kind = STREAM_PERIODIC, .period = { 0x92, 0x49, 0x24 }, .period_bytes = 3 },
		{ .kind = STREAM_PERIODIC, .period = { 0xaa }, .period_bytes = 1 } };
	static uint8_t whole[LENGTH], part[LENGTH];
	for (size_t p = 0; p < ARRAY_SIZE(patterns); p++) {
		struct stream *stream;
		assert_int_equal(stream_open(&patterns[p], &stream, NULL), 0);
		assert_int_equal(stream_fill(stream, 0, whole, LENGTH), 0);
		for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
			size_t length = LENGTH - starts[i];
			assert_int_equal(stream_fill(stream, starts[i], part, length), 0);
			assert_memory_equal(part, whole + starts[i], length);
			size_t equal = 0;
			assert_int_equal(
				stream_compare(stream, starts[i], part, length, &equal), 0);
			assert_int_equal(equal, length);
		}
		stream_close(stream);
	}
}

static void the_first_difference_is_found(void **state)
{
	(void)state;
	static const size_t places[] = { 0, 1, 15, 16, 16383, 16384, 50000, LENGTH - 1 };
	struct pattern patterns[] = { random_pattern(),
		{ .kind = STREAM_PERIODIC, .period = { 0, 0xff }, .period_bytes = 2 } };
	static uint8_t data[LENGTH];
	for (size_t p = 0; p < ARRAY_SIZE(patterns); p++) {
		struct stream *stream;
		assert_int_equal(stream_open(&patterns[p], &stream, NULL), 0);
		for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
			assert_int_equal(stream_fill(stream, 4096, data, LENGTH), 0);
			data[places[i]] ^= 0x10;
			size_t equal = 0;
			assert_int_equal(stream_compare(stream, 4096, data, LENGTH, &equal), 0);
			assert_int_equal(equal, places[i]);
		}
		stream_close(stream);
	}
}

static void no_pattern_is_refused(void **state)
{
	(void)state;
	static const struct pattern patterns[] = {
		{ 0 },
		{ .kind = STREAM_RANDOM }, /* no key */
		{ .kind = STREAM_PERIODIC },
		{ .kind = STREAM_PERIODIC, .period_bytes = STREAM_PERIOD_MAX + 1 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		struct stream *stream = NULL;
		struct error error = { 0 };
		assert_true(stream_open(&patterns[i], &stream, &error) < 0);
		assert_null(stream);
		assert_string_equal(error.code, "stream-open");
	}
}

static void patterns_survive_json(void **state)
{
	(void)state;
	struct pattern patterns[] = { random_pattern(), { .kind = STREAM_RANDOM },
		{ .kind = STREAM_PERIODIC, .period = { 0x92, 0x49, 0x24 }, .period_bytes = 3 } };
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		AUTO_JSON json_t *json = NULL;
		struct pattern back = { 0 };
		assert_int_equal(pattern_to_json(&patterns[i], &json), 0);
		assert_int_equal(pattern_from_json(json, "test", &back, NULL), 0);
		assert_memory_equal(&back, &patterns[i], sizeof(back));
	}
}

static void malformed_patterns_are_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"{}",
		"{\"kind\":\"none\"}",
		"{\"kind\":\"periodic\"}",
		"{\"kind\":\"periodic\",\"period\":\"\"}",
		"{\"kind\":\"periodic\",\"period\":\"0\"}",
		"{\"kind\":\"periodic\",\"period\":\"0G\"}",
		"{\"kind\":\"periodic\",\"period\":\"AA\"}",
		"{\"kind\":\"periodic\",\"period\":\"00\",\"key\":\"00\"}",
		"{\"kind\":\"random\",\"key\":\"00\"}",
		("{\"kind\":\"random\",\"key\":"
		 "\"0000000000000000000000000000000000000000000000000000000000000000\"}"),
		"{\"kind\":\"random\",\"seed\":\"00\"}",
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTO_JSON json_t *json = NULL;
		struct pattern back = { .period_bytes = 77 };
		struct error error = { 0 };
		assert_int_equal(json_parse(texts[i], strlen(texts[i]), "test", &json, &error), 0);
		assert_true(pattern_from_json(json, "test", &back, &error) < 0);
		assert_int_equal(back.period_bytes, 77);
		assert_true(error.what[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(any_range_is_the_same),
		cmocka_unit_test(the_first_difference_is_found),
		cmocka_unit_test(no_pattern_is_refused),
		cmocka_unit_test(patterns_survive_json),
		cmocka_unit_test(malformed_patterns_are_refused),
	};
	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
