/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stepping over the values of a PDF. */
#include "verify/pdf/value.h"

#include <string.h>

#define DIGITS_MAX 10

static size_t left(const struct pdf_cursor *cursor)
{
	return (size_t)(cursor->end - cursor->at);
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\n';
}

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

/* What may stand in a name or number; what else there is ends it. */
static bool is_regular(uint8_t byte)
{
	return byte > ' ' && byte < 0x7F && !strchr("()<>[]{}/%", byte);
}

static int hex_digit(uint8_t byte)
{
	if (is_digit(byte))
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

void pdf_skip_blanks(struct pdf_cursor *cursor)
{
	while (cursor->at < cursor->end && is_blank(*cursor->at))
		cursor->at++;
}

bool pdf_take_text(struct pdf_cursor *cursor, const char *text)
{
	size_t length = strlen(text);
	if (left(cursor) < length || memcmp(cursor->at, text, length) != 0)
		return false;
	cursor->at += length;
	return true;
}

bool pdf_take_number(struct pdf_cursor *cursor, uint64_t *ret)
{
	uint64_t number = 0;
	size_t digits = 0;
	while (digits < left(cursor) && is_digit(cursor->at[digits])) {
		if (digits == DIGITS_MAX)
			return false;
		number = number * 10 + (uint64_t)(cursor->at[digits++] - '0');
	}
	if (digits == 0)
		return false;
	cursor->at += digits;
	*ret = number;
	return true;
}

/* --- names --- */

/* The cursor behind the '/'. */
static bool take_name(struct pdf_cursor *cursor, char ret[static PDF_NAME_MAX])
{
	size_t length = 0;
	while (cursor->at < cursor->end && is_regular(*cursor->at)) {
		uint8_t byte = *cursor->at++;
		if (byte == '#') {
			int high = left(cursor) >= 2 ? hex_digit(cursor->at[0]) : -1;
			int low = left(cursor) >= 2 ? hex_digit(cursor->at[1]) : -1;
			if (high < 0 || low < 0 || (high == 0 && low == 0))
				return false;
			byte = (uint8_t)(high << 4 | low);
			cursor->at += 2;
		}
		if (length == PDF_NAME_MAX - 1)
			return false;
		ret[length++] = (char)byte;
	}
	ret[length] = '\0';
	return length > 0;
}

bool pdf_is_name(const struct pdf_value *value, const char *name)
{
	if (value->kind != PDF_NAME)
		return false;
	char found[PDF_NAME_MAX];
	struct pdf_cursor cursor = { value->run.at + 1, value->run.at + value->run.length };
	return take_name(&cursor, found) && strcmp(found, name) == 0;
}

/* --- strings --- */

/* The cursor behind the '('. */
static bool skip_string(struct pdf_cursor *cursor)
{
	unsigned open = 1;
	while (cursor->at < cursor->end) {
		uint8_t byte = *cursor->at++;
		if (byte == '\\') {
			if (cursor->at == cursor->end)
				return false;
			cursor->at++;
		} else if (byte == '(') {
			open++;
		} else if (byte == ')' && --open == 0) {
			return true;
		}
	}
	return false;
}

/* The cursor behind the '<'. */
static bool skip_hexadecimal(struct pdf_cursor *cursor)
{
	size_t digits = 0;
	while (digits < left(cursor) && hex_digit(cursor->at[digits]) >= 0)
		digits++;
	cursor->at += digits;
	return digits % 2 == 0 && pdf_take_text(cursor, ">");
}

/* The cursor behind a backslash; -1 for what haiki never writes. */
static int take_escaped(struct pdf_cursor *cursor)
{
	if (cursor->at == cursor->end)
		return -1;
	uint8_t byte = *cursor->at++;
	return byte == '(' || byte == ')' || byte == '\\' ? byte : -1;
}

static int take_character(struct pdf_cursor *cursor, bool hexadecimal)
{
	uint8_t byte = *cursor->at++;
	if (!hexadecimal)
		return byte == '\\' ? take_escaped(cursor) : byte;
	return cursor->at < cursor->end ? hex_digit(byte) << 4 | hex_digit(*cursor->at++) : -1;
}

bool pdf_decode_text(const struct pdf_value *value, char *ret, size_t size)
{
	bool hexadecimal = value->kind == PDF_HEXADECIMAL;
	size_t length = 0;
	if (!hexadecimal && value->kind != PDF_STRING)
		return false;
	struct pdf_cursor cursor = { value->run.at + 1, value->run.at + value->run.length - 1 };
	while (cursor.at < cursor.end) {
		int byte = take_character(&cursor, hexadecimal);
		if (byte <= 0 || length == size - 1)
			return false;
		ret[length++] = (char)byte;
	}
	ret[length] = '\0';
	return true;
}

/* --- values --- */

static bool ends_here(const struct pdf_cursor *cursor)
{
	return cursor->at == cursor->end || !is_regular(*cursor->at);
}

/* "12", "-0.5", or "12 0 R". */
static bool take_numeric(struct pdf_cursor *cursor, struct pdf_value *ret)
{
	struct pdf_cursor ahead = *cursor;
	uint64_t generation = 0;
	if (pdf_take_number(&ahead, &ret->number) && ends_here(&ahead)) {
		*cursor = ahead;
		ret->kind = PDF_INTEGER;
		if (pdf_take_text(&ahead, " ") && pdf_take_number(&ahead, &generation) &&
			pdf_take_text(&ahead, " R") && ends_here(&ahead)) {
			if (generation != 0)
				return false;
			*cursor = ahead;
			ret->kind = PDF_REFERENCE;
		}
		return true;
	}
	ret->kind = PDF_NUMBER;
	ret->number = 0;
	size_t digits = 0, points = 0;
	if (cursor->at < cursor->end && *cursor->at == '-')
		cursor->at++;
	for (; cursor->at < cursor->end && (is_digit(*cursor->at) || *cursor->at == '.');
		cursor->at++) {
		points += *cursor->at == '.';
		digits += *cursor->at != '.';
	}
	return digits > 0 && points <= 1 && ends_here(cursor);
}

static bool take_word(struct pdf_cursor *cursor, struct pdf_value *ret)
{
	static const struct {
		const char *text;
		enum pdf_kind kind;
	} words[] = {
		{ "true", PDF_BOOLEAN },
		{ "false", PDF_BOOLEAN },
		{ "null", PDF_NULL },
	};
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (pdf_take_text(cursor, words[i].text)) {
			ret->kind = words[i].kind;
			return ends_here(cursor);
		}
	return false;
}

static bool take(struct pdf_cursor *cursor, const struct pdf_listener *listener, unsigned depth,
	struct pdf_value *ret);

/* The cursor behind the opening bracket. */
static bool take_items(struct pdf_cursor *cursor, const struct pdf_listener *listener,
	unsigned depth, const char *closing)
{
	for (;;) {
		struct pdf_value item;
		pdf_skip_blanks(cursor);
		if (pdf_take_text(cursor, closing))
			return true;
		if (!take(cursor, listener, depth + 1, &item))
			return false;
		if (closing[0] == ']')
			continue;
		/* A dictionary: names and values by turns. */
		pdf_skip_blanks(cursor);
		if (item.kind != PDF_NAME || !take(cursor, listener, depth + 1, &item))
			return false;
	}
}

static bool take_bracketed(struct pdf_cursor *cursor, const struct pdf_listener *listener,
	unsigned depth, struct pdf_value *ret)
{
	char name[PDF_NAME_MAX];
	if (pdf_take_text(cursor, "<<")) {
		ret->kind = PDF_DICTIONARY;
		return take_items(cursor, listener, depth, ">>");
	}
	switch (*cursor->at++) {
	case '[':
		ret->kind = PDF_ARRAY;
		return take_items(cursor, listener, depth, "]");
	case '<':
		ret->kind = PDF_HEXADECIMAL;
		return skip_hexadecimal(cursor);
	case '(':
		ret->kind = PDF_STRING;
		return skip_string(cursor);
	case '/':
		ret->kind = PDF_NAME;
		if (!take_name(cursor, name))
			return false;
		if (listener)
			listener->name(listener->context, name);
		return true;
	}
	return false;
}

static bool take(struct pdf_cursor *cursor, const struct pdf_listener *listener, unsigned depth,
	struct pdf_value *ret)
{
	*ret = (struct pdf_value){ .run.at = cursor->at };
	if (cursor->at == cursor->end || depth > PDF_NESTING_MAX)
		return false;
	bool taken = false;
	if (strchr("<[(/", *cursor->at) && *cursor->at != '\0')
		taken = take_bracketed(cursor, listener, depth, ret);
	else if (is_digit(*cursor->at) || *cursor->at == '-' || *cursor->at == '.')
		taken = take_numeric(cursor, ret);
	else
		taken = take_word(cursor, ret);
	ret->run.length = (size_t)(cursor->at - ret->run.at);
	return taken;
}

bool pdf_take_value(
	struct pdf_cursor *cursor, const struct pdf_listener *listener, struct pdf_value *ret)
{
	return take(cursor, listener, 0, ret);
}

/* --- within --- */

struct pdf_cursor pdf_items(const struct pdf_value *array)
{
	if (array->kind != PDF_ARRAY)
		return (struct pdf_cursor){ array->run.at, array->run.at };
	return (struct pdf_cursor){ array->run.at + 1, array->run.at + array->run.length - 1 };
}

bool pdf_next_item(struct pdf_cursor *items, struct pdf_value *ret)
{
	pdf_skip_blanks(items);
	return pdf_take_value(items, NULL, ret);
}

bool pdf_lookup(const struct pdf_value *dictionary, const char *key, struct pdf_value *ret)
{
	*ret = (struct pdf_value){ 0 };
	if (dictionary->kind != PDF_DICTIONARY)
		return true;
	struct pdf_cursor cursor = { dictionary->run.at + 2,
		dictionary->run.at + dictionary->run.length - 2 };
	struct pdf_value name, value;
	while (pdf_next_item(&cursor, &name) && pdf_next_item(&cursor, &value)) {
		if (!pdf_is_name(&name, key))
			continue;
		if (ret->kind != PDF_NOTHING)
			return false;
		*ret = value;
	}
	return true;
}
