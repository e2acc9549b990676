/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki report site`: the certificates for people with a browser and nothing else. */
#include "cli/report_site.h"

#include "base/clock.h"
#include "base/file.h"
#include "cli/output.h"
#include "cli/settings.h"
#include "inventory/tenants/tenants.h"
#include "reports/site/site.h"
#include "verify/certificate/trust.h"
#include "verify/ledger/note.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define INTO(member) OPTION_INTO(struct report_site_options, member)

const struct cli_option report_site_options[] = {
	{ "certificates", "DIR", N_("where their files lie (default: STATE/certificates)"),
		option_text, INTO(certificates) },
	{ "tenant", "CODE", N_("of this tenant alone"), option_text, INTO(tenant) },
	{ "trust", "FILE", N_("CA certificates that the pages carry (default: KEYS/ca.crt)"),
		option_text, INTO(trust) },
	{ 0 },
};

/* A file of the keys' folder, or the one that was named. */
static int read_key_file(const struct config *config, const char *named, const char *name,
	struct buffer *ret, struct error *error)
{
	char path[SETTINGS_FOLDER_SIZE + 16];
	(void)snprintf(path, sizeof(path), "%s/%s", config->keys_folder, name);
	return file_read(named[0] ? named : path, ret, error);
}

static int read_anchors(
	const struct config *config, const char *named, struct buffer *ret, struct error *error)
{
	int result = read_key_file(config, named, "ca.crt", ret, error);
	return result == -ENOENT && !named[0]
		       ? error_next(
				 error, _("Make the keys with: haiki report key init; or name the "
					  "issuer's certificate with --trust."))
		       : result;
}

/* "" where there is none: certificates name the ledger themselves. */
static int read_ledger_key(
	const struct config *config, char ret[static NOTE_VKEY_MAX], struct error *error)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(NOTE_VKEY_MAX);
	struct error reading = { 0 };
	ret[0] = '\0';
	int result = read_key_file(config, "", "ledger.vkey", &text, &reading);
	if (result == -ENOENT)
		return 0;
	if (result != 0) {
		*error = reading;
		return result;
	}
	(void)snprintf(ret, NOTE_VKEY_MAX, "%.*s", (int)strcspn(buffer_text(&text), "\n"),
		buffer_text(&text));
	return 0;
}

/* Who signs time stamps, where that is configured. */
static int load_stampers(const struct config *config, struct trust **ret, struct error *error)
{
	return config->timestamp_ca[0] ? settings_trust(config, config->timestamp_ca, ret, error)
				       : 0;
}

static int find_tenant(struct store *store, const char *word, char ret[static TENANT_CODE_MAX],
	struct error *error)
{
	int64_t id = 0;
	ret[0] = '\0';
	if (!word[0])
		return 0;
	int result = tenants_one(store, word, &id, error);
	return result == 0 ? tenants_code(store, id, ret, error) : result;
}

static int print_site(const struct invocation *invocation, const struct site_summary *summary,
	struct error *error)
{
	const char *folder = invocation->arguments[0];
	if (invocation->json) {
		AUTO_JSON json_t *json = json_object();
		if (!json || json_put_string(json, "folder", folder) < 0 ||
			json_put_integer(json, "certificates", (int64_t)summary->certificates) <
				0 ||
			json_put_integer(json, "proven", (int64_t)summary->proven) < 0 ||
			json_put_integer(json, "not_proven", (int64_t)summary->not_proven) < 0 ||
			json_put_integer(json, "superseded", (int64_t)summary->superseded) < 0 ||
			json_put_integer(json, "withheld", (int64_t)summary->withheld) < 0)
			return error_no_memory(error);
		return output_json(json_incref(json), error);
	}
	output_line(stdout, _("%zu certificates: %zu proven, %zu not proven, %zu superseded"),
		summary->certificates, summary->proven, summary->not_proven, summary->superseded);
	output_line(stdout, "  %s/index.html", folder);
	if (summary->withheld > 0)
		output_line(stdout,
			_("Left out, as they tell of a legal hold: %zu. The site says nothing of "
			  "them."),
			summary->withheld);
	return 0;
}

enum error_kind report_site(const struct invocation *invocation, struct error *error)
{
	const struct report_site_options *options = invocation->values;
	const struct config *config = &invocation->config;
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	struct trust *stampers CLEANUP(cleanup_trust_free) = NULL;
	AUTO_BUFFER struct buffer anchors = BUFFER_INIT(TRUST_MAX_BYTES);
	struct site_summary summary = { 0 };
	char certificates[SETTINGS_FOLDER_SIZE], tenant[TENANT_CODE_MAX], ledger_key[NOTE_VKEY_MAX];
	struct clock_reading now;
	clock_read(&now);
	settings_folder(config, options->certificates, certificates);
	if (read_anchors(config, options->trust, &anchors, error) < 0 ||
		read_ledger_key(config, ledger_key, error) < 0 ||
		load_stampers(config, &stampers, error) < 0 ||
		store_open(config->store, STORE_READ, &store, error) < 0 ||
		find_tenant(store, options->tenant, tenant, error) < 0)
		return command_failed(error);
	const struct site_request request = { .folder = invocation->arguments[0],
		.certificates = certificates,
		.tenant = tenant,
		.organisation = config->organisation,
		.anchors = buffer_text(&anchors),
		.anchors_length = anchors.length,
		.timestamp_trust = stampers,
		.ledger_key = ledger_key,
		.now_utc_ms = now.utc_ms };
	if (site_write(store, &request, &summary, error) < 0 ||
		print_site(invocation, &summary, error) < 0)
		return command_failed(error);
	return ERROR_NONE;
}
