/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The record of an event: what the event log says, and whom it is about in words that last. */
#include "inventory/ledger/ledger_bodies.h"

#include "base/digest.h"
#include "base/utf8.h"
#include "inventory/ledger/ledger_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A longer detail is told by its digest: a record has an end, and the event must be entered. */
#define DETAIL_MAX_BYTES (48 * KIB)

#define FIELDS_MAX 4

/* One small query for each kind; the fields of the subject in the order of the columns. */
static const struct {
	enum subject_kind kind;
	const char *sql;
	const char *fields[FIELDS_MAX];
} queries[] = {
	{ SUBJECT_DRIVE,
		"SELECT trim(model || ' (' || CASE WHEN serial <> '' THEN serial ELSE wwn END"
		" || ')'), serial, wwn, model FROM drive WHERE id = $1",
		{ "label", "serial", "wwn", "model" } },
	{ SUBJECT_ARRAY, "SELECT name FROM raid_array WHERE id = $1", { "label" } },
	{ SUBJECT_VOLUME, "SELECT name FROM volume WHERE id = $1", { "label" } },
	{ SUBJECT_TENANT, "SELECT trim(code || ' ' || name), code FROM tenant WHERE id = $1",
		{ "label", "code" } },
	{ SUBJECT_CONTRACT,
		"SELECT c.number, c.number, t.code FROM contract c JOIN tenant t"
		" ON t.id = c.tenant_id WHERE c.id = $1",
		{ "label", "number", "tenant" } },
	{ SUBJECT_GENERATION, "SELECT key FROM generation WHERE id = $1", { "label" } },
	{ SUBJECT_VM,
		"SELECT trim(v.service_code || ' ' || v.name), v.uuid, t.code FROM vm v JOIN "
		"tenant t"
		" ON t.id = v.tenant_id WHERE v.id = $1",
		{ "label", "uuid", "tenant" } },
	{ SUBJECT_APPROVAL, "SELECT reason FROM approval WHERE id = $1", { "label" } },
};

/* What a device or a file system called itself need not be UTF-8, and is told all the same. */
static int put_text(json_t *object, const char *key, const char *text)
{
	AUTO_FREE char *clean = strdup(text);
	if (!clean)
		return -ENOMEM;
	utf8_clean(clean, true);
	return json_put_string(object, key, clean);
}

/* A removed tenant is known only by what its last event says of it, a VM that is not in the inventory by what its own
 * does. */
static const char *said_in(const json_t *detail, enum subject_kind kind, const char *field)
{
	const char *text = NULL;
	if (kind == SUBJECT_TENANT && strcmp(field, "label") == 0)
		text = json_string_value(json_object_get(detail, "code"));
	else if (kind == SUBJECT_TENANT || kind == SUBJECT_CONTRACT ||
		 (kind == SUBJECT_VM && strcmp(field, "uuid") == 0))
		text = json_string_value(json_object_get(detail, field));
	return text ? text : "";
}

static int put_known(struct store *store, size_t query, const struct subject *subject,
	const json_t *detail, json_t *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(subject->id) };
	int r = store_query(store, queries[query].sql, values, 1, &rows, error);
	int found = r < 0 ? r : store_next(rows, error);
	if (found < 0)
		return found;
	for (unsigned i = 0; i < FIELDS_MAX && queries[query].fields[i]; i++) {
		const char *field = queries[query].fields[i];
		if (put_text(ret, field,
			    found ? store_text(rows, i) : said_in(detail, subject->kind, field)) <
			0)
			return error_no_memory(error);
	}
	return 0;
}

static int put_target(
	struct store *store, const struct subject *hold, json_t *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(hold->id) };
	char id[SUBJECT_ID_MAX] = "";
	int r = store_query(store, "SELECT target_kind, target_id FROM hold WHERE id = $1", values,
		1, &rows, error);
	int found = r < 0 ? r : store_next(rows, error);
	if (found < 0)
		return found;
	if (found)
		subject_format(&(struct subject){ subject_kind_parse(store_text(rows, 0)),
				       store_integer(rows, 1) },
			id);
	json_t *target = json_object();
	if (json_put(ret, "target", target) < 0 || json_put_string(ret, "label", "") < 0 ||
		json_put_string(target, "kind", found ? store_text(rows, 0) : "") < 0 ||
		json_put_string(target, "id", id) < 0)
		return error_no_memory(error);
	return 0;
}

static int put_subject(struct store *store, const struct subject *subject, const json_t *detail,
	json_t *body, struct error *error)
{
	char id[SUBJECT_ID_MAX];
	json_t *object = json_object();
	subject_format(subject, id);
	if (json_put(body, "subject", object) < 0 || /* the body holds it now */
		json_put_string(object, "kind", subject_kind_name(subject->kind)) < 0 ||
		json_put_string(object, "id", id) < 0)
		return error_no_memory(error);
	if (subject->kind == SUBJECT_HOLD)
		return put_target(store, subject, object, error);
	for (size_t i = 0; i < ARRAY_SIZE(queries); i++)
		if (queries[i].kind == subject->kind)
			return put_known(store, i, subject, detail, object, error);
	return json_put_string(object, "label", "") < 0 ? error_no_memory(error) : 0;
}

static int put_detail(const json_t *detail, json_t *body, struct error *error)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(JSON_MAX_BYTES);
	char sha256[SHA256_HEX_SIZE];
	int r = json_write_canonical(detail, &text);
	if (r == 0 && text.length <= DETAIL_MAX_BYTES) {
		/* Only its count of references changes. */
		json_t *shared = (json_t *)(uintptr_t)detail;
		r = json_put(body, "detail", json_incref(shared));
	} else if (r == 0) {
		r = digest_sha256_hex(text.data, text.length, sha256);
		if (r == 0)
			r = json_put_string(body, "detail_sha256", sha256);
	}
	return r < 0 ? error_no_memory(error) : 0;
}

static const char *why_withheld(const struct subject *subject, const json_t *detail)
{
	const char *reason = json_string_value(json_object_get(detail, "reason"));
	if (subject->kind == SUBJECT_HOLD)
		return "hold";
	/* A VM that is not deleted because of a hold: the refusal would tell of it. */
	if (subject->kind == SUBJECT_VM && reason && strcmp(reason, "hold") == 0)
		return "hold";
	return json_has(detail, "contacts") ? "personal" : "";
}

int ledger_append_event(struct store *store, int64_t id, const char *actor,
	const struct subject *subject, const struct event *event, struct error *error)
{
	AUTO_JSON json_t *body = json_object();
	if (!body || json_put_integer(body, "event", id) < 0 ||
		put_text(body, "actor", actor) < 0 ||
		json_put_string(body, "action", event->action) < 0)
		return error_no_memory(error);
	int r = put_detail(event->detail, body, error);
	if (r == 0)
		r = put_subject(store, subject, event->detail, body, error);
	return r < 0 ? r
		     : ledger_append(store, "event", body, why_withheld(subject, event->detail),
			       event->utc_ms, NULL, error);
}
