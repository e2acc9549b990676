/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store on SQLite: one file, WAL, synchronous FULL. Opening looks before it touches, so that a
 * newer or foreign database is left as it is. */
#include "inventory/store/store_backend.h"

#include "base/clock.h"
#include "base/text.h"
#include "inventory/store/store_sqlite_error.h"
#include "inventory/store/store_sqlite_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BUSY_TIMEOUT_MS 10000
#define BUSY_PAUSE_MS 3
/* "HAIK" in the database header's application id (SQLite file format, 1.3.15). */
#define APPLICATION_ID 0x4841494B
#define STATEMENTS_KEPT 32

/* A prepared statement kept for the next use of the same text. */
struct kept {
	sqlite3_stmt *statement; /* owned; NULL: the place is free */
	bool in_use;
};

struct connection {
	sqlite3 *database; /* owned */
	char *path;        /* owned */
	struct kept kept[STATEMENTS_KEPT];
	size_t next_place;
};

struct cursor {
	struct connection *connection; /* borrowed */
	sqlite3_stmt *statement;       /* from take_statement */
};

static int fail(const struct connection *connection, int result, struct error *error)
{
	return sqlite_error(connection->database, connection->path, result, error);
}

static bool accepts(const char *location)
{
	return strstr(location, "://") == NULL;
}

/* -- statements -- */

static int run_simple(struct connection *connection, const char *sql, struct error *error)
{
	int result = sqlite3_exec(connection->database, sql, NULL, NULL, NULL);
	return result == SQLITE_OK ? 0 : fail(connection, result, error);
}

/* The place of a kept statement with this text that nobody uses, or a place for a new one; NULL
 * when all are in use. */
static struct kept *find_place(struct connection *connection, const char *sql)
{
	for (size_t i = 0; i < STATEMENTS_KEPT; i++) {
		struct kept *kept = &connection->kept[i];
		if (kept->statement && !kept->in_use &&
			strcmp(sqlite3_sql(kept->statement), sql) == 0)
			return kept;
	}
	for (size_t i = 0; i < STATEMENTS_KEPT; i++) {
		struct kept *kept = &connection->kept[connection->next_place];
		connection->next_place = (connection->next_place + 1) % STATEMENTS_KEPT;
		if (!kept->in_use) {
			sqlite3_finalize(kept->statement);
			kept->statement = NULL;
			return kept;
		}
	}
	return NULL;
}

static int take_statement(
	struct connection *connection, const char *sql, sqlite3_stmt **ret, struct error *error)
{
	struct kept *kept = find_place(connection, sql);
	if (kept && kept->statement) {
		kept->in_use = true;
		*ret = kept->statement;
		return 0;
	}
	sqlite3_stmt *statement = NULL;
	const char *tail = NULL;
	int result = sqlite3_prepare_v3(connection->database, sql, -1,
		kept ? SQLITE_PREPARE_PERSISTENT : 0, &statement, &tail);
	if (result != SQLITE_OK)
		return fail(connection, result, error);
	/* Text behind the first statement would silently not be run. */
	if (!statement || *tail != '\0') {
		sqlite3_finalize(statement);
		return fail(connection, SQLITE_MISUSE, error);
	}
	if (kept) {
		kept->statement = statement;
		kept->in_use = true;
	}
	*ret = statement;
	return 0;
}

static void give_statement(struct connection *connection, sqlite3_stmt *statement)
{
	/* What a failed step returned was reported then. */
	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	for (size_t i = 0; i < STATEMENTS_KEPT; i++) {
		if (connection->kept[i].statement == statement) {
			connection->kept[i].in_use = false;
			return;
		}
	}
	sqlite3_finalize(statement);
}

/* By name, so that $2 is the second value wherever it stands, as in PostgreSQL. */
static int bind(struct connection *connection, sqlite3_stmt *statement,
	const struct store_value *values, size_t count, struct error *error)
{
	if ((size_t)sqlite3_bind_parameter_count(statement) != count)
		return fail(connection, SQLITE_RANGE, error);
	for (size_t i = 0; i < count; i++) {
		char name[24];
		(void)snprintf(name, sizeof(name), "$%zu", i + 1);
		int place = sqlite3_bind_parameter_index(statement, name);
		if (place == 0)
			return fail(connection, SQLITE_RANGE, error);
		int result = SQLITE_ERROR;
		switch (values[i].type) {
		case STORE_NULL:
			result = sqlite3_bind_null(statement, place);
			break;
		case STORE_INTEGER:
			result = sqlite3_bind_int64(statement, place, values[i].integer);
			break;
		case STORE_TEXT:
			result = sqlite3_bind_text64(statement, place, values[i].text,
				values[i].text ? strlen(values[i].text) : 0, SQLITE_TRANSIENT,
				SQLITE_UTF8);
			break;
		}
		if (result != SQLITE_OK)
			return fail(connection, result, error);
	}
	return 0;
}

static int start(struct connection *connection, const char *sql, const struct store_value *values,
	size_t count, sqlite3_stmt **ret, struct error *error)
{
	sqlite3_stmt *statement = NULL;
	int r = take_statement(connection, sql, &statement, error);
	if (r < 0)
		return r;
	r = bind(connection, statement, values, count, error);
	if (r < 0) {
		give_statement(connection, statement);
		return r;
	}
	*ret = statement;
	return 0;
}

static int execute(void *opaque, const char *sql, const struct store_value *values, size_t count,
	int64_t *ret_changed, struct error *error)
{
	struct connection *connection = opaque;
	sqlite3_stmt *statement = NULL;
	int r = start(connection, sql, values, count, &statement, error);
	if (r < 0)
		return r;
	int result = sqlite3_step(statement);
	if (result == SQLITE_DONE)
		*ret_changed = sqlite3_changes64(connection->database);
	else
		r = fail(connection, result == SQLITE_ROW ? SQLITE_MISUSE : result, error);
	give_statement(connection, statement);
	return r;
}

static int query(void *opaque, const char *sql, const struct store_value *values, size_t count,
	void **ret_cursor, struct error *error)
{
	struct connection *connection = opaque;
	struct cursor *cursor = calloc(1, sizeof(*cursor));
	if (!cursor) {
		error_no_memory(error);
		return -ENOMEM;
	}
	cursor->connection = connection;
	int r = start(connection, sql, values, count, &cursor->statement, error);
	if (r < 0) {
		free(cursor);
		return r;
	}
	*ret_cursor = cursor;
	return 0;
}

static int next(void *opaque, struct error *error)
{
	struct cursor *cursor = opaque;
	int result = sqlite3_step(cursor->statement);
	if (result == SQLITE_DONE)
		return 0;
	if (result != SQLITE_ROW)
		return fail(cursor->connection, result, error);
	/* Fetch every text now: later, a lack of memory would look like an empty text. */
	int columns = sqlite3_column_count(cursor->statement);
	for (int i = 0; i < columns; i++) {
		if (sqlite3_column_type(cursor->statement, i) != SQLITE_NULL &&
			!sqlite3_column_text(cursor->statement, i))
			return error_no_memory(error);
	}
	return 1;
}

static int64_t integer(const void *opaque, unsigned column)
{
	const struct cursor *cursor = opaque;
	return sqlite3_column_int64(cursor->statement, (int)column);
}

static const char *text(const void *opaque, unsigned column)
{
	const struct cursor *cursor = opaque;
	return (const char *)sqlite3_column_text(cursor->statement, (int)column);
}

static void finish(void *opaque)
{
	struct cursor *cursor = opaque;
	give_statement(cursor->connection, cursor->statement);
	free(cursor);
}

/* -- transactions -- */

static int begin(void *opaque, struct error *error)
{
	struct connection *connection = opaque;
	bool read_only = sqlite3_db_readonly(connection->database, "main") != 0;
	return run_simple(connection, read_only ? "BEGIN" : "BEGIN IMMEDIATE", error);
}

static int commit(void *opaque, struct error *error)
{
	return run_simple(opaque, "COMMIT", error);
}

static void rollback(void *opaque)
{
	struct connection *connection = opaque;
	/* After some errors SQLite has rolled back by itself; then there is nothing to do. A rollback
	 * that fails leaves the file to the recovery of the next opening: nothing was committed. */
	if (!sqlite3_get_autocommit(connection->database))
		(void)sqlite3_exec(connection->database, "ROLLBACK", NULL, NULL, NULL);
}

/* -- opening -- */

static void close_connection(void *opaque)
{
	struct connection *connection = opaque;
	for (size_t i = 0; i < STATEMENTS_KEPT; i++)
		sqlite3_finalize(connection->kept[i].statement);
	(void)sqlite3_close_v2(connection->database);
	free(connection->path);
	free(connection);
}

static void set_busy_timeout_ms(void *opaque, int timeout_ms)
{
	struct connection *connection = opaque;
	(void)sqlite3_busy_timeout(connection->database, timeout_ms);
}

static int configure(struct connection *connection, enum store_mode mode, struct error *error)
{
	sqlite3 *database = connection->database;
	(void)sqlite3_extended_result_codes(database, 1);
	(void)sqlite3_busy_timeout(database, BUSY_TIMEOUT_MS);
	/* Until it is known whose database it is, closing must not write to it. */
	if (sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) != SQLITE_OK ||
		sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) != SQLITE_OK ||
		sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL) != SQLITE_OK)
		return fail(connection, SQLITE_ERROR, error);
	/* cell_size_check: damaged pages are noticed when read, before they are believed. */
	int r = run_simple(connection,
		"PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL",
		error);
	if (r == 0 && mode == STORE_READ)
		r = run_simple(connection, "PRAGMA query_only = ON", error);
	return r;
}

static int open_database(struct connection *connection, enum store_mode mode, struct error *error)
{
	AUTO_BUFFER struct buffer uri = BUFFER_INIT(SQLITE_URI_MAX);
	int r = sqlite_file_uri(connection->path, mode, &uri);
	if (r < 0)
		return sqlite_error_file(connection->path, -r, error);
	int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
		    (mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
	int result = sqlite3_open_v2(buffer_text(&uri), &connection->database, flags, NULL);
	if (!connection->database)
		return error_no_memory(error);
	if (result != SQLITE_OK)
		return fail(connection, result, error);
	/* SQLite opens a file it may not write for reading, without a word. */
	if (mode == STORE_WRITE && sqlite3_db_readonly(connection->database, "main") != 0)
		return fail(connection, SQLITE_READONLY, error);
	return configure(connection, mode, error);
}

static int open_connection(
	const char *location, enum store_mode mode, void **ret_connection, struct error *error)
{
	int r = sqlite_file_check(location, mode, error);
	if (r < 0)
		return r;
	struct connection *connection = calloc(1, sizeof(*connection));
	if (!connection)
		return error_no_memory(error);
	connection->path = strdup(location);
	r = connection->path ? open_database(connection, mode, error) : error_no_memory(error);
	if (r < 0) {
		close_connection(connection);
		return r;
	}
	*ret_connection = connection;
	return 0;
}

/* -- whose database it is -- */

static int read_number(
	struct connection *connection, const char *sql, int64_t *ret, struct error *error)
{
	void *cursor = NULL;
	int r = query(connection, sql, NULL, 0, &cursor, error);
	if (r < 0)
		return r;
	r = next(cursor, error);
	if (r > 0)
		*ret = integer(cursor, 0);
	else if (r == 0)
		r = fail(connection, SQLITE_CORRUPT, error);
	finish(cursor);
	return r < 0 ? r : 0;
}

static int inspect(void *opaque, enum store_content *ret, struct error *error)
{
	struct connection *connection = opaque;
	int64_t application = 0;
	int64_t tables = 0;
	/* The tables first: another process that fills it meanwhile makes them with our mark. */
	int r = read_number(connection, "SELECT count(*) FROM sqlite_master", &tables, error);
	if (r == 0)
		r = read_number(connection, "PRAGMA application_id", &application, error);
	if (r < 0)
		return r;
	if (application == APPLICATION_ID)
		*ret = STORE_CONTENT_OURS;
	else if (application == 0 && tables == 0)
		*ret = STORE_CONTENT_EMPTY;
	else
		*ret = STORE_CONTENT_FOREIGN;
	return 0;
}

static int write_ahead(struct connection *connection, struct error *error)
{
	void *cursor = NULL;
	int r = query(connection, "PRAGMA journal_mode = WAL", NULL, 0, &cursor, error);
	if (r < 0)
		return r;
	r = next(cursor, error);
	/* A file system that cannot do it leaves the mode as it was and says so only here. */
	if (r >= 0 && (r == 0 || strcmp(text(cursor, 0), "wal") != 0))
		r = fail(connection, SQLITE_PROTOCOL, error);
	finish(cursor);
	return r < 0 ? r : 0;
}

static int settle(void *opaque, struct error *error)
{
	struct connection *connection = opaque;
	if (sqlite3_db_config(connection->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL) !=
		SQLITE_OK)
		return fail(connection, SQLITE_ERROR, error);
	/* To change to WAL it must be alone, and for that alone SQLite does not wait: of several who
	 * come to a new store at the same time all would be turned away. */
	struct error reason = { 0 };
	int64_t until = clock_monotonic_ms() + BUSY_TIMEOUT_MS;
	int r = write_ahead(connection, &reason);
	while (r == -EBUSY && clock_monotonic_ms() < until) {
		(void)sqlite3_sleep(BUSY_PAUSE_MS);
		r = write_ahead(connection, &reason);
	}
	if (r < 0 && error)
		*error = reason;
	return r;
}

static int claim(void *opaque, struct error *error)
{
	char sql[64];
	(void)snprintf(sql, sizeof(sql), "PRAGMA application_id = %d", APPLICATION_ID);
	return run_simple(opaque, sql, error);
}

static int make_append_only(void *opaque, const char *table, struct error *error)
{
	static const char *const verbs[] = { "UPDATE", "DELETE" };
	int r = 0;
	for (size_t i = 0; i < ARRAY_SIZE(verbs) && r == 0; i++) {
		char sql[256];
		int length = snprintf(sql, sizeof(sql),
			"CREATE TRIGGER %s_refuse_%s BEFORE %s ON %s BEGIN "
			"SELECT RAISE(ABORT, '%s is append-only'); END",
			table, verbs[i], verbs[i], table, table);
		if (length < 0 || (size_t)length >= sizeof(sql))
			return fail(opaque, SQLITE_TOOBIG, error);
		r = run_simple(opaque, sql, error);
	}
	return r;
}

const struct store_backend store_backend_sqlite = {
	.name = "sqlite",
	.accepts = accepts,
	.open = open_connection,
	.close = close_connection,
	.set_busy_timeout_ms = set_busy_timeout_ms,
	.inspect = inspect,
	.settle = settle,
	.claim = claim,
	.make_append_only = make_append_only,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.execute = execute,
	.query = query,
	.next = next,
	.integer = integer,
	.text = text,
	.finish = finish,
};
