/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What JSON we accept, the one way we spell it, and what the field readers refuse. */
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

static int parse_text(const char *text, size_t length, struct error *error)
{
	AUTO_JSON json_t *value = NULL;

	int result = json_parse(text, length, "sample", &value, error);
	/* Nothing is handed out with an error. */
	assert_int_equal(result == 0, value != NULL);
	return result;
}

static void what_is_outside_the_subset_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *said; /* part of the message */
	} cases[] = {
		{ "", "line 1" },
		{ "{", "line 1" },
		{ "{\"a\":1,}", "line 1" },
		{ "{'a':1}", "line 1" },
		{ "{a:1}", "line 1" },
		{ "[1,2", "line 1" },
		{ "[01]", "line 1" },
		{ "[+1]", "line 1" },
		{ "[0x1]", "line 1" },
		{ "[1]\n[2]", "line 2" },
		{ "[1] x", "line 1" },
		{ "[1] // comment", "line 1" },
		{ "\xef\xbb\xbf[1]", "line 1" },
		{ "\"text\"", "line 1" },
		{ "1", "line 1" },
		{ "{\"a\":1,\"a\":1}", "duplicate" },
		{ "{\"a\":1,\"\\u0061\":2}", "duplicate" },
		{ "{\"x\":{\"a\":1,\"b\":2,\"a\":3}}", "duplicate" },
		{ "[9223372036854775808]", "too big" },
		{ "[\"a\\u0000b\"]", "line 1" },
		{ "{\"a\\u0000\":1}", "line 1" },
		{ "[\"\\ud800\"]", "line 1" },
		{ "[\"\\udc00\\ud800\"]", "line 1" },
		{ "[\"\xff\"]", "line 1" },
		{ "[\"\xc0\xaf\"]", "line 1" },
		{ "[\"\xed\xa0\x80\"]", "line 1" },
		{ "[\"a\nb\"]", "line 1" },
		{ "[\"\t\"]", "line 1" },
		{ "{\"a\":{\"b\":[0,1.5]}}", "a.b[1] is a number with a fraction" },
		{ "[1e3]", "[0] is a number with a fraction" },
		{ "[1.0]", "[0] is a number with a fraction" },
		{ "{\"a\":true}", "a is true or false" },
		{ "{\"a\":false}", "a is true or false" },
		{ "{\"a\":[null]}", "a[0] is null" },
		{ "{\"é\":1}", "not printable ASCII" },
		{ "{\"a\\n\":1}", "not printable ASCII" },
		{ "{\"a\\u007f\":1}", "not printable ASCII" },
		{ "{\"x\":[{\"\":1}]}", "x[0] has a key" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = { 0 };
		int result = parse_text(cases[i].text, strlen(cases[i].text), &error);
		if (result != -EBADMSG || !strstr(error.what, cases[i].said))
			fail_msg("%s: %d %s", cases[i].text, result, error.what);
		assert_non_null(strstr(error.what, "sample"));
		assert_int_equal(error.kind, ERROR_FAILED);
		assert_int_equal(error.errnum, EBADMSG);
	}
}

static void a_nul_anywhere_is_refused(void **state)
{
	(void)state;
	static const char text[] = "{\"a\":[\"b\"]}";

	for (size_t i = 0; i <= strlen(text); i++) {
		char copy[sizeof(text) + 1];
		memcpy(copy, text, i);
		copy[i] = '\0';
		memcpy(copy + i + 1, text + i, strlen(text) - i);
		assert_int_equal(parse_text(copy, strlen(text) + 1, NULL), -EBADMSG);
	}
	assert_int_equal(parse_text(text, strlen(text), NULL), 0);
}

static void the_message_does_not_quote_the_text(void **state)
{
	(void)state;
	struct error error = { 0 };

	assert_int_equal(parse_text("[\"ok\", \x1b[31msecret]", 17, &error), -EBADMSG);
	assert_null(strstr(error.what, "secret"));
	assert_null(strchr(error.what, 0x1b));
}

static void nesting_and_size_have_limits(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(SIZE_MAX);
	struct error error = { 0 };

	for (size_t depth = 1; depth <= JSON_MAX_NESTING + 2; depth++) {
		char nested[2 * (JSON_MAX_NESTING + 2)];
		memset(nested, '[', depth);
		memset(nested + depth, ']', depth);
		assert_int_equal(parse_text(nested, 2 * depth, &error),
			depth <= JSON_MAX_NESTING ? 0 : -EBADMSG);
	}
	assert_non_null(strstr(error.what, "nested too deeply"));

	/* ["aaa…"] of exactly the limit, then one more. */
	AUTO_FREE char *filler = malloc(JSON_MAX_BYTES);
	assert_non_null(filler);
	memset(filler, 'a', JSON_MAX_BYTES);
	assert_int_equal(buffer_append_text(&text, "[\""), 0);
	assert_int_equal(buffer_append(&text, filler, JSON_MAX_BYTES - 4), 0);
	assert_int_equal(buffer_append_text(&text, "\"]"), 0);
	assert_int_equal(text.length, JSON_MAX_BYTES);
	assert_int_equal(parse_text(buffer_text(&text), text.length, NULL), 0);
	assert_int_equal(buffer_append_text(&text, " "), 0);
	assert_int_equal(parse_text(buffer_text(&text), text.length, NULL), -EFBIG);
}

static void canonical_text_is_accepted_and_kept(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"{}",
		"[]",
		"[{},[],\"\",0]",
		"[-9223372036854775808,9223372036854775807]",
		"{\"A\":1,\"B\":2,\"a\":3,\"aa\":4,\"b\":5,\"~\":6}",
		"[\"消去証明書 é 𠮷\"]",
		"[\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001F\x7f\"]",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTO_JSON json_t *value = NULL;
		AUTO_BUFFER struct buffer again = BUFFER_INIT(1000);
		struct error error = { 0 };
		if (json_parse_canonical(texts[i], strlen(texts[i]), "s", &value, &error) < 0)
			fail_msg("%s: %s", texts[i], error.what);
		assert_int_equal(buffer_append_text(&again, "before"), 0);
		assert_int_equal(json_write_canonical(value, &again), 0);
		assert_string_equal(buffer_text(&again) + strlen("before"), texts[i]);
	}
}

static void another_spelling_is_not_canonical(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"{ }",
		"[1, 2]",
		"[1]\n",
		" [1]",
		"{\"b\":1,\"a\":2}",
		"{\"a\":1,\"B\":2}",
		"{\"aa\":1,\"a\":2}",
		"[-0]",
		"[\"\\u0041\"]",
		"[\"\\u6d88\"]",
		"[\"\\/\"]",
		"[\"\\u000a\"]",
		"[\"\\u000A\"]",
		"[\"\\u001f\"]",
		"[\"\\u007f\"]",
		"[\"\\ud842\\udfb7\"]",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		json_t *value = NULL;
		struct error error = { 0 };
		/* Sound JSON, so that it is the spelling that is refused. */
		assert_int_equal(parse_text(texts[i], strlen(texts[i]), NULL), 0);
		int result = json_parse_canonical(texts[i], strlen(texts[i]), "s", &value, &error);
		if (result != -EBADMSG || strcmp(error.code, "json-not-canonical") != 0)
			fail_msg("%s: %d %s", texts[i], result, error.code);
		assert_null(value);
	}
}

/* Every printable ASCII character as a key, put in from the last to the first. */
static void keys_are_sorted_by_byte(void **state)
{
	(void)state;
	AUTO_JSON json_t *object = json_object();
	AUTO_BUFFER struct buffer text = BUFFER_INIT(10000);
	AUTO_BUFFER struct buffer expected = BUFFER_INIT(10000);

	for (int c = 0x7e; c >= 0x20; c--) {
		const char longer[] = { (char)c, '!', '\0' };
		const char alone[] = { (char)c, '\0' };
		assert_int_equal(json_put_integer(object, longer, 1), 0);
		assert_int_equal(json_put_integer(object, alone, 0), 0);
	}
	for (int c = 0x20; c <= 0x7e; c++) {
		const char *escape = c == '"' || c == '\\' ? "\\" : "";
		assert_int_equal(buffer_printf(&expected, "%s\"%s%c\":0,\"%s%c!\":1",
					 c == 0x20 ? "{" : ",", escape, c, escape, c),
			0);
	}
	assert_int_equal(buffer_append_text(&expected, "}"), 0);
	assert_int_equal(json_write_canonical(object, &text), 0);
	assert_string_equal(buffer_text(&text), buffer_text(&expected));
}

static void what_cannot_be_read_is_not_written(void **state)
{
	(void)state;
	json_t *const values[] = { json_real(1.5), json_true(), json_false(), json_null(),
		json_pack("[f]", 1.0), json_pack("{s:n}", "a"), json_pack("{s:i}", "é", 1),
		json_pack("{s:i}", "", 1), json_stringn("a\0b", 3),
		json_stringn_nocheck("\xff", 1) };

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		AUTO_BUFFER struct buffer text = BUFFER_INIT(100);
		AUTO_JSON json_t *value = values[i];
		assert_non_null(value);
		assert_int_equal(buffer_append_text(&text, "before"), 0);
		assert_int_equal(json_write_canonical(value, &text), -EINVAL);
		assert_string_equal(buffer_text(&text), "before");
	}
	AUTO_BUFFER struct buffer text = BUFFER_INIT(100);
	assert_int_equal(json_write_canonical(NULL, &text), -EINVAL);

	json_t *deep = json_array();
	for (int depth = 1; depth <= JSON_MAX_NESTING; depth++) {
		json_t *outer = json_array();
		assert_int_equal(json_push(outer, deep), 0);
		deep = outer;
	}
	assert_int_equal(json_write_canonical(deep, &text), -EINVAL);
	json_decref(deep);
}

static void a_full_buffer_is_left_as_it_was(void **state)
{
	(void)state;
	AUTO_JSON json_t *value = json_pack("{s:s}", "key", "value");

	for (size_t limit = 0; limit < strlen("[{\"key\":\"value\"}"); limit++) {
		AUTO_BUFFER struct buffer text = BUFFER_INIT(limit);
		if (limit > 0)
			assert_int_equal(buffer_append_text(&text, "["), 0);
		assert_int_equal(json_write_canonical(value, &text), -EOVERFLOW);
		assert_string_equal(buffer_text(&text), limit > 0 ? "[" : "");
	}
}

static void field_readers_refuse_what_is_not_asked_for(void **state)
{
	(void)state;
	AUTO_JSON json_t *object = json_pack("{s:s, s:i, s:{}, s:[i,i], s:o}", "text", "hello",
		"number", 5, "object", "array", 1, 2, "nul", json_stringn("a\0b", 3));
	const char *text = "untouched";
	int64_t number = 77;
	json_t *value = NULL;
	struct error error = { 0 };

	assert_int_equal(json_get_string(object, "top", "none", 9, &text, &error), -EBADMSG);
	assert_string_equal(error.what, "top.none is missing");
	assert_int_equal(json_get_string(object, "", "number", 9, &text, &error), -EBADMSG);
	assert_string_equal(error.what, "number is not a text");
	assert_int_equal(json_get_string(object, "top", "text", 4, &text, &error), -EBADMSG);
	assert_string_equal(error.what, "top.text is too long");
	assert_int_equal(json_get_string(object, "top", "nul", 9, &text, &error), -EBADMSG);
	assert_string_equal(text, "untouched");
	assert_int_equal(json_get_integer(object, "top", "text", 0, 9, &number, &error), -EBADMSG);
	assert_int_equal(
		json_get_integer(object, "top", "number", 6, 9, &number, &error), -EBADMSG);
	assert_string_equal(error.what, "top.number is out of bounds");
	assert_int_equal(
		json_get_integer(object, "top", "number", 0, 4, &number, &error), -EBADMSG);
	assert_int_equal(number, 77);
	assert_int_equal(json_get_object(object, "top", "array", &value, &error), -EBADMSG);
	assert_int_equal(json_get_array(object, "top", "object", 9, &value, &error), -EBADMSG);
	assert_int_equal(json_get_array(object, "top", "array", 1, &value, &error), -EBADMSG);
	assert_string_equal(error.what, "top.array has too many items");
	assert_null(value);
	/* What is no object has no fields. */
	assert_int_equal(json_get_string(NULL, "top", "text", 9, &text, NULL), -EBADMSG);
	assert_false(json_has(NULL, "text"));
}

static void field_readers_give_what_is_there(void **state)
{
	(void)state;
	AUTO_JSON json_t *object = json_pack("{s:s, s:I, s:{}, s:[i,i]}", "text", "hello", "number",
		(json_int_t)INT64_MIN, "object", "array", 1, 2);
	const char *text = NULL;
	int64_t number = 0;
	json_t *value = NULL;

	assert_int_equal(json_get_string(object, "top", "text", 5, &text, NULL), 0);
	assert_string_equal(text, "hello");
	assert_int_equal(
		json_get_integer(object, "top", "number", INT64_MIN, INT64_MAX, &number, NULL), 0);
	assert_true(number == INT64_MIN);
	assert_int_equal(json_get_object(object, "top", "object", &value, NULL), 0);
	assert_true(json_is_object(value));
	assert_int_equal(json_get_array(object, "top", "array", 2, &value, NULL), 0);
	assert_true(json_is_array(value));
	assert_true(json_has(object, "text"));
	assert_false(json_has(object, "texts"));
}

static void unknown_keys_are_refused(void **state)
{
	(void)state;
	static const char *const allowed[] = { "a", "b", NULL };
	AUTO_JSON json_t *object = json_pack("{s:i}", "a", 1);
	AUTO_JSON json_t *array = json_array();
	struct error error = { 0 };

	assert_int_equal(json_only_keys(object, "top", allowed, &error), 0);
	assert_int_equal(json_put_integer(object, "c", 1), 0);
	assert_int_equal(json_only_keys(object, "top", allowed, &error), -EBADMSG);
	assert_string_equal(error.what, "top.c is a field that is not known here");
	assert_int_equal(json_only_keys(array, "", allowed, &error), -EBADMSG);
	assert_int_equal(json_only_keys(NULL, "top", allowed, &error), -EBADMSG);
}

static void setters_refuse_and_never_leak(void **state)
{
	(void)state;
	AUTO_JSON json_t *object = json_object();
	AUTO_JSON json_t *array = json_array();

	assert_int_equal(json_put(object, "a", NULL), -ENOMEM);
	assert_int_equal(json_push(array, NULL), -ENOMEM);
	assert_int_equal(json_put(array, "a", json_integer(1)), -EINVAL);
	assert_int_equal(json_put(NULL, "a", json_integer(1)), -EINVAL);
	assert_int_equal(json_put(object, "é", json_integer(1)), -EINVAL);
	assert_int_equal(json_push(object, json_integer(1)), -EINVAL);
	assert_int_equal(json_put_string(object, "a", "\xff"), -EINVAL);
	assert_int_equal(json_put_string(object, "a", NULL), -EINVAL);
	assert_int_equal(json_object_size(object), 0);
	assert_int_equal(json_put_string(object, "a", "消去"), 0);
	assert_int_equal(json_put_integer(object, "n", INT64_MAX), 0);
	assert_int_equal(json_push(array, json_integer(1)), 0);
	assert_string_equal(json_string_value(json_object_get(object, "a")), "消去");
	assert_int_equal(json_array_size(array), 1);
}

/* Out of memory at the N-th allocation of jansson, for every N until it works. */
static size_t allocations_left;

static void *scarce_malloc(size_t size)
{
	if (allocations_left == 0)
		return NULL;
	allocations_left--;
	return malloc(size);
}

static void scarce_memory_never_passes_for_success(void **state)
{
	(void)state;
	static const char text[] = "{\"a\":[1,\"x\",{\"b\":2}],\"c\":\"text\"}";
	int result = -ENOMEM;

	json_set_alloc_funcs(scarce_malloc, free);
	for (size_t n = 0; result < 0 && n < 1000; n++) {
		json_t *value = NULL;
		struct error error = { 0 };
		allocations_left = n;
		result = json_parse_canonical(text, strlen(text), "s", &value, &error);
		if (result < 0)
			assert_null(value);
		/* Within a string jansson takes its own lack of memory for bad syntax. */
		if (result < 0 && result != -ENOMEM && result != -EBADMSG)
			fail_msg("allocation %zu: %d %s", n, result, error.what);
		json_decref(value);
	}
	json_set_alloc_funcs(malloc, free);
	assert_int_equal(result, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_outside_the_subset_is_refused),
		cmocka_unit_test(a_nul_anywhere_is_refused),
		cmocka_unit_test(the_message_does_not_quote_the_text),
		cmocka_unit_test(nesting_and_size_have_limits),
		cmocka_unit_test(canonical_text_is_accepted_and_kept),
		cmocka_unit_test(another_spelling_is_not_canonical),
		cmocka_unit_test(keys_are_sorted_by_byte),
		cmocka_unit_test(what_cannot_be_read_is_not_written),
		cmocka_unit_test(a_full_buffer_is_left_as_it_was),
		cmocka_unit_test(field_readers_refuse_what_is_not_asked_for),
		cmocka_unit_test(field_readers_give_what_is_there),
		cmocka_unit_test(unknown_keys_are_refused),
		cmocka_unit_test(setters_refuse_and_never_leak),
		cmocka_unit_test(scarce_memory_never_passes_for_success),
	};
	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
