/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes: say whose they are, list and show them. */
#include "base/clock.h"
#include "cli/describe.h"
#include "cli/format.h"
#include "cli/inventory.h"
#include "cli/output.h"
#include "cli/stream.h"
#include "inventory/tenants/links.h"
#include "inventory/tenants/tenants.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

const struct cli_option volume_options[] = {
	{ "reason", "TEXT", N_("why; it stays in the event log"), option_text,
		OPTION_INTO(struct volume_values, reason) },
	{ 0 },
};

/* -- tenants by number -- */

/* tenants_list sorted by number. */
static int compare_tenants(const void *a, const void *b)
{
	const struct tenant_record *tenant_a = a, *tenant_b = b;
	return tenant_a->id < tenant_b->id ? -1 : tenant_a->id > tenant_b->id;
}

static int load_tenants(struct store *store, struct tenant_list *ret, struct error *error)
{
	int r = tenants_list(store, ret, error);
	if (r == 0 && ret->count > 1)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare_tenants);
	return r;
}

static const char *code_of(const struct tenant_list *tenants, int64_t id)
{
	const struct tenant_record wanted = { .id = id };
	if (id == 0 || tenants->count == 0)
		return "";
	const struct tenant_record *found =
		bsearch(&wanted, tenants->items, tenants->count, sizeof(wanted), compare_tenants);
	return found ? found->code : "?";
}

/* -- one volume -- */

const struct table_column volume_columns[10] = {
	{ N_("ID"), false, true },
	{ N_("KIND"), false, true },
	{ N_("NAME"), false, false },
	{ N_("SIZE"), true, true },
	{ N_("HOST"), false, false },
	{ N_("TENANT"), false, true },
	{ N_("LINKED BY"), false, true },
	{ N_("VM"), false, false },
	{ N_("STATE"), false, true },
	{ N_("NOTE"), false, false },
};

static const char *note_of(const struct volume_record *record)
{
	if (strcmp(record->linked_by, LINKED_BY_CONFLICT) == 0)
		return _("tags or rules disagree on whose it is");
	if (strcmp(record->linked_by, LINKED_BY_UNKNOWN) == 0)
		return _("it names a tenant that there is not");
	return record->present ? "" : _("absent at the last scan of its host");
}

void volume_row(struct table *table, const struct volume_record *record, const char *tenant)
{
	char size[FORMAT_SIZE];
	format_bytes(record->size_bytes, size);
	table_cell(table, "V%" PRId64, record->id);
	table_cell(table, "%s", volume_kind_name(record->kind));
	table_cell(table, "%s", record->name[0] ? record->name : record->key);
	table_cell(table, "%s", size);
	table_cell(table, "%s", record->host);
	table_cell(table, "%s", tenant);
	table_cell(table, "%s", record->linked_by);
	table_cell(table, "%s", record->vm_name);
	table_cell(table, "%s", record->state);
	table_cell(table, "%s", note_of(record));
}

json_t *volume_json(const struct volume_record *record, const char *tenant)
{
	AUTO_JSON json_t *json = json_object();
	char id[SUBJECT_ID_MAX], origin[SUBJECT_ID_MAX] = "";
	char first[CLOCK_TEXT_SIZE], last[CLOCK_TEXT_SIZE];
	json_t *tags = NULL;
	subject_format(&(struct subject){ SUBJECT_VOLUME, record->id }, id);
	if (record->origin_id > 0)
		subject_format(&(struct subject){ SUBJECT_VOLUME, record->origin_id }, origin);
	clock_format(record->first_seen_utc_ms, first);
	clock_format(record->last_seen_utc_ms, last);
	/* Most have none: not worth a parser. */
	if (strcmp(record->tags, "[]") == 0)
		tags = json_array();
	else if (json_parse(record->tags, strlen(record->tags), "tags", &tags, NULL) < 0)
		return NULL;
	if (json_put(json, "tags", tags) < 0)
		return NULL;
	if (json_put_string(json, "id", id) < 0 || json_put_string(json, "key", record->key) < 0 ||
		json_put_string(json, "kind", volume_kind_name(record->kind)) < 0 ||
		json_put_string(json, "name", record->name) < 0 ||
		json_put_string(json, "uuid", record->uuid) < 0 ||
		json_put_integer(json, "size_bytes", (int64_t)record->size_bytes) < 0 ||
		json_put_string(json, "host", record->host) < 0 ||
		json_put_string(json, "path", record->path) < 0 ||
		json_put_string(json, "vm_uuid", record->vm_uuid) < 0 ||
		json_put_string(json, "vm_name", record->vm_name) < 0 ||
		json_put_string(json, "state", record->state) < 0 ||
		json_put_string(json, "origin", origin) < 0 ||
		json_put_string(json, "tenant", tenant) < 0 ||
		json_put_string(json, "linked_by", record->linked_by) < 0 ||
		json_put_integer(json, "present", record->present) < 0 ||
		json_put_string(json, "first_seen_utc", first) < 0 ||
		json_put_string(json, "last_seen_utc", last) < 0)
		return NULL;
	return json_incref(json);
}

/* -- list -- */

struct listing {
	const struct tenant_list *tenants;
	struct table *table;        /* NULL: as JSON */
	struct json_stream *stream; /* NULL: as text */
};

/* The same fields as volume_json, in the order of their bytes. */
static int stream_volume(struct json_stream *stream, const struct volume_record *record,
	const char *tenant, struct error *error)
{
	char id[SUBJECT_ID_MAX], origin[SUBJECT_ID_MAX] = "";
	char first[CLOCK_TEXT_SIZE], last[CLOCK_TEXT_SIZE];
	subject_format(&(struct subject){ SUBJECT_VOLUME, record->id }, id);
	if (record->origin_id > 0)
		subject_format(&(struct subject){ SUBJECT_VOLUME, record->origin_id }, origin);
	clock_format(record->first_seen_utc_ms, first);
	clock_format(record->last_seen_utc_ms, last);
	json_stream_open(stream);
	json_stream_text(stream, "first_seen_utc", first);
	json_stream_text(stream, "host", record->host);
	json_stream_text(stream, "id", id);
	json_stream_text(stream, "key", record->key);
	json_stream_text(stream, "kind", volume_kind_name(record->kind));
	json_stream_text(stream, "last_seen_utc", last);
	json_stream_text(stream, "linked_by", record->linked_by);
	json_stream_text(stream, "name", record->name);
	json_stream_text(stream, "origin", origin);
	json_stream_text(stream, "path", record->path);
	json_stream_integer(stream, "present", record->present);
	json_stream_integer(stream, "size_bytes", (int64_t)record->size_bytes);
	json_stream_text(stream, "state", record->state);
	json_stream_raw(stream, "tags", record->tags);
	json_stream_text(stream, "tenant", tenant);
	json_stream_text(stream, "uuid", record->uuid);
	json_stream_text(stream, "vm_name", record->vm_name);
	json_stream_text(stream, "vm_uuid", record->vm_uuid);
	return json_stream_close(stream, error);
}

static int list_volume(void *context, const struct volume_record *record, struct error *error)
{
	struct listing *listing = context;
	const char *tenant = code_of(listing->tenants, record->tenant_id);
	if (listing->stream)
		return stream_volume(listing->stream, record, tenant, error);
	volume_row(listing->table, record, tenant);
	return 0;
}

enum error_kind volumes_list_command(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	AUTO_TENANTS struct tenant_list tenants = { 0 };
	AUTO_TABLE struct table table = TABLE_INIT(volume_columns);
	AUTO_JSON_STREAM struct json_stream stream = JSON_STREAM_INIT;
	struct listing listing = { &tenants, &table, invocation->json ? &stream : NULL };
	int r = store_open(invocation->config.store, STORE_READ, &store, error);
	if (r == 0)
		r = load_tenants(store, &tenants, error);
	if (r == 0)
		r = volumes_each(store, VOLUMES_ALL, 0, NULL, list_volume, &listing, error);
	if (r == 0)
		r = invocation->json ? json_stream_print(&stream, "volumes", error)
				     : output_table(&table, error);
	return r < 0 ? command_failed(error) : ERROR_NONE;
}

/* -- show -- */

static int add_statements(struct store *store, const struct volume_record *record,
	struct table *table, json_t *json, struct error *error)
{
	AUTO_LINK_STATEMENTS struct link_statement_list list = { 0 };
	AUTO_JSON json_t *array = json_array();
	int r = links_statements(store, record, &list, error);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		const struct link_statement *statement = &list.items[i];
		AUTO_JSON json_t *item = json_object();
		bool known = statement->tenant_id > 0;
		table_cell(table, "%s", statement->by);
		table_cell(table, "%s", statement->text);
		table_cell(table, "%s", statement->tenant);
		table_cell(table, "%s", known ? "" : _("no tenant"));
		if (!item || json_put_string(item, "by", statement->by) < 0 ||
			json_put_string(item, "text", statement->text) < 0 ||
			json_put_string(item, "tenant", statement->tenant) < 0 ||
			json_put_integer(item, "known", known) < 0 ||
			json_push(array, json_incref(item)) < 0)
			r = error_no_memory(error);
	}
	if (r == 0 && json && json_put(json, "statements", json_incref(array)) < 0)
		r = error_no_memory(error);
	return r;
}

static void print_volume(const struct volume_record *record, const char *tenant)
{
	char text[FORMAT_SIZE], time[DESCRIBE_TIME_SIZE], origin[SUBJECT_ID_MAX] = "";
	output_line(stdout, "V%" PRId64 "  %s", record->id,
		record->name[0] ? record->name : record->key);
	print_value(_("kind"), volume_kind_name(record->kind));
	print_value(_("key"), record->key);
	format_bytes_exact(record->size_bytes, text);
	print_value(_("size"), text);
	print_value(_("host"), record->host);
	print_value(_("path"), record->path);
	print_value(_("VM"), record->vm_name);
	print_value("VM UUID", record->vm_uuid);
	print_value(_("state"), record->state);
	if (record->origin_id > 0)
		subject_format(&(struct subject){ SUBJECT_VOLUME, record->origin_id }, origin);
	print_value(_("came from"), origin);
	print_value(_("tenant"), tenant);
	print_value(_("linked by"), record->linked_by);
	describe_time(record->last_seen_utc_ms, time);
	print_value(_("last seen"), time);
	if (*note_of(record))
		output_line(stdout, "  %s", note_of(record));
}

static int show_volume(struct store *store, const struct volume_record *record, const char *tenant,
	json_t *volumes, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("BY"), false, true },
		{ N_("WHAT"), false, false },
		{ N_("TENANT"), false, true },
		{ N_("NOTE"), false, true },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	AUTO_JSON json_t *json = volumes ? volume_json(record, tenant) : NULL;
	const struct subject subject = { SUBJECT_VOLUME, record->id };
	if (volumes && !json)
		return error_no_memory(error);
	int r = add_statements(store, record, &table, json, error);
	if (r == 0 && !volumes) {
		print_volume(record, tenant);
		r = print_section(_("What says whose it is"), &table, error);
	}
	if (r == 0)
		r = inventory_events(store, &subject, json, error);
	if (r == 0 && volumes && json_push(volumes, json_incref(json)) < 0)
		r = error_no_memory(error);
	return r;
}

int volumes_show_command(const struct invocation *invocation, struct store *store, const char *word,
	struct error *error)
{
	AUTO_VOLUMES struct volume_list list = { 0 };
	AUTO_JSON json_t *volumes = json_array();
	int r = volumes_find(store, word, &list, error);
	if (r < 0 || list.count == 0)
		return r;
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		char tenant[TENANT_CODE_MAX];
		r = tenants_code(store, list.items[i].tenant_id, tenant, error);
		if (r == 0)
			r = show_volume(store, &list.items[i], tenant,
				invocation->json ? volumes : NULL, error);
	}
	if (r == 0 && invocation->json)
		r = output_list_json("volumes", json_incref(volumes), error);
	return r < 0 ? r : 1;
}

/* -- whose they are -- */

/* The one volume that a word names. */
static int find_one(struct store *store, const char *word, int64_t *ret_id, struct error *error)
{
	AUTO_VOLUMES struct volume_list list = { 0 };
	int r = volumes_find(store, word, &list, error);
	if (r < 0)
		return r;
	if (list.count == 0) {
		error_set(error, ERROR_USAGE, ENOENT, "volume-unknown",
			_("There is no volume \"%s\""), word);
		return error_next(error, _("See: haiki inventory list volumes"));
	}
	if (list.count > 1) {
		error_set(error, ERROR_USAGE, EEXIST, "volume-ambiguous",
			_("\"%s\" names %zu volumes"), word, list.count);
		return error_next(error, _("Give its ID, as V7; \"inventory show\" shows them."));
	}
	*ret_id = list.items[0].id;
	return 0;
}

enum verb { LINK, UNLINK, RELINK };

static int run_verb(struct store *store, const struct invocation *invocation, enum verb verb,
	int64_t *ret_id, struct error *error)
{
	const struct volume_values *values = invocation->values;
	struct link_word word = { .by = LINKED_BY_PERSON, .reason = values->reason };
	struct clock_reading now;
	clock_read(&now);
	int r = store_begin(store, error);
	if (r < 0)
		return r;
	r = find_one(store, invocation->arguments[0], ret_id, error);
	if (r == 0 && verb == LINK)
		r = tenants_one(store, invocation->arguments[1], &word.tenant_id, error);
	if (r == 0)
		r = verb == RELINK
			    ? links_release(store, *ret_id, values->reason, now.utc_ms, error)
			    : links_set(store, *ret_id, &word, now.utc_ms, error);
	return store_end(store, r, error);
}

static int print_link(
	const struct invocation *invocation, struct store *store, int64_t id, struct error *error)
{
	AUTO_VOLUMES struct volume_list list = { 0 };
	char tenant[TENANT_CODE_MAX] = "";
	int r = volumes_get(store, id, &list, error);
	if (r == 0 && list.count == 0)
		r = store_error_corrupt(store, "volume", error);
	if (r == 0)
		r = tenants_code(store, list.items[0].tenant_id, tenant, error);
	if (r < 0)
		return r;
	const struct volume_record *record = &list.items[0];
	if (invocation->json) {
		AUTO_JSON json_t *volumes = json_array();
		if (json_push(volumes, volume_json(record, tenant)) < 0)
			return error_no_memory(error);
		return output_list_json("volumes", json_incref(volumes), error);
	}
	if (*tenant)
		output_line(stdout, _("V%" PRId64 " %s: of the tenant %s (%s)"), id, record->name,
			tenant, record->linked_by);
	else
		output_line(stdout, _("V%" PRId64 " %s: nobody's (%s)"), id, record->name,
			record->linked_by);
	return 0;
}

static enum error_kind run(const struct invocation *invocation, enum verb verb, struct error *error)
{
	const struct volume_values *values = invocation->values;
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	int64_t id = 0;
	if (verb != LINK && !values->reason[0]) {
		error_set(error, ERROR_USAGE, EINVAL, "option-missing",
			_("Taking a link away takes a reason."));
		error_next(error, _("Give it: --reason TEXT"));
		return command_failed(error);
	}
	if (store_open(invocation->config.store, STORE_WRITE, &store, error) < 0 ||
		run_verb(store, invocation, verb, &id, error) < 0 ||
		print_link(invocation, store, id, error) < 0)
		return command_failed(error);
	return ERROR_NONE;
}

enum error_kind volume_link(const struct invocation *invocation, struct error *error)
{
	return run(invocation, LINK, error);
}

enum error_kind volume_unlink(const struct invocation *invocation, struct error *error)
{
	return run(invocation, UNLINK, error);
}

enum error_kind volume_relink(const struct invocation *invocation, struct error *error)
{
	return run(invocation, RELINK, error);
}
