/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tags, labels, tokens, paths, VMs and origins say of whose a volume is, and what follows. */
#include "inventory/tenants/links.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void link_statement_list_free(struct link_statement_list *list)
{
	free(list->items);
	*list = (struct link_statement_list){ 0 };
}

bool links_is_said(const char *linked_by)
{
	return strcmp(linked_by, LINKED_BY_PERSON) == 0 || strcmp(linked_by, LINKED_BY_IMPORT) == 0;
}

/* -- deciding -- */

static bool says_the_same(const struct link_statement *a, const struct link_statement *b)
{
	return a->tenant_id == b->tenant_id && strcmp(a->tenant, b->tenant) == 0;
}

struct link_decision links_decide(const struct link_statement_list *statements)
{
	if (statements->count == 0)
		return (struct link_decision){ 0, "" };
	const struct link_statement *first = &statements->items[0];
	for (size_t i = 1; i < statements->count; i++)
		if (!says_the_same(first, &statements->items[i]))
			return (struct link_decision){ 0, LINKED_BY_CONFLICT };
	if (first->tenant_id > 0)
		return (struct link_decision){ first->tenant_id, first->by };
	/* An origin in dispute names nobody: what came from it is in the same dispute. */
	bool is_disputed = first->tenant[0] == '\0' && strcmp(first->by, LINKED_BY_ORIGIN) == 0;
	return (struct link_decision){ 0, is_disputed ? LINKED_BY_CONFLICT : LINKED_BY_UNKNOWN };
}

/* -- collecting -- */

struct collector {
	struct store *store;
	struct error *error;
	struct link_statement_list list;
};

static struct link_statement *add(struct collector *collector, const char *by, const char *text)
{
	struct link_statement_list *list = &collector->list;
	struct link_statement *items =
		reallocarray(list->items, list->count + 1, sizeof(*list->items));
	if (!items) {
		error_no_memory(collector->error);
		return NULL;
	}
	list->items = items;
	struct link_statement *statement = &items[list->count++];
	*statement = (struct link_statement){ 0 };
	(void)snprintf(statement->by, sizeof(statement->by), "%s", by);
	(void)snprintf(statement->text, sizeof(statement->text), "%s", text);
	return statement;
}

/* One statement for each row "tenant id, code, text". Returns how many, or -errno. */
static int add_rows(struct collector *collector, const char *by, const char *sql,
	const struct store_value *values, size_t count)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int found = 0;
	int r = store_query(collector->store, sql, values, count, &rows, collector->error);
	while (r == 0 && (r = store_next(rows, collector->error)) > 0) {
		struct link_statement *statement = add(collector, by, store_text(rows, 2));
		if (!statement)
			return -ENOMEM;
		statement->tenant_id = store_integer(rows, 0);
		r = store_copy_text(
			rows, 1, statement->tenant, sizeof(statement->tenant), collector->error);
		found++;
	}
	return r < 0 ? r : found;
}

/* A code that somebody wrote onto the volume: known or not, it is a statement. */
static int add_code(struct collector *collector, const char *by, const char *text, const char *code,
	bool is_service)
{
	const struct store_value values[] = { STORE_STRING(code), STORE_STRING(text) };
	int r = add_rows(collector, by,
		is_service ? "SELECT t.id, t.code, $2 FROM service_code s"
			     " JOIN tenant t ON t.id = s.tenant_id WHERE s.code = $1"
			   : "SELECT id, code, $2 FROM tenant WHERE code = $1",
		values, ARRAY_SIZE(values));
	if (r != 0)
		return r < 0 ? r : 0;
	struct link_statement *statement = add(collector, by, text);
	if (!statement)
		return -ENOMEM;
	/* Cut, it names no tenant either; of no length it still is no agreement with another. */
	(void)snprintf(statement->tenant, sizeof(statement->tenant), "%s", *code ? code : "?");
	return 0;
}

static int add_rule(struct collector *collector, enum link_rule_kind kind, const char *pattern)
{
	const struct store_value values[] = {
		STORE_STRING(link_rule_kind_name(kind)),
		STORE_STRING(pattern),
	};
	int r = add_rows(collector, link_rule_kind_name(kind),
		"SELECT r.tenant_id, t.code, r.pattern FROM link_rule r"
		" JOIN tenant t ON t.id = r.tenant_id WHERE r.kind = $1 AND r.pattern = $2",
		values, ARRAY_SIZE(values));
	return r < 0 ? r : 0;
}

/* -- tags -- */

/* The words that name a tenant, by the kinds of volume that bear them. */
struct convention {
	const char *prefix;
	const char *by;
	bool is_service;
};
static const struct convention lvm_conventions[] = {
	{ "haiki.tenant=", "lv-tag", false },
	{ "haiki.service=", "lv-tag", true },
	{ NULL, NULL, false },
};
static const struct convention luks_conventions[] = {
	{ "label=haiki:", "luks-label", false },
	{ "token.tenant=", "luks-token", false },
	{ "token.service=", "luks-token", true },
	{ NULL, NULL, false },
};
static const struct convention other_conventions[] = {
	{ "haiki.tenant=", "tag", false },
	{ "haiki.service=", "tag", true },
	{ NULL, NULL, false },
};

static const struct convention *conventions_of(enum volume_kind kind)
{
	switch (kind) {
	case VOLUME_LV:
	case VOLUME_THIN_POOL:
	case VOLUME_THIN:
	case VOLUME_SNAPSHOT:
	case VOLUME_CACHE:
		return lvm_conventions;
	case VOLUME_LUKS:
		return luks_conventions;
	case VOLUME_UNKNOWN:
	case VOLUME_MULTIPATH:
	case VOLUME_BCACHE:
	case VOLUME_LOOP:
	case VOLUME_DM:
	case VOLUME_FILE:
	case VOLUME_VM_DISK:
	case VOLUME_ZVOL:
	case VOLUME_HEADER_BACKUP:
		break;
	}
	return other_conventions;
}

static int add_tag(struct collector *collector, enum volume_kind kind, const char *tag)
{
	static const char label[] = "label=";
	const struct convention *convention = conventions_of(kind);
	bool is_lvm = convention == lvm_conventions;
	int r = 0;
	if (is_lvm)
		r = add_rule(collector, LINK_RULE_LV_TAG, tag);
	if (kind == VOLUME_LUKS && strncmp(tag, label, sizeof(label) - 1) == 0)
		r = add_rule(collector, LINK_RULE_LUKS_LABEL, tag + sizeof(label) - 1);
	for (; r == 0 && convention->prefix; convention++) {
		size_t length = strlen(convention->prefix);
		if (strncmp(tag, convention->prefix, length) == 0)
			r = add_code(collector, convention->by, tag, tag + length,
				convention->is_service);
	}
	return r;
}

static int add_tags(struct collector *collector, const struct volume_record *volume)
{
	AUTO_JSON json_t *tags = NULL;
	/* Most have none: not worth a parser. */
	if (strcmp(volume->tags, "[]") == 0)
		return 0;
	if (json_parse(volume->tags, strlen(volume->tags), "tags", &tags, NULL) < 0 ||
		!json_is_array(tags))
		return store_error_corrupt(collector->store, volume->key, collector->error);
	for (size_t i = 0; i < json_array_size(tags); i++) {
		const char *tag = json_string_value(json_array_get(tags, i));
		if (!tag)
			return store_error_corrupt(collector->store, volume->key, collector->error);
		int r = add_tag(collector, volume->kind, tag);
		if (r < 0)
			return r;
	}
	return 0;
}

/* -- paths -- */

/* Both "PATH" and "HOST:PATH" with its first length bytes. */
static int add_path(struct collector *collector, const struct volume_record *volume, size_t length)
{
	char pattern[LINK_PATTERN_MAX];
	(void)snprintf(pattern, sizeof(pattern), "%.*s", (int)length, volume->path);
	int r = add_rule(collector, LINK_RULE_PATH, pattern);
	int wide = snprintf(
		pattern, sizeof(pattern), "%s:%.*s", volume->host, (int)length, volume->path);
	/* No rule is that long. */
	if (r < 0 || wide < 0 || (size_t)wide >= sizeof(pattern) || !volume->host[0])
		return r;
	return add_rule(collector, LINK_RULE_PATH, pattern);
}

static bool glob_matches(const char *pattern, const struct volume_record *volume)
{
	const char *path = strchr(pattern, '/');
	if (!path)
		return false;
	if (path != pattern) {
		size_t length = (size_t)(path - pattern) - 1;
		if (strlen(volume->host) != length || strncmp(pattern, volume->host, length) != 0)
			return false;
	}
	return fnmatch(path, volume->path, FNM_PATHNAME | FNM_NOESCAPE) == 0;
}

static int add_globs(struct collector *collector, const struct volume_record *volume)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(collector->store,
		"SELECT r.tenant_id, t.code, r.pattern FROM link_rule r"
		" JOIN tenant t ON t.id = r.tenant_id WHERE r.kind = 'path-glob'"
		" ORDER BY r.pattern",
		NULL, 0, &rows, collector->error);
	while (r == 0 && (r = store_next(rows, collector->error)) > 0) {
		r = 0;
		if (!glob_matches(store_text(rows, 2), volume))
			continue;
		struct link_statement *statement = add(collector, "path-glob", store_text(rows, 2));
		if (!statement)
			return -ENOMEM;
		statement->tenant_id = store_integer(rows, 0);
		r = store_copy_text(
			rows, 1, statement->tenant, sizeof(statement->tenant), collector->error);
	}
	return r;
}

/* A path that hides where it leads is matched by nothing. */
static int add_paths(struct collector *collector, const struct volume_record *volume)
{
	const char *path = volume->path;
	if (path[0] != '/' || strstr(path, "//") || strstr(path, "/./") || strstr(path, "/../"))
		return 0;
	int r = 0;
	for (const char *slash = strchr(path + 1, '/'); r == 0 && slash;
		slash = strchr(slash + 1, '/'))
		r = add_path(collector, volume, (size_t)(slash - path) + 1);
	if (r == 0)
		r = add_path(collector, volume, strlen(path));
	return r < 0 ? r : add_globs(collector, volume);
}

/* -- the origin -- */

static int add_origin(struct collector *collector, const struct volume_record *volume)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_INT(volume->origin_id) };
	int r = store_query(collector->store,
		"SELECT coalesce(v.tenant_id, 0), coalesce(t.code, ''), v.linked_by FROM volume v"
		" LEFT JOIN tenant t ON t.id = v.tenant_id WHERE v.id = $1",
		values, 1, &rows, collector->error);
	if (r == 0)
		r = store_next(rows, collector->error);
	if (r <= 0)
		return r;
	const char *by = store_text(rows, 2);
	int64_t tenant_id = store_integer(rows, 0);
	/* Nobody's, or never linked: it says nothing. */
	if (tenant_id == 0 && strcmp(by, LINKED_BY_CONFLICT) != 0 &&
		strcmp(by, LINKED_BY_UNKNOWN) != 0)
		return 0;
	char text[SUBJECT_ID_MAX];
	subject_format(&(struct subject){ SUBJECT_VOLUME, volume->origin_id }, text);
	struct link_statement *statement = add(collector, LINKED_BY_ORIGIN, text);
	if (!statement)
		return -ENOMEM;
	statement->tenant_id = tenant_id;
	return store_copy_text(
		rows, 1, statement->tenant, sizeof(statement->tenant), collector->error);
}

int links_statements(struct store *store, const struct volume_record *volume,
	struct link_statement_list *ret, struct error *error)
{
	struct collector collector = { .store = store, .error = error };
	int r = add_tags(&collector, volume);
	if (r == 0)
		r = add_paths(&collector, volume);
	if (r == 0 && volume->vm_uuid[0])
		r = add_rule(&collector, LINK_RULE_VM, volume->vm_uuid);
	if (r == 0 && volume->vm_name[0])
		r = add_rule(&collector, LINK_RULE_VM_NAME, volume->vm_name);
	if (r == 0 && volume->origin_id > 0)
		r = add_origin(&collector, volume);
	if (r < 0) {
		link_statement_list_free(&collector.list);
		return r;
	}
	*ret = collector.list;
	return 0;
}
