/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Forms of signatures: entered once, never changed, numbered from 1 for each certificate. */
#include "inventory/jobs/certificates_cms.h"

#include "base/digest.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

#define NEWEST(column)                                                                             \
	"(SELECT m." column " FROM certificate_cms m WHERE m.name = c.name"                        \
	" ORDER BY m.number DESC LIMIT 1)"

void certificate_cms_free(struct certificate_cms *cms)
{
	free(cms->p7s);
	*cms = (struct certificate_cms){ 0 };
}

static int read_form(struct store *store, const struct store_rows *rows, const char *name,
	struct certificate_cms *ret, struct error *error)
{
	AUTO_CERTIFICATE_CMS struct certificate_cms cms = { .number = store_integer(rows, 0),
		.utc_ms = store_integer(rows, 1) };
	const char *hex = store_text(rows, 3);
	cms.length = strlen(hex) / 2;
	int r = store_copy_text(rows, 2, cms.change, sizeof(cms.change), error);
	if (r < 0)
		return r;
	cms.p7s = malloc(cms.length + 1);
	if (!cms.p7s)
		return error_no_memory(error);
	if (cms.length == 0 || strlen(hex) % 2 != 0 || hex_decode(hex, cms.p7s, cms.length) != 0)
		return store_error_corrupt(store, name, error);
	*ret = cms;
	cms = (struct certificate_cms){ 0 };
	return 1;
}

/* One row of number, time, change, form; 0: there is none. */
static int read_one(struct store *store, const char *sql, const char *name,
	struct certificate_cms *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(name) };
	int r = store_query(store, sql, values, 1, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	return r == 1 ? read_form(store, rows, name, ret, error) : r;
}

int certificates_cms_latest(
	struct store *store, const char *name, struct certificate_cms *ret, struct error *error)
{
	int r = read_one(store,
		"SELECT number, utc_ms, change, p7s_hex FROM certificate_cms WHERE name = $1"
		" ORDER BY number DESC LIMIT 1",
		name, ret, error);
	if (r == 0)
		r = read_one(store,
			"SELECT 0, issued_utc_ms, '', p7s_hex FROM certificate WHERE name = $1",
			name, ret, error);
	if (r == 0)
		r = read_one(store,
			"SELECT 0, issued_utc_ms, '', p7s_hex FROM tenant_certificate"
			" WHERE name = $1",
			name, ret, error);
	return r;
}

static int error_stale(struct store *store, const char *name, struct error *error)
{
	(void)error_set(error, ERROR_WAITING, ESTALE, "certificate-cms-stale",
		_("Somebody else added to the signature of %s in the store %s meanwhile"), name,
		store_path(store));
	return error_next(error, _("Nothing is lost. Start it again."));
}

static int append(struct store *store, const char *name, int64_t after, const char *change,
	const char *p7s_hex, int64_t now_utc_ms, struct error *error)
{
	AUTO_CERTIFICATE_CMS struct certificate_cms newest = { 0 };
	int r = certificates_cms_latest(store, name, &newest, error);
	if (r < 0)
		return r;
	if (r == 0)
		return error_set(error, ERROR_FAILED, ENOENT, "certificate-unknown",
			_("There is no certificate %s in the store %s"), name, store_path(store));
	if (newest.number != after)
		return error_stale(store, name, error);
	const struct store_value values[] = {
		STORE_STRING(name),
		STORE_INT(after + 1),
		STORE_INT(now_utc_ms),
		STORE_STRING(change),
		STORE_STRING(p7s_hex),
	};
	return store_execute(store,
		"INSERT INTO certificate_cms (name, number, utc_ms, change, p7s_hex)"
		" VALUES ($1, $2, $3, $4, $5)",
		values, ARRAY_SIZE(values), NULL, error);
}

int certificates_cms_append(struct store *store, const char *name, int64_t after,
	const char *change, const uint8_t *p7s, size_t length, int64_t now_utc_ms,
	struct error *error)
{
	AUTO_FREE char *hex = malloc(2 * length + 1);
	if (!hex)
		return error_no_memory(error);
	hex_encode(p7s, length, hex);
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	return store_end(store, append(store, name, after, change, hex, now_utc_ms, error), error);
}

/* --- where they stand --- */

void cms_state_list_free(struct cms_state_list *list)
{
	free(list->items);
	*list = (struct cms_state_list){ 0 };
}

static int add_state(
	const struct store_rows *rows, struct cms_state_list *list, struct error *error)
{
	if ((list->count & (list->count - 1)) == 0) { /* at each power of two */
		size_t room = list->count > 0 ? list->count * 2 : 1;
		struct cms_state *items = reallocarray(list->items, room, sizeof(*items));
		if (!items)
			return error_no_memory(error);
		list->items = items;
	}
	struct cms_state state = { .since_utc_ms = store_integer(rows, 2),
		.stamped = strcmp(store_text(rows, 3), CMS_CHANGE_STAMPED) == 0 };
	int r = store_copy_text(rows, 0, state.name, sizeof(state.name), error);
	if (r == 0)
		r = store_copy_text(rows, 1, state.subject, sizeof(state.subject), error);
	if (r == 0)
		list->items[list->count++] = state;
	return r;
}

int certificates_cms_states(
	struct store *store, bool waiting_alone, struct cms_state_list *ret, struct error *error)
{
	AUTO_CMS_STATES struct cms_state_list list = { 0 };
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(
		waiting_alone ? CMS_CHANGE_STAMPED : "") };
	int r = store_query(store,
		"SELECT name, subject, COALESCE(since, issued_utc_ms) AS since_utc_ms, change FROM "
		"("
		"SELECT c.name AS name, c.job_id AS subject, c.issued_utc_ms AS "
		"issued_utc_ms, " NEWEST("utc_ms") " AS since, COALESCE(" NEWEST(
			"change") ", '-') AS change"
				  " FROM certificate c"
				  " UNION ALL "
				  "SELECT c.name AS name, CAST(c.contract_id AS TEXT) AS subject,"
				  " c.issued_utc_ms AS issued_utc_ms, " NEWEST(
					  "utc_ms") " AS since, COALESCE(" NEWEST("change") ", "
											    "'-') "
											    "AS "
											    "change"
											    " FROM "
											    "tenant"
											    "_certi"
											    "ficate"
											    " c) "
											    "AS "
											    "forms"
											    " WHERE"
											    " chang"
											    "e <> "
											    "$1 "
											    "ORDER "
											    "BY "
											    "issued"
											    "_utc_"
											    "ms, "
											    "name",
		values, 1, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) == 1)
		r = add_state(rows, &list, error);
	if (r < 0)
		return r;
	*ret = list;
	list = (struct cms_state_list){ 0 };
	return 0;
}
