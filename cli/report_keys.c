/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki report key`: the keys that sign, over the years. */
#include "cli/report_keys.h"

#include "base/file.h"
#include "cli/describe.h"
#include "cli/key_warning.h"
#include "cli/output.h"
#include "cli/passphrase.h"
#include "inventory/store/store.h"
#include "reports/keys/manage.h"
#include <errno.h>
#include <string.h>

#define REQUEST_MAX (64 * KIB)

#define INTO(member) OPTION_INTO(struct report_key_options, member)

const struct cli_option report_key_init_options[] = {
	{ "organisation", "NAME", N_("name of the organisation in the certificates"), option_text,
		INTO(organisation) },
	{ "ledger", "NAME", N_("name of the ledger (default: by the CA's number)"), option_text,
		INTO(ledger) },
	{ "signer", "WHERE", N_("where the signing key is: file, pkcs11:URI or tpm:0xHANDLE"),
		option_text, INTO(signer) },
	{ "passphrase", NULL, N_("put the key files under the configured passphrase"), option_flag,
		INTO(encrypt) },
	{ 0 },
};

const struct cli_option report_key_revoke_options[] = {
	{ "reason", "WORD", N_("why, see haiki(1)"), option_text, INTO(reason) },
	{ 0 },
};

const struct cli_option report_key_person_options[] = {
	{ "title", "TITLE", N_("title of the person"), option_text, INTO(title) },
	{ "role", "ROLE", N_("approver or witness"), option_text, INTO(role) },
	{ "out", "DIR", N_("make this folder for the person"), option_text, INTO(out) },
	{ "passphrase", "FILE", N_("the person's passphrase is its first line; -: asked for"),
		option_text, INTO(passphrase) },
	{ 0 },
};

const struct cli_option report_key_request_options[] = {
	{ "out", "FILE", N_("write it here instead of the standard output"), option_text,
		INTO(out) },
	{ 0 },
};

/* --- printing --- */

static json_t *summary_json(const struct key_summary *summary)
{
	AUTO_JSON json_t *json = json_object();
	char from[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];
	clock_format(summary->not_before_utc_ms, from);
	clock_format(summary->not_after_utc_ms, until);
	if (!json || json_put_string(json, "subject", summary->subject) < 0 ||
		json_put_string(json, "serial_number", summary->serial_number) < 0 ||
		json_put_string(json, "sha256", summary->sha256) < 0 ||
		json_put_string(json, "not_before_utc", from) < 0 ||
		json_put_string(json, "not_after_utc", until) < 0)
		return NULL;
	return json_incref(json);
}

static void print_summary(const char *title, const struct key_summary *summary)
{
	char from[DESCRIBE_TIME_SIZE], until[DESCRIBE_TIME_SIZE];
	describe_time(summary->not_before_utc_ms, from);
	describe_time(summary->not_after_utc_ms, until);
	output_line(stdout, "%s", title);
	output_line(stdout, "  %s", summary->subject);
	output_line(stdout, _("  certificate number %s"), summary->serial_number);
	output_line(stdout, "  SHA-256 %s", summary->sha256);
	output_line(stdout, _("  valid %s to %s"), from, until);
}

/* Two certificates, or one (key_b NULL), under their JSON keys. */
static int print_json(const char *key_a, const struct key_summary *a, const char *key_b,
	const struct key_summary *b, struct error *error)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put(json, key_a, summary_json(a)) < 0 ||
		(key_b && json_put(json, key_b, summary_json(b)) < 0))
		return error_no_memory(error);
	return output_json(json_incref(json), error);
}

/* --- init and show --- */

static int show_json(const struct config *config, const struct keys *keys,
	const struct key_summary *ca, const struct key_summary *signer, int64_t now_utc_ms,
	struct error *error)
{
	char vkey[NOTE_VKEY_MAX];
	AUTO_JSON json_t *json = json_object();
	json_t *ledger = json_object();
	note_key_format(&keys->ledger_public, vkey);
	if (json_put(json, "ledger", ledger) < 0 || /* the document holds it now */
		json_put_string(ledger, "key", vkey) < 0 ||
		json_put_string(ledger, "origin", keys->ledger_public.name) < 0 ||
		json_put(json, "issuer", summary_json(ca)) < 0 ||
		json_put(json, "signer", summary_json(signer)) < 0 ||
		json_put_integer(json, "days_left", key_days_left(keys, now_utc_ms)) < 0 ||
		json_put_string(json, "where", config->keys_signer) < 0 ||
		json_put_string(json, "folder", config->keys_folder) < 0)
		return error_no_memory(error);
	return output_json(json_incref(json), error);
}

static void show_text(const struct config *config, const struct keys *keys,
	const struct key_summary *ca, const struct key_summary *signer)
{
	char vkey[NOTE_VKEY_MAX];
	note_key_format(&keys->ledger_public, vkey);
	print_summary(_("Issuer, what an auditor trusts (ca.crt)"), ca);
	print_summary(_("Signer of the certificates (signer.crt)"), signer);
	output_line(stdout, "%s", _("Key of the ledger, for witnesses (ledger.vkey)"));
	output_line(stdout, "  %s", vkey);
	output_line(stdout, _("Where the signing key is: %s"), config->keys_signer);
	output_line(stdout, _("Folder: %s"), config->keys_folder);
}

static int show(const struct config *config, bool json, struct error *error)
{
	struct keys *keys CLEANUP(cleanup_keys_free) = NULL;
	struct key_summary ca = { 0 }, signer = { 0 };
	struct clock_reading now;
	clock_read(&now);
	int result = keys_load(config, now.utc_ms, &keys, error);
	if (result == 0)
		result = keys_summary(keys, &ca, &signer, error);
	if (result != 0)
		return result;
	key_warning(keys, now.utc_ms);
	if (json)
		return show_json(config, keys, &ca, &signer, now.utc_ms, error);
	show_text(config, keys, &ca, &signer);
	return 0;
}

enum error_kind report_key_show(const struct invocation *invocation, struct error *error)
{
	return show(&invocation->config, invocation->json, error) < 0 ? command_failed(error)
								      : ERROR_NONE;
}

/* What is asked for here is what the configuration must say later. */
static int choose_signer(
	const struct report_key_options *options, struct config *config, struct error *error)
{
	const char *signer = options->signer;
	if (!signer[0])
		return 0;
	if (strcmp(signer, "file") != 0 && strncmp(signer, "pkcs11:", 7) != 0 &&
		strncmp(signer, "tpm:", 4) != 0)
		return error_set(error, ERROR_USAGE, EINVAL, "option-value", "%s",
			_("the signer must be file, pkcs11:… or tpm:…"));
	(void)snprintf(config->keys_signer, sizeof(config->keys_signer), "%s", signer);
	return 0;
}

enum error_kind report_key_init(const struct invocation *invocation, struct error *error)
{
	const struct report_key_options *options = invocation->values;
	struct config config = invocation->config;
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	const struct keys_wish wish = {
		.organisation =
			options->organisation[0] ? options->organisation : config.organisation,
		.ledger = options->ledger,
		.encrypt = options->encrypt,
	};
	struct clock_reading now;
	clock_read(&now);
	if (choose_signer(options, &config, error) < 0 ||
		store_open(config.store, STORE_WRITE, &store, error) < 0 ||
		keys_make(&config, store, &wish, now.utc_ms, error) < 0 ||
		show(&config, invocation->json, error) < 0)
		return command_failed(error);
	if (invocation->json)
		return ERROR_NONE;
	output_line(stdout, "→ %s",
		_("Give ca.crt to those who will check certificates; keep ca.key safe."));
	if (strcmp(config.keys_signer, invocation->config.keys_signer) != 0)
		output_line(stdout, _("→ Write into the configuration: [keys] signer = %s"),
			config.keys_signer);
	return ERROR_NONE;
}

/* --- the CA's work --- */

enum error_kind report_key_rotate(const struct invocation *invocation, struct error *error)
{
	const struct config *config = &invocation->config;
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	struct key_summary old = { 0 }, new = { 0 };
	struct clock_reading now;
	clock_read(&now);
	if (store_open(config->store, STORE_WRITE, &store, error) < 0 ||
		keys_rotate(config, store, now.utc_ms, &old, &new, error) < 0)
		return command_failed(error);
	if (invocation->json)
		return print_json("retired", &old, "signer", &new, error) < 0
			       ? command_failed(error)
			       : ERROR_NONE;
	print_summary(_("Signer of the certificates (signer.crt)"), &new);
	print_summary(_("Signer until now (in retired/)"), &old);
	output_line(stdout, "→ %s",
		_("What the old key signed stays valid; ca.crt is the same as before."));
	return ERROR_NONE;
}

enum error_kind report_key_revoke(const struct invocation *invocation, struct error *error)
{
	const struct report_key_options *options = invocation->values;
	const struct config *config = &invocation->config;
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	enum revocation_reason reason = revocation_reason_parse(options->reason);
	struct key_summary revoked = { 0 };
	struct clock_reading now;
	clock_read(&now);
	if (reason == REVOKED_UNKNOWN) {
		error_set(error, ERROR_USAGE, EINVAL, "revocation-reason", "%s",
			_("A revocation needs --reason: key-compromise, affiliation-changed, "
			  "superseded, cessation, privilege-withdrawn or unspecified"));
		return command_failed(error);
	}
	if (store_open(config->store, STORE_WRITE, &store, error) < 0 ||
		keys_revoke(config, store, invocation->arguments[0], reason, now.utc_ms, &revoked,
			error) < 0)
		return command_failed(error);
	if (invocation->json)
		return print_json("revoked", &revoked, NULL, NULL, error) < 0
			       ? command_failed(error)
			       : ERROR_NONE;
	print_summary(_("Revoked (ca.crl)"), &revoked);
	output_line(stdout, "→ %s",
		_("Give ca.crl to all who check certificates: verify certificate --crl ca.crl."));
	return ERROR_NONE;
}

static int check_person(
	const struct report_key_options *options, enum role role, struct error *error)
{
	if (role != ROLE_APPROVER && role != ROLE_WITNESS) {
		error_set(error, ERROR_USAGE, EINVAL, "role-unknown",
			_("A second person signs as approver or as witness"));
		return error_next(error, _("Say which: --role approver or --role witness"));
	}
	if (!options->out[0] || !options->passphrase[0])
		return error_set(error, ERROR_USAGE, EINVAL, "option-missing",
			_("A person's key needs --out DIR and --passphrase FILE"));
	return 0;
}

enum error_kind report_key_person(const struct invocation *invocation, struct error *error)
{
	const struct report_key_options *options = invocation->values;
	const struct config *config = &invocation->config;
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	AUTO_PASSPHRASE struct passphrase passphrase = { 0 };
	const struct person_wish wish = { invocation->arguments[0], options->title,
		role_parse(options->role), options->out, &passphrase };
	struct key_summary person = { 0 };
	struct clock_reading now;
	clock_read(&now);
	if (check_person(options, wish.role, error) < 0 ||
		passphrase_ask(options->passphrase, true, &passphrase, error) < 0 ||
		store_open(config->store, STORE_WRITE, &store, error) < 0 ||
		keys_person(config, store, &wish, now.utc_ms, &person, error) < 0)
		return command_failed(error);
	if (invocation->json)
		return print_json("person", &person, NULL, NULL, error) < 0 ? command_failed(error)
									    : ERROR_NONE;
	print_summary(_("Certificate of the person (person.crt)"), &person);
	output_line(stdout, _("Folder: %s"), options->out);
	output_line(
		stdout, "→ %s", _("Hand the folder to that person alone, and keep no copy of it."));
	return ERROR_NONE;
}

/* --- the organisation's own CA --- */

enum error_kind report_key_request(const struct invocation *invocation, struct error *error)
{
	const struct report_key_options *options = invocation->values;
	AUTO_BUFFER struct buffer pem = BUFFER_INIT(REQUEST_MAX);
	if (keys_request(&invocation->config, &pem, error) < 0 ||
		(options->out[0] &&
			file_write(options->out, pem.data, pem.length, 0644, error) < 0))
		return command_failed(error);
	if (invocation->json) {
		AUTO_JSON json_t *json = json_object();
		if (!json || json_put_string(json, "request", buffer_text(&pem)) < 0) {
			error_no_memory(error);
			return command_failed(error);
		}
		return output_json(json_incref(json), error) < 0 ? command_failed(error)
								 : ERROR_NONE;
	}
	if (options->out[0])
		output_line(stdout, "%s", options->out);
	else
		fwrite(pem.data, 1, pem.length, stdout);
	return ERROR_NONE;
}

enum error_kind report_key_accept(const struct invocation *invocation, struct error *error)
{
	const struct config *config = &invocation->config;
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	struct key_summary ca = { 0 }, signer = { 0 };
	struct clock_reading now;
	clock_read(&now);
	if (store_open(config->store, STORE_WRITE, &store, error) < 0 ||
		keys_accept(config, store, invocation->arguments[0], now.utc_ms, &ca, &signer,
			error) < 0)
		return command_failed(error);
	if (invocation->json)
		return print_json("issuer", &ca, "signer", &signer, error) < 0
			       ? command_failed(error)
			       : ERROR_NONE;
	print_summary(_("Issuer, what an auditor trusts (ca.crt)"), &ca);
	print_summary(_("Signer of the certificates (signer.crt)"), &signer);
	output_line(stdout, "→ %s",
		_("Give the new ca.crt to those who will check certificates; they keep the old one "
		  "for what was signed before."));
	return ERROR_NONE;
}
