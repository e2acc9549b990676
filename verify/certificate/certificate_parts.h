/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One examination of a certificate, and its parts: for the files of certificate_check alone. Each part fills
 * its own lines of the report. */
#ifndef HAIKI_VERIFY_CERTIFICATE_CERTIFICATE_PARTS_H
#define HAIKI_VERIFY_CERTIFICATE_CERTIFICATE_PARTS_H

#include "verify/certificate/certificate_seal.h"
#include "verify/ledger/record.h"

/* Borrowed but for the seal. */
struct examination {
	const struct bundle *bundle;
	const struct certificate_anchors *anchors;
	struct certificate_report *report;
	struct seal seal;  /* the signature of the JSON */
	bool schema_holds; /* so its fields may be read without asking */
};

/* A kind of statement; static. */
struct document_kind {
	const char *format;
	enum record_kind record; /* in the ledger */
	int (*check_schema)(const json_t *certificate, struct error *error);
	/* Is what it states what follows from its own lists? Fills outcome or stage of the report. */
	int (*judge)(struct certificate_report *report, struct error *error);
	/* What a PDF and the ledger say of it beside its digest: borrowed from the certificate, "" for none. */
	const char *(*outcome)(const json_t *certificate);
	const char *(*serial)(const json_t *certificate); /* of the drive; the contract's number */
};
/* By its "format". */
const struct document_kind *document_kind_of(const json_t *certificate);

/* document, attachments; once the seal was examined. */
void examine_document(struct examination *examination);
/* ledger, superseded. */
void examine_ledger(struct examination *examination);

#endif
