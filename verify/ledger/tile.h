/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where things lie in an exported ledger (C2SP tlog-tiles), and reading them there as a tree.
 *
 *   checkpoint                 the newest signed head
 *   tile/L/N, tile/L/N.p/W     hashes, 256 a tile; W of them in the last one of a level
 *   tile/entries/N[.p/W]       entries: for each a 16-bit length (32, big-endian) and the SHA-256 of a record
 *   records/N.jsonl            the records of entries/N, one a line; {"index":I,"withheld":WORD} instead of one
 *                              that is not for whoever the export is for
 *   certificates/              NAME.json, .p7s, .proof, .pdf; may be missing
 *   ledger.vkey, ledger.vkey.p7s   the ledger's public key, signed by the signer of the certificates
 *   ca.crl                     who of the signers was revoked; may be missing
 * N is written in groups of three digits, all but the last beginning with x: 1234067 is x001/x234/067. */
#ifndef HAIKI_VERIFY_LEDGER_TILE_H
#define HAIKI_VERIFY_LEDGER_TILE_H

#include "verify/ledger/merkle.h"

#define TILE_WIDTH 256
#define TILE_PATH_MAX 64

/* "tile/0/x001/234", "tile/entries/000.p/17", "records/000.jsonl". level -1: entries; width TILE_WIDTH for a
 * full one. */
void tile_path(int level, uint64_t number, unsigned width, char ret[static TILE_PATH_MAX]);
void tile_records_path(uint64_t number, char ret[static TILE_PATH_MAX]);

/* A tree of size leaves in the tiles below folder (borrowed); the last few tiles read are kept. */
struct tile_tree;
NODISCARD int tile_tree_open(
	const char *folder, uint64_t size, struct tile_tree **ret, struct error *error);
struct tile_tree *tile_tree_close(struct tile_tree *tree);
DEFINE_CLEANUP(struct tile_tree *, tile_tree_close);
/* A merkle_read over it. A missing or cut tile is -EBADMSG "tile-missing" or "tile-malformed". */
int tile_tree_read(void *context, unsigned level, uint64_t number, struct merkle_hash *ret,
	struct error *error);

#endif
