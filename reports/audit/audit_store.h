/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit of the records as the store has them, or as an exported ledger has. */
#ifndef HAIKI_REPORTS_AUDIT_AUDIT_STORE_H
#define HAIKI_REPORTS_AUDIT_AUDIT_STORE_H

#include "inventory/store/store.h"
#include "reports/audit/audit.h"
#include "verify/ledger/note.h"

/* Each record of the ledger, in order, with the digest of its bytes; digests are checked on the way. -EBADMSG
 * "store-corrupt", "record-malformed". *ret_size: how many there are. */
typedef int audit_visit(
	void *context, const struct record *record, const char *digest, struct error *error);
NODISCARD int audit_walk(struct store *store, audit_visit *visit, void *context, uint64_t *ret_size,
	struct error *error);

NODISCARD int audit_of_store(struct store *store, const struct audit_question *question,
	struct audit *ret, struct error *error);

/* The same of an exported ledger (verify/ledger/tile.h) under this key; borrowed. It is checked in full:
 * -EBADMSG "ledger-invalid"; errors of ledger_check. */
NODISCARD int audit_of_ledger(const char *folder, const struct note_key *key,
	const struct audit_question *question, struct audit *ret, struct error *error);

/* How a drive ended, from the same records: what happened to it, with its certificates and what is wrong with it.
 * document: docs/json.md, "report destroyed"; owned. */
struct drive_end {
	json_t *document;
	bool ended;  /* returned, disposed or destroyed, as its custody stands now */
	bool proven; /* the end rests on a certificate: no finding says otherwise */
	bool fails;  /* a finding about it is a failure */
};
void drive_end_free(struct drive_end *end);
#define AUTO_DRIVE_END CLEANUP(drive_end_free)
/* Of all these drives in one walk; ret has count places that are zero before, and which the caller frees in every
 * case. */
NODISCARD int drive_ends_of_store(struct store *store, const int64_t *drive_ids, size_t count,
	int64_t now_utc_ms, struct drive_end *ret, struct error *error);

#endif
