/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the destruction of keys is worth: which drives were encrypted from their first write, and where
 * copies of LUKS headers lie. */
#include "cli/inventory_keys.h"

#include "base/clock.h"
#include "cli/describe.h"
#include "cli/output.h"
#include "inventory/assets/encryption.h"
#include "inventory/assets/key_copies.h"
#include "inventory/assets/subjects.h"
#include <errno.h>
#include <inttypes.h>

/* -- encrypted from first write -- */

static const char *encryption_state_name(enum encryption_state state)
{
	switch (state) {
	case ENCRYPTION_STANDS:
		return "recorded";
	case ENCRYPTION_REVOKED:
		return "revoked";
	case ENCRYPTION_ENDED:
		return "ended";
	case ENCRYPTION_CONTRADICTED:
		return "contradicted";
	case ENCRYPTION_UNKNOWN:
		break;
	}
	return "unknown";
}

static json_t *encryption_json(const struct encryption *found)
{
	AUTO_JSON json_t *json = json_object();
	char on[SUBJECT_ID_MAX] = "", utc[CLOCK_TEXT_SIZE] = "";
	if (found->subject.id > 0)
		subject_format(&found->subject, on);
	if (found->utc_ms != 0)
		clock_format(found->utc_ms, utc);
	if (!json || json_put_string(json, "on", on) < 0 ||
		json_put_string(json, "state", encryption_state_name(found->state)) < 0 ||
		json_put_string(json, "basis", found->basis) < 0 ||
		json_put_string(json, "ticket", found->ticket) < 0 ||
		json_put_string(json, "actor", found->actor) < 0 ||
		json_put_string(json, "utc", utc) < 0 ||
		json_put_string(json, "contradiction", found->contradiction) < 0)
		return NULL;
	return json_incref(json);
}

static void describe_encryption(const struct encryption *found, char *ret, size_t size)
{
	char when[DESCRIBE_TIME_SIZE];
	ret[0] = '\0';
	describe_time(found->utc_ms, when);
	switch (found->state) {
	case ENCRYPTION_STANDS:
		snprintf(ret, size, "%s (%s, %s)", found->basis, found->actor, when);
		break;
	case ENCRYPTION_CONTRADICTED:
		snprintf(ret, size,
			_("recorded by %s, but does not count: not encrypted is \"%s\""),
			found->actor, found->contradiction);
		break;
	case ENCRYPTION_ENDED:
		snprintf(ret, size, "%s", _("no longer known since it was sanitized"));
		break;
	case ENCRYPTION_REVOKED:
		snprintf(ret, size, "%s", _("taken back"));
		break;
	case ENCRYPTION_UNKNOWN:
		break;
	}
}

int encryption_print_on_drive(
	struct store *store, const struct drive_identity *identity, struct error *error)
{
	struct encryption found;
	char text[1024];
	int r = drives_encrypted_from_first_write(store, identity, NULL, &found, error);
	if (r < 0)
		return r;
	describe_encryption(&found, text, sizeof(text));
	print_value(_("encrypted since the start"), text);
	return 0;
}

int encryption_on_drive_json(struct store *store, const struct drive_identity *identity,
	json_t **ret, struct error *error)
{
	struct encryption found;
	int r = drives_encrypted_from_first_write(store, identity, NULL, &found, error);
	if (r < 0)
		return r;
	*ret = encryption_json(&found);
	return *ret ? 0 : error_no_memory(error);
}

typedef int encryption_step(struct store *store, const struct subject *subject,
	const struct encryption_options *options, int64_t now_utc_ms, struct error *error);

static int print_encryption(const struct invocation *invocation, struct store *store,
	const struct subject *subject, struct error *error)
{
	struct encryption now;
	char label[SUBJECT_LABEL_MAX];
	int r = encryption_of(store, subject, &now, error);
	if (r == 0 && invocation->json)
		return output_json(encryption_json(&now), error);
	if (r == 0)
		r = subjects_label(store, subject, label, error);
	if (r == 0)
		output_line(stdout,
			now.state == ENCRYPTION_STANDS
				? _("%s: recorded as encrypted from its first write")
				: _("%s: no longer recorded as encrypted from its first write"),
			label);
	return r;
}

static enum error_kind make_step(
	const struct invocation *invocation, encryption_step *step, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	struct subject subject;
	struct clock_reading now;
	clock_read(&now);
	if (store_open(invocation->config.store, STORE_WRITE, &store, error) < 0 ||
		subjects_find(store, invocation->arguments[0], &subject, error) < 0 ||
		step(store, &subject, invocation->values, now.utc_ms, error) < 0 ||
		print_encryption(invocation, store, &subject, error) < 0)
		return command_failed(error);
	return ERROR_NONE;
}

static int record_step(struct store *store, const struct subject *subject,
	const struct encryption_options *options, int64_t now_utc_ms, struct error *error)
{
	return encryption_record(
		store, subject, options->basis, options->ticket, now_utc_ms, error);
}

enum error_kind encryption_record_command(const struct invocation *invocation, struct error *error)
{
	return make_step(invocation, record_step, error);
}

static int revoke_step(struct store *store, const struct subject *subject,
	const struct encryption_options *options, int64_t now_utc_ms, struct error *error)
{
	return encryption_revoke(store, subject, options->reason, now_utc_ms, error);
}

enum error_kind encryption_revoke_command(const struct invocation *invocation, struct error *error)
{
	return make_step(invocation, revoke_step, error);
}

const struct cli_option encryption_record_options[] = {
	{ "basis", "TEXT", N_("how that is known; always needed"), option_text,
		OPTION_INTO(struct encryption_options, basis) },
	{ "ticket", "TEXT", N_("ticket under which it was set up"), option_text,
		OPTION_INTO(struct encryption_options, ticket) },
	{ 0 },
};

const struct cli_option encryption_revoke_options[] = {
	{ "reason", "TEXT", N_("why; always needed"), option_text,
		OPTION_INTO(struct encryption_options, reason) },
	{ 0 },
};

/* -- copies of headers -- */

/* Whatever its certificate says: with this header its old contents can be read. */
void describe_key_copies(const struct drive_identity *identity)
{
	char label[IDENTITY_LABEL_MAX];
	identity_label(identity, label);
	output_line(stderr,
		_("haiki: %s carries a LUKS header again whose keys were destroyed: it was "
		  "brought back from a copy."),
		label);
	output_line(
		stderr, "  → %s", _("Find the copy it came from: haiki inventory list key-copies"));
}

static json_t *copy_json(const struct key_copy *copy)
{
	AUTO_JSON json_t *json = json_object();
	char id[SUBJECT_ID_MAX], utc[CLOCK_TEXT_SIZE];
	subject_format(&(struct subject){ SUBJECT_VOLUME, copy->id }, id);
	clock_format(copy->utc_ms, utc);
	if (!json || json_put_string(json, "id", id) < 0 ||
		json_put_string(json, "uuid", copy->uuid) < 0 ||
		json_put_string(json, "place", copy->place) < 0 ||
		json_put_integer(json, "destroyed", copy->destroyed) < 0 ||
		json_put_string(json, "how", copy->how) < 0 ||
		json_put_string(json, "actor", copy->actor) < 0 ||
		json_put_string(json, "utc", utc) < 0)
		return NULL;
	return json_incref(json);
}

static void add_row(struct table *table, const struct key_copy *copy)
{
	char when[DESCRIBE_TIME_SIZE];
	describe_time(copy->utc_ms, when);
	table_cell(table, "V%" PRId64, copy->id);
	table_cell(table, "%s", copy->uuid);
	table_cell(table, "%s", copy->place);
	table_cell(table, "%s", copy->destroyed ? _("destroyed") : _("remains"));
	table_cell(table, "%s", copy->how);
	table_cell(table, "%s", when);
	table_cell(table, "%s", copy->actor);
}

/* only: 0 for all of them. */
static int print_copies(
	const struct key_copy_list *list, int64_t only, bool as_json, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("ID"), false, true },
		{ N_("UUID"), false, true },
		{ N_("PLACE"), false, false },
		{ N_("STATE"), false, true },
		{ N_("HOW"), false, false },
		{ N_("WHEN"), false, true },
		{ N_("BY"), false, false },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	AUTO_JSON json_t *array = json_array();
	int r = array ? 0 : error_no_memory(error);
	for (size_t i = 0; i < list->count && r == 0; i++) {
		if (only != 0 && list->items[i].id != only)
			continue;
		if (!as_json)
			add_row(&table, &list->items[i]);
		else if (json_push(array, copy_json(&list->items[i])) < 0)
			r = error_no_memory(error);
	}
	if (r < 0)
		return r;
	return as_json ? output_list_json("key_copies", json_incref(array), error)
		       : output_table(&table, error);
}

static int read_and_print(struct store *store, int64_t only, bool as_json, struct error *error)
{
	AUTO_KEY_COPIES struct key_copy_list list = { 0 };
	int r = key_copies_list(store, NULL, true, &list, error);
	return r < 0 ? r : print_copies(&list, only, as_json, error);
}

enum error_kind key_copies_list_command(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	if (store_open(invocation->config.store, STORE_READ, &store, error) < 0 ||
		read_and_print(store, 0, invocation->json, error) < 0)
		return command_failed(error);
	return ERROR_NONE;
}

enum error_kind key_copy_record_command(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	struct clock_reading now;
	int64_t id = 0;
	clock_read(&now);
	if (store_open(invocation->config.store, STORE_WRITE, &store, error) < 0 ||
		key_copies_record(store, invocation->arguments[0], invocation->arguments[1],
			now.utc_ms, &id, error) < 0 ||
		read_and_print(store, id, invocation->json, error) < 0)
		return command_failed(error);
	return ERROR_NONE;
}

static int find_copy(const char *word, int64_t *ret, struct error *error)
{
	struct subject subject = { 0 };
	if (subject_parse(word, &subject) && subject.kind == SUBJECT_VOLUME) {
		*ret = subject.id;
		return 0;
	}
	error_set(error, ERROR_USAGE, EINVAL, "key-copy-unknown",
		_("\"%s\" is no copy of a LUKS header"), word);
	return error_next(error, _("See: haiki inventory list key-copies"));
}

enum error_kind key_copy_destroyed_command(const struct invocation *invocation, struct error *error)
{
	const struct key_copy_options *options = invocation->values;
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	struct clock_reading now;
	int64_t id = 0;
	clock_read(&now);
	if (find_copy(invocation->arguments[0], &id, error) < 0 ||
		store_open(invocation->config.store, STORE_WRITE, &store, error) < 0 ||
		key_copies_destroyed(store, id, options->how, now.utc_ms, error) < 0 ||
		read_and_print(store, id, invocation->json, error) < 0)
		return command_failed(error);
	return ERROR_NONE;
}

const struct cli_option key_copy_destroyed_options[] = {
	{ "how", "TEXT", N_("how it was destroyed; always needed"), option_text,
		OPTION_INTO(struct key_copy_options, how) },
	{ 0 },
};
