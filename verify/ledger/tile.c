/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tiles as files: their names, reading one with its width made sure of, and a tree over them. */
#include "verify/ledger/tile.h"

#include "base/file.h"
#include "base/text.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TILE_HEIGHT 8 /* 2^8 is TILE_WIDTH */
#define ENTRY_BYTES (2 + SHA256_BYTES)
#define TILE_MAX_BYTES (TILE_WIDTH * ENTRY_BYTES)
#define PATH_BYTES 4352 /* of the folder, and of what lies in it */
#define KEPT_TILES 16

/* ---- names ---- */

/* 1234067 → "x001/x234/067" */
static void number_path(uint64_t number, char *ret, size_t size)
{
	char text[TILE_PATH_MAX] = "";
	snprintf(text, sizeof(text), "%03" PRIu64, number % 1000);
	for (uint64_t rest = number / 1000; rest > 0; rest /= 1000) {
		char longer[TILE_PATH_MAX];
		snprintf(longer, sizeof(longer), "x%03" PRIu64 "/%.48s", rest % 1000, text);
		memcpy(text, longer, sizeof(text));
	}
	snprintf(ret, size, "%s", text);
}

void tile_path(int level, uint64_t number, unsigned width, char ret[static TILE_PATH_MAX])
{
	char path[TILE_PATH_MAX];
	char folder[16];
	char part[16] = "";
	number_path(number, path, sizeof(path));
	if (level < 0)
		snprintf(folder, sizeof(folder), "entries");
	else
		snprintf(folder, sizeof(folder), "%d", level);
	if (width < TILE_WIDTH)
		snprintf(part, sizeof(part), ".p/%u", width);
	snprintf(ret, TILE_PATH_MAX, "tile/%s/%.32s%s", folder, path, part);
}

void tile_records_path(uint64_t number, char ret[static TILE_PATH_MAX])
{
	char path[TILE_PATH_MAX];
	number_path(number, path, sizeof(path));
	snprintf(ret, TILE_PATH_MAX, "records/%.32s.jsonl", path);
}

int tile_records_number(const char *path, uint64_t *ret)
{
	char again[TILE_PATH_MAX];
	uint64_t number = 0;
	const char *at = strchr(path, '/');
	if (!at || strlen(path) >= sizeof(again))
		return -EINVAL;
	for (; *at && *at != '.'; at++)
		if (*at >= '0' && *at <= '9')
			number = number * 10 + (uint64_t)(*at - '0');
	tile_records_path(number, again);
	if (strcmp(path, again) != 0)
		return -EINVAL;
	*ret = number;
	return 0;
}

/* ---- one tile ---- */

static int refuse_missing(struct error *error, const char *path)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "tile-missing",
		_("The ledger lacks the file %s."), path);
}

static int refuse_malformed(struct error *error, const char *path)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "tile-malformed",
		_("The file %s of the ledger has not the size or shape it must have."), path);
}

/* -ENOENT without a message where there is none. */
static int read_bytes(const char *folder, const char *path, struct buffer *ret, struct error *error)
{
	char whole[PATH_BYTES];
	struct error local = { 0 };
	ret->length = 0;
	if ((size_t)snprintf(whole, sizeof(whole), "%s/%s", folder, path) >= sizeof(whole))
		return error_set(error, ERROR_USAGE, ENAMETOOLONG, "ledger-folder",
			_("The path is too long: %s"), folder);
	int r = file_read(whole, ret, &local);
	if (r == -ENOENT || r == -ENOTDIR)
		return -ENOENT;
	if (r == -EFBIG)
		return refuse_malformed(error, path);
	if (r < 0 && error)
		*error = local;
	return r;
}

int tile_parse(const void *data, size_t length, bool entries, unsigned width,
	struct merkle_hash ret[static TILE_WIDTH])
{
	const size_t each = entries ? ENTRY_BYTES : SHA256_BYTES;
	const uint8_t *at = data;
	if (width > TILE_WIDTH || length != width * each)
		return -EBADMSG;
	for (unsigned i = 0; i < width; i++, at += each) {
		if (entries && (at[0] != 0 || at[1] != SHA256_BYTES))
			return -EBADMSG;
		memcpy(ret[i].bytes, at + each - SHA256_BYTES, SHA256_BYTES);
	}
	return 0;
}

int tile_read(const char *folder, int level, uint64_t number, unsigned width,
	struct merkle_hash ret[static TILE_WIDTH], struct error *error)
{
	AUTO_BUFFER struct buffer bytes = BUFFER_INIT(TILE_MAX_BYTES);
	struct merkle_hash hashes[TILE_WIDTH];
	char path[TILE_PATH_MAX];
	unsigned found = width;
	tile_path(level, number, width, path);
	int r = read_bytes(folder, path, &bytes, error);
	if (r == -ENOENT && width < TILE_WIDTH) {
		/* Once a tile is full, the file of its part may be gone. */
		char full[TILE_PATH_MAX];
		found = TILE_WIDTH;
		tile_path(level, number, found, full);
		r = read_bytes(folder, full, &bytes, error);
	}
	if (r == -ENOENT)
		return refuse_missing(error, path);
	if (r < 0)
		return r;
	if (tile_parse(buffer_text(&bytes), bytes.length, level < 0, found, hashes) < 0)
		return refuse_malformed(error, path);
	memcpy(ret, hashes, width * sizeof(*hashes));
	return 0;
}

int tile_root(const struct merkle_hash hashes[static TILE_WIDTH], unsigned first, unsigned width,
	struct merkle_hash *ret)
{
	struct merkle_hash nodes[TILE_WIDTH];
	memcpy(nodes, hashes + first, width * sizeof(*nodes));
	for (; width > 1; width /= 2)
		for (unsigned i = 0; i < width / 2; i++) {
			int r = merkle_node(
				&nodes[(size_t)2 * i], &nodes[(size_t)2 * i + 1], &nodes[i]);
			if (r < 0)
				return r;
		}
	*ret = nodes[0];
	return 0;
}

/* ---- a tree of tiles ---- */

struct kept {
	struct merkle_hash hashes[TILE_WIDTH];
	unsigned level, width; /* width 0: nothing is kept here */
	uint64_t number;
	uint64_t used;
};

struct tile_tree {
	const char *folder; /* borrowed */
	uint64_t size;
	uint64_t uses;
	struct kept kept[KEPT_TILES];
};

int tile_tree_open(const char *folder, uint64_t size, struct tile_tree **ret, struct error *error)
{
	struct tile_tree *tree = calloc(1, sizeof(*tree));
	if (!tree)
		return error_no_memory(error);
	tree->folder = folder;
	tree->size = size;
	*ret = tree;
	return 0;
}

struct tile_tree *tile_tree_close(struct tile_tree *tree)
{
	free(tree);
	return NULL;
}

/* How many hashes the tile has in a tree of this size; 0: there is no such tile. */
static unsigned width_in(uint64_t size, unsigned level, uint64_t number)
{
	if (level * TILE_HEIGHT >= 64 || number > UINT64_MAX / TILE_WIDTH)
		return 0;
	uint64_t hashes = size >> (level * TILE_HEIGHT);
	uint64_t start = number * TILE_WIDTH;
	if (start >= hashes)
		return 0;
	return (unsigned)MIN(hashes - start, TILE_WIDTH);
}

static int find_tile(struct tile_tree *tree, unsigned level, uint64_t number, struct kept **ret,
	struct error *error)
{
	struct kept *oldest = &tree->kept[0];
	unsigned width = width_in(tree->size, level, number);
	for (size_t i = 0; i < KEPT_TILES; i++) {
		struct kept *kept = &tree->kept[i];
		if (kept->width > 0 && kept->level == level && kept->number == number) {
			kept->used = ++tree->uses;
			*ret = kept;
			return 0;
		}
		if (kept->used < oldest->used)
			oldest = kept;
	}
	oldest->width = 0;
	int r = tile_read(tree->folder, (int)level, number, width, oldest->hashes, error);
	if (r < 0)
		return r;
	oldest->level = level;
	oldest->number = number;
	oldest->width = width;
	oldest->used = ++tree->uses;
	*ret = oldest;
	return 0;
}

int tile_tree_read(void *context, unsigned level, uint64_t number, struct merkle_hash *ret,
	struct error *error)
{
	struct tile_tree *tree = context;
	struct kept *kept = NULL;
	unsigned inside = level % TILE_HEIGHT; /* levels above the hashes of the tile */
	unsigned width = 1U << inside;
	if (level >= 64 || number > UINT64_MAX >> inside)
		return error_set(error, ERROR_FAILED, EINVAL, "merkle-range",
			_("The tree has no such part."));
	uint64_t first = number << inside;
	unsigned offset = (unsigned)(first % TILE_WIDTH);
	if (width_in(tree->size, level / TILE_HEIGHT, first / TILE_WIDTH) < offset + width)
		return error_set(error, ERROR_FAILED, EINVAL, "merkle-range",
			_("The tree has no such part."));
	int r = find_tile(tree, level / TILE_HEIGHT, first / TILE_WIDTH, &kept, error);
	if (r < 0)
		return r;
	r = tile_root(kept->hashes, offset, width, ret);
	if (r < 0)
		return error_set(error, ERROR_FAILED, r, "digest", _("Cannot compute SHA-256."));
	return 0;
}
