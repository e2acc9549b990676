/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of reading a certificate's PDF: for the files of pdf_read alone. */
#ifndef HAIKI_VERIFY_PDF_PDF_PARTS_H
#define HAIKI_VERIFY_PDF_PDF_PARTS_H

#include "verify/pdf/objects.h"

/* The parts of the XMP packet: name, sha256, outcome, serial. -EBADMSG "pdf-metadata". */
NODISCARD int pdf_metadata_read(
	const struct pdf_run *packet, struct pdf_document *ret, struct error *error);

/* What the signature's dictionary says: signed_ranges and cms. root: the catalog. Codes as pdf_read. */
NODISCARD int pdf_signature_read(const uint8_t *data, size_t length,
	const struct pdf_objects *objects, const struct pdf_value *root, struct pdf_document *ret,
	struct error *error);

#endif
