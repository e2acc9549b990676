/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which backup repository stands behind the name of a section of haiki.conf. Another one, or an empty one in its
 * place, must not look as if all copies had gone. */
#ifndef HAIKI_INVENTORY_TENANTS_REPOSITORIES_H
#define HAIKI_INVENTORY_TENANTS_REPOSITORIES_H

#include "inventory/store/store.h"

/* Is it the one that was there before? What it calls itself is kept at first sight, in a transaction of its own or
 * the caller's. -ESTALE "backup-repository", ERROR_WAITING, when it is another one. */
NODISCARD int repository_check(
	struct store *store, const char *name, const char *identity, struct error *error);

#endif
