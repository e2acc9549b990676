/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linking volumes to tenants: what was decided is written, with an event, and handed on to what came
 * from the volume. */
#include "inventory/tenants/links.h"

#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* No chain of snapshots is longer (volumes.c lets none in); what is, is a ring. */
#define DEPTH_MAX 64

/* -- lists of ids -- */

struct id_list {
	int64_t *items; /* owned */
	size_t count, capacity;
};

static void id_list_free(struct id_list *list)
{
	free(list->items);
}

static int add_id(struct id_list *list, int64_t id, struct error *error)
{
	if (list->count == list->capacity) {
		size_t larger = 2 * list->capacity + 8;
		int64_t *items = reallocarray(list->items, larger, sizeof(*items));
		if (!items)
			return error_no_memory(error);
		list->items = items;
		list->capacity = larger;
	}
	list->items[list->count++] = id;
	return 0;
}

/* Read to the end before anything is changed. */
static int read_ids(struct store *store, const char *sql, const struct store_value *values,
	size_t count, struct id_list *list, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(store, sql, values, count, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0)
		r = add_id(list, store_integer(rows, 0), error);
	return r;
}

/* -- writing -- */

static int append_event(struct store *store, const struct volume_record *volume,
	const struct link_word *word, int64_t now_utc_ms, struct error *error)
{
	char tenant[SUBJECT_ID_MAX] = "", before[SUBJECT_ID_MAX] = "";
	if (word->tenant_id > 0)
		subject_format(&(struct subject){ SUBJECT_TENANT, word->tenant_id }, tenant);
	if (volume->tenant_id > 0)
		subject_format(&(struct subject){ SUBJECT_TENANT, volume->tenant_id }, before);
	AUTO_JSON json_t *detail = json_object();
	if (!detail || json_put_string(detail, "tenant", tenant) < 0 ||
		json_put_string(detail, "by", word->by) < 0 ||
		json_put_string(detail, "tenant_before", before) < 0 ||
		json_put_string(detail, "by_before", volume->linked_by) < 0)
		return error_no_memory(error);
	if (word->reason[0] && json_put_string(detail, "reason", word->reason) < 0)
		return error_set(error, ERROR_USAGE, EINVAL, "text-malformed",
			_("The reason is no valid text (UTF-8)"));
	const struct subject subject = { SUBJECT_VOLUME, volume->id };
	const struct event event = { "linked", detail, now_utc_ms };
	return events_append(store, &subject, &event, error);
}

static int write_link(struct store *store, const struct volume_record *volume,
	const struct link_word *word, int64_t now_utc_ms, struct error *error)
{
	const struct store_value values[] = {
		STORE_INT(volume->id),
		word->tenant_id > 0 ? STORE_INT(word->tenant_id) : (struct store_value){ 0 },
		STORE_STRING(word->by),
	};
	int r = store_execute(store,
		"UPDATE volume SET tenant_id = $2, linked_by = $3 WHERE id = $1", values,
		ARRAY_SIZE(values), NULL, error);
	return r < 0 ? r : append_event(store, volume, word, now_utc_ms, error);
}

static int load(struct store *store, int64_t id, struct volume_list *ret, struct error *error)
{
	int r = volumes_get(store, id, ret, error);
	if (r < 0 || ret->count > 0)
		return r;
	error_set(error, ERROR_USAGE, ENOENT, "volume-unknown",
		_("There is no volume V%" PRId64 " in the store %s"), id, store_path(store));
	return error_next(error, _("See: haiki inventory list volumes"));
}

/* -- deciding anew -- */

static int update_from(
	struct store *store, int64_t origin_id, unsigned depth, int64_t now, struct error *error);

/* NOLINTNEXTLINE(misc-no-recursion): ends at DEPTH_MAX */
static int update_one(
	struct store *store, int64_t id, unsigned depth, int64_t now, struct error *error)
{
	AUTO_VOLUMES struct volume_list list = { 0 };
	AUTO_LINK_STATEMENTS struct link_statement_list statements = { 0 };
	if (depth >= DEPTH_MAX)
		return store_error_corrupt(store, "volume.origin_id", error);
	int r = load(store, id, &list, error);
	if (r < 0 || links_is_said(list.items[0].linked_by))
		return r;
	const struct volume_record *volume = &list.items[0];
	r = links_statements(store, volume, &statements, error);
	if (r < 0)
		return r;
	const struct link_decision decision = links_decide(&statements);
	if (decision.tenant_id == volume->tenant_id && strcmp(decision.by, volume->linked_by) == 0)
		return 0;
	const struct link_word word = { decision.tenant_id, decision.by, "" };
	r = write_link(store, volume, &word, now, error);
	return r < 0 ? r : update_from(store, id, depth + 1, now, error);
}

/* NOLINTNEXTLINE(misc-no-recursion): ends at DEPTH_MAX */
static int update_from(
	struct store *store, int64_t origin_id, unsigned depth, int64_t now, struct error *error)
{
	CLEANUP(id_list_free) struct id_list ids = { 0 };
	const struct store_value values[] = { STORE_INT(origin_id) };
	int r = read_ids(store, "SELECT id FROM volume WHERE origin_id = $1 ORDER BY id", values, 1,
		&ids, error);
	for (size_t i = 0; r == 0 && i < ids.count; i++)
		r = update_one(store, ids.items[i], depth, now, error);
	return r;
}

int links_update(struct store *store, int64_t volume_id, int64_t now_utc_ms, struct error *error)
{
	return update_one(store, volume_id, 0, now_utc_ms, error);
}

static int update_ids(
	struct store *store, const struct id_list *ids, int64_t now_utc_ms, struct error *error)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < ids->count; i++)
		r = update_one(store, ids->items[i], 0, now_utc_ms, error);
	return r;
}

static const char *scope_sql(enum links_scope scope)
{
	switch (scope) {
	case LINKS_ALL:
		break;
	case LINKS_TAGGED:
		return "SELECT id FROM volume WHERE linked_by NOT IN ('person', 'import')"
		       " AND tags <> '[]' ORDER BY id";
	case LINKS_UNSETTLED:
		return "SELECT id FROM volume WHERE linked_by IN ('conflict', 'unknown-tenant')"
		       " ORDER BY id";
	}
	return "SELECT id FROM volume WHERE linked_by NOT IN ('person', 'import') ORDER BY id";
}

int links_update_all(
	struct store *store, enum links_scope scope, int64_t now_utc_ms, struct error *error)
{
	CLEANUP(id_list_free) struct id_list ids = { 0 };
	int r = read_ids(store, scope_sql(scope), NULL, 0, &ids, error);
	return r < 0 ? r : update_ids(store, &ids, now_utc_ms, error);
}

/* -- after a rule was changed -- */

/* Could the rule speak of the volume? A cheap look that may say yes too often, never no. */
struct candidates {
	const struct link_rule *rule;
	struct id_list ids;
};

static bool may_concern(const struct link_rule *rule, const struct volume_record *volume)
{
	switch (rule->kind) {
	case LINK_RULE_UNKNOWN:
		return true;
	case LINK_RULE_LV_TAG:
	case LINK_RULE_LUKS_LABEL:
		return strcmp(volume->tags, "[]") != 0;
	case LINK_RULE_PATH:
	case LINK_RULE_PATH_GLOB: {
		/* What stands before the first wildcard. */
		const char *path = strchr(rule->pattern, '/');
		return path && strncmp(volume->path, path, strcspn(path, "*?[")) == 0;
	}
	case LINK_RULE_VM:
		return strcmp(volume->vm_uuid, rule->pattern) == 0;
	case LINK_RULE_VM_NAME:
		return strcmp(volume->vm_name, rule->pattern) == 0;
	}
	return true;
}

static int collect_candidate(void *context, const struct volume_record *volume, struct error *error)
{
	struct candidates *candidates = context;
	if (links_is_said(volume->linked_by) || !may_concern(candidates->rule, volume))
		return 0;
	return add_id(&candidates->ids, volume->id, error);
}

int links_apply(
	struct store *store, const struct link_rule *rule, int64_t now_utc_ms, struct error *error)
{
	struct link_rule checked = *rule;
	struct candidates candidates = { .rule = &checked };
	int r = link_rule_check(&checked, error);
	if (r == 0)
		r = volumes_each(
			store, VOLUMES_ALL, 0, NULL, collect_candidate, &candidates, error);
	if (r == 0)
		r = update_ids(store, &candidates.ids, now_utc_ms, error);
	id_list_free(&candidates.ids);
	return r;
}

/* -- someone's word -- */

int links_set(struct store *store, int64_t volume_id, const struct link_word *word,
	int64_t now_utc_ms, struct error *error)
{
	AUTO_VOLUMES struct volume_list list = { 0 };
	int r = load(store, volume_id, &list, error);
	if (r < 0)
		return r;
	const struct volume_record *volume = &list.items[0];
	if (volume->tenant_id == word->tenant_id && strcmp(volume->linked_by, word->by) == 0)
		return 0;
	r = write_link(store, volume, word, now_utc_ms, error);
	return r < 0 ? r : update_from(store, volume_id, 0, now_utc_ms, error);
}

int links_release(struct store *store, int64_t volume_id, const char *reason, int64_t now_utc_ms,
	struct error *error)
{
	AUTO_VOLUMES struct volume_list list = { 0 };
	int r = load(store, volume_id, &list, error);
	if (r < 0 || !links_is_said(list.items[0].linked_by))
		return r;
	const struct link_word word = { 0, "", reason };
	r = write_link(store, &list.items[0], &word, now_utc_ms, error);
	if (r == 0)
		r = links_update(store, volume_id, now_utc_ms, error);
	/* Also when nothing speaks of the volume any more. */
	return r < 0 ? r : update_from(store, volume_id, 0, now_utc_ms, error);
}
