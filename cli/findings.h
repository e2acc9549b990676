/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is incomplete in a ledger, as a table for people and as JSON; for every command that lists it. Needs verify/
 * and no more. */
#ifndef HAIKI_CLI_FINDINGS_H
#define HAIKI_CLI_FINDINGS_H

#include "verify/ledger/reconcile.h"
#include <stdio.h>

/* The kind in words, translated. */
const char *findings_kind(enum finding_kind kind);

/* Worst first, with age, as a table; nothing when there are none. Then one line that says whether all is accounted for,
 * and how many records could not be judged. */
NODISCARD int findings_print(
	FILE *stream, const struct finding_list *list, int64_t now_utc_ms, struct error *error);

/* An array of them (docs/json.md); a new reference, NULL without memory. */
json_t *findings_json(const struct finding_list *list, int64_t now_utc_ms);

#endif
