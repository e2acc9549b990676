/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file below the store, before and while SQLite opens it. */
#ifndef HAIKI_INVENTORY_STORE_STORE_SQLITE_FILE_H
#define HAIKI_INVENTORY_STORE_STORE_SQLITE_FILE_H

#include "base/buffer.h"
#include "inventory/store/store.h"

#define SQLITE_URI_MAX (16 * KIB)

/* There must be a regular file: SQLite would write to a disk's node, too. Under STORE_WRITE a missing
 * one is made, empty. Errors as store.h lists them. */
NODISCARD int sqlite_file_check(const char *path, enum store_mode mode, struct error *error);

/* The name for sqlite3_open_v2: always a URI, so that no file name has a meaning of its own.
 * 0, -ENOMEM, -EOVERFLOW. */
NODISCARD int sqlite_file_uri(const char *path, enum store_mode mode, struct buffer *uri);

#endif
