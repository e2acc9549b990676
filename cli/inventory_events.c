/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The event log, for people: who did what to what, when and why. */
#include "base/clock.h"
#include "cli/describe.h"
#include "cli/describe_deletion.h"
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

/* What is said in another place. */
static bool is_said_elsewhere(const char *key)
{
	static const char *const keys[] = { "from", "to", "reason", "ticket", "tenant_before",
		"by_before" };
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

static const char *key_text(const char *key)
{
	static const struct described words[] = {
		{ "asset_number", N_("asset number") },
		{ "audience", N_("audience") },
		{ "authority", N_("authority") },
		{ "basis", N_("basis") },
		{ "by", N_("by") },
		{ "capacity_bytes", N_("capacity") },
		{ "certificate", N_("certificate") },
		{ "code", N_("code") },
		{ "contract", N_("contract") },
		{ "day", N_("for the day") },
		{ "deletion", N_("deletion") },
		{ "due_utc", N_("due") },
		{ "end_day", N_("last day") },
		{ "given_by", N_("by") },
		{ "grace_days", N_("days of grace") },
		{ "host", N_("host") },
		{ "how", N_("how") },
		{ "job", N_("job") },
		{ "kind", N_("kind") },
		{ "message_id", "Message-ID" },
		{ "name", N_("name") },
		{ "number", N_("number") },
		{ "on", N_("on") },
		{ "pattern", N_("pattern") },
		{ "platform", N_("platform") },
		{ "rack", N_("rack") },
		{ "receiver", N_("receiver") },
		{ "service_code", N_("service code") },
		{ "service_code_before", N_("service code before") },
		{ "service_codes", N_("service codes") },
		{ "site", N_("site") },
		{ "slot", N_("slot") },
		{ "start_day", N_("first day") },
		{ "tenant", N_("tenant") },
		{ "tries", N_("tries") },
		{ "witness", N_("witness") },
		{ "uuid", N_("UUID") },
		{ "zone", N_("zone") },
	};
	return describe_table_word(words, ARRAY_SIZE(words), key);
}

const char *event_action_text(const char *action)
{
	static const struct described words[] = {
		{ "appeared", N_("appeared") },
		{ "approval-asked", N_("approval asked for") },
		{ "approval-given", N_("approved") },
		{ "contents-seen", N_("carries something anew") },
		{ "contract-added", N_("contract entered") },
		{ "contract-changed", N_("contract changed") },
		{ "custody", N_("custody") },
		{ "deletion-absent", N_("deletion: was not there") },
		{ "deletion-begun", N_("deletion begun") },
		{ "deletion-delete", N_("deletion: asked for") },
		{ "deletion-erase", N_("deletion: a disk") },
		{ "deletion-failed", N_("deletion: failed") },
		{ "deletion-identity", N_("deletion: identified") },
		{ "deletion-look", N_("deletion: asked again") },
		{ "deletion-power-off", N_("deletion: switched off") },
		{ "deletion-refused", N_("deletion: refused") },
		{ "deletion-snapshots", N_("deletion: snapshots removed") },
		{ "deletion-survey", N_("deletion: surveyed") },
		{ "encryption-recorded", N_("encrypted from first write") },
		{ "encryption-revoked", N_("encryption from first write taken back") },
		{ "flag-cleared", N_("flag cleared") },
		{ "flag-raised", N_("flag raised") },
		{ "hold-confirmed", N_("hold confirmed") },
		{ "hold-lift-asked", N_("lifting asked for") },
		{ "hold-lift-cancelled", N_("lifting taken back") },
		{ "hold-lifted", N_("hold lifted") },
		{ "hold-placed", N_("hold placed") },
		{ "key-copy-destroyed", N_("copy of the LUKS header destroyed") },
		{ "key-copy-recorded", N_("copy of the LUKS header") },
		{ "keys-destroyed", N_("LUKS keys destroyed") },
		{ "labels-set", N_("labels set") },
		{ "linked", N_("linked") },
		{ "notice-failed", N_("notice failed") },
		{ "notice-intended", N_("notice to be sent") },
		{ "notice-sent", N_("notice sent") },
		{ "notice-uncertain", N_("notice sent or not") },
		{ "placed", N_("place recorded") },
		{ "rule-added", N_("rule entered") },
		{ "rule-removed", N_("rule removed") },
		{ "seen", N_("seen") },
		{ "tenant-added", N_("tenant entered") },
		{ "tenant-changed", N_("tenant changed") },
		{ "tenant-removed", N_("tenant removed") },
		{ "vanished", N_("vanished") },
		{ "vm-added", N_("VM entered") },
		{ "vm-changed", N_("VM changed") },
		{ "vm-gone", N_("VM gone") },
		{ "wipe-began", N_("wipe began") },
	};
	return describe_table_word(words, ARRAY_SIZE(words), action);
}

/* "T1 → T2", "in-service → quarantined": what there was and what there is. */
static int describe_step(const json_t *detail, struct buffer *ret)
{
	const char *from = text_of(detail, "from"), *to = text_of(detail, "to");
	const char *none = _("nobody");
	if (*from && *to)
		return buffer_printf(ret, "%s → %s", from, to);
	if (!json_object_get(detail, "tenant_before"))
		return 0;
	from = text_of(detail, "tenant_before");
	to = text_of(detail, "tenant");
	return buffer_printf(ret, "%s → %s", *from ? from : none, *to ? to : none);
}

static int describe_value(
	const json_t *detail, const char *key, const json_t *value, struct buffer *ret)
{
	const char *text = json_string_value(value);
	const char *comma = ret->length > 0 ? ", " : "";
	if (is_said_elsewhere(key) || (text && !*text) ||
		(strcmp(key, "tenant") == 0 && json_object_get(detail, "tenant_before")))
		return 0;
	if (text)
		return buffer_printf(ret, "%s%s %s", comma, key_text(key), text);
	if (json_is_integer(value))
		return buffer_printf(ret, "%s%s %lld", comma, key_text(key),
			(long long)json_integer_value(value));
	return 0;
}

int event_detail_text(const json_t *detail, struct buffer *ret)
{
	const char *reason = text_of(detail, "reason"), *ticket = text_of(detail, "ticket");
	const char *key;
	json_t *value;
	if (json_has(detail, "fact"))
		return describe_fact(detail, ret);
	int r = describe_step(detail, ret);
	json_object_foreach ((json_t *)detail, key, value)
		if (r >= 0)
			r = describe_value(detail, key, value, ret);
	if (r >= 0 && *ticket)
		r = buffer_printf(ret, "%s%s %s", ret->length > 0 ? ", " : "", _("ticket"), ticket);
	/* Of a VM that was not deleted it is a word of ours. */
	if (json_has(detail, "uuid"))
		reason = describe_refusal(reason);
	if (r >= 0 && *reason)
		r = buffer_printf(ret, "%s%s", ret->length > 0 ? ": " : "", reason);
	return r;
}

/* subject: of whom all is told, and who need not be named in each line; NULL: of all. */
static int add_row(struct table *table, const struct event_record *event, const json_t *detail,
	const struct subject *subject, struct error *error)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(64 * KIB);
	char when[DESCRIBE_TIME_SIZE], on[SUBJECT_ID_MAX];
	if (event_detail_text(detail, &text) < 0)
		return error_no_memory(error);
	describe_time(event->utc_ms, when);
	subject_format(&event->subject, on);
	/* A VM that nobody entered has no ID, and its UUID stands in the detail. */
	if (event->subject.id == 0 || (subject && subject->kind == event->subject.kind &&
					      subject->id == event->subject.id))
		on[0] = '\0';
	table_cell(table, "%s", when);
	table_cell(table, "%s", event->actor);
	table_cell(table, "%s", on);
	table_cell(table, "%s", event_action_text(event->action));
	table_cell(table, "%s", buffer_text(&text));
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

static int print_list(const struct event_list *list, const struct subject *subject, bool as_json,
	struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("WHEN"), false, true },
		{ N_("WHO"), false, true },
		{ N_("ON"), false, true },
		{ N_("WHAT"), false, true },
		{ N_("DETAIL"), false, false },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	table.wraps = true;
	AUTO_JSON json_t *array = json_array();
	int r = array ? 0 : error_no_memory(error);
	for (size_t i = 0; i < list->count && r == 0; i++) {
		const struct event_record *event = &list->items[i];
		AUTO_JSON json_t *detail = NULL;
		r = json_parse(event->detail, strlen(event->detail), _("event"), &detail, error);
		if (r == 0 && !as_json)
			r = add_row(&table, event, detail, subject, error);
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
	return r < 0 ? r : print_list(&list, subject, as_json, error);
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
