/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrays in the store, found by what stays the same: the key, never the kernel's name. */
#include "inventory/assets/arrays.h"

#include <errno.h>
#include <string.h>

#define SELECT_ARRAY                                                                               \
	"SELECT id, key, uuid, name, metadata, level, state, size_bytes, device_count,"            \
	" missing_count, redundancy_left, sync_action, sync_done_permille, host,"                  \
	" first_seen_utc_ms, last_seen_utc_ms, present FROM raid_array "
/* md2 before md10. */
#define ORDER_ARRAYS " ORDER BY host, length(name), name, id"

void array_list_free(struct array_list *list)
{
	free(list->items);
	*list = (struct array_list){ 0 };
}

/* 0: there is none. */
static int find_id(struct store *store, const char *key, int64_t *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(key) };
	int r = store_query(
		store, "SELECT id FROM raid_array WHERE key = $1", values, 1, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r < 0)
		return r;
	*ret = r > 0 ? store_integer(rows, 0) : 0;
	return 0;
}

static int insert(struct store *store, const struct array_record *record, int64_t now_utc_ms,
	struct error *error)
{
	const struct store_value values[] = { STORE_STRING(record->key), STORE_INT(now_utc_ms) };
	return store_execute(store,
		"INSERT INTO raid_array (id, key, uuid, name, metadata, level, state, size_bytes,"
		" device_count, missing_count, redundancy_left, sync_action, sync_done_permille,"
		" host, first_seen_utc_ms, last_seen_utc_ms, present)"
		" VALUES ((SELECT coalesce(max(o.id), 0) + 1 FROM raid_array o), $1, '', '', '',"
		" '', '', 0, 0, 0, -1, '', -1, '', $2, $2, 1)",
		values, ARRAY_SIZE(values), NULL, error);
}

static int update(struct store *store, const struct array_record *record, int64_t id,
	int64_t now_utc_ms, struct error *error)
{
	const struct store_value values[] = {
		STORE_STRING(record->uuid),
		STORE_STRING(record->name),
		STORE_STRING(record->metadata),
		STORE_STRING(record->level),
		STORE_STRING(record->state),
		STORE_INT(record->size_bytes),
		STORE_INT(record->device_count),
		STORE_INT(record->missing_count),
		STORE_INT(record->redundancy_left),
		STORE_STRING(record->sync_action),
		STORE_INT(record->sync_done_permille),
		STORE_STRING(record->host),
		STORE_INT(now_utc_ms),
		STORE_INT(id),
	};
	return store_execute(store,
		"UPDATE raid_array SET uuid = $1, name = $2, metadata = $3, level = $4, state = "
		"$5,"
		" size_bytes = $6, device_count = $7, missing_count = $8, redundancy_left = $9,"
		" sync_action = $10, sync_done_permille = $11, host = $12, last_seen_utc_ms = $13,"
		" present = 1 WHERE id = $14",
		values, ARRAY_SIZE(values), NULL, error);
}

int arrays_record(struct store *store, const struct array_record *record, int64_t now_utc_ms,
	int64_t *ret_id, struct error *error)
{
	int64_t id = 0;
	int r = find_id(store, record->key, &id, error);
	if (r == 0 && id == 0) {
		r = insert(store, record, now_utc_ms, error);
		if (r == 0)
			r = find_id(store, record->key, &id, error);
	}
	if (r == 0)
		r = update(store, record, id, now_utc_ms, error);
	if (r == 0 && ret_id)
		*ret_id = id;
	return r;
}

int arrays_mark_absent(
	struct store *store, const char *host, int64_t since_utc_ms, struct error *error)
{
	const struct store_value values[] = { STORE_STRING(host), STORE_INT(since_utc_ms) };
	return store_execute(store,
		"UPDATE raid_array SET present = 0 WHERE host = $1 AND last_seen_utc_ms < $2",
		values, ARRAY_SIZE(values), NULL, error);
}

static int read_array(const struct store_rows *rows, struct array_record *ret, struct error *error)
{
	const struct {
		unsigned column;
		char *text;
		size_t size;
	} texts[] = {
		{ 1, ret->key, sizeof(ret->key) },
		{ 2, ret->uuid, sizeof(ret->uuid) },
		{ 3, ret->name, sizeof(ret->name) },
		{ 4, ret->metadata, sizeof(ret->metadata) },
		{ 5, ret->level, sizeof(ret->level) },
		{ 6, ret->state, sizeof(ret->state) },
		{ 11, ret->sync_action, sizeof(ret->sync_action) },
		{ 13, ret->host, sizeof(ret->host) },
	};
	int r = 0;
	for (size_t i = 0; i < ARRAY_SIZE(texts) && r == 0; i++)
		r = store_copy_text(rows, texts[i].column, texts[i].text, texts[i].size, error);
	ret->id = store_integer(rows, 0);
	ret->size_bytes = (uint64_t)store_integer(rows, 7);
	ret->device_count = (unsigned)store_integer(rows, 8);
	ret->missing_count = (unsigned)store_integer(rows, 9);
	ret->redundancy_left = (int)store_integer(rows, 10);
	ret->sync_done_permille = (int)store_integer(rows, 12);
	ret->first_seen_utc_ms = store_integer(rows, 14);
	ret->last_seen_utc_ms = store_integer(rows, 15);
	ret->present = store_integer(rows, 16) != 0;
	return r;
}

static int read_list(struct store *store, const char *sql, const struct store_value *values,
	size_t count, struct array_list *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_ARRAYS struct array_list list = { 0 };
	size_t capacity = 0;
	int r = store_query(store, sql, values, count, &rows, error);
	if (r < 0)
		return r;
	while ((r = store_next(rows, error)) > 0) {
		if (list.count == capacity) {
			capacity += capacity / 2 + 8;
			struct array_record *items =
				reallocarray(list.items, capacity, sizeof(*items));
			if (!items)
				return error_no_memory(error);
			list.items = items;
		}
		list.items[list.count] = (struct array_record){ 0 };
		r = read_array(rows, &list.items[list.count++], error);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct array_list){ 0 };
	return 0;
}

int arrays_list(struct store *store, struct array_list *ret, struct error *error)
{
	return read_list(store, SELECT_ARRAY ORDER_ARRAYS, NULL, 0, ret, error);
}

int arrays_find(struct store *store, const char *word, struct array_list *ret, struct error *error)
{
	struct subject subject = { 0 };
	if (word[0] == '\0') {
		*ret = (struct array_list){ 0 };
		return 0;
	}
	bool is_id = subject_parse(word, &subject) && subject.kind == SUBJECT_ARRAY;
	const struct store_value values[] = {
		STORE_STRING(word),
		STORE_INT(is_id ? subject.id : -1),
	};
	return read_list(store,
		SELECT_ARRAY "WHERE key = $1 OR (uuid <> '' AND lower(uuid) = lower($1))"
			     " OR name = $1 OR id = $2" ORDER_ARRAYS,
		values, ARRAY_SIZE(values), ret, error);
}

/* -- members -- */

void array_member_counts_free(struct array_member_counts *counts)
{
	for (size_t i = 0; i < counts->count; i++)
		free((char *)(uintptr_t)counts->items[i].state);
	free(counts->items);
	*counts = (struct array_member_counts){ 0 };
}

static int add_count(
	const struct store_rows *rows, struct array_member_counts *counts, struct error *error)
{
	struct array_member_count *items =
		reallocarray(counts->items, counts->count + 1, sizeof(*items));
	if (!items)
		return error_no_memory(error);
	counts->items = items;
	char *state = strdup(store_text(rows, 1));
	if (!state)
		return error_no_memory(error);
	items[counts->count++] = (struct array_member_count){
		.array_id = store_integer(rows, 0),
		.state = state,
		.left = store_integer(rows, 2) != 0,
		.count = (unsigned)store_integer(rows, 3),
	};
	return 0;
}

int arrays_count_members(struct store *store, struct array_member_counts *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_MEMBER_COUNTS struct array_member_counts counts = { 0 };
	int r = store_query(store,
		"SELECT upper_id, state, CASE WHEN left_utc_ms IS NULL THEN 0 ELSE 1 END AS gone,"
		" count(*) FROM stands_on WHERE upper_kind = 'array'"
		" GROUP BY upper_id, state, gone ORDER BY upper_id, state, gone",
		NULL, 0, &rows, error);
	if (r < 0)
		return r;
	while ((r = store_next(rows, error)) > 0) {
		r = add_count(rows, &counts, error);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	*ret = counts;
	counts = (struct array_member_counts){ 0 };
	return 0;
}
