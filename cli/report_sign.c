/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki report sign`: a second person signs a certificate. */
#include "base/file.h"
#include "cli/drawing.h"
#include "cli/output.h"
#include "cli/passphrase.h"
#include "cli/report_keys.h"
#include "cli/settings.h"
#include "cli/stamping.h"
#include "inventory/store/store.h"
#include "reports/certificate/certificate.h"
#include "reports/certificate/countersign.h"
#include <errno.h>
#include <stdio.h>

#define INTO(member) OPTION_INTO(struct report_key_options, member)

const struct cli_option report_sign_options[] = {
	{ "role", "ROLE", N_("approver or witness"), option_text, INTO(role) },
	{ "key", "DIR", N_("folder of person.key and person.crt"), option_text, INTO(key) },
	{ "passphrase", "FILE", N_("the person's passphrase is its first line; -: asked for"),
		option_text, INTO(passphrase) },
	{ "trust", "FILE", N_("also believe persons whom these CAs certified (PEM)"), option_text,
		INTO(trust) },
	{ "out", "DIR", N_("write it here (default: STATE/certificates)"), option_text, INTO(out) },
	{ 0 },
};

/* ca.crt, and what was given beside it. */
static int load_trust(
	const struct config *config, const char *more, struct trust **ret, struct error *error)
{
	char path[CONFIG_VALUE_MAX + 16];
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(TRUST_MAX_BYTES);
	(void)snprintf(path, sizeof(path), "%s/ca.crt", config->keys_folder);
	int result = file_read(path, &pem, error);
	if (result == 0 && more[0])
		result = file_read(more, &pem, error);
	return result == 0 ? trust_load((const char *)pem.data, pem.length,
				     more[0] ? more : "ca.crt", ret, error)
			   : result;
}

struct outcome_of_signing {
	const char *out;
	struct stamping stamping;
	struct drawing drawing;
};

static int print_signed(const struct invocation *invocation, const struct person_key *person,
	const struct certificate_record *certificate, const struct outcome_of_signing *outcome,
	struct error *error)
{
	const struct report_key_options *options = invocation->values;
	const char *out = outcome->out;
	if (!invocation->json) {
		output_line(stdout, _("%s signed %s as %s"), person->name, certificate->name,
			options->role);
		output_line(stdout, "  %s/%s.p7s", out, certificate->name);
		if (outcome->drawing.there)
			output_line(stdout, "  %s/%s.pdf", out, certificate->name);
		stamping_print(&outcome->stamping);
		drawing_print(&outcome->drawing);
		return 0;
	}
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "certificate", certificate->name) < 0 ||
		json_put_string(json, "sha256", certificate->sha256) < 0 ||
		json_put_string(json, "person", person->name) < 0 ||
		json_put_string(json, "role", options->role) < 0 ||
		json_put_string(json, "folder", out) < 0 ||
		stamping_put(json, &outcome->stamping) < 0 ||
		drawing_put(json, &outcome->drawing) < 0)
		return error_no_memory(error);
	return output_json(json_incref(json), error);
}

/* The PDF carries the new signature as well; it is signed by the issuer, whose key may be away: then it stays
 * as it was, and is drawn later. */
static void draw(const struct config *config, const char *name,
	struct timestamp_authority *authority, int64_t now_utc_ms,
	struct outcome_of_signing *outcome)
{
	struct keys *keys CLEANUP(cleanup_keys_free) = NULL;
	if (keys_load(config, now_utc_ms, &keys, &outcome->drawing.error) == 0)
		drawing_try(outcome->out, name, keys, authority, &outcome->drawing);
}

static int no_key_given(struct error *error)
{
	error_set(error, ERROR_USAGE, EINVAL, "option-missing",
		_("Signing needs --key DIR, the folder of the person's key"));
	return error_next(
		error, _("Such a folder is made with: haiki report key person NAME; see --help"));
}

static int load_person(
	const struct report_key_options *options, struct person_key *ret, struct error *error)
{
	AUTO_PASSPHRASE struct passphrase passphrase = { 0 };
	if (!options->key[0])
		return no_key_given(error);
	int result = options->passphrase[0]
			     ? passphrase_ask(options->passphrase, false, &passphrase, error)
			     : 0;
	return result == 0 ? person_load(options->key, &passphrase, ret, error) : result;
}

enum error_kind report_sign(const struct invocation *invocation, struct error *error)
{
	const struct report_key_options *options = invocation->values;
	const struct config *config = &invocation->config;
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	struct timestamp_authority *authority CLEANUP(cleanup_timestamp_authority_close) = NULL;
	CLEANUP(cleanup_trust_free) struct trust *trust = NULL;
	AUTO_PERSON struct person_key person = { 0 };
	AUTO_CERTIFICATE struct certificate_record certificate = { 0 };
	char out[SETTINGS_FOLDER_SIZE];
	struct outcome_of_signing outcome = { .out = out };
	struct clock_reading now;
	clock_read(&now);
	settings_folder(config, options->out, out);
	if (load_person(options, &person, error) < 0 ||
		load_trust(config, options->trust, &trust, error) < 0 ||
		timestamp_authority_open(config, &authority, error) < 0 ||
		store_open(config->store, STORE_WRITE, &store, error) < 0)
		return command_failed(error);
	const struct countersign_wish wish = { invocation->arguments[0], role_parse(options->role),
		&person, trust, config->keys_folder };
	if (certificate_countersign(store, &wish, now.utc_ms, &certificate, error) < 0)
		return command_failed(error);
	stamping_try(store, authority, &certificate, &outcome.stamping);
	if (certificate_export(store, &certificate, out, error) < 0)
		return command_failed(error);
	draw(config, certificate.name, authority, now.utc_ms, &outcome);
	return print_signed(invocation, &person, &certificate, &outcome, error) < 0
		       ? command_failed(error)
		       : ERROR_NONE;
}
