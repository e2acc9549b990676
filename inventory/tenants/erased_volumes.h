/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which volumes were erased in place before their VM was deleted, by the facts of its deletion. Within this room. */
#ifndef HAIKI_INVENTORY_TENANTS_ERASED_VOLUMES_H
#define HAIKI_INVENTORY_TENANTS_ERASED_VOLUMES_H

#include "inventory/store/store.h"

struct erased_volume {
	int64_t volume_id;
	int64_t utc_ms; /* when it was last done: what was written since an earlier time lay elsewhere, perhaps */
};
struct erased_volumes {
	struct erased_volume *items; /* owned; by number, each once */
	size_t count;
};
void erased_volumes_free(struct erased_volumes *list);

/* By the deletions of the tenant's VMs. Whether the facts are what was entered, deletions_facts checks. */
NODISCARD int erased_volumes_read(
	struct store *store, int64_t tenant_id, struct erased_volumes *ret, struct error *error);
/* 0: it was not. */
int64_t erased_volumes_when(const struct erased_volumes *list, int64_t volume_id);

#endif
