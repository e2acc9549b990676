/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV, with the line on which each record begins. */
#include "inventory/transfer/csv.h"

#include "base/text.h"
#include "base/utf8.h"

#include <csv.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Invariants: offsets[0..count) are the places of this record's fields in text. */
struct reader {
	struct csv_parser parser;
	csv_visit *visit;
	void *context;
	struct error *error;
	struct buffer text; /* the fields of the record, each with a NUL */
	size_t offsets[CSV_FIELDS_MAX];
	size_t count;
	unsigned line; /* on which the record begins */
	bool is_open;  /* a record has begun and not ended */
	bool is_empty; /* all of its fields are */
	int result;
};

static int malformed(const struct reader *reader, const char *code, const char *what)
{
	return error_set(reader->error, ERROR_USAGE, EBADMSG, code, "%s", what);
}

static bool is_formula(char letter)
{
	return letter == '=' || letter == '+' || letter == '-' || letter == '@' || letter == '\t' ||
	       letter == '\r';
}

/* Is the ' before this text ours? */
static bool is_guarded(const char *text, size_t length)
{
	return length > 1 && text[0] == '\'' && (is_formula(text[1]) || text[1] == '\'');
}

static void take_field(void *field, size_t length, void *context)
{
	struct reader *reader = context;
	const char *text = field ? field : "";
	if (reader->result != 0)
		return;
	if (reader->count == CSV_FIELDS_MAX) {
		reader->result = malformed(reader, "csv-wide", _("There are too many cells."));
		return;
	}
	if (is_guarded(text, length)) {
		text++;
		length--;
	}
	reader->is_empty = reader->is_empty && length == 0;
	reader->offsets[reader->count++] = reader->text.length;
	if ((length > 0 && buffer_append(&reader->text, text, length) < 0) ||
		buffer_append(&reader->text, "", 1) < 0)
		reader->result = error_no_memory(reader->error);
}

static void take_record(int end, void *context)
{
	struct reader *reader = context;
	(void)end;
	struct csv_record record = { .line = reader->line, .count = reader->count };
	for (size_t i = 0; i < reader->count; i++)
		record.fields[i] = reader->text.data + reader->offsets[i];
	if (reader->result == 0 && !reader->is_empty)
		reader->result = reader->visit(reader->context, &record, reader->error);
	reader->count = 0;
	reader->text.length = 0;
	reader->is_open = false;
	reader->is_empty = true;
}

static bool is_blank(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!strchr(" \t\r\n", text[i]))
			return false;
	return true;
}

/* Line by line, since libcsv does not count them. */
static int read_lines(struct reader *reader, const char *text, size_t length, unsigned *line)
{
	const char *end = text + length;
	for (*line = 1; text < end; (*line)++) {
		const char *break_at = memchr(text, '\n', (size_t)(end - text));
		size_t size = break_at ? (size_t)(break_at - text) + 1 : (size_t)(end - text);
		if (!reader->is_open && !is_blank(text, size)) {
			reader->is_open = true;
			reader->line = *line;
		}
		if (reader->is_open && csv_parse(&reader->parser, text, size, take_field,
					       take_record, reader) != size)
			return csv_error(&reader->parser) == CSV_EPARSE
				       ? malformed(reader, "csv-malformed",
						 _("A \" stands where none may stand: a cell with "
						   "\" in it is quoted, and each \" in it "
						   "doubled."))
				       : error_no_memory(reader->error);
		if (reader->result != 0) {
			*line = reader->line;
			return reader->result;
		}
		text += size;
	}
	*line = reader->line;
	if (csv_fini(&reader->parser, take_field, take_record, reader) != 0)
		return malformed(reader, "csv-malformed",
			_("A cell that begins with \" here is never closed."));
	return reader->result;
}

static unsigned line_of(const char *text, size_t offset)
{
	unsigned line = 1;
	for (size_t i = 0; i < offset; i++)
		line += text[i] == '\n';
	return line;
}

static int check_text(const char *text, size_t length, unsigned *ret_line, struct error *error)
{
	size_t offset = 0;
	while (offset < length && text[offset] != '\0') {
		size_t bytes = utf8_character_bytes(text + offset, length - offset);
		if (bytes == 0)
			break;
		offset += bytes;
	}
	if (offset == length)
		return 0;
	*ret_line = line_of(text, offset);
	if (text[offset] == '\0')
		error_set(error, ERROR_USAGE, EBADMSG, "csv-malformed",
			_("This is no text: it has a NUL byte."));
	else
		error_set(error, ERROR_USAGE, EBADMSG, "csv-not-utf8",
			_("This is not UTF-8; it may be Shift_JIS."));
	return error_next(error, _("Convert it: iconv -f CP932 -t UTF-8 FILE >NEW (or -f UTF-16)"));
}

int csv_read(const char *text, size_t length, csv_visit *visit, void *context, unsigned *ret_line,
	struct error *error)
{
	static const char mark[] = "\xEF\xBB\xBF";
	if (length >= 3 && memcmp(text, mark, 3) == 0) {
		text += 3;
		length -= 3;
	}
	int r = check_text(text, length, ret_line, error);
	if (r < 0)
		return r;
	struct reader reader = { .visit = visit,
		.context = context,
		.error = error,
		.text = BUFFER_INIT(length + CSV_FIELDS_MAX + 1),
		.is_empty = true };
	if (csv_init(&reader.parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
		return error_no_memory(error);
	r = read_lines(&reader, text, length, ret_line);
	csv_free(&reader.parser);
	buffer_free(&reader.text);
	return r;
}

int csv_append_cell(struct buffer *buffer, const char *text)
{
	size_t length = strlen(text);
	bool guard = is_formula(text[0]) || text[0] == '\'';
	bool quote = strpbrk(text, "\",\r\n") != NULL ||
		     (length > 0 && (strchr(" \t", text[0]) || strchr(" \t", text[length - 1])));
	if (!quote)
		return buffer_printf(buffer, "%s%s", guard ? "'" : "", text);
	int r = buffer_append_text(buffer, guard ? "\"'" : "\"");
	for (; r == 0 && *text; text++)
		r = *text == '"' ? buffer_append_text(buffer, "\"\"")
				 : buffer_append(buffer, text, 1);
	return r < 0 ? r : buffer_append_text(buffer, "\"");
}
