/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One field between a cell, a JSON value and the one spelling the store compares. */
#include "inventory/transfer/transfer.h"

#include "base/clock.h"
#include "base/day.h"
#include "base/text.h"
#include "base/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FIELD_MAX (64 * KIB)
#define CONTACT_PARTS 4

static const char *const contact_keys[CONTACT_PARTS] = { "name", "email", "phone", "role" };

void transfer_fields_free(struct transfer_fields *fields)
{
	for (size_t i = 0; i < TRANSFER_COLUMNS_MAX; i++)
		free(fields->texts[i]);
	*fields = (struct transfer_fields){ 0 };
}

static int malformed(const struct transfer_column *column, const char *text, const char *why,
	struct error *error)
{
	return error_set(error, ERROR_USAGE, EINVAL, "field-malformed", _("%s: \"%.80s\" %s"),
		column->name, text, why);
}

static int keep(const char *text, char **ret, struct error *error)
{
	char *copy = strdup(text);
	if (!copy)
		return error_no_memory(error);
	free(*ret);
	*ret = copy;
	return 0;
}

static int keep_json(
	const json_t *value, const struct transfer_column *column, char **ret, struct error *error)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(FIELD_MAX);
	int r = json_write_canonical(value, &text);
	if (r == -ENOMEM)
		return error_no_memory(error);
	if (r < 0)
		return malformed(column, "…", _("is too long or no plain JSON"), error);
	return keep(buffer_text(&text), ret, error);
}

/* -- numbers, days and times -- */

static int from_integer(
	const struct transfer_column *column, const char *text, char **ret, struct error *error)
{
	char again[24];
	size_t digits = strspn(text, "0123456789");
	if (digits == 0 || text[digits] != '\0' || digits > 18)
		return malformed(column, text, _("is no whole number from 0"), error);
	(void)snprintf(again, sizeof(again), "%" PRId64, (int64_t)strtoll(text, NULL, 10));
	return keep(again, ret, error);
}

static int from_day(
	const struct transfer_column *column, const char *text, char **ret, struct error *error)
{
	int64_t day = 0;
	if (*text && day_parse(text, &day) < 0)
		return malformed(
			column, text, _("is no day of the calendar, written 2027-03-31"), error);
	return keep(text, ret, error);
}

static int from_time(
	const struct transfer_column *column, const char *text, char **ret, struct error *error)
{
	int64_t utc_ms = 0;
	char again[CLOCK_TEXT_SIZE] = "";
	if (*text && clock_parse_offset(text, &utc_ms) < 0)
		return malformed(column, text,
			_("is no time, written 2027-03-31T23:00:00+09:00 or ending in Z"), error);
	if (*text)
		clock_format(utc_ms, again);
	return keep(again, ret, error);
}

/* -- codes -- */

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int from_codes(const char *text, char **ret, struct error *error)
{
	static const char separators[] = " \t\r\n,;";
	AUTO_BUFFER struct buffer joined = BUFFER_INIT(strlen(text) + 1);
	AUTO_FREE char *copy = strdup(text);
	AUTO_FREE char **codes = calloc(strlen(text) / 2 + 1, sizeof(*codes));
	size_t count = 0;
	if (!copy || !codes)
		return error_no_memory(error);
	char *rest = copy;
	for (char *code = strtok_r(copy, separators, &rest); code;
		code = strtok_r(NULL, separators, &rest))
		codes[count++] = code;
	qsort(codes, count, sizeof(*codes), compare_texts);
	for (size_t i = 0; i < count; i++)
		if ((i == 0 || strcmp(codes[i - 1], codes[i]) != 0) &&
			buffer_printf(&joined, "%s%s", joined.length ? " " : "", codes[i]) < 0)
			return error_no_memory(error);
	return keep(buffer_text(&joined), ret, error);
}

/* -- contacts and tags -- */

/* A cell must be able to hold it: no line breaks, no "|", no blanks that would be cut off. */
static bool is_part(const char *text)
{
	if (!text || !*text || text[0] == ' ' || text[strlen(text) - 1] == ' ')
		return false;
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7F || *text == '|')
			return false;
	return true;
}

static bool is_contact(const json_t *contact)
{
	const char *key;
	json_t *value;
	if (!json_is_object(contact) || json_object_size(contact) == 0)
		return false;
	json_object_foreach ((json_t *)contact, key, value) {
		bool known = false;
		for (size_t i = 0; i < CONTACT_PARTS; i++)
			known = known || strcmp(key, contact_keys[i]) == 0;
		if (!known || !is_part(json_string_value(value)))
			return false;
	}
	return true;
}

int transfer_add_contact(json_t *contacts, const char *line)
{
	AUTO_FREE char *copy = strdup(line);
	AUTO_JSON json_t *contact = json_object();
	if (!copy || !contact)
		return -ENOMEM;
	char *rest = copy, *part;
	for (size_t i = 0; (part = strsep(&rest, "|")); i++) {
		part += strspn(part, " \t");
		size_t length = strlen(part);
		while (length > 0 && strchr(" \t\r", part[length - 1]))
			part[--length] = '\0';
		if (i == CONTACT_PARTS)
			return -EINVAL;
		int r = length > 0 ? json_put_string(contact, contact_keys[i], part) : 0;
		if (r < 0)
			return r;
	}
	if (json_object_size(contact) == 0)
		return 0;
	return is_contact(contact) ? json_push(contacts, json_incref(contact)) : -EINVAL;
}

static int from_contact_lines(
	const struct transfer_column *column, const char *text, char **ret, struct error *error)
{
	AUTO_FREE char *copy = strdup(text);
	AUTO_JSON json_t *contacts = json_array();
	if (!copy || !contacts)
		return error_no_memory(error);
	char *rest = copy, *line;
	while ((line = strsep(&rest, "\n"))) {
		int r = transfer_add_contact(contacts, line);
		if (r == -EINVAL)
			return malformed(column, line,
				_("is no contact, written NAME|EMAIL|PHONE|ROLE"), error);
		if (r < 0)
			return error_no_memory(error);
	}
	return keep_json(contacts, column, ret, error);
}

static int from_contacts_json(
	const struct transfer_column *column, const json_t *value, char **ret, struct error *error)
{
	for (size_t i = 0; i < json_array_size(value); i++)
		if (!is_contact(json_array_get(value, i)))
			return malformed(column, "…",
				_("has something that is no contact: an object of name, email, "
				  "phone, role, none of them empty or with \"|\" or line breaks"),
				error);
	return keep_json(value, column, ret, error);
}

static bool is_texts(const json_t *value)
{
	if (!json_is_array(value))
		return false;
	for (size_t i = 0; i < json_array_size(value); i++)
		if (!json_is_string(json_array_get(value, i)))
			return false;
	return true;
}

static int from_tags_text(
	const struct transfer_column *column, const char *text, char **ret, struct error *error)
{
	AUTO_JSON json_t *tags = NULL;
	struct error reason = { 0 };
	if (!*text)
		return keep("[]", ret, error);
	if (json_parse(text, strlen(text), column->name, &tags, &reason) < 0 || !is_texts(tags))
		return malformed(
			column, text, _("is no JSON array of texts, written [\"a\",\"b\"]"), error);
	return keep_json(tags, column, ret, error);
}

/* -- both ways -- */

int transfer_from_cell(
	const struct transfer_column *column, const char *cell, char **ret, struct error *error)
{
	if (!utf8_valid(cell, strlen(cell)))
		return malformed(column, "?", _("is not UTF-8"), error);
	switch (column->type) {
	case TRANSFER_TEXT:
		return keep(cell, ret, error);
	case TRANSFER_INTEGER:
		return *cell ? from_integer(column, cell, ret, error) : 0;
	case TRANSFER_DAY:
		return from_day(column, cell, ret, error);
	case TRANSFER_TIME:
		return from_time(column, cell, ret, error);
	case TRANSFER_CODES:
		return from_codes(cell, ret, error);
	case TRANSFER_CONTACTS:
		return from_contact_lines(column, cell, ret, error);
	case TRANSFER_TAGS:
		return from_tags_text(column, cell, ret, error);
	}
	return malformed(column, cell, _("cannot be read"), error);
}

static int from_json_codes(
	const struct transfer_column *column, const json_t *value, char **ret, struct error *error)
{
	AUTO_BUFFER struct buffer joined = BUFFER_INIT(FIELD_MAX);
	for (size_t i = 0; i < json_array_size(value); i++) {
		const char *code = json_string_value(json_array_get(value, i));
		if (!*code || strpbrk(code, " \t\r\n,;"))
			return malformed(column, code, _("is no code"), error);
		if (buffer_printf(&joined, "%s ", code) < 0)
			return error_no_memory(error);
	}
	return from_codes(buffer_text(&joined), ret, error);
}

int transfer_from_json(
	const struct transfer_column *column, const json_t *value, char **ret, struct error *error)
{
	char number[24];
	const char *text = json_string_value(value);
	switch (column->type) {
	case TRANSFER_TEXT:
	case TRANSFER_DAY:
	case TRANSFER_TIME:
		if (text)
			return transfer_from_cell(column, text, ret, error);
		return malformed(column, "…", _("must be a text"), error);
	case TRANSFER_INTEGER:
		(void)snprintf(
			number, sizeof(number), "%" PRId64, (int64_t)json_integer_value(value));
		if (json_is_integer(value))
			return from_integer(column, number, ret, error);
		return malformed(column, "…", _("must be a whole number"), error);
	case TRANSFER_CODES:
		if (is_texts(value))
			return from_json_codes(column, value, ret, error);
		return malformed(column, "…", _("must be an array of texts"), error);
	case TRANSFER_TAGS:
		if (is_texts(value))
			return keep_json(value, column, ret, error);
		return malformed(column, "…", _("must be an array of texts"), error);
	case TRANSFER_CONTACTS:
		if (json_is_array(value))
			return from_contacts_json(column, value, ret, error);
		return malformed(column, "…", _("must be an array of contacts"), error);
	}
	return malformed(column, "…", _("cannot be read"), error);
}

/* Behind the last part that is there, nothing is written. */
static int append_contact(const json_t *contact, struct buffer *buffer)
{
	size_t parts = CONTACT_PARTS;
	while (parts > 1 && !json_has(contact, contact_keys[parts - 1]))
		parts--;
	int r = 0;
	for (size_t i = 0; r == 0 && i < parts; i++) {
		const char *part = json_string_value(json_object_get(contact, contact_keys[i]));
		r = buffer_printf(buffer, "%s%s", i ? "|" : "", part ? part : "");
	}
	return r;
}

int transfer_to_cell(const struct transfer_column *column, const char *text, struct buffer *buffer)
{
	AUTO_JSON json_t *contacts = NULL;
	if (column->type != TRANSFER_CONTACTS)
		return buffer_append_text(buffer,
			column->type == TRANSFER_TAGS && strcmp(text, "[]") == 0 ? "" : text);
	int r = json_parse(text, strlen(text), column->name, &contacts, NULL);
	for (size_t i = 0; r == 0 && i < json_array_size(contacts); i++) {
		if (i > 0)
			r = buffer_append_text(buffer, "\n");
		if (r == 0)
			r = append_contact(json_array_get(contacts, i), buffer);
	}
	return r;
}

static json_t *codes_to_json(const char *text)
{
	AUTO_JSON json_t *array = json_array();
	AUTO_FREE char *copy = strdup(text);
	if (!array || !copy)
		return NULL;
	char *rest = copy, *code;
	while ((code = strsep(&rest, " ")))
		if (*code && json_push(array, json_string(code)) < 0)
			return NULL;
	return json_incref(array);
}

json_t *transfer_to_json(const struct transfer_column *column, const char *text)
{
	json_t *value = NULL;
	switch (column->type) {
	case TRANSFER_TEXT:
	case TRANSFER_DAY:
	case TRANSFER_TIME:
		return json_string(text);
	case TRANSFER_INTEGER:
		return json_integer(strtoll(text, NULL, 10));
	case TRANSFER_CODES:
		return codes_to_json(text);
	case TRANSFER_CONTACTS:
	case TRANSFER_TAGS:
		return json_parse(text, strlen(text), column->name, &value, NULL) < 0 ? NULL
										      : value;
	}
	return NULL;
}

/* -- filling and reading -- */

int transfer_put(
	struct transfer_fields *fields, size_t column, const char *text, struct error *error)
{
	return keep(text, &fields->texts[column], error);
}

int transfer_put_integer(
	struct transfer_fields *fields, size_t column, int64_t value, struct error *error)
{
	char text[24];
	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	return keep(text, &fields->texts[column], error);
}

int transfer_put_time(
	struct transfer_fields *fields, size_t column, int64_t utc_ms, struct error *error)
{
	char text[CLOCK_TEXT_SIZE] = "";
	if (utc_ms != 0)
		clock_format(utc_ms, text);
	return keep(text, &fields->texts[column], error);
}

int transfer_copy(const struct transfer_kind *kind, const struct transfer_fields *fields,
	size_t column, char *ret, size_t size, struct error *error)
{
	const char *text = fields->texts[column];
	if (strlen(text) >= size)
		return malformed(
			&kind->columns[column], text, _("is longer than can be kept"), error);
	memcpy(ret, text, strlen(text) + 1);
	return 0;
}

int64_t transfer_integer(const struct transfer_fields *fields, size_t column)
{
	return strtoll(fields->texts[column], NULL, 10);
}

int64_t transfer_time(const struct transfer_fields *fields, size_t column)
{
	int64_t utc_ms = 0;
	return clock_parse(fields->texts[column], &utc_ms) < 0 ? 0 : utc_ms;
}
