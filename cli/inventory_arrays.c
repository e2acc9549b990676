/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrays: list them, show one with its members and what stands on it. */
#include "base/clock.h"
#include "base/text.h"
#include "cli/describe.h"
#include "cli/format.h"
#include "cli/inventory.h"
#include "cli/inventory_tree.h"
#include "cli/output.h"
#include "cli/settings.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* ---- list ---- */

static const struct table_column columns[] = {
	{ N_("ID"), false, true },
	{ N_("NAME"), false, true },
	{ N_("LEVEL"), false, true },
	{ N_("SIZE"), true, true },
	{ N_("STATE"), false, true },
	{ N_("MEMBERS"), true, true },
	{ N_("FAILED"), true, true },
	{ N_("SPARES"), true, true },
	{ N_("MAY LOSE"), true, true },
	{ N_("PROGRESS"), false, true },
	{ "UUID", false, false },
	{ N_("HOST"), false, false },
};

/* Members by state, of one array. */
struct tally {
	int64_t array_id;
	unsigned active, rebuilding, spare, faulty, left;
};

/* In one pass over all arrays' edges: by array, as the query orders them. */
struct tallies {
	struct tally *items; /* owned */
	size_t count, capacity;
};

static void tallies_free(struct tallies *tallies)
{
	free(tallies->items);
}

static int place_of(struct tallies *tallies, int64_t id, struct tally **ret, struct error *error)
{
	if (tallies->count == 0 || tallies->items[tallies->count - 1].array_id != id) {
		if (tallies->count == tallies->capacity) {
			size_t larger = tallies->capacity * 2 + 64;
			struct tally *items = reallocarray(tallies->items, larger, sizeof(*items));
			if (!items)
				return error_no_memory(error);
			tallies->items = items;
			tallies->capacity = larger;
		}
		tallies->items[tallies->count++] = (struct tally){ .array_id = id };
	}
	*ret = &tallies->items[tallies->count - 1];
	return 0;
}

static void count_member(struct tally *tally, const struct array_member_count *row)
{
	if (row->left) {
		tally->left += row->count;
		return;
	}
	switch (member_state_parse(row->state)) {
	case MEMBER_ACTIVE:
		tally->active += row->count;
		return;
	case MEMBER_REBUILDING:
	case MEMBER_REPLACEMENT:
		tally->rebuilding += row->count;
		return;
	case MEMBER_SPARE:
		tally->spare += row->count;
		return;
	case MEMBER_FAULTY:
		tally->faulty += row->count;
		return;
	case MEMBER_UNKNOWN:
	case MEMBER_JOURNAL:
		return;
	}
}

static int tally_all(struct store *store, struct tallies *tallies, struct error *error)
{
	AUTO_MEMBER_COUNTS struct array_member_counts counts = { 0 };
	int r = arrays_count_members(store, &counts, error);
	for (size_t i = 0; r == 0 && i < counts.count; i++) {
		struct tally *tally = NULL;
		r = place_of(tallies, counts.items[i].array_id, &tally, error);
		if (r == 0)
			count_member(tally, &counts.items[i]);
	}
	return r;
}

static int compare_id(const void *key, const void *item)
{
	int64_t id = *(const int64_t *)key, other = ((const struct tally *)item)->array_id;
	return id < other ? -1 : id > other;
}

static struct tally find_tally(const struct tallies *tallies, int64_t id)
{
	const struct tally *found = tallies->count > 0
					    ? bsearch(&id, tallies->items, tallies->count,
						      sizeof(*tallies->items), compare_id)
					    : NULL;
	return found ? *found : (struct tally){ .array_id = id };
}

static void add_row(
	struct table *table, const struct array_record *array, const struct tally *tally)
{
	char size[FORMAT_SIZE], level[32], sync[64];
	format_bytes(array->size_bytes, size);
	array_sync_text(array, sync, sizeof(sync));
	table_cell(table, "A%" PRId64, array->id);
	table_cell(table, "%s", array->name);
	table_cell(table, "%s",
		array->level[0] ? array_level_text(array->level, level) : array->metadata);
	table_cell(table, "%s", array->size_bytes > 0 ? size : "");
	table_cell(table, "%s", array->present ? array_state_text(array->state) : _("absent"));
	if (array->device_count > 0)
		table_cell(table, "%u/%u", array->device_count - array->missing_count,
			array->device_count);
	else
		table_cell(table, "%s", "");
	table_cell(table, "%.0u", tally->faulty);
	table_cell(table, "%.0u", tally->spare);
	if (array->redundancy_left >= 0)
		table_cell(table, "%d", array->redundancy_left);
	else
		table_cell(table, "-");
	table_cell(table, "%s", sync);
	table_cell(table, "%s", array->uuid);
	table_cell(table, "%s", array->host);
}

static int put_texts(json_t *json, const struct array_record *array)
{
	char id[SUBJECT_ID_MAX], first[CLOCK_TEXT_SIZE], last[CLOCK_TEXT_SIZE];
	const struct subject subject = { SUBJECT_ARRAY, array->id };
	subject_format(&subject, id);
	clock_format(array->first_seen_utc_ms, first);
	clock_format(array->last_seen_utc_ms, last);
	if (json_put_string(json, "id", id) < 0 || json_put_string(json, "key", array->key) < 0 ||
		json_put_string(json, "uuid", array->uuid) < 0 ||
		json_put_string(json, "name", array->name) < 0 ||
		json_put_string(json, "metadata", array->metadata) < 0 ||
		json_put_string(json, "level", array->level) < 0 ||
		json_put_string(json, "state", array->state) < 0 ||
		json_put_string(json, "sync_action", array->sync_action) < 0 ||
		json_put_string(json, "host", array->host) < 0 ||
		json_put_string(json, "first_seen_utc", first) < 0 ||
		json_put_string(json, "last_seen_utc", last) < 0)
		return -ENOMEM;
	return 0;
}

static json_t *array_json(const struct array_record *array, const struct tally *tally)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || put_texts(json, array) < 0 ||
		json_put_integer(json, "size_bytes", (int64_t)array->size_bytes) < 0 ||
		json_put_integer(json, "device_count", array->device_count) < 0 ||
		json_put_integer(json, "missing_count", array->missing_count) < 0 ||
		json_put_integer(json, "redundancy_left", array->redundancy_left) < 0 ||
		json_put_integer(json, "sync_done_permille", array->sync_done_permille) < 0 ||
		json_put_integer(json, "present", array->present) < 0 ||
		json_put_integer(json, "active_count", tally->active) < 0 ||
		json_put_integer(json, "rebuilding_count", tally->rebuilding) < 0 ||
		json_put_integer(json, "spare_count", tally->spare) < 0 ||
		json_put_integer(json, "failed_count", tally->faulty) < 0 ||
		json_put_integer(json, "left_count", tally->left) < 0)
		return NULL;
	return json_incref(json);
}

enum error_kind arrays_list_command(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	AUTO_ARRAYS struct array_list list = { 0 };
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	CLEANUP(tallies_free) struct tallies tallies = { 0 };
	AUTO_OUTPUT_LIST struct output_list arrays;
	output_list_begin(&arrays, "arrays");
	if (store_open(invocation->config.store, STORE_READ, &store, error) < 0 ||
		arrays_list(store, &list, error) < 0 || tally_all(store, &tallies, error) < 0)
		return command_failed(error);
	for (size_t i = 0; i < list.count; i++) {
		const struct tally tally = find_tally(&tallies, list.items[i].id);
		if (invocation->json)
			output_list_add(&arrays, array_json(&list.items[i], &tally));
		else
			add_row(&table, &list.items[i], &tally);
	}
	int r = invocation->json ? output_list_end(&arrays, error) : output_table(&table, error);
	return r < 0 ? command_failed(error) : ERROR_NONE;
}

/* ---- show ---- */

struct shown {
	const struct array_record *array;
	struct stand_list members;
	struct drive_list drives; /* by member; id 0: it stands on no drive */
	struct tree tree;
	struct tally tally;
};

static void shown_free(struct shown *shown)
{
	stand_list_free(&shown->members);
	drive_list_free(&shown->drives);
	tree_free(&shown->tree);
}

static int read_member(struct store *store, const struct stand *stand, struct drive_record *ret,
	struct error *error)
{
	char word[SUBJECT_ID_MAX];
	AUTO_DRIVES struct drive_list list = { 0 };
	if (stand->lower.kind != SUBJECT_DRIVE)
		return 0;
	subject_format(&stand->lower, word);
	int r = drives_find(store, word, &list, error);
	for (size_t i = 0; r == 0 && i < list.count; i++)
		if (list.items[i].id == stand->lower.id)
			*ret = list.items[i];
	return r;
}

static int read_shown(
	struct store *store, const struct live *live, struct shown *shown, struct error *error)
{
	const struct subject subject = { SUBJECT_ARRAY, shown->array->id };
	int r = stands_below(store, &subject, true, &shown->members, error);
	if (r == 0)
		r = tree_read(store, &subject, live, &shown->tree, error);
	if (r < 0)
		return r;
	shown->drives.items = calloc(shown->members.count + 1, sizeof(*shown->drives.items));
	if (!shown->drives.items)
		return error_no_memory(error);
	for (size_t i = 0; i < shown->members.count && r == 0; i++) {
		const struct stand *stand = &shown->members.items[i];
		const struct array_member_count row = {
			.left = stand->left_utc_ms != 0,
			.count = 1,
			.state = stand->state,
		};
		count_member(&shown->tally, &row);
		r = read_member(store, stand, &shown->drives.items[shown->drives.count++], error);
	}
	return r;
}

static void print_field(const char *name, const char *value)
{
	if (*value)
		output_line(stdout, "  %s%*s  %s", name, format_padding(name, 25), "", value);
}

static void print_array(const struct array_record *array)
{
	char label[ARRAY_LABEL_MAX], text[FORMAT_SIZE], time[DESCRIBE_TIME_SIZE], sync[64];
	array_label(array, label);
	output_line(stdout, "A%" PRId64 "  %s", array->id, label);
	print_field("UUID", array->uuid);
	print_field(_("metadata"), array->metadata);
	if (array->size_bytes > 0) {
		format_bytes_exact(array->size_bytes, text);
		print_field(_("capacity"), text);
	}
	print_field(_("state"), array->present ? array_state_text(array->state) : _("absent"));
	array_sync_text(array, sync, sizeof(sync));
	print_field(_("progress"), sync);
	if (array->device_count > 0) {
		(void)snprintf(text, sizeof(text), "%u / %u",
			array->device_count - array->missing_count, array->device_count);
		print_field(_("members at work"), text);
	}
	if (array->redundancy_left >= 0)
		(void)snprintf(text, sizeof(text), "%d", array->redundancy_left);
	print_field(_("members it may lose"), array->redundancy_left >= 0 ? text : _("not known"));
	print_field(_("host"), array->host);
	describe_time(array->last_seen_utc_ms, time);
	print_field(_("last seen"), time);
}

static const struct table_column member_columns[] = {
	{ N_("SLOT"), true, true },
	{ N_("STATE"), false, true },
	{ N_("ID"), false, true },
	{ N_("SERIAL"), false, true },
	{ N_("MODEL"), false, false },
	{ N_("NAME"), false, true },
	{ N_("PARTITION"), true, true },
	{ N_("SINCE"), false, true },
	{ N_("LEFT"), false, true },
};

static void add_member(
	struct table *table, const struct stand *stand, const struct drive_record *drive)
{
	char id[SUBJECT_ID_MAX], since[DESCRIBE_TIME_SIZE], left[DESCRIBE_TIME_SIZE];
	subject_format(&stand->lower, id);
	describe_time(stand->first_utc_ms, since);
	describe_time(stand->left_utc_ms, left);
	if (stand->slot >= 0)
		table_cell(table, "%d", stand->slot);
	else
		table_cell(table, "-");
	table_cell(table, "%s",
		stand->left_utc_ms != 0 ? member_state_text("removed")
					: member_state_text(stand->state));
	table_cell(table, "%s", id);
	table_cell(table, "%s", drive->identity.serial);
	table_cell(table, "%s", drive->identity.model);
	table_cell(table, "%s", drive->present ? drive->identity.name : "");
	table_cell(table, "%.0u", stand->partition_number);
	table_cell(table, "%s", since);
	table_cell(table, "%s", stand->left_utc_ms != 0 ? left : "");
}

static int print_shown(const struct shown *shown, struct error *error)
{
	AUTO_TABLE struct table table = TABLE_INIT(member_columns);
	print_array(shown->array);
	output_line(stdout, "%s", "");
	output_line(stdout, "%s%s", _("Members"), shown->members.count == 0 ? _(": none") : "");
	for (size_t i = 0; i < shown->members.count; i++)
		add_member(&table, &shown->members.items[i], &shown->drives.items[i]);
	int r = shown->members.count > 0 ? output_table(&table, error) : 0;
	if (r < 0)
		return r;
	output_line(stdout, "%s", "");
	output_line(stdout, "%s%s", _("What stands on it"),
		shown->tree.count == 0 ? _(": nothing known") : "");
	tree_print(stdout, &shown->tree);
	return 0;
}

static json_t *member_json(const struct stand *stand, const struct drive_record *drive)
{
	AUTO_JSON json_t *json = json_object();
	char id[SUBJECT_ID_MAX], first[CLOCK_TEXT_SIZE], left[CLOCK_TEXT_SIZE] = "";
	subject_format(&stand->lower, id);
	clock_format(stand->first_utc_ms, first);
	if (stand->left_utc_ms != 0)
		clock_format(stand->left_utc_ms, left);
	if (!json || json_put_string(json, "id", id) < 0 ||
		json_put_string(json, "serial", drive->identity.serial) < 0 ||
		json_put_string(json, "wwn", drive->identity.wwn) < 0 ||
		json_put_integer(json, "partition", stand->partition_number) < 0 ||
		json_put_integer(json, "slot", stand->slot) < 0 ||
		json_put_string(json, "member_state", stand->state) < 0 ||
		json_put_string(json, "since_utc", first) < 0 ||
		json_put_string(json, "left_utc", left) < 0)
		return NULL;
	return json_incref(json);
}

static json_t *shown_json(const struct shown *shown)
{
	AUTO_JSON json_t *json = array_json(shown->array, &shown->tally);
	AUTO_JSON json_t *members = json_array();
	if (!json || !members)
		return NULL;
	for (size_t i = 0; i < shown->members.count; i++)
		if (json_push(members,
			    member_json(&shown->members.items[i], &shown->drives.items[i])) < 0)
			return NULL;
	if (json_put(json, "members", json_incref(members)) < 0 ||
		json_put(json, "tree", tree_json(&shown->tree)) < 0)
		return NULL;
	return json_incref(json);
}

int arrays_show_command(const struct invocation *invocation, struct store *store, const char *word,
	struct error *error)
{
	AUTO_ARRAYS struct array_list list = { 0 };
	AUTO_LIVE struct live live = { 0 };
	AUTO_JSON json_t *arrays = json_array();
	char host[SETTINGS_HOST_SIZE];
	if (!arrays)
		return error_no_memory(error);
	int r = arrays_find(store, word, &list, error);
	if (r < 0 || list.count == 0)
		return r;
	/* Where it is now is an addition: what the store knows is shown without it. */
	struct error ignored = { 0 };
	bool known =
		settings_host(host, &ignored) == 0 && live_read(NULL, host, &live, &ignored) == 0;
	for (size_t i = 0; i < list.count && r == 0; i++) {
		CLEANUP(shown_free) struct shown shown = { .array = &list.items[i] };
		r = read_shown(store, known ? &live : NULL, &shown, error);
		if (r == 0 && !invocation->json)
			r = print_shown(&shown, error);
		else if (r == 0 && json_push(arrays, shown_json(&shown)) < 0)
			r = error_no_memory(error);
	}
	if (r == 0 && invocation->json)
		r = output_list_json("arrays", json_incref(arrays), error);
	return r < 0 ? r : 1;
}
