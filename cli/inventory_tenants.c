/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tenants: enter, change, remove and list them. */
#include "base/clock.h"
#include "cli/inventory.h"
#include "cli/output.h"
#include "inventory/transfer/import.h"
#include "inventory/tenants/tenants.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

const struct cli_option tenant_options[] = {
	{ "name", "NAME", N_("the tenant's name"), option_given,
		OPTION_INTO(struct tenant_values, name) },
	{ "zone", "ZONE", N_("the zone it is served in"), option_given,
		OPTION_INTO(struct tenant_values, zone) },
	{ "service-code", "CODE", N_("a service of it; repeatable"), option_list,
		OPTION_INTO(struct tenant_values, service_codes) },
	{ "without-service-code", "CODE", N_("no service of it any more; repeatable"), option_list,
		OPTION_INTO(struct tenant_values, without_service_codes) },
	{ "contact", "NAME|EMAIL|PHONE|ROLE", N_("whom to tell; repeatable"), option_list,
		OPTION_INTO(struct tenant_values, contacts) },
	{ "note", "TEXT", N_("a remark"), option_given, OPTION_INTO(struct tenant_values, note) },
	{ 0 },
};

/* -- add and change -- */

static bool is_among(const char *code, const struct option_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], code) == 0)
			return true;
	return false;
}

/* The codes it has without those taken away, and the given ones. */
static int join_services(const struct tenant_values *values, const char *before,
	struct buffer *text, struct error *error)
{
	AUTO_FREE char *copy = strdup(before);
	int r = copy ? 0 : -ENOMEM;
	char *rest = copy, *code;
	while (r == 0 && (code = strsep(&rest, " ")))
		if (*code && !is_among(code, &values->without_service_codes))
			r = buffer_printf(text, "%s ", code);
	for (size_t i = 0; r == 0 && i < values->service_codes.count; i++)
		r = buffer_printf(text, "%s ", values->service_codes.items[i]);
	return r < 0 ? error_no_memory(error) : 0;
}

static int check_services(
	const struct tenant_values *values, const struct tenant_record *record, struct error *error)
{
	AUTO_BUFFER struct buffer list = BUFFER_INIT(2 * TENANT_SERVICES_MAX);
	if (buffer_printf(&list, " %s ", record->service_codes) < 0)
		return error_no_memory(error);
	for (size_t i = 0; i < values->without_service_codes.count; i++) {
		char wanted[TENANT_CODE_MAX + 2];
		const char *code = values->without_service_codes.items[i];
		(void)snprintf(wanted, sizeof(wanted), " %.*s ", TENANT_CODE_MAX - 1, code);
		if (!tenant_code_valid(code) || !strstr(buffer_text(&list), wanted))
			return error_set(error, ERROR_USAGE, EINVAL, "service-code-unknown",
				_("\"%s\" is no service code of the tenant %s"), code,
				record->code);
	}
	return 0;
}

static enum error_kind enter(const struct invocation *invocation, const char *code,
	const char *services_before, bool add, struct error *error)
{
	const struct tenant_values *values = invocation->values;
	AUTO_BUFFER struct buffer services = BUFFER_INIT(4 * TENANT_SERVICES_MAX);
	AUTO_BUFFER struct buffer contacts = BUFFER_INIT(4 * TENANT_CONTACTS_MAX);
	if (join_services(values, services_before, &services, error) < 0)
		return command_failed(error);
	for (size_t i = 0; i < values->contacts.count; i++)
		if (buffer_printf(&contacts, "%s\n", values->contacts.items[i]) < 0) {
			error_no_memory(error);
			return command_failed(error);
		}
	bool has_services = values->service_codes.count + values->without_service_codes.count > 0;
	const struct import_field fields[] = {
		{ "code", code },
		{ "name", values->name.text },
		{ "zone", values->zone.text },
		{ "service_codes", has_services ? buffer_text(&services) : NULL },
		{ "contacts", values->contacts.count > 0 ? buffer_text(&contacts) : NULL },
		{ "note", values->note.text },
	};
	return inventory_enter(invocation, "tenants", fields, ARRAY_SIZE(fields), add, error);
}

enum error_kind tenant_add(const struct invocation *invocation, struct error *error)
{
	return enter(invocation, invocation->arguments[0], "", true, error);
}

/* The tenant that a word names, as one record. */
static int load_one(
	struct store *store, const char *word, struct tenant_list *ret, struct error *error)
{
	int64_t id = 0;
	char text[SUBJECT_ID_MAX];
	int r = tenants_one(store, word, &id, error);
	subject_format(&(struct subject){ SUBJECT_TENANT, id }, text);
	if (r == 0)
		r = tenants_find(store, text, ret, error);
	/* "T5" may be another's code as well: only the one with this number is meant. */
	for (size_t i = 0; r == 0 && i < ret->count; i++)
		if (ret->items[i].id == id) {
			struct tenant_record first = ret->items[0];
			ret->items[0] = ret->items[i];
			ret->items[i] = first;
			return 0;
		}
	return r < 0 ? r : store_error_corrupt(store, "tenant", error);
}

enum error_kind tenant_change(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	AUTO_TENANTS struct tenant_list list = { 0 };
	int r = store_open(invocation->config.store, STORE_READ, &store, error);
	if (r == 0)
		r = load_one(store, invocation->arguments[0], &list, error);
	if (r != 0 || list.count == 0)
		return command_failed(error);
	const struct tenant_record *record = &list.items[0];
	if (check_services(invocation->values, record, error) < 0)
		return command_failed(error);
	store = store_close(store);
	return enter(invocation, record->code, record->service_codes, false, error);
}

/* -- remove -- */

static int remove_one(
	struct store *store, const char *word, int64_t now_utc_ms, struct error *error)
{
	int64_t id = 0;
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	r = tenants_one(store, word, &id, error);
	if (r == 0)
		r = tenants_remove(store, id, now_utc_ms, error);
	return store_end(store, r, error);
}

enum error_kind tenant_remove(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	const char *word = invocation->arguments[0];
	struct clock_reading now;
	clock_read(&now);
	if (store_open(invocation->config.store, STORE_WRITE, &store, error) < 0 ||
		remove_one(store, word, now.utc_ms, error) < 0)
		return command_failed(error);
	if (!invocation->json) {
		output_line(stdout, _("%s: removed"), word);
		return ERROR_NONE;
	}
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "kind", "tenants") < 0 ||
		json_put_string(json, "key", word) < 0 ||
		json_put_string(json, "action", "removed") < 0 ||
		json_put_string(json, "columns", "") < 0)
		error_no_memory(error);
	else if (output_json(json_incref(json), error) == 0)
		return ERROR_NONE;
	return command_failed(error);
}

/* -- list -- */

json_t *tenant_json(const struct tenant_record *record)
{
	AUTO_JSON json_t *json = json_object();
	AUTO_JSON json_t *services = json_array();
	AUTO_FREE char *copy = strdup(record->service_codes);
	char id[SUBJECT_ID_MAX], created[CLOCK_TEXT_SIZE];
	json_t *contacts = NULL;
	subject_format(&(struct subject){ SUBJECT_TENANT, record->id }, id);
	clock_format(record->created_utc_ms, created);
	if (!json || !services || !copy)
		return NULL;
	char *rest = copy, *code;
	while ((code = strsep(&rest, " ")))
		if (*code && json_push(services, json_string(code)) < 0)
			return NULL;
	if (json_parse(record->contacts, strlen(record->contacts), "contacts", &contacts, NULL) <
			0 ||
		json_put(json, "contacts", contacts) < 0)
		return NULL;
	if (json_put_string(json, "id", id) < 0 ||
		json_put_string(json, "code", record->code) < 0 ||
		json_put_string(json, "name", record->name) < 0 ||
		json_put_string(json, "zone", record->zone) < 0 ||
		json_put_string(json, "note", record->note) < 0 ||
		json_put_string(json, "created_utc", created) < 0 ||
		json_put(json, "service_codes", json_incref(services)) < 0)
		return NULL;
	return json_incref(json);
}

enum error_kind tenants_list_command(const struct invocation *invocation, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("ID"), false, true },
		{ N_("CODE"), false, true },
		{ N_("NAME"), false, false },
		{ N_("ZONE"), false, true },
		{ N_("SERVICES"), false, false },
	};
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	AUTO_TENANTS struct tenant_list list = { 0 };
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	AUTO_JSON json_t *tenants = json_array();
	int r = store_open(invocation->config.store, STORE_READ, &store, error);
	if (r == 0)
		r = tenants_list(store, &list, error);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		const struct tenant_record *record = &list.items[i];
		table_cell(&table, "T%" PRId64, record->id);
		table_cell(&table, "%s", record->code);
		table_cell(&table, "%s", record->name);
		table_cell(&table, "%s", record->zone);
		table_cell(&table, "%s", record->service_codes);
		if (invocation->json && json_push(tenants, tenant_json(record)) < 0)
			r = error_no_memory(error);
	}
	if (r == 0)
		r = invocation->json ? output_list_json("tenants", json_incref(tenants), error)
				     : output_table(&table, error);
	return r < 0 ? command_failed(error) : ERROR_NONE;
}
