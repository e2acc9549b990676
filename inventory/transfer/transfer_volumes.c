/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes as rows, with whose they are and who said so. */
#include "base/text.h"
#include "inventory/tenants/links.h"
#include "inventory/tenants/tenants.h"
#include "inventory/transfer/transfer.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum {
	KEY,
	KIND,
	NAME,
	UUID,
	SIZE,
	HOST,
	PATH,
	VM_UUID,
	VM_NAME,
	TAGS,
	STATE,
	ORIGIN,
	TENANT,
	LINKED_BY,
	PRESENT,
	COLUMNS
};

static const struct transfer_column columns[COLUMNS] = {
	[KEY] = { "key", TRANSFER_TEXT, true },
	[KIND] = { "kind", TRANSFER_TEXT, false },
	[NAME] = { "name", TRANSFER_TEXT, false },
	[UUID] = { "uuid", TRANSFER_TEXT, false },
	[SIZE] = { "size_bytes", TRANSFER_INTEGER, false },
	[HOST] = { "host", TRANSFER_TEXT, false },
	[PATH] = { "path", TRANSFER_TEXT, false },
	[VM_UUID] = { "vm_uuid", TRANSFER_TEXT, false },
	[VM_NAME] = { "vm_name", TRANSFER_TEXT, false },
	[TAGS] = { "tags", TRANSFER_TAGS, false },
	[STATE] = { "state", TRANSFER_TEXT, false },
	[ORIGIN] = { "origin", TRANSFER_TEXT, false },
	[TENANT] = { "tenant", TRANSFER_TEXT, false },
	[LINKED_BY] = { "linked_by", TRANSFER_TEXT, false },
	[PRESENT] = { "present", TRANSFER_INTEGER, false },
};
static const char *const telling[] = { "key kind", NULL };

#define SELECT_ROWS                                                                                \
	"SELECT v.id, v.key, v.kind, v.name, v.uuid, v.size_bytes, v.host, v.path, v.vm_uuid,"     \
	" v.vm_name, v.tags, v.state, coalesce(o.key, ''), coalesce(t.code, ''), v.linked_by,"     \
	" v.present FROM volume v LEFT JOIN volume o ON o.id = v.origin_id"                        \
	" LEFT JOIN tenant t ON t.id = v.tenant_id "

static int fill(const struct store_rows *rows, struct transfer_fields *ret, struct error *error)
{
	int r = 0;
	for (unsigned i = 0; r == 0 && i < COLUMNS; i++)
		r = transfer_put(ret, i, store_text(rows, i + 1), error);
	return r;
}

static bool is_given(const struct transfer_fields *row, size_t column)
{
	return row->texts[column] && row->texts[column][0];
}

static int settle(struct transfer_fields *row, struct error *error)
{
	for (char *letter = row->texts[VM_UUID]; letter && *letter; letter++)
		*letter = (char)tolower((unsigned char)*letter);
	if (row->texts[PRESENT] && strcmp(row->texts[PRESENT], "0") != 0 &&
		strcmp(row->texts[PRESENT], "1") != 0)
		return error_set(error, ERROR_USAGE, EINVAL, "field-malformed",
			_("present: \"%s\" is neither 0 nor 1"), row->texts[PRESENT]);
	return 0;
}

static void forget(struct transfer_fields *row, size_t column)
{
	free(row->texts[column]);
	row->texts[column] = NULL;
}

/* A tenant without a word of who said so is said by this import, unless a person said the same; no
 * tenant without such a word says nothing. */
static int settle_link(
	struct transfer_fields *row, const struct transfer_fields *current, struct error *error)
{
	if (is_given(row, LINKED_BY))
		return 0;
	if (!is_given(row, TENANT)) {
		forget(row, TENANT);
		forget(row, LINKED_BY);
		return 0;
	}
	bool person = current->texts[LINKED_BY] &&
		      strcmp(current->texts[LINKED_BY], LINKED_BY_PERSON) == 0 &&
		      strcmp(current->texts[TENANT], row->texts[TENANT]) == 0;
	return transfer_put(row, LINKED_BY, person ? LINKED_BY_PERSON : LINKED_BY_IMPORT, error);
}

static int load(struct store *store, struct transfer_fields *row, struct transfer_fields *ret,
	int64_t *ret_id, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(row->texts[KEY]) };
	int r = store_query(store, SELECT_ROWS "WHERE v.key = $1", values, 1, &rows, error);
	if (r == 0)
		r = store_next(rows, error);
	if (r < 0)
		return r;
	bool found = r > 0;
	r = 0;
	if (found) {
		*ret_id = store_integer(rows, 0);
		r = fill(rows, ret, error);
	}
	if (r == 0)
		r = settle_link(row, ret, error);
	return r < 0 ? r : found;
}

/* -- writing -- */

static int enter(struct store *store, const struct transfer_write *write, int64_t *ret_id,
	struct error *error)
{
	const struct transfer_fields *fields = write->fields;
	AUTO_JSON json_t *tags = NULL;
	const char *text = fields->texts[TAGS][0] ? fields->texts[TAGS] : "[]";
	int r = json_parse(text, strlen(text), "tags", &tags, error);
	if (r < 0)
		return r;
	const struct volume_seen seen = {
		.key = fields->texts[KEY],
		.kind = volume_kind_parse(fields->texts[KIND]),
		.name = fields->texts[NAME],
		.uuid = fields->texts[UUID],
		.size_bytes = (uint64_t)transfer_integer(fields, SIZE),
		.host = fields->texts[HOST],
		.path = fields->texts[PATH],
		.vm_uuid = fields->texts[VM_UUID],
		.vm_name = fields->texts[VM_NAME],
		.tags = tags,
		.state = fields->texts[STATE],
		.origin_key = fields->texts[ORIGIN],
	};
	r = volumes_record(store, &seen, write->now_utc_ms, ret_id, error);
	if (r < 0 || strcmp(fields->texts[PRESENT], "0") != 0)
		return r;
	const struct store_value values[] = { STORE_INT(*ret_id) };
	return store_execute(
		store, "UPDATE volume SET present = 0 WHERE id = $1", values, 1, NULL, error);
}

static int check_origin(const struct volume_record *volume, const struct transfer_fields *fields,
	struct error *error)
{
	if (fields->texts[ORIGIN][0] == '\0' || volume->origin_id > 0)
		return 0;
	return error_set(error, ERROR_USAGE, EINVAL, "origin-unknown",
		_("There is no volume with the key \"%s\", which is to be its origin; or it would "
		  "come from itself"),
		fields->texts[ORIGIN]);
}

static int find_tenant(struct store *store, const char *code, int64_t *ret_id, struct error *error)
{
	int r = *code ? tenants_by_code(store, code, ret_id, error) : 0;
	if (r < 0 || !*code || *ret_id != 0)
		return r;
	error_set(error, ERROR_USAGE, EINVAL, "tenant-unknown",
		_("There is no tenant with the code \"%s\""), code);
	return error_next(error, _("See: haiki inventory list tenants"));
}

/* Nothing silently takes back what a person said. */
static int say(struct store *store, const struct volume_record *volume,
	const struct transfer_write *write, int64_t tenant_id, struct error *error)
{
	bool by_person = strcmp(volume->linked_by, LINKED_BY_PERSON) == 0;
	if (by_person && volume->tenant_id != tenant_id) {
		error_set(error, ERROR_USAGE, EINVAL, "linked-by-person",
			_("A person said whose the volume V%" PRId64 " is, and this says another"),
			volume->id);
		return error_next(error,
			_("Ask that person; then: haiki inventory volume link V%" PRId64 " TENANT"),
			volume->id);
	}
	const struct link_word word = { .tenant_id = tenant_id,
		.by = by_person ? LINKED_BY_PERSON : write->fields->texts[LINKED_BY],
		.reason = "" };
	return links_set(store, volume->id, &word, write->now_utc_ms, error);
}

/* What is said to come from tags, rules or the origin must come from them here, too. */
static int check_rules(const struct volume_record *volume, int64_t tenant_id,
	const struct transfer_fields *fields, struct error *error)
{
	if (volume->tenant_id == tenant_id &&
		strcmp(volume->linked_by, fields->texts[LINKED_BY]) == 0)
		return 0;
	error_set(error, ERROR_USAGE, EINVAL, "link-differs",
		_("It is said to be \"%s\"'s by %s; the store says T%" PRId64 " by \"%s\""),
		fields->texts[TENANT], fields->texts[LINKED_BY], volume->tenant_id,
		volume->linked_by);
	return error_next(error, _("Import tenants and rules first, or leave linked_by empty."));
}

static int enter_row(struct store *store, const struct transfer_write *write, struct error *error)
{
	AUTO_VOLUMES struct volume_list list = { 0 };
	const struct transfer_fields *fields = write->fields;
	int64_t id = 0, tenant_id = 0;
	int r = enter(store, write, &id, error);
	if (r == 0)
		r = volumes_get(store, id, &list, error);
	if (r != 0 || list.count == 0)
		return r != 0 ? r : store_error_corrupt(store, "volume", error);
	r = check_origin(&list.items[0], fields, error);
	if (r < 0 || !(write->given & (1U << TENANT | 1U << LINKED_BY)))
		return r;
	r = find_tenant(store, fields->texts[TENANT], &tenant_id, error);
	if (r < 0)
		return r;
	return links_is_said(fields->texts[LINKED_BY])
		       ? say(store, &list.items[0], write, tenant_id, error)
		       : check_rules(&list.items[0], tenant_id, fields, error);
}

/* Origins before what came from them. */
static int each(struct store *store, transfer_visit *visit, void *context, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(store,
		"WITH RECURSIVE depth (id, steps) AS ("
		"SELECT id, 0 FROM volume WHERE origin_id IS NULL"
		" UNION ALL SELECT c.id, d.steps + 1 FROM volume c"
		" JOIN depth d ON c.origin_id = d.id) " SELECT_ROWS
		"JOIN depth d ON d.id = v.id ORDER BY d.steps, v.key",
		NULL, 0, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		AUTO_FIELDS struct transfer_fields fields = { 0 };
		r = fill(rows, &fields, error);
		if (r == 0)
			r = visit(context, &fields, error);
	}
	return r;
}

const struct transfer_kind transfer_volumes = {
	.name = "volumes",
	.columns = columns,
	.column_count = COLUMNS,
	.telling = telling,
	.parent = "origin",
	.settle = settle,
	.load = load,
	.enter = enter_row,
	.each = each,
};
