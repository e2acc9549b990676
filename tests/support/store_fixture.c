/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder of its own for each test, a store in it, rows for it, and what its errors must say. */
#include "tests/support/store_fixture.h"

#include <ftw.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the four above */
#include <cmocka.h>

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

int store_fixture_setup_folder(void **state)
{
	struct store_fixture *fixture = calloc(1, sizeof(*fixture));
	if (!fixture)
		return -1;
	(void)strcpy(fixture->folder, "/tmp/haiki-store-XXXXXX");
	if (!mkdtemp(fixture->folder)) {
		free(fixture);
		return -1;
	}
	(void)snprintf(fixture->path, sizeof(fixture->path), "%s/state/haiki.db", fixture->folder);
	*state = fixture;
	return 0;
}

int store_fixture_setup(void **state)
{
	int r = store_fixture_setup_folder(state);
	if (r < 0)
		return r;
	struct store_fixture *fixture = *state;
	return store_open(fixture->path, STORE_WRITE, &fixture->store, NULL);
}

int store_fixture_teardown(void **state)
{
	struct store_fixture *fixture = *state;
	store_close(fixture->store);
	int r = nftw(fixture->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	free(fixture);
	return r;
}

void store_fixture_reopen(struct store_fixture *fixture, enum store_mode mode)
{
	struct error error = { 0 };
	fixture->store = store_close(fixture->store);
	if (store_open(fixture->path, mode, &fixture->store, &error) < 0)
		fail_msg("%s: %s", error.code, error.what);
}

void store_fixture_tamper(const struct store_fixture *fixture, const char *sql)
{
	sqlite3 *database = NULL;
	assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
	if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(database));
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

int64_t store_fixture_number(struct store *store, const char *sql)
{
	struct error error = { 0 };
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	if (store_query(store, sql, NULL, 0, &rows, &error) < 0 || store_next(rows, &error) != 1)
		fail_msg("%s: %s: %s", sql, error.code, error.what);
	return store_integer(rows, 0);
}

void store_fixture_put(struct store *store, const char *name)
{
	struct error error = { 0 };
	const struct store_value values[] = { STORE_STRING(name) };
	if (store_execute(store, "INSERT INTO meta (name, value) VALUES ($1, 'x')", values, 1, NULL,
		    &error) < 0)
		fail_msg("%s: %s", error.code, error.what);
}

int store_fixture_try_put(struct store *store, const char *name, struct error *error)
{
	const struct store_value values[] = { STORE_STRING(name) };
	return store_execute(
		store, "INSERT INTO meta (name, value) VALUES ($1, 'x')", values, 1, NULL, error);
}

int64_t store_fixture_holds(struct store *store, const char *name)
{
	char sql[128];
	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM meta WHERE name = '%s'", name);
	return store_fixture_number(store, sql);
}

void assert_store_error(
	const struct error *error, int result, int errnum, const char *code, const char *path)
{
	assert_string_equal(error->code, code);
	assert_int_equal(result, -errnum);
	assert_non_null(strstr(error->what, path));
	assert_true(strlen(error->next) > 0);
}

void assert_store_open_fails(const char *path, enum store_mode mode, int errnum, const char *code)
{
	struct error error = { 0 };
	struct store *store = NULL;
	int r = store_open(path, mode, &store, &error);
	assert_null(store);
	assert_store_error(&error, r, errnum, code, path);
}
