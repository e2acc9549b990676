/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Coming and going in the store. */
#include "inventory/assets/presence.h"

#include "inventory/assets/drive_rows.h"
#include "inventory/custody/events.h"

#include <errno.h>
#include <string.h>

/* -- what was known -- */

static int read_known(struct store *store, const struct drive_identity *identity, const char *host,
	struct drive_history *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = {
		STORE_STRING(identity->wwn),
		STORE_STRING(identity->serial),
		STORE_STRING(identity->model),
	};
	int r = store_query(store,
		"SELECT d.id, d.present, d.host, d.name, d.slot, d.last_seen_utc_ms, d.custody,"
		" (SELECT e.utc_ms FROM event e WHERE e.target_kind = 'drive'"
		"  AND e.target_id = d.id AND e.action = 'custody' ORDER BY e.id DESC LIMIT 1)"
		" FROM drive d WHERE d.wwn = $1 AND d.serial = $2 AND d.model = $3",
		values, ARRAY_SIZE(values), &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r <= 0)
		return r;
	ret->id = store_integer(rows, 0);
	ret->was_present = store_integer(rows, 1) != 0;
	ret->last_seen_utc_ms = store_integer(rows, 5);
	ret->custody_utc_ms = store_integer(rows, 7);
	r = store_copy_text(rows, 2, ret->host, sizeof(ret->host), error);
	if (r == 0)
		r = store_copy_text(rows, 3, ret->name, sizeof(ret->name), error);
	if (r == 0)
		r = store_copy_text(rows, 4, ret->slot, sizeof(ret->slot), error);
	if (r == 0)
		r = store_copy_text(rows, 6, ret->custody, sizeof(ret->custody), error);
	ret->here = ret->was_present && strcmp(ret->host, host) == 0;
	return r;
}

static int read_array(struct store *store, struct drive_history *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(ret->id) };
	int r = store_query(store,
		"SELECT a.name, s.left_utc_ms FROM stands_on s JOIN raid_array a ON a.id = "
		"s.upper_id"
		" WHERE s.lower_kind = 'drive' AND s.lower_id = $1 AND s.upper_kind = 'array'"
		" ORDER BY s.last_utc_ms DESC, s.upper_id LIMIT 1",
		values, ARRAY_SIZE(values), &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r <= 0)
		return r;
	ret->array_left = store_integer(rows, 1) != 0;
	return store_copy_text(rows, 0, ret->array, sizeof(ret->array), error);
}

static int read_certificate(struct store *store, const struct drive_identity *identity,
	struct drive_history *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = {
		STORE_STRING(identity->serial),
		STORE_STRING(identity->wwn),
	};
	int r = store_query(store,
		"SELECT c.name, c.outcome FROM job_drive d JOIN certificate c ON c.job_id = "
		"d.job_id"
		" WHERE d.serial = $1 AND d.wwn = $2"
		" ORDER BY c.issued_utc_ms DESC, c.job_id DESC, c.number DESC LIMIT 1",
		values, ARRAY_SIZE(values), &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r <= 0)
		return r;
	r = store_copy_text(rows, 0, ret->certificate, sizeof(ret->certificate), error);
	return r < 0 ? r : store_copy_text(rows, 1, ret->outcome, sizeof(ret->outcome), error);
}

static int read_other(struct store *store, const struct drive_identity *identity,
	struct drive_history *ret, struct error *error)
{
	const struct store_value values[] = { STORE_STRING(identity->serial) };
	if (identity->serial[0] == '\0')
		return 0;
	return drive_query_integer(store,
		"SELECT id FROM drive WHERE serial = $1 ORDER BY last_seen_utc_ms DESC, id LIMIT 1",
		values, ARRAY_SIZE(values), 0, &ret->other_id, error);
}

int presence_history(struct store *store, const struct drive_identity *identity, const char *host,
	struct drive_history *ret, struct error *error)
{
	struct drive_history history = { 0 };
	int r = read_known(store, identity, host, &history, error);
	if (r >= 0 && history.id > 0)
		r = read_array(store, &history, error);
	if (r >= 0 && history.id > 0)
		r = read_certificate(store, identity, &history, error);
	if (r >= 0 && history.id == 0)
		r = read_other(store, identity, &history, error);
	if (r < 0)
		return r;
	*ret = history;
	return 0;
}

/* -- events -- */

static int append(struct store *store, int64_t drive_id, const char *action, const json_t *detail,
	int64_t now_utc_ms, struct error *error)
{
	const struct subject subject = { SUBJECT_DRIVE, drive_id };
	const struct event event = { action, detail, now_utc_ms };
	return events_append(store, &subject, &event, error);
}

int presence_appeared(struct store *store, int64_t drive_id, const char *host, const char *name,
	const struct drive_history *history, int64_t now_utc_ms, struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	if (!detail || json_put_string(detail, "host", host) < 0 ||
		json_put_string(detail, "name", name) < 0)
		return error_no_memory(error);
	if (history->id > 0 && (json_put_string(detail, "before_host", history->host) < 0 ||
				       json_put_string(detail, "before_name", history->name) < 0))
		return error_no_memory(error);
	return append(store, drive_id, "appeared", detail, now_utc_ms, error);
}

/* The name it had there; 0 when it is not there any more. */
static int read_name(struct store *store, int64_t drive_id, const char *host, char *ret,
	size_t size, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(drive_id), STORE_STRING(host) };
	int r = store_query(store,
		"SELECT name FROM drive WHERE id = $1 AND host = $2 AND present = 1", values,
		ARRAY_SIZE(values), &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r <= 0)
		return r;
	r = store_copy_text(rows, 0, ret, size, error);
	return r < 0 ? r : 1;
}

int presence_vanished(struct store *store, int64_t drive_id, const char *host, int64_t until_utc_ms,
	int64_t now_utc_ms, bool *ret_changed, struct error *error)
{
	char name[sizeof(((struct drive_identity *)NULL)->name)];
	int there = read_name(store, drive_id, host, name, sizeof(name), error);
	if (there < 0)
		return there;
	if (ret_changed)
		*ret_changed = there > 0;
	if (there == 0)
		return 0;
	const struct store_value values[] = { STORE_INT(drive_id), STORE_INT(until_utc_ms) };
	int r = store_execute(store,
		"UPDATE drive SET present = 0, twin_kind = '', twin_path = '', serial_before = '', "
		"last_seen_utc_ms ="
		" CASE WHEN $2 > last_seen_utc_ms THEN $2 ELSE last_seen_utc_ms END WHERE id = $1",
		values, ARRAY_SIZE(values), NULL, error);
	if (r < 0)
		return r;
	AUTO_JSON json_t *detail = json_object();
	if (!detail || json_put_string(detail, "host", host) < 0 ||
		json_put_string(detail, "name", name) < 0)
		return error_no_memory(error);
	return append(store, drive_id, "vanished", detail, now_utc_ms, error);
}

int presence_changed_serial(
	struct store *store, int64_t drive_id, const char *serial_before, struct error *error)
{
	const struct store_value values[] = { STORE_INT(drive_id), STORE_STRING(serial_before) };
	return store_execute(store, "UPDATE drive SET serial_before = $2 WHERE id = $1", values,
		ARRAY_SIZE(values), NULL, error);
}

/* -- who is here -- */

void presence_list_free(struct presence_list *list)
{
	free(list->ids);
	*list = (struct presence_list){ 0 };
}

int presence_of_host(
	struct store *store, const char *host, struct presence_list *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_PRESENCE struct presence_list list = { 0 };
	const struct store_value values[] = { STORE_STRING(host) };
	size_t capacity = 0;
	int r = store_query(store,
		"SELECT id FROM drive WHERE host = $1 AND present = 1 ORDER BY id", values,
		ARRAY_SIZE(values), &rows, error);
	if (r < 0)
		return r;
	while ((r = store_next(rows, error)) > 0) {
		if (list.count == capacity) {
			capacity = capacity * 2 + 64;
			int64_t *ids = reallocarray(list.ids, capacity, sizeof(*ids));
			if (!ids)
				return error_no_memory(error);
			list.ids = ids;
		}
		list.ids[list.count++] = store_integer(rows, 0);
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct presence_list){ 0 };
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a;
	int64_t other = *(const int64_t *)b;
	return one < other ? -1 : one > other;
}

bool presence_has(const struct presence_list *list, int64_t drive_id)
{
	return list->count > 0 &&
	       bsearch(&drive_id, list->ids, list->count, sizeof(*list->ids), compare_ids);
}
