/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who has a drive, where it stands, and what people call it: custody, place, label. */
#include "base/clock.h"
#include "cli/inventory_custody.h"
#include "cli/output.h"
#include "cli/settings.h"
#include "inventory/custody/custody.h"
#include "inventory/assets/drive_labels.h"
#include "wipe/release.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int read_fact(
	const struct cli_option *option, const char *text, void *value, struct error *error)
{
	struct fact *fact = value;
	struct cli_option inner = *option;
	inner.size = sizeof(fact->text);
	fact->given = true;
	return option_text(&inner, text, fact->text, error);
}

static const char *given(const struct fact *fact)
{
	return fact->given ? fact->text : NULL;
}

int inventory_one_drive(
	struct store *store, const char *word, struct drive_record *ret, struct error *error)
{
	AUTO_DRIVES struct drive_list list = { 0 };
	int r = drives_find(store, word, &list, error);
	if (r < 0)
		return r;
	if (list.count == 1) {
		*ret = list.items[0];
		return 0;
	}
	if (list.count == 0) {
		r = error_set(error, ERROR_USAGE, ENOENT, "unknown",
			_("The inventory knows no drive \"%s\"."), word);
		error_next(
			error, _("Give its ID (D12), serial or WWN; first: haiki inventory scan"));
		return r;
	}
	r = error_set(error, ERROR_USAGE, EEXIST, "ambiguous",
		_("\"%s\" may mean more than one drive: D%" PRId64 ", D%" PRId64), word,
		list.items[0].id, list.items[1].id);
	error_next(error, _("Name the one you mean by its ID."));
	return r;
}

/* -- custody -- */

static int read_state(const char *word, enum custody *ret, struct error *error)
{
	const char *words[CUSTODY_STATES] = { 0 };
	*ret = custody_parse(word);
	if (*ret != CUSTODY_UNKNOWN)
		return 0;
	for (unsigned i = 1; i < CUSTODY_STATES; i++)
		words[i - 1] = custody_name((enum custody)i);
	const char *nearest = options_nearest(word, words);
	error_set(error, ERROR_USAGE, EINVAL, "custody-unknown",
		_("There is no state of custody called \"%s\"."), word);
	if (nearest)
		return error_next(error, _("Did you mean \"%s\"?"), nearest);
	return error_next(error, _("See: haiki inventory custody --help"));
}

/* What is read from files, before the store is locked. */
struct authorities {
	struct policy *policy;
	struct trust *trust;
};

static void authorities_free(struct authorities *authorities)
{
	policy_free(authorities->policy);
	trust_free(authorities->trust);
}

static int load_authorities(
	const struct invocation *invocation, struct authorities *ret, struct error *error)
{
	const struct custody_options *options = invocation->values;
	const char *path = options->policy[0] ? options->policy : invocation->config.policy;
	int r = policy_load(*path ? path : NULL, &ret->policy, error);
	return r < 0 ? r : settings_trust(&invocation->config, options->trust, &ret->trust, error);
}

/* What there was, what there is, and why it may be. */
struct outcome_of_change {
	struct drive_record drive;
	struct custody_changed changed;
	struct release release; /* certificate "" where none was asked for */
};

static int ask_release(const struct invocation *invocation, struct store *store,
	const struct authorities *authorities, enum custody to, int64_t now_utc_ms,
	struct outcome_of_change *ret, struct error *error)
{
	const struct custody_options *options = invocation->values;
	const struct release_question question = {
		.policy = authorities->policy,
		.trust = authorities->trust,
		.drive_id = ret->drive.id,
		.to = to,
		.to_zone = options->to_zone,
		.certificate = options->certificate,
		.now_utc_ms = now_utc_ms,
	};
	return release_check(store, &question, &ret->release, error);
}

static int change(const struct invocation *invocation, struct store *store,
	const struct authorities *authorities, enum custody to, struct outcome_of_change *ret,
	struct error *error)
{
	const struct custody_options *options = invocation->values;
	struct clock_reading now;
	clock_read(&now);
	int r = inventory_one_drive(store, invocation->arguments[0], &ret->drive, error);
	if (r == 0)
		r = custody_check(store, ret->drive.id, to, error);
	if (r == 0 && custody_needs_proof(to))
		r = ask_release(invocation, store, authorities, to, now.utc_ms, ret, error);
	if (r < 0)
		return r;
	const struct custody_change wanted = {
		.to = to,
		.reason = options->reason,
		.ticket = options->ticket,
		.receiver = options->receiver,
		.witness = options->witness,
		.certificate = ret->release.certificate,
		.to_zone = options->to_zone,
		.site = given(&options->site),
		.rack = given(&options->rack),
		.slot = given(&options->slot),
	};
	return custody_change(store, ret->drive.id, &wanted, now.utc_ms, &ret->changed, error);
}

static int print_change(const struct invocation *invocation, const struct outcome_of_change *done,
	struct error *error)
{
	const char *from = custody_name(done->changed.from), *to = custody_name(done->changed.to);
	char id[DRIVE_ID_MAX], label[IDENTITY_LABEL_MAX];
	snprintf(id, sizeof(id), "D%" PRId64, done->drive.id);
	identity_label(&done->drive.identity, label);
	if (!invocation->json) {
		output_line(stdout, "%s, %s: %s → %s", id, label, from, to);
		if (done->release.certificate[0])
			output_line(stdout, _("  by certificate %s (%s; due: %s)"),
				done->release.certificate, level_name(done->release.level),
				level_name(done->release.due));
		return 0;
	}
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "drive", id) < 0 ||
		json_put_string(json, "from", from) < 0 || json_put_string(json, "to", to) < 0 ||
		json_put_string(json, "zone", done->changed.zone) < 0 ||
		json_put_string(json, "certificate", done->release.certificate) < 0)
		return error_no_memory(error);
	return output_json(json_incref(json), error);
}

enum error_kind inventory_custody(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	struct authorities authorities CLEANUP(authorities_free) = { 0 };
	struct outcome_of_change done = { 0 };
	enum custody to;
	if (read_state(invocation->arguments[1], &to, error) < 0 ||
		(custody_needs_proof(to) &&
			load_authorities(invocation, &authorities, error) < 0) ||
		store_open(invocation->config.store, STORE_WRITE, &store, error) < 0 ||
		store_begin(store, error) < 0)
		return command_failed(error);
	int r = store_end(store, change(invocation, store, &authorities, to, &done, error), error);
	if (r == 0)
		r = print_change(invocation, &done, error);
	return r < 0 ? command_failed(error) : ERROR_NONE;
}

/* -- place and label -- */

static int print_described(
	const struct invocation *invocation, const struct drive_record *drive, struct error *error)
{
	char id[DRIVE_ID_MAX], label[IDENTITY_LABEL_MAX];
	snprintf(id, sizeof(id), "D%" PRId64, drive->id);
	identity_label(&drive->identity, label);
	if (!invocation->json) {
		output_line(stdout, _("%s, %s: recorded"), id, label);
		return 0;
	}
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "drive", id) < 0 ||
		json_put_string(json, "asset_number", drive->asset_number) < 0 ||
		json_put_string(json, "zone", drive->zone) < 0 ||
		json_put_string(json, "tenant", drive->tenant) < 0 ||
		json_put_string(json, "service_code", drive->service_code) < 0 ||
		json_put_string(json, "site", drive->site) < 0 ||
		json_put_string(json, "rack", drive->rack) < 0 ||
		json_put_string(json, "slot", drive->slot) < 0)
		return error_no_memory(error);
	return output_json(json_incref(json), error);
}

static int describe(const struct invocation *invocation, struct store *store,
	const struct drive_facts *facts, struct drive_record *ret, struct error *error)
{
	AUTO_DRIVES struct drive_list list = { 0 };
	struct clock_reading now;
	clock_read(&now);
	int r = inventory_one_drive(store, invocation->arguments[0], ret, error);
	if (r == 0)
		r = drives_describe(store, ret->id, facts, now.utc_ms, error);
	if (r == 0)
		r = drives_get(store, ret->id, &list, error);
	if (r == 0)
		*ret = list.items[0];
	return r;
}

static enum error_kind describe_command(
	const struct invocation *invocation, const struct drive_facts *facts, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	struct drive_record drive = { 0 };
	if (store_open(invocation->config.store, STORE_WRITE, &store, error) < 0 ||
		store_begin(store, error) < 0)
		return command_failed(error);
	int r = store_end(store, describe(invocation, store, facts, &drive, error), error);
	if (r == 0)
		r = print_described(invocation, &drive, error);
	return r < 0 ? command_failed(error) : ERROR_NONE;
}

static enum error_kind nothing_given(const char *what, struct error *error)
{
	error_set(error, ERROR_USAGE, EINVAL, "option-missing", "%s", what);
	return command_failed(error);
}

enum error_kind inventory_place(const struct invocation *invocation, struct error *error)
{
	const struct place_options *options = invocation->values;
	const struct drive_facts facts = {
		.site = given(&options->site),
		.rack = given(&options->rack),
		.slot = given(&options->slot),
	};
	if (!facts.site && !facts.rack && !facts.slot)
		return nothing_given(_("Say where the drive is: --site, --rack, --slot."), error);
	return describe_command(invocation, &facts, error);
}

enum error_kind inventory_label(const struct invocation *invocation, struct error *error)
{
	const struct label_options *options = invocation->values;
	const struct drive_facts facts = {
		.asset_number = given(&options->asset_number),
		.zone = given(&options->zone),
		.tenant = given(&options->tenant),
		.service_code = given(&options->service_code),
		.reason = options->reason,
	};
	if (!facts.asset_number && !facts.zone && !facts.tenant && !facts.service_code)
		return nothing_given(_("Say what to record: --asset-number, --zone, --tenant, "
				       "--service-code."),
			error);
	return describe_command(invocation, &facts, error);
}

#define PLACE_OPTIONS(type)                                                                        \
	{ "site", "SITE", N_("site where it is"), read_fact, OPTION_INTO(type, site) },            \
		{ "rack", "RACK", N_("rack it stands in"), read_fact, OPTION_INTO(type, rack) },   \
	{                                                                                          \
		"slot", "SLOT", N_("slot of the rack; \"\" takes it out"), read_fact,              \
			OPTION_INTO(type, slot)                                                    \
	}
#define INTO(member) OPTION_INTO(struct custody_options, member)

const struct cli_option inventory_custody_options[] = {
	{ "reason", "TEXT", N_("why; always needed"), option_text, INTO(reason) },
	{ "ticket", "TICKET", N_("ticket of this work"), option_text, INTO(ticket) },
	{ "receiver", "NAME", N_("who took the drive (returned, disposed)"), option_text,
		INTO(receiver) },
	{ "witness", "TEXT", N_("who saw it destroyed, and how (destroyed)"), option_text,
		INTO(witness) },
	{ "to-zone", "ZONE", N_("zone it serves from now on (reused)"), option_text,
		INTO(to_zone) },
	{ "certificate", "NAME", N_("rely on this certificate, not on the newest"), option_text,
		INTO(certificate) },
	{ "trust", "FILE", N_("trust this issuer (default: ca.crt of the keys folder)"),
		option_text, INTO(trust) },
	{ "policy", "FILE", N_("decide by this policy"), option_text, INTO(policy) },
	PLACE_OPTIONS(struct custody_options),
	{ 0 },
};

const struct cli_option inventory_place_options[] = {
	PLACE_OPTIONS(struct place_options),
	{ 0 },
};

const struct cli_option inventory_label_options[] = {
	{ "asset-number", "NUMBER", N_("asset number of the organisation"), read_fact,
		OPTION_INTO(struct label_options, asset_number) },
	{ "zone", "ZONE", N_("zone the drive serves in"), read_fact,
		OPTION_INTO(struct label_options, zone) },
	{ "tenant", "TENANT", N_("code of the tenant whose data is on the drive"), read_fact,
		OPTION_INTO(struct label_options, tenant) },
	{ "service-code", "CODE", N_("service code of the tenant"), read_fact,
		OPTION_INTO(struct label_options, service_code) },
	{ "reason", "TEXT", N_("why a zone that was entered before is wrong"), option_text,
		OPTION_INTO(struct label_options, reason) },
	{ 0 },
};
