/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of a PDF (ISO 32000-1, 7.2 and 7.3) as runs of its bytes: stepped over, compared and decoded in
 * place. Blanks are the space and the newline alone, and there are no comments. */
#ifndef HAIKI_VERIFY_PDF_VALUE_H
#define HAIKI_VERIFY_PDF_VALUE_H

#include "verify/pdf/pdf.h"

#define PDF_NESTING_MAX 32
#define PDF_NAME_MAX 128 /* decoded, with NUL */

struct pdf_cursor {
	const uint8_t *at, *end;
};

enum pdf_kind {
	PDF_NOTHING, /* not there */
	PDF_NULL,
	PDF_BOOLEAN,
	PDF_INTEGER, /* not negative */
	PDF_NUMBER,  /* negative, or with a point */
	PDF_NAME,
	PDF_STRING,      /* (…) */
	PDF_HEXADECIMAL, /* <…> */
	PDF_ARRAY,
	PDF_DICTIONARY,
	PDF_REFERENCE,
};

struct pdf_value {
	enum pdf_kind kind;
	struct pdf_run run; /* all of its bytes, brackets too */
	uint64_t number;    /* of an integer; the object's of a reference (generation 0) */
};

/* Told of each name that is met, decoded; NULL: nobody. */
struct pdf_listener {
	void (*name)(void *context, const char *name);
	void *context;
};

void pdf_skip_blanks(struct pdf_cursor *cursor);
/* Step over exactly this text. */
bool pdf_take_text(struct pdf_cursor *cursor, const char *text);
/* Step over a number of 1 to 10 digits. */
bool pdf_take_number(struct pdf_cursor *cursor, uint64_t *ret);
/* Step over the next value and all within it. False: it is none, or none of these kinds. */
bool pdf_take_value(
	struct pdf_cursor *cursor, const struct pdf_listener *listener, struct pdf_value *ret);

/* In a value that pdf_take_value gave. A dictionary's value, or one of kind NOTHING; false when the key stands
 * there twice. */
bool pdf_lookup(const struct pdf_value *dictionary, const char *key, struct pdf_value *ret);
/* Steps through an array: start at its cursor, each call gives the next; false at its end. */
struct pdf_cursor pdf_items(const struct pdf_value *array);
bool pdf_next_item(struct pdf_cursor *items, struct pdf_value *ret);

bool pdf_is_name(const struct pdf_value *value, const char *name);
/* A string of either spelling as text without NUL; false when it is none or does not fit. */
bool pdf_decode_text(const struct pdf_value *value, char *ret, size_t size);

#endif
