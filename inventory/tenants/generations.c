/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Backup generations in the store. */
#include "inventory/tenants/generations.h"

#include "base/text.h"
#include "inventory/assets/drive_rows.h"
#include "inventory/tenants/tenants.h"

#include <errno.h>
#include <string.h>

void generation_list_free(struct generation_list *list)
{
	free(list->items);
	*list = (struct generation_list){ 0 };
}

int64_t generation_overdue_since(const struct generation_record *record, int64_t now_utc_ms)
{
	int64_t since = record->expires_utc_ms != 0 ? record->expires_utc_ms + GENERATION_OVERDUE_MS
						    : record->vm_gone_utc_ms;
	return record->gone_utc_ms == 0 && since != 0 && since <= now_utc_ms ? since : 0;
}

/* -- writing -- */

static int malformed(const struct generation_record *record, const char *why, struct error *error)
{
	return error_set(error, ERROR_USAGE, EINVAL, "generation-malformed",
		_("The generation \"%.60s\" cannot be entered: %s"), record->key, why);
}

static int check(const struct generation_record *record, struct error *error)
{
	if (record->key[0] == '\0')
		return malformed(record, _("it has no key"), error);
	if (record->place[0] == '\0')
		return malformed(record, _("it has no place"), error);
	if (record->tenant_id == 0 && record->volume_id == 0 && record->vm_uuid[0] == '\0')
		return malformed(record, _("it names no tenant, no volume and no VM"), error);
	if (record->expires_utc_ms != 0 && record->expires_utc_ms < record->created_utc_ms)
		return malformed(record, _("it expires before it was made"), error);
	if (record->gone_utc_ms != 0 && record->gone_utc_ms < record->created_utc_ms)
		return malformed(record, _("it was gone before it was made"), error);
	if (record->size_bytes > INT64_MAX)
		return malformed(record, _("its size is out of range"), error);
	int r = text_check(record->key, GENERATION_KEY_MAX, false, "key", error);
	if (r == 0)
		r = text_check(record->vm_uuid, sizeof(record->vm_uuid), false, "vm_uuid", error);
	return r < 0 ? r : text_check(record->place, GENERATION_PLACE_MAX, false, "place", error);
}

static int append_event(struct store *store, int64_t id, const struct generation_record *record,
	const json_t *changed, int64_t now_utc_ms, struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	if (!detail || json_put_string(detail, "key", record->key) < 0 ||
		(changed && json_put(detail, "changed", json_deep_copy(changed)) < 0))
		return error_no_memory(error);
	const struct subject subject = { SUBJECT_GENERATION, id };
	const struct event event = { record->id == 0 ? "generation-added" : "generation-changed",
		detail, now_utc_ms };
	return events_append(store, &subject, &event, error);
}

static struct store_value or_null(int64_t value)
{
	return value != 0 ? STORE_INT(value) : (struct store_value){ 0 };
}

int generations_write(struct store *store, const struct generation_record *record,
	const json_t *changed, int64_t now_utc_ms, int64_t *ret_id, struct error *error)
{
	int64_t id = record->id;
	int r = check(record, error);
	if (r == 0 && id == 0)
		r = subject_new_id(store, SUBJECT_GENERATION, &id, error);
	if (r < 0)
		return r;
	const struct store_value values[] = {
		STORE_INT(id),
		STORE_STRING(record->key),
		or_null(record->tenant_id),
		or_null(record->volume_id),
		STORE_STRING(record->vm_uuid),
		STORE_STRING(record->place),
		STORE_INT(record->created_utc_ms),
		or_null(record->expires_utc_ms),
		STORE_INT(record->size_bytes),
		or_null(record->gone_utc_ms),
	};
	r = store_execute(store,
		record->id == 0
			? "INSERT INTO generation (id, key, tenant_id, volume_id, vm_uuid, place,"
			  " created_utc_ms, expires_utc_ms, size_bytes, gone_utc_ms)"
			  " VALUES ($1, $2, $3, $4, lower($5), $6, $7, $8, $9, $10)"
			: "UPDATE generation SET key = $2, tenant_id = $3, volume_id = $4,"
			  " vm_uuid = lower($5), place = $6, created_utc_ms = $7,"
			  " expires_utc_ms = $8, size_bytes = $9, gone_utc_ms = $10 WHERE id = $1",
		values, ARRAY_SIZE(values), NULL, error);
	if (r == 0)
		r = append_event(store, id, record, changed, now_utc_ms, error);
	if (r == 0 && ret_id)
		*ret_id = id;
	return r;
}

/* -- reading -- */

static int read_record(
	const struct store_rows *rows, struct generation_record *record, struct error *error)
{
	const struct {
		unsigned column;
		char *text;
		size_t size;
	} texts[] = {
		{ 1, record->key, sizeof(record->key) },
		{ 3, record->tenant, sizeof(record->tenant) },
		{ 5, record->volume, sizeof(record->volume) },
		{ 6, record->vm_uuid, sizeof(record->vm_uuid) },
		{ 7, record->place, sizeof(record->place) },
	};
	*record = (struct generation_record){ .id = store_integer(rows, 0),
		.tenant_id = store_integer(rows, 2),
		.volume_id = store_integer(rows, 4),
		.created_utc_ms = store_integer(rows, 8),
		.expires_utc_ms = store_integer(rows, 9),
		.size_bytes = (uint64_t)store_integer(rows, 10),
		.gone_utc_ms = store_integer(rows, 11),
		.vm_gone_utc_ms = store_integer(rows, 12) };
	int r = 0;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(texts); i++)
		r = store_copy_text(rows, texts[i].column, texts[i].text, texts[i].size, error);
	return r;
}

static int read_list(struct store *store, const char *sql, const struct store_value *values,
	size_t count, struct generation_list *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_GENERATIONS struct generation_list list = { 0 };
	int r = store_query(store, sql, values, count, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		/* Doubled at every power of two. */
		if ((list.count & (list.count - 1)) == 0) {
			struct generation_record *items = reallocarray(
				list.items, list.count ? 2 * list.count : 1, sizeof(*list.items));
			if (!items)
				return error_no_memory(error);
			list.items = items;
		}
		r = read_record(rows, &list.items[list.count++], error);
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct generation_list){ 0 };
	return 0;
}

#define SELECT_GENERATION                                                                          \
	"SELECT g.id, g.key, coalesce(g.tenant_id, 0), coalesce(t.code, ''),"                      \
	" coalesce(g.volume_id, 0), coalesce(v.key, ''), g.vm_uuid, g.place, g.created_utc_ms,"    \
	" coalesce(g.expires_utc_ms, 0), g.size_bytes, coalesce(g.gone_utc_ms, 0),"                \
	" coalesce(m.gone_utc_ms, 0)"                                                              \
	" FROM generation g LEFT JOIN tenant t ON t.id = g.tenant_id"                              \
	" LEFT JOIN volume v ON v.id = g.volume_id LEFT JOIN vm m ON m.uuid = g.vm_uuid "

int generations_list(struct store *store, struct generation_list *ret, struct error *error)
{
	return read_list(store, SELECT_GENERATION "ORDER BY g.key", NULL, 0, ret, error);
}

int generations_of_tenant(
	struct store *store, int64_t tenant_id, struct generation_list *ret, struct error *error)
{
	const struct store_value values[] = { STORE_INT(tenant_id) };
	return read_list(store,
		SELECT_GENERATION
		"WHERE g.id IN (SELECT a.id FROM generation a WHERE a.tenant_id = $1"
		" UNION SELECT b.id FROM volume w CROSS JOIN generation b"
		" WHERE w.tenant_id = $1 AND b.volume_id = w.id"
		" UNION SELECT c.id FROM volume x CROSS JOIN generation c"
		" WHERE x.tenant_id = $1 AND x.vm_uuid <> '' AND c.vm_uuid = x.vm_uuid"
		" UNION SELECT d.id FROM vm m CROSS JOIN generation d"
		" WHERE m.tenant_id = $1 AND d.vm_uuid = m.uuid)"
		" ORDER BY g.created_utc_ms, g.key",
		values, 1, ret, error);
}

int generations_of_vm(
	struct store *store, const char *uuid, struct generation_list *ret, struct error *error)
{
	const struct store_value values[] = { STORE_STRING(uuid) };
	return read_list(store,
		SELECT_GENERATION
		"WHERE g.id IN (SELECT a.id FROM generation a WHERE a.vm_uuid = $1"
		" UNION SELECT b.id FROM volume w CROSS JOIN generation b"
		" WHERE w.vm_uuid = $1 AND b.volume_id = w.id) ORDER BY g.created_utc_ms, g.key",
		values, 1, ret, error);
}

int generations_hold(
	struct store *store, const struct generation_record *record, struct error *error)
{
	const struct store_value values[] = { STORE_STRING(subject_kind_name(SUBJECT_VOLUME)),
		STORE_INT(record->volume_id), STORE_STRING(subject_kind_name(SUBJECT_TENANT)),
		STORE_INT(record->tenant_id) };
	int64_t count = 0;
	int r = drive_query_integer(store,
		"SELECT count(*) FROM hold WHERE lifted_utc_ms IS NULL AND"
		" ((target_kind = $1 AND target_id = $2) OR (target_kind = $3 AND target_id = $4))",
		values, ARRAY_SIZE(values), 0, &count, error);
	return r < 0 ? r : count > 0;
}

int generations_by_key(
	struct store *store, const char *key, struct generation_record *ret, struct error *error)
{
	AUTO_GENERATIONS struct generation_list list = { 0 };
	const struct store_value values[] = { STORE_STRING(key) };
	int r = read_list(store, SELECT_GENERATION "WHERE g.key = $1", values, 1, &list, error);
	if (r < 0 || list.count == 0)
		return r;
	*ret = list.items[0];
	return 1;
}
