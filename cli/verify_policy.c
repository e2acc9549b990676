/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki verify policy`: is a policy well-formed, and what does it say? */
#include "cli/describe.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/verify.h"
#include "wipe/plan/policy.h"
#include <string.h>

static int print_rules(const struct policy *policy, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("ZONE"), false, true },
		{ N_("MEDIA"), false, true },
		{ N_("CONFIDENTIALITY"), false, true },
		{ N_("LEVEL"), false, true },
		{ N_("SCHEME"), false, true },
		{ N_("VERIFICATION"), false, true },
		{ N_("OF PURGE"), false, true },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		table_cell(&table, "%s", rule->zone);
		table_cell(&table, "%s", rule->media);
		table_cell(&table, "%s", rule->confidentiality);
		table_cell(&table, "%s", describe_level(rule->level));
		table_cell(&table, "%s", rule->scheme);
		table_cell(&table, "%s", describe_verification_short(rule->verification));
		table_cell(&table, "%s", describe_verification_short(rule->purge_verification));
	}
	return output_table(&table, error);
}

static void print_order(const char *title, const struct combination_list *methods)
{
	output_line(stdout, "%s", "");
	output_line(stdout, "%s", title);
	for (size_t i = 0; i < methods->count; i++)
		output_line(stdout, "  %2zu  %s", i + 1, methods->items[i].text);
}

/* The first that a drive can do and that reaches the level is taken. */
static void print_orders(const struct policy *policy)
{
	print_order(_("Methods for clear, in this order"), &policy->clear_methods);
	print_order(_("Methods for purge, in this order"), &policy->purge_methods);
	for (size_t i = 0; i < policy->rule_count; i++) {
		char title[160];
		if (!policy->rules[i].methods)
			continue;
		snprintf(title, sizeof(title), _("Methods of rule %zu, in this order"), i + 1);
		print_order(title, policy->rules[i].methods);
	}
}

static int print_distrust(const struct policy *policy, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("MODEL"), false, true },
		{ N_("FIRMWARE"), false, true },
		{ N_("BELOW"), false, true },
		{ N_("METHOD"), false, true },
		{ N_("WHY"), false, false },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	if (policy->distrust_count == 0)
		return 0;
	output_line(stdout, "%s", "");
	output_line(stdout, "%s", _("Not believed"));
	for (size_t i = 0; i < policy->distrust_count; i++) {
		const struct distrust *distrust = &policy->distrust[i];
		table_cell(&table, "%s", distrust->model);
		table_cell(&table, "%s", distrust->firmware);
		table_cell(&table, "%s", distrust->firmware_below);
		table_cell(&table, "%s",
			distrust->technique == TECHNIQUE_NONE
				? "*"
				: technique_name(distrust->technique));
		table_cell(&table, "%s", distrust->why);
	}
	return output_table(&table, error);
}

static void add_scheme(struct table *table, const struct scheme *scheme)
{
	table_cell(table, "%s", scheme->name);
	table_cell(table, "%zu", scheme->pass_count);
	table_cell(table, "%s", scheme->title);
	table_cell(table, "%s", scheme->origin);
}

static int print_schemes(const struct policy *policy, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("SCHEME"), false, true },
		{ N_("PASSES"), true, true },
		{ N_("TITLE"), false, false },
		{ N_("ORIGIN"), false, false },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	for (size_t i = 0; i < policy->scheme_count; i++)
		add_scheme(&table, &policy->schemes[i]);
	for (const struct scheme *scheme = schemes_shipped; scheme->pass_count > 0; scheme++)
		add_scheme(&table, scheme);
	return output_table(&table, error);
}

static int print_text(const struct policy *policy, struct error *error)
{
	output_line(stdout, _("Policy %s, version %s: well-formed"), policy->name, policy->version);
	output_line(stdout, "  SHA-256 %s", policy->sha256);
	output_line(stdout, _("  based on: %s"), policy->source);
	output_line(stdout, _("  before a drive serves another zone: %s"),
		describe_level(policy->crossing_level));
	output_line(stdout, "%s", "");
	output_line(stdout, "%s", _("Rules, the first that matches decides"));
	int r = print_rules(policy, error);
	if (r < 0)
		return r;
	print_orders(policy);
	r = print_distrust(policy, error);
	if (r < 0)
		return r;
	output_line(stdout, "%s", "");
	output_line(stdout, "%s", _("Schemes"));
	return print_schemes(policy, error);
}

static json_t *order_json(const struct combination_list *methods)
{
	AUTO_JSON json_t *array = json_array();
	for (size_t i = 0; i < methods->count; i++)
		if (json_push(array, json_string(methods->items[i].text)) < 0)
			return NULL;
	return json_incref(array);
}

static json_t *orders_json(const struct policy *policy)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put(json, "clear", order_json(&policy->clear_methods)) < 0 ||
		json_put(json, "purge", order_json(&policy->purge_methods)) < 0)
		return NULL;
	return json_incref(json);
}

static json_t *distrust_json(const struct policy *policy)
{
	AUTO_JSON json_t *array = json_array();
	for (size_t i = 0; i < policy->distrust_count; i++) {
		const struct distrust *distrust = &policy->distrust[i];
		const char *technique = distrust->technique == TECHNIQUE_NONE
						? "*"
						: technique_name(distrust->technique);
		json_t *item = json_pack("{s:s, s:s, s:s, s:s, s:s}", "model", distrust->model,
			"firmware", distrust->firmware, "firmware_below", distrust->firmware_below,
			"technique", technique, "why", distrust->why);
		if (json_push(array, item) < 0)
			return NULL;
	}
	return json_incref(array);
}

static json_t *rule_json(const struct policy *policy, const struct policy_rule *rule)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "zone", rule->zone) < 0 ||
		json_put_string(json, "media", rule->media) < 0 ||
		json_put_string(json, "confidentiality", rule->confidentiality) < 0 ||
		json_put_string(json, "level", level_name(rule->level)) < 0 ||
		json_put_string(json, "scheme", rule->scheme) < 0 ||
		json_put_string(json, "verification", verification_name(rule->verification)) < 0 ||
		json_put_string(json, "purge_verification",
			verification_name(rule->purge_verification)) < 0 ||
		json_put_integer(json, "deallocated_accepted", rule->deallocated_accepted) < 0 ||
		json_put(json, "methods", order_json(policy_methods(policy, rule, rule->level))) <
			0)
		return NULL;
	return json_incref(json);
}

static json_t *scheme_json(const struct scheme *scheme)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "name", scheme->name) < 0 ||
		json_put_string(json, "title", scheme->title) < 0 ||
		json_put_string(json, "origin", scheme->origin) < 0 ||
		json_put_integer(json, "passes", (int64_t)scheme->pass_count) < 0)
		return NULL;
	return json_incref(json);
}

static int print_json(const struct policy *policy, struct error *error)
{
	AUTO_JSON json_t *json = json_object();
	AUTO_JSON json_t *rules = json_array();
	AUTO_JSON json_t *schemes = json_array();
	if (!json || !rules || !schemes)
		return error_no_memory(error);
	for (size_t i = 0; i < policy->rule_count; i++)
		if (json_push(rules, rule_json(policy, &policy->rules[i])) < 0)
			return error_no_memory(error);
	for (size_t i = 0; i < policy->scheme_count; i++)
		if (json_push(schemes, scheme_json(&policy->schemes[i])) < 0)
			return error_no_memory(error);
	for (const struct scheme *scheme = schemes_shipped; scheme->pass_count > 0; scheme++)
		if (json_push(schemes, scheme_json(scheme)) < 0)
			return error_no_memory(error);
	if (json_put_string(json, "name", policy->name) < 0 ||
		json_put_string(json, "version", policy->version) < 0 ||
		json_put_string(json, "source", policy->source) < 0 ||
		json_put_string(json, "sha256", policy->sha256) < 0 ||
		json_put_string(json, "crossing_level", level_name(policy->crossing_level)) < 0 ||
		json_put(json, "methods", orders_json(policy)) < 0 ||
		json_put(json, "distrust", distrust_json(policy)) < 0 ||
		json_put(json, "rules", json_incref(rules)) < 0 ||
		json_put(json, "schemes", json_incref(schemes)) < 0)
		return error_no_memory(error);
	return output_json(json_incref(json), error);
}

enum error_kind verify_policy(const struct invocation *invocation, struct error *error)
{
	struct policy *policy CLEANUP(cleanup_policy_free) = NULL;
	const char *path = invocation->argument_count > 0 ? invocation->arguments[0]
							  : invocation->config.policy;
	if (policy_load(*path ? path : NULL, &policy, error) < 0)
		return command_failed(error);
	int r = invocation->json ? print_json(policy, error) : print_text(policy, error);
	return r < 0 ? command_failed(error) : ERROR_NONE;
}
