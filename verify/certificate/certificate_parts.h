/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One examination of a certificate, and its parts: for the files of certificate_check alone. Each part fills
 * its own lines of the report. */
#ifndef HAIKI_VERIFY_CERTIFICATE_CERTIFICATE_PARTS_H
#define HAIKI_VERIFY_CERTIFICATE_CERTIFICATE_PARTS_H

#include "verify/certificate/certificate.h"
#include "verify/certificate/detached.h"

/* All borrowed but detached. */
struct examination {
	const struct bundle *bundle;
	const struct certificate_anchors *anchors;
	struct certificate_report *report;
	struct detached
		*detached; /* owned; the signature of the JSON, NULL when it cannot be read */
	bool schema_holds; /* so the fields may be read without asking */
};

/* Passed for 0, else failed; one that failed always says why. */
void check_conclude(struct check *check, int result);
/* There was nothing to check. why: static. */
void check_absent(struct check *check, const char *why);

/* signature, timestamp, chain, revocation. */
void examine_signature(struct examination *examination);
/* document, attachments; after examine_signature. */
void examine_document(struct examination *examination);
/* ledger, superseded. */
void examine_ledger(struct examination *examination);

#endif
