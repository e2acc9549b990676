/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading volumes back: all, a tenant's, or those a person named. */
#include "inventory/assets/volumes.h"

#include <errno.h>
#include <string.h>

#define SELECT_VOLUME                                                                              \
	"SELECT id, key, kind, name, uuid, size_bytes, host, path, vm_uuid, vm_name, tags, state," \
	" coalesce(origin_id, 0), coalesce(tenant_id, 0), linked_by, first_seen_utc_ms,"           \
	" last_seen_utc_ms, present FROM volume "

void volume_list_free(struct volume_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].tags);
	free(list->items);
	*list = (struct volume_list){ 0 };
}

/* Without the tags. */
static int read_record(
	const struct store_rows *rows, struct volume_record *record, struct error *error)
{
	const struct {
		unsigned column;
		char *text;
		size_t size;
	} texts[] = {
		{ 1, record->key, sizeof(record->key) },
		{ 3, record->name, sizeof(record->name) },
		{ 4, record->uuid, sizeof(record->uuid) },
		{ 6, record->host, sizeof(record->host) },
		{ 7, record->path, sizeof(record->path) },
		{ 8, record->vm_uuid, sizeof(record->vm_uuid) },
		{ 9, record->vm_name, sizeof(record->vm_name) },
		{ 11, record->state, sizeof(record->state) },
		{ 14, record->linked_by, sizeof(record->linked_by) },
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		int r = store_copy_text(rows, texts[i].column, texts[i].text, texts[i].size, error);
		if (r < 0)
			return r;
	}
	record->id = store_integer(rows, 0);
	record->kind = volume_kind_parse(store_text(rows, 2));
	record->size_bytes = (uint64_t)store_integer(rows, 5);
	record->origin_id = store_integer(rows, 12);
	record->tenant_id = store_integer(rows, 13);
	record->first_seen_utc_ms = store_integer(rows, 15);
	record->last_seen_utc_ms = store_integer(rows, 16);
	record->present = store_integer(rows, 17) != 0;
	return 0;
}

struct selection {
	const char *sql;
	const struct store_value *values;
	size_t count;
};

static int visit_all(struct store *store, const struct selection *selection, volume_visit *visit,
	void *context, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_BUFFER struct buffer tags = BUFFER_INIT(SIZE_MAX / 2);
	struct volume_record record;
	char none[1] = "";
	int r = store_query(
		store, selection->sql, selection->values, selection->count, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		r = read_record(rows, &record, error);
		tags.length = 0;
		if (r == 0 && buffer_append_text(&tags, store_text(rows, 10)) < 0)
			r = error_no_memory(error);
		record.tags = tags.data ? tags.data : none;
		if (r == 0)
			r = visit(context, &record, error);
	}
	return r;
}

struct collection {
	struct volume_list list;
	size_t capacity;
};

static int collect(void *context, const struct volume_record *record, struct error *error)
{
	struct collection *collection = context;
	struct volume_list *list = &collection->list;
	if (list->count == collection->capacity) {
		size_t larger = collection->capacity + collection->capacity / 2 + 2;
		struct volume_record *items =
			reallocarray(list->items, larger, sizeof(*list->items));
		if (!items)
			return error_no_memory(error);
		list->items = items;
		collection->capacity = larger;
	}
	char *tags = strdup(record->tags);
	if (!tags)
		return error_no_memory(error);
	list->items[list->count] = *record;
	list->items[list->count++].tags = tags;
	return 0;
}

static int read_list(struct store *store, const struct selection *selection,
	struct volume_list *ret, struct error *error)
{
	struct collection collection = { 0 };
	int r = visit_all(store, selection, collect, &collection, error);
	if (r < 0) {
		volume_list_free(&collection.list);
		return r;
	}
	*ret = collection.list;
	return 0;
}

/* Every SQL takes the same three: an id, a word, a limit. */
#define LIMITED " AND $1 >= 0 AND $2 >= '' ORDER BY id LIMIT $3"

static const char *filter_sql(enum volume_filter filter)
{
	switch (filter) {
	case VOLUMES_ALL:
		return SELECT_VOLUME "WHERE id > 0" LIMITED;
	case VOLUMES_OF_TENANT:
		return SELECT_VOLUME "WHERE tenant_id = $1" LIMITED;
	case VOLUMES_OF_ORIGIN:
		return SELECT_VOLUME "WHERE origin_id = $1" LIMITED;
	case VOLUMES_OF_VM:
		return SELECT_VOLUME "WHERE vm_uuid = lower($2)" LIMITED;
	}
	return SELECT_VOLUME "WHERE id < 0" LIMITED;
}

int volumes_list(struct store *store, enum volume_filter filter, int64_t id, const char *word,
	size_t limit, struct volume_list *ret, struct error *error)
{
	const struct store_value values[] = {
		STORE_INT(id),
		STORE_STRING(word ? word : ""),
		STORE_INT(limit > 0 && limit <= INT64_MAX ? (int64_t)limit : INT64_MAX),
	};
	const struct selection selection = { filter_sql(filter), values, ARRAY_SIZE(values) };
	return read_list(store, &selection, ret, error);
}

int volumes_each(struct store *store, enum volume_filter filter, int64_t id, const char *word,
	volume_visit *visit, void *context, struct error *error)
{
	const struct store_value values[] = {
		STORE_INT(id),
		STORE_STRING(word ? word : ""),
		STORE_INT(INT64_MAX),
	};
	const struct selection selection = { filter_sql(filter), values, ARRAY_SIZE(values) };
	return visit_all(store, &selection, visit, context, error);
}

int volumes_find(
	struct store *store, const char *word, struct volume_list *ret, struct error *error)
{
	struct subject subject = { 0 };
	bool is_id = subject_parse(word, &subject) && subject.kind == SUBJECT_VOLUME;
	const struct store_value values[] = {
		STORE_STRING(word),
		STORE_INT(is_id ? subject.id : 0),
	};
	/* Volumes have no empty key, UUID or name that a person could mean. One query each, so that
	 * each takes its index. */
	const struct selection selection = { SELECT_VOLUME
		"WHERE id IN (SELECT a.id FROM volume a WHERE a.id = $2"
		" UNION SELECT b.id FROM volume b WHERE b.key = $1"
		" UNION SELECT c.id FROM volume c WHERE c.uuid = $1"
		" UNION SELECT d.id FROM volume d WHERE d.name = $1)"
		" AND $1 <> '' ORDER BY id",
		values, ARRAY_SIZE(values) };
	return read_list(store, &selection, ret, error);
}

int volumes_get(struct store *store, int64_t id, struct volume_list *ret, struct error *error)
{
	const struct store_value values[] = { STORE_INT(id) };
	const struct selection selection = { SELECT_VOLUME "WHERE id = $1", values, 1 };
	return read_list(store, &selection, ret, error);
}
