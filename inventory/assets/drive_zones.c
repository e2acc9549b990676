/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which zones a drive served: from its events, its labels, and whose bytes were on it. */
#include "inventory/assets/above.h"
#include "inventory/assets/drive_labels.h"
#include "inventory/assets/drive_rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void zone_list_free(struct zone_list *list)
{
	free(list->items);
	*list = (struct zone_list){ 0 };
}

static int add(struct zone_list *list, const char *zone, struct error *error)
{
	if (!zone || !zone[0])
		return 0;
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], zone) == 0)
			return 0;
	char(*grown)[64] = reallocarray(list->items, list->count + 1, sizeof(*list->items));
	if (!grown)
		return error_no_memory(error);
	list->items = grown;
	(void)snprintf(grown[list->count++], sizeof(*grown), "%s", zone);
	return 0;
}

/* One event of the drive: a label, or a change of custody. With "reused" its history begins anew. */
static int add_event(struct store *store, const char *action, const char *text,
	struct zone_list *list, struct error *error)
{
	AUTO_JSON json_t *detail = NULL;
	if (json_parse(text, strlen(text), "event", &detail, NULL) < 0)
		return store_error_corrupt(store, "event", error);
	if (strcmp(action, "custody") == 0) {
		const char *to = json_string_value(json_object_get(detail, "to"));
		if (!to || strcmp(to, "reused") != 0)
			return 0;
		list->count = 0;
	}
	return add(list, json_string_value(json_object_get(detail, "zone")), error);
}

static int add_events(struct store *store, int64_t id, struct zone_list *list, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(id) };
	int r = store_query(store,
		"SELECT action, detail FROM event WHERE target_kind = 'drive' AND target_id = $1"
		" AND action IN ('labels-set', 'custody') ORDER BY id",
		values, 1, &rows, error);
	if (r < 0)
		return r;
	while ((r = store_next(rows, error)) > 0) {
		r = add_event(store, store_text(rows, 0), store_text(rows, 1), list, error);
		if (r < 0)
			return r;
	}
	return r;
}

static int add_query(struct store *store, const char *sql, const struct store_value *values,
	size_t count, struct zone_list *list, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(store, sql, values, count, &rows, error);
	if (r < 0)
		return r;
	while ((r = store_next(rows, error)) > 0) {
		r = add(list, store_text(rows, 0), error);
		if (r < 0)
			return r;
	}
	return r;
}

/* Those whose the volumes in dispute above it may be. */
static int add_disputed(struct store *store, const char *wwn, const char *serial,
	struct zone_list *list, struct error *error)
{
	CLEANUP(above_tenants_free) struct above_tenants tenants = { 0 };
	int r = above_disputed(store, wwn, serial, &tenants, error);
	for (size_t i = 0; r == 0 && i < tenants.count; i++) {
		const struct store_value values[] = { STORE_INT(tenants.ids[i]) };
		r = add_query(
			store, "SELECT zone FROM tenant WHERE id = $1", values, 1, list, error);
	}
	return r;
}

/* The tenants above the drive, by its serial and WWN as a hold would find them. */
static int add_tenants(struct store *store, int64_t id, struct zone_list *list, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value key[] = { STORE_INT(id) };
	char wwn[IDENTITY_TEXT_MAX], serial[IDENTITY_TEXT_MAX];
	int r = store_query(
		store, "SELECT wwn, serial FROM drive WHERE id = $1", key, 1, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r > 0)
		r = store_copy_text(rows, 0, wwn, sizeof(wwn), error);
	if (r == 0)
		r = store_copy_text(rows, 1, serial, sizeof(serial), error);
	if (r < 0)
		return r;
	const struct store_value values[] = { STORE_STRING(wwn), STORE_STRING(serial) };
	r = add_query(store,
		SQL_ABOVE "SELECT t.zone FROM covers c JOIN tenant t"
			  " ON c.kind = 'tenant' AND t.id = c.id",
		values, ARRAY_SIZE(values), list, error);
	return r < 0 ? r : add_disputed(store, wwn, serial, list, error);
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

int drive_zones_served(struct store *store, int64_t id, struct zone_list *ret, struct error *error)
{
	AUTO_ZONES struct zone_list list = { 0 };
	const struct store_value values[] = { STORE_INT(id) };
	int r = drive_check_known(store, id, error);
	if (r == 0)
		r = add_events(store, id, &list, error);
	if (r == 0)
		r = add_query(
			store, "SELECT zone FROM drive WHERE id = $1", values, 1, &list, error);
	if (r == 0)
		r = add_tenants(store, id, &list, error);
	if (r < 0)
		return r;
	if (list.count > 1)
		qsort(list.items, list.count, sizeof(*list.items), compare);
	*ret = list;
	list = (struct zone_list){ 0 };
	return 0;
}
