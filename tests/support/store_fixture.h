/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder of its own for each test, a store in it, rows for it, and what its errors must say. */
#ifndef HAIKI_TESTS_STORE_FIXTURE_H
#define HAIKI_TESTS_STORE_FIXTURE_H

#include "inventory/store/store.h"

struct store_fixture {
	char folder[64];
	char path[96]; /* of the store; in a folder that does not exist before it is opened */
	struct store *store;
};

/* cmocka setup and teardown: *state is a struct store_fixture with the store open for writing. */
int store_fixture_setup(void **state);
int store_fixture_teardown(void **state);
/* The same without opening. */
int store_fixture_setup_folder(void **state);

/* Close and open again; fails the test when that fails. */
void store_fixture_reopen(struct store_fixture *fixture, enum store_mode mode);

/* Run SQL on the file behind haiki's back; fails the test when that fails. */
void store_fixture_tamper(const struct store_fixture *fixture, const char *sql);

/* The integer a query gives; fails the test when it gives none. */
int64_t store_fixture_number(struct store *store, const char *sql);

/* Enter a row of this name, which no other may have; put fails the test when that fails. */
void store_fixture_put(struct store *store, const char *name);
int store_fixture_try_put(struct store *store, const char *name, struct error *error);
/* How many rows have this name: 0 or 1. */
int64_t store_fixture_holds(struct store *store, const char *name);

/* The sentence names the file, says what to do, and carries this code. */
void assert_store_error(
	const struct error *error, int result, int errnum, const char *code, const char *path);
/* The same when it is opened; nothing is open then. */
void assert_store_open_fails(const char *path, enum store_mode mode, int errnum, const char *code);

#endif
