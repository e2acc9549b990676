/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store when the N-th write, flush or allocation fails, for every N: what it said of a
 * transaction is what the file holds. */
#include "tests/support/store_fixture.h"
#include "tests/support/stride.h"

#include <errno.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
/* after the standard ones */
#include <cmocka.h>

/* -- failures of the system: SQLite's writes and flushes come through here -- */

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
	told->first = store_fixture_try_put(store, "first", NULL) == 0;
	if (store_begin(store, NULL) == 0) {
		int r = store_fixture_try_put(store, "second a", NULL);
		if (r == 0)
			r = store_fixture_try_put(store, "second b", NULL);
		told->second = store_end(store, r, NULL) == 0;
	}
	/* Whatever failed, the store works on once the system does. */
	injected.countdown = 0;
	struct error error = { 0 };
	if (store_fixture_try_put(store, "third", &error) < 0)
		fail_msg("%s: %s", error.code, error.what);
	store_close(store);
}

static void assert_as_told(struct store_fixture *fixture, const struct told *told)
{
	store_fixture_reopen(fixture, STORE_WRITE);
	if (told->first)
		assert_int_equal(store_fixture_holds(fixture->store, "first"), 1);
	if (told->second) {
		assert_int_equal(store_fixture_holds(fixture->store, "second a"), 1);
		assert_int_equal(store_fixture_holds(fixture->store, "second b"), 1);
	}
	/* Never one half. */
	assert_int_equal(store_fixture_holds(fixture->store, "second a"),
		store_fixture_holds(fixture->store, "second b"));
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
			r = store_end(store, store_fixture_try_put(store, "row", &error), &error);
		passed = r == 0;
		allocations_left = -1;
		if (!passed)
			assert_string_equal(error.code, "no-memory");
		if (store) {
			assert_int_equal(store_fixture_holds(store, "row"), passed);
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
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nth_write_fails),
		WITH_FOLDER(test_nth_allocation_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
