/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger of the store as a Merkle tree: heads signed, proofs made, the whole written out as files that a
 * stranger can check. */
#ifndef HAIKI_REPORTS_LEDGER_LEDGER_H
#define HAIKI_REPORTS_LEDGER_LEDGER_H

#include "inventory/ledger/ledger_rows.h"
#include "reports/keys/keys.h"
#include "verify/ledger/ledger.h"
#include "verify/ledger/proof.h"

/* Sign the tree as it stands and keep the head, in the caller's transaction. Does nothing but return the newest
 * head when it covers every record. Hashes of complete subtrees are worked out and kept on the way. */
NODISCARD int ledger_seal(
	struct store *store, const struct keys *keys, struct checkpoint *ret, struct error *error);

/* NAME.proof of a certificate: against the first head that covers it, so that it never changes (cosignatures of
 * witnesses are added as they come). Appends to *ret. -ENOENT "ledger-not-sealed": no head covers it yet. */
NODISCARD int ledger_prove(
	struct store *store, const char *certificate, struct buffer *ret, struct error *error);

enum ledger_audience {
	LEDGER_FOR_PUBLIC,  /* a witness, a customer: nothing that is withheld */
	LEDGER_FOR_AUDITOR, /* everything */
};

/* Write or bring up to date the folder of verify/ledger/tile.h. Full tiles that are there and equal stay; what is
 * there and differs is -EEXIST "ledger-differs" (another ledger, or a store that was rolled back) and nothing is
 * changed. The checkpoint is written last, so a folder that was cut is an older ledger or says so. */
NODISCARD int ledger_export(struct store *store, const struct keys *keys,
	enum ledger_audience audience, const char *folder, struct error *error);

/* Take a witness's cosignature of a head of ours: the checkpoint with a line more. "cosignature-unknown" for a head
 * that is none of ours, that it does not hold: note_verify's codes. */
NODISCARD int ledger_cosign_import(struct store *store, const char *note, size_t length,
	const struct note_key *witness, int64_t now_utc_ms, struct error *error);

#endif
