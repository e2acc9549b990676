/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which backup repository stands behind the name of a section of haiki.conf, and when it was asked. Another one, an empty one
 * in its place, or one that nobody asked must not look as if all copies had gone. */
#ifndef HAIKI_INVENTORY_TENANTS_REPOSITORIES_H
#define HAIKI_INVENTORY_TENANTS_REPOSITORIES_H

#include "base/config.h"
#include "inventory/store/store.h"

/* Is it the one that was there before? What it calls itself is kept at first sight, in a transaction of its own or
 * the caller's. -ESTALE "backup-repository", ERROR_WAITING, when it is another one. */
NODISCARD int repository_check(
	struct store *store, const char *name, const char *identity, struct error *error);

/* It was asked about this VM (its UUID as it is kept) at that time, and what it answered was understood and entered. Takes the
 * place of an earlier time. In the caller's transaction. */
NODISCARD int repository_asked(struct store *store, const char *name, const char *vm_uuid,
	int64_t utc_ms, struct error *error);

struct repository_asked {
	char name[CONFIG_NAME_MAX];
	size_t vms; /* about how many of those VMs it ever answered */
	int64_t utc_ms; /* the oldest of the newest times of each of them; 0: it never answered about one of them */
};
struct repository_list {
	struct repository_asked *items; /* owned; by name */
	size_t count;
};
void repository_list_free(struct repository_list *list);
#define AUTO_REPOSITORIES CLEANUP(repository_list_free)

/* Every repository that ever answered about one of these VMs, each UUID once. */
NODISCARD int repositories_asked(struct store *store, const char *const *uuids, size_t count,
	struct repository_list *ret, struct error *error);

#endif
