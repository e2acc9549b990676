/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Legal holds: place, confirm, lift, list, show. For operators: what is printed here names authority
 * and reason, which no tenant may see. */
#include "base/clock.h"
#include "cli/describe.h"
#include "cli/format.h"
#include "cli/inventory_custody.h"
#include "cli/output.h"
#include "inventory/custody/holds.h"
#include "inventory/jobs/jobs.h"
#include "inventory/assets/subjects.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const char *describe_hold_state(enum hold_state state)
{
	switch (state) {
	case HOLD_UNCONFIRMED:
		return _("stands, unconfirmed");
	case HOLD_CONFIRMED:
		return _("stands");
	case HOLD_LIFT_ASKED:
		return _("stands, lifting asked for");
	case HOLD_LIFTED:
		return _("lifted");
	}
	return "?";
}

static int put_step(
	json_t *json, const char *who_key, const char *who, const char *when_key, int64_t utc_ms)
{
	char utc[CLOCK_TEXT_SIZE] = "";
	if (utc_ms != 0)
		clock_format(utc_ms, utc);
	return json_put_string(json, who_key, who) < 0 || json_put_string(json, when_key, utc) < 0
		       ? -ENOMEM
		       : 0;
}

static json_t *hold_json(const struct hold *hold)
{
	AUTO_JSON json_t *json = json_object();
	const struct subject self = { SUBJECT_HOLD, hold->id };
	char id[SUBJECT_ID_MAX], on[SUBJECT_ID_MAX];
	subject_format(&self, id);
	subject_format(&hold->target, on);
	if (!json || json_put_string(json, "hold", id) < 0 || json_put_string(json, "on", on) < 0 ||
		json_put_string(json, "state", hold_state_name(hold_state(hold))) < 0 ||
		json_put_integer(json, "blocks", hold->lifted_utc_ms == 0) < 0 ||
		json_put_string(json, "authority", hold->authority) < 0 ||
		json_put_string(json, "reason", hold->reason) < 0 ||
		json_put_string(json, "lift_reason", hold->lift_reason) < 0 ||
		put_step(json, "placed_by", hold->placed_by, "placed_utc", hold->placed_utc_ms) <
			0 ||
		put_step(json, "confirmed_by", hold->confirmed_by, "confirmed_utc",
			hold->confirmed_utc_ms) < 0 ||
		put_step(json, "lift_asked_by", hold->lift_asked_by, "lift_asked_utc",
			hold->lift_asked_utc_ms) < 0 ||
		put_step(json, "lifted_by", hold->lifted_by, "lifted_utc", hold->lifted_utc_ms) < 0)
		return NULL;
	return json_incref(json);
}

/* -- list and show -- */

static void add_row(struct table *table, const struct hold *hold)
{
	char placed[DESCRIBE_TIME_SIZE];
	describe_time(hold->placed_utc_ms, placed);
	table_cell(table, "H%" PRId64, hold->id);
	table_cell(table, "%s", hold->target_label);
	table_cell(table, "%s", describe_hold_state(hold_state(hold)));
	table_cell(table, "%s", hold->authority);
	table_cell(table, "%s", hold->reason);
	table_cell(table, "%s", placed);
	table_cell(table, "%s", hold->placed_by);
}

static int print_list(const struct hold_list *list, bool as_json, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("HOLD"), false, true },
		{ N_("ON"), false, false },
		{ N_("STATE"), false, true },
		{ N_("AUTHORITY"), false, false },
		{ N_("REASON"), false, false },
		{ N_("PLACED"), false, true },
		{ N_("BY"), false, false },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	AUTO_JSON json_t *array = json_array();
	int r = array ? 0 : error_no_memory(error);
	for (size_t i = 0; i < list->count && r == 0; i++) {
		if (!as_json)
			add_row(&table, &list->items[i]);
		else if (json_push(array, hold_json(&list->items[i])) < 0)
			r = error_no_memory(error);
	}
	if (r < 0)
		return r;
	return as_json ? output_list_json("holds", json_incref(array), error)
		       : output_table(&table, error);
}

enum error_kind holds_list_command(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	AUTO_HOLDS struct hold_list list = { 0 };
	if (store_open(invocation->config.store, STORE_READ, &store, error) < 0 ||
		holds_list(store, true, &list, error) < 0 ||
		print_list(&list, invocation->json, error) < 0)
		return command_failed(error);
	return ERROR_NONE;
}

static void print_field(const char *name, const char *value)
{
	if (*value)
		output_line(stdout, "  %s%*s  %s", name, format_padding(name, 25), "", value);
}

static void print_step(const char *name, const char *who, int64_t utc_ms)
{
	char time[DESCRIBE_TIME_SIZE], text[ACTOR_MAX + DESCRIBE_TIME_SIZE + 4];
	if (utc_ms == 0)
		return;
	describe_time(utc_ms, time);
	snprintf(text, sizeof(text), "%s  %s", time, who);
	print_field(name, text);
}

static int print_hold(struct store *store, const struct hold *hold, struct error *error)
{
	char label[SUBJECT_LABEL_MAX];
	int r = subjects_label(store, &hold->target, label, error);
	if (r < 0)
		return r;
	output_line(stdout, "H%" PRId64 "  %s", hold->id, describe_hold_state(hold_state(hold)));
	print_field(_("on"), label);
	print_field(_("authority"), hold->authority);
	print_field(_("reason"), hold->reason);
	print_step(_("placed"), hold->placed_by, hold->placed_utc_ms);
	print_step(_("confirmed"), hold->confirmed_by, hold->confirmed_utc_ms);
	print_step(_("lifting asked for"), hold->lift_asked_by, hold->lift_asked_utc_ms);
	print_field(_("reason to lift"), hold->lift_reason);
	print_step(_("lifted"), hold->lifted_by, hold->lifted_utc_ms);
	return 0;
}

static int print_one(
	struct store *store, const struct hold *hold, bool as_json, struct error *error)
{
	AUTO_JSON json_t *array = json_array();
	if (!as_json)
		return print_hold(store, hold, error);
	if (json_push(array, hold_json(hold)) < 0)
		return error_no_memory(error);
	return output_list_json("holds", json_incref(array), error);
}

int holds_show_command(const struct invocation *invocation, struct store *store, const char *word,
	struct error *error)
{
	struct subject subject = { 0 };
	struct hold hold;
	if (!subject_parse(word, &subject) || subject.kind != SUBJECT_HOLD)
		return 0;
	int r = holds_get(store, subject.id, &hold, error);
	if (r == 0)
		r = print_one(store, &hold, invocation->json, error);
	return r < 0 ? r : 1;
}

/* -- on a drive -- */

int holds_print_on_drive(
	struct store *store, const struct drive_identity *identity, struct error *error)
{
	AUTO_HOLDS struct hold_list list = { 0 };
	int r = drives_holds(store, identity, &list, error);
	for (size_t i = 0; i < list.count && r == 0; i++) {
		const struct hold *hold = &list.items[i];
		char label[SUBJECT_LABEL_MAX], text[SUBJECT_LABEL_MAX + 512];
		r = subjects_label(store, &hold->target, label, error);
		if (r < 0)
			return r;
		snprintf(text, sizeof(text), _("H%" PRId64 " on %s, by %s: %s"), hold->id, label,
			hold->authority, hold->reason);
		print_field(_("legal hold"), text);
	}
	return r;
}

int holds_on_drive_json(struct store *store, const struct drive_identity *identity, json_t **ret,
	struct error *error)
{
	AUTO_HOLDS struct hold_list list = { 0 };
	AUTO_JSON json_t *array = json_array();
	int r = drives_holds(store, identity, &list, error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < list.count; i++) {
		const struct subject self = { SUBJECT_HOLD, list.items[i].id };
		char id[SUBJECT_ID_MAX];
		subject_format(&self, id);
		if (json_push(array, json_string(id)) < 0)
			return error_no_memory(error);
	}
	*ret = json_incref(array);
	return *ret ? 0 : error_no_memory(error);
}

/* -- the steps -- */

static int find_hold(const char *word, int64_t *ret, struct error *error)
{
	struct subject subject = { 0 };
	if (subject_parse(word, &subject) && subject.kind == SUBJECT_HOLD) {
		*ret = subject.id;
		return 0;
	}
	error_set(error, ERROR_USAGE, EINVAL, "hold-unknown", _("\"%s\" is no hold."), word);
	return error_next(
		error, _("Holds are called like H3; see them with: haiki inventory list holds"));
}

/* Does the step on an open store; what it is done to is in the arguments. */
typedef int hold_step(const struct invocation *invocation, struct store *store, const char *actor,
	int64_t now_utc_ms, int64_t *ret_id, struct error *error);

static enum error_kind make_step(
	const struct invocation *invocation, hold_step *step, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	char actor[ACTOR_MAX];
	struct clock_reading now;
	struct hold hold;
	int64_t id = 0;
	actor_current(actor);
	clock_read(&now);
	if (store_open(invocation->config.store, STORE_WRITE, &store, error) < 0 ||
		step(invocation, store, actor, now.utc_ms, &id, error) < 0 ||
		holds_get(store, id, &hold, error) < 0 ||
		print_one(store, &hold, invocation->json, error) < 0)
		return command_failed(error);
	return ERROR_NONE;
}

/* A job that runs already is not stopped by a hold: whoever placed it must hear of it at once. */
static int warn_of_running(struct store *store, int64_t hold_id, struct error *error)
{
	AUTO_JOBS struct job_list jobs = { 0 };
	int r = jobs_list(store, JOB_RUNNING, &jobs, error);
	for (size_t i = 0; i < jobs.count && r == 0; i++) {
		AUTO_HOLDS struct hold_list holds = { 0 };
		const json_t *json = json_object_get(jobs.items[i].subject, "identity");
		struct drive_identity identity;
		char label[IDENTITY_LABEL_MAX];
		r = identity_from_json(json, &identity, error);
		if (r == 0)
			r = drives_holds(store, &identity, &holds, error);
		for (size_t j = 0; j < holds.count; j++) {
			if (holds.items[j].id != hold_id)
				continue;
			identity_label(&identity, label);
			output_line(stderr, _("haiki: job %s is wiping %s, which the hold covers!"),
				jobs.items[i].id, label);
			output_line(stderr, "  → %s",
				_("Stop it with Ctrl-C or pull the drive; it is not resumed while "
				  "the hold stands."));
		}
	}
	return r;
}

static int place(const struct invocation *invocation, struct store *store, const char *actor,
	int64_t now_utc_ms, int64_t *ret_id, struct error *error)
{
	const struct hold_options *options = invocation->values;
	struct subject target;
	struct error unknown = { 0 };
	int r = subjects_find(store, invocation->arguments[0], &target, error);
	if (r == 0)
		r = holds_place(store, &target, options->authority, options->reason, actor,
			now_utc_ms, ret_id, error);
	/* It stands; that jobs cannot be listed does not undo it. */
	if (r == 0 && warn_of_running(store, *ret_id, &unknown) < 0)
		output_error(&unknown);
	return r;
}

enum error_kind inventory_hold_place(const struct invocation *invocation, struct error *error)
{
	enum error_kind code = make_step(invocation, place, error);
	if (code == ERROR_NONE && !invocation->json)
		output_line(stdout, "  → %s",
			_("It blocks from now on. Let a second person confirm it: haiki inventory "
			  "hold confirm"));
	return code;
}

static int confirm(const struct invocation *invocation, struct store *store, const char *actor,
	int64_t now_utc_ms, int64_t *ret_id, struct error *error)
{
	int r = find_hold(invocation->arguments[0], ret_id, error);
	return r < 0 ? r : holds_confirm(store, *ret_id, actor, now_utc_ms, error);
}

enum error_kind inventory_hold_confirm(const struct invocation *invocation, struct error *error)
{
	return make_step(invocation, confirm, error);
}

static int lift(const struct invocation *invocation, struct store *store, const char *actor,
	int64_t now_utc_ms, int64_t *ret_id, struct error *error)
{
	const struct hold_options *options = invocation->values;
	int r = find_hold(invocation->arguments[0], ret_id, error);
	return r < 0 ? r
		     : holds_ask_lift(store, *ret_id, options->reason, actor, now_utc_ms, error);
}

enum error_kind inventory_hold_lift(const struct invocation *invocation, struct error *error)
{
	enum error_kind code = make_step(invocation, lift, error);
	if (code == ERROR_NONE && !invocation->json)
		output_line(stdout, "  → %s",
			_("It still blocks, until another person says: haiki inventory hold "
			  "lift-confirm"));
	return code;
}

static int lift_confirm(const struct invocation *invocation, struct store *store, const char *actor,
	int64_t now_utc_ms, int64_t *ret_id, struct error *error)
{
	int r = find_hold(invocation->arguments[0], ret_id, error);
	return r < 0 ? r : holds_confirm_lift(store, *ret_id, actor, now_utc_ms, error);
}

enum error_kind inventory_hold_lift_confirm(
	const struct invocation *invocation, struct error *error)
{
	return make_step(invocation, lift_confirm, error);
}

static int lift_cancel(const struct invocation *invocation, struct store *store, const char *actor,
	int64_t now_utc_ms, int64_t *ret_id, struct error *error)
{
	int r = find_hold(invocation->arguments[0], ret_id, error);
	return r < 0 ? r : holds_cancel_lift(store, *ret_id, actor, now_utc_ms, error);
}

enum error_kind inventory_hold_lift_cancel(const struct invocation *invocation, struct error *error)
{
	return make_step(invocation, lift_cancel, error);
}

#define REASON_OPTION                                                                              \
	{                                                                                          \
		"reason", "TEXT", N_("why; always needed"), option_text,                           \
			OPTION_INTO(struct hold_options, reason)                                   \
	}

const struct cli_option inventory_hold_place_options[] = {
	{ "authority", "NAME", N_("by whose authority: court, prosecutor, own decision …"),
		option_text, OPTION_INTO(struct hold_options, authority) },
	REASON_OPTION,
	{ 0 },
};

const struct cli_option inventory_hold_reason_options[] = {
	REASON_OPTION,
	{ 0 },
};
