/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One record of the ledger: what happened, in canonical JSON (docs/ledger.md). The entry of the tree is the
 * SHA-256 of these bytes, and a salt is among them: who has only the hash cannot guess what it says. */
#ifndef HAIKI_VERIFY_LEDGER_RECORD_H
#define HAIKI_VERIFY_LEDGER_RECORD_H

#include "base/json.h"
#include "verify/ledger/merkle.h"

#define RECORD_FORMAT "haiki-record"
#define RECORD_FORMAT_VERSION 1
#define RECORD_MAX_BYTES (64 * KIB)
#define RECORD_KIND_MAX 32

/* What a record is about; its body is described for each in docs/ledger.md.
 *   event        one row of the event log (custody, hold, contract, labels …)
 *   certificate  a certificate or record of a job was issued: digest, outcome, whose drive, by which method
 *   tenant       the same of a tenant's deletion
 *   signature    a second person signed a certificate
 *   key          a key was made, taken into use, retired or revoked */
enum record_kind {
	RECORD_UNKNOWN,
	RECORD_EVENT,
	RECORD_CERTIFICATE,
	RECORD_TENANT,
	RECORD_SIGNATURE,
	RECORD_KEY,
};
const char *record_kind_name(enum record_kind kind);
enum record_kind record_kind_parse(const char *word); /* UNKNOWN for none */

struct record {
	uint64_t index;
	int64_t utc_ms;
	enum record_kind kind;
	json_t *document; /* owned: the whole of it */
	json_t *body;     /* borrowed from document */
};
void record_free(struct record *record);
#define AUTO_RECORD CLEANUP(record_free)

/* Canonical, every field there and none unknown. -EBADMSG "record-malformed". What a body holds is checked
 * by whoever reads it. A kind that is only known to a newer haiki is RECORD_UNKNOWN: the record stands in the
 * ledger, and whoever reads what it says must say that it cannot. Nothing of *ret on error. */
NODISCARD int record_parse(
	const char *text, size_t length, struct record *ret, struct error *error);

/* The entry of the tree for these bytes: their SHA-256; and the leaf hash of that entry. 0, -EIO. */
NODISCARD int record_entry(const char *text, size_t length, struct merkle_hash *ret);
NODISCARD int record_leaf(const char *text, size_t length, struct merkle_hash *ret);

/* The line {"index":I,"withheld":WORD} in the place of a record that is not for whoever the export is for. */
#define RECORD_WITHHELD_MAX_BYTES 128
struct record_withheld {
	uint64_t index;
	char word[32]; /* "hold", "personal": lower case and '-' */
};
/* -EBADMSG "record-malformed": anything else, a record among it. */
NODISCARD int record_withheld_parse(
	const char *text, size_t length, struct record_withheld *ret, struct error *error);

#endif
