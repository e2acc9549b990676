/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a certificate says to a person, as a list of sections and fields in both languages. Paper and the auditor's
 * page are drawn from it, so they say the same; it is made from the certificate's JSON alone. */
#ifndef HAIKI_REPORTS_STATEMENT_STATEMENT_H
#define HAIKI_REPORTS_STATEMENT_STATEMENT_H

#include "base/json.h"
#include "reports/statement/wording.h"

/* Either value, or japanese and english. Texts are as the certificate has them, control characters and all: who
 * shows them makes them fit. A label without texts: the field is an item of a list (label.word says which). */
struct statement_field {
	struct wording label;
	char *value; /* owned; the same in both languages, or "" */
	char *japanese,
		*english; /* owned; where the value is a word or sentence of ours; else NULL */
};
struct statement_section {
	struct wording title;           /* its word: "drive", "method" … (wording_labels.c) */
	struct statement_field *fields; /* owned */
	size_t count;
};
/* Verdict first, then drive (or contract), method and level, verification, why not (where it is not proven), what
 * is outstanding, limits, people, basis (ticket, policy), the certificate itself. */
struct statement {
	bool good; /* proven, and nothing less */
	struct wording
		verdict; /* "抹消済み (証明済み)" / "ERASED, PROVEN"; else e.g. "抹消していません" / "NOT ERASED" */
	struct wording outcome;
	struct statement_section *sections; /* owned */
	size_t count;
};

/* certificate: a document that the schema accepts; of a drive's job or of a tenant's deletion. -EBADMSG
 * "statement-format" (another document), -ENOMEM. *ret is untouched on error. */
NODISCARD int statement_make(const json_t *certificate, struct statement *ret, struct error *error);
void statement_free(struct statement *statement);
#define AUTO_STATEMENT CLEANUP(statement_free)

/* By its word; NULL when there is none. Borrowed. */
const struct statement_section *statement_section(
	const struct statement *statement, const char *word);
const struct statement_field *statement_field(
	const struct statement_section *section, const char *word);

#endif
