/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the records of a ledger say is missing or contradictory, as `haiki verify ledger` tells it. */
#ifndef HAIKI_CLI_VERIFY_FINDINGS_H
#define HAIKI_CLI_VERIFY_FINDINGS_H

#include "base/json.h"
#include "verify/ledger/record.h"

struct verify_findings;

NODISCARD int verify_findings_begin(struct verify_findings **ret, struct error *error);
struct verify_findings *verify_findings_drop(struct verify_findings *findings);
DEFINE_CLEANUP(struct verify_findings *, verify_findings_drop);

/* Each record of the ledger, in order; borrowed. */
NODISCARD int verify_findings_take(
	struct verify_findings *findings, const struct record *record, struct error *error);
/* All records were taken, of a ledger of this size: what is found as of now. Asked before what is below. */
NODISCARD int verify_findings_end(
	struct verify_findings *findings, uint64_t size, int64_t now_utc_ms, struct error *error);

/* Nothing was found with which a ledger is no success. */
bool verify_findings_are_good(const struct verify_findings *findings);
/* Nor was anything hidden or left unjudged: findings_complete. */
bool verify_findings_are_complete(const struct verify_findings *findings);
/* How many records a store older than its ledger brought along. */
uint64_t verify_findings_older(const struct verify_findings *findings);
/* Lines on stdout, below the checks. -ENOMEM. */
NODISCARD int verify_findings_print(const struct verify_findings *findings, struct error *error);
/* The array "findings" of docs/json.md; a new reference, NULL without memory. */
json_t *verify_findings_json(const struct verify_findings *findings);

#endif
