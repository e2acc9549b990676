/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store's own part: choosing the database, transactions that nest, and the rule that a failed
 * transaction is over. What a database does is behind the backend table. */
#include "inventory/store/store.h"

#include "base/text.h"
#include "inventory/store/schema.h"
#include "inventory/store/store_backend.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Invariants: depth counts begun levels; doomed only while depth > 0, and then the database itself
 * has no transaction open any more. */
struct store {
	const struct store_backend *backend;
	void *connection; /* owned */
	char *path;       /* owned */
	unsigned depth;
	bool doomed;
};

struct store_rows {
	struct store *store; /* borrowed */
	void *cursor;        /* owned */
};

static const struct store_backend *const backends[] = { &store_backend_sqlite };

static const struct store_backend *backend_for(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(backends); i++)
		if (backends[i]->accepts(path))
			return backends[i];
	return NULL;
}

int store_open(const char *path, enum store_mode mode, struct store **ret, struct error *error)
{
	const struct store_backend *backend = backend_for(path);
	if (!backend) {
		int r = error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "store-open",
			_("Cannot open the store \"%s\": this program knows no such database"),
			path);
		error_next(
			error, _("Give the path of a file as \"database\" in the configuration."));
		return r;
	}
	CLEANUP(cleanup_store_close) struct store *store = calloc(1, sizeof(*store));
	if (!store)
		return error_no_memory(error);
	store->backend = backend;
	store->path = strdup(path);
	if (!store->path)
		return error_no_memory(error);
	int r = backend->open(path, mode, &store->connection, error);
	if (r < 0)
		return r;
	r = schema_prepare(store, mode, error);
	if (r < 0)
		return r;
	*ret = store;
	store = NULL;
	return 0;
}

struct store *store_close(struct store *store)
{
	if (!store)
		return NULL;
	while (store->depth > 0)
		store_rollback(store);
	if (store->connection)
		store->backend->close(store->connection);
	free(store->path);
	free(store);
	return NULL;
}

const char *store_path(const struct store *store)
{
	return store->path;
}

void store_set_busy_timeout_ms(struct store *store, int timeout_ms)
{
	store->backend->set_busy_timeout_ms(store->connection, timeout_ms);
}

static int error_rolled_back(const struct store *store, struct error *error)
{
	int r = error_set(error, ERROR_FAILED, ECANCELED, "store-rolled-back",
		_("Nothing more can be written to the store %s in this step: an earlier part of it "
		  "failed "
		  "and was undone"),
		store->path);
	error_next(error, _("Look at the first error, mend it and run the command again."));
	return r;
}

int store_error_corrupt(const struct store *store, const char *reading, struct error *error)
{
	int r = error_set(error, ERROR_FAILED, EBADMSG, "store-corrupt",
		_("The store %s is damaged: %s is not as it was written"), store->path, reading);
	error_next(error, _("Nothing was changed. Restore the file from a backup. Certificates "
			    "already exported stay valid without it."));
	return r;
}

/* A failed statement ends the transaction: SQLite may have rolled it back by itself, PostgreSQL
 * refuses whatever follows. So it is the same for both, and nothing is committed by halves. */
static void doom(struct store *store)
{
	if (store->depth == 0 || store->doomed)
		return;
	store->backend->rollback(store->connection);
	store->doomed = true;
}

int store_begin(struct store *store, struct error *error)
{
	if (store->doomed)
		return error_rolled_back(store, error);
	if (store->depth == 0) {
		int r = store->backend->begin(store->connection, error);
		if (r < 0)
			return r;
	}
	store->depth++;
	return 0;
}

int store_commit(struct store *store, struct error *error)
{
	if (store->doomed)
		return error_rolled_back(store, error);
	if (store->depth == 0)
		return error_set(error, ERROR_FAILED, EINVAL, "store-failed",
			_("No transaction is open in the store %s"), store->path);
	if (store->depth == 1) {
		int r = store->backend->commit(store->connection, error);
		if (r < 0) {
			doom(store);
			return r;
		}
	}
	store->depth--;
	return 0;
}

void store_rollback(struct store *store)
{
	if (store->depth == 0)
		return;
	doom(store);
	store->depth--;
	if (store->depth == 0)
		store->doomed = false;
}

int store_end(struct store *store, int result, struct error *error)
{
	if (result >= 0) {
		int r = store_commit(store, error);
		if (r == 0)
			return result;
		result = r;
	}
	store_rollback(store);
	return result;
}

int store_execute(struct store *store, const char *sql, const struct store_value *values,
	size_t count, int64_t *ret_changed, struct error *error)
{
	if (store->doomed)
		return error_rolled_back(store, error);
	int64_t changed = 0;
	int r = store->backend->execute(store->connection, sql, values, count, &changed, error);
	if (r < 0) {
		doom(store);
		return r;
	}
	if (ret_changed)
		*ret_changed = changed;
	return 0;
}

int store_query(struct store *store, const char *sql, const struct store_value *values,
	size_t count, struct store_rows **ret, struct error *error)
{
	if (store->doomed)
		return error_rolled_back(store, error);
	struct store_rows *rows = calloc(1, sizeof(*rows));
	if (!rows) {
		doom(store);
		return error_no_memory(error);
	}
	rows->store = store;
	int r = store->backend->query(store->connection, sql, values, count, &rows->cursor, error);
	if (r < 0) {
		doom(store);
		free(rows);
		return r;
	}
	*ret = rows;
	return 0;
}

int store_next(struct store_rows *rows, struct error *error)
{
	if (rows->store->doomed)
		return error_rolled_back(rows->store, error);
	int r = rows->store->backend->next(rows->cursor, error);
	if (r < 0)
		doom(rows->store);
	return r;
}

int64_t store_integer(const struct store_rows *rows, unsigned column)
{
	return rows->store->backend->integer(rows->cursor, column);
}

const char *store_text(const struct store_rows *rows, unsigned column)
{
	const char *text = rows->store->backend->text(rows->cursor, column);
	return text ? text : "";
}

int store_copy_text(
	const struct store_rows *rows, unsigned column, char *ret, size_t size, struct error *error)
{
	const char *text = store_text(rows, column);
	size_t length = strlen(text);
	if (length >= size)
		return store_error_corrupt(rows->store, _("a text that is too long"), error);
	memcpy(ret, text, length + 1);
	return 0;
}

struct store_rows *store_rows_close(struct store_rows *rows)
{
	if (!rows)
		return NULL;
	rows->store->backend->finish(rows->cursor);
	free(rows);
	return NULL;
}

int store_inspect(struct store *store, enum store_content *ret, struct error *error)
{
	return store->backend->inspect(store->connection, ret, error);
}

int store_settle(struct store *store, struct error *error)
{
	return store->backend->settle(store->connection, error);
}

int store_claim(struct store *store, struct error *error)
{
	int r = store->backend->claim(store->connection, error);
	if (r < 0)
		doom(store);
	return r;
}

int store_make_append_only(struct store *store, const char *table, struct error *error)
{
	int r = store->backend->make_append_only(store->connection, table, error);
	if (r < 0)
		doom(store);
	return r;
}
