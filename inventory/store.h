/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store: one thin layer over SQLite now and PostgreSQL later. SQL is written in the subset both
 * take, parameters are $1, $2 … in order of first use, times are INTEGER UTC milliseconds, booleans
 * INTEGER 0/1, documents TEXT holding canonical JSON. One store belongs to one thread. */
#ifndef HAIKI_INVENTORY_STORE_H
#define HAIKI_INVENTORY_STORE_H

#include "base/error.h"
#include <stdbool.h>

enum store_mode {
	STORE_READ, /* must exist; nothing is changed, not even migrated */
	STORE_WRITE, /* made when missing (mode 0600, its folder 0700), migrated to this program's schema */
};

struct store; /* owned by whoever opened it */

/* SQLite: WAL, synchronous FULL, foreign keys on, 10 s busy timeout.
 * Every failure says which file and what to do next, with one of these codes: "store-missing",
 * "store-busy", "store-full" (ENOSPC), "store-read-only", "store-corrupt", "store-newer" (made by
 * a newer program; touched by nothing), "store-open". */
NODISCARD int store_open(
	const char *path, enum store_mode mode, struct store **ret, struct error *error);
/* NULL is allowed. Rolls back what was not committed. Returns NULL. */
struct store *store_close(struct store *store);
DEFINE_CLEANUP(struct store *, store_close);
const char *store_path(const struct store *store);

/* Transactions nest by counting; only the outermost commits. After a failed call roll back. A
 * commit that returned 0 is on stable storage. */
NODISCARD int store_begin(struct store *store, struct error *error);
NODISCARD int store_commit(struct store *store, struct error *error);
void store_rollback(struct store *store);

struct store_value {
	enum { STORE_NULL, STORE_INTEGER, STORE_TEXT } type;
	int64_t integer;
	const char *text; /* borrowed for the call */
};
#define STORE_INT(value)                                                                           \
	((struct store_value){ .type = STORE_INTEGER, .integer = (int64_t)(value) })
#define STORE_STRING(value) ((struct store_value){ .type = STORE_TEXT, .text = (value) })

/* Run a statement that returns no rows. *ret_changed (may be NULL): rows changed. */
NODISCARD int store_execute(struct store *store, const char *sql, const struct store_value *values,
	size_t count, int64_t *ret_changed, struct error *error);

/* Run a statement that returns rows. */
struct store_rows;
NODISCARD int store_query(struct store *store, const char *sql, const struct store_value *values,
	size_t count, struct store_rows **ret, struct error *error);
/* 1: on a row; 0: no more; -errno with error filled. */
NODISCARD int store_next(struct store_rows *rows, struct error *error);
int64_t store_integer(const struct store_rows *rows, unsigned column);
/* "" for NULL; borrowed until the next store_next. */
const char *store_text(const struct store_rows *rows, unsigned column);
struct store_rows *store_rows_close(struct store_rows *rows);
DEFINE_CLEANUP(struct store_rows *, store_rows_close);

/* Numbered migrations (inventory/schema.c). */
#define STORE_SCHEMA_VERSION 1
NODISCARD int store_schema_version(struct store *store, int64_t *ret, struct error *error);

#endif
