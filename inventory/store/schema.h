/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbered migrations: a store is brought to this program's schema one number at a time, each in a
 * transaction of its own, so that a cut migration never happened. */
#ifndef HAIKI_INVENTORY_STORE_SCHEMA_H
#define HAIKI_INVENTORY_STORE_SCHEMA_H

#include "inventory/store/store.h"

/* Both lists end in NULL. A published migration is never edited: the next one mends it. */
struct migration {
	const char *const *statements;
	const char *const *append_only; /* tables the database itself keeps from being changed */
	/* What SQL alone cannot work out, behind the statements and in their transaction; or NULL. */
	int (*fill)(struct store *store, struct error *error);
};

/* Version n is reached by entry n - 1 (inventory/store/migrations.c). */
extern const struct migration schema_migrations[STORE_SCHEMA_VERSION];

/* Called by store_open: refuse what is foreign or newer before anything is changed, then, under
 * STORE_WRITE, migrate. */
NODISCARD int schema_prepare(struct store *store, enum store_mode mode, struct error *error);

/* Bring the store to version count by migrations[version]; for tests with their own list. */
NODISCARD int schema_migrate(
	struct store *store, const struct migration *migrations, size_t count, struct error *error);

#endif
