/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store on real files: every way it can fail, and what is left afterwards. */
#include "base/buffer.h"
#include "base/file.h"
#include "inventory/store/schema.h"
#include "inventory/store/store.h"
#include "tests/support/store_fixture.h"
#include "tests/support/stride.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
/* after the standard ones */
#include <cmocka.h>

/* -- failures of the system, at the N-th call: SQLite's writes and flushes come through here -- */

static struct {
	long countdown; /* 0: none; 1: the next one */
	int errnum;
	bool stays; /* every later call fails, too */
	bool hit;
} injected;

static bool inject(void)
{
	if (injected.countdown == 0)
		return false;
	if (injected.countdown > 1) {
		injected.countdown--;
		return false;
	}
	if (!injected.stays)
		injected.countdown = 0;
	injected.hit = true;
	errno = injected.errnum;
	return true;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset)
{
	if (inject())
		return -1;
	return syscall(SYS_pwrite64, fd, data, length, offset);
}

int fdatasync(int fd)
{
	if (inject())
		return -1;
	return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
	if (inject())
		return -1;
	return (int)syscall(SYS_fsync, fd);
}

/* -- helpers -- */

static void put(struct store *store, const char *name)
{
	struct error error = { 0 };
	const struct store_value values[] = { STORE_STRING(name) };
	if (store_execute(store, "INSERT INTO meta (name, value) VALUES ($1, 'x')", values, 1, NULL,
		    &error) < 0)
		fail_msg("%s: %s", error.code, error.what);
}

static int try_put(struct store *store, const char *name, struct error *error)
{
	const struct store_value values[] = { STORE_STRING(name) };
	return store_execute(
		store, "INSERT INTO meta (name, value) VALUES ($1, 'x')", values, 1, NULL, error);
}

static int64_t holds(struct store *store, const char *name)
{
	char sql[128];
	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM meta WHERE name = '%s'", name);
	return store_fixture_number(store, sql);
}

/* The sentence names the file, says what to do, and carries this code. */
static void assert_error(
	const struct error *error, int result, int errnum, const char *code, const char *path)
{
	assert_string_equal(error->code, code);
	assert_int_equal(result, -errnum);
	assert_non_null(strstr(error->what, path));
	assert_true(strlen(error->next) > 0);
}

static void assert_open_fails(const char *path, enum store_mode mode, int errnum, const char *code)
{
	struct error error = { 0 };
	struct store *store = NULL;
	int r = store_open(path, mode, &store, &error);
	assert_null(store);
	assert_error(&error, r, errnum, code, path);
}

static void read_all(const char *path, struct buffer *buffer)
{
	assert_int_equal(file_read(path, buffer, NULL), 0);
}

static void overwrite(const char *path, long offset, int byte, size_t length)
{
	FILE *file = fopen(path, "r+b");
	assert_non_null(file);
	assert_int_equal(fseek(file, offset, SEEK_SET), 0);
	for (size_t i = 0; i < length; i++)
		assert_int_equal(fputc(byte, file), byte);
	assert_int_equal(fclose(file), 0);
}

/* A folder on a file system of its own, seen by this process alone. */
static bool private_tmpfs(const char *folder, const char *options)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", folder, "tmpfs", 0, options) == 0;
}

/* -- opening -- */

static void test_missing(void **state)
{
	struct store_fixture *fixture = *state;
	assert_open_fails(fixture->path, STORE_READ, ENOENT, "store-missing");
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
	assert_open_fails(path, STORE_READ, ENOENT, "store-missing");
	/* A process killed between making the file and filling it leaves this: it is filled now. */
	assert_int_equal(store_open(path, STORE_WRITE, &fixture->store, NULL), 0);
	put(fixture->store, "kept");
	fixture->store = store_close(fixture->store);
	assert_int_equal(store_open(path, STORE_READ, &fixture->store, NULL), 0);
	assert_int_equal(holds(fixture->store, "kept"), 1);
}

static void test_no_regular_file(void **state)
{
	struct store_fixture *fixture = *state;
	assert_open_fails(fixture->folder, STORE_WRITE, EISDIR, "store-open");
	assert_open_fails("/dev/null", STORE_WRITE, EINVAL, "store-open");
	assert_open_fails("", STORE_WRITE, EINVAL, "store-open");
	assert_open_fails("postgresql://host/haiki", STORE_WRITE, ENOTSUP, "store-open");
	assert_open_fails("/dev/null/haiki.db", STORE_READ, ENOTDIR, "store-open");
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
	assert_open_fails(path, STORE_READ, EBADMSG, "store-corrupt");
	assert_open_fails(path, STORE_WRITE, EBADMSG, "store-corrupt");
	read_all(path, &after);
	assert_string_equal(buffer_text(&before), buffer_text(&after));
}

/* Refused in both modes, and not a byte is changed. */
static void assert_left_alone(const struct store_fixture *fixture, int errnum, const char *code)
{
	AUTO_BUFFER struct buffer before = BUFFER_INIT(MIB);
	AUTO_BUFFER struct buffer after = BUFFER_INIT(MIB);
	read_all(fixture->path, &before);
	assert_open_fails(fixture->path, STORE_READ, errnum, code);
	assert_open_fails(fixture->path, STORE_WRITE, errnum, code);
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

/* -- damage -- */

static void fill(struct store *store, int rows)
{
	assert_int_equal(store_begin(store, NULL), 0);
	for (int i = 0; i < rows; i++) {
		char name[64];
		(void)snprintf(name, sizeof(name), "row %06d %s", i, "with some text in it");
		put(store, name);
	}
	assert_int_equal(store_commit(store, NULL), 0);
}

static void test_header_overwritten(void **state)
{
	struct store_fixture *fixture = *state;
	fixture->store = store_close(fixture->store);
	overwrite(fixture->path, 0, 0xA5, 100);
	assert_open_fails(fixture->path, STORE_READ, EBADMSG, "store-corrupt");
	assert_open_fails(fixture->path, STORE_WRITE, EBADMSG, "store-corrupt");
}

/* Walk over all rows; the error of the first damaged page. */
static int read_through(struct store *store, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(store, "SELECT name, value FROM meta", NULL, 0, &rows, error);
	if (r < 0)
		return r;
	while ((r = store_next(rows, error)) > 0)
		continue;
	return r;
}

static void test_page_overwritten(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	fill(fixture->store, 20000);
	fixture->store = store_close(fixture->store);
	struct stat status;
	assert_int_equal(stat(fixture->path, &status), 0);
	overwrite(fixture->path, status.st_size / 2 / 4096 * 4096, 0xFF, 3 * 4096);
	store_fixture_reopen(fixture, STORE_WRITE);
	int r = read_through(fixture->store, &error);
	assert_error(&error, r, EBADMSG, "store-corrupt", fixture->path);
}

static void test_truncated(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	fill(fixture->store, 20000);
	fixture->store = store_close(fixture->store);
	assert_int_equal(truncate(fixture->path, 40 * 4096), 0);
	int r = store_open(fixture->path, STORE_WRITE, &fixture->store, &error);
	if (r == 0)
		r = read_through(fixture->store, &error);
	assert_error(&error, r, EBADMSG, "store-corrupt", fixture->path);
}

/* -- busy -- */

static void test_busy(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	CLEANUP(cleanup_store_close) struct store *other = NULL;
	assert_int_equal(store_open(fixture->path, STORE_WRITE, &other, NULL), 0);
	store_set_busy_timeout_ms(other, 20);
	assert_int_equal(store_begin(fixture->store, NULL), 0);
	put(fixture->store, "mine");
	int r = store_begin(other, &error);
	assert_error(&error, r, EBUSY, "store-busy", fixture->path);
	r = try_put(other, "theirs", &error);
	assert_error(&error, r, EBUSY, "store-busy", fixture->path);
	/* Reading goes on meanwhile, and so does opening. */
	assert_int_equal(holds(other, "mine"), 0);
	CLEANUP(cleanup_store_close) struct store *third = NULL;
	assert_int_equal(store_open(fixture->path, STORE_WRITE, &third, NULL), 0);
	assert_int_equal(store_commit(fixture->store, NULL), 0);
	assert_int_equal(try_put(other, "theirs", &error), 0);
	assert_int_equal(holds(fixture->store, "theirs"), 1);
}

static void make_by_many(const char *path)
{
	pid_t children[6];
	for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0) {
			struct store *store = NULL;
			char name[16];
			(void)snprintf(name, sizeof(name), "child %zu", i);
			int r = store_open(path, STORE_WRITE, &store, NULL);
			if (r == 0)
				r = try_put(store, name, NULL);
			store_close(store);
			_exit(r == 0 ? 0 : 1);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
		int status = -1;
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	CLEANUP(cleanup_store_close) struct store *store = NULL;
	assert_int_equal(store_open(path, STORE_WRITE, &store, NULL), 0);
	assert_int_equal(
		store_fixture_number(store, "SELECT count(*) FROM meta WHERE name LIKE 'child %'"),
		ARRAY_SIZE(children));
}

/* Many times, as it takes chance to meet in the worst moment. */
static void test_made_by_many_at_once(void **state)
{
	const struct store_fixture *fixture = *state;
	for (unsigned i = 0; i < 10; i++) {
		char path[sizeof(fixture->folder) + 32];
		(void)snprintf(path, sizeof(path), "%s/made-%u/store", fixture->folder, i);
		make_by_many(path);
	}
}

/* -- read-only -- */

static void test_write_under_read(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	store_fixture_reopen(fixture, STORE_READ);
	int r = try_put(fixture->store, "refused", &error);
	assert_error(&error, r, EROFS, "store-read-only", fixture->path);
	assert_int_equal(store_begin(fixture->store, NULL), 0);
	r = try_put(fixture->store, "refused", &error);
	assert_error(&error, r, EROFS, "store-read-only", fixture->path);
	store_rollback(fixture->store);
	assert_int_equal(holds(fixture->store, "refused"), 0);
}

static void test_read_only_file_system(void **state)
{
	struct store_fixture *fixture = *state;
	if (!private_tmpfs(fixture->folder, "size=4m")) {
		print_message("# skip: no mount possible here: %s\n", strerror(errno));
		skip();
	}
	store_fixture_reopen(fixture, STORE_WRITE);
	put(fixture->store, "kept");
	fixture->store = store_close(fixture->store);
	assert_int_equal(mount("none", fixture->folder, "none", MS_REMOUNT | MS_RDONLY, NULL), 0);

	assert_open_fails(fixture->path, STORE_WRITE, EROFS, "store-read-only");
	char other[128];
	(void)snprintf(other, sizeof(other), "%s/new/haiki.db", fixture->folder);
	assert_open_fails(other, STORE_WRITE, EROFS, "store-read-only");
	/* What lies there can still be read. */
	store_fixture_reopen(fixture, STORE_READ);
	assert_int_equal(holds(fixture->store, "kept"), 1);
	fixture->store = store_close(fixture->store);
	assert_int_equal(umount(fixture->folder), 0);
}

/* -- full -- */

static void test_full(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	if (!private_tmpfs(fixture->folder, "size=512k")) {
		print_message("# skip: no mount possible here: %s\n", strerror(errno));
		skip();
	}
	store_fixture_reopen(fixture, STORE_WRITE);
	int committed = 0;
	int r = 0;
	char text[4000] = "";
	memset(text, 'x', sizeof(text) - 1);
	while (r == 0 && committed < 1000) {
		(void)snprintf(text, sizeof(text), "%06d", committed);
		text[6] = 'x';
		r = try_put(fixture->store, text, &error);
		committed += r == 0;
	}
	assert_error(&error, r, ENOSPC, "store-full", fixture->path);
	assert_in_range(committed, 1, 999);
	/* All that was committed is there, on this connection and after opening again. */
	const char *count = "SELECT count(*) FROM meta WHERE length(name) > 3000";
	assert_int_equal(store_fixture_number(fixture->store, count), committed);
	assert_int_equal(store_begin(fixture->store, NULL), 0);
	text[0] = 'z';
	r = try_put(fixture->store, text, &error);
	if (r == 0)
		r = store_commit(fixture->store, &error);
	assert_error(&error, r, ENOSPC, "store-full", fixture->path);
	store_rollback(fixture->store);
	store_fixture_reopen(fixture, STORE_READ);
	assert_int_equal(store_fixture_number(fixture->store, count), committed);
	/* With room again the same store goes on. */
	assert_int_equal(mount("none", fixture->folder, "none", MS_REMOUNT, "size=4m"), 0);
	store_fixture_reopen(fixture, STORE_WRITE);
	assert_int_equal(store_fixture_number(fixture->store, count), committed);
	put(fixture->store, "afterwards");
	fixture->store = store_close(fixture->store);
	assert_int_equal(umount(fixture->folder), 0);
}

static void test_full_before_it_is_made(void **state)
{
	struct store_fixture *fixture = *state;
	if (!private_tmpfs(fixture->folder, "size=16k")) {
		print_message("# skip: no mount possible here: %s\n", strerror(errno));
		skip();
	}
	assert_open_fails(fixture->path, STORE_WRITE, ENOSPC, "store-full");
	assert_int_equal(mount("none", fixture->folder, "none", MS_REMOUNT, "size=4m"), 0);
	store_fixture_reopen(fixture, STORE_WRITE);
	fixture->store = store_close(fixture->store);
	assert_int_equal(umount(fixture->folder), 0);
}

/* -- transactions -- */

static void test_nesting(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	assert_int_equal(store_begin(store, NULL), 0);
	put(store, "outer");
	assert_int_equal(store_begin(store, NULL), 0);
	put(store, "inner");
	assert_int_equal(store_commit(store, NULL), 0);
	/* Not yet: nobody else sees it. */
	CLEANUP(cleanup_store_close) struct store *other = NULL;
	assert_int_equal(store_open(fixture->path, STORE_READ, &other, NULL), 0);
	assert_int_equal(holds(other, "inner"), 0);
	assert_int_equal(store_commit(store, NULL), 0);
	assert_int_equal(holds(other, "inner"), 1);
	assert_int_equal(holds(other, "outer"), 1);
	assert_true(store_commit(store, NULL) < 0);
}

static void test_inner_rollback_ends_all(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	assert_int_equal(store_begin(store, NULL), 0);
	put(store, "outer");
	assert_int_equal(store_begin(store, NULL), 0);
	store_rollback(store);
	/* A statement that ran now would be committed by itself. */
	int r = try_put(store, "stray", &error);
	assert_error(&error, r, ECANCELED, "store-rolled-back", fixture->path);
	struct store_rows *rows = NULL;
	r = store_query(store, "SELECT 1", NULL, 0, &rows, &error);
	assert_error(&error, r, ECANCELED, "store-rolled-back", fixture->path);
	r = store_begin(store, &error);
	assert_error(&error, r, ECANCELED, "store-rolled-back", fixture->path);
	r = store_commit(store, &error);
	assert_error(&error, r, ECANCELED, "store-rolled-back", fixture->path);
	store_rollback(store);
	assert_int_equal(holds(store, "outer"), 0);
	assert_int_equal(holds(store, "stray"), 0);
	put(store, "afterwards");
}

static void test_failed_statement_ends_all(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	struct error error = { 0 };
	assert_int_equal(store_begin(store, NULL), 0);
	put(store, "first");
	int r = try_put(store, "first", &error);
	assert_error(&error, r, EIO, "store-failed", fixture->path);
	r = store_end(store, 0, &error);
	assert_error(&error, r, ECANCELED, "store-rolled-back", fixture->path);
	assert_int_equal(holds(store, "first"), 0);
	put(store, "first");
	/* Without a transaction a failed statement harms only itself. */
	assert_true(try_put(store, "first", NULL) < 0);
	put(store, "second");
	assert_int_equal(holds(store, "first"), 1);
}

static void test_close_rolls_back(void **state)
{
	struct store_fixture *fixture = *state;
	assert_int_equal(store_begin(fixture->store, NULL), 0);
	put(fixture->store, "never committed");
	store_fixture_reopen(fixture, STORE_WRITE);
	assert_int_equal(holds(fixture->store, "never committed"), 0);
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
		assert_error(&error, r, EIO, "store-failed", fixture->path);
	}
	assert_int_equal(holds(fixture->store, "format"), 1);
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
	assert_error(&error, r, EIO, "store-failed", fixture->path);
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
	assert_open_fails(fixture->path, STORE_WRITE, ENOTSUP, "store-newer");
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
		assert_error(&error, r, EIO, "store-failed", fixture->path);
		assert_non_null(strstr(error.what, "append-only"));
	}
}

/* -- N-th failure -- */

/* What the caller was told of two transactions; afterwards the file must say the same. */
struct told {
	bool made;   /* the store was opened at all */
	bool first;  /* the first commit returned 0 */
	bool second; /* the second one */
};

static void two_transactions(const char *path, struct told *told)
{
	struct store *store = NULL;
	if (store_open(path, STORE_WRITE, &store, NULL) < 0)
		return;
	told->made = true;
	told->first = try_put(store, "first", NULL) == 0;
	if (store_begin(store, NULL) == 0) {
		int r = try_put(store, "second a", NULL);
		if (r == 0)
			r = try_put(store, "second b", NULL);
		told->second = store_end(store, r, NULL) == 0;
	}
	/* Whatever failed, the store works on once the system does. */
	injected.countdown = 0;
	struct error error = { 0 };
	if (try_put(store, "third", &error) < 0)
		fail_msg("%s: %s", error.code, error.what);
	store_close(store);
}

static void assert_as_told(struct store_fixture *fixture, const struct told *told)
{
	store_fixture_reopen(fixture, STORE_WRITE);
	if (told->first)
		assert_int_equal(holds(fixture->store, "first"), 1);
	if (told->second) {
		assert_int_equal(holds(fixture->store, "second a"), 1);
		assert_int_equal(holds(fixture->store, "second b"), 1);
	}
	/* Never one half. */
	assert_int_equal(holds(fixture->store, "second a"), holds(fixture->store, "second b"));
	fixture->store = store_close(fixture->store);
}

/* Fail the N-th write or flush, for every N until the operation passes without a failure. */
static void fail_nth_call(int errnum, bool stays)
{
	for (long n = 1;; n += test_stride()) {
		assert_in_range(n, 1, 1000);
		void *state = NULL;
		struct told told = { 0 };
		assert_int_equal(store_fixture_setup_folder(&state), 0);
		struct store_fixture *fixture = state;
		memset(&injected, 0, sizeof(injected));
		injected.errnum = errnum;
		injected.stays = stays;
		injected.countdown = n;
		two_transactions(fixture->path, &told);
		bool hit = injected.hit;
		memset(&injected, 0, sizeof(injected));
		assert_as_told(fixture, &told);
		assert_int_equal(store_fixture_teardown(&state), 0);
		if (!hit) {
			assert_true(told.first && told.second);
			return;
		}
	}
}

static void test_nth_write_fails(void **state)
{
	(void)state;
	fail_nth_call(ENOSPC, false);
	fail_nth_call(ENOSPC, true);
	fail_nth_call(EIO, false);
	fail_nth_call(EIO, true);
}

/* SQLite's own allocations, by its replaceable allocator. */
static sqlite3_mem_methods real_memory;
static long allocations_left = -1; /* -1: no limit */

static bool out_of_memory(void)
{
	if (allocations_left < 0)
		return false;
	if (allocations_left == 0)
		return true;
	allocations_left--;
	return false;
}

static void *limited_malloc(int size)
{
	return out_of_memory() ? NULL : real_memory.xMalloc(size);
}

static void *limited_realloc(void *memory, int size)
{
	return out_of_memory() ? NULL : real_memory.xRealloc(memory, size);
}

static void test_nth_allocation_fails(void **state)
{
	struct store_fixture *fixture = *state;
	bool passed = false;
	/* The first ones all, then ever fewer: later ones repeat the same statement kinds. */
	for (long n = 0; !passed; n += test_stride() * (1 + n / 1000)) {
		assert_in_range(n, 0, 200000);
		struct error error = { 0 };
		struct store *store = NULL;
		allocations_left = n;
		int r = store_open(fixture->path, STORE_WRITE, &store, &error);
		if (r == 0)
			r = store_begin(store, &error);
		if (r == 0)
			r = store_end(store, try_put(store, "row", &error), &error);
		passed = r == 0;
		allocations_left = -1;
		if (!passed)
			assert_string_equal(error.code, "no-memory");
		if (store) {
			assert_int_equal(holds(store, "row"), passed);
			assert_int_equal(store_begin(store, NULL), 0);
			store_rollback(store);
		}
		store_close(store);
	}
}

int main(void)
{
	/* Before SQLite is used for the first time. */
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory) != SQLITE_OK)
		return 1;
	sqlite3_mem_methods limited = real_memory;
	limited.xMalloc = limited_malloc;
	limited.xRealloc = limited_realloc;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &limited) != SQLITE_OK)
		return 1;

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
		WITH_STORE(test_header_overwritten),
		WITH_STORE(test_page_overwritten),
		WITH_STORE(test_truncated),
		WITH_STORE(test_busy),
		WITH_FOLDER(test_made_by_many_at_once),
		WITH_STORE(test_write_under_read),
		WITH_FOLDER(test_read_only_file_system),
		WITH_FOLDER(test_full),
		WITH_FOLDER(test_full_before_it_is_made),
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
		cmocka_unit_test(test_nth_write_fails),
		WITH_FOLDER(test_nth_allocation_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
