/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules that say whose a volume is by what can be seen of it. */
#include "inventory/tenants/links.h"

#include "base/text.h"
#include "base/utf8.h"
#include "inventory/assets/drive_rows.h"
#include "inventory/tenants/vms.h"

#include <errno.h>
#include <string.h>

static const struct {
	enum link_rule_kind kind;
	const char *name;
} kinds[] = {
	{ LINK_RULE_LV_TAG, "lv-tag" },
	{ LINK_RULE_LUKS_LABEL, "luks-label" },
	{ LINK_RULE_PATH, "path" },
	{ LINK_RULE_PATH_GLOB, "path-glob" },
	{ LINK_RULE_VM, "vm" },
	{ LINK_RULE_VM_NAME, "vm-name" },
};

const char *link_rule_kind_name(enum link_rule_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].name;
	return "unknown";
}

enum link_rule_kind link_rule_kind_parse(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].name, word) == 0)
			return kinds[i].kind;
	return LINK_RULE_UNKNOWN;
}

void link_rule_list_free(struct link_rule_list *list)
{
	free(list->items);
	*list = (struct link_rule_list){ 0 };
}

/* -- patterns -- */

static int malformed(const struct link_rule *rule, const char *why, struct error *error)
{
	return error_set(error, ERROR_USAGE, EINVAL, "rule-malformed",
		_("The rule %s \"%s\" cannot be used: %s"), link_rule_kind_name(rule->kind),
		rule->pattern, why);
}

static bool is_plain_text(const char *text)
{
	if (!utf8_valid(text, strlen(text)))
		return false;
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7F)
			return false;
	return true;
}

/* /dev/sdb and /dev/dm-3 mean another device tomorrow; /dev/vg0/web1 does not. */
static bool is_kernel_name(const char *path)
{
	static const char folder[] = "/dev/";
	size_t length = sizeof(folder) - 1;
	if (strcmp(path, "/dev") == 0 || strcmp(path, "/") == 0)
		return true;
	if (strncmp(path, folder, length) != 0)
		return false;
	const char *slash = strchr(path + length, '/');
	return !slash || slash == path + length;
}

static int check_path(const struct link_rule *rule, struct error *error)
{
	const char *path = strchr(rule->pattern, '/');
	bool has_host = path && path != rule->pattern;
	if (!path || (has_host && (path == rule->pattern + 1 || path[-1] != ':')))
		return malformed(rule,
			_("a path begins with \"/\", or with a host's name and \":\""), error);
	if (strstr(path, "//") || strstr(path, "/./") || strstr(path, "/../"))
		return malformed(rule, _("\"//\", \"/./\" and \"/../\" hide what is meant"), error);
	if (is_kernel_name(path))
		return malformed(rule,
			_("the kernel may give this name to another device at the next start"),
			error);
	bool has_wildcard = strpbrk(path, "*?[") != NULL;
	if (rule->kind == LINK_RULE_PATH && has_wildcard)
		return malformed(rule, _("a path with * ? [ is a rule of kind path-glob"), error);
	if (rule->kind == LINK_RULE_PATH_GLOB && (!has_wildcard || strchr(path, '\\')))
		return malformed(rule, _("a path-glob has one of * ? [, and no backslash"), error);
	/* What stands before the first wildcard must already be one folder. */
	if (has_wildcard && (size_t)(strpbrk(path, "*?[") - path) < strlen("/a/"))
		return malformed(rule, _("it must name its first folder in full"), error);
	return 0;
}

int link_rule_check(struct link_rule *rule, struct error *error)
{
	if (rule->pattern[0] == '\0' || !is_plain_text(rule->pattern))
		return malformed(rule, _("it is empty or no printable text (UTF-8)"), error);
	switch (rule->kind) {
	case LINK_RULE_UNKNOWN:
		break;
	case LINK_RULE_LV_TAG:
	case LINK_RULE_LUKS_LABEL:
	case LINK_RULE_VM_NAME:
		return 0;
	case LINK_RULE_PATH:
	case LINK_RULE_PATH_GLOB:
		return check_path(rule, error);
	case LINK_RULE_VM:
		return vm_uuid_parse(rule->pattern, rule->pattern)
			       ? 0
			       : malformed(rule, _("it is not the UUID of a VM"), error);
	}
	return malformed(rule, _("there is no rule of this kind"), error);
}

/* -- rows -- */

static int append_event(struct store *store, const struct link_rule *rule, const char *action,
	int64_t now_utc_ms, struct error *error)
{
	AUTO_JSON json_t *detail = json_object();
	if (!detail || json_put_string(detail, "kind", link_rule_kind_name(rule->kind)) < 0 ||
		json_put_string(detail, "pattern", rule->pattern) < 0)
		return error_no_memory(error);
	const struct subject subject = { SUBJECT_TENANT, rule->tenant_id };
	const struct event event = { action, detail, now_utc_ms };
	return events_append(store, &subject, &event, error);
}

/* Whose the rule is; 0: there is none. */
static int find_owner(struct store *store, const struct link_rule *rule, int64_t *ret_tenant_id,
	struct error *error)
{
	const struct store_value values[] = {
		STORE_STRING(link_rule_kind_name(rule->kind)),
		STORE_STRING(rule->pattern),
	};
	return drive_query_integer(store,
		"SELECT tenant_id FROM link_rule WHERE kind = $1 AND pattern = $2", values,
		ARRAY_SIZE(values), 0, ret_tenant_id, error);
}

int links_add_rule(
	struct store *store, const struct link_rule *rule, int64_t now_utc_ms, struct error *error)
{
	struct link_rule checked = *rule;
	int64_t owner = 0;
	int r = link_rule_check(&checked, error);
	if (r == 0)
		r = find_owner(store, &checked, &owner, error);
	if (r < 0)
		return r;
	if (owner != 0) {
		error_set(error, ERROR_USAGE, EEXIST, "rule-exists",
			_("There is already a rule %s \"%s\", of the tenant T%lld"),
			link_rule_kind_name(checked.kind), checked.pattern, (long long)owner);
		return error_next(error, _("Remove that one first, if this is what is right."));
	}
	const struct store_value values[] = {
		STORE_STRING(link_rule_kind_name(checked.kind)),
		STORE_STRING(checked.pattern),
		STORE_INT(checked.tenant_id),
	};
	r = store_execute(store,
		"INSERT INTO link_rule (kind, pattern, tenant_id) VALUES ($1, $2, $3)", values,
		ARRAY_SIZE(values), NULL, error);
	return r < 0 ? r : append_event(store, &checked, "rule-added", now_utc_ms, error);
}

int links_remove_rule(
	struct store *store, const struct link_rule *rule, int64_t now_utc_ms, struct error *error)
{
	struct link_rule checked = *rule;
	int r = link_rule_check(&checked, error);
	if (r == 0)
		r = find_owner(store, &checked, &checked.tenant_id, error);
	if (r < 0)
		return r;
	if (checked.tenant_id == 0) {
		error_set(error, ERROR_USAGE, ENOENT, "rule-unknown",
			_("There is no rule %s \"%s\""), link_rule_kind_name(checked.kind),
			checked.pattern);
		return error_next(error, _("See: haiki inventory list rules"));
	}
	const struct store_value values[] = {
		STORE_STRING(link_rule_kind_name(checked.kind)),
		STORE_STRING(checked.pattern),
	};
	r = store_execute(store, "DELETE FROM link_rule WHERE kind = $1 AND pattern = $2", values,
		ARRAY_SIZE(values), NULL, error);
	return r < 0 ? r : append_event(store, &checked, "rule-removed", now_utc_ms, error);
}

static int read_rule(
	const struct store_rows *rows, struct link_rule_list *list, struct error *error)
{
	/* Doubled at every power of two. */
	if ((list->count & (list->count - 1)) == 0) {
		struct link_rule *items = reallocarray(
			list->items, list->count ? 2 * list->count : 1, sizeof(*list->items));
		if (!items)
			return error_no_memory(error);
		list->items = items;
	}
	struct link_rule *rule = &list->items[list->count];
	*rule = (struct link_rule){ .kind = link_rule_kind_parse(store_text(rows, 0)),
		.tenant_id = store_integer(rows, 2) };
	int r = store_copy_text(rows, 1, rule->pattern, sizeof(rule->pattern), error);
	if (r == 0)
		r = store_copy_text(rows, 3, rule->tenant, sizeof(rule->tenant), error);
	if (r == 0)
		list->count++;
	return r;
}

#define SELECT_RULE                                                                                \
	"SELECT r.kind, r.pattern, r.tenant_id, t.code FROM link_rule r"                           \
	" JOIN tenant t ON t.id = r.tenant_id "

int links_rules(
	struct store *store, int64_t tenant_id, struct link_rule_list *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	AUTO_LINK_RULES struct link_rule_list list = { 0 };
	const struct store_value values[] = { STORE_INT(tenant_id) };
	int r = tenant_id == 0
			? store_query(store, SELECT_RULE "ORDER BY r.kind, r.pattern", NULL, 0,
				  &rows, error)
			: store_query(store,
				  SELECT_RULE "WHERE r.tenant_id = $1 ORDER BY r.kind, r.pattern",
				  values, 1, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0)
		r = read_rule(rows, &list, error);
	if (r < 0)
		return r;
	*ret = list;
	list = (struct link_rule_list){ 0 };
	return 0;
}
