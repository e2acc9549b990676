/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens to keys as records of the ledger (docs/ledger.md, kind "key"). Only for the files of this folder. */
#ifndef HAIKI_REPORTS_KEYS_KEYS_RECORD_H
#define HAIKI_REPORTS_KEYS_KEYS_RECORD_H

#include "inventory/store/store.h"
#include "reports/keys/keys.h"

struct key_change {
	const char *action; /* "made", "taken" (into use), "retired", "revoked" */
	const char *which;  /* "ca", "signer", "ledger", "person" */
	const char *reason; /* may be empty */
};

/* In the caller's transaction; store NULL: nothing is recorded. Errors of ledger_append, "keys-malformed". */
NODISCARD int keys_record(struct store *store, const struct key_change *change, X509 *certificate,
	int64_t now_utc_ms, struct error *error);
/* The same of the ledger's key, which has no certificate: its name, and the digest of its public key. */
NODISCARD int keys_record_ledger(struct store *store, const struct key_change *change,
	const struct note_key *key, int64_t now_utc_ms, struct error *error);

#endif
