/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What backup repositories call themselves (rows of meta), and when they answered about which VM. */
#include "inventory/tenants/repositories.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check(struct store *store, const char *row, const char *name, const char *identity,
	struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(row), STORE_STRING(identity) };
	int r = store_query(
		store, "SELECT value FROM meta WHERE name = $1", values, 1, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r < 0)
		return r;
	if (r == 0)
		return store_execute(store, "INSERT INTO meta (name, value) VALUES ($1, $2)",
			values, ARRAY_SIZE(values), NULL, error);
	if (strcmp(store_text(rows, 0), identity) == 0)
		return 0;
	error_set(error, ERROR_WAITING, ESTALE, "backup-repository",
		_("The backup repository [backup %s] is another one than before: it calls itself "
		  "%s, not %s"),
		name, identity, store_text(rows, 0));
	return error_next(
		error, _("If the copies were moved, give the new one the old one's word; else set "
			 "haiki.conf right, or give the section another name."));
}

int repository_check(
	struct store *store, const char *name, const char *identity, struct error *error)
{
	char row[128];
	(void)snprintf(row, sizeof(row), "backup-repository %s", name);
	int r = store_begin(store, error);
	return r < 0 ? r : store_end(store, check(store, row, name, identity, error), error);
}

/* -- when they were asked -- */

int repository_asked(struct store *store, const char *name, const char *vm_uuid, int64_t utc_ms,
	struct error *error)
{
	const struct store_value values[] = {
		STORE_STRING(vm_uuid),
		STORE_STRING(name),
		STORE_INT(utc_ms),
	};
	return store_execute(store,
		"INSERT INTO backup_asked (vm_uuid, repository, utc_ms) VALUES ($1, $2, $3)"
		" ON CONFLICT (vm_uuid, repository) DO UPDATE SET utc_ms = excluded.utc_ms",
		values, ARRAY_SIZE(values), NULL, error);
}

void repository_list_free(struct repository_list *list)
{
	free(list->items);
	*list = (struct repository_list){ 0 };
}

static int find_or_add(struct repository_list *list, const char *name,
	struct repository_asked **ret, struct error *error)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, name) == 0) {
			*ret = &list->items[i];
			return 0;
		}
	struct repository_asked *items =
		reallocarray(list->items, list->count + 1, sizeof(*list->items));
	if (!items)
		return error_no_memory(error);
	list->items = items;
	*ret = &items[list->count++];
	**ret = (struct repository_asked){ .utc_ms = INT64_MAX };
	(void)snprintf((*ret)->name, sizeof((*ret)->name), "%s", name);
	return 0;
}

static int take_vm(
	struct store *store, const char *uuid, struct repository_list *list, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(uuid) };
	struct repository_asked *item = NULL;
	int r = store_query(store, "SELECT repository, utc_ms FROM backup_asked WHERE vm_uuid = $1",
		values, 1, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		if (strlen(store_text(rows, 0)) >= sizeof(item->name))
			return store_error_corrupt(store, "backup_asked", error);
		r = find_or_add(list, store_text(rows, 0), &item, error);
		if (r < 0)
			return r;
		item->vms++;
		item->utc_ms = MIN(item->utc_ms, store_integer(rows, 1));
	}
	return r;
}

static int compare(const void *a, const void *b)
{
	const struct repository_asked *item_a = a, *item_b = b;
	return strcmp(item_a->name, item_b->name);
}

int repositories_asked(struct store *store, const char *const *uuids, size_t count,
	struct repository_list *ret, struct error *error)
{
	AUTO_REPOSITORIES struct repository_list list = { 0 };
	int r = 0;
	for (size_t i = 0; r == 0 && i < count; i++)
		r = take_vm(store, uuids[i], &list, error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].vms != count)
			list.items[i].utc_ms = 0;
	if (list.count > 1)
		qsort(list.items, list.count, sizeof(*list.items), compare);
	*ret = list;
	list = (struct repository_list){ 0 };
	return 0;
}
