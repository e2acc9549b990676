/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kinds of repositories, and lists of copies. */
#include "wipe/backup/backup.h"

#include <string.h>

const struct backup_kind *const backup_kinds[] = { &backup_directory, &backup_hook, NULL };

const struct backup_kind *backup_kind_find(const char *name)
{
	for (size_t i = 0; backup_kinds[i]; i++)
		if (strcmp(backup_kinds[i]->name, name) == 0)
			return backup_kinds[i];
	return NULL;
}
