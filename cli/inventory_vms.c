/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMs: enter, change and list them. */
#include "base/clock.h"
#include "cli/inventory.h"
#include "cli/inventory_vms.h"
#include "cli/stream.h"
#include "inventory/transfer/import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const struct cli_option vm_options[] = {
	{ "service-code", "CODE", N_("which customer and service it is of"), option_given,
		OPTION_INTO(struct vm_values, service_code) },
	{ "tenant", "CODE",
		N_("the tenant whose service that is; without it the service code tells"),
		option_given, OPTION_INTO(struct vm_values, tenant) },
	{ "name", "TEXT", N_("what people call it; nothing is told by it"), option_given,
		OPTION_INTO(struct vm_values, name) },
	{ "platform", "NAME", N_("the section of haiki.conf where it lives; \"\": any of them"),
		option_given, OPTION_INTO(struct vm_values, platform) },
	{ 0 },
};

const struct table_column vm_columns[VM_COLUMNS] = {
	{ N_("ID"), false, true },
	{ N_("UUID"), false, true },
	{ N_("SERVICE"), false, true },
	{ N_("TENANT"), false, true },
	{ N_("NAME"), false, false },
	{ N_("PLATFORM"), false, true },
	{ N_("STATE"), false, true },
};

/* -- whose deletion has begun -- */

void vm_deletions_free(struct vm_deletions *deletions)
{
	free(deletions->vm_ids);
	*deletions = (struct vm_deletions){ 0 };
}

static int compare_ids(const void *a, const void *b)
{
	const int64_t *id_a = a, *id_b = b;
	return *id_a < *id_b ? -1 : *id_a > *id_b;
}

int vm_deletions_read(
	struct store *store, int64_t tenant_id, struct vm_deletions *ret, struct error *error)
{
	AUTO_DELETIONS struct deletion_list list = { 0 };
	int r = deletions_list(store, tenant_id, &list, error);
	if (r < 0 || list.count == 0)
		return r;
	int64_t *ids = calloc(list.count, sizeof(*ids));
	if (!ids)
		return error_no_memory(error);
	for (size_t i = 0; i < list.count; i++)
		ids[i] = list.items[i].vm_id;
	qsort(ids, list.count, sizeof(*ids), compare_ids);
	*ret = (struct vm_deletions){ ids, list.count };
	return 0;
}

const char *vm_state(const struct vm_record *record, const struct vm_deletions *deletions)
{
	if (record->gone_utc_ms != 0)
		return "gone";
	bool is_begun =
		deletions->count > 0 && bsearch(&record->id, deletions->vm_ids, deletions->count,
						sizeof(int64_t), compare_ids);
	return is_begun ? "deleting" : "there";
}

const char *vm_state_text(const char *state)
{
	if (strcmp(state, "gone") == 0)
		return _("gone");
	return strcmp(state, "deleting") == 0 ? _("being deleted") : "";
}

/* -- as text and JSON -- */

void vm_row(
	struct table *table, const struct vm_record *record, const struct vm_deletions *deletions)
{
	table_cell(table, "M%" PRId64, record->id);
	table_cell(table, "%s", record->uuid);
	table_cell(table, "%s", record->service_code);
	table_cell(table, "%s", record->tenant);
	table_cell(table, "%s", record->name);
	table_cell(table, "%s", record->platform);
	table_cell(table, "%s", vm_state_text(vm_state(record, deletions)));
}

json_t *vm_json(const struct vm_record *record, const struct vm_deletions *deletions)
{
	AUTO_JSON json_t *json = json_object();
	char id[SUBJECT_ID_MAX], created[CLOCK_TEXT_SIZE], gone[CLOCK_TEXT_SIZE] = "";
	subject_format(&(struct subject){ SUBJECT_VM, record->id }, id);
	clock_format(record->created_utc_ms, created);
	if (record->gone_utc_ms != 0)
		clock_format(record->gone_utc_ms, gone);
	if (!json || json_put_string(json, "id", id) < 0 ||
		json_put_string(json, "uuid", record->uuid) < 0 ||
		json_put_string(json, "name", record->name) < 0 ||
		json_put_string(json, "platform", record->platform) < 0 ||
		json_put_string(json, "service_code", record->service_code) < 0 ||
		json_put_string(json, "tenant", record->tenant) < 0 ||
		json_put_string(json, "state", vm_state(record, deletions)) < 0 ||
		json_put_string(json, "created_utc", created) < 0 ||
		json_put_string(json, "gone_utc", gone) < 0)
		return NULL;
	return json_incref(json);
}

enum error_kind vms_list_command(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	AUTO_VMS struct vm_list list = { 0 };
	CLEANUP(vm_deletions_free) struct vm_deletions deletions = { 0 };
	AUTO_TABLE struct table table = TABLE_INIT(vm_columns);
	AUTO_JSON_STREAM struct json_stream stream = JSON_STREAM_INIT;
	int r = store_open(invocation->config.store, STORE_READ, &store, error);
	if (r == 0)
		r = vms_list(store, 0, &list, error);
	if (r == 0)
		r = vm_deletions_read(store, 0, &deletions, error);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		if (invocation->json)
			r = json_stream_add(&stream, vm_json(&list.items[i], &deletions), error);
		else
			vm_row(&table, &list.items[i], &deletions);
	}
	if (r == 0)
		r = invocation->json ? json_stream_print(&stream, "vms", error)
				     : output_table(&table, error);
	return r < 0 ? command_failed(error) : ERROR_NONE;
}

/* -- add and change -- */

static enum error_kind enter(
	const struct invocation *invocation, const char *uuid, bool add, struct error *error)
{
	const struct vm_values *values = invocation->values;
	const struct import_field fields[] = {
		{ "uuid", uuid },
		{ "service_code", values->service_code.text },
		{ "tenant", values->tenant.text },
		{ "name", values->name.text },
		{ "platform", values->platform.text },
	};
	return inventory_enter(invocation, "vms", fields, ARRAY_SIZE(fields), add, error);
}

enum error_kind vm_add(const struct invocation *invocation, struct error *error)
{
	const struct vm_values *values = invocation->values;
	if (!values->service_code.text) {
		error_set(error, ERROR_USAGE, EINVAL, "option-missing",
			_("A VM takes at least --service-code."));
		return command_failed(error);
	}
	return enter(invocation, invocation->arguments[0], true, error);
}

/* Also "M3" is a VM; in a file it would not be. */
enum error_kind vm_change(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	AUTO_VMS struct vm_list list = { 0 };
	const char *word = invocation->arguments[0];
	int r = store_open(invocation->config.store, STORE_READ, &store, error);
	if (r == 0)
		r = vms_find(store, word, &list, error);
	if (r < 0)
		return command_failed(error);
	if (list.count == 0) {
		error_set(error, ERROR_USAGE, ENOENT, "vm-unknown",
			_("There is no VM \"%s\": it is named by its ID or its UUID, never by its "
			  "name"),
			word);
		error_next(error, _("See: haiki inventory list vms"));
		return command_failed(error);
	}
	store = store_close(store);
	return enter(invocation, list.items[0].uuid, false, error);
}
