/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flags in the store: read, and brought to what should stand, each change an event. */
#include "inventory/assets/flag_rows.h"

#include "inventory/custody/events.h"

#include <errno.h>
#include <string.h>

void flag_list_free(struct flag_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].detail);
	free(list->items);
	*list = (struct flag_list){ 0 };
}

void flag_changes_free(struct flag_changes *changes)
{
	flag_list_free(&changes->raised);
	flag_list_free(&changes->cleared);
}

int flag_compare(const void *a, const void *b)
{
	const struct flag *one = a;
	const struct flag *other = b;
	if (one->drive_id != other->drive_id)
		return one->drive_id < other->drive_id ? -1 : 1;
	return (int)one->code - (int)other->code;
}

/* Takes the text. */
static int add_text(struct flag_list *list, size_t *capacity, const struct flag *flag, char *text,
	struct error *error)
{
	if (list->count == *capacity) {
		size_t larger = *capacity * 2 + 16;
		struct flag *items = reallocarray(list->items, larger, sizeof(*items));
		if (!items) {
			free(text);
			return error_no_memory(error);
		}
		list->items = items;
		*capacity = larger;
	}
	list->items[list->count] = *flag;
	list->items[list->count++].detail = text;
	return 0;
}

int flag_list_add(struct flag_list *list, size_t *capacity, const struct flag *flag, json_t *detail,
	struct error *error)
{
	AUTO_JSON json_t *owned = detail;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(JSON_MAX_BYTES);
	if (!owned || json_write_canonical(owned, &text) < 0)
		return error_no_memory(error);
	char *taken = buffer_take(&text);
	return taken ? add_text(list, capacity, flag, taken, error) : error_no_memory(error);
}

/* -- reading -- */

static int read_list(struct store *store, const char *sql, const struct store_value *values,
	size_t count, struct flag_list *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_FLAGS struct flag_list list = { 0 };
	size_t capacity = 0;
	int r = store_query(store, sql, values, count, &rows, error);
	if (r < 0)
		return r;
	while ((r = store_next(rows, error)) > 0) {
		const struct flag flag = {
			.drive_id = store_integer(rows, 0),
			.code = flag_code_parse(store_text(rows, 1)),
			.first_utc_ms = store_integer(rows, 3),
		};
		char *detail = strdup(store_text(rows, 2));
		r = detail ? add_text(&list, &capacity, &flag, detail, error)
			   : error_no_memory(error);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	if (list.count > 1)
		qsort(list.items, list.count, sizeof(*list.items), flag_compare);
	*ret = list;
	list = (struct flag_list){ 0 };
	return 0;
}

#define SELECT_FLAG "SELECT drive_id, code, detail, first_utc_ms FROM flag WHERE "

int flags_list(struct store *store, struct flag_list *ret, struct error *error)
{
	return read_list(store, SELECT_FLAG "cleared_utc_ms IS NULL", NULL, 0, ret, error);
}

int flags_of_drive(
	struct store *store, int64_t drive_id, struct flag_list *ret, struct error *error)
{
	const struct store_value values[] = { STORE_INT(drive_id) };
	return read_list(store, SELECT_FLAG "drive_id = $1 AND cleared_utc_ms IS NULL", values, 1,
		ret, error);
}

const struct flag *flags_find(const struct flag_list *list, int64_t drive_id, size_t *ret_count)
{
	size_t low = 0, high = list->count, count = 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (list->items[middle].drive_id < drive_id)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + count < list->count && list->items[low + count].drive_id == drive_id)
		count++;
	*ret_count = count;
	return count > 0 ? &list->items[low] : NULL;
}

/* -- changing -- */

static int append_event(struct store *store, const char *action, const struct flag *flag,
	int64_t now_utc_ms, struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	json_t *own = NULL;
	int r = json_parse(flag->detail, strlen(flag->detail), "", &own, NULL);
	if (r < 0)
		return store_error_corrupt(store, "flag", error);
	if (json_put(detail, "detail", own) < 0 ||
		json_put_string(detail, "code", flag_code_name(flag->code)) < 0)
		return error_no_memory(error);
	const struct subject subject = { SUBJECT_DRIVE, flag->drive_id };
	const struct event event = { action, detail, now_utc_ms };
	return events_append(store, &subject, &event, error);
}

static int raise_flag(
	struct store *store, const struct flag *flag, int64_t now_utc_ms, struct error *error)
{
	const struct store_value values[] = {
		STORE_INT(flag->drive_id),
		STORE_STRING(flag_code_name(flag->code)),
		STORE_STRING(flag->detail),
		STORE_INT(now_utc_ms),
	};
	int r = store_execute(store,
		"INSERT INTO flag (drive_id, code, detail, first_utc_ms, last_utc_ms)"
		" VALUES ($1, $2, $3, $4, $4) ON CONFLICT (drive_id, code) DO UPDATE"
		" SET detail = $3, first_utc_ms = $4, last_utc_ms = $4, cleared_utc_ms = NULL",
		values, ARRAY_SIZE(values), NULL, error);
	return r < 0 ? r : append_event(store, "flag-raised", flag, now_utc_ms, error);
}

static int clear_flag(
	struct store *store, const struct flag *flag, int64_t now_utc_ms, struct error *error)
{
	const struct store_value values[] = {
		STORE_INT(flag->drive_id),
		STORE_STRING(flag_code_name(flag->code)),
		STORE_INT(now_utc_ms),
	};
	int r = store_execute(store,
		"UPDATE flag SET cleared_utc_ms = $3 WHERE drive_id = $1 AND code = $2", values,
		ARRAY_SIZE(values), NULL, error);
	return r < 0 ? r : append_event(store, "flag-cleared", flag, now_utc_ms, error);
}

/* It stands and goes on standing. */
static int touch_flag(struct store *store, const struct flag *flag, const char *detail_before,
	int64_t now_utc_ms, struct error *error)
{
	if (strcmp(flag->detail, detail_before) == 0)
		return 0;
	const struct store_value values[] = {
		STORE_INT(flag->drive_id),
		STORE_STRING(flag_code_name(flag->code)),
		STORE_STRING(flag->detail),
		STORE_INT(now_utc_ms),
	};
	return store_execute(store,
		"UPDATE flag SET detail = $3, last_utc_ms = $4 WHERE drive_id = $1 AND code = $2",
		values, ARRAY_SIZE(values), NULL, error);
}

static int note_change(
	struct flag_list *list, size_t *capacity, const struct flag *flag, struct error *error)
{
	char *detail = strdup(flag->detail);
	return detail ? add_text(list, capacity, flag, detail, error) : error_no_memory(error);
}

/* Both sorted; walked side by side. */
static int bring_to(struct store *store, const struct flag_list *standing,
	const struct flag_list *wanted, int64_t now_utc_ms, struct flag_changes *changes,
	struct error *error)
{
	size_t i = 0, j = 0, raised_capacity = 0, cleared_capacity = 0;
	int r = 0;
	while (r == 0 && (i < standing->count || j < wanted->count)) {
		const struct flag *old = i < standing->count ? &standing->items[i] : NULL;
		const struct flag *new = j < wanted->count ? &wanted->items[j] : NULL;
		int order = !old ? 1 : !new ? -1 : flag_compare(old, new);
		i += order <= 0;
		j += order >= 0;
		if (order < 0 && old) {
			r = clear_flag(store, old, now_utc_ms, error);
			if (r == 0)
				r = note_change(&changes->cleared, &cleared_capacity, old, error);
		} else if (order > 0 && new) {
			r = raise_flag(store, new, now_utc_ms, error);
			if (r == 0)
				r = note_change(&changes->raised, &raised_capacity, new, error);
		} else if (old && new) {
			r = touch_flag(store, new, old->detail, now_utc_ms, error);
		}
	}
	return r;
}

int flags_refresh(
	struct store *store, int64_t now_utc_ms, struct flag_changes *ret, struct error *error)
{
	AUTO_FLAGS struct flag_list standing = { 0 };
	AUTO_FLAGS struct flag_list wanted = { 0 };
	AUTO_FLAG_CHANGES struct flag_changes changes = { 0 };
	int r = flags_list(store, &standing, error);
	if (r == 0)
		r = flags_wanted(store, &wanted, error);
	if (r == 0)
		r = bring_to(store, &standing, &wanted, now_utc_ms, &changes, error);
	if (r < 0 || !ret)
		return r;
	*ret = changes;
	changes = (struct flag_changes){ 0 };
	return 0;
}
