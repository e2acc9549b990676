/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The event log, for people: who did what to what, when and why. */
#include "base/clock.h"
#include "cli/describe.h"
#include "cli/inventory_custody.h"
#include "cli/output.h"
#include "inventory/custody/history.h"
#include "inventory/assets/subjects.h"
#include <errno.h>
#include <string.h>

#define LIMIT_DEFAULT 200
#define LIMIT_MAX 1000000

static const char *text_of(const json_t *detail, const char *key)
{
	const char *text = json_string_value(json_object_get(detail, key));
	return text ? text : "";
}

/* What has a column of its own. */
static bool has_column(const char *key)
{
	static const char *const keys[] = { "from", "to", "reason", "ticket" };
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

/* "in-service → quarantined, slot 4": what is left of the detail. */
static int describe_detail(const json_t *detail, struct buffer *ret)
{
	const char *from = text_of(detail, "from"), *to = text_of(detail, "to");
	const char *key;
	json_t *value;
	int r = *from && *to ? buffer_printf(ret, "%s → %s", from, to) : 0;
	json_object_foreach ((json_t *)detail, key, value) {
		const char *text = json_string_value(value);
		const char *comma = ret->length > 0 ? ", " : "";
		if (r < 0)
			return r;
		if (has_column(key) || (text && !*text))
			continue;
		if (text)
			r = buffer_printf(ret, "%s%s %s", comma, key, text);
		else if (json_is_integer(value))
			r = buffer_printf(
				ret, "%s%s %lld", comma, key, (long long)json_integer_value(value));
	}
	return r;
}

static int add_row(struct table *table, const struct event_record *event, const json_t *detail,
	struct error *error)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(64 * KIB);
	char when[DESCRIBE_TIME_SIZE], on[SUBJECT_ID_MAX];
	if (describe_detail(detail, &text) < 0)
		return error_no_memory(error);
	describe_time(event->utc_ms, when);
	subject_format(&event->subject, on);
	table_cell(table, "%s", when);
	table_cell(table, "%s", event->actor);
	table_cell(table, "%s", on);
	table_cell(table, "%s", event->action);
	table_cell(table, "%s", buffer_text(&text));
	table_cell(table, "%s", text_of(detail, "reason"));
	table_cell(table, "%s", text_of(detail, "ticket"));
	return 0;
}

static json_t *event_json(const struct event_record *event, json_t *detail)
{
	AUTO_JSON json_t *json = json_object();
	char utc[CLOCK_TEXT_SIZE], on[SUBJECT_ID_MAX];
	clock_format(event->utc_ms, utc);
	subject_format(&event->subject, on);
	if (!json || json_put_integer(json, "event", event->id) < 0 ||
		json_put_string(json, "utc", utc) < 0 ||
		json_put_string(json, "actor", event->actor) < 0 ||
		json_put_string(json, "on", on) < 0 ||
		json_put_string(json, "action", event->action) < 0 ||
		json_put_string(json, "reason", text_of(detail, "reason")) < 0 ||
		json_put_string(json, "ticket", text_of(detail, "ticket")) < 0 ||
		json_put(json, "detail", json_incref(detail)) < 0)
		return NULL;
	return json_incref(json);
}

static int print_list(const struct event_list *list, bool as_json, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("WHEN"), false, true },
		{ N_("WHO"), false, true },
		{ N_("ON"), false, true },
		{ N_("WHAT"), false, true },
		{ N_("DETAIL"), false, false },
		{ N_("REASON"), false, false },
		{ N_("TICKET"), false, true },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	AUTO_JSON json_t *array = json_array();
	int r = array ? 0 : error_no_memory(error);
	for (size_t i = 0; i < list->count && r == 0; i++) {
		const struct event_record *event = &list->items[i];
		AUTO_JSON json_t *detail = NULL;
		r = json_parse(event->detail, strlen(event->detail), _("event"), &detail, error);
		if (r == 0 && !as_json)
			r = add_row(&table, event, detail, error);
		else if (r == 0 && json_push(array, event_json(event, detail)) < 0)
			r = error_no_memory(error);
	}
	if (r < 0)
		return r;
	return as_json ? output_list_json("events", json_incref(array), error)
		       : output_table(&table, error);
}

int events_print(struct store *store, const struct subject *subject, size_t limit, bool as_json,
	struct error *error)
{
	AUTO_EVENTS struct event_list list = { 0 };
	int r = history_list(store, subject, limit, &list, error);
	return r < 0 ? r : print_list(&list, as_json, error);
}

enum error_kind events_list_command(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	if (store_open(invocation->config.store, STORE_READ, &store, error) < 0 ||
		events_print(store, NULL, LIMIT_DEFAULT, invocation->json, error) < 0)
		return command_failed(error);
	return ERROR_NONE;
}

enum error_kind inventory_history(const struct invocation *invocation, struct error *error)
{
	const struct history_options *options = invocation->values;
	size_t limit = options->limit > 0 ? (size_t)options->limit : LIMIT_DEFAULT;
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	struct subject subject;
	bool of_one = invocation->argument_count > 0;
	if (store_open(invocation->config.store, STORE_READ, &store, error) < 0 ||
		(of_one && subjects_find(store, invocation->arguments[0], &subject, error) < 0) ||
		events_print(store, of_one ? &subject : NULL, limit, invocation->json, error) < 0)
		return command_failed(error);
	return ERROR_NONE;
}

static int read_limit(
	const struct cli_option *option, const char *text, void *value, struct error *error)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t limit = digits > 0 && digits < 8 ? strtoull(text, NULL, 10) : 0;
	if (text[digits] != '\0' || limit == 0 || limit > LIMIT_MAX)
		return error_set(error, ERROR_USAGE, EINVAL, "option-value",
			_("--%s is a number from 1 to %d, not \"%s\"."), option->name, LIMIT_MAX,
			text);
	*(uint64_t *)value = limit;
	return 0;
}

const struct cli_option inventory_history_options[] = {
	{ "limit", "NUMBER", N_("so many of the newest (default: 200)"), read_limit,
		OPTION_INTO(struct history_options, limit) },
	{ 0 },
};
