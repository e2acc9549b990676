/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose a VM was, read from the events on it. */
#include "inventory/tenants/vm_history.h"

#include "inventory/assets/drive_rows.h"

#include <string.h>

/* "tenant":"T5" of an event. */
static int read_tenant(struct store *store, const char *detail, int64_t *ret, struct error *error)
{
	AUTO_JSON json_t *json = NULL;
	struct subject tenant = { 0 };
	const char *word;
	if (json_parse(detail, strlen(detail), "detail", &json, NULL) < 0 ||
		json_get_string(json, "detail", "tenant", SUBJECT_ID_MAX, &word, NULL) < 0 ||
		!subject_parse(word, &tenant) || tenant.kind != SUBJECT_TENANT)
		return store_error_corrupt(store, "event", error);
	*ret = tenant.id;
	return 0;
}

int vm_tenant_at(struct store *store, int64_t vm_id, int64_t utc_ms, int64_t *ret_tenant_id,
	struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(subject_kind_name(SUBJECT_VM)),
		STORE_INT(vm_id) };
	int64_t tenant_id = 0;
	int r = store_query(store,
		"SELECT utc_ms, detail FROM event WHERE target_kind = $1 AND target_id = $2"
		" AND action IN ('vm-added', 'vm-changed') ORDER BY id",
		values, ARRAY_SIZE(values), &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		/* The first one stands for all that was before. */
		if (tenant_id != 0 && store_integer(rows, 0) > utc_ms)
			break;
		r = read_tenant(store, store_text(rows, 1), &tenant_id, error);
	}
	if (r < 0)
		return r;
	if (tenant_id == 0)
		return store_error_corrupt(store, "event", error);
	*ret_tenant_id = tenant_id;
	return 0;
}

int service_code_tenant(
	struct store *store, const char *code, int64_t *ret_tenant_id, struct error *error)
{
	const struct store_value values[] = { STORE_STRING(code) };
	return drive_query_integer(store, "SELECT tenant_id FROM service_code WHERE code = $1",
		values, 1, 0, ret_tenant_id, error);
}

/* 1: the newest event of this word says the same. */
static int is_said(struct store *store, const struct subject *subject, const struct event *event,
	struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(JSON_MAX_BYTES);
	const struct store_value values[] = { STORE_STRING(subject_kind_name(subject->kind)),
		STORE_INT(subject->id), STORE_STRING(event->action) };
	if (json_write_canonical(event->detail, &text) < 0)
		return error_no_memory(error);
	int r = store_query(store,
		"SELECT detail FROM event WHERE target_kind = $1 AND target_id = $2"
		" AND action = $3 ORDER BY id DESC LIMIT 1",
		values, ARRAY_SIZE(values), &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	return r <= 0 ? r : strcmp(store_text(rows, 0), buffer_text(&text)) == 0;
}

int event_append_once(struct store *store, const struct subject *subject, const struct event *event,
	struct error *error)
{
	int r = is_said(store, subject, event, error);
	if (r != 0)
		return MIN(r, 0);
	return events_append(store, subject, event, error);
}
