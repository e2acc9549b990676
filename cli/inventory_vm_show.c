/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One VM in full: whose it is, when it is due, what holds it, what was done to it, and which copies there are. */
#include "base/clock.h"
#include "base/day.h"
#include "cli/describe.h"
#include "cli/describe_deletion.h"
#include "cli/inventory_custody.h"
#include "cli/inventory_vms.h"
#include "inventory/assets/volumes.h"
#include "inventory/tenants/contracts.h"
#include "inventory/tenants/generations.h"
#include "inventory/tenants/tenants.h"
#include "verify/tenant/due.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Everything that is known of it. */
struct vm_view {
	const struct vm_record *vm;
	struct contract_list contracts; /* that cover its service */
	struct due due;
	int64_t linked_tenant_id; /* as vms_linked_tenant */
	char linked[TENANT_CODE_MAX];
	struct vm_deletions deletions; /* its own, or none */
	struct deletion_record deletion;
	json_t *facts; /* owned; empty without a deletion */
	struct deletion_verdict verdict;
	struct volume_list volumes;
	struct generation_list generations;
	struct hold hold; /* that covers it; id 0: none */
	int64_t now_utc_ms;
};

static void view_free(struct vm_view *view)
{
	contract_list_free(&view->contracts);
	vm_deletions_free(&view->deletions);
	json_decref(view->facts);
	volume_list_free(&view->volumes);
	generation_list_free(&view->generations);
}

/* -- reading -- */

static int read_due(struct store *store, struct vm_view *view, struct error *error)
{
	int r = contracts_of_service(
		store, view->vm->tenant_id, view->vm->service_code, &view->contracts, error);
	if (r < 0)
		return r;
	AUTO_FREE struct due_contract *contracts =
		calloc(view->contracts.count + 1, sizeof(*contracts));
	if (!contracts)
		return error_no_memory(error);
	for (size_t i = 0; i < view->contracts.count; i++) {
		const struct contract_record *contract = &view->contracts.items[i];
		contracts[i] = (struct due_contract){ contract->start_day, contract->end_day,
			contract->grace_days };
	}
	view->due = due_of_all(contracts, view->contracts.count, view->now_utc_ms);
	return 0;
}

static int read_linked(struct store *store, struct vm_view *view, struct error *error)
{
	int r = vms_linked_tenant(store, view->vm->uuid, &view->linked_tenant_id, error);
	return r < 0 ? r : tenants_code(store, MAX(view->linked_tenant_id, 0), view->linked, error);
}

static int read_deletion(struct store *store, struct vm_view *view, struct error *error)
{
	int r = deletions_of_vm(store, view->vm->id, &view->deletion, error);
	if (r < 0)
		return r;
	if (r == 0) {
		view->facts = json_array();
		return view->facts ? 0 : error_no_memory(error);
	}
	view->deletions.vm_ids = malloc(sizeof(int64_t));
	if (!view->deletions.vm_ids)
		return error_no_memory(error);
	view->deletions.vm_ids[0] = view->vm->id;
	view->deletions.count = 1;
	r = deletions_facts(store, view->deletion.id, &view->facts, error);
	if (r == 0)
		deletion_judge(view->facts, &view->verdict);
	return r;
}

static int load(struct store *store, struct vm_view *view, struct error *error)
{
	int r = read_due(store, view, error);
	if (r == 0)
		r = read_linked(store, view, error);
	if (r == 0)
		r = read_deletion(store, view, error);
	if (r == 0)
		r = volumes_list(store, VOLUMES_OF_VM, 0, view->vm->uuid, 0, &view->volumes, error);
	if (r == 0)
		r = generations_of_vm(store, view->vm->uuid, &view->generations, error);
	if (r == 0)
		r = vms_hold(store, view->vm->id, &view->hold, error);
	return r < 0 ? r : 0;
}

/* Those on itself and on its tenant, and the one that covers it by way of something else. */
static int tell_holds(
	struct store *store, const struct vm_view *view, json_t *json, struct error *error)
{
	struct subject held[] = { { SUBJECT_VM, view->vm->id },
		{ SUBJECT_TENANT, view->vm->tenant_id }, view->hold.target };
	size_t count = view->hold.id != 0 ? 3 : 2;
	for (size_t i = 0; i < 2 && count == 3; i++)
		if (held[i].kind == held[2].kind && held[i].id == held[2].id)
			count = 2;
	return holds_tell(store, held, count, json, error);
}

/* -- as text -- */

static const char *due_text(enum due_state state)
{
	switch (state) {
	case DUE_UNKNOWN:
		break;
	case DUE_FUTURE:
		return _("a contract is to begin");
	case DUE_RUNNING:
		return _("a contract runs");
	case DUE_GRACE:
		return _("over, days of grace");
	case DUE_NOW:
		return _("yes: no contract and no days of grace are left");
	}
	return _("unknown; it is not deleted");
}

static int print_contracts(const struct vm_view *view, struct error *error)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(64 * KIB);
	char due[11];
	for (size_t i = 0; i < view->contracts.count; i++) {
		const struct contract_record *contract = &view->contracts.items[i];
		if (buffer_printf(&text, "%s%s (%s)", i > 0 ? ", " : "", contract->number,
			    contract->end_day[0] ? contract->end_day : _("open")) < 0)
			return error_no_memory(error);
	}
	print_value(_("contracts"), text.length > 0 ? buffer_text(&text) : _("none"));
	if (view->due.due_utc_ms != 0) {
		char when[64];
		day_format(day_in_tokyo(view->due.due_utc_ms), due);
		(void)snprintf(when, sizeof(when), _("%s, 0:00 Japan time"), due);
		print_value(_("to be deleted from"), when);
	}
	print_value(_("due"), due_text(view->due.state));
	return 0;
}

static int print_deletion(const struct vm_view *view, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("WHEN"), false, true },
		{ N_("STEP"), false, true },
		{ N_("WHAT"), false, false },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	AUTO_BUFFER struct buffer remarks = BUFFER_INIT(4 * KIB);
	table.wraps = true;
	for (size_t i = 0; i < json_array_size(view->facts); i++) {
		const json_t *fact = json_array_get(view->facts, i);
		const char *utc = json_string_value(json_object_get(fact, "utc"));
		AUTO_BUFFER struct buffer text = BUFFER_INIT(64 * KIB);
		char when[DESCRIBE_TIME_SIZE] = "?";
		int64_t utc_ms = 0;
		if (utc && clock_parse(utc, &utc_ms) == 0)
			describe_time(utc_ms, when);
		if (describe_fact(fact, &text) < 0)
			return error_no_memory(error);
		table_cell(&table, "%s", when);
		table_cell(&table, "%s", describe_fact_step(fact));
		table_cell(&table, "%s", buffer_text(&text));
	}
	if (describe_deletion_remarks(view->verdict.remarks, &remarks) < 0)
		return error_no_memory(error);
	print_value(_("deletion"), describe_deletion_stage(view->verdict.stage));
	print_value(_("remarks"), buffer_text(&remarks));
	return print_section(_("Deletion"), &table, error);
}

static int print_copies(struct store *store, const struct vm_view *view, struct error *error)
{
	AUTO_TABLE struct table volumes = TABLE_INIT(volume_columns);
	AUTO_TABLE struct table generations = TABLE_INIT(generation_columns);
	for (size_t i = 0; i < view->volumes.count; i++) {
		char tenant[TENANT_CODE_MAX];
		int r = tenants_code(store, view->volumes.items[i].tenant_id, tenant, error);
		if (r < 0)
			return r;
		volume_row(&volumes, &view->volumes.items[i], tenant);
	}
	for (size_t i = 0; i < view->generations.count; i++)
		generation_row(&generations, &view->generations.items[i], view->now_utc_ms);
	int r = print_section(_("Volumes"), &volumes, error);
	return r < 0 ? r : print_section(_("Backup generations"), &generations, error);
}

static int show_text(struct store *store, const struct vm_view *view, struct error *error)
{
	const struct vm_record *vm = view->vm;
	const struct subject subject = { SUBJECT_VM, vm->id };
	output_line(stdout, "M%" PRId64 "  %s", vm->id, vm->uuid);
	print_value(_("name"), vm->name);
	print_value(_("platform"), vm->platform[0] ? vm->platform : _("any"));
	print_value(_("service code"), vm->service_code);
	print_value(_("tenant"), vm->tenant);
	print_value(_("state"), vm_state_text(vm_state(vm, &view->deletions)));
	if (view->linked_tenant_id < 0)
		print_value(_("by rules and volumes"), _("disputed"));
	else
		print_value(_("by rules and volumes"), view->linked);
	int r = print_contracts(view, error);
	if (r == 0)
		r = tell_holds(store, view, NULL, error);
	if (r == 0 && view->deletions.count > 0)
		r = print_deletion(view, error);
	if (r == 0)
		r = print_copies(store, view, error);
	return r < 0 ? r : inventory_events(store, &subject, NULL, error);
}

/* -- as JSON -- */

static int put_deletion(const struct vm_view *view, json_t *json)
{
	AUTO_JSON json_t *deletion = json_object();
	AUTO_JSON json_t *remarks = json_array();
	char contract[SUBJECT_ID_MAX], due[CLOCK_TEXT_SIZE], begun[CLOCK_TEXT_SIZE];
	if (view->deletions.count == 0)
		return json_put(json, "deletion", json_incref(deletion));
	subject_format(&(struct subject){ SUBJECT_CONTRACT, view->deletion.contract_id }, contract);
	clock_format(view->deletion.due_utc_ms, due);
	clock_format(view->deletion.begun_utc_ms, begun);
	for (unsigned bit = 0; bit < DELETION_REMARKS; bit++)
		if ((view->verdict.remarks & (1U << bit)) &&
			json_push(remarks, json_string(deletion_remark_word(bit))) < 0)
			return -ENOMEM;
	if (!deletion || json_put_string(deletion, "contract", contract) < 0 ||
		json_put_string(deletion, "due_utc", due) < 0 ||
		json_put_string(deletion, "begun_utc", begun) < 0 ||
		json_put_string(deletion, "stage", deletion_stage_name(view->verdict.stage)) < 0 ||
		json_put(deletion, "remarks", json_incref(remarks)) < 0 ||
		json_put(deletion, "facts", json_incref(view->facts)) < 0)
		return -ENOMEM;
	return json_put(json, "deletion", json_incref(deletion));
}

static int put_contracts(const struct vm_view *view, json_t *json)
{
	AUTO_JSON json_t *contracts = json_array();
	char due[CLOCK_TEXT_SIZE] = "";
	if (view->due.due_utc_ms != 0)
		clock_format(view->due.due_utc_ms, due);
	for (size_t i = 0; i < view->contracts.count; i++)
		if (json_push(contracts,
			    contract_json(&view->contracts.items[i], view->now_utc_ms)) < 0)
			return -ENOMEM;
	if (json_put(json, "contracts", json_incref(contracts)) < 0 ||
		json_put_string(json, "due", due_state_name(view->due.state)) < 0 ||
		json_put_string(json, "due_utc", due) < 0 ||
		json_put_string(json, "linked_tenant", view->linked) < 0)
		return -ENOMEM;
	return json_put_integer(json, "disputed", view->linked_tenant_id < 0);
}

static int put_copies(
	struct store *store, const struct vm_view *view, json_t *json, struct error *error)
{
	AUTO_JSON json_t *volumes = json_array();
	AUTO_JSON json_t *generations = json_array();
	for (size_t i = 0; i < view->volumes.count; i++) {
		char tenant[TENANT_CODE_MAX];
		int r = tenants_code(store, view->volumes.items[i].tenant_id, tenant, error);
		if (r < 0)
			return r;
		if (json_push(volumes, volume_json(&view->volumes.items[i], tenant)) < 0)
			return error_no_memory(error);
	}
	for (size_t i = 0; i < view->generations.count; i++)
		if (json_push(generations,
			    generation_json(&view->generations.items[i], view->now_utc_ms)) < 0)
			return error_no_memory(error);
	if (json_put(json, "volumes", json_incref(volumes)) < 0 ||
		json_put(json, "generations", json_incref(generations)) < 0)
		return error_no_memory(error);
	return 0;
}

static int show_json(
	struct store *store, const struct vm_view *view, json_t *vms, struct error *error)
{
	const struct subject subject = { SUBJECT_VM, view->vm->id };
	AUTO_JSON json_t *json = vm_json(view->vm, &view->deletions);
	if (!json || put_contracts(view, json) < 0 || put_deletion(view, json) < 0)
		return error_no_memory(error);
	int r = put_copies(store, view, json, error);
	if (r == 0)
		r = tell_holds(store, view, json, error);
	if (r == 0)
		r = inventory_events(store, &subject, json, error);
	if (r == 0 && json_push(vms, json_incref(json)) < 0)
		r = error_no_memory(error);
	return r;
}

int vms_show_command(const struct invocation *invocation, struct store *store, const char *word,
	struct error *error)
{
	AUTO_VMS struct vm_list list = { 0 };
	AUTO_JSON json_t *vms = json_array();
	struct clock_reading now;
	clock_read(&now);
	int r = vms_find(store, word, &list, error);
	if (r < 0 || list.count == 0)
		return r;
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		CLEANUP(view_free)
		struct vm_view view = { .vm = &list.items[i], .now_utc_ms = now.utc_ms };
		r = load(store, &view, error);
		if (r == 0)
			r = invocation->json ? show_json(store, &view, vms, error)
					     : show_text(store, &view, error);
	}
	if (r == 0 && invocation->json)
		r = output_list_json("vms", json_incref(vms), error);
	return r < 0 ? r : 1;
}
