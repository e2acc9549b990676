/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the cross-reference table from the end of the file, and then every object in the order in which
 * they lie, so that nothing is left between them. */
#include "verify/pdf/objects.h"

#include "base/text.h"
#include <errno.h>
#include <string.h>

#define ENTRY_BYTES 20 /* "0000000015 00000 n \n" */

static const char end_mark[] = "%%EOF\n";
static const char start_mark[] = "startxref\n";

void pdf_objects_free(struct pdf_objects *objects)
{
	free(objects->items);
	*objects = (struct pdf_objects){ 0 };
}

/* Where text begins last before end; NULL: nowhere. */
static const uint8_t *find_last(const uint8_t *data, const uint8_t *end, const char *text)
{
	size_t length = strlen(text);
	for (const uint8_t *at = end; (size_t)(at - data) >= length; at--)
		if (memcmp(at - length, text, length) == 0)
			return at - length;
	return NULL;
}

/* One revision has one start mark; a second one was put behind it. */
static int refuse_shape(const uint8_t *data, size_t length, struct error *error)
{
	const uint8_t *last = find_last(data, data + length, start_mark);
	const uint8_t *end = find_last(data, data + length, end_mark);
	bool more = last && find_last(data, last, start_mark);
	bool behind = end && (size_t)(data + length - end) > sizeof(end_mark) - 1;
	if (more || behind) {
		(void)error_set(error, ERROR_FAILED, EBADMSG, "pdf-appended",
			_("The PDF was changed after it was signed: something was put behind its "
			  "end"));
		return error_next(error, _("Fetch the PDF again from where it was issued."));
	}
	(void)error_set(error, ERROR_FAILED, EBADMSG, "pdf-malformed",
		_("The file is not a PDF as haiki writes it: it was cut, damaged or written by "
		  "another program"));
	return error_next(error, _("Fetch the PDF again from where it was issued."));
}

/* --- the table --- */

/* Find the table's place by the file's last lines. */
static bool find_table(
	const uint8_t *data, size_t length, struct pdf_cursor *ret_table, const uint8_t **ret_end)
{
	struct pdf_cursor end = { find_last(data, data + length, start_mark), data + length };
	uint64_t offset = 0;
	if (!end.at)
		return false;
	*ret_end = end.at;
	if (!pdf_take_text(&end, start_mark) || !pdf_take_number(&end, &offset) ||
		!pdf_take_text(&end, "\n") || !pdf_take_text(&end, end_mark) || end.at != end.end ||
		offset >= (size_t)(*ret_end - data))
		return false;
	*ret_table = (struct pdf_cursor){ data + offset, *ret_end };
	return true;
}

/* Ten digits, "00000", 'n' or (the first alone) 65535 and 'f'. */
static bool take_entry(struct pdf_cursor *cursor, bool first, uint64_t *ret_offset)
{
	const uint8_t *from = cursor->at;
	return pdf_take_number(cursor, ret_offset) && cursor->at - from == 10 &&
	       (!first || *ret_offset == 0) &&
	       pdf_take_text(cursor, first ? " 65535 f \n" : " 00000 n \n");
}

static bool read_entries(struct pdf_cursor *cursor, struct pdf_objects *objects)
{
	for (size_t i = 0; i < objects->count; i++)
		if (!take_entry(cursor, i == 0, &objects->items[i].offset))
			return false;
	return true;
}

static bool read_trailer(
	struct pdf_cursor *cursor, const struct pdf_listener *listener, struct pdf_objects *objects)
{
	struct pdf_value size, previous;
	if (!pdf_take_text(cursor, "trailer"))
		return false;
	pdf_skip_blanks(cursor);
	if (!pdf_take_value(cursor, listener, &objects->trailer) ||
		objects->trailer.kind != PDF_DICTIONARY || !pdf_take_text(cursor, "\n") ||
		cursor->at != cursor->end)
		return false;
	return pdf_lookup(&objects->trailer, "Size", &size) && size.kind == PDF_INTEGER &&
	       size.number == objects->count && pdf_lookup(&objects->trailer, "Prev", &previous) &&
	       previous.kind == PDF_NOTHING;
}

/* --- objects --- */

static bool has_key(const struct pdf_value *dictionary, const char *key)
{
	struct pdf_value value;
	return !pdf_lookup(dictionary, key, &value) || value.kind != PDF_NOTHING;
}

/* Behind its dictionary. Its bytes are here and not in another file. */
static bool take_stream(struct pdf_cursor *cursor, struct pdf_object *object)
{
	struct pdf_value length;
	if (object->value.kind != PDF_DICTIONARY || has_key(&object->value, "F") ||
		!pdf_lookup(&object->value, "Length", &length) || length.kind != PDF_INTEGER ||
		length.number > (size_t)(cursor->end - cursor->at))
		return false;
	object->stream = (struct pdf_run){ cursor->at, length.number };
	cursor->at += length.number;
	(void)pdf_take_text(cursor, "\n");
	return pdf_take_text(cursor, "endstream");
}

static bool take_object(struct pdf_cursor *cursor, uint64_t number,
	const struct pdf_listener *listener, struct pdf_object *object)
{
	uint64_t found = 0;
	if (!pdf_take_number(cursor, &found) || found != number || !pdf_take_text(cursor, " 0 obj"))
		return false;
	pdf_skip_blanks(cursor);
	if (!pdf_take_value(cursor, listener, &object->value))
		return false;
	pdf_skip_blanks(cursor);
	if (pdf_take_text(cursor, "stream\n") && !take_stream(cursor, object))
		return false;
	pdf_skip_blanks(cursor);
	return pdf_take_text(cursor, "endobj");
}

/* The second line is there so that programs take the file for binary. */
static bool take_header(struct pdf_cursor *cursor)
{
	if (!pdf_take_text(cursor, "%PDF-1.7\n"))
		return false;
	if (!pdf_take_text(cursor, "%"))
		return true;
	for (unsigned i = 0; i < 4; i++)
		if (cursor->at == cursor->end || *cursor->at++ < 0x80)
			return false;
	return pdf_take_text(cursor, "\n");
}

struct place {
	uint64_t offset, number;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *left = a, *right = b;
	return (left->offset > right->offset) - (left->offset < right->offset);
}

/* From the header to the table, each where it should be. 0, -EBADMSG, -ENOMEM. */
static int take_objects(struct pdf_cursor cursor, const uint8_t *data,
	const struct pdf_listener *listener, struct pdf_objects *objects)
{
	AUTO_FREE struct place *places = calloc(objects->count, sizeof(*places));
	if (!places)
		return -ENOMEM;
	for (size_t i = 1; i < objects->count; i++)
		places[i] = (struct place){ objects->items[i].offset, i };
	qsort(places + 1, objects->count - 1, sizeof(*places), compare_places);
	bool good = take_header(&cursor);
	for (size_t i = 1; good && i < objects->count; i++) {
		pdf_skip_blanks(&cursor);
		good = (size_t)(cursor.at - data) == places[i].offset &&
		       take_object(&cursor, places[i].number, listener,
			       &objects->items[places[i].number]);
	}
	pdf_skip_blanks(&cursor);
	return good && cursor.at == cursor.end ? 0 : -EBADMSG;
}

/* 0, -EBADMSG, -ENOMEM. */
static int read_all(const uint8_t *data, size_t length, const struct pdf_listener *listener,
	struct pdf_objects *objects)
{
	struct pdf_cursor table;
	const uint8_t *end = NULL;
	uint64_t count = 0;
	if (!find_table(data, length, &table, &end))
		return -EBADMSG;
	const uint8_t *body_end = table.at;
	if (!pdf_take_text(&table, "xref\n0 ") || !pdf_take_number(&table, &count) ||
		!pdf_take_text(&table, "\n") || count < 2 || count > PDF_OBJECTS_MAX ||
		count > (size_t)(table.end - table.at) / ENTRY_BYTES)
		return -EBADMSG;
	objects->items = calloc(count, sizeof(*objects->items));
	if (!objects->items)
		return -ENOMEM;
	objects->count = count;
	if (!read_entries(&table, objects) || !read_trailer(&table, listener, objects))
		return -EBADMSG;
	return take_objects((struct pdf_cursor){ data, body_end }, data, listener, objects);
}

int pdf_objects_read(const uint8_t *data, size_t length, const struct pdf_listener *listener,
	struct pdf_objects *ret, struct error *error)
{
	AUTO_PDF_OBJECTS struct pdf_objects objects = { 0 };
	int result = read_all(data, length, listener, &objects);
	if (result == -ENOMEM)
		return error_no_memory(error);
	if (result != 0)
		return refuse_shape(data, length, error);
	*ret = objects;
	objects = (struct pdf_objects){ 0 };
	return 0;
}

const struct pdf_object *pdf_object_of(
	const struct pdf_objects *objects, const struct pdf_value *value)
{
	return value->kind == PDF_REFERENCE && value->number > 0 && value->number < objects->count
		       ? &objects->items[value->number]
		       : NULL;
}

bool pdf_lookup_through(const struct pdf_objects *objects, const struct pdf_value *dictionary,
	const char *key, struct pdf_value *ret)
{
	if (!pdf_lookup(dictionary, key, ret))
		return false;
	const struct pdf_object *object = pdf_object_of(objects, ret);
	if (object)
		*ret = object->value;
	return true;
}
