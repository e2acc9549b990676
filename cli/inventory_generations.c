/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Backup generations: list them. */
#include "base/clock.h"
#include "cli/describe.h"
#include "cli/format.h"
#include "cli/inventory.h"
#include "cli/output.h"
#include "cli/stream.h"
#include "inventory/tenants/generations.h"
#include <inttypes.h>

const struct table_column generation_columns[9] = {
	{ N_("ID"), false, true },
	{ N_("KEY"), false, false },
	{ N_("PLACE"), false, false },
	{ N_("TENANT"), false, true },
	{ N_("MADE"), false, true },
	{ N_("EXPIRES"), false, true },
	{ N_("SIZE"), true, true },
	{ N_("STATE"), false, true },
	{ N_("OVERDUE"), false, true },
};

static bool has_expired(const struct generation_record *record, int64_t now_utc_ms)
{
	return record->gone_utc_ms == 0 && record->expires_utc_ms != 0 &&
	       record->expires_utc_ms <= now_utc_ms;
}

/* That it has expired does not make it gone: only its system can say so. */
static const char *state_of(const struct generation_record *record, int64_t now_utc_ms)
{
	if (record->gone_utc_ms != 0)
		return "gone";
	return has_expired(record, now_utc_ms) ? "expired" : "there";
}

/* For how long; a day that has begun is counted. */
static void put_overdue(struct table *table, int64_t since_utc_ms, int64_t now_utc_ms)
{
	int64_t days = (now_utc_ms - since_utc_ms) / (INT64_C(24) * 3600 * 1000) + 1;
	if (since_utc_ms == 0)
		table_cell(table, "%s", "");
	else if (days == 1)
		table_cell(table, "%s", _("1 day"));
	else
		table_cell(table, _("%" PRId64 " days"), days);
}

void generation_row(struct table *table, const struct generation_record *record, int64_t now_utc_ms)
{
	char made[DESCRIBE_TIME_SIZE], expires[DESCRIBE_TIME_SIZE], size[FORMAT_SIZE];
	describe_time(record->created_utc_ms, made);
	describe_time(record->expires_utc_ms, expires);
	format_bytes(record->size_bytes, size);
	table_cell(table, "G%" PRId64, record->id);
	table_cell(table, "%s", record->key);
	table_cell(table, "%s", record->place);
	table_cell(table, "%s", record->tenant);
	table_cell(table, "%s", made);
	table_cell(table, "%s", record->expires_utc_ms != 0 ? expires : _("never"));
	table_cell(table, "%s", size);
	table_cell(table, "%s",
		record->gone_utc_ms != 0          ? _("gone")
		: has_expired(record, now_utc_ms) ? _("expired, not known to be gone")
						  : "");
	put_overdue(table, generation_overdue_since(record, now_utc_ms), now_utc_ms);
}

static int put_time(json_t *json, const char *key, int64_t utc_ms)
{
	char text[CLOCK_TEXT_SIZE] = "";
	if (utc_ms != 0)
		clock_format(utc_ms, text);
	return json_put_string(json, key, text);
}

json_t *generation_json(const struct generation_record *record, int64_t now_utc_ms)
{
	AUTO_JSON json_t *json = json_object();
	char id[SUBJECT_ID_MAX];
	subject_format(&(struct subject){ SUBJECT_GENERATION, record->id }, id);
	if (!json || json_put_string(json, "id", id) < 0 ||
		json_put_string(json, "key", record->key) < 0 ||
		json_put_string(json, "place", record->place) < 0 ||
		json_put_string(json, "tenant", record->tenant) < 0 ||
		json_put_string(json, "volume", record->volume) < 0 ||
		json_put_string(json, "vm_uuid", record->vm_uuid) < 0 ||
		json_put_integer(json, "size_bytes", (int64_t)record->size_bytes) < 0 ||
		json_put_string(json, "state", state_of(record, now_utc_ms)) < 0 ||
		put_time(json, "created_utc", record->created_utc_ms) < 0 ||
		put_time(json, "expires_utc", record->expires_utc_ms) < 0 ||
		put_time(json, "gone_utc", record->gone_utc_ms) < 0 ||
		json_put_integer(
			json, "overdue", generation_overdue_since(record, now_utc_ms) != 0) < 0 ||
		put_time(json, "overdue_since_utc", generation_overdue_since(record, now_utc_ms)) <
			0)
		return NULL;
	return json_incref(json);
}

enum error_kind generations_list_command(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	AUTO_GENERATIONS struct generation_list list = { 0 };
	AUTO_TABLE struct table table = TABLE_INIT(generation_columns);
	AUTO_JSON_STREAM struct json_stream stream = JSON_STREAM_INIT;
	struct clock_reading now;
	clock_read(&now);
	int r = store_open(invocation->config.store, STORE_READ, &store, error);
	if (r == 0)
		r = generations_list(store, &list, error);
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		if (invocation->json)
			r = json_stream_add(
				&stream, generation_json(&list.items[i], now.utc_ms), error);
		else
			generation_row(&table, &list.items[i], now.utc_ms);
	}
	if (r == 0)
		r = invocation->json ? json_stream_print(&stream, "generations", error)
				     : output_table(&table, error);
	return r < 0 ? command_failed(error) : ERROR_NONE;
}
