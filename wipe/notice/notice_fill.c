/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Templates with {words} become the words of one contract. */
#include "wipe/notice/notice_parts.h"

#include "base/day.h"
#include "base/text.h"
#include "base/utf8.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 32

/* What stands for one word; to is appended to. 0 or -errno of the buffer. */
typedef int say_word(
	const struct notice_facts *facts, enum notice_language language, struct buffer *to);

static const char *nothing(enum notice_language language)
{
	return language == NOTICE_JA ? "なし" : "none";
}

/* One line: control characters, line breaks among them, and broken UTF-8 become "?". */
static int say_line(const char *text, size_t length, struct buffer *to)
{
	AUTO_FREE char *line = strndup(text, length);

	if (!line)
		return -ENOMEM;
	utf8_clean(line, false);
	return buffer_append_text(to, line);
}

static int say_text(const char *text, enum notice_language language, struct buffer *to)
{
	return !text || *text == '\0' ? buffer_append_text(to, nothing(language))
				      : say_line(text, strlen(text), to);
}

/* Several lines; the template breaks behind the last one. */
static int say_lines(const char *text, enum notice_language language, struct buffer *to)
{
	size_t length = text ? strlen(text) : 0;
	int r = 0;

	while (length > 0 && text[length - 1] == '\n')
		length--;
	if (length == 0)
		return buffer_append_text(to, nothing(language));
	for (const char *end = text + length; r == 0;) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		r = say_line(text, (size_t)((stop ? stop : end) - text), to);
		if (!stop || r < 0)
			break;
		r = buffer_append(to, "\n", 1);
		text = stop + 1;
	}
	return r;
}

static int say_day(int64_t day, enum notice_language language, struct buffer *to)
{
	char text[DAY_TEXT_SIZE];
	int year = 0, month = 0, of_month = 0;

	day_format(day, text);
	if (language == NOTICE_JA &&
		sscanf(text, "%4d-%2d-%2d", &year, &month, &of_month) == 3) /* NOLINT: our own */
		return buffer_printf(to, "%d年%d月%d日", year, month, of_month);
	return buffer_append_text(to, text);
}

static int say_tenant(
	const struct notice_facts *facts, enum notice_language language, struct buffer *to)
{
	const struct tenant_record *tenant = facts->tenant;
	return say_text(tenant->name[0] != '\0' ? tenant->name : tenant->code, language, to);
}

static int say_contract(
	const struct notice_facts *facts, enum notice_language language, struct buffer *to)
{
	return say_text(facts->contract->number, language, to);
}

static int say_end_day(
	const struct notice_facts *facts, enum notice_language language, struct buffer *to)
{
	int64_t day;

	return day_parse(facts->contract->end_day, &day) < 0
		       ? say_text(facts->contract->end_day, language, to)
		       : say_day(day, language, to);
}

static int say_due_day(
	const struct notice_facts *facts, enum notice_language language, struct buffer *to)
{
	return say_day(facts->due_day, language, to);
}

static int say_vm_count(
	const struct notice_facts *facts, enum notice_language language, struct buffer *to)
{
	(void)language;
	return buffer_printf(to, "%zu", facts->vm_count);
}

static int say_vms(
	const struct notice_facts *facts, enum notice_language language, struct buffer *to)
{
	return say_lines(facts->vms, language, to);
}

static int say_remaining_count(
	const struct notice_facts *facts, enum notice_language language, struct buffer *to)
{
	(void)language;
	return buffer_printf(to, "%zu", facts->remaining_count);
}

static int say_remaining(
	const struct notice_facts *facts, enum notice_language language, struct buffer *to)
{
	return say_lines(facts->remaining, language, to);
}

static int say_certificate(
	const struct notice_facts *facts, enum notice_language language, struct buffer *to)
{
	return say_text(facts->certificate, language, to);
}

static int say_organisation(
	const struct notice_facts *facts, enum notice_language language, struct buffer *to)
{
	(void)language;
	return facts->organisation ? say_line(facts->organisation, strlen(facts->organisation), to)
				   : 0;
}

static const struct word {
	const char *name;
	say_word *say;
} words[] = {
	{ "tenant", say_tenant },
	{ "contract", say_contract },
	{ "end_day", say_end_day },
	{ "due_day", say_due_day },
	{ "vm_count", say_vm_count },
	{ "vms", say_vms },
	{ "remaining_count", say_remaining_count },
	{ "remaining", say_remaining },
	{ "certificate", say_certificate },
	{ "organisation", say_organisation },
};

/* text begins behind the brace. Its length without the braces; 0: there is no such word. */
static const struct word *find_word(const char *text, size_t length, size_t *ret_length)
{
	const char *end = memchr(text, '}', MIN(length, (size_t)WORD_MAX));

	for (size_t i = 0; end && i < ARRAY_SIZE(words); i++)
		if (strlen(words[i].name) == (size_t)(end - text) &&
			memcmp(words[i].name, text, (size_t)(end - text)) == 0) {
			*ret_length = (size_t)(end - text);
			return &words[i];
		}
	return NULL;
}

struct filling {
	const char *name;
	int line;
	enum notice_language language;
	const struct notice_facts *facts;
};

static int refuse_word(
	const struct filling *filling, const char *at, size_t length, struct error *error)
{
	return error_set(error, ERROR_FAILED, EINVAL, "notice-template",
		_("%s, line %d: there is no such word: %.*s"), filling->name, filling->line,
		(int)MIN(length, strcspn(at, "}\n") + (size_t)(at[strcspn(at, "}\n")] == '}')), at);
}

/* One line of a template, without its line break. */
static int fill_line(const struct filling *filling, const char *line, size_t length,
	struct buffer *to, struct error *error)
{
	const char *end = line + length;

	while (line < end) {
		const char *brace = memchr(line, '{', (size_t)(end - line));
		size_t before = (size_t)((brace ? brace : end) - line), word_length = 0;
		if (buffer_append(to, line, before) < 0)
			return error_no_memory(error);
		if (!brace)
			break;
		const struct word *word =
			find_word(brace + 1, (size_t)(end - brace - 1), &word_length);
		if (!word)
			return refuse_word(filling, brace, (size_t)(end - brace), error);
		int r = word->say(filling->facts, filling->language, to);
		if (r == -EOVERFLOW)
			return error_set(error, ERROR_FAILED, EOVERFLOW, "notice-too-long",
				_("The notice is longer than a message may be."));
		if (r < 0)
			return error_no_memory(error);
		line = brace + 1 + word_length + 1;
	}
	return 0;
}

int notice_fill(const char *text, const char *name, enum notice_language language,
	const struct notice_facts *facts, struct buffer *subject, struct buffer *body,
	struct error *error)
{
	struct filling filling = { .name = name, .language = language, .facts = facts };

	while (*text != '\0') {
		size_t whole = strcspn(text, "\n");
		size_t length = whole > 0 && text[whole - 1] == '\r' ? whole - 1 : whole;
		struct buffer *to = filling.line++ == 0 ? subject : body;
		int r = 0;
		if (to != body || length > 0 || body->length > 0) {
			r = fill_line(&filling, text, length, to, error);
			if (r == 0 && to == body && buffer_append(to, "\n", 1) < 0)
				r = error_no_memory(error);
		}
		if (r < 0)
			return r;
		text += whole + (text[whole] == '\n');
	}
	/* {vms} may have made several lines of it. */
	for (size_t i = 0; i < subject->length; i++)
		if (subject->data[i] == '\n' || subject->data[i] == '\t')
			subject->data[i] = ' ';
	if (subject->length == 0 || body->length == 0)
		return error_set(error, ERROR_FAILED, EINVAL, "notice-template",
			_("%s needs a subject in its first line and a text below it"), name);
	return 0;
}
