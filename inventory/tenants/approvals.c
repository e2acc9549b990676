/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions and approvals in the store; each step is a row changed and an event, in one transaction. */
#include "inventory/tenants/approvals.h"

#include "base/clock.h"
#include "base/text.h"
#include "inventory/assets/drive_rows.h"
#include "inventory/custody/events.h"
#include "inventory/tenants/tenants.h"
#include "inventory/tenants/vms.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void approval_record_free(struct approval_record *record)
{
	free(record->vms);
	*record = (struct approval_record){ 0 };
}

void approval_list_free(struct approval_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		approval_record_free(&list->items[i]);
	free(list->items);
	*list = (struct approval_list){ 0 };
}

/* -- reading -- */

#define SELECT_APPROVAL                                                                            \
	"SELECT id, reason, vms, asked_utc_ms, coalesce(given_utc_ms, 0), given_by,"               \
	" expires_utc_ms FROM approval "

static int read_record(
	const struct store_rows *rows, struct approval_record *record, struct error *error)
{
	*record = (struct approval_record){ .id = store_integer(rows, 0),
		.vms = strdup(store_text(rows, 2)),
		.asked_utc_ms = store_integer(rows, 3),
		.given_utc_ms = store_integer(rows, 4),
		.expires_utc_ms = store_integer(rows, 6) };
	if (!record->vms)
		return error_no_memory(error);
	int r = store_copy_text(rows, 1, record->reason, sizeof(record->reason), error);
	return r < 0 ? r
		     : store_copy_text(rows, 5, record->given_by, sizeof(record->given_by), error);
}

static int read_list(struct store *store, const char *sql, const struct store_value *values,
	size_t count, struct approval_list *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_APPROVALS struct approval_list list = { 0 };
	int r = store_query(store, sql, values, count, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		struct approval_record *items =
			reallocarray(list.items, list.count + 1, sizeof(*list.items));
		if (!items)
			return error_no_memory(error);
		list.items = items;
		r = read_record(rows, &list.items[list.count++], error);
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct approval_list){ 0 };
	return 0;
}

int approvals_list(struct store *store, bool open_only, int64_t now_utc_ms,
	struct approval_list *ret, struct error *error)
{
	const struct store_value values[] = { STORE_INT(now_utc_ms) };
	return open_only ? read_list(store,
				   SELECT_APPROVAL "WHERE given_utc_ms IS NULL"
						   " AND expires_utc_ms > $1 ORDER BY id",
				   values, 1, ret, error)
			 : read_list(store, SELECT_APPROVAL "ORDER BY id", NULL, 0, ret, error);
}

/* The list keeps the rest. */
static void take(struct approval_list *list, size_t place, struct approval_record *ret)
{
	*ret = list->items[place];
	list->items[place] = (struct approval_record){ 0 };
}

int approvals_get(struct store *store, int64_t id, struct approval_record *ret, struct error *error)
{
	AUTO_APPROVALS struct approval_list list = { 0 };
	const struct store_value values[] = { STORE_INT(id) };
	int r = read_list(store, SELECT_APPROVAL "WHERE id = $1", values, 1, &list, error);
	if (r < 0)
		return r;
	if (list.count == 0) {
		error_set(error, ERROR_USAGE, ENOENT, "approval-unknown",
			_("Nothing in the store %s waits for the approval P%" PRId64),
			store_path(store), id);
		return error_next(error, _("See what does: haiki wipe approve"));
	}
	take(&list, 0, ret);
	return 0;
}

/* -- the VMs -- */

static int malformed(struct error *error)
{
	return error_set(error, ERROR_FAILED, EINVAL, "approval-malformed",
		_("An approval takes a reason and the UUIDs of VMs"));
}

static int compare_texts(const void *a, const void *b)
{
	const char *const *text_a = a, *const *text_b = b;
	return strcmp(*text_a, *text_b);
}

/* Sorted, each once, in the spelling that is kept, as canonical text. */
static int spell(const json_t *uuids, struct buffer *text, struct error *error)
{
	size_t count = json_array_size(uuids);
	AUTO_FREE char(*spelled)[VM_UUID_MAX] = calloc(count + 1, sizeof(*spelled));
	AUTO_FREE const char **sorted = calloc(count + 1, sizeof(*sorted));
	AUTO_JSON json_t *array = json_array();
	if (!spelled || !sorted || !array)
		return error_no_memory(error);
	if (count == 0)
		return malformed(error);
	for (size_t i = 0; i < count; i++) {
		const char *uuid = json_string_value(json_array_get(uuids, i));
		if (!uuid || !vm_uuid_parse(uuid, spelled[i]))
			return malformed(error);
		sorted[i] = spelled[i];
	}
	qsort(sorted, count, sizeof(*sorted), compare_texts);
	for (size_t i = 0; i < count; i++)
		if ((i == 0 || strcmp(sorted[i - 1], sorted[i]) != 0) &&
			json_push(array, json_string(sorted[i])) < 0)
			return error_no_memory(error);
	return json_write_canonical(array, text) < 0 ? error_no_memory(error) : 0;
}

/* Are all of one sorted text among those of another? Each UUID stands between quotes and is found whole. */
static bool is_among(const char *vms, const char *all)
{
	const char *at = all;
	for (const char *uuid = strchr(vms, '"'); uuid;) {
		const char *end = strchr(uuid + 1, '"');
		if (!end)
			return false;
		at = memmem(at, strlen(at), uuid, (size_t)(end - uuid) + 1);
		if (!at)
			return false;
		uuid = strchr(end + 1, '"');
	}
	return true;
}

/* -- asking -- */

static int find_standing(struct store *store, const char *reason, const char *vms, int64_t now,
	struct approval_record *ret, struct error *error)
{
	AUTO_APPROVALS struct approval_list list = { 0 };
	const struct store_value values[] = { STORE_STRING(reason), STORE_INT(now) };
	int r = read_list(store,
		SELECT_APPROVAL "WHERE reason = $1 AND expires_utc_ms > $2 ORDER BY id DESC",
		values, ARRAY_SIZE(values), &list, error);
	for (size_t i = 0; r == 0 && i < list.count; i++)
		if (list.items[i].given_utc_ms != 0 && is_among(vms, list.items[i].vms)) {
			take(&list, i, ret);
			return 1;
		}
	for (size_t i = 0; r == 0 && i < list.count; i++)
		if (list.items[i].given_utc_ms == 0 && strcmp(vms, list.items[i].vms) == 0) {
			take(&list, i, ret);
			return 1;
		}
	return r;
}

static int append_asked(struct store *store, int64_t id, const char *reason, const char *vms,
	int64_t now_utc_ms, struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	json_t *uuids = NULL;
	int r = json_parse(vms, strlen(vms), "vms", &uuids, error);
	if (r < 0)
		return r;
	if (json_put(detail, "vms", uuids) < 0 || json_put_string(detail, "reason", reason) < 0)
		return error_no_memory(error);
	const struct subject subject = { SUBJECT_APPROVAL, id };
	const struct event event = { "approval-asked", detail, now_utc_ms };
	return events_append(store, &subject, &event, error);
}

static int ask(struct store *store, const char *reason, const char *vms, int64_t now_utc_ms,
	struct approval_record *ret, struct error *error)
{
	int64_t id = 0;
	int r = find_standing(store, reason, vms, now_utc_ms, ret, error);
	if (r != 0)
		return r < 0 ? r : 0;
	r = subject_new_id(store, SUBJECT_APPROVAL, &id, error);
	if (r < 0)
		return r;
	const struct store_value values[] = {
		STORE_INT(id),
		STORE_STRING(reason),
		STORE_STRING(vms),
		STORE_INT(now_utc_ms),
		STORE_INT(now_utc_ms + APPROVAL_OPEN_MS),
	};
	r = store_execute(store,
		"INSERT INTO approval (id, reason, vms, asked_utc_ms, expires_utc_ms)"
		" VALUES ($1, $2, $3, $4, $5)",
		values, ARRAY_SIZE(values), NULL, error);
	if (r == 0)
		r = append_asked(store, id, reason, vms, now_utc_ms, error);
	return r < 0 ? r : approvals_get(store, id, ret, error);
}

int approvals_ask(struct store *store, const char *reason, const json_t *uuids, int64_t now_utc_ms,
	struct approval_record *ret, struct error *error)
{
	AUTO_BUFFER struct buffer vms = BUFFER_INIT(JSON_MAX_BYTES);
	AUTO_APPROVAL struct approval_record record = { 0 };
	if (reason[0] == '\0' || strlen(reason) >= sizeof(record.reason))
		return malformed(error);
	int r = spell(uuids, &vms, error);
	if (r == 0)
		r = store_begin(store, error);
	if (r < 0)
		return r;
	r = ask(store, reason, buffer_text(&vms), now_utc_ms, &record, error);
	r = store_end(store, r, error);
	if (r < 0)
		return r;
	*ret = record;
	record = (struct approval_record){ 0 };
	return ret->given_utc_ms != 0;
}

/* -- giving -- */

static int check_open(const struct approval_record *record, int64_t now_utc_ms, struct error *error)
{
	if (record->given_utc_ms != 0)
		return error_set(error, ERROR_REFUSED, EALREADY, "approval-given",
			_("P%" PRId64 " was approved already, by %s"), record->id,
			record->given_by);
	if (record->expires_utc_ms > now_utc_ms)
		return 0;
	error_set(error, ERROR_REFUSED, ESTALE, "approval-expired",
		_("P%" PRId64 " was asked too long ago and is void"), record->id);
	return error_next(error, _("See what waits now: haiki wipe approve"));
}

static int give(
	struct store *store, int64_t id, const char *actor, int64_t now_utc_ms, struct error *error)
{
	AUTO_APPROVAL struct approval_record record = { 0 };
	AUTO_JSON json_t *detail = json_object();
	int64_t changed = 0;
	int r = approvals_get(store, id, &record, error);
	if (r == 0)
		r = check_open(&record, now_utc_ms, error);
	if (r < 0)
		return r;
	const struct store_value values[] = {
		STORE_INT(id),
		STORE_INT(now_utc_ms),
		STORE_STRING(actor),
		STORE_INT(now_utc_ms + APPROVAL_HOLDS_MS),
	};
	r = store_execute(store,
		"UPDATE approval SET given_utc_ms = $2, given_by = $3, expires_utc_ms = $4"
		" WHERE id = $1 AND given_utc_ms IS NULL",
		values, ARRAY_SIZE(values), &changed, error);
	if (r == 0 && changed != 1)
		r = store_error_corrupt(store, "approval", error);
	if (r < 0)
		return r;
	if (json_put_string(detail, "reason", record.reason) < 0 ||
		json_put_string(detail, "given_by", actor) < 0)
		return error_no_memory(error);
	const struct subject subject = { SUBJECT_APPROVAL, id };
	const struct event event = { "approval-given", detail, now_utc_ms };
	return events_append(store, &subject, &event, error);
}

int approvals_give(
	struct store *store, int64_t id, const char *actor, int64_t now_utc_ms, struct error *error)
{
	if (!actor_is_person(actor) || strlen(actor) >= ACTOR_MAX) {
		error_set(error, ERROR_REFUSED, EPERM, "approval-no-person",
			_("%s is no person: a service, or root itself, cannot approve"), actor);
		return error_next(error, _("Log in under your own account and use sudo."));
	}
	int r = store_begin(store, error);
	return r < 0 ? r : store_end(store, give(store, id, actor, now_utc_ms, error), error);
}
