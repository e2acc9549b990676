/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a database has to offer to be a store. One file per database ends in one const descriptor;
 * SQLite is the first, PostgreSQL becomes the second. Only store.c and schema.c call it. */
#ifndef HAIKI_INVENTORY_STORE_STORE_BACKEND_H
#define HAIKI_INVENTORY_STORE_STORE_BACKEND_H

#include "inventory/store/store.h"

/* What was found at a location before anything was changed there. */
enum store_content {
	STORE_CONTENT_UNKNOWN,
	STORE_CONTENT_EMPTY,   /* no tables: may be filled */
	STORE_CONTENT_OURS,    /* carries our mark */
	STORE_CONTENT_FOREIGN, /* another program's */
};

/* connection and cursor are the backend's own types. Every int function returns 0 or -errno with
 * error filled by the codes of store.h, naming the location. */
struct store_backend {
	const char *name;

	/* Is location (a path, a URL) one of this backend's? */
	bool (*accepts)(const char *location);

	/* Open; the database's content is not changed, and the mode of journaling neither. */
	int (*open)(const char *location, enum store_mode mode, void **ret_connection,
		struct error *error);
	void (*close)(void *connection);
	void (*set_busy_timeout_ms)(void *connection, int timeout_ms);

	int (*inspect)(void *connection, enum store_content *ret, struct error *error);
	/* Called once inspect has shown that the database may be written: durable commits. */
	int (*settle)(void *connection, struct error *error);
	/* Put our mark on an empty database, inside the first migration's transaction. */
	int (*claim)(void *connection, struct error *error);
	/* Make the database itself refuse UPDATE and DELETE on a table. */
	int (*make_append_only)(void *connection, const char *table, struct error *error);

	int (*begin)(void *connection, struct error *error);
	int (*commit)(void *connection, struct error *error);
	void (*rollback)(void *connection);

	int (*execute)(void *connection, const char *sql, const struct store_value *values,
		size_t count, int64_t *ret_changed, struct error *error);
	int (*query)(void *connection, const char *sql, const struct store_value *values,
		size_t count, void **ret_cursor, struct error *error);
	int (*next)(void *cursor, struct error *error); /* 1, 0, -errno */
	int64_t (*integer)(const void *cursor, unsigned column);
	const char *(*text)(const void *cursor, unsigned column);
	void (*finish)(void *cursor);
};

extern const struct store_backend store_backend_sqlite;

/* For schema.c. */
NODISCARD int store_inspect(struct store *store, enum store_content *ret, struct error *error);
NODISCARD int store_settle(struct store *store, struct error *error);
NODISCARD int store_claim(struct store *store, struct error *error);
NODISCARD int store_make_append_only(struct store *store, const char *table, struct error *error);

#endif
