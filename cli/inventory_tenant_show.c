/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One tenant, and every place where its bytes are or may be. */
#include "base/clock.h"
#include "cli/format.h"
#include "cli/inventory_custody.h"
#include "cli/inventory_vms.h"
#include "cli/inventory_tree.h"
#include "cli/output.h"
#include "inventory/tenants/contracts.h"
#include "inventory/tenants/generations.h"
#include "inventory/tenants/links.h"
#include "inventory/tenants/places.h"
#include "inventory/tenants/tenants.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* All that is known of one tenant. */
struct tenant_view {
	const struct tenant_record *tenant; /* borrowed */
	struct contract_list contracts;
	struct vm_list vms;
	struct vm_deletions deletions;
	struct volume_list volumes;
	struct place_list places;
	struct generation_list generations;
	struct link_rule_list rules;
	int64_t now_utc_ms;
};

static void view_free(struct tenant_view *view)
{
	contract_list_free(&view->contracts);
	vm_list_free(&view->vms);
	vm_deletions_free(&view->deletions);
	volume_list_free(&view->volumes);
	place_list_free(&view->places);
	generation_list_free(&view->generations);
	link_rule_list_free(&view->rules);
}

static int load(struct store *store, struct tenant_view *view, struct error *error)
{
	int64_t id = view->tenant->id;
	int r = contracts_list(store, id, &view->contracts, error);
	if (r == 0)
		r = vms_list(store, id, &view->vms, error);
	if (r == 0)
		r = vm_deletions_read(store, id, &view->deletions, error);
	if (r == 0)
		r = volumes_list(store, VOLUMES_OF_TENANT, id, NULL, 0, &view->volumes, error);
	if (r == 0)
		r = places_of_tenant(store, id, &view->places, error);
	if (r == 0)
		r = generations_of_tenant(store, id, &view->generations, error);
	return r < 0 ? r : links_rules(store, id, &view->rules, error);
}

/* -- as text -- */

static const char *describe_why(enum place_why why)
{
	switch (why) {
	case PLACE_UNKNOWN:
		break;
	case PLACE_CARRIES:
		return _("carries its bytes");
	case PLACE_ABOVE:
		return _("stands on its volumes, linked to nobody or another");
	case PLACE_COPY:
		return _("came from its volumes, linked to nobody or another");
	case PLACE_DISPUTED:
		return _("disputed: its tags or rules disagree");
	case PLACE_LEFT:
		return _("may still hold its bytes: left, not known to be sanitized");
	case PLACE_LABELLED:
		return _("labelled with it");
	case PLACE_SANITIZED:
		return _("sanitized since");
	}
	return _("unknown");
}

/* A volume's kind is a word of docs/import.md. */
static const char *describe_kind(const struct place *place)
{
	if (place->subject.kind == SUBJECT_DRIVE)
		return _("drive");
	return place->subject.kind == SUBJECT_ARRAY ? _("array") : place->kind;
}

/* A drive's state of custody is a word of docs/custody.md. */
static const char *describe_state(const struct place *place)
{
	if (place->subject.kind == SUBJECT_ARRAY)
		return array_state_text(place->state);
	return place->subject.kind == SUBJECT_VOLUME ? volume_state_text(place->state)
						     : place->state;
}

static void add_place(struct table *table, const struct place *place)
{
	char id[SUBJECT_ID_MAX], size[FORMAT_SIZE];
	subject_format(&place->subject, id);
	format_bytes(place->size_bytes, size);
	bool has_rack = place->rack[0] || place->slot[0];
	table_cell(table, "%s", id);
	table_cell(table, "%s", describe_kind(place));
	table_cell(table, "%s%s%s", place->name, place->model[0] ? "  " : "", place->model);
	table_cell(table, "%s%s%s", place->host, place->device[0] ? " " : "", place->device);
	table_cell(table, "%s%s%s%s%s", place->site, place->site[0] && has_rack ? " " : "",
		place->rack, has_rack ? "/" : "", place->slot);
	table_cell(table, "%s", size);
	table_cell(table, "%s%s", describe_state(place), place->present ? "" : _(" (absent)"));
	table_cell(table, "%s", describe_why(place->why));
}

static int print_places(const struct tenant_view *view, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("ID"), false, true },
		{ N_("KIND"), false, true },
		{ N_("NAME"), false, false },
		{ N_("HOST"), false, false },
		{ N_("RACK/SLOT"), false, true },
		{ N_("SIZE"), true, true },
		{ N_("STATE"), false, true },
		{ N_("WHY"), false, false },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	for (size_t i = 0; i < view->places.count; i++)
		add_place(&table, &view->places.items[i]);
	int r = print_section(
		_("Where its bytes are, below and beside its volumes"), &table, error);
	if (r < 0 || view->places.nowhere_count == 0)
		return r;
	output_line(stdout, "%s", "");
	output_line(stdout, "%s", _("Unknown: no drive is known below these volumes"));
	for (size_t i = 0; i < view->places.nowhere_count; i++)
		output_line(stdout, "  V%" PRId64, view->places.nowhere[i]);
	return 0;
}

static int print_lists(const struct tenant_view *view, struct error *error)
{
	static const struct table_column rule_columns[] = {
		{ N_("KIND"), false, true },
		{ N_("PATTERN"), false, true },
	};
	AUTO_TABLE struct table contracts = TABLE_INIT(contract_columns);
	AUTO_TABLE struct table vms = TABLE_INIT(vm_columns);
	AUTO_TABLE struct table volumes = TABLE_INIT(volume_columns);
	AUTO_TABLE struct table generations = TABLE_INIT(generation_columns);
	AUTO_TABLE struct table rules = TABLE_INIT(rule_columns);
	for (size_t i = 0; i < view->contracts.count; i++)
		contract_row(&contracts, &view->contracts.items[i], view->now_utc_ms);
	for (size_t i = 0; i < view->vms.count; i++)
		vm_row(&vms, &view->vms.items[i], &view->deletions);
	for (size_t i = 0; i < view->volumes.count; i++)
		volume_row(&volumes, &view->volumes.items[i], view->tenant->code);
	for (size_t i = 0; i < view->generations.count; i++)
		generation_row(&generations, &view->generations.items[i], view->now_utc_ms);
	for (size_t i = 0; i < view->rules.count; i++) {
		table_cell(&rules, "%s", link_rule_kind_name(view->rules.items[i].kind));
		table_cell(&rules, "%s", view->rules.items[i].pattern);
	}
	int r = print_section(_("Contracts"), &contracts, error);
	if (r == 0)
		r = print_section(_("VMs"), &vms, error);
	if (r == 0)
		r = print_section(_("Volumes"), &volumes, error);
	if (r == 0)
		r = print_places(view, error);
	if (r == 0)
		r = print_section(_("Backup generations"), &generations, error);
	return r < 0 ? r : print_section(_("Rules"), &rules, error);
}

static void print_contacts(const struct tenant_record *tenant)
{
	static const char *const keys[] = { "name", "role", "email", "phone" };
	AUTO_JSON json_t *contacts = NULL;
	if (json_parse(tenant->contacts, strlen(tenant->contacts), "contacts", &contacts, NULL) < 0)
		return;
	for (size_t i = 0; i < json_array_size(contacts); i++) {
		AUTO_BUFFER struct buffer line = BUFFER_INIT(TENANT_CONTACTS_MAX);
		for (size_t j = 0; j < ARRAY_SIZE(keys); j++) {
			const char *part = json_string_value(
				json_object_get(json_array_get(contacts, i), keys[j]));
			if (part && buffer_printf(&line, "%s%s", line.length ? "  " : "", part) < 0)
				return;
		}
		print_value(_("contact"), buffer_text(&line));
	}
}

static int show_text(struct store *store, const struct tenant_view *view, struct error *error)
{
	const struct tenant_record *tenant = view->tenant;
	const struct subject subject = { SUBJECT_TENANT, tenant->id };
	output_line(stdout, "T%" PRId64 "  %s  %s", tenant->id, tenant->code, tenant->name);
	print_value(_("zone"), tenant->zone);
	print_value(_("service codes"), tenant->service_codes);
	print_contacts(tenant);
	print_value(_("note"), tenant->note);
	int r = holds_tell(store, &subject, 1, NULL, error);
	if (r == 0)
		r = print_lists(view, error);
	return r < 0 ? r : inventory_events(store, &subject, NULL, error);
}

/* -- as JSON -- */

static json_t *place_json(const struct place *place)
{
	AUTO_JSON json_t *json = json_object();
	char id[SUBJECT_ID_MAX];
	subject_format(&place->subject, id);
	if (!json || json_put_string(json, "id", id) < 0 ||
		json_put_string(json, "kind", place->kind) < 0 ||
		json_put_string(json, "name", place->name) < 0 ||
		json_put_string(json, "model", place->model) < 0 ||
		json_put_string(json, "host", place->host) < 0 ||
		json_put_string(json, "device", place->device) < 0 ||
		json_put_string(json, "site", place->site) < 0 ||
		json_put_string(json, "rack", place->rack) < 0 ||
		json_put_string(json, "slot", place->slot) < 0 ||
		json_put_integer(json, "size_bytes", (int64_t)place->size_bytes) < 0 ||
		json_put_string(json, "state", place->state) < 0 ||
		json_put_integer(json, "present", place->present) < 0 ||
		json_put_string(json, "why", place_why_name(place->why)) < 0)
		return NULL;
	return json_incref(json);
}

static int put_places(json_t *json, const struct place_list *places)
{
	AUTO_JSON json_t *array = json_array();
	AUTO_JSON json_t *nowhere = json_array();
	for (size_t i = 0; i < places->count; i++)
		if (json_push(array, place_json(&places->items[i])) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < places->nowhere_count; i++) {
		char id[SUBJECT_ID_MAX];
		subject_format(&(struct subject){ SUBJECT_VOLUME, places->nowhere[i] }, id);
		if (json_push(nowhere, json_string(id)) < 0)
			return -ENOMEM;
	}
	int r = json_put(json, "places", json_incref(array));
	return r < 0 ? r : json_put(json, "nowhere", json_incref(nowhere));
}

static int put_rules(json_t *json, const struct link_rule_list *rules)
{
	AUTO_JSON json_t *array = json_array();
	for (size_t i = 0; i < rules->count; i++) {
		AUTO_JSON json_t *rule = json_object();
		if (!rule ||
			json_put_string(rule, "kind", link_rule_kind_name(rules->items[i].kind)) <
				0 ||
			json_put_string(rule, "pattern", rules->items[i].pattern) < 0 ||
			json_put_string(rule, "tenant", rules->items[i].tenant) < 0 ||
			json_push(array, json_incref(rule)) < 0)
			return -ENOMEM;
	}
	return json_put(json, "rules", json_incref(array));
}

static int put_lists(json_t *json, const struct tenant_view *view)
{
	AUTO_JSON json_t *contracts = json_array();
	AUTO_JSON json_t *vms = json_array();
	AUTO_JSON json_t *volumes = json_array();
	AUTO_JSON json_t *generations = json_array();
	for (size_t i = 0; i < view->contracts.count; i++)
		if (json_push(contracts,
			    contract_json(&view->contracts.items[i], view->now_utc_ms)) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < view->vms.count; i++)
		if (json_push(vms, vm_json(&view->vms.items[i], &view->deletions)) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < view->volumes.count; i++)
		if (json_push(volumes, volume_json(&view->volumes.items[i], view->tenant->code)) <
			0)
			return -ENOMEM;
	for (size_t i = 0; i < view->generations.count; i++)
		if (json_push(generations,
			    generation_json(&view->generations.items[i], view->now_utc_ms)) < 0)
			return -ENOMEM;
	if (json_put(json, "contracts", json_incref(contracts)) < 0 ||
		json_put(json, "vms", json_incref(vms)) < 0 ||
		json_put(json, "volumes", json_incref(volumes)) < 0 ||
		json_put(json, "generations", json_incref(generations)) < 0)
		return -ENOMEM;
	int r = put_places(json, &view->places);
	return r < 0 ? r : put_rules(json, &view->rules);
}

static int show_json(
	struct store *store, const struct tenant_view *view, json_t *tenants, struct error *error)
{
	const struct subject subject = { SUBJECT_TENANT, view->tenant->id };
	AUTO_JSON json_t *json = tenant_json(view->tenant);
	if (!json || put_lists(json, view) < 0)
		return error_no_memory(error);
	int r = holds_tell(store, &subject, 1, json, error);
	if (r == 0)
		r = inventory_events(store, &subject, json, error);
	if (r == 0 && json_push(tenants, json_incref(json)) < 0)
		r = error_no_memory(error);
	return r;
}

int tenants_show_command(const struct invocation *invocation, struct store *store, const char *word,
	struct error *error)
{
	AUTO_TENANTS struct tenant_list list = { 0 };
	AUTO_JSON json_t *tenants = json_array();
	struct clock_reading now;
	clock_read(&now);
	int r = tenants_find(store, word, &list, error);
	if (r < 0 || list.count == 0)
		return r;
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		CLEANUP(view_free)
		struct tenant_view view = { .tenant = &list.items[i], .now_utc_ms = now.utc_ms };
		r = load(store, &view, error);
		if (r == 0)
			r = invocation->json ? show_json(store, &view, tenants, error)
					     : show_text(store, &view, error);
	}
	if (r == 0 && invocation->json)
		r = output_list_json("tenants", json_incref(tenants), error);
	return r < 0 ? r : 1;
}
