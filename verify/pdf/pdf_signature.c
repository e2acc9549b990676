/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one signature of a PDF (ISO 32000-1, 12.8; ETSI EN 319 142-1): over all of the file but its own value,
 * and nothing but zeros behind that. */
#include "verify/pdf/pdf_parts.h"

#include "base/text.h"
#include <errno.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <string.h>

static int refuse_signature(struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "pdf-signature-count",
		_("The PDF does not carry exactly one signature of the kind that haiki makes"));
}

static int refuse_range(struct error *error)
{
	(void)error_set(error, ERROR_FAILED, EBADMSG, "pdf-byte-range",
		_("The PDF's signature does not cover all of the file: what it does not cover may "
		  "say anything"));
	return error_next(
		error, _("Do not rely on this PDF. Fetch it again from where it was issued."));
}

static int refuse_padding(struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "pdf-padding",
		_("The room of the PDF's signature is not filled as haiki fills it: something was "
		  "changed there"));
}

/* /Root /AcroForm /Fields: one field /Sig; its value. */
static bool find_signature(
	const struct pdf_objects *objects, const struct pdf_value *root, struct pdf_value *ret)
{
	struct pdf_value form, fields, reference, more, type;
	if (!pdf_lookup_through(objects, root, "AcroForm", &form) ||
		!pdf_lookup_through(objects, &form, "Fields", &fields))
		return false;
	struct pdf_cursor items = pdf_items(&fields);
	if (!pdf_next_item(&items, &reference) || pdf_next_item(&items, &more))
		return false;
	const struct pdf_object *field = pdf_object_of(objects, &reference);
	struct pdf_value filter;
	return field && pdf_lookup(&field->value, "FT", &type) && pdf_is_name(&type, "Sig") &&
	       pdf_lookup_through(objects, &field->value, "V", ret) &&
	       pdf_lookup(ret, "SubFilter", &filter) && pdf_is_name(&filter, "ETSI.CAdES.detached");
}

/* [0 a b c]: the value of /Contents lies from a to b, and c more bytes are all that is left. */
static bool range_is_total(const struct pdf_value *range, const struct pdf_value *contents,
	const uint8_t *data, size_t length)
{
	uint64_t numbers[4];
	struct pdf_cursor items = pdf_items(range);
	struct pdf_value item;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (!pdf_next_item(&items, &item) || item.kind != PDF_INTEGER)
			return false;
		numbers[i] = item.number;
	}
	size_t from = (size_t)(contents->run.at - data), to = from + contents->run.length;
	return !pdf_next_item(&items, &item) && numbers[0] == 0 && numbers[1] == from &&
	       numbers[2] == to && numbers[3] == length - to;
}

/* Lower-case digits: each value has one spelling. */
static bool decode(const struct pdf_value *contents, uint8_t *ret)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < contents->run.length / 2 - 1; i++) {
		const uint8_t *at = contents->run.at + 1 + 2 * i;
		const char *high = memchr(digits, at[0], 16), *low = memchr(digits, at[1], 16);
		if (!high || !low)
			return false;
		ret[i] = (uint8_t)((high - digits) << 4 | (low - digits));
	}
	return true;
}

/* The length of the DER element that it begins with; 0: none. */
static size_t element_length(const uint8_t *data, size_t length)
{
	const unsigned char *content = data;
	long inside = 0;
	int tag = 0, class = 0;
	int shape = ASN1_get_object(&content, &inside, &tag, &class, (long)length);
	ERR_clear_error();
	if ((shape & 0x81) != 0 || tag != V_ASN1_SEQUENCE)
		return 0;
	return (size_t)(content - data) + (size_t)inside;
}

static int read_contents(
	const struct pdf_value *contents, struct pdf_document *ret, struct error *error)
{
	size_t room = contents->run.length / 2 - 1;
	AUTO_FREE uint8_t *cms = malloc(room + 1);
	if (!cms)
		return error_no_memory(error);
	if (room == 0 || !decode(contents, cms))
		return refuse_padding(error);
	size_t used = element_length(cms, room);
	if (used == 0)
		return error_set(error, ERROR_FAILED, EBADMSG, "pdf-malformed",
			_("The PDF's signature is not one in DER"));
	for (size_t i = used; i < room; i++)
		if (cms[i] != 0)
			return refuse_padding(error);
	ret->cms = cms;
	ret->cms_length = used;
	cms = NULL;
	return 0;
}

int pdf_signature_read(const uint8_t *data, size_t length, const struct pdf_objects *objects,
	const struct pdf_value *root, struct pdf_document *ret, struct error *error)
{
	struct pdf_value signature, range, contents;
	if (!find_signature(objects, root, &signature))
		return refuse_signature(error);
	if (!pdf_lookup(&signature, "Contents", &contents) || contents.kind != PDF_HEXADECIMAL)
		return refuse_signature(error);
	if (!pdf_lookup(&signature, "ByteRange", &range) ||
		!range_is_total(&range, &contents, data, length))
		return refuse_range(error);
	const uint8_t *behind = contents.run.at + contents.run.length;
	ret->signed_ranges[0] = (struct pdf_run){ data, (size_t)(contents.run.at - data) };
	ret->signed_ranges[1] = (struct pdf_run){ behind, (size_t)(data + length - behind) };
	return read_contents(&contents, ret, error);
}
