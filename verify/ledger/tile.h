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
 *   audience                   "public" or "auditor": for whom it was written
 *   ca.crl                     who of the signers was revoked; may be missing
 * N is written in groups of three digits, all but the last beginning with x: 1234067 is x001/x234/067. */
#ifndef HAIKI_VERIFY_LEDGER_TILE_H
#define HAIKI_VERIFY_LEDGER_TILE_H

#include "verify/ledger/merkle.h"

#define TILE_WIDTH 256
#define TILE_PATH_MAX 96

/* "tile/0/x001/234", "tile/entries/000.p/17", "records/000.jsonl". level -1: entries; width TILE_WIDTH for a
 * full one. */
void tile_path(int level, uint64_t number, unsigned width, char ret[static TILE_PATH_MAX]);
void tile_records_path(uint64_t number, char ret[static TILE_PATH_MAX]);
/* The inverse of tile_records_path; -EINVAL for anything else. */
NODISCARD int tile_records_number(const char *path, uint64_t *ret);

/* The bytes of a tile of width hashes, or of entries. -EBADMSG for another size, or an entry that is no SHA-256; then
 * *ret is not to be used. */
NODISCARD int tile_parse(const void *data, size_t length, bool entries, unsigned width,
	struct merkle_hash ret[static TILE_WIDTH]);
/* Read the first width hashes of a tile below folder; of entries (level -1) each is the SHA-256 of a record. Where the file of that width is gone the full tile serves. -EBADMSG
 * "tile-missing" or "tile-malformed"; the errors of file_read. */
NODISCARD int tile_read(const char *folder, int level, uint64_t number, unsigned width,
	struct merkle_hash ret[static TILE_WIDTH], struct error *error);
/* The hash over width hashes of a tile from first on; width is a power of two and first a multiple of it. */
NODISCARD int tile_root(const struct merkle_hash hashes[static TILE_WIDTH], unsigned first,
	unsigned width, struct merkle_hash *ret);

/* A tree of size leaves in the tiles below folder (borrowed); the last few tiles read are kept. Nothing is said
 * about whether the tiles are those of a signed head: ledger_check says that. */
struct tile_tree;
NODISCARD int tile_tree_open(
	const char *folder, uint64_t size, struct tile_tree **ret, struct error *error);
struct tile_tree *tile_tree_close(struct tile_tree *tree);
DEFINE_CLEANUP(struct tile_tree *, tile_tree_close);
/* A merkle_read over it (context: the struct tile_tree). The errors of tile_read; -EINVAL outside of the tree. */
int tile_tree_read(void *context, unsigned level, uint64_t number, struct merkle_hash *ret,
	struct error *error);

#endif
