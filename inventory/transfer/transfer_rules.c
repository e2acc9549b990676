/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules that link volumes, as rows. */
#include "base/text.h"
#include "inventory/tenants/links.h"
#include "inventory/tenants/tenants.h"
#include "inventory/transfer/transfer.h"

#include <errno.h>
#include <string.h>

enum { KIND, PATTERN, TENANT, COLUMNS };

static const struct transfer_column columns[COLUMNS] = {
	[KIND] = { "kind", TRANSFER_TEXT, true },
	[PATTERN] = { "pattern", TRANSFER_TEXT, true },
	[TENANT] = { "tenant", TRANSFER_TEXT, false },
};
static const char *const telling[] = { "kind pattern", NULL };

static int read_rule(
	const struct transfer_fields *fields, struct link_rule *ret, struct error *error)
{
	*ret = (struct link_rule){ .kind = link_rule_kind_parse(fields->texts[KIND]) };
	if (ret->kind == LINK_RULE_UNKNOWN) {
		error_set(error, ERROR_USAGE, EINVAL, "rule-malformed",
			_("There is no rule of the kind \"%s\""), fields->texts[KIND]);
		return error_next(
			error, _("One of: lv-tag, luks-label, path, path-glob, vm, vm-name"));
	}
	int r = transfer_copy(
		&transfer_rules, fields, PATTERN, ret->pattern, sizeof(ret->pattern), error);
	return r < 0 ? r : link_rule_check(ret, error);
}

/* Into the one spelling of a pattern, so that two of a file are seen to be the same. */
static int settle(struct transfer_fields *row, struct error *error)
{
	struct link_rule rule;
	int r = read_rule(row, &rule, error);
	return r < 0 ? r : transfer_put(row, PATTERN, rule.pattern, error);
}

static int load(struct store *store, struct transfer_fields *row, struct transfer_fields *ret,
	int64_t *ret_id, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = {
		STORE_STRING(row->texts[KIND]),
		STORE_STRING(row->texts[PATTERN]),
	};
	int r = store_query(store,
		"SELECT t.code, t.id FROM link_rule r JOIN tenant t ON t.id = r.tenant_id"
		" WHERE r.kind = $1 AND r.pattern = $2",
		values, ARRAY_SIZE(values), &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r <= 0)
		return r;
	*ret_id = store_integer(rows, 1);
	r = transfer_put(ret, KIND, row->texts[KIND], error);
	if (r == 0)
		r = transfer_put(ret, PATTERN, row->texts[PATTERN], error);
	if (r == 0)
		r = transfer_put(ret, TENANT, store_text(rows, 0), error);
	return r < 0 ? r : 1;
}

static int enter_row(struct store *store, const struct transfer_write *write, struct error *error)
{
	const struct transfer_fields *fields = write->fields;
	struct link_rule rule;
	int r = read_rule(fields, &rule, error);
	if (r == 0)
		r = tenants_by_code(store, fields->texts[TENANT], &rule.tenant_id, error);
	if (r < 0)
		return r;
	if (rule.tenant_id == 0) {
		error_set(error, ERROR_USAGE, EINVAL, "tenant-unknown",
			_("There is no tenant with the code \"%s\""), fields->texts[TENANT]);
		return error_next(error, _("See: haiki inventory list tenants"));
	}
	/* Another tenant's until now: said as two steps. */
	if (write->id > 0)
		r = links_remove_rule(store, &rule, write->now_utc_ms, error);
	return r < 0 ? r : links_add_rule(store, &rule, write->now_utc_ms, error);
}

static int finish(struct store *store, const struct transfer_effects *effects, int64_t now_utc_ms,
	struct error *error)
{
	return effects->added || effects->changed
		       ? links_update_all(store, LINKS_ALL, now_utc_ms, error)
		       : 0;
}

static int each(struct store *store, transfer_visit *visit, void *context, struct error *error)
{
	AUTO_LINK_RULES struct link_rule_list list = { 0 };
	int r = links_rules(store, 0, &list, error);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		AUTO_FIELDS struct transfer_fields fields = { 0 };
		const struct link_rule *rule = &list.items[i];
		r = transfer_put(&fields, KIND, link_rule_kind_name(rule->kind), error);
		if (r == 0)
			r = transfer_put(&fields, PATTERN, rule->pattern, error);
		if (r == 0)
			r = transfer_put(&fields, TENANT, rule->tenant, error);
		if (r == 0)
			r = visit(context, &fields, error);
	}
	return r;
}

const struct transfer_kind transfer_rules = {
	.name = "rules",
	.columns = columns,
	.column_count = COLUMNS,
	.telling = telling,
	.settle = settle,
	.load = load,
	.enter = enter_row,
	.finish = finish,
	.each = each,
};
