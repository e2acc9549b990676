/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a policy file strictly: what is not understood in full is no policy. */
#include "wipe/plan/policy_parts.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

int policy_malformed(const struct policy_reading *reading, const char *where, const char *problem)
{
	return error_set(reading->error, ERROR_FAILED, EBADMSG, "policy-malformed", "%s: %s", where,
		problem);
}

static void where_in(const struct policy_reading *reading, const char *array, size_t index,
	char ret[static POLICY_WHERE_MAX])
{
	(void)snprintf(ret, POLICY_WHERE_MAX, "%s: %s[%zu]", reading->name, array, index);
}

int policy_read_text(const struct policy_reading *reading, const json_t *json, const char *where,
	const char *key, char *ret, size_t size)
{
	const char *text;

	int result = json_get_string(json, where, key, size - 1, &text, reading->error);
	if (result < 0)
		return result;
	if (!text[0]) {
		char field[POLICY_WHERE_MAX];
		(void)snprintf(field, sizeof(field), "%s.%s", where, key);
		return policy_malformed(reading, field, _("must not be empty"));
	}
	(void)snprintf(ret, size, "%s", text);
	return 0;
}

/* Rules ------------------------------------------------------------------------------------ */

static int read_media(const struct policy_reading *reading, const json_t *json, const char *where,
	struct policy_rule *rule)
{
	int result =
		policy_read_text(reading, json, where, "media", rule->media, sizeof(rule->media));
	if (result < 0)
		return result;
	/* The parser answers unknown for what it does not know: only its own spelling is taken. */
	if (strcmp(rule->media, "*") != 0 &&
		strcmp(rule->media, media_name(media_parse(rule->media))) != 0)
		return policy_malformed(reading, where,
			_("media is none of \"magnetic\", \"flash\", \"virtual\", \"unknown\", "
			  "\"*\""));
	return 0;
}

static int read_level(const struct policy_reading *reading, const json_t *json, const char *where,
	struct policy_rule *rule)
{
	char word[16];

	int result = policy_read_text(reading, json, where, "level", word, sizeof(word));
	if (result < 0)
		return result;
	if (level_parse(word, &rule->level) < 0 || rule->level == LEVEL_NONE)
		return policy_malformed(
			reading, where, _("level is neither \"clear\" nor \"purge\""));
	if (rule->level == LEVEL_DESTROY)
		return policy_malformed(reading, where,
			_("level \"destroy\": a program cannot destroy a drive; use \"purge\", and "
			  "destroy it afterwards"));
	return 0;
}

static int read_verification(const struct policy_reading *reading, const json_t *json,
	const char *where, struct policy_rule *rule)
{
	char word[16];

	int result = policy_read_text(reading, json, where, "verification", word, sizeof(word));
	if (result < 0)
		return result;
	if (strcmp(word, verification_name(VERIFICATION_FULL)) == 0)
		rule->verification = VERIFICATION_FULL;
	else if (strcmp(word, verification_name(VERIFICATION_SAMPLE)) == 0)
		rule->verification = VERIFICATION_SAMPLE;
	else
		return policy_malformed(reading, where,
			_("verification is neither \"full\" nor \"sample\": without one nothing "
			  "is ever proven"));
	return 0;
}

static int read_purge_verification(const struct policy_reading *reading, const json_t *json,
	const char *where, struct policy_rule *rule)
{
	static const enum verification known[] = { VERIFICATION_MARKERS, VERIFICATION_SAMPLE,
		VERIFICATION_FULL };
	char word[16];

	rule->purge_verification = VERIFICATION_MARKERS;
	if (!json_has(json, "purge_verification"))
		return 0;
	int result =
		policy_read_text(reading, json, where, "purge_verification", word, sizeof(word));
	if (result < 0)
		return result;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(word, verification_name(known[i])) == 0) {
			rule->purge_verification = known[i];
			return 0;
		}
	}
	return policy_malformed(reading, where,
		_("purge_verification is none of \"markers\", \"sample\", \"full\""));
}

static int read_deallocated(const struct policy_reading *reading, const json_t *json,
	const char *where, struct policy_rule *rule)
{
	int64_t accepted = 0;

	if (!json_has(json, "deallocated_accepted"))
		return 0;
	int result = json_get_integer(
		json, where, "deallocated_accepted", 0, 1, &accepted, reading->error);
	rule->deallocated_accepted = accepted == 1;
	return result;
}

static int read_rule_methods(const struct policy_reading *reading, const json_t *json,
	const char *where, struct policy_rule *rule)
{
	if (!json_has(json, "methods"))
		return 0;
	rule->methods = calloc(1, sizeof(*rule->methods));
	if (!rule->methods)
		return error_no_memory(reading->error);
	return policy_read_order(reading, json, where, "methods", rule->methods);
}

static int read_rule(const struct policy_reading *reading, const json_t *json, const char *where,
	struct policy_rule *rule)
{
	static const char *const allowed[] = { "zone", "media", "confidentiality", "level",
		"scheme", "verification", "methods", "purge_verification", "deallocated_accepted",
		NULL };

	int result = json_only_keys(json, where, allowed, reading->error);
	if (result == 0)
		result = policy_read_text(
			reading, json, where, "zone", rule->zone, sizeof(rule->zone));
	if (result == 0)
		result = read_media(reading, json, where, rule);
	if (result == 0)
		result = policy_read_text(reading, json, where, "confidentiality",
			rule->confidentiality, sizeof(rule->confidentiality));
	if (result == 0)
		result = read_level(reading, json, where, rule);
	if (result == 0)
		result = policy_read_text(
			reading, json, where, "scheme", rule->scheme, sizeof(rule->scheme));
	if (result == 0)
		result = read_verification(reading, json, where, rule);
	if (result == 0)
		result = read_purge_verification(reading, json, where, rule);
	if (result == 0)
		result = read_deallocated(reading, json, where, rule);
	if (result == 0)
		result = read_rule_methods(reading, json, where, rule);
	if (result < 0)
		return result;
	if (!policy_scheme(reading->policy, rule->scheme))
		return policy_malformed(reading, where,
			_("there is no scheme of that name, neither in this file nor shipped"));
	return 0;
}

static int read_rules(const struct policy_reading *reading, const json_t *json)
{
	struct policy *policy = reading->policy;
	json_t *rules;

	int result = json_get_array(
		json, reading->name, "rules", POLICY_RULES_MAX, &rules, reading->error);
	if (result < 0)
		return result;
	size_t count = json_array_size(rules);
	if (count == 0)
		return policy_malformed(reading, reading->name,
			_("rules is empty: a policy without a rule allows nothing"));
	policy->rules = calloc(count, sizeof(*policy->rules));
	if (!policy->rules)
		return error_no_memory(reading->error);
	for (size_t i = 0; i < count; i++) {
		char where[POLICY_WHERE_MAX];
		where_in(reading, "rules", i, where);
		policy->rule_count = i + 1; /* what it owns is freed with it, read or not */
		result = read_rule(reading, json_array_get(rules, i), where, &policy->rules[i]);
		if (result < 0)
			return result;
	}
	return 0;
}

/* Schemes ---------------------------------------------------------------------------------- */

static int read_scheme(const struct policy_reading *reading, const json_t *json, size_t index)
{
	struct policy *policy = reading->policy;
	struct scheme *scheme = &policy->schemes[index];
	char where[POLICY_WHERE_MAX];

	where_in(reading, "schemes", index, where);
	int result = scheme_from_json(json, where, scheme, reading->error);
	if (result < 0)
		return result;
	/* One name, one meaning: a contract that says "gutmann" must not get something else. */
	if (scheme_find_shipped(scheme->name))
		return policy_malformed(reading, where, _("the name belongs to a shipped scheme"));
	if (policy_scheme(policy, scheme->name))
		return policy_malformed(
			reading, where, _("the name was used by an earlier scheme"));
	policy->scheme_count = index + 1;
	return 0;
}

static int read_schemes(const struct policy_reading *reading, const json_t *json)
{
	struct policy *policy = reading->policy;
	json_t *schemes;

	int result = json_get_array(
		json, reading->name, "schemes", POLICY_SCHEMES_MAX, &schemes, reading->error);
	if (result < 0)
		return result;
	size_t count = json_array_size(schemes);
	if (count == 0)
		return 0;
	policy->schemes = calloc(count, sizeof(*policy->schemes));
	if (!policy->schemes)
		return error_no_memory(reading->error);
	for (size_t i = 0; i < count; i++) {
		result = read_scheme(reading, json_array_get(schemes, i), i);
		if (result < 0)
			return result;
	}
	return 0;
}

/* The document ----------------------------------------------------------------------------- */

/* Before anything else is looked at: a newer format may have fields of which we know nothing. */
static int read_format(const struct policy_reading *reading, const json_t *json)
{
	char format[64];
	int64_t version;

	int result =
		policy_read_text(reading, json, reading->name, "format", format, sizeof(format));
	if (result < 0)
		return result;
	if (strcmp(format, POLICY_FORMAT) != 0)
		return policy_malformed(reading, reading->name,
			_("format is not \"haiki-policy\": this is no policy file"));
	result = json_get_integer(
		json, reading->name, "format_version", 1, INT64_MAX, &version, reading->error);
	if (result < 0)
		return result;
	if (version <= POLICY_FORMAT_VERSION)
		return 0;
	(void)error_set(reading->error, ERROR_FAILED, EBADMSG, "policy-newer",
		_("%s has format_version %lld; this program knows up to %d"), reading->name,
		(long long)version, POLICY_FORMAT_VERSION);
	(void)error_next(reading->error, _("Update haiki, or use a policy of an older format."));
	return -EBADMSG;
}

/* Zones are kept apart physically: what crosses is purged, unless the organisation says otherwise. */
static int read_crossing(const struct policy_reading *reading, const json_t *json)
{
	struct policy *policy = reading->policy;
	char word[16];

	policy->crossing_level = LEVEL_PURGE;
	if (!json_has(json, "crossing_level"))
		return 0;
	int result = policy_read_text(
		reading, json, reading->name, "crossing_level", word, sizeof(word));
	if (result < 0)
		return result;
	if (level_parse(word, &policy->crossing_level) < 0 ||
		(policy->crossing_level != LEVEL_CLEAR && policy->crossing_level != LEVEL_PURGE))
		return policy_malformed(reading, reading->name,
			_("crossing_level is neither \"clear\" nor \"purge\""));
	return 0;
}

static int read_document(const struct policy_reading *reading, const json_t *json)
{
	static const char *const allowed[] = { "format", "format_version", "name", "version",
		"source", "crossing_level", "methods", "distrust", "rules", "schemes", NULL };
	struct policy *policy = reading->policy;

	int result = read_format(reading, json);
	if (result == 0)
		result = json_only_keys(json, reading->name, allowed, reading->error);
	if (result == 0)
		result = policy_read_text(
			reading, json, reading->name, "name", policy->name, sizeof(policy->name));
	if (result == 0)
		result = policy_read_text(reading, json, reading->name, "version", policy->version,
			sizeof(policy->version));
	if (result == 0)
		result = policy_read_text(reading, json, reading->name, "source", policy->source,
			sizeof(policy->source));
	if (result == 0)
		result = read_crossing(reading, json);
	if (result == 0)
		result = policy_read_methods(reading, json);
	if (result == 0)
		result = policy_read_distrust(reading, json);
	/* Rules name schemes, so these come first. */
	if (result == 0)
		result = read_schemes(reading, json);
	if (result == 0)
		result = read_rules(reading, json);
	return result;
}

/* The readers below say which field; that it is the policy that is broken is said here. */
static void mark_as_policy_error(struct error *error)
{
	if (!error || error->errnum != EBADMSG || strcmp(error->code, "policy-newer") == 0)
		return;
	(void)snprintf(error->code, sizeof(error->code), "policy-malformed");
	if (!error->next[0])
		(void)error_next(error,
			_("Correct the policy file; its format is described in docs/policy.md."));
}

int policy_parse(
	const char *text, size_t length, const char *name, struct policy **ret, struct error *error)
{
	AUTO_JSON json_t *json = NULL;
	struct error own_error = { 0 };
	struct policy *policy CLEANUP(cleanup_policy_free) = calloc(1, sizeof(*policy));
	struct policy_reading reading = { policy, name, error ? error : &own_error };

	if (!policy)
		return error_no_memory(error);
	if (length > POLICY_MAX_BYTES)
		return error_set(error, ERROR_FAILED, EFBIG, "policy-too-large",
			_("%s is larger than a policy may be"), name);
	int result = json_parse(text, length, name, &json, reading.error);
	if (result == 0)
		result = read_document(&reading, json);
	if (result < 0) {
		mark_as_policy_error(reading.error);
		return result;
	}
	result = digest_sha256_hex(text, length, policy->sha256);
	if (result < 0)
		return error_set(error, ERROR_FAILED, -result, "policy-digest",
			_("The digest of %s could not be computed"), name);
	*ret = policy;
	policy = NULL;
	return 0;
}

int policy_load(const char *path, struct policy **ret, struct error *error)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(POLICY_MAX_BYTES);
	char name[POLICY_WHERE_MAX];
	size_t length;
	const char *shipped = policy_default_text(&length);

	if (!path)
		return policy_parse(shipped, length, _("default policy"), ret, error);
	int result = file_read(path, &text, error);
	if (result < 0)
		return result;
	(void)snprintf(name, sizeof(name), _("policy %.300s"), path);
	return policy_parse(buffer_text(&text), text.length, name, ret, error);
}

struct policy *policy_free(struct policy *policy)
{
	if (policy) {
		for (size_t i = 0; i < policy->rule_count; i++)
			free(policy->rules[i].methods);
		free(policy->rules);
		free(policy->schemes);
		free(policy->distrust);
		free(policy);
	}
	return NULL;
}

/* Looking up ------------------------------------------------------------------------------- */

const struct scheme *policy_scheme(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->scheme_count; i++)
		if (strcmp(policy->schemes[i].name, name) == 0)
			return &policy->schemes[i];
	return scheme_find_shipped(name);
}

static bool matches(const char *rule, const char *value)
{
	return strcmp(rule, "*") == 0 || strcmp(rule, value) == 0;
}

const struct policy_rule *policy_rule_for(const struct policy *policy, const char *zone,
	enum media media, const char *confidentiality)
{
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		if (matches(rule->zone, zone) && matches(rule->media, media_name(media)) &&
			matches(rule->confidentiality, confidentiality))
			return rule;
	}
	return NULL;
}
