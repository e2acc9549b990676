/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki wipe approve`: the questions that deletions wait for, and a person's yes. */
#include "cli/wipe_expired.h"

#include "base/clock.h"
#include "cli/describe.h"
#include "cli/output.h"
#include "inventory/custody/events.h"
#include "inventory/tenants/approvals.h"
#include "inventory/tenants/vms.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const struct described reasons[] = {
	{ "share", N_("too many VMs at once") },
	{ "clock-gap", N_("nothing ran for more than 14 days") },
};

static json_t *uuids_of(const struct approval_record *record)
{
	json_t *uuids = NULL;
	if (!record->vms ||
		json_parse(record->vms, strlen(record->vms), "approval", &uuids, NULL) < 0)
		return NULL;
	return uuids;
}

/* -- for people -- */

static int print_vms(struct store *store, const json_t *uuids, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("ID"), false, true },
		{ N_("UUID"), false, true },
		{ N_("NAME"), false, false },
		{ N_("TENANT"), false, true },
		{ N_("SERVICE"), false, true },
		{ N_("PLATFORM"), false, true },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	for (size_t i = 0; i < json_array_size(uuids); i++) {
		const char *uuid = json_string_value(json_array_get(uuids, i));
		struct vm_record vm = { 0 };
		int found = vms_by_uuid(store, uuid ? uuid : "", &vm, error);
		if (found < 0)
			return found;
		char id[SUBJECT_ID_MAX] = "";
		if (found)
			subject_format(&(struct subject){ SUBJECT_VM, vm.id }, id);
		table_cell(&table, "%s", id);
		table_cell(&table, "%s", uuid ? uuid : "?");
		table_cell(&table, "%s", vm.name);
		table_cell(&table, "%s", vm.tenant);
		table_cell(&table, "%s", vm.service_code);
		table_cell(&table, "%s", vm.platform);
	}
	return output_table(&table, error);
}

static int print_question(
	struct store *store, const struct approval_record *record, struct error *error)
{
	AUTO_JSON json_t *uuids = uuids_of(record);
	char asked[DESCRIBE_TIME_SIZE];
	describe_time(record->asked_utc_ms, asked);
	output_line(stdout, _("P%" PRId64 ": %zu VMs are to be deleted; asked %s, since %s"),
		record->id, json_array_size(uuids), asked,
		describe_table_word(reasons, ARRAY_SIZE(reasons), record->reason));
	int r = print_vms(store, uuids, error);
	if (r == 0)
		output_line(
			stdout, _("  → Approve them: haiki wipe approve P%" PRId64), record->id);
	return r;
}

/* -- JSON -- */

static int put_approval(json_t *object, const struct approval_record *record)
{
	char id[32], asked[CLOCK_TEXT_SIZE], given[CLOCK_TEXT_SIZE] = "", ends[CLOCK_TEXT_SIZE];
	json_t *uuids = uuids_of(record);
	(void)snprintf(id, sizeof(id), "P%" PRId64, record->id);
	clock_format(record->asked_utc_ms, asked);
	clock_format(record->expires_utc_ms, ends);
	if (record->given_utc_ms != 0)
		clock_format(record->given_utc_ms, given);
	if (json_put(object, "vms", uuids) < 0 || json_put_string(object, "approval", id) < 0 ||
		json_put_string(object, "reason", record->reason) < 0 ||
		json_put_string(object, "asked_utc", asked) < 0 ||
		json_put_string(object, "given_utc", given) < 0 ||
		json_put_string(object, "given_by", record->given_by) < 0 ||
		json_put_string(object, "expires_utc", ends) < 0)
		return -ENOMEM;
	return 0;
}

static int print_json(const struct approval_record *records, size_t count, struct error *error)
{
	AUTO_JSON json_t *list = json_array();
	int r = list ? 0 : -ENOMEM;
	for (size_t i = 0; r == 0 && i < count; i++) {
		json_t *one = json_object();
		r = json_push(list, one);
		if (r == 0)
			r = put_approval(one, &records[i]);
	}
	return r < 0 ? error_no_memory(error)
		     : output_list_json("approvals", json_incref(list), error);
}

/* -- the command -- */

static int list_open(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	AUTO_APPROVALS struct approval_list list = { 0 };
	struct clock_reading now;
	clock_read(&now);
	int r = store_open(invocation->config.store, STORE_READ, &store, error);
	if (r == 0)
		r = approvals_list(store, true, now.utc_ms, &list, error);
	if (r < 0)
		return r;
	if (invocation->json)
		return print_json(list.items, list.count, error);
	if (list.count == 0)
		output_line(stdout, "%s", _("Nothing waits for an approval."));
	for (size_t i = 0; r == 0 && i < list.count; i++)
		r = print_question(store, &list.items[i], error);
	return r;
}

static int read_id(const char *text, int64_t *ret, struct error *error)
{
	size_t digits = strspn(text[0] ? text + 1 : "", "0123456789");
	if ((text[0] != 'P' && text[0] != 'p') || digits == 0 || digits > 18 || text[1 + digits]) {
		error_set(error, ERROR_USAGE, EINVAL, "approval-unknown",
			_("\"%.40s\" is no approval; they are called P1, P2 …"), text);
		return error_next(error, _("See which are open: haiki wipe approve"));
	}
	*ret = strtoll(text + 1, NULL, 10);
	return 0;
}

static int give(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	AUTO_APPROVAL struct approval_record record = { 0 };
	struct clock_reading now;
	char actor[ACTOR_MAX];
	int64_t id = 0;
	clock_read(&now);
	actor_current(actor);
	int r = read_id(invocation->arguments[0], &id, error);
	if (r == 0)
		r = store_open(invocation->config.store, STORE_WRITE, &store, error);
	if (r == 0)
		r = approvals_give(store, id, actor, now.utc_ms, error);
	if (r == 0)
		r = approvals_get(store, id, &record, error);
	if (r < 0)
		return r;
	if (invocation->json)
		return print_json(&record, 1, error);
	AUTO_JSON json_t *uuids = uuids_of(&record);
	char until[DESCRIBE_TIME_SIZE];
	describe_time(record.expires_utc_ms, until);
	output_line(stdout, _("P%" PRId64 " is approved by %s: %zu VMs, until %s"), record.id,
		record.given_by, json_array_size(uuids), until);
	output_line(stdout, "%s", _("  → The next run deletes them: haiki wipe expired"));
	return 0;
}

enum error_kind wipe_approve(const struct invocation *invocation, struct error *error)
{
	int r = invocation->argument_count == 0 ? list_open(invocation, error)
						: give(invocation, error);
	return r < 0 ? command_failed(error) : ERROR_NONE;
}
