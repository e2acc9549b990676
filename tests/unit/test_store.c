/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store on real files: what it opens and what it leaves alone, transactions, migrations, tables
 * that only grow. How it fails: test_store_failures.c, and at every single call:
 * test_store_faults.c. */
#include "base/buffer.h"
#include "base/file.h"
#include "inventory/store/schema.h"
#include "tests/support/store_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
/* after the standard ones */
#include <cmocka.h>

static void read_all(const char *path, struct buffer *buffer)
{
	assert_int_equal(file_read(path, buffer, NULL), 0);
}

/* -- opening -- */

static void test_missing(void **state)
{
	struct store_fixture *fixture = *state;
	assert_store_open_fails(fixture->path, STORE_READ, ENOENT, "store-missing");
	assert_int_not_equal(access(fixture->path, F_OK), 0);
}

static void test_made_private(void **state)
{
	struct store_fixture *fixture = *state;
	struct stat status;
	char folder[96];
	store_fixture_reopen(fixture, STORE_WRITE);
	assert_int_equal(stat(fixture->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	(void)snprintf(folder, sizeof(folder), "%s/state", fixture->folder);
	assert_int_equal(stat(folder, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	int64_t version = 0;
	assert_int_equal(store_schema_version(fixture->store, &version, NULL), 0);
	assert_int_equal(version, STORE_SCHEMA_VERSION);
	assert_int_equal(store_fixture_number(fixture->store, "PRAGMA synchronous"), 2);
	assert_int_equal(store_fixture_number(fixture->store, "PRAGMA foreign_keys"), 1);
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	assert_int_equal(
		store_query(fixture->store, "PRAGMA journal_mode", NULL, 0, &rows, NULL), 0);
	assert_int_equal(store_next(rows, NULL), 1);
	assert_string_equal(store_text(rows, 0), "wal");
}

static void test_empty_file(void **state)
{
	struct store_fixture *fixture = *state;
	char path[96];
	(void)snprintf(path, sizeof(path), "%s/empty?.db#%%41", fixture->folder);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
	assert_store_open_fails(path, STORE_READ, ENOENT, "store-missing");
	/* A process killed between making the file and filling it leaves this: it is filled now. */
	assert_int_equal(store_open(path, STORE_WRITE, &fixture->store, NULL), 0);
	store_fixture_put(fixture->store, "kept");
	fixture->store = store_close(fixture->store);
	assert_int_equal(store_open(path, STORE_READ, &fixture->store, NULL), 0);
	assert_int_equal(store_fixture_holds(fixture->store, "kept"), 1);
}

static void test_no_regular_file(void **state)
{
	struct store_fixture *fixture = *state;
	assert_store_open_fails(fixture->folder, STORE_WRITE, EISDIR, "store-open");
	assert_store_open_fails("/dev/null", STORE_WRITE, EINVAL, "store-open");
	assert_store_open_fails("", STORE_WRITE, EINVAL, "store-open");
	assert_store_open_fails("postgresql://host/haiki", STORE_WRITE, ENOTSUP, "store-open");
	assert_store_open_fails("/dev/null/haiki.db", STORE_READ, ENOTDIR, "store-open");
}

/* ":memory:" and "file:" have a meaning of their own for SQLite; here they are names of files. */
static void test_names_without_meaning(void **state)
{
	struct store_fixture *fixture = *state;
	char before[512];
	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(fixture->folder), 0);
	static const char *const names[] = { ":memory:", "file:x?mode=memory", "plain.db" };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct store *store = NULL;
		assert_int_equal(store_open(names[i], STORE_WRITE, &store, NULL), 0);
		store_close(store);
		assert_int_equal(access(names[i], R_OK), 0);
	}
	assert_int_equal(chdir(before), 0);
}

static void test_no_database(void **state)
{
	struct store_fixture *fixture = *state;
	char path[96];
	(void)snprintf(path, sizeof(path), "%s/notes.txt", fixture->folder);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	for (int i = 0; i < 500; i++)
		assert_true(fputs("this is no database\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	AUTO_BUFFER struct buffer before = BUFFER_INIT(MIB);
	AUTO_BUFFER struct buffer after = BUFFER_INIT(MIB);
	read_all(path, &before);
	assert_store_open_fails(path, STORE_READ, EBADMSG, "store-corrupt");
	assert_store_open_fails(path, STORE_WRITE, EBADMSG, "store-corrupt");
	read_all(path, &after);
	assert_string_equal(buffer_text(&before), buffer_text(&after));
}

/* Refused in both modes, and not a byte is changed. */
static void assert_left_alone(const struct store_fixture *fixture, int errnum, const char *code)
{
	AUTO_BUFFER struct buffer before = BUFFER_INIT(MIB);
	AUTO_BUFFER struct buffer after = BUFFER_INIT(MIB);
	read_all(fixture->path, &before);
	assert_store_open_fails(fixture->path, STORE_READ, errnum, code);
	assert_store_open_fails(fixture->path, STORE_WRITE, errnum, code);
	read_all(fixture->path, &after);
	assert_int_equal(before.length, after.length);
	assert_memory_equal(before.data, after.data, before.length);
}

static void test_newer(void **state)
{
	struct store_fixture *fixture = *state;
	fixture->store = store_close(fixture->store);
	store_fixture_tamper(fixture, "UPDATE meta SET value = '99' WHERE name = 'schema_version'");
	assert_left_alone(fixture, ENOTSUP, "store-newer");
}

static void test_version_unreadable(void **state)
{
	struct store_fixture *fixture = *state;
	fixture->store = store_close(fixture->store);
	store_fixture_tamper(fixture, "DELETE FROM meta WHERE name = 'schema_version'");
	assert_left_alone(fixture, EBADMSG, "store-corrupt");
}

static void test_foreign(void **state)
{
	struct store_fixture *fixture = *state;
	(void)snprintf(fixture->path, sizeof(fixture->path), "%s/other.db", fixture->folder);
	store_fixture_tamper(fixture, "CREATE TABLE recipes (name TEXT)");
	assert_left_alone(fixture, EINVAL, "store-foreign");
}

/* -- transactions -- */

static void test_nesting(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	assert_int_equal(store_begin(store, NULL), 0);
	store_fixture_put(store, "outer");
	assert_int_equal(store_begin(store, NULL), 0);
	store_fixture_put(store, "inner");
	assert_int_equal(store_commit(store, NULL), 0);
	/* Not yet: nobody else sees it. */
	CLEANUP(cleanup_store_close) struct store *other = NULL;
	assert_int_equal(store_open(fixture->path, STORE_READ, &other, NULL), 0);
	assert_int_equal(store_fixture_holds(other, "inner"), 0);
	assert_int_equal(store_commit(store, NULL), 0);
	assert_int_equal(store_fixture_holds(other, "inner"), 1);
	assert_int_equal(store_fixture_holds(other, "outer"), 1);
	assert_true(store_commit(store, NULL) < 0);
}

static void test_inner_rollback_ends_all(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	assert_int_equal(store_begin(store, NULL), 0);
	store_fixture_put(store, "outer");
	assert_int_equal(store_begin(store, NULL), 0);
	store_rollback(store);
	/* A statement that ran now would be committed by itself. */
	int r = store_fixture_try_put(store, "stray", &error);
	assert_store_error(&error, r, ECANCELED, "store-rolled-back", fixture->path);
	struct store_rows *rows = NULL;
	r = store_query(store, "SELECT 1", NULL, 0, &rows, &error);
	assert_store_error(&error, r, ECANCELED, "store-rolled-back", fixture->path);
	r = store_begin(store, &error);
	assert_store_error(&error, r, ECANCELED, "store-rolled-back", fixture->path);
	r = store_commit(store, &error);
	assert_store_error(&error, r, ECANCELED, "store-rolled-back", fixture->path);
	store_rollback(store);
	assert_int_equal(store_fixture_holds(store, "outer"), 0);
	assert_int_equal(store_fixture_holds(store, "stray"), 0);
	store_fixture_put(store, "afterwards");
}

static void test_failed_statement_ends_all(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	assert_int_equal(store_begin(store, NULL), 0);
	store_fixture_put(store, "first");
	int r = store_fixture_try_put(store, "first", &error);
	assert_store_error(&error, r, EIO, "store-failed", fixture->path);
	r = store_end(store, 0, &error);
	assert_store_error(&error, r, ECANCELED, "store-rolled-back", fixture->path);
	assert_int_equal(store_fixture_holds(store, "first"), 0);
	store_fixture_put(store, "first");
	/* Without a transaction a failed statement harms only itself. */
	assert_true(store_fixture_try_put(store, "first", NULL) < 0);
	store_fixture_put(store, "second");
	assert_int_equal(store_fixture_holds(store, "first"), 1);
}

static void test_close_rolls_back(void **state)
{
	struct store_fixture *fixture = *state;
	assert_int_equal(store_begin(fixture->store, NULL), 0);
	store_fixture_put(fixture->store, "never committed");
	store_fixture_reopen(fixture, STORE_WRITE);
	assert_int_equal(store_fixture_holds(fixture->store, "never committed"), 0);
}

static void test_values(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	const char *hostile = "'; DROP TABLE meta; -- \"\\ \xE5\xBB\x83\xE6\xA3\x84 $1";
	const struct store_value values[] = {
		STORE_STRING(hostile),
		STORE_INT(INT64_MIN),
		{ .type = STORE_NULL },
	};
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	assert_int_equal(store_query(store, "SELECT $2, $1, $3, $2", values, 3, &rows, NULL), 0);
	assert_int_equal(store_next(rows, NULL), 1);
	assert_true(store_integer(rows, 0) == INT64_MIN);
	assert_string_equal(store_text(rows, 1), hostile);
	assert_string_equal(store_text(rows, 2), "");
	assert_true(store_integer(rows, 3) == INT64_MIN);
	char small[8];
	assert_int_equal(store_copy_text(rows, 1, small, sizeof(small), NULL), -EBADMSG);
	assert_int_equal(store_next(rows, NULL), 0);
}

static void test_misuse(void **state)
{
	struct store_fixture *fixture = *state;
	const struct store_value values[] = { STORE_INT(1), STORE_INT(2) };
	static const struct {
		const char *sql;
		size_t count;
	} cases[] = {
		{ "DELETE FROM meta; DELETE FROM meta", 0 }, /* the second would not run */
		{ "DELETE FROM meta WHERE name = $1", 0 },
		{ "DELETE FROM meta WHERE name = $1", 2 },
		{ "DELETE FROM meta WHERE name = ?", 1 },
		{ "DELETE FROM meta WHERE name = $2", 1 },
		{ "SELECT name FROM meta", 0 },
		{ "DELETE FROM nothing", 0 },
		{ "", 0 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = { 0 };
		int r = store_execute(
			fixture->store, cases[i].sql, values, cases[i].count, NULL, &error);
		assert_store_error(&error, r, EIO, "store-failed", fixture->path);
	}
	assert_int_equal(store_fixture_holds(fixture->store, "format"), 1);
}

/* More statements at once than are kept prepared. */
static void test_many_statements(void **state)
{
	struct store_fixture *fixture = *state;
	struct store_rows *rows[100];
	for (int i = 0; i < 100; i++) {
		char sql[64];
		(void)snprintf(sql, sizeof(sql), "SELECT %d + $1", i % 50);
		const struct store_value values[] = { STORE_INT(i) };
		assert_int_equal(store_query(fixture->store, sql, values, 1, &rows[i], NULL), 0);
	}
	for (int i = 0; i < 100; i++) {
		assert_int_equal(store_next(rows[i], NULL), 1);
		assert_int_equal(store_integer(rows[i], 0), i % 50 + i);
		rows[i] = store_rows_close(rows[i]);
	}
}

/* -- migrations -- */

static const char *const good_statements[] = { "CREATE TABLE extra (a TEXT)", NULL };
static const char *const bad_statements[] = { "CREATE TABLE extra (a TEXT)",
	"INSERT INTO extra (a) VALUES ('x')", "INSERT INTO nothing (a) VALUES ('x')", NULL };
static const char *const no_tables[] = { NULL };

#define NEXT_VERSION (STORE_SCHEMA_VERSION + 1)

/* What a program one version newer would do. */
static int migrate_to_next(struct store *store, const char *const *statements, struct error *error)
{
	struct migration migrations[NEXT_VERSION];
	for (size_t i = 0; i < STORE_SCHEMA_VERSION; i++)
		migrations[i] = (struct migration){ no_tables, no_tables, NULL };
	migrations[STORE_SCHEMA_VERSION] = (struct migration){ statements, no_tables, NULL };
	return schema_migrate(store, migrations, ARRAY_SIZE(migrations), error);
}

static void test_migration_all_or_nothing(void **state)
{
	struct store_fixture *fixture = *state;
	int64_t version = 0;
	struct error error = { 0 };
	int r = migrate_to_next(fixture->store, bad_statements, &error);
	assert_store_error(&error, r, EIO, "store-failed", fixture->path);
	store_fixture_reopen(fixture, STORE_WRITE);
	assert_int_equal(store_schema_version(fixture->store, &version, NULL), 0);
	assert_int_equal(version, STORE_SCHEMA_VERSION);
	assert_int_equal(store_fixture_number(fixture->store,
				 "SELECT count(*) FROM sqlite_master WHERE name = 'extra'"),
		0);
	/* The corrected program then migrates what the broken one could not. */
	assert_int_equal(migrate_to_next(fixture->store, good_statements, NULL), 0);
	assert_int_equal(store_schema_version(fixture->store, &version, NULL), 0);
	assert_int_equal(version, NEXT_VERSION);
	/* And this program knows that it is too old for it. */
	fixture->store = store_close(fixture->store);
	assert_store_open_fails(fixture->path, STORE_WRITE, ENOTSUP, "store-newer");
}

static void test_killed_while_migrating(void **state)
{
	struct store_fixture *fixture = *state;
	fixture->store = store_close(fixture->store);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct store *store = NULL;
		if (store_open(fixture->path, STORE_WRITE, &store, NULL) == 0 &&
			store_begin(store, NULL) == 0 &&
			store_execute(store, good_statements[0], NULL, 0, NULL, NULL) == 0)
			(void)kill(getpid(), SIGKILL);
		_exit(1);
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	store_fixture_reopen(fixture, STORE_WRITE);
	assert_int_equal(store_fixture_number(fixture->store,
				 "SELECT count(*) FROM sqlite_master WHERE name = 'extra'"),
		0);
	assert_int_equal(migrate_to_next(fixture->store, good_statements, NULL), 0);
}

/* -- append-only -- */

static void test_append_only(void **state)
{
	struct store_fixture *fixture = *state;
	store_fixture_tamper(fixture,
		"INSERT INTO job (id, created_utc_ms, subject, reason, people, plan, digest)"
		" VALUES ('J1', 0, '', '', '', '', '');"
		"INSERT INTO evidence (job_id, seq, utc_ms, kind, event, digest)"
		" VALUES ('J1', 1, 0, 'x', '', '');"
		"INSERT INTO certificate (name, job_id, number, issued_utc_ms, evidence_count,"
		" outcome, sha256, json, p7s_hex) VALUES ('c', 'J1', 1, 0, 1, '', '', '', '');"
		"INSERT INTO event (id, utc_ms, actor, target_kind, target_id, action, detail)"
		" VALUES (1, 0, '', 'drive', 1, '', '')");
	static const char *const statements[] = {
		"UPDATE job SET plan = 'other'",
		"DELETE FROM job",
		"UPDATE evidence SET event = 'other'",
		"DELETE FROM evidence WHERE seq = 1",
		"UPDATE certificate SET outcome = 'proven'",
		"DELETE FROM certificate",
		"UPDATE event SET actor = 'other'",
		"DELETE FROM event",
	};
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++) {
		struct error error = { 0 };
		int r = store_execute(fixture->store, statements[i], NULL, 0, NULL, &error);
		assert_store_error(&error, r, EIO, "store-failed", fixture->path);
		assert_non_null(strstr(error.what, "append-only"));
	}
}

int main(void)
{
#define WITH_FOLDER(test)                                                                          \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup_folder, store_fixture_teardown)
#define WITH_STORE(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(test_missing),
		WITH_FOLDER(test_made_private),
		WITH_FOLDER(test_empty_file),
		WITH_FOLDER(test_no_regular_file),
		WITH_FOLDER(test_names_without_meaning),
		WITH_FOLDER(test_no_database),
		WITH_STORE(test_newer),
		WITH_STORE(test_version_unreadable),
		WITH_FOLDER(test_foreign),
		WITH_STORE(test_nesting),
		WITH_STORE(test_inner_rollback_ends_all),
		WITH_STORE(test_failed_statement_ends_all),
		WITH_STORE(test_close_rolls_back),
		WITH_STORE(test_values),
		WITH_STORE(test_misuse),
		WITH_STORE(test_many_statements),
		WITH_STORE(test_migration_all_or_nothing),
		WITH_STORE(test_killed_while_migrating),
		WITH_STORE(test_append_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
