/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A certificate as paper and as a PDF that carries its own proof: pages drawn (cairo, pango), the three files
 * attached and the metadata set (qpdf), signed (PAdES, ETSI EN 319 142-1). */
#ifndef HAIKI_REPORTS_PDF_PDF_H
#define HAIKI_REPORTS_PDF_PDF_H

#include "base/buffer.h"
#include "reports/keys/keys.h"
#include "reports/timestamp/timestamp.h"

#define PDF_SIGNATURE_MAX (16 * KIB) /* room for the CMS with its time stamp */

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

/* What is to be told beside the PDF. */
struct pdf_notes {
	bool stamped; /* the PDF's own signature has a time stamp */
	char missing
		[208]; /* characters that no font has and that stand there as [U+XXXX]: "U+E000 U+F8FF"; or "" */
};

/* Draw, attach, sign, and read back by verify/pdf. The time stamp is added when the authority (may be NULL) can be
 * reached; else the PDF is good without. Appends to *ret. Errors: "pdf-font" (no Japanese font), "pdf-failed" (also
 * files that do not belong together), those of keys_sign, proof_check and detached_parse. */
NODISCARD int pdf_write(const struct pdf_source *source, const struct keys *keys,
	struct timestamp_authority *authority, struct buffer *ret, struct pdf_notes *ret_notes,
	struct error *error);

#endif
