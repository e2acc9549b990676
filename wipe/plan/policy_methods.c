/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a policy says of methods: in which order they are weighed, and which drives are not believed. */
#include "wipe/plan/policy_parts.h"

#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Orders ----------------------------------------------------------------------------------- */

static int read_combination(const struct policy_reading *reading, const json_t *json,
	const char *where, struct combination_list *list)
{
	const char *problem = "";
	const char *text = json_string_value(json);

	if (!text)
		return policy_malformed(reading, where, _("not a text"));
	int result = combination_parse(text, &list->items[list->count], &problem);
	if (result < 0)
		return policy_malformed(reading, where, problem);
	if (combination_find(list, text))
		return policy_malformed(reading, where, _("it stands there twice"));
	list->count++;
	return 0;
}

int policy_read_order(const struct policy_reading *reading, const json_t *json, const char *where,
	const char *key, struct combination_list *ret)
{
	char inner[POLICY_WHERE_MAX];
	json_t *array;

	int result = json_get_array(json, where, key, PLAN_CANDIDATES_MAX, &array, reading->error);
	if (result < 0)
		return result;
	(void)snprintf(inner, sizeof(inner), "%s.%s", where, key);
	if (json_array_size(array) == 0)
		return policy_malformed(
			reading, inner, _("it is empty: without a method nothing can be planned"));
	ret->count = 0;
	for (size_t i = 0; i < json_array_size(array); i++) {
		(void)snprintf(inner, sizeof(inner), "%s.%s[%zu]", where, key, i);
		result = read_combination(reading, json_array_get(array, i), inner, ret);
		if (result < 0)
			return result;
	}
	return 0;
}

static int read_orders(
	const struct policy_reading *reading, const json_t *json, const char *where_prefix)
{
	static const char *const allowed[] = { "clear", "purge", NULL };
	char where[POLICY_WHERE_MAX];
	json_t *orders;

	int result = json_get_object(json, where_prefix, "methods", &orders, reading->error);
	if (result < 0)
		return result;
	(void)snprintf(where, sizeof(where), "%s: methods", where_prefix);
	result = json_only_keys(orders, where, allowed, reading->error);
	if (result == 0)
		result = policy_read_order(
			reading, orders, where, "clear", &reading->policy->clear_methods);
	if (result == 0)
		result = policy_read_order(
			reading, orders, where, "purge", &reading->policy->purge_methods);
	return result;
}

int policy_read_methods(const struct policy_reading *reading, const json_t *json)
{
	AUTO_JSON json_t *shipped = NULL;
	const char *name = _("default policy");
	size_t length;

	if (json_has(json, "methods"))
		return read_orders(reading, json, reading->name);
	const char *text = policy_default_text(&length);
	int result = json_parse(text, length, name, &shipped, reading->error);
	return result < 0 ? result : read_orders(reading, shipped, name);
}

/* Distrust --------------------------------------------------------------------------------- */

static int read_firmware(const struct policy_reading *reading, const json_t *json,
	const char *where, struct distrust *distrust)
{
	bool below = json_has(json, "firmware_below");

	if (below == json_has(json, "firmware"))
		return policy_malformed(reading, where,
			_("it needs either firmware or firmware_below, and not both"));
	if (below)
		return policy_read_text(reading, json, where, "firmware_below",
			distrust->firmware_below, sizeof(distrust->firmware_below));
	return policy_read_text(
		reading, json, where, "firmware", distrust->firmware, sizeof(distrust->firmware));
}

static int read_technique(const struct policy_reading *reading, const json_t *json,
	const char *where, struct distrust *distrust)
{
	char word[64];

	int result = policy_read_text(reading, json, where, "technique", word, sizeof(word));
	if (result < 0)
		return result;
	distrust->technique = technique_parse(word);
	if (distrust->technique == TECHNIQUE_NONE && strcmp(word, "*") != 0)
		return policy_malformed(
			reading, where, _("technique is neither \"*\" nor one that is known"));
	return 0;
}

static int read_one_distrust(const struct policy_reading *reading, const json_t *json,
	const char *where, struct distrust *distrust)
{
	static const char *const allowed[] = { "model", "firmware", "firmware_below", "technique",
		"why", NULL };

	int result = json_only_keys(json, where, allowed, reading->error);
	if (result == 0)
		result = policy_read_text(
			reading, json, where, "model", distrust->model, sizeof(distrust->model));
	if (result == 0)
		result = read_firmware(reading, json, where, distrust);
	if (result == 0)
		result = read_technique(reading, json, where, distrust);
	if (result == 0)
		result = policy_read_text(
			reading, json, where, "why", distrust->why, sizeof(distrust->why));
	return result;
}

int policy_read_distrust(const struct policy_reading *reading, const json_t *json)
{
	struct policy *policy = reading->policy;
	json_t *array;

	if (!json_has(json, "distrust"))
		return 0;
	int result = json_get_array(
		json, reading->name, "distrust", POLICY_DISTRUST_MAX, &array, reading->error);
	if (result < 0)
		return result;
	size_t count = json_array_size(array);
	policy->distrust = calloc(count + 1, sizeof(*policy->distrust));
	if (!policy->distrust)
		return error_no_memory(reading->error);
	for (size_t i = 0; i < count; i++) {
		char where[POLICY_WHERE_MAX];
		(void)snprintf(where, sizeof(where), "%s: distrust[%zu]", reading->name, i);
		result = read_one_distrust(
			reading, json_array_get(array, i), where, &policy->distrust[i]);
		if (result < 0)
			return result;
		policy->distrust_count = i + 1;
	}
	return 0;
}

/* Looking up ------------------------------------------------------------------------------- */

const struct combination_list *policy_methods(
	const struct policy *policy, const struct policy_rule *rule, enum level due)
{
	if (rule->methods)
		return rule->methods;
	return due >= LEVEL_PURGE ? &policy->purge_methods : &policy->clear_methods;
}

const struct distrust *policy_distrusts(const struct policy *policy, const char *model,
	const char *firmware, enum technique technique)
{
	for (size_t i = 0; i < policy->distrust_count; i++)
		if (distrust_matches(&policy->distrust[i], model, firmware, technique))
			return &policy->distrust[i];
	return NULL;
}

enum verification policy_verification(const struct policy_rule *rule, enum level level)
{
	return level >= LEVEL_PURGE ? rule->purge_verification : rule->verification;
}
