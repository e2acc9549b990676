/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tiles of a ledger from the leaves up: each full tile is one hash of the level above, and what is made so
 * is compared with what lies there. */
#include "verify/ledger/ledger_parts.h"

#include "base/text.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LEVELS 8 /* 2^62 leaves are 256^7.75 */

/* The hashes of the tile that is being made at this level. */
struct level {
	struct merkle_hash hashes[TILE_WIDTH];
	unsigned width;
	uint64_t number;
};

struct ledger_tiles {
	const char *folder; /* borrowed */
	uint64_t size;
	uint64_t next; /* tile of leaves */
	bool broken;   /* leaves are missing: nothing above can be made */
	struct merkle_stack leaves;
	struct level levels[LEVELS]; /* of level 1 and above */
};

int ledger_tiles_open(
	const char *folder, uint64_t size, struct ledger_tiles **ret, struct error *error)
{
	struct ledger_tiles *tiles = calloc(1, sizeof(*tiles));
	if (!tiles)
		return error_no_memory(error);
	tiles->folder = folder;
	tiles->size = size;
	*ret = tiles;
	return 0;
}

struct ledger_tiles *ledger_tiles_close(struct ledger_tiles *tiles)
{
	free(tiles);
	return NULL;
}

static int hashing_failed(int r, struct error *error)
{
	return error_set(error, ERROR_FAILED, r, "digest", _("Cannot compute SHA-256."));
}

/* Does the tile that lies there hold what was made of those below it? */
static int compare_level(struct ledger_tiles *tiles, unsigned level, struct ledger_report *report,
	struct error *error)
{
	const struct level *made = &tiles->levels[level];
	struct merkle_hash found[TILE_WIDTH];
	char path[TILE_PATH_MAX];
	int r = tile_read(tiles->folder, (int)level, made->number, made->width, found, error);
	if (r < 0)
		return ledger_fault(report, LEDGER_TILES, error);
	for (unsigned i = 0; i < made->width; i++) {
		if (merkle_equal(&found[i], &made->hashes[i]))
			continue;
		tile_path((int)level, made->number, made->width, path);
		error_set(error, ERROR_FAILED, EBADMSG, "tile-differs",
			_("Hash %u of %s is not what the tile below it makes: one of the two was "
			  "changed."),
			i, path);
		return ledger_fault(report, LEDGER_TILES, error);
	}
	return 0;
}

/* A full tile below gives one hash; a tile that becomes full by it gives one itself. */
static int push_level(struct ledger_tiles *tiles, const struct merkle_hash *hash,
	struct ledger_report *report, struct error *error)
{
	struct merkle_hash given = *hash;
	for (unsigned i = 1; i < LEVELS; i++) {
		struct level *level = &tiles->levels[i];
		level->hashes[level->width++] = given;
		if (level->width < TILE_WIDTH)
			return 0;
		int r = compare_level(tiles, i, report, error);
		if (r < 0)
			return r;
		r = tile_root(level->hashes, 0, TILE_WIDTH, &given);
		if (r < 0)
			return hashing_failed(r, error);
		level->width = 0;
		level->number++;
	}
	return 0;
}

static int take_leaves(struct ledger_tiles *tiles, const struct ledger_stretch *stretch,
	struct ledger_report *report, struct error *error)
{
	struct merkle_hash root;
	int r = 0;
	for (unsigned i = 0; i < stretch->width && r == 0; i++)
		r = merkle_push(&tiles->leaves, &stretch->leaves[i]);
	if (r != 0)
		return hashing_failed(r, error);
	if (stretch->width < TILE_WIDTH)
		return 0;
	r = tile_root(stretch->leaves, 0, TILE_WIDTH, &root);
	return r != 0 ? hashing_failed(r, error) : push_level(tiles, &root, report, error);
}

static int compare_entries(
	const struct ledger_stretch *stretch, struct ledger_report *report, struct error *error)
{
	for (unsigned i = 0; i < stretch->width; i++) {
		struct merkle_hash leaf;
		int r = merkle_leaf(stretch->entries[i].bytes, SHA256_BYTES, &leaf);
		if (r < 0)
			return hashing_failed(r, error);
		if (merkle_equal(&leaf, &stretch->leaves[i]))
			continue;
		error_set(error, ERROR_FAILED, EBADMSG, "entry-differs",
			_("Entry %" PRIu64 " is not the leaf at its place: one of the two was "
			  "changed."),
			stretch->first + i);
		return ledger_fault(report, LEDGER_ENTRIES, error);
	}
	return 0;
}

int ledger_tiles_next(struct ledger_tiles *tiles, struct ledger_stretch *ret,
	struct ledger_report *report, struct error *error)
{
	ret->number = tiles->next++;
	ret->first = ret->number * TILE_WIDTH;
	ret->width = (unsigned)MIN(tiles->size - ret->first, TILE_WIDTH);
	ret->have_leaves =
		tile_read(tiles->folder, 0, ret->number, ret->width, ret->leaves, error) == 0;
	if (!ret->have_leaves) {
		tiles->broken = true;
		ledger_unmade(report, LEDGER_ENTRIES);
		int r = ledger_fault(report, LEDGER_TILES, error);
		if (r < 0)
			return r;
	}
	ret->have_entries =
		tile_read(tiles->folder, -1, ret->number, ret->width, ret->entries, error) == 0;
	if (!ret->have_entries) {
		int r = ledger_fault(report, LEDGER_ENTRIES, error);
		if (r < 0)
			return r;
	}
	if (ret->have_leaves && ret->have_entries) {
		int r = compare_entries(ret, report, error);
		if (r < 0)
			return r;
	}
	return tiles->broken ? 0 : take_leaves(tiles, ret, report, error);
}

int ledger_tiles_end(struct ledger_tiles *tiles, struct ledger_report *report, struct error *error)
{
	struct merkle_hash root;
	if (tiles->broken)
		return 0;
	for (unsigned i = 1; i < LEVELS; i++) {
		int r = tiles->levels[i].width > 0 ? compare_level(tiles, i, report, error) : 0;
		if (r < 0)
			return r;
	}
	int r = merkle_stack_root(&tiles->leaves, &root);
	if (r < 0)
		return hashing_failed(r, error);
	if (merkle_equal(&root, &report->head.root))
		return 0;
	error_set(error, ERROR_FAILED, EBADMSG, "tile-differs",
		_("The leaves of the ledger make another tree than the one whose head is signed."));
	return ledger_fault(report, LEDGER_TILES, error);
}
