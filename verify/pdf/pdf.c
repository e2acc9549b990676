/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a certificate's PDF: its objects, its signature, what is attached, what it was drawn from. */
#include "verify/pdf/pdf_parts.h"

#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

void pdf_document_free(struct pdf_document *document)
{
	free(document->cms);
	*document = (struct pdf_document){ 0 };
}

bool pdf_is(const void *data, size_t length)
{
	static const char magic[] = "%PDF-";
	return length >= sizeof(magic) - 1 && memcmp(data, magic, sizeof(magic) - 1) == 0;
}

/* --- names that are counted wherever they stand --- */

/* What runs, links, embeds or hides; and what this reader does not look into. */
static bool is_active(const char *name)
{
	static const char *const names[] = { "OpenAction", "AA", "JavaScript", "JS", "Launch",
		"URI", "RichMedia", "GoToR", "GoToE", "SubmitForm", "ImportData", "ResetForm",
		"Rendition", "Movie", "Sound", "XFA", "Hide", "SetOCGState", "OCProperties" };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool is_another_shape(const char *name)
{
	return strcmp(name, "ObjStm") == 0 || strcmp(name, "XRef") == 0 ||
	       strcmp(name, "XRefStm") == 0 || strcmp(name, "Encrypt") == 0 ||
	       strcmp(name, "Linearized") == 0;
}

struct survey {
	bool active, another_shape;
	unsigned signatures;  /* dictionaries with a /ByteRange */
	unsigned attachments; /* file specifications with bytes, anywhere */
};

static void hear(void *context, const char *name)
{
	struct survey *survey = context;
	survey->active |= is_active(name);
	survey->another_shape |= is_another_shape(name);
	survey->signatures += strcmp(name, "ByteRange") == 0;
	survey->attachments += strcmp(name, "EF") == 0;
}

static int refuse_survey(const struct survey *survey, struct error *error)
{
	if (survey->another_shape)
		return error_set(error, ERROR_FAILED, EBADMSG, "pdf-malformed",
			_("The PDF is not written as haiki writes it"));
	if (survey->active)
		return error_set(error, ERROR_FAILED, EBADMSG, "pdf-active",
			_("The PDF holds something that runs, links or hides, which a certificate "
			  "never "
			  "does"));
	if (survey->signatures != 1)
		return error_set(error, ERROR_FAILED, EBADMSG, "pdf-signature-count",
			_("The PDF carries %u signatures, but a certificate has exactly one"),
			survey->signatures);
	return 0;
}

/* --- attachments --- */

static int refuse_attachments(struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "pdf-attachments",
		_("The PDF does not carry exactly the certificate's own files"));
}

/* The bytes of a file specification that names itself as the tree does; unfiltered. */
static bool read_attachment(const struct pdf_objects *objects, const struct pdf_value *reference,
	const char *name, struct pdf_run *ret)
{
	struct pdf_value specification, value, files, file, other;
	char found[PDF_NAME_MAX];
	const struct pdf_object *object = pdf_object_of(objects, reference);
	if (!object)
		return false;
	specification = object->value;
	if (!pdf_lookup(&specification, "F", &value) ||
		!pdf_decode_text(&value, found, sizeof(found)) || strcmp(found, name) != 0 ||
		!pdf_lookup(&specification, "UF", &value) ||
		!pdf_decode_text(&value, found, sizeof(found)) || strcmp(found, name) != 0 ||
		!pdf_lookup_through(objects, &specification, "EF", &files) ||
		!pdf_lookup(&files, "F", &file) || !pdf_lookup(&files, "UF", &other) ||
		(other.kind != PDF_NOTHING && other.number != file.number))
		return false;
	object = pdf_object_of(objects, &file);
	if (!object || !object->stream.at || !pdf_lookup(&object->value, "Filter", &value) ||
		value.kind != PDF_NOTHING)
		return false;
	*ret = object->stream;
	return ret->length > 0;
}

/* "NAME.json": letters, digits and dashes alone make a name. */
static bool read_name(const char *file, struct pdf_document *document)
{
	size_t length = strspn(file, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789-");
	if (length == 0 || length >= sizeof(document->name) || strcmp(file + length, ".json") != 0)
		return false;
	(void)snprintf(document->name, sizeof(document->name), "%.*s", (int)length, file);
	return true;
}

/* The names in a tree are sorted: NAME.json, NAME.p7s, NAME.proof. */
static int read_attachments(const struct pdf_objects *objects, const struct pdf_value *root,
	const struct survey *survey, struct pdf_document *document, struct error *error)
{
	struct pdf_value names, tree, list, key, reference;
	struct pdf_run *const runs[] = { &document->json, &document->p7s, &document->proof };
	static const char *const endings[] = { ".json", ".p7s", ".proof" };
	if (!pdf_lookup_through(objects, root, "Names", &names) ||
		!pdf_lookup_through(objects, &names, "EmbeddedFiles", &tree) ||
		!pdf_lookup_through(objects, &tree, "Names", &list))
		return refuse_attachments(error);
	struct pdf_cursor items = pdf_items(&list);
	unsigned count = 0;
	for (; pdf_next_item(&items, &key); count++) {
		char name[PDF_NAME_MAX], expected[PDF_NAME_MAX + 8];
		if (count == ARRAY_SIZE(runs) || !pdf_decode_text(&key, name, sizeof(name)) ||
			(count == 0 && !read_name(name, document)))
			return refuse_attachments(error);
		(void)snprintf(expected, sizeof(expected), "%s%s", document->name, endings[count]);
		if (strcmp(name, expected) != 0 || !pdf_next_item(&items, &reference) ||
			!read_attachment(objects, &reference, name, runs[count]))
			return refuse_attachments(error);
	}
	/* One that hangs on a page, or nowhere, is one more. */
	return count >= 2 && survey->attachments == count ? 0 : refuse_attachments(error);
}

/* --- all together --- */

static int read_metadata(const struct pdf_objects *objects, const struct pdf_value *root,
	struct pdf_document *document, struct error *error)
{
	struct pdf_value reference, filter;
	static const struct pdf_run nothing = { 0 };
	if (!pdf_lookup(root, "Metadata", &reference))
		return pdf_metadata_read(&nothing, document, error);
	const struct pdf_object *object = pdf_object_of(objects, &reference);
	if (!object || !object->stream.at || !pdf_lookup(&object->value, "Filter", &filter) ||
		filter.kind != PDF_NOTHING)
		return pdf_metadata_read(&nothing, document, error);
	return pdf_metadata_read(&object->stream, document, error);
}

static int find_root(const struct pdf_objects *objects, struct pdf_value *ret, struct error *error)
{
	struct pdf_value type;
	if (pdf_lookup_through(objects, &objects->trailer, "Root", ret) &&
		pdf_lookup(ret, "Type", &type) && pdf_is_name(&type, "Catalog"))
		return 0;
	return error_set(
		error, ERROR_FAILED, EBADMSG, "pdf-malformed", _("The PDF has no catalog"));
}

int pdf_read(const uint8_t *data, size_t length, struct pdf_document *ret, struct error *error)
{
	AUTO_PDF_OBJECTS struct pdf_objects objects = { 0 };
	AUTO_PDF struct pdf_document document = { 0 };
	struct survey survey = { 0 };
	const struct pdf_listener listener = { hear, &survey };
	struct pdf_value root;
	if (length > PDF_MAX_BYTES)
		return error_set(error, ERROR_FAILED, EFBIG, "pdf-malformed",
			_("The PDF is larger than any that haiki writes"));
	int result = pdf_objects_read(data, length, &listener, &objects, error);
	if (result == 0)
		result = refuse_survey(&survey, error);
	if (result == 0)
		result = find_root(&objects, &root, error);
	if (result == 0)
		result = pdf_signature_read(data, length, &objects, &root, &document, error);
	if (result == 0)
		result = read_attachments(&objects, &root, &survey, &document, error);
	if (result == 0)
		result = read_metadata(&objects, &root, &document, error);
	if (result != 0)
		return result;
	*ret = document;
	document = (struct pdf_document){ 0 };
	return 0;
}
