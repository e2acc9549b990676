/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store on files that are damaged, locked by others, read-only or on a file system that is
 * full: what it says, and what is left. */
#include "tests/support/store_fixture.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
/* after the standard ones */
#include <cmocka.h>

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

/* -- damage -- */

static void fill(struct store *store, int rows)
{
	assert_int_equal(store_begin(store, NULL), 0);
	for (int i = 0; i < rows; i++) {
		char name[64];
		(void)snprintf(name, sizeof(name), "row %06d %s", i, "with some text in it");
		store_fixture_put(store, name);
	}
	assert_int_equal(store_commit(store, NULL), 0);
}

static void test_header_overwritten(void **state)
{
	struct store_fixture *fixture = *state;
	fixture->store = store_close(fixture->store);
	overwrite(fixture->path, 0, 0xA5, 100);
	assert_store_open_fails(fixture->path, STORE_READ, EBADMSG, "store-corrupt");
	assert_store_open_fails(fixture->path, STORE_WRITE, EBADMSG, "store-corrupt");
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
	assert_store_error(&error, r, EBADMSG, "store-corrupt", fixture->path);
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
	assert_store_error(&error, r, EBADMSG, "store-corrupt", fixture->path);
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
	store_fixture_put(fixture->store, "mine");
	int r = store_begin(other, &error);
	assert_store_error(&error, r, EBUSY, "store-busy", fixture->path);
	r = store_fixture_try_put(other, "theirs", &error);
	assert_store_error(&error, r, EBUSY, "store-busy", fixture->path);
	/* Reading goes on meanwhile, and so does opening. */
	assert_int_equal(store_fixture_holds(other, "mine"), 0);
	CLEANUP(cleanup_store_close) struct store *third = NULL;
	assert_int_equal(store_open(fixture->path, STORE_WRITE, &third, NULL), 0);
	assert_int_equal(store_commit(fixture->store, NULL), 0);
	assert_int_equal(store_fixture_try_put(other, "theirs", &error), 0);
	assert_int_equal(store_fixture_holds(fixture->store, "theirs"), 1);
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
				r = store_fixture_try_put(store, name, NULL);
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
	int r = store_fixture_try_put(fixture->store, "refused", &error);
	assert_store_error(&error, r, EROFS, "store-read-only", fixture->path);
	assert_int_equal(store_begin(fixture->store, NULL), 0);
	r = store_fixture_try_put(fixture->store, "refused", &error);
	assert_store_error(&error, r, EROFS, "store-read-only", fixture->path);
	store_rollback(fixture->store);
	assert_int_equal(store_fixture_holds(fixture->store, "refused"), 0);
}

static void test_read_only_file_system(void **state)
{
	struct store_fixture *fixture = *state;
	if (!private_tmpfs(fixture->folder, "size=4m")) {
		print_message("# skip: no mount possible here: %s\n", strerror(errno));
		skip();
	}
	store_fixture_reopen(fixture, STORE_WRITE);
	store_fixture_put(fixture->store, "kept");
	fixture->store = store_close(fixture->store);
	assert_int_equal(mount("none", fixture->folder, "none", MS_REMOUNT | MS_RDONLY, NULL), 0);

	assert_store_open_fails(fixture->path, STORE_WRITE, EROFS, "store-read-only");
	char other[128];
	(void)snprintf(other, sizeof(other), "%s/new/haiki.db", fixture->folder);
	assert_store_open_fails(other, STORE_WRITE, EROFS, "store-read-only");
	/* What lies there can still be read. */
	store_fixture_reopen(fixture, STORE_READ);
	assert_int_equal(store_fixture_holds(fixture->store, "kept"), 1);
	fixture->store = store_close(fixture->store);
	assert_int_equal(umount(fixture->folder), 0);
}

/* -- full -- */

static void test_full(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	if (!private_tmpfs(fixture->folder, "size=1m")) {
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
		r = store_fixture_try_put(fixture->store, text, &error);
		committed += r == 0;
	}
	assert_store_error(&error, r, ENOSPC, "store-full", fixture->path);
	assert_in_range(committed, 1, 999);
	/* All that was committed is there, on this connection and after opening again. */
	const char *count = "SELECT count(*) FROM meta WHERE length(name) > 3000";
	assert_int_equal(store_fixture_number(fixture->store, count), committed);
	assert_int_equal(store_begin(fixture->store, NULL), 0);
	text[0] = 'z';
	r = store_fixture_try_put(fixture->store, text, &error);
	if (r == 0)
		r = store_commit(fixture->store, &error);
	assert_store_error(&error, r, ENOSPC, "store-full", fixture->path);
	store_rollback(fixture->store);
	store_fixture_reopen(fixture, STORE_READ);
	assert_int_equal(store_fixture_number(fixture->store, count), committed);
	/* With room again the same store goes on. */
	assert_int_equal(mount("none", fixture->folder, "none", MS_REMOUNT, "size=4m"), 0);
	store_fixture_reopen(fixture, STORE_WRITE);
	assert_int_equal(store_fixture_number(fixture->store, count), committed);
	store_fixture_put(fixture->store, "afterwards");
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
	assert_store_open_fails(fixture->path, STORE_WRITE, ENOSPC, "store-full");
	assert_int_equal(mount("none", fixture->folder, "none", MS_REMOUNT, "size=4m"), 0);
	store_fixture_reopen(fixture, STORE_WRITE);
	fixture->store = store_close(fixture->store);
	assert_int_equal(umount(fixture->folder), 0);
}

int main(void)
{
#define WITH_FOLDER(test)                                                                          \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup_folder, store_fixture_teardown)
#define WITH_STORE(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_header_overwritten),
		WITH_STORE(test_page_overwritten),
		WITH_STORE(test_truncated),
		WITH_STORE(test_busy),
		WITH_FOLDER(test_made_by_many_at_once),
		WITH_STORE(test_write_under_read),
		WITH_FOLDER(test_read_only_file_system),
		WITH_FOLDER(test_full),
		WITH_FOLDER(test_full_before_it_is_made),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
