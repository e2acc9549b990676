/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts that every statement is put together from. */
#include "reports/statement/statement_parts.h"

#include "base/clock.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- reading --- */

const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

int64_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

const char *word_at(const json_t *list, size_t index)
{
	const char *word = json_string_value(json_array_get(list, index));
	return word ? word : "";
}

/* --- writing --- */

/* One more element, zeroed; NULL when out of memory, and then *items is as it was. */
static void *grow(void *items, size_t count, size_t size)
{
	char *grown = reallocarray(items, count + 1, size);
	if (grown)
		memset(grown + count * size, 0, size);
	return grown;
}

void make_section(struct maker *maker, const char *word)
{
	struct statement *statement = maker->statement;
	if (maker->result != 0)
		return;
	struct statement_section *sections =
		grow(statement->sections, statement->count, sizeof(*sections));
	if (!sections) {
		maker->result = -ENOMEM;
		return;
	}
	statement->sections = sections;
	sections[statement->count++].title = wording_of(WORDING_LABEL, word);
}

/* The next field of the last section, counted already so that it is freed in every case. */
static struct statement_field *add_field(struct maker *maker, struct wording label)
{
	if (maker->result != 0)
		return NULL;
	struct statement_section *section =
		&maker->statement->sections[maker->statement->count - 1];
	struct statement_field *fields = grow(section->fields, section->count, sizeof(*fields));
	if (!fields) {
		maker->result = -ENOMEM;
		return NULL;
	}
	section->fields = fields;
	struct statement_field *field = &fields[section->count++];
	field->label = label;
	return field;
}

static void take(struct maker *maker, char **into, const char *text)
{
	*into = strdup(text);
	if (!*into)
		maker->result = -ENOMEM;
}

void make_value(struct maker *maker, const char *label, const char *value)
{
	if (value[0] == '\0')
		return;
	struct statement_field *field = add_field(maker, wording_of(WORDING_LABEL, label));
	if (field)
		take(maker, &field->value, value);
}

void make_format(struct maker *maker, const char *label, const char *format, ...)
{
	char *text = NULL;
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0) {
		maker->result = -ENOMEM;
		return;
	}
	make_value(maker, label, text);
	free(text);
}

static void put_words(
	struct maker *maker, struct wording label, const char *japanese, const char *english)
{
	struct statement_field *field = add_field(maker, label);
	if (!field)
		return;
	take(maker, &field->value, "");
	take(maker, &field->japanese, japanese);
	take(maker, &field->english, english);
}

void make_words(struct maker *maker, const char *label, const char *japanese, const char *english)
{
	put_words(maker, wording_of(WORDING_LABEL, label), japanese, english);
}

void make_wording(struct maker *maker, const char *label, enum wording_kind kind, const char *word)
{
	struct wording wording = wording_of(kind, word);
	make_words(maker, label, wording.japanese, wording.english);
}

void make_item(struct maker *maker, const char *word, const char *japanese, const char *english)
{
	put_words(maker, (struct wording){ word, "", "" }, japanese, english);
}

#define TOKYO_MS INT64_C(32400000) /* UTC+9, no summer time */

void make_time(struct maker *maker, const char *label, const char *utc)
{
	int64_t utc_ms;
	char text[CLOCK_TEXT_SIZE];
	if (clock_parse(utc, &utc_ms) != 0) {
		make_value(maker, label, utc);
		return;
	}
	clock_format(utc_ms + TOKYO_MS, text);
	make_format(maker, label, "%.10s %.8s JST", text, text + 11);
}

void number_text(int64_t number, char ret[static NUMBER_SIZE])
{
	char digits[NUMBER_SIZE];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64,
		number < 0 ? (uint64_t)-number : (uint64_t)number);
	size_t at = 0;
	if (number < 0)
		ret[at++] = '-';
	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			ret[at++] = ',';
		ret[at++] = digits[i];
	}
	ret[at] = '\0';
}

/* As drives are labelled: powers of 1000. */
void make_bytes(struct maker *maker, const char *label, int64_t bytes)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	char exact[NUMBER_SIZE];
	number_text(bytes, exact);
	if (bytes < 1000) {
		make_format(maker, label, "%s bytes", exact);
		return;
	}
	double value = (double)bytes / 1000;
	size_t unit = 0;
	while (value >= 999.95 && unit + 1 < ARRAY_SIZE(units)) {
		value /= 1000;
		unit++;
	}
	make_format(maker, label, "%s bytes (%.1f %s)", exact, value, units[unit]);
}
