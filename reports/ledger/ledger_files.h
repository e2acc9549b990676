/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of an exported ledger: what was handed out is compared and never changed. Within this room. */
#ifndef HAIKI_REPORTS_LEDGER_LEDGER_FILES_H
#define HAIKI_REPORTS_LEDGER_LEDGER_FILES_H

#include "base/buffer.h"
#include "base/error.h"
#include <stdbool.h>

/* A file below folder, by its name within it. The bytes are borrowed. */
struct ledger_file {
	const char *folder, *name;
	const void *data;
	size_t length;
	bool grows; /* what is there may be a beginning of it */
};

/* *ret_there: it is there and equal. Anything else that is there is "ledger-differs", or "ledger-audience" when
 * it was written for others. */
NODISCARD int ledger_file_look(
	const struct ledger_file *file, bool *ret_there, struct error *error);
/* Whole or not at all, its folders made where they are missing. */
NODISCARD int ledger_file_write(const struct ledger_file *file, struct error *error);

/* "ledger-audience": it was written for others. -EEXIST. */
int ledger_other_audience(const char *path, struct error *error);

/* "FOLDER/NAME" into ret. */
NODISCARD int ledger_file_path(
	const char *folder, const char *name, char *ret, size_t size, struct error *error);

/* What is there is another ledger's, or this one's before its store was restored. -EEXIST. */
int ledger_differs(const char *what, struct error *error);

#endif
