/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a certificate's PDF is made of, step by step. Inside reports/pdf only. */
#ifndef HAIKI_REPORTS_PDF_PDF_PARTS_H
#define HAIKI_REPORTS_PDF_PDF_PARTS_H

#include "reports/pdf/pdf.h"
#include "reports/statement/statement.h"
#include "verify/certificate/detached.h"
#include "verify/pdf/pdf.h"

#define PDF_SIGNERS_MAX 8

/* Who signed the certificate itself. */
struct pdf_signer {
	char name[128];         /* common name of the certificate */
	char role[32];          /* "" for the issuer */
	int64_t stamped_utc_ms; /* by its time stamp; 0: there is none */
};

/* What the files say, read once. */
struct pdf_facts {
	const struct pdf_source *source; /* borrowed */
	json_t *certificate;             /* owned */
	struct statement statement;
	char sha256[65];     /* of the JSON's bytes */
	const char *outcome; /* of the certificate; these are borrowed from it */
	const char *serial;  /* of the drive; "" of a tenant's */
	const char *origin;  /* of the ledger; "" when it names none */
	bool in_ledger;      /* there is a proof, and it holds; then: */
	uint64_t index, tree_size;
	struct pdf_signer signers[PDF_SIGNERS_MAX]; /* the issuer first */
	size_t signer_count;
	char title[256];
	char now_utc[25]; /* when the PDF is made */
};
/* Files that do not belong together are -EBADMSG "pdf-failed" (the name; a proof of another certificate), else the
 * codes of json_parse_canonical, statement_make, detached_parse, detached_verify, trust_check_signer (it was not
 * issued by us), proof_parse and proof_check. */
NODISCARD int pdf_facts_read(const struct pdf_source *source, const struct keys *keys,
	struct pdf_facts *ret, struct error *error);
void pdf_facts_free(struct pdf_facts *facts);
#define AUTO_FACTS CLEANUP(pdf_facts_free)

/* Is its issuer's certificate one that we gave? Codes: those of trust_check_signer. */
NODISCARD int pdf_check_issuer(const struct detached *detached, const struct keys *keys,
	int64_t now_utc_ms, struct error *error);

/* Does the PDF's signature hold over all of it, and is it ours? Codes: those of detached_parse, detached_verify and
 * pdf_check_issuer. */
NODISCARD int pdf_check_signature(const struct pdf_document *document, const struct keys *keys,
	int64_t now_utc_ms, struct error *error);

/* What the document is called, by what it says. */
struct wording pdf_title(const struct statement *statement);

/* The pages. missing: characters that no font has (page_missing). */
NODISCARD int pdf_draw(const struct pdf_facts *facts, struct buffer *ret, char *missing,
	size_t missing_size, struct error *error);

/* The XMP packet (ISO 16684-1). */
NODISCARD int pdf_metadata(const struct pdf_facts *facts, struct buffer *ret);
#define PDF_CREATOR "haiki"

/* A profile of sRGB, for the output intent (ICC.1:2001). */
NODISCARD int pdf_profile(struct buffer *ret);

/* The pages with attachments, metadata and an empty signature. */
NODISCARD int pdf_assemble(const struct pdf_facts *facts, const struct buffer *pages,
	struct buffer *ret, struct error *error);
#define PDF_BYTE_RANGE "/ByteRange [ 0 1000000001 1000000002 1000000003 ]"

/* Fill in the byte range and sign, in place. */
NODISCARD int pdf_sign(struct buffer *pdf, const struct keys *keys,
	struct timestamp_authority *authority, bool *ret_stamped, struct error *error);

#endif
