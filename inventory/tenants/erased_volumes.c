/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes that facts of deletions call erased. */
#include "inventory/tenants/erased_volumes.h"

#include "inventory/custody/events.h"

#include <stdlib.h>
#include <string.h>

void erased_volumes_free(struct erased_volumes *list)
{
	free(list->items);
	*list = (struct erased_volumes){ 0 };
}

static bool says(const json_t *fact, const char *key, const char *word)
{
	const char *text = json_string_value(json_object_get(fact, key));
	return text && strcmp(text, word) == 0;
}

/* The volume that this fact calls erased; 0: none. */
static int64_t volume_of(const json_t *fact)
{
	struct subject subject = { 0 };
	const char *volume = json_string_value(json_object_get(fact, "volume"));
	if (!says(fact, "fact", "erase") || !says(fact, "result", "done") ||
		says(fact, "method", "none") || !volume || !subject_parse(volume, &subject) ||
		subject.kind != SUBJECT_VOLUME)
		return 0;
	return subject.id;
}

static int add(struct erased_volumes *list, int64_t volume_id, int64_t utc_ms, struct error *error)
{
	/* Doubled at every power of two. */
	if ((list->count & (list->count - 1)) == 0) {
		struct erased_volume *items = reallocarray(
			list->items, list->count ? 2 * list->count : 1, sizeof(*list->items));
		if (!items)
			return error_no_memory(error);
		list->items = items;
	}
	list->items[list->count++] = (struct erased_volume){ volume_id, utc_ms };
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct erased_volume *item_a = a, *item_b = b;
	if (item_a->volume_id != item_b->volume_id)
		return item_a->volume_id < item_b->volume_id ? -1 : 1;
	return item_a->utc_ms < item_b->utc_ms ? -1 : item_a->utc_ms > item_b->utc_ms;
}

static void keep_last(struct erased_volumes *list)
{
	size_t kept = 0;
	if (list->count > 1)
		qsort(list->items, list->count, sizeof(*list->items), compare);
	for (size_t i = 0; i < list->count; i++)
		if (i + 1 == list->count ||
			list->items[i + 1].volume_id != list->items[i].volume_id)
			list->items[kept++] = list->items[i];
	list->count = kept;
}

int erased_volumes_read(
	struct store *store, int64_t tenant_id, struct erased_volumes *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	CLEANUP(erased_volumes_free) struct erased_volumes list = { 0 };
	const struct store_value values[] = { STORE_INT(tenant_id) };
	int r = store_query(store,
		"SELECT f.fact, f.utc_ms FROM deletion d JOIN deletion_fact f"
		" ON f.deletion_id = d.id WHERE d.tenant_id = $1"
		" AND f.fact LIKE '%\"fact\":\"erase\"%'",
		values, 1, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		AUTO_JSON json_t *fact = NULL;
		const char *text = store_text(rows, 0);
		if (json_parse(text, strlen(text), "fact", &fact, NULL) < 0)
			return store_error_corrupt(store, "deletion_fact", error);
		int64_t volume_id = volume_of(fact);
		r = volume_id ? add(&list, volume_id, store_integer(rows, 1), error) : 0;
	}
	if (r < 0)
		return r;
	keep_last(&list);
	*ret = list;
	list = (struct erased_volumes){ 0 };
	return 0;
}

int64_t erased_volumes_when(const struct erased_volumes *list, int64_t volume_id)
{
	const struct erased_volume wanted = { volume_id, INT64_MIN };
	size_t low = 0, high = list->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare(&list->items[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < list->count && list->items[low].volume_id == volume_id
		       ? list->items[low].utc_ms
		       : 0;
}
