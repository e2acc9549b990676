/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One certificate with all that can be shown for it: stamped, in a ledger, as a PDF, with a list of revoked
 * signers. Tests change one thing of it. Aborts when it cannot do its work. */
#ifndef HAIKI_TESTS_SUPPORT_BUNDLE_CASE_H
#define HAIKI_TESTS_SUPPORT_BUNDLE_CASE_H

#include "tests/support/ledger_fixture.h"
#include "tests/support/sample_certificate.h"
#include "tests/support/sample_pdf.h"
#include "tests/support/stamper.h"
#include "verify/certificate/certificate.h"
#include "verify/certificate/revocation.h"
#include "verify/certificate/standing.h"

#define BUNDLE_CASE_BEFORE 6 /* records of the ledger before the certificate's, and after it */

struct bundle_case {
	struct sample_ca ca;
	struct stamper stamper;
	json_t *document;
	struct sample_files files; /* stamped */
	struct ledger_fixture ledger;
	struct buffer proof;
	struct buffer pdf;
	struct revocation *none_revoked;
	char sha256[65];
};
void bundle_case_make(struct bundle_case *ret);
void bundle_case_free(struct bundle_case *fixture);

/* The record's body of this document. */
json_t *bundle_case_body(const json_t *document, const char *sha256, const char *supersedes);
/* All that is given, as a bundle to be freed; the PDF with it or not. */
void bundle_case_copy(const struct bundle_case *fixture, bool with_pdf, struct bundle *ret);
/* Every anchor but the ledger's folder. */
struct certificate_anchors bundle_case_anchors(const struct bundle_case *fixture);
/* Write the fixture's ledger as a folder, check it and note its certificates. */
struct standing *bundle_case_standing(const struct ledger_fixture *ledger, const char *folder);
/* The CA's list, with this certificate on it or none (NULL), revoked at that time. */
struct revocation *bundle_case_list(
	const struct sample_ca *ca, const X509 *revoked, int64_t revoked_utc_ms);
/* Put a stamp over the first signature in the place of what is there. */
void bundle_case_stamp(const struct stamper *stamper, const struct stamp_wish *wish,
	const void *data, size_t length, struct sample_files *files);

#endif
