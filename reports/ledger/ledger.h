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
 * head when it covers every record. Hashes of complete subtrees are worked out and kept on the way. Nothing is
 * signed that is no successor of the newest head, or whose records are not what their digests say:
 * -EBADMSG "ledger-damaged", "store-corrupt". -ENOKEY "ledger-key" (ERROR_WAITING): the last head is by the key of
 * another name, and no record since then tells of ours. -ENOENT "ledger-empty": there is no record yet. */
NODISCARD int ledger_seal(
	struct store *store, const struct keys *keys, struct checkpoint *ret, struct error *error);

/* The newest head as it is handed to witnesses: the signed note with the cosignatures that were imported. Sealed
 * first, in a transaction of its own. Appends to *ret. Errors of ledger_seal. */
NODISCARD int ledger_head_note(struct store *store, const struct keys *keys,
	struct checkpoint *ret_checkpoint, struct buffer *ret, struct error *error);

/* NAME.proof of a certificate: against the first head that covers it, so that it never changes (cosignatures of
 * witnesses are added as they come). Appends to *ret. -ENOENT "ledger-not-sealed": no head covers it yet;
 * "ledger-damaged". */
NODISCARD int ledger_prove(
	struct store *store, const char *certificate, struct buffer *ret, struct error *error);

enum ledger_audience {
	LEDGER_FOR_PUBLIC,  /* a witness, a customer: nothing that is withheld */
	LEDGER_FOR_AUDITOR, /* everything */
};

/* Write or bring up to date the folder of verify/ledger/tile.h, sealed first. crl: the list of revoked signers to
 * copy, which need not be there; or NULL. Files that are there and equal stay; what is there and differs is -EEXIST
 * "ledger-differs" (another ledger, or a store that was rolled back), or "ledger-audience" (the folder was written
 * for others), and no tile, record or head is written; nor when the store's records are not what was signed
 * ("ledger-damaged"). -EBUSY "ledger-busy" (ERROR_WAITING): another one writes there. The checkpoint is written last, so a folder that was cut is an older ledger or none, and the
 * next export completes it. *ret: the head that was written. Errors of certificate_export. */
NODISCARD int ledger_export(struct store *store, const struct keys *keys,
	enum ledger_audience audience, const char *folder, const char *crl, struct checkpoint *ret,
	struct error *error);

/* Take a witness's cosignature of a head of ours: the checkpoint with a line more. "cosignature-unknown" for a head
 * that is none of ours, "cosignature-own" for the ledger's own key, "cosignature-many"; that it does not hold:
 * note_verify's codes. A second one of the same witness and head changes nothing. */
NODISCARD int ledger_cosign_import(struct store *store, const char *note, size_t length,
	const struct note_key *witness, int64_t now_utc_ms, struct error *error);

#endif
