/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A certificate as paper and as a PDF that carries its own proof: pages drawn (cairo, pango), the three files
 * attached and the metadata set (qpdf), signed (PAdES, ETSI EN 319 142-1). */
#ifndef HAIKI_REPORTS_PDF_PDF_H
#define HAIKI_REPORTS_PDF_PDF_H

#include "base/buffer.h"
#include "reports/keys/keys.h"
#include "reports/timestamp/timestamp.h"

#define PDF_SIGNATURE_MAX (32 * KIB) /* room for the CMS with its time stamp */

/* All borrowed. */
struct pdf_source {
	const char *name; /* of the certificate: the attachments' names without ending */
	const char *json; /* canonical; what the pages are drawn from, and nothing else is */
	size_t json_length;
	const uint8_t *p7s;
	size_t p7s_length;
	const char *proof; /* NULL: not in a ledger yet, which the page says */
	size_t proof_length;
};

/* Draw, attach, sign, and read back by verify/pdf. The time stamp is added when the authority can be reached; else
 * *ret_stamped is false and the PDF is good without. Appends to *ret. Errors: "pdf-font" (no Japanese font),
 * "pdf-glyph" (a character that no font has; names it), "pdf-failed", those of keys_sign. */
NODISCARD int pdf_write(const struct pdf_source *source, const struct keys *keys,
	const struct timestamp_authority *authority, struct buffer *ret, bool *ret_stamped,
	struct error *error);

#endif
