/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the nouns of the inventory share: values that may be empty, one row entered, sections. */
#include "base/clock.h"
#include "cli/describe.h"
#include "cli/format.h"
#include "cli/inventory.h"
#include "cli/output.h"
#include "inventory/custody/events.h"
#include "inventory/transfer/import.h"
#include <errno.h>
#include <string.h>

#define EVENTS_SHOWN 20

int option_given(
	const struct cli_option *option, const char *text, void *value, struct error *error)
{
	struct given_text *given = value;
	(void)option, (void)error;
	given->text = text;
	return 0;
}

void print_value(const char *name, const char *value)
{
	if (*value)
		output_line(stdout, "  %s%*s  %s", name, format_padding(name, 25), "", value);
}

int print_section(const char *title, const struct table *table, struct error *error)
{
	output_line(stdout, "%s", "");
	output_line(stdout, "%s%s", title, table->cell_count == 0 ? _(": none") : "");
	return table->cell_count > 0 ? output_table(table, error) : 0;
}

static int print_entered(const struct invocation *invocation, const char *kind, const char *key,
	const char *action, const char *columns, struct error *error)
{
	if (!invocation->json) {
		if (strcmp(action, "added") == 0)
			output_line(stdout, _("%s: added"), key);
		else if (*columns)
			output_line(stdout, _("%s: changed (%s)"), key, columns);
		else
			output_line(stdout, _("%s: as it was"), key);
		return 0;
	}
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "kind", kind) < 0 ||
		json_put_string(json, "key", key) < 0 ||
		json_put_string(json, "action", action) < 0 ||
		json_put_string(json, "columns", columns) < 0)
		return error_no_memory(error);
	return output_json(json_incref(json), error);
}

enum error_kind inventory_enter(const struct invocation *invocation, const char *kind,
	const struct import_field *fields, size_t count, bool add, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	AUTO_FREE char *columns = NULL;
	struct clock_reading now;
	clock_read(&now);
	const struct import_row row = {
		.kind = kind, .fields = fields, .count = count, .add = add, .now_utc_ms = now.utc_ms
	};
	if (store_open(invocation->config.store, STORE_WRITE, &store, error) < 0 ||
		import_one(store, &row, &columns, error) < 0)
		return command_failed(error);
	const char *action = add ? "added" : *columns ? "changed" : "unchanged";
	int r = print_entered(invocation, kind, fields[0].text, action, add ? "" : columns, error);
	return r < 0 ? command_failed(error) : ERROR_NONE;
}

static int add_event(json_t *events, const struct event_record *record)
{
	char time[CLOCK_TEXT_SIZE];
	AUTO_JSON json_t *json = json_object();
	json_t *detail = NULL;
	clock_format(record->utc_ms, time);
	if (json_parse(record->detail, strlen(record->detail), "detail", &detail, NULL) < 0)
		return -ENOMEM;
	if (!json || json_put(json, "detail", detail) < 0)
		return -ENOMEM;
	if (json_put_string(json, "action", record->action) < 0 ||
		json_put_string(json, "actor", record->actor) < 0 ||
		json_put_string(json, "utc", time) < 0)
		return -ENOMEM;
	return json_push(events, json_incref(json));
}

int inventory_events(
	struct store *store, const struct subject *subject, json_t *json, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("WHEN"), false, true },
		{ N_("WHO"), false, true },
		{ N_("WHAT"), false, true },
		{ N_("DETAIL"), false, false },
	};
	AUTO_EVENTS struct event_list events = { 0 };
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	AUTO_JSON json_t *array = json_array();
	int r = events_list(store, subject, EVENTS_SHOWN, &events, error);
	if (r < 0)
		return r;
	if (!array)
		return error_no_memory(error);
	for (size_t i = 0; i < events.count; i++) {
		char time[DESCRIBE_TIME_SIZE];
		describe_time(events.items[i].utc_ms, time);
		table_cell(&table, "%s", time);
		table_cell(&table, "%s", events.items[i].actor);
		table_cell(&table, "%s", events.items[i].action);
		table_cell(&table, "%s", events.items[i].detail);
		if (json && add_event(array, &events.items[i]) < 0)
			return error_no_memory(error);
	}
	if (!json)
		return print_section(_("Events"), &table, error);
	return json_put(json, "events", json_incref(array)) < 0 ? error_no_memory(error) : 0;
}
