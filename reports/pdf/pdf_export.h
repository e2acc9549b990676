/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NAME.pdf beside NAME.json, NAME.p7s and NAME.proof in the folder of certificates. It is a rendering: it is not in
 * the store, and can be made again from the three at any time. */
#ifndef HAIKI_REPORTS_PDF_PDF_EXPORT_H
#define HAIKI_REPORTS_PDF_PDF_EXPORT_H

#include "reports/pdf/pdf.h"

/* Make NAME.pdf from the files that stand in folder, whole or not at all. One that is there and carries just these
 * files stays (*ret_made false); one of an earlier form of the signature or of the proof, or without the proof, is
 * replaced. authority, ret_notes, ret_made may be NULL. -EEXIST "certificate-differs": what is there is no PDF of
 * this certificate, and stays. Errors of file_read, file_write and pdf_write. */
NODISCARD int pdf_export(const char *folder, const char *name, const struct keys *keys,
	struct timestamp_authority *authority, struct pdf_notes *ret_notes, bool *ret_made,
	struct error *error);

/* The same for every NAME.json in folder whose PDF is missing, or older than its signature or proof; the newest
 * names first, and no more than most are tried. One's failure does not hold up the others: the first error is returned when
 * all were tried. *ret_count: how many were made; always set. */
NODISCARD int pdf_export_missing(const char *folder, size_t most, const struct keys *keys,
	struct timestamp_authority *authority, size_t *ret_count, struct error *error);

#endif
