/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of the store as a Merkle tree. */
#include "reports/ledger/ledger_tree.h"

#include "base/text.h"
#include <errno.h>

int ledger_damaged(const struct store *store, const char *why, struct error *error)
{
	(void)error_set(error, ERROR_FAILED, EBADMSG, "ledger-damaged",
		_("The ledger in the store %s is damaged: %s"), store_path(store), why);
	return error_next(error, _("Nothing was signed or written. Keep the store for an inquiry "
				   "and restore it from "
				   "a backup that is as new as the ledger's last export."));
}

/* The subtree whose 2^n children of level base (0, 8, 16 …) begin with child first. */
static int fold(struct store *store, unsigned base, uint64_t first, uint64_t count,
	struct merkle_hash *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(first), STORE_INT(first + count),
		STORE_INT(base) };
	int r = base == 0 ? store_query(store,
				    "SELECT sha256 FROM ledger_record WHERE number >= $1"
				    " AND number < $2 ORDER BY number",
				    values, 2, &rows, error)
			  : store_query(store,
				    "SELECT hash FROM ledger_hash WHERE number >= $1"
				    " AND number < $2 AND level = $3 ORDER BY number",
				    values, 3, &rows, error);
	struct merkle_stack stack = { .size = 0 };
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		struct merkle_hash hash;
		if (hex_decode(store_text(rows, 0), hash.bytes, sizeof(hash.bytes)) != 0)
			return ledger_damaged(store, _("a hash in it is none"), error);
		if (base == 0 && merkle_leaf(hash.bytes, sizeof(hash.bytes), &hash) != 0)
			return error_no_memory(error);
		r = merkle_push(&stack, &hash);
		if (r < 0)
			return error_no_memory(error);
	}
	if (r < 0)
		return r;
	if (stack.size != count)
		return ledger_damaged(store, _("some of its hashes are missing"), error);
	return merkle_stack_root(&stack, ret) == 0 ? 0 : error_no_memory(error);
}

static int read_hash(void *context, unsigned level, uint64_t number, struct merkle_hash *ret,
	struct error *error)
{
	unsigned base = level - level % LEDGER_TILE_LEVELS;
	unsigned above = level - base;
	return fold(context, base, number << above, UINT64_C(1) << above, ret, error);
}

struct merkle_tree ledger_tree(struct store *store, uint64_t size)
{
	return (struct merkle_tree){ .size = size, .read = read_hash, .context = store };
}

/* How many subtrees of a level are kept. */
static int kept(struct store *store, unsigned level, uint64_t *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(level) };
	int r = store_query(store,
		"SELECT coalesce(max(number), -1) + 1 FROM ledger_hash WHERE level = $1", values, 1,
		&rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r > 0)
		*ret = (uint64_t)store_integer(rows, 0);
	return r < 0 ? r : 0;
}

static int keep(struct store *store, unsigned level, uint64_t number, struct error *error)
{
	struct merkle_hash hash;
	char hex[SHA256_HEX_SIZE];
	int r = fold(store, level - LEDGER_TILE_LEVELS, number << LEDGER_TILE_LEVELS,
		UINT64_C(1) << LEDGER_TILE_LEVELS, &hash, error);
	if (r < 0)
		return r;
	hex_encode(hash.bytes, sizeof(hash.bytes), hex);
	const struct store_value values[] = { STORE_INT(level), STORE_INT(number),
		STORE_STRING(hex) };
	return store_execute(store,
		"INSERT INTO ledger_hash (level, number, hash) VALUES ($1, $2, $3)", values,
		ARRAY_SIZE(values), NULL, error);
}

int ledger_tree_extend(struct store *store, uint64_t size, struct error *error)
{
	for (unsigned level = LEDGER_TILE_LEVELS; size >> level; level += LEDGER_TILE_LEVELS) {
		uint64_t number = 0;
		int r = kept(store, level, &number, error);
		for (; r == 0 && number < size >> level; number++)
			r = keep(store, level, number, error);
		if (r < 0)
			return r;
	}
	return 0;
}
