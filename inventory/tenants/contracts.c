/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contracts in the store. */
#include "inventory/tenants/contracts.h"

#include "base/day.h"
#include "base/text.h"
#include "inventory/assets/drive_rows.h"
#include "inventory/tenants/tenants.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void contract_list_free(struct contract_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].service_codes);
		free(list->items[i].note);
	}
	free(list->items);
	*list = (struct contract_list){ 0 };
}

/* -- days -- */

const char *contract_state_name(enum contract_state state)
{
	switch (state) {
	case CONTRACT_UNKNOWN:
		break;
	case CONTRACT_FUTURE:
		return "future";
	case CONTRACT_RUNNING:
		return "running";
	case CONTRACT_GRACE:
		return "grace";
	case CONTRACT_ENDED:
		return "ended";
	}
	return "unknown";
}

enum contract_state contract_state_on(const struct contract_record *contract, int64_t today)
{
	int64_t start = 0, end = 0;
	bool has_end = contract->end_day[0] != '\0';
	if (day_parse(contract->start_day, &start) < 0 ||
		(has_end && day_parse(contract->end_day, &end) < 0) || contract->grace_days < 0 ||
		contract->grace_days > CONTRACT_GRACE_MAX || (has_end && end < start))
		return CONTRACT_UNKNOWN;
	if (today < start)
		return CONTRACT_FUTURE;
	if (!has_end || today <= end)
		return CONTRACT_RUNNING;
	return today <= end + contract->grace_days ? CONTRACT_GRACE : CONTRACT_ENDED;
}

/* -- writing -- */

static int malformed(const struct contract_record *record, const char *why, struct error *error)
{
	return error_set(error, ERROR_USAGE, EINVAL, "contract-malformed",
		_("The contract \"%.60s\" cannot be entered: %s"), record->number, why);
}

static int check(const struct contract_record *record, struct error *error)
{
	int64_t start = 0, end = 0;
	if (record->number[0] == '\0')
		return malformed(record, _("it has no number"), error);
	if (record->tenant_id < 1)
		return malformed(record, _("it has no tenant"), error);
	if (day_parse(record->start_day, &start) < 0)
		return malformed(record,
			_("its start is no day of the calendar, written 2027-04-01"), error);
	if (record->end_day[0] && day_parse(record->end_day, &end) < 0)
		return malformed(
			record, _("its end is no day of the calendar, written 2027-03-31"), error);
	if (record->end_day[0] && end < start)
		return malformed(record, _("it ends before it starts"), error);
	if (record->grace_days < 0 || record->grace_days > CONTRACT_GRACE_MAX)
		return malformed(record, _("the days of grace are 0 to 3650"), error);
	int r = text_check(record->number, CONTRACT_NUMBER_MAX, false, "number", error);
	return r < 0 ? r : text_check(record->note, CONTRACT_NOTE_MAX, true, "note", error);
}

static int check_number_kept(
	struct store *store, const struct contract_record *record, struct error *error)
{
	const struct store_value values[] = { STORE_STRING(record->number) };
	int64_t id = 0;
	int r = drive_query_integer(
		store, "SELECT id FROM contract WHERE number = $1", values, 1, 0, &id, error);
	if (r < 0 || id == record->id)
		return r;
	return error_set(error, ERROR_USAGE, EINVAL, "number-fixed",
		id == 0 ? _("The contract C%" PRId64 " cannot get another number, \"%s\"")
			: _("The contract C%" PRId64
			    " cannot get the number \"%s\": it is another's"),
		record->id, record->number);
}

static const char *services_of(const struct contract_record *record)
{
	return record->service_codes ? record->service_codes : "";
}

static int append_event(struct store *store, int64_t id, const struct contract_record *record,
	const json_t *changed, int64_t now_utc_ms, struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	char tenant[SUBJECT_ID_MAX];
	subject_format(&(struct subject){ SUBJECT_TENANT, record->tenant_id }, tenant);
	/* In full: an end that was moved decides when data is deleted. */
	if (!detail || json_put_string(detail, "number", record->number) < 0 ||
		json_put_string(detail, "tenant", tenant) < 0 ||
		json_put_string(detail, "start_day", record->start_day) < 0 ||
		json_put_string(detail, "end_day", record->end_day) < 0 ||
		json_put_integer(detail, "grace_days", record->grace_days) < 0 ||
		json_put_string(detail, "service_codes", services_of(record)) < 0 ||
		(changed && json_put(detail, "changed", json_deep_copy(changed)) < 0))
		return error_no_memory(error);
	const struct subject subject = { SUBJECT_CONTRACT, id };
	const struct event event = { record->id == 0 ? "contract-added" : "contract-changed",
		detail, now_utc_ms };
	return events_append(store, &subject, &event, error);
}

/* A code that is misspelt would leave its VMs to a contract that ended before: it must be one of the tenant's. */
static int add_service(struct store *store, int64_t id, const struct contract_record *record,
	const char *code, struct error *error)
{
	int64_t owner = 0;
	const struct store_value values[] = { STORE_INT(id), STORE_STRING(code) };
	int r = drive_query_integer(store, "SELECT tenant_id FROM service_code WHERE code = $1",
		&values[1], 1, 0, &owner, error);
	if (r < 0)
		return r;
	if (owner != record->tenant_id) {
		malformed(record, _("it names a service code that is not its tenant's"), error);
		return error_next(error,
			_("The service code is \"%.63s\"; see: haiki inventory show "
			  "T%" PRId64),
			code, record->tenant_id);
	}
	return store_execute(store,
		"INSERT INTO contract_service (contract_id, service_code) VALUES ($1, $2)"
		" ON CONFLICT DO NOTHING",
		values, ARRAY_SIZE(values), NULL, error);
}

static int write_services(
	struct store *store, int64_t id, const struct contract_record *record, struct error *error)
{
	AUTO_FREE char *copy = strdup(services_of(record));
	const struct store_value values[] = { STORE_INT(id) };
	if (!copy)
		return error_no_memory(error);
	int r = store_execute(store, "DELETE FROM contract_service WHERE contract_id = $1", values,
		1, NULL, error);
	char *rest = copy, *code;
	while (r == 0 && (code = strsep(&rest, " ")))
		if (*code)
			r = add_service(store, id, record, code, error);
	return r;
}

int contracts_write(struct store *store, const struct contract_record *record,
	const json_t *changed, int64_t now_utc_ms, int64_t *ret_id, struct error *error)
{
	int64_t id = record->id;
	int r = check(record, error);
	if (r == 0)
		r = check_number_kept(store, record, error);
	if (r == 0 && id == 0)
		r = subject_new_id(store, SUBJECT_CONTRACT, &id, error);
	if (r < 0)
		return r;
	const struct store_value values[] = {
		STORE_INT(id),
		STORE_STRING(record->number),
		STORE_INT(record->tenant_id),
		STORE_STRING(record->start_day),
		STORE_STRING(record->end_day),
		STORE_INT(record->grace_days),
		STORE_STRING(record->note),
		STORE_INT(now_utc_ms),
	};
	r = record->id == 0
		    ? store_execute(store,
			      "INSERT INTO contract (id, number, tenant_id, start_day, end_day,"
			      " grace_days, note, created_utc_ms)"
			      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			      values, ARRAY_SIZE(values), NULL, error)
		    : store_execute(store,
			      "UPDATE contract SET number = $2, tenant_id = $3, start_day = $4,"
			      " end_day = $5, grace_days = $6, note = $7 WHERE id = $1",
			      values, ARRAY_SIZE(values) - 1, NULL, error);
	if (r == 0)
		r = write_services(store, id, record, error);
	if (r == 0)
		r = append_event(store, id, record, changed, now_utc_ms, error);
	if (r == 0 && ret_id)
		*ret_id = id;
	return r;
}

/* -- reading -- */

static int read_record(
	const struct store_rows *rows, struct contract_record *record, struct error *error)
{
	const struct {
		unsigned column;
		char *text;
		size_t size;
	} texts[] = {
		{ 1, record->number, sizeof(record->number) },
		{ 3, record->tenant, sizeof(record->tenant) },
		{ 4, record->start_day, sizeof(record->start_day) },
		{ 5, record->end_day, sizeof(record->end_day) },
	};
	record->id = store_integer(rows, 0);
	record->tenant_id = store_integer(rows, 2);
	record->grace_days = store_integer(rows, 6);
	record->created_utc_ms = store_integer(rows, 8);
	record->note = strdup(store_text(rows, 7));
	record->service_codes = strdup("");
	if (!record->note || !record->service_codes)
		return error_no_memory(error);
	int r = 0;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(texts); i++)
		r = store_copy_text(rows, texts[i].column, texts[i].text, texts[i].size, error);
	return r;
}

static int add_code(struct contract_record *record, const char *code, struct error *error)
{
	size_t length = strlen(record->service_codes), more = strlen(code);
	char *codes = realloc(record->service_codes, length + more + 2);
	if (!codes)
		return error_no_memory(error);
	record->service_codes = codes;
	if (length > 0)
		codes[length++] = ' ';
	memcpy(codes + length, code, more + 1);
	return 0;
}

/* Which contracts, and what $1 and $2 are. */
struct selection {
	const char *where; /* of contract c, tenant t */
	const struct store_value *values;
	size_t count;
};

#define SQL_MAX 1024

/* A row for each of its codes, or one. */
static int read_row(const struct store_rows *rows, struct contract_list *list, struct error *error)
{
	struct contract_record *record = list->count > 0 ? &list->items[list->count - 1] : NULL;
	if (record && record->id == store_integer(rows, 0))
		return add_code(record, store_text(rows, 9), error);
	/* Doubled at every power of two. */
	if ((list->count & (list->count - 1)) == 0) {
		struct contract_record *items = reallocarray(
			list->items, list->count ? 2 * list->count : 1, sizeof(*list->items));
		if (!items)
			return error_no_memory(error);
		list->items = items;
	}
	record = &list->items[list->count++];
	*record = (struct contract_record){ 0 };
	int r = read_record(rows, record, error);
	return r < 0 || store_text(rows, 9)[0] == '\0'
		       ? r
		       : add_code(record, store_text(rows, 9), error);
}

/* One statement: a contract that is read without its codes would be one for all services. */
static int read_list(struct store *store, const struct selection *selection,
	struct contract_list *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_CONTRACTS struct contract_list list = { 0 };
	char sql[SQL_MAX];
	(void)snprintf(sql, sizeof(sql),
		"SELECT c.id, c.number, c.tenant_id, t.code, c.start_day, c.end_day, c.grace_days,"
		" c.note, c.created_utc_ms, coalesce(s.service_code, '')"
		" FROM contract c JOIN tenant t ON t.id = c.tenant_id"
		" LEFT JOIN contract_service s ON s.contract_id = c.id %s"
		" ORDER BY c.number, s.service_code",
		selection->where);
	int r = store_query(store, sql, selection->values, selection->count, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0)
		r = read_row(rows, &list, error);
	if (r < 0)
		return r;
	*ret = list;
	list = (struct contract_list){ 0 };
	return 0;
}

int contracts_list(
	struct store *store, int64_t tenant_id, struct contract_list *ret, struct error *error)
{
	const struct store_value values[] = { STORE_INT(tenant_id) };
	const struct selection all = { "", NULL, 0 };
	const struct selection of_tenant = { "WHERE c.tenant_id = $1", values, 1 };
	return read_list(store, tenant_id == 0 ? &all : &of_tenant, ret, error);
}

int contracts_find(
	struct store *store, const char *word, struct contract_list *ret, struct error *error)
{
	struct subject subject = { 0 };
	bool is_id = subject_parse(word, &subject) && subject.kind == SUBJECT_CONTRACT;
	const struct store_value values[] = {
		STORE_STRING(word),
		STORE_INT(is_id ? subject.id : 0),
	};
	const struct selection found = { "WHERE (c.number = $1 OR c.id = $2)", values,
		ARRAY_SIZE(values) };
	return read_list(store, &found, ret, error);
}

int contracts_of_service(struct store *store, int64_t tenant_id, const char *service_code,
	struct contract_list *ret, struct error *error)
{
	const struct store_value values[] = { STORE_INT(tenant_id), STORE_STRING(service_code) };
	const struct selection covering = {
		"WHERE c.tenant_id = $1 AND (EXISTS (SELECT 1 FROM contract_service m"
		" WHERE m.contract_id = c.id AND m.service_code = $2) OR NOT EXISTS"
		" (SELECT 1 FROM contract_service n WHERE n.contract_id = c.id))",
		values, ARRAY_SIZE(values)
	};
	return read_list(store, &covering, ret, error);
}
