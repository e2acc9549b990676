/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger's records laid out as files. */
#include "reports/ledger/ledger_pages.h"

#include "reports/ledger/ledger_files.h"
#include "verify/ledger/tile.h"
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LEVELS 8 /* of tiles: 256^8 is more than MERKLE_SIZE_MAX */
#define ENTRY_BYTES (2 + SHA256_BYTES)

/* One tile of hashes that is being filled. */
struct page {
	uint64_t number;
	unsigned width;
	uint8_t hashes[TILE_WIDTH * SHA256_BYTES];
};

/* A tile of a higher level that is not there: few, so they are kept until they are written. */
struct kept_file {
	char name[TILE_PATH_MAX];
	void *data; /* owned */
	size_t length;
};

/* Invariants: pages[0], entries and records are of the same records; writing: nothing but those is filled. */
struct ledger_pages {
	const char *folder; /* borrowed */
	enum ledger_audience audience;
	bool writing;
	uint64_t size;
	uint64_t
		first_missing; /* number of the first page of level 0 that is not all there; UINT64_MAX: none */
	struct merkle_stack stack;
	struct page pages[LEVELS];
	uint8_t entries[TILE_WIDTH * ENTRY_BYTES];
	struct buffer records;
	struct kept_file *kept; /* owned */
	size_t kept_count;
};

int ledger_pages_make(const char *folder, enum ledger_audience audience, struct ledger_pages **ret,
	struct error *error)
{
	struct ledger_pages *pages = calloc(1, sizeof(*pages));
	if (!pages)
		return error_no_memory(error);
	pages->folder = folder;
	pages->audience = audience;
	pages->first_missing = UINT64_MAX;
	pages->records = (struct buffer)BUFFER_INIT((RECORD_MAX_BYTES + 1) * TILE_WIDTH);
	*ret = pages;
	return 0;
}

struct ledger_pages *ledger_pages_free(struct ledger_pages *pages)
{
	if (!pages)
		return NULL;
	for (size_t i = 0; i < pages->kept_count; i++)
		free(pages->kept[i].data);
	free(pages->kept);
	buffer_free(&pages->records);
	free(pages);
	return NULL;
}

/* --- one file --- */

static int keep(struct ledger_pages *pages, const struct ledger_file *file, struct error *error)
{
	struct kept_file *grown =
		reallocarray(pages->kept, pages->kept_count + 1, sizeof(*pages->kept));
	if (!grown)
		return error_no_memory(error);
	pages->kept = grown;
	struct kept_file *kept = &grown[pages->kept_count];
	*kept = (struct kept_file){ .data = malloc(file->length), .length = file->length };
	if (!kept->data)
		return error_no_memory(error);
	(void)snprintf(kept->name, sizeof(kept->name), "%s", file->name);
	memcpy(kept->data, file->data, file->length);
	pages->kept_count++;
	return 0;
}

static int emit(struct ledger_pages *pages, unsigned level, const struct ledger_file *file,
	struct error *error)
{
	bool there = false;
	int r = ledger_file_look(file, &there, error);
	if (r < 0 || there)
		return r;
	if (pages->writing)
		return ledger_file_write(file, error);
	if (level > 0)
		return keep(pages, file, error);
	if (pages->first_missing == UINT64_MAX)
		pages->first_missing = pages->pages[0].number;
	return 0;
}

/* --- one page --- */

static int emit_records(struct ledger_pages *pages, struct error *error)
{
	const struct page *page = &pages->pages[0];
	char name[TILE_PATH_MAX];
	tile_path(-1, page->number, page->width, name);
	struct ledger_file file = { .folder = pages->folder,
		.name = name,
		.data = pages->entries,
		.length = (size_t)page->width * ENTRY_BYTES };
	int r = emit(pages, 0, &file, error);
	if (r < 0)
		return r;
	tile_records_path(page->number, name);
	file.data = pages->records.data;
	file.length = pages->records.length;
	file.grows = true; /* it was that of a smaller tree */
	r = emit(pages, 0, &file, error);
	buffer_free(&pages->records);
	return r;
}

static int emit_page(struct ledger_pages *pages, unsigned level, struct error *error)
{
	const struct page *page = &pages->pages[level];
	char name[TILE_PATH_MAX];
	tile_path((int)level, page->number, page->width, name);
	const struct ledger_file file = { .folder = pages->folder,
		.name = name,
		.data = page->hashes,
		.length = (size_t)page->width * SHA256_BYTES };
	int r = emit(pages, level, &file, error);
	return r == 0 && level == 0 ? emit_records(pages, error) : r;
}

static int page_hash(const struct page *page, struct merkle_hash *ret, struct error *error)
{
	struct merkle_stack stack = { .size = 0 };
	struct merkle_hash hash;
	for (size_t i = 0; i < page->width; i++) {
		memcpy(hash.bytes, page->hashes + i * SHA256_BYTES, SHA256_BYTES);
		if (merkle_push(&stack, &hash) != 0)
			return error_no_memory(error);
	}
	return merkle_stack_root(&stack, ret) == 0 ? 0 : error_no_memory(error);
}

/* A page that is full is written, and is one hash of the next level. */
static int add_hash(struct ledger_pages *pages, const struct merkle_hash *leaf, struct error *error)
{
	struct merkle_hash hash = *leaf;
	for (unsigned level = 0; level < LEVELS; level++) {
		struct page *page = &pages->pages[level];
		memcpy(page->hashes + (size_t)page->width * SHA256_BYTES, hash.bytes, SHA256_BYTES);
		if (++page->width < TILE_WIDTH)
			return 0;
		int r = emit_page(pages, level, error);
		if (r == 0)
			r = page_hash(page, &hash, error);
		if (r < 0)
			return r;
		page->number++;
		page->width = 0;
		if (pages->writing)
			return 0;
	}
	return 0;
}

static int emit_last(struct ledger_pages *pages, struct error *error)
{
	int r = 0;
	for (unsigned level = 0; r == 0 && level < (pages->writing ? 1 : LEVELS); level++)
		if (pages->pages[level].width > 0)
			r = emit_page(pages, level, error);
	return r;
}

/* --- one record --- */

/* Why it is withheld is no business of the public either: that there is a hold somewhere would be told. */
static int add_record(struct ledger_pages *pages, const struct ledger_row *row, struct error *error)
{
	int r = pages->audience == LEDGER_FOR_PUBLIC && row->withheld[0]
			? buffer_printf(&pages->records,
				  "{\"index\":%" PRIu64 ",\"withheld\":\"private\"}\n", row->index)
			: buffer_append(&pages->records, row->record, row->record_length);
	if (r == 0 && (pages->audience == LEDGER_FOR_AUDITOR || !row->withheld[0]))
		r = buffer_append(&pages->records, "\n", 1);
	return r < 0 ? error_no_memory(error) : 0;
}

static int add_row(void *context, const struct ledger_row *row, struct error *error)
{
	struct ledger_pages *pages = context;
	uint8_t *entry = pages->entries + (size_t)pages->pages[0].width * ENTRY_BYTES;
	struct merkle_hash leaf;
	entry[0] = 0;
	entry[1] = SHA256_BYTES;
	if (hex_decode(row->sha256, entry + 2, SHA256_BYTES) != 0 ||
		merkle_leaf(entry + 2, SHA256_BYTES, &leaf) != 0)
		return error_no_memory(error);
	int r = add_record(pages, row, error);
	if (r == 0 && !pages->writing && merkle_push(&pages->stack, &leaf) != 0)
		return error_no_memory(error);
	return r == 0 ? add_hash(pages, &leaf, error) : r;
}

/* --- all --- */

int ledger_pages_look(struct store *store, struct ledger_pages *pages, uint64_t size,
	struct merkle_hash *ret_root, struct error *error)
{
	pages->size = size;
	int r = ledger_walk(store, 0, size, add_row, pages, error);
	if (r == 0)
		r = emit_last(pages, error);
	if (r == 0 && merkle_stack_root(&pages->stack, ret_root) != 0)
		r = error_no_memory(error);
	return r;
}

int ledger_pages_write(struct store *store, struct ledger_pages *pages, struct error *error)
{
	int r = 0;
	if (pages->first_missing != UINT64_MAX) {
		uint64_t first = pages->first_missing * TILE_WIDTH;
		pages->writing = true;
		pages->pages[0].number = pages->first_missing;
		pages->pages[0].width = 0;
		buffer_free(&pages->records);
		r = ledger_walk(store, first, pages->size - first, add_row, pages, error);
		if (r == 0)
			r = emit_last(pages, error);
	}
	for (size_t i = 0; r == 0 && i < pages->kept_count; i++) {
		const struct ledger_file file = { .folder = pages->folder,
			.name = pages->kept[i].name,
			.data = pages->kept[i].data,
			.length = pages->kept[i].length };
		r = ledger_file_write(&file, error);
	}
	return r;
}

/* A folder that is not empty, and one that is not there, stay as they are. */
static void remove_tile(const char *folder, int level, uint64_t number, unsigned width)
{
	char name[TILE_PATH_MAX], path[PATH_MAX];
	tile_path(level, number, width, name);
	if (ledger_file_path(folder, name, path, sizeof(path), NULL) != 0)
		return;
	(void)unlink(path);
	*strrchr(path, '/') = '\0';
	(void)rmdir(path);
}

void ledger_pages_tidy(const char *folder, uint64_t old_size, uint64_t size)
{
	for (unsigned level = 0; level < LEVELS; level++) {
		uint64_t old_hashes = old_size >> (8 * level), hashes = size >> (8 * level);
		unsigned width = (unsigned)(old_hashes % TILE_WIDTH);
		if (width == 0 || old_hashes == hashes)
			continue;
		remove_tile(folder, (int)level, old_hashes / TILE_WIDTH, width);
		if (level == 0)
			remove_tile(folder, -1, old_hashes / TILE_WIDTH, width);
	}
}
