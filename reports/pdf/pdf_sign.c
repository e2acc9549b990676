/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The PDF's own signature (PAdES, ETSI EN 319 142-1): a CMS over every byte but its own. */
#include "reports/pdf/pdf_parts.h"

#include "base/digest.h"
#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PLACE_BYTES (sizeof(PLACE_HEAD) - 1 + 2 * PDF_SIGNATURE_MAX + 1)
#define PLACE_HEAD PDF_BYTE_RANGE " /Contents <"

static int failed(struct error *error)
{
	return error_set(error, ERROR_FAILED, EIO, "pdf-failed",
		_("The PDF has no place for its signature"));
}

/* The empty place. It is looked for as a whole: an attachment may say "/ByteRange" as well, but has no text as
 * long as this. There must be one. */
static int find_place(const struct buffer *pdf, size_t *ret_at, struct error *error)
{
	AUTO_FREE char *place = malloc(PLACE_BYTES);
	if (!place)
		return error_no_memory(error);
	memset(place, '0', PLACE_BYTES);
	memcpy(place, PLACE_HEAD, sizeof(PLACE_HEAD) - 1);
	place[PLACE_BYTES - 1] = '>';
	const char *found = memmem(pdf->data, pdf->length, place, PLACE_BYTES);
	if (!found)
		return failed(error);
	size_t at = (size_t)(found - pdf->data);
	if (memmem(found + 1, pdf->length - at - 1, place, PLACE_BYTES))
		return failed(error);
	*ret_at = at;
	return 0;
}

/* The same length as before, filled up with blanks. */
static void write_range(struct buffer *pdf, size_t at, size_t gap, size_t after)
{
	char text[sizeof(PDF_BYTE_RANGE)];
	memset(text, ' ', sizeof(text));
	int length = snprintf(
		text, sizeof(text), "/ByteRange [ 0 %zu %zu %zu", gap, after, pdf->length - after);
	text[length] = ' ';
	text[sizeof(text) - 2] = ']';
	memcpy(pdf->data + at, text, sizeof(text) - 1);
}

/* All but what stands from '<' to '>', as one run. */
static int make_signature(const struct buffer *pdf, size_t gap, size_t after,
	const struct keys *keys, uint8_t **ret, size_t *ret_length, struct error *error)
{
	size_t length = gap + pdf->length - after;
	AUTO_FREE char *signed_bytes = malloc(length);
	if (!signed_bytes)
		return error_no_memory(error);
	memcpy(signed_bytes, pdf->data, gap);
	memcpy(signed_bytes + gap, pdf->data + after, pdf->length - after);
	return keys_sign(keys, signed_bytes, length, ret, ret_length, error);
}

/* A stamp that cannot be had now, or is too large for its place, is none: the PDF is good without. */
static bool stamp(struct timestamp_authority *authority, uint8_t **cms, size_t *cms_length)
{
	uint8_t *stamped = NULL;
	size_t length = 0;
	if (timestamp_add(authority, *cms, *cms_length, &stamped, &length, NULL) != 0)
		return false;
	if (length > PDF_SIGNATURE_MAX) {
		free(stamped);
		return false;
	}
	free(*cms);
	*cms = stamped;
	*cms_length = length;
	return true;
}

int pdf_sign(struct buffer *pdf, const struct keys *keys, struct timestamp_authority *authority,
	bool *ret_stamped, struct error *error)
{
	size_t at = 0, cms_length = 0;
	AUTO_FREE uint8_t *cms = NULL;
	*ret_stamped = false;
	int result = find_place(pdf, &at, error);
	if (result != 0)
		return result;
	size_t gap = at + sizeof(PLACE_HEAD) - 2, after = at + PLACE_BYTES;
	write_range(pdf, at, gap, after);
	result = make_signature(pdf, gap, after, keys, &cms, &cms_length, error);
	if (result != 0)
		return result;
	if (cms_length > PDF_SIGNATURE_MAX)
		return failed(error);
	*ret_stamped = authority && stamp(authority, &cms, &cms_length);
	AUTO_FREE char *hexadecimal = malloc(2 * cms_length + 1);
	if (!hexadecimal)
		return error_no_memory(error);
	hex_encode(cms, cms_length, hexadecimal);
	memcpy(pdf->data + gap + 1, hexadecimal, 2 * cms_length);
	return 0;
}
