/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jansson parses and spells; here is what it would let through and we do not. */
#include "base/json.h"

#include "base/text.h"
#include "base/utf8.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Where a value stands, from the inside out; only spelled when there is something to say. */
struct place {
	const struct place *outer; /* NULL: the document itself */
	const char *key;           /* NULL: an item of an array */
	size_t index;
};

struct objection {
	struct buffer where; /* "plan.steps[2].period" */
	const char *what;    /* untranslated sentence part, NULL when there is no objection */
};

static int spell_place(const struct place *place, struct buffer *where)
{
	int result;

	if (!place || !place->outer)
		return buffer_append_text(where, "");
	result = spell_place(place->outer, where);
	if (result < 0)
		return result;
	if (!place->key)
		return buffer_printf(where, "[%zu]", place->index);
	return buffer_printf(where, "%s%s", where->length > 0 ? "." : "", place->key);
}

static int object_to(const struct place *place, const char *what, struct objection *ret)
{
	if (ret) {
		ret->what = what;
		/* A place too long to spell is cut there; the objection stands. */
		(void)spell_place(place, &ret->where);
	}
	return -EINVAL;
}

static bool key_is_printable(const char *key)
{
	if (*key == '\0')
		return false;
	for (; *key != '\0'; key++)
		if (*key < 0x20 || *key > 0x7e)
			return false;
	return true;
}

static int check_value(
	const json_t *value, const struct place *place, size_t depth, struct objection *ret);

static int check_object(
	const json_t *object, const struct place *place, size_t depth, struct objection *ret)
{
	const char *key;
	json_t *item;

	/* jansson's iterators take a changeable object, and change nothing. */
	json_object_foreach ((json_t *)(uintptr_t)object, key, item) {
		if (!key_is_printable(key))
			return object_to(place, N_("has a key that is not printable ASCII"), ret);
		const struct place inner = { .outer = place, .key = key };
		int result = check_value(item, &inner, depth, ret);
		if (result < 0)
			return result;
	}
	return 0;
}

static int check_array(
	const json_t *array, const struct place *place, size_t depth, struct objection *ret)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const struct place inner = { .outer = place, .index = i };
		int result = check_value(json_array_get(array, i), &inner, depth, ret);
		if (result < 0)
			return result;
	}
	return 0;
}

static int check_text(const json_t *value, const struct place *place, struct objection *ret)
{
	const char *text = json_string_value(value);
	size_t length = json_string_length(value);

	if (strlen(text) != length)
		return object_to(place, N_("holds a NUL character"), ret);
	if (!utf8_valid(text, length))
		return object_to(place, N_("is not UTF-8"), ret);
	return 0;
}

/* Is value within the subset of JSON that we write and accept? 0 or -EINVAL. */
static int check_value(
	const json_t *value, const struct place *place, size_t depth, struct objection *ret)
{
	if (!value)
		return object_to(place, N_("is missing"), ret);
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		if (depth >= JSON_MAX_NESTING)
			return object_to(place, N_("is nested too deeply"), ret);
		return check_object(value, place, depth + 1, ret);
	case JSON_ARRAY:
		if (depth >= JSON_MAX_NESTING)
			return object_to(place, N_("is nested too deeply"), ret);
		return check_array(value, place, depth + 1, ret);
	case JSON_STRING:
		return check_text(value, place, ret);
	case JSON_INTEGER:
		return 0;
	case JSON_REAL:
		return object_to(place, N_("is a number with a fraction or exponent"), ret);
	case JSON_TRUE:
	case JSON_FALSE:
		return object_to(place, N_("is true or false, where 1 or 0 belongs"), ret);
	case JSON_NULL:
		return object_to(place, N_("is null"), ret);
	}
	return object_to(place, N_("is of an unknown type"), ret);
}

static int refuse_syntax(const char *name, json_error_t *jansson, struct error *error)
{
	/* jansson says nothing at all when an allocation failed. */
	if (jansson->text[0] == '\0' || json_error_code(jansson) == json_error_out_of_memory)
		return error_no_memory(error);
	/* What follows is a piece of the text itself, which nobody has checked yet. */
	char *quotation = strstr(jansson->text, " near '");
	if (quotation)
		*quotation = '\0';
	return error_set(error, ERROR_FAILED, EBADMSG, "json-syntax",
		_("%s is not valid: line %d, column %d: %s"), name, jansson->line, jansson->column,
		jansson->text);
}

static int check_document(const json_t *value, const char *name, struct error *error)
{
	const struct place document = { 0 };
	struct objection objection = { .where = BUFFER_INIT(200) };

	int result = check_value(value, &document, 0, &objection);
	if (result < 0) {
		const char *where = objection.where.length > 0 ? buffer_text(&objection.where)
							       : _("the document");
		result = error_set(error, ERROR_FAILED, EBADMSG, "json-value",
			_("%s is not valid: %s %s"), name, where, _(objection.what));
	}
	buffer_free(&objection.where);
	return result;
}

int json_parse(const char *text, size_t length, const char *name, json_t **ret, struct error *error)
{
	json_error_t jansson;

	if (length > JSON_MAX_BYTES)
		return error_set(error, ERROR_FAILED, EFBIG, "json-too-large",
			_("%s is larger than the %zu bytes that are accepted"), name,
			(size_t)JSON_MAX_BYTES);
	AUTO_JSON json_t *value = json_loadb(text, length, JSON_REJECT_DUPLICATES, &jansson);
	if (!value)
		return refuse_syntax(name, &jansson, error);
	int result = check_document(value, name, error);
	if (result < 0)
		return result;
	*ret = json_incref(value);
	return 0;
}

int json_parse_canonical(
	const char *text, size_t length, const char *name, json_t **ret, struct error *error)
{
	AUTO_JSON json_t *value = NULL;
	AUTO_BUFFER struct buffer canonical = BUFFER_INIT(JSON_MAX_BYTES);

	int result = json_parse(text, length, name, &value, error);
	if (result < 0)
		return result;
	result = json_write_canonical(value, &canonical);
	if (result == -ENOMEM)
		return error_no_memory(error);
	if (result < 0 || canonical.length != length ||
		memcmp(buffer_text(&canonical), text, length) != 0)
		return error_set(error, ERROR_FAILED, EBADMSG, "json-not-canonical",
			_("%s is not in its canonical spelling: it was changed or written again"),
			name);
	*ret = json_incref(value);
	return 0;
}

struct writing {
	struct buffer *buffer;
	size_t start;
	int result;
};

static int write_piece(const char *piece, size_t length, void *context)
{
	struct writing *writing = context;

	/* jansson does not stop at every piece that was refused: nothing may follow a gap. */
	if (writing->result < 0)
		return -1;
	if (writing->buffer->length - writing->start + length > JSON_MAX_BYTES)
		writing->result = -EOVERFLOW;
	else
		writing->result = buffer_append(writing->buffer, piece, length);
	return writing->result < 0 ? -1 : 0;
}

int json_write_canonical(const json_t *value, struct buffer *buffer)
{
	struct writing writing = { .buffer = buffer, .start = buffer->length };

	if (check_value(value, NULL, 0, NULL) < 0)
		return -EINVAL;
	if (json_dump_callback(value, write_piece, &writing,
		    JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) == 0 &&
		writing.result == 0)
		return 0;
	if (buffer->data) {
		buffer->length = writing.start;
		buffer->data[writing.start] = '\0';
	}
	/* The value is sound and our own buffer did not object: jansson had no memory. */
	return writing.result < 0 ? writing.result : -ENOMEM;
}

static int refuse_field(
	struct error *error, const char *where, const char *key, const char *sentence_part)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "json-field", "%s%s%s %s", where,
		*where != '\0' ? "." : "", key, sentence_part);
}

int(json_get_string)(const json_t *object, const char *where, const char *key, size_t max_bytes,
	const char **ret_borrowed, struct error *error)
{
	json_t *value = json_object_get(object, key);

	if (!value)
		return refuse_field(error, where, key, _("is missing"));
	if (!json_is_string(value))
		return refuse_field(error, where, key, _("is not a text"));
	if (json_string_length(value) > max_bytes)
		return refuse_field(error, where, key, _("is too long"));
	/* A value made in the program may still hold a NUL, and would be read cut off. */
	if (strlen(json_string_value(value)) != json_string_length(value))
		return refuse_field(error, where, key, _("holds a NUL character"));
	*ret_borrowed = json_string_value(value);
	return 0;
}

int(json_get_integer)(const json_t *object, const char *where, const char *key, int64_t min,
	int64_t max, int64_t *ret, struct error *error)
{
	json_t *value = json_object_get(object, key);

	if (!value)
		return refuse_field(error, where, key, _("is missing"));
	if (!json_is_integer(value))
		return refuse_field(error, where, key, _("is not a whole number"));
	int64_t number = json_integer_value(value);
	if (number < min || number > max)
		return refuse_field(error, where, key, _("is out of bounds"));
	*ret = number;
	return 0;
}

int(json_get_object)(const json_t *object, const char *where, const char *key,
	json_t **ret_borrowed, struct error *error)
{
	json_t *value = json_object_get(object, key);

	if (!value)
		return refuse_field(error, where, key, _("is missing"));
	if (!json_is_object(value))
		return refuse_field(error, where, key, _("is not an object"));
	*ret_borrowed = value;
	return 0;
}

int(json_get_array)(const json_t *object, const char *where, const char *key, size_t max_items,
	json_t **ret_borrowed, struct error *error)
{
	json_t *value = json_object_get(object, key);

	if (!value)
		return refuse_field(error, where, key, _("is missing"));
	if (!json_is_array(value))
		return refuse_field(error, where, key, _("is not an array"));
	if (json_array_size(value) > max_items)
		return refuse_field(error, where, key, _("has too many items"));
	*ret_borrowed = value;
	return 0;
}

bool json_has(const json_t *object, const char *key)
{
	return json_object_get(object, key) != NULL;
}

static bool is_in(const char *word, const char *const words[])
{
	for (size_t i = 0; words[i]; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

int(json_only_keys)(
	const json_t *object, const char *where, const char *const allowed[], struct error *error)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return error_set(error, ERROR_FAILED, EBADMSG, "json-field",
			_("%s is not an object"), *where != '\0' ? where : _("the document"));
	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
		if (!is_in(key, allowed))
			return refuse_field(
				error, where, key, _("is a field that is not known here"));
	}
	return 0;
}

int json_put(json_t *object, const char *key, json_t *value)
{
	if (!value)
		return -ENOMEM;
	if (!json_is_object(object) || !key_is_printable(key)) {
		json_decref(value);
		return -EINVAL;
	}
	return json_object_set_new(object, key, value) < 0 ? -ENOMEM : 0;
}

int json_put_string(json_t *object, const char *key, const char *value)
{
	if (!value || !utf8_valid(value, strlen(value)))
		return -EINVAL;
	return json_put(object, key, json_string(value));
}

int json_put_integer(json_t *object, const char *key, int64_t value)
{
	return json_put(object, key, json_integer(value));
}

int json_push(json_t *array, json_t *value)
{
	if (!value)
		return -ENOMEM;
	if (!json_is_array(array)) {
		json_decref(value);
		return -EINVAL;
	}
	return json_array_append_new(array, value) < 0 ? -ENOMEM : 0;
}
