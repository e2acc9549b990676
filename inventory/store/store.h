/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store: one thin layer over SQLite now and PostgreSQL later. SQL is written in the subset both
 * take, parameters are $1, $2 … in order of first use, times are INTEGER UTC milliseconds, booleans
 * INTEGER 0/1, documents TEXT holding canonical JSON. One store belongs to one thread. */
#ifndef HAIKI_INVENTORY_STORE_STORE_H
#define HAIKI_INVENTORY_STORE_STORE_H

#include "base/error.h"
#include <stdbool.h>

enum store_mode {
	STORE_READ, /* must exist; nothing is changed, not even migrated */
	STORE_WRITE, /* made when missing (mode 0600, its folder 0700), migrated to this program's schema */
};

struct store; /* owned by whoever opened it */

/* SQLite: WAL, synchronous FULL, foreign keys on, 10 s busy timeout.
 * Every failure, here and in every later call, says which file and what to do next, with one of
 * these codes:
 *   "store-missing"    ENOENT  STORE_READ only: no file, or nothing in it yet
 *   "store-busy"       EBUSY   another process kept the write lock for the whole timeout
 *   "store-full"       ENOSPC  what was committed before is still there
 *   "store-read-only"  EROFS   file or file system, or a change was tried under STORE_READ
 *   "store-corrupt"    EBADMSG no database, damaged, or holding what this program never wrote
 *   "store-newer"      ENOTSUP made by a newer program; touched by nothing
 *   "store-older"      ENOTSUP STORE_READ only: must be migrated first; touched by nothing
 *   "store-foreign"    EINVAL  a database of another program; touched by nothing
 *   "store-open"       any     it could not be opened for another reason (permission, a folder)
 *   "store-failed"     any     a statement failed for another reason (I/O error, a broken rule)
 *   "store-rolled-back" ECANCELED  the transaction was already given up, see store_rollback
 *   "no-memory" */
NODISCARD int store_open(
	const char *path, enum store_mode mode, struct store **ret, struct error *error);
/* NULL is allowed. Rolls back what was not committed. Returns NULL. */
struct store *store_close(struct store *store);
DEFINE_CLEANUP(struct store *, store_close);
const char *store_path(const struct store *store);
/* How long to wait for another process's transaction. */
void store_set_busy_timeout_ms(struct store *store, int timeout_ms);

/* Transactions nest by counting; only the outermost commits. A commit that returned 0 is on stable
 * storage. Under STORE_WRITE the write lock is taken at the outermost begin, so that what is read
 * inside stays true until the commit.
 *
 * Each begin that returned 0 is matched by one commit that returned 0 or by one rollback; so after a
 * failed commit, roll back. A failed statement gives the whole transaction up at once (nothing of
 * it stays), as does a rollback at any depth: until the outermost level has ended every call then
 * returns -ECANCELED, and no statement can slip through outside the transaction it was meant for. */
NODISCARD int store_begin(struct store *store, struct error *error);
NODISCARD int store_commit(struct store *store, struct error *error);
void store_rollback(struct store *store);
/* End a level by the result of the work in it: commit when result >= 0, else roll back. Returns
 * result, or the commit's error after rolling back. */
NODISCARD int store_end(struct store *store, int result, struct error *error);

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
/* Copy a text of the row; -EBADMSG "store-corrupt" when it does not fit: a serial cut short would be
 * another serial. */
NODISCARD int store_copy_text(const struct store_rows *rows, unsigned column, char *ret,
	size_t size, struct error *error);
struct store_rows *store_rows_close(struct store_rows *rows);
DEFINE_CLEANUP(struct store_rows *, store_rows_close);

/* The store holds what this program never wrote: "store-corrupt", naming the file and what was being
 * read. Returns -EBADMSG. */
int store_error_corrupt(const struct store *store, const char *reading, struct error *error);

/* Numbered migrations (inventory/store/schema.c). */
#define STORE_SCHEMA_VERSION 4
NODISCARD int store_schema_version(struct store *store, int64_t *ret, struct error *error);

#endif
