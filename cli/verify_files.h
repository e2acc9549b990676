/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files are meant: those that were typed, and of a folder all certificates in it. */
#ifndef HAIKI_CLI_VERIFY_FILES_H
#define HAIKI_CLI_VERIFY_FILES_H

#include "base/error.h"

struct file_list {
	char **items; /* owned */
	size_t count, capacity;
};
void file_list_free(struct file_list *list);
#define AUTO_FILES CLEANUP(file_list_free)

/* Add path, or when it is a folder every .json and .pdf in it, sorted by name. -ENOMEM, -errno of reading the folder,
 * -ENOENT "folder-empty" when it has none: nothing checked is no success. */
NODISCARD int file_list_add(struct file_list *list, const char *path, struct error *error);

#endif
