/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The objects of a PDF: one revision with one classic cross-reference table (ISO 32000-1, 7.5), every byte of
 * the file within the header, an object, the table or the trailer. */
#ifndef HAIKI_VERIFY_PDF_OBJECTS_H
#define HAIKI_VERIFY_PDF_OBJECTS_H

#include "verify/pdf/value.h"

#define PDF_OBJECTS_MAX 65536

struct pdf_object {
	uint64_t offset;
	struct pdf_value value;
	struct pdf_run stream; /* at NULL: it has none */
};

struct pdf_objects {
	struct pdf_object *items; /* owned; by number, the first (0) is none */
	size_t count;
	struct pdf_value trailer;
};
void pdf_objects_free(struct pdf_objects *objects);
#define AUTO_PDF_OBJECTS CLEANUP(pdf_objects_free)

/* "pdf-malformed", "pdf-appended". listener hears every name outside of streams. Borrows data. */
NODISCARD int pdf_objects_read(const uint8_t *data, size_t length,
	const struct pdf_listener *listener, struct pdf_objects *ret, struct error *error);

/* The object behind a reference; NULL when value is none or it does not stand in the table. */
const struct pdf_object *pdf_object_of(
	const struct pdf_objects *objects, const struct pdf_value *value);
/* The dictionary's value, followed once when it is a reference; kind NOTHING when there is none. False when the
 * key stands there twice. */
bool pdf_lookup_through(const struct pdf_objects *objects, const struct pdf_value *dictionary,
	const char *key, struct pdf_value *ret);

#endif
