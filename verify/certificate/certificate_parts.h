/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One examination of a certificate, and its parts: for the files of certificate_check alone. Each part fills
 * its own lines of the report. */
#ifndef HAIKI_VERIFY_CERTIFICATE_CERTIFICATE_PARTS_H
#define HAIKI_VERIFY_CERTIFICATE_CERTIFICATE_PARTS_H

#include "verify/certificate/certificate_seal.h"

/* Borrowed but for the seal. */
struct examination {
	const struct bundle *bundle;
	const struct certificate_anchors *anchors;
	struct certificate_report *report;
	struct seal seal;  /* the signature of the JSON */
	bool schema_holds; /* so its fields may be read without asking */
};

/* document, attachments; once the seal was examined. */
void examine_document(struct examination *examination);
/* ledger, superseded. */
void examine_ledger(struct examination *examination);

#endif
