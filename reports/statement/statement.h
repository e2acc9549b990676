/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a certificate says to a person, as a list of sections and fields in both languages. Paper and the auditor's
 * page are drawn from it, so they say the same; it is made from the certificate's JSON alone. */
#ifndef HAIKI_REPORTS_STATEMENT_STATEMENT_H
#define HAIKI_REPORTS_STATEMENT_STATEMENT_H

#include "base/json.h"
#include "reports/statement/wording.h"

struct statement_field {
	struct wording label;
	char *value; /* owned; the same in both languages, or "" */
	char *japanese,
		*english; /* owned; where the value is a word or sentence of ours; else NULL */
};
struct statement_section {
	struct wording title;
	struct statement_field *fields; /* owned */
	size_t count;
};
/* Verdict first, then drive (or contract), method and level, verification, people, what is outstanding, limits. */
struct statement {
	bool good; /* proven, and nothing less */
	struct wording
		verdict; /* "抹消済み(証明済み)" / "ERASED, PROVEN"; else e.g. "抹消されていません" / "NOT ERASED" */
	struct wording outcome;
	struct statement_section *sections; /* owned */
	size_t count;
};

/* certificate: a document that the schema accepts; of a drive's job or of a tenant's deletion. -EBADMSG, -ENOMEM. */
NODISCARD int statement_make(const json_t *certificate, struct statement *ret, struct error *error);
void statement_free(struct statement *statement);
#define AUTO_STATEMENT CLEANUP(statement_free)

#endif
