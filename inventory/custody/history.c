/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events and sightings, merged by time; events among themselves keep their own order. */
#include "inventory/custody/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int read_sighting(const struct store_rows *rows, int64_t drive_id, struct event_record *ret,
	struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	AUTO_BUFFER struct buffer text = BUFFER_INIT(64 * KIB);
	*ret = (struct event_record){ .utc_ms = store_integer(rows, 0),
		.subject = { SUBJECT_DRIVE, drive_id },
		.action = "seen" };
	if (!detail || json_put_string(detail, "host", store_text(rows, 1)) < 0 ||
		json_put_string(detail, "name", store_text(rows, 2)) < 0 ||
		json_put_string(detail, "firmware", store_text(rows, 3)) < 0 ||
		json_put_integer(detail, "capacity_bytes", store_integer(rows, 4)) < 0 ||
		json_write_canonical(detail, &text) < 0)
		return error_no_memory(error);
	ret->detail = strdup(buffer_text(&text));
	return ret->detail ? 0 : error_no_memory(error);
}

static int read_sightings(struct store *store, int64_t drive_id, size_t limit,
	struct event_list *list, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(drive_id), STORE_INT(limit) };
	int r = store_query(store,
		"SELECT utc_ms, host, name, firmware, capacity_bytes FROM"
		" (SELECT * FROM sighting WHERE drive_id = $1 ORDER BY number DESC LIMIT $2) newest"
		" ORDER BY number",
		values, ARRAY_SIZE(values), &rows, error);
	if (r < 0)
		return r;
	while ((r = store_next(rows, error)) > 0) {
		struct event_record *grown =
			reallocarray(list->items, list->count + 1, sizeof(*list->items));
		if (!grown)
			return error_no_memory(error);
		list->items = grown;
		r = read_sighting(rows, drive_id, &grown[list->count++], error);
		if (r < 0)
			return r;
	}
	return r;
}

/* Takes what is in both lists. */
static int merge(struct event_list *a, struct event_list *b, size_t limit, struct event_list *ret,
	struct error *error)
{
	size_t count = a->count + b->count, i = 0, j = 0, next = 0;
	struct event_record *items = calloc(count + 1, sizeof(*items));
	if (!items)
		return error_no_memory(error);
	while (i < a->count || j < b->count) {
		bool from_b =
			i == a->count || (j < b->count && b->items[j].utc_ms <= a->items[i].utc_ms);
		items[next++] = from_b ? b->items[j++] : a->items[i++];
	}
	a->count = 0;
	b->count = 0;
	size_t spare = count > limit ? count - limit : 0;
	for (i = 0; i < spare; i++)
		free(items[i].detail);
	memmove(items, items + spare, (count - spare) * sizeof(*items));
	*ret = (struct event_list){ items, count - spare };
	return 0;
}

int history_list(struct store *store, const struct subject *subject, size_t limit,
	struct event_list *ret, struct error *error)
{
	AUTO_EVENTS struct event_list events = { 0 };
	AUTO_EVENTS struct event_list sightings = { 0 };
	int r = events_list(store, subject, limit, &events, error);
	if (r == 0 && subject && subject->kind == SUBJECT_DRIVE)
		r = read_sightings(store, subject->id, limit, &sightings, error);
	return r < 0 ? r : merge(&events, &sightings, limit, ret, error);
}
