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

static void field_free(struct statement_field *field)
{
	free(field->value);
	free(field->japanese);
	free(field->english);
}

void section_free(struct statement_section *section)
{
	for (size_t i = 0; i < section->count; i++)
		field_free(&section->fields[i]);
	free(section->fields);
	*section = (struct statement_section){ 0 };
}

void make_end(struct maker *maker)
{
	struct statement *statement = maker->statement;
	if (maker->section.title.word && maker->result == 0) {
		struct statement_section *grown =
			reallocarray(statement->sections, statement->count + 1, sizeof(*grown));
		if (grown) {
			grown[statement->count++] = maker->section;
			statement->sections = grown;
			maker->section = (struct statement_section){ 0 };
		} else {
			maker->result = -ENOMEM;
		}
	}
	section_free(&maker->section);
}

void make_section(struct maker *maker, const char *word)
{
	make_end(maker);
	maker->section.title = wording_of(WORDING_LABEL, word);
}

/* Takes over what field owns, in every case. */
static int append(struct statement_section *section, struct statement_field field)
{
	struct statement_field *grown =
		reallocarray(section->fields, section->count + 1, sizeof(*grown));
	if (!grown) {
		field_free(&field);
		return -ENOMEM;
	}
	section->fields = grown;
	grown[section->count++] = field;
	return 0;
}

/* A text that is NULL stays NULL. */
static char *copy(struct maker *maker, const char *text)
{
	char *made = text ? strdup(text) : NULL;
	if (text && !made)
		maker->result = -ENOMEM;
	return made;
}

static void add(struct maker *maker, struct wording label, const char *value, const char *japanese,
	const char *english)
{
	if (maker->result != 0)
		return;
	struct statement_field field = { .label = label,
		.value = copy(maker, value),
		.japanese = copy(maker, japanese),
		.english = copy(maker, english) };
	if (maker->result != 0)
		field_free(&field);
	else
		maker->result = append(&maker->section, field);
}

void make_value(struct maker *maker, const char *label, const char *value)
{
	if (value[0])
		add(maker, wording_of(WORDING_LABEL, label), value, NULL, NULL);
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

void make_words(struct maker *maker, const char *label, const char *japanese, const char *english)
{
	add(maker, wording_of(WORDING_LABEL, label), "", japanese, english);
}

void make_wording(struct maker *maker, const char *label, enum wording_kind kind, const char *word)
{
	struct wording wording = wording_of(kind, word);
	make_words(maker, label, wording.japanese, wording.english);
}

void make_item(struct maker *maker, const char *word, const char *japanese, const char *english)
{
	add(maker, (struct wording){ word, "", "" }, "", japanese, english);
}

#define TOKYO_MS INT64_C(32400000) /* UTC+9, no summer time */

void time_text(const char *utc, char ret[static TIME_TEXT_SIZE])
{
	int64_t utc_ms;
	char text[CLOCK_TEXT_SIZE];
	if (clock_parse(utc, &utc_ms) != 0) {
		(void)snprintf(ret, TIME_TEXT_SIZE, "%.48s", utc);
		return;
	}
	clock_format(utc_ms + TOKYO_MS, text);
	(void)snprintf(ret, TIME_TEXT_SIZE, "%.10s %.8s JST", text, text + 11);
}

void make_time(struct maker *maker, const char *label, const char *utc)
{
	int64_t utc_ms;
	char text[TIME_TEXT_SIZE];
	time_text(utc, text);
	make_value(maker, label, clock_parse(utc, &utc_ms) == 0 ? text : utc);
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
