/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contracts: enter, change, list and show them. */
#include "base/clock.h"
#include "base/day.h"
#include "cli/describe.h"
#include "cli/inventory.h"
#include "cli/output.h"
#include "inventory/tenants/contracts.h"
#include "inventory/tenants/notices.h"
#include "inventory/transfer/import.h"
#include "inventory/tenants/tenants.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

const struct cli_option contract_options[] = {
	{ "tenant", "TENANT", N_("whose it is"), option_given,
		OPTION_INTO(struct contract_values, tenant) },
	{ "start", "DAY", N_("its first day"), option_given,
		OPTION_INTO(struct contract_values, start) },
	{ "end", "DAY", N_("its last day; none while it is open"), option_given,
		OPTION_INTO(struct contract_values, end) },
	{ "grace-days", "DAYS", N_("days after the last one before data is deleted (10)"),
		option_given, OPTION_INTO(struct contract_values, grace_days) },
	{ "service-code", "CODE",
		N_("a service it is for; repeatable, in the place of those it had"), option_list,
		OPTION_INTO(struct contract_values, service_codes) },
	{ "all-services", NULL, N_("it is for all services of the tenant, as without codes"),
		option_flag, OPTION_INTO(struct contract_values, all_services) },
	{ "note", "TEXT", N_("a remark"), option_given, OPTION_INTO(struct contract_values, note) },
	{ 0 },
};

const struct table_column contract_columns[9] = {
	{ N_("ID"), false, true },
	{ N_("NUMBER"), false, true },
	{ N_("TENANT"), false, true },
	{ N_("START"), false, true },
	{ N_("END"), false, true },
	{ N_("GRACE"), true, true },
	{ N_("STATE"), false, true },
	{ N_("SERVICES"), false, true },
	{ N_("NOTE"), false, false },
};

static const char *describe_contract(enum contract_state state)
{
	switch (state) {
	case CONTRACT_UNKNOWN:
		break;
	case CONTRACT_FUTURE:
		return _("not begun");
	case CONTRACT_RUNNING:
		return _("in force");
	case CONTRACT_GRACE:
		return _("over, days of grace");
	case CONTRACT_ENDED:
		return _("over");
	}
	return _("unknown");
}

void contract_row(struct table *table, const struct contract_record *record, int64_t now_utc_ms)
{
	table_cell(table, "C%" PRId64, record->id);
	table_cell(table, "%s", record->number);
	table_cell(table, "%s", record->tenant);
	table_cell(table, "%s", record->start_day);
	table_cell(table, "%s", record->end_day);
	table_cell(table, "%" PRId64, record->grace_days);
	table_cell(table, "%s",
		describe_contract(contract_state_on(record, day_in_tokyo(now_utc_ms))));
	table_cell(table, "%s", record->service_codes[0] ? record->service_codes : _("all"));
	table_cell(table, "%s", record->note);
}

static json_t *services_json(const struct contract_record *record)
{
	AUTO_JSON json_t *services = json_array();
	AUTO_FREE char *copy = strdup(record->service_codes);
	char *rest = copy, *code;
	if (!copy)
		return NULL;
	while ((code = strsep(&rest, " ")))
		if (*code && json_push(services, json_string(code)) < 0)
			return NULL;
	return json_incref(services);
}

json_t *contract_json(const struct contract_record *record, int64_t now_utc_ms)
{
	AUTO_JSON json_t *json = json_object();
	char id[SUBJECT_ID_MAX], created[CLOCK_TEXT_SIZE];
	enum contract_state state = contract_state_on(record, day_in_tokyo(now_utc_ms));
	subject_format(&(struct subject){ SUBJECT_CONTRACT, record->id }, id);
	clock_format(record->created_utc_ms, created);
	if (!json || json_put_string(json, "id", id) < 0 ||
		json_put_string(json, "number", record->number) < 0 ||
		json_put_string(json, "tenant", record->tenant) < 0 ||
		json_put_string(json, "start_day", record->start_day) < 0 ||
		json_put_string(json, "end_day", record->end_day) < 0 ||
		json_put_integer(json, "grace_days", record->grace_days) < 0 ||
		json_put_string(json, "state", contract_state_name(state)) < 0 ||
		json_put(json, "service_codes", services_json(record)) < 0 ||
		json_put_string(json, "note", record->note) < 0 ||
		json_put_string(json, "created_utc", created) < 0)
		return NULL;
	return json_incref(json);
}

/* Also "T5" is a tenant; in a file it would not be. */
static int find_tenant(const struct invocation *invocation, const char *word,
	struct tenant_list *ret, const char **ret_code, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	int64_t id = 0;
	int r = store_open(invocation->config.store, STORE_READ, &store, error);
	if (r == 0)
		r = tenants_one(store, word, &id, error);
	if (r == 0)
		r = tenants_list(store, ret, error);
	for (size_t i = 0; r == 0 && i < ret->count; i++)
		if (ret->items[i].id == id)
			*ret_code = ret->items[i].code;
	return r;
}

static enum error_kind enter(const struct invocation *invocation, bool add, struct error *error)
{
	const struct contract_values *values = invocation->values;
	AUTO_TENANTS struct tenant_list tenants = { 0 };
	AUTO_BUFFER struct buffer services = BUFFER_INIT(TENANT_SERVICES_MAX);
	const char *tenant = NULL;
	if (values->all_services && values->service_codes.count > 0) {
		error_set(error, ERROR_USAGE, EINVAL, "option-conflict",
			_("A contract takes --service-code or --all-services, not both."));
		return command_failed(error);
	}
	for (size_t i = 0; i < values->service_codes.count; i++)
		if (buffer_printf(&services, "%s ", values->service_codes.items[i]) < 0) {
			error_no_memory(error);
			return command_failed(error);
		}
	if (values->tenant.text &&
		find_tenant(invocation, values->tenant.text, &tenants, &tenant, error) < 0)
		return command_failed(error);
	const struct import_field fields[] = {
		{ "number", invocation->arguments[0] },
		{ "tenant", tenant },
		{ "start_day", values->start.text },
		{ "end_day", values->end.text },
		{ "grace_days", values->grace_days.text },
		{ "service_codes", values->all_services || values->service_codes.count > 0
					   ? buffer_text(&services)
					   : NULL },
		{ "note", values->note.text },
	};
	return inventory_enter(invocation, "contracts", fields, ARRAY_SIZE(fields), add, error);
}

enum error_kind contract_add(const struct invocation *invocation, struct error *error)
{
	const struct contract_values *values = invocation->values;
	if (!values->tenant.text || !values->start.text) {
		error_set(error, ERROR_USAGE, EINVAL, "option-missing",
			_("A contract takes at least --tenant and --start."));
		return command_failed(error);
	}
	return enter(invocation, true, error);
}

enum error_kind contract_change(const struct invocation *invocation, struct error *error)
{
	return enter(invocation, false, error);
}

enum error_kind contracts_list_command(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	AUTO_CONTRACTS struct contract_list list = { 0 };
	AUTO_TABLE struct table table = TABLE_INIT(contract_columns);
	AUTO_JSON json_t *contracts = json_array();
	struct clock_reading now;
	clock_read(&now);
	int r = store_open(invocation->config.store, STORE_READ, &store, error);
	if (r == 0)
		r = contracts_list(store, 0, &list, error);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		contract_row(&table, &list.items[i], now.utc_ms);
		if (invocation->json &&
			json_push(contracts, contract_json(&list.items[i], now.utc_ms)) < 0)
			r = error_no_memory(error);
	}
	if (r == 0)
		r = invocation->json ? output_list_json("contracts", json_incref(contracts), error)
				     : output_table(&table, error);
	return r < 0 ? command_failed(error) : ERROR_NONE;
}

/* -- who was told -- */

static const char *describe_notice_state(enum notice_state state)
{
	switch (state) {
	case NOTICE_UNKNOWN:
		break;
	case NOTICE_INTENDED:
		return _("to be sent");
	case NOTICE_SENT:
		return _("sent");
	case NOTICE_FAILED:
		return _("failed");
	case NOTICE_UNCERTAIN:
		return _("sent or not: look for its Message-ID");
	}
	return _("unknown");
}

static int print_notices(struct store *store, int64_t contract_id, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("WHEN"), false, true },
		{ N_("KIND"), false, true },
		{ N_("DAY"), false, true },
		{ N_("AUDIENCE"), false, true },
		{ N_("STATE"), false, true },
		{ "MESSAGE-ID", false, false },
	};
	AUTO_NOTICES struct notice_list list = { 0 };
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	int r = notices_list(store, contract_id, &list, error);
	if (r < 0 || list.count == 0)
		return r;
	for (size_t i = 0; i < list.count; i++) {
		char when[DESCRIBE_TIME_SIZE], day[DAY_TEXT_SIZE];
		describe_time(list.items[i].utc_ms, when);
		day_format(list.items[i].day, day);
		table_cell(&table, "%s", when);
		table_cell(&table, "%s", list.items[i].kind);
		table_cell(&table, "%s", day);
		table_cell(&table, "%s", list.items[i].audience);
		table_cell(&table, "%s", describe_notice_state(list.items[i].state));
		table_cell(&table, "%s", list.items[i].message_id);
	}
	return print_section(_("Notices"), &table, error);
}

static json_t *notice_json(const struct notice_record *record)
{
	AUTO_JSON json_t *json = json_object();
	char utc[CLOCK_TEXT_SIZE], day[DAY_TEXT_SIZE];
	clock_format(record->utc_ms, utc);
	day_format(record->day, day);
	if (!json || json_put_string(json, "kind", record->kind) < 0 ||
		json_put_string(json, "audience", record->audience) < 0 ||
		json_put_string(json, "day", day) < 0 ||
		json_put_string(json, "end_day", record->end_day) < 0 ||
		json_put_string(json, "message_id", record->message_id) < 0 ||
		json_put_string(json, "state", notice_state_name(record->state)) < 0 ||
		json_put_integer(json, "tries", record->tries) < 0 ||
		json_put_string(json, "utc", utc) < 0)
		return NULL;
	return json_incref(json);
}

static int put_notices(struct store *store, int64_t contract_id, json_t *json, struct error *error)
{
	AUTO_NOTICES struct notice_list list = { 0 };
	AUTO_JSON json_t *notices = json_array();
	int r = notices_list(store, contract_id, &list, error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < list.count; i++)
		if (json_push(notices, notice_json(&list.items[i])) < 0)
			return error_no_memory(error);
	return json_put(json, "notices", json_incref(notices)) < 0 ? error_no_memory(error) : 0;
}

/* -- show -- */

static int show_text(struct store *store, const struct contract_record *record, int64_t now_utc_ms,
	struct error *error)
{
	char days[24];
	const struct subject subject = { SUBJECT_CONTRACT, record->id };
	(void)snprintf(days, sizeof(days), "%" PRId64, record->grace_days);
	output_line(stdout, "C%" PRId64 "  %s", record->id, record->number);
	print_value(_("tenant"), record->tenant);
	print_value(_("first day"), record->start_day);
	print_value(_("last day"), record->end_day[0] ? record->end_day : _("open"));
	print_value(_("days of grace"), days);
	print_value(
		_("state"), describe_contract(contract_state_on(record, day_in_tokyo(now_utc_ms))));
	print_value(_("service codes"),
		record->service_codes[0] ? record->service_codes : _("all of the tenant's"));
	print_value(_("note"), record->note);
	int r = print_notices(store, record->id, error);
	return r < 0 ? r : inventory_events(store, &subject, NULL, error);
}

int contracts_show_command(const struct invocation *invocation, struct store *store,
	const char *word, struct error *error)
{
	AUTO_CONTRACTS struct contract_list list = { 0 };
	AUTO_JSON json_t *contracts = json_array();
	struct clock_reading now;
	clock_read(&now);
	int r = contracts_find(store, word, &list, error);
	if (r < 0 || list.count == 0)
		return r;
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		const struct subject subject = { SUBJECT_CONTRACT, list.items[i].id };
		if (!invocation->json) {
			r = show_text(store, &list.items[i], now.utc_ms, error);
			continue;
		}
		AUTO_JSON json_t *json = contract_json(&list.items[i], now.utc_ms);
		r = json ? put_notices(store, subject.id, json, error) : error_no_memory(error);
		if (r == 0)
			r = inventory_events(store, &subject, json, error);
		if (r == 0 && json_push(contracts, json_incref(json)) < 0)
			r = error_no_memory(error);
	}
	if (r == 0 && invocation->json)
		r = output_list_json("contracts", json_incref(contracts), error);
	return r < 0 ? r : 1;
}
