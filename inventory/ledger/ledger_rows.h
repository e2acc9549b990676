/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger's rows in the store: records appended in the transaction of what they tell, never changed; and
 * beside them what reports/ledger works out of them (hashes, heads, cosignatures). This room knows no tree. */
#ifndef HAIKI_INVENTORY_LEDGER_LEDGER_ROWS_H
#define HAIKI_INVENTORY_LEDGER_LEDGER_ROWS_H

#include "base/digest.h"
#include "base/json.h"
#include "inventory/store/store.h"

#define LEDGER_RECORD_MAX_BYTES (64 * KIB) /* verify/ledger/record.h has the same */

/* Append a record in the caller's transaction: salt, index and time are put here, the body (borrowed) goes in
 * as it is. kind: a word of verify/ledger/record.h. withheld: "" or why it is not for everybody ("hold").
 *  *ret_index may be NULL. -ENOMEM, -EFBIG "ledger-record-too-long", -EIO (no random bytes), store errors. */
NODISCARD int ledger_append(struct store *store, const char *kind, const json_t *body,
	const char *withheld, int64_t now_utc_ms, uint64_t *ret_index, struct error *error);

/* How many there are. */
NODISCARD int ledger_size(struct store *store, uint64_t *ret, struct error *error);

struct ledger_row {
	uint64_t index;
	int64_t utc_ms;
	char kind[24];
	char withheld[24];
	char sha256[SHA256_HEX_SIZE]; /* of record: the entry of the tree */
	char *record;                 /* owned; canonical text */
	size_t record_length;
};
void ledger_row_free(struct ledger_row *row);
#define AUTO_LEDGER_ROW CLEANUP(ledger_row_free)

#define LEDGER_ALL UINT64_MAX
/* Rows from first on, in order, each handed to a function (borrowed); an error of it ends the walk. count
 * rows, or LEDGER_ALL that are there. A row whose digest is not its record's, or that is missing, is -EBADMSG
 * "store-corrupt". */
NODISCARD int ledger_walk(struct store *store, uint64_t first, uint64_t count,
	int (*each)(void *context, const struct ledger_row *row, struct error *error),
	void *context, struct error *error);
/* The row of a certificate by its name: 1, 0, -errno. */
NODISCARD int ledger_row_of_certificate(
	struct store *store, const char *name, struct ledger_row *ret, struct error *error);

#endif
