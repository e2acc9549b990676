/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules that link volumes to tenants: add, remove and list them. */
#include "base/clock.h"
#include "cli/format.h"
#include "cli/inventory.h"
#include "cli/output.h"
#include "inventory/tenants/links.h"
#include "inventory/tenants/tenants.h"
#include <errno.h>
#include <string.h>

static int read_rule(
	const char *kind, const char *pattern, struct link_rule *ret, struct error *error)
{
	*ret = (struct link_rule){ .kind = link_rule_kind_parse(kind) };
	if (ret->kind == LINK_RULE_UNKNOWN) {
		error_set(error, ERROR_USAGE, EINVAL, "rule-malformed",
			_("There is no rule of the kind \"%s\""), kind);
		return error_next(
			error, _("One of: lv-tag, luks-label, path, path-glob, vm, vm-name"));
	}
	if (format_copy(ret->pattern, sizeof(ret->pattern), pattern) < 0)
		return error_set(error, ERROR_USAGE, EINVAL, "rule-malformed",
			_("The pattern \"%.60s\" is longer than can be kept"), pattern);
	return link_rule_check(ret, error);
}

static int change(struct store *store, struct link_rule *rule, const char *tenant,
	int64_t now_utc_ms, struct error *error)
{
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	if (tenant) {
		r = tenants_one(store, tenant, &rule->tenant_id, error);
		if (r == 0)
			r = links_add_rule(store, rule, now_utc_ms, error);
	} else {
		r = links_remove_rule(store, rule, now_utc_ms, error);
	}
	if (r == 0)
		r = links_apply(store, rule, now_utc_ms, error);
	return store_end(store, r, error);
}

static int print_result(const struct invocation *invocation, const struct link_rule *rule,
	const char *action, struct error *error)
{
	if (!invocation->json) {
		output_line(stdout,
			strcmp(action, "added") == 0 ? _("%s \"%s\": added")
						     : _("%s \"%s\": removed"),
			link_rule_kind_name(rule->kind), rule->pattern);
		return 0;
	}
	AUTO_BUFFER struct buffer key = BUFFER_INIT(1 * KIB);
	AUTO_JSON json_t *json = json_object();
	if (buffer_printf(&key, "%s %s", link_rule_kind_name(rule->kind), rule->pattern) < 0 ||
		!json || json_put_string(json, "kind", "rules") < 0 ||
		json_put_string(json, "key", buffer_text(&key)) < 0 ||
		json_put_string(json, "action", action) < 0 ||
		json_put_string(json, "columns", "") < 0)
		return error_no_memory(error);
	return output_json(json_incref(json), error);
}

static enum error_kind run(const struct invocation *invocation, const char *tenant,
	const char *action, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	struct link_rule rule;
	struct clock_reading now;
	clock_read(&now);
	if (read_rule(invocation->arguments[0], invocation->arguments[1], &rule, error) < 0 ||
		store_open(invocation->config.store, STORE_WRITE, &store, error) < 0 ||
		change(store, &rule, tenant, now.utc_ms, error) < 0 ||
		print_result(invocation, &rule, action, error) < 0)
		return command_failed(error);
	return ERROR_NONE;
}

enum error_kind rule_add(const struct invocation *invocation, struct error *error)
{
	return run(invocation, invocation->arguments[2], "added", error);
}

enum error_kind rule_remove(const struct invocation *invocation, struct error *error)
{
	return run(invocation, NULL, "removed", error);
}

enum error_kind rules_list_command(const struct invocation *invocation, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("KIND"), false, true },
		{ N_("PATTERN"), false, true },
		{ N_("TENANT"), false, true },
	};
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	AUTO_LINK_RULES struct link_rule_list list = { 0 };
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	AUTO_JSON json_t *rules = json_array();
	int r = store_open(invocation->config.store, STORE_READ, &store, error);
	if (r == 0)
		r = links_rules(store, 0, &list, error);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		const struct link_rule *rule = &list.items[i];
		table_cell(&table, "%s", link_rule_kind_name(rule->kind));
		table_cell(&table, "%s", rule->pattern);
		table_cell(&table, "%s", rule->tenant);
		AUTO_JSON json_t *json = json_object();
		if (!json || json_put_string(json, "kind", link_rule_kind_name(rule->kind)) < 0 ||
			json_put_string(json, "pattern", rule->pattern) < 0 ||
			json_put_string(json, "tenant", rule->tenant) < 0 ||
			json_push(rules, json_incref(json)) < 0)
			r = error_no_memory(error);
	}
	if (r == 0)
		r = invocation->json ? output_list_json("rules", json_incref(rules), error)
				     : output_table(&table, error);
	return r < 0 ? command_failed(error) : ERROR_NONE;
}
