/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files about flags share. Within this room. */
#ifndef HAIKI_INVENTORY_ASSETS_FLAG_ROWS_H
#define HAIKI_INVENTORY_ASSETS_FLAG_ROWS_H

#include "inventory/assets/flags.h"

/* Add to a list; takes the reference of detail (NULL: an empty object) and keeps its text. *capacity
 * belongs to the list. -ENOMEM with error filled. */
NODISCARD int flag_list_add(struct flag_list *list, size_t *capacity, const struct flag *flag,
	json_t *detail, struct error *error);
/* By drive, then code. */
int flag_compare(const void *a, const void *b);

/* Work out from the store which flags should stand. Sorted, each once. */
NODISCARD int flags_wanted(struct store *store, struct flag_list *ret, struct error *error);

#endif
