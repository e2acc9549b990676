/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands on what, as the store keeps it. An edge is never deleted: it leaves. */
#include "inventory/assets/stands.h"

#include <errno.h>
#include <string.h>

#define SELECT_STAND                                                                               \
	"SELECT upper_kind, upper_id, lower_kind, lower_id, partition_number, slot, state,"        \
	" first_utc_ms, last_utc_ms, coalesce(left_utc_ms, 0) FROM stands_on "
#define BY_UPPER "WHERE upper_kind = $1 AND upper_id = $2 "
#define BY_LOWER "WHERE lower_kind = $1 AND lower_id = $2 "
#define STILL "AND left_utc_ms IS NULL "
#define ORDER_BELOW "ORDER BY lower_kind, slot, lower_id, partition_number"
#define ORDER_ABOVE "ORDER BY partition_number, upper_kind, upper_id"

void stand_list_free(struct stand_list *list)
{
	free(list->items);
	*list = (struct stand_list){ 0 };
}

int stands_record(
	struct store *store, const struct stand *stand, int64_t now_utc_ms, struct error *error)
{
	const struct store_value values[] = {
		STORE_STRING(subject_kind_name(stand->upper.kind)),
		STORE_INT(stand->upper.id),
		STORE_STRING(subject_kind_name(stand->lower.kind)),
		STORE_INT(stand->lower.id),
		STORE_INT(stand->partition_number),
		STORE_INT(stand->slot),
		STORE_STRING(stand->state),
		STORE_INT(now_utc_ms),
		STORE_INT(stand->left_utc_ms),
	};
	if (stand->left_utc_ms != 0)
		return store_execute(store,
			"INSERT INTO stands_on (upper_kind, upper_id, lower_kind, lower_id,"
			" partition_number, slot, state, first_utc_ms, last_utc_ms, left_utc_ms)"
			" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)"
			" ON CONFLICT (upper_kind, upper_id, lower_kind, lower_id, "
			"partition_number)"
			" DO UPDATE SET left_utc_ms = coalesce(stands_on.left_utc_ms, "
			"excluded.left_utc_ms)",
			values, ARRAY_SIZE(values), NULL, error);
	return store_execute(store,
		"INSERT INTO stands_on (upper_kind, upper_id, lower_kind, lower_id,"
		" partition_number, slot, state, first_utc_ms, last_utc_ms)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)"
		" ON CONFLICT (upper_kind, upper_id, lower_kind, lower_id, partition_number)"
		" DO UPDATE SET slot = excluded.slot, state = excluded.state,"
		" last_utc_ms = excluded.last_utc_ms, left_utc_ms = NULL",
		values, ARRAY_SIZE(values) - 1, NULL, error);
}

int stands_record_left(
	struct store *store, const struct stand *stand, int64_t now_utc_ms, struct error *error)
{
	struct stand left = *stand;
	left.left_utc_ms = now_utc_ms;
	const struct store_value values[] = {
		STORE_STRING(subject_kind_name(stand->upper.kind)),
		STORE_INT(stand->upper.id),
		STORE_STRING(subject_kind_name(stand->lower.kind)),
		STORE_INT(stand->lower.id),
		STORE_INT(stand->partition_number),
		STORE_INT(now_utc_ms),
	};
	int r = stands_record(store, &left, now_utc_ms, error);
	return r < 0 ? r
		     : store_execute(store,
			       "UPDATE stands_on SET last_utc_ms = $6 WHERE upper_kind = $1"
			       " AND upper_id = $2 AND lower_kind = $3 AND lower_id = $4"
			       " AND partition_number = $5",
			       values, ARRAY_SIZE(values), NULL, error);
}

int stands_mark_left(struct store *store, const struct subject *upper, int64_t since_utc_ms,
	int64_t now_utc_ms, struct error *error)
{
	const struct store_value values[] = {
		STORE_STRING(subject_kind_name(upper->kind)),
		STORE_INT(upper->id),
		STORE_INT(since_utc_ms),
		STORE_INT(now_utc_ms),
	};
	return store_execute(store,
		"UPDATE stands_on SET left_utc_ms = $4"
		" WHERE upper_kind = $1 AND upper_id = $2 AND last_utc_ms < $3 "
		"AND left_utc_ms IS NULL",
		values, ARRAY_SIZE(values), NULL, error);
}

static int read_stand(const struct store_rows *rows, struct stand *ret, struct error *error)
{
	ret->upper.kind = subject_kind_parse(store_text(rows, 0));
	ret->upper.id = store_integer(rows, 1);
	ret->lower.kind = subject_kind_parse(store_text(rows, 2));
	ret->lower.id = store_integer(rows, 3);
	ret->partition_number = (unsigned)store_integer(rows, 4);
	ret->slot = (int)store_integer(rows, 5);
	ret->first_utc_ms = store_integer(rows, 7);
	ret->last_utc_ms = store_integer(rows, 8);
	ret->left_utc_ms = store_integer(rows, 9);
	return store_copy_text(rows, 6, ret->state, sizeof(ret->state), error);
}

/* Grows by halves; *capacity belongs to the list. */
static int add_place(struct stand_list *list, size_t *capacity, struct error *error)
{
	if (list->count == *capacity) {
		size_t larger = *capacity + *capacity / 2 + 8;
		struct stand *items = reallocarray(list->items, larger, sizeof(*items));
		if (!items)
			return error_no_memory(error);
		list->items = items;
		*capacity = larger;
	}
	list->items[list->count++] = (struct stand){ 0 };
	return 0;
}

/* Append the edges next to a subject. */
static int append_edges(struct store *store, const char *sql, const struct subject *subject,
	struct stand_list *list, size_t *capacity, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = {
		STORE_STRING(subject_kind_name(subject->kind)),
		STORE_INT(subject->id),
	};
	int r = store_query(store, sql, values, ARRAY_SIZE(values), &rows, error);
	if (r < 0)
		return r;
	while ((r = store_next(rows, error)) > 0) {
		r = add_place(list, capacity, error);
		if (r == 0)
			r = read_stand(rows, &list->items[list->count - 1], error);
		if (r < 0)
			return r;
	}
	return r;
}

static const char *sql_for(bool below, bool with_left)
{
	if (below)
		return with_left ? SELECT_STAND BY_UPPER ORDER_BELOW
				 : SELECT_STAND BY_UPPER STILL ORDER_BELOW;
	return with_left ? SELECT_STAND BY_LOWER ORDER_ABOVE
			 : SELECT_STAND BY_LOWER STILL ORDER_ABOVE;
}

static int next_to(struct store *store, const struct subject *subject, bool below, bool with_left,
	struct stand_list *ret, struct error *error)
{
	AUTO_STANDS struct stand_list list = { 0 };
	size_t capacity = 0;
	int r = append_edges(store, sql_for(below, with_left), subject, &list, &capacity, error);
	if (r < 0)
		return r;
	*ret = list;
	list = (struct stand_list){ 0 };
	return 0;
}

static bool same_subject(const struct subject *a, const struct subject *b)
{
	return a->kind == b->kind && a->id == b->id;
}

/* Was the far end of edge `index` reached by an edge before it, or is it where all began? Then its
 * own edges are listed already. */
static bool is_known(
	const struct stand_list *list, size_t index, const struct subject *start, bool below)
{
	const struct stand *edge = &list->items[index];
	const struct subject *end = below ? &edge->lower : &edge->upper;
	if (same_subject(end, start))
		return true;
	for (size_t i = 0; i < index; i++) {
		const struct stand *other = &list->items[i];
		if (same_subject(end, below ? &other->lower : &other->upper))
			return true;
	}
	return false;
}

static int all(struct store *store, const struct subject *start, bool below, bool with_left,
	struct stand_list *ret, struct error *error)
{
	AUTO_STANDS struct stand_list list = { 0 };
	size_t capacity = 0;
	const char *sql = sql_for(below, with_left);
	int r = append_edges(store, sql, start, &list, &capacity, error);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		if (is_known(&list, i, start, below))
			continue;
		const struct subject end = below ? list.items[i].lower : list.items[i].upper;
		r = append_edges(store, sql, &end, &list, &capacity, error);
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct stand_list){ 0 };
	return 0;
}

int stands_below(struct store *store, const struct subject *upper, bool with_left,
	struct stand_list *ret, struct error *error)
{
	return next_to(store, upper, true, with_left, ret, error);
}

int stands_above(struct store *store, const struct subject *lower, bool with_left,
	struct stand_list *ret, struct error *error)
{
	return next_to(store, lower, false, with_left, ret, error);
}

int stands_all_below(struct store *store, const struct subject *upper, bool with_left,
	struct stand_list *ret, struct error *error)
{
	return all(store, upper, true, with_left, ret, error);
}

int stands_all_above(struct store *store, const struct subject *lower, bool with_left,
	struct stand_list *ret, struct error *error)
{
	return all(store, lower, false, with_left, ret, error);
}
