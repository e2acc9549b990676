/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of ledger_check share: one pass over the tiles, each part looking at its own. */
#ifndef HAIKI_VERIFY_LEDGER_LEDGER_PARTS_H
#define HAIKI_VERIFY_LEDGER_LEDGER_PARTS_H

#include "verify/ledger/ledger.h"
#include "verify/ledger/tile.h"

#define LEDGER_PATH_BYTES 4352 /* of the folder, and of what lies in it */

/* The first fault of a check is kept; error is left empty. Returns 0, or the error itself where it says
 * nothing about the ledger (no memory). */
NODISCARD int ledger_fault(
	struct ledger_report *report, enum ledger_check_name check, struct error *error);
/* It can no longer be made whole. */
void ledger_unmade(struct ledger_report *report, enum ledger_check_name check);

/* Up to 256 leaves in a row: what was read of them. */
struct ledger_stretch {
	uint64_t number; /* of the tile */
	uint64_t first;  /* index of its first leaf */
	unsigned width;
	bool have_leaves, have_entries;
	struct merkle_hash leaves[TILE_WIDTH];
	struct merkle_hash entries[TILE_WIDTH];
};

/* ---- certificates beside the ledger (ledger_certificates.c) ---- */

struct ledger_certificates;
/* List DIR/certificates; *ret is NULL where there is none. */
NODISCARD int ledger_certificates_open(
	const char *folder, struct ledger_certificates **ret, struct error *error);
struct ledger_certificates *ledger_certificates_close(struct ledger_certificates *certificates);
DEFINE_CLEANUP(struct ledger_certificates *, ledger_certificates_close);
/* Is the file the record names, if it is there, the one whose digest it states? */
NODISCARD int ledger_certificates_take(struct ledger_certificates *certificates,
	const struct record *record, struct ledger_report *report, struct error *error);
/* Has each file been named by a record? */
NODISCARD int ledger_certificates_end(struct ledger_certificates *certificates,
	struct ledger_report *report, struct error *error);

/* ---- records (ledger_records.c) ---- */

/* The lines of this stretch against its entries. certificates may be NULL. */
NODISCARD int ledger_records_check(const struct ledger_question *question,
	const struct ledger_stretch *stretch, struct buffer *lines,
	struct ledger_certificates *certificates, struct ledger_report *report,
	struct error *error);
/* Is there no file of records behind the last tile? */
NODISCARD int ledger_records_end(const struct ledger_question *question, uint64_t tiles,
	struct ledger_report *report, struct error *error);

/* ---- tiles (ledger_tiles.c) ---- */

struct ledger_tiles;
NODISCARD int ledger_tiles_open(
	const char *folder, uint64_t size, struct ledger_tiles **ret, struct error *error);
struct ledger_tiles *ledger_tiles_close(struct ledger_tiles *tiles);
DEFINE_CLEANUP(struct ledger_tiles *, ledger_tiles_close);
/* Read the next stretch: its leaves and its entries, each compared with what lies around it. */
NODISCARD int ledger_tiles_next(struct ledger_tiles *tiles, struct ledger_stretch *ret,
	struct ledger_report *report, struct error *error);
/* The tiles above, the root. */
NODISCARD int ledger_tiles_end(
	struct ledger_tiles *tiles, struct ledger_report *report, struct error *error);

#endif
