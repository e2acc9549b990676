/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a certificate's PDF (ISO 32000-1) as strictly as haiki writes it: one revision, one signature over all
 * of the file, attachments as plain bytes. No general reader: what is not that shape is refused. */
#ifndef HAIKI_VERIFY_PDF_PDF_H
#define HAIKI_VERIFY_PDF_PDF_H

#include "base/error.h"
#include <stdbool.h>

#define PDF_MAX_BYTES (32 * MIB)
#define PDF_ATTACHMENTS_MAX 8

/* A run of bytes of the file; borrowed. */
struct pdf_run {
	const uint8_t *at;
	size_t length;
};

/* What the shape is (reports/pdf writes it, docs/certificate.md describes it):
 *  - header %PDF-1.7, one classic cross-reference table, one trailer, "%%EOF" and a newline at the end; no
 *    object streams, no encryption, no /Prev, each object once, nothing that the table does not list;
 *  - /Root /AcroForm /Fields: exactly one field /Sig, its value /SubFilter /ETSI.CAdES.detached, /ByteRange
 *    [0 a b c] with b + c the length of the file, and between a and b nothing but the hexadecimal /Contents,
 *    padded by zeros;
 *  - /Root /Names /EmbeddedFiles: exactly NAME.json, NAME.p7s and (or not) NAME.proof, each an unfiltered stream;
 *  - /Root /Metadata: an unfiltered XMP packet with the property haiki:sha256 (of NAME.json, lower-case
 *    hexadecimal), haiki:name, haiki:outcome, haiki:serial: what the pages were drawn from;
 *  - no /OpenAction, /AA, /JavaScript, /Launch, /URI or /RichMedia anywhere. */
struct pdf_document {
	struct pdf_run signed_ranges[2]; /* all but the value of /Contents */
	uint8_t *cms;                    /* owned: /Contents decoded, without its padding */
	size_t cms_length;
	struct pdf_run json, p7s, proof;           /* proof.length 0: none */
	char name[128];                            /* of the attachments, without ending */
	char sha256[65], outcome[24], serial[128]; /* as XMP says */
};
void pdf_document_free(struct pdf_document *document);
#define AUTO_PDF CLEANUP(pdf_document_free)

/* Does it begin as a PDF? */
bool pdf_is(const void *data, size_t length);

/* Codes: "pdf-malformed", "pdf-appended" (something follows the signed revision), "pdf-byte-range" (not all of the
 * file is signed), "pdf-padding" (the padding is not zeros), "pdf-signature-count", "pdf-attachments", "pdf-metadata",
 * "pdf-active" (something that runs or links). Never changes or keeps data, which must outlive *ret. */
NODISCARD int pdf_read(
	const uint8_t *data, size_t length, struct pdf_document *ret, struct error *error);

#endif
