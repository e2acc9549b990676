/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of the store as a Merkle tree, and its signed heads. Within this room. */
#ifndef HAIKI_REPORTS_LEDGER_LEDGER_TREE_H
#define HAIKI_REPORTS_LEDGER_LEDGER_TREE_H

#include "inventory/ledger/ledger_rows.h"
#include "verify/ledger/note.h"

/* Leaves are worked out of the records' digests; of the complete subtrees those of 256, 256², … leaves are
 * kept in ledger_hash, which is what a tile of hashes is, and all others are worked out of at most 128 of
 * them. */
#define LEDGER_TILE_LEVELS 8

/* A tree over the store (borrowed) whose subtrees are kept up to size. */
struct merkle_tree ledger_tree(struct store *store, uint64_t size);

/* Keep the subtrees of 256, 256² … leaves up to size that are not kept yet. */
NODISCARD int ledger_tree_extend(struct store *store, uint64_t size, struct error *error);

struct ledger_head {
	struct checkpoint checkpoint;
	struct buffer note; /* owned: as it was signed, without cosignatures */
};
void ledger_head_free(struct ledger_head *head);
#define AUTO_LEDGER_HEAD CLEANUP(ledger_head_free)

/* 1, 0 when there is none, -errno. What the row says and what its note says must be the same. */
NODISCARD int ledger_head_newest(struct store *store, struct ledger_head *ret, struct error *error);
/* The first head that covers so many leaves. */
NODISCARD int ledger_head_covering(
	struct store *store, uint64_t size, struct ledger_head *ret, struct error *error);
/* Append the note with the cosignatures that were imported, in the order of their coming. */
NODISCARD int ledger_head_write(struct store *store, const struct ledger_head *head,
	struct buffer *ret, struct error *error);

/* "ledger-damaged": the store's ledger is not what was signed. -EBADMSG. */
int ledger_damaged(const struct store *store, const char *why, struct error *error);

#endif
