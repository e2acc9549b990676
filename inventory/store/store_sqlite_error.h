/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What SQLite and the file system answer, as sentences that name the file and the next step. */
#ifndef HAIKI_INVENTORY_STORE_STORE_SQLITE_ERROR_H
#define HAIKI_INVENTORY_STORE_STORE_SQLITE_ERROR_H

#include "base/error.h"

#include <sqlite3.h>

/* A result code of SQLite, extended or not, after a call on database (NULL: none is open). Returns
 * -errno as store.h lists it. */
int sqlite_error(sqlite3 *database, const char *path, int result, struct error *error);

/* A positive errno from a system call on the file or its folder. */
int sqlite_error_file(const char *path, int errnum, struct error *error);
/* The same where the store could not be made: nothing advises to make it. */
int sqlite_error_make(const char *path, int errnum, struct error *error);

#endif
