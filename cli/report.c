/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki report`: certificates of jobs, and the keys they are signed with. (Others: report_*.c.) */
#include "cli/command.h"
#include "cli/describe.h"
#include "cli/drawing.h"
#include "cli/output.h"
#include "cli/key_warning.h"
#include "cli/report_keys.h"
#include "cli/report_audit.h"
#include "cli/report_ledger.h"
#include "cli/report_site.h"
#include "cli/report_tenant.h"
#include "cli/report_timestamps.h"
#include "cli/settings.h"
#include "cli/stamping.h"
#include "reports/certificate/certificate.h"
#include <errno.h>
#include <string.h>

struct report_options {
	char out[256];
};

static int print_certificate(const struct invocation *invocation,
	const struct certificate_record *certificate, const struct stamping *stamping,
	const struct drawing *drawing, const char *out, struct error *error)
{
	if (!invocation->json) {
		output_line(stdout, "%s: %s", describe_outcome(outcome_parse(certificate->outcome)),
			certificate->name);
		output_line(stdout, "  %s/%s.json", out, certificate->name);
		output_line(stdout, "  %s/%s.p7s", out, certificate->name);
		output_line(stdout, "  %s/%s.proof", out, certificate->name);
		if (drawing->there)
			output_line(stdout, "  %s/%s.pdf", out, certificate->name);
		stamping_print(stamping);
		drawing_print(drawing);
		output_line(stdout, _("  → Check it with: haiki verify certificate %s/%s.json"),
			out, certificate->name);
		return 0;
	}
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "job", certificate->job_id) < 0 ||
		json_put_string(json, "certificate", certificate->name) < 0 ||
		json_put_string(json, "folder", out) < 0 ||
		json_put_string(json, "outcome", certificate->outcome) < 0 ||
		json_put_string(json, "sha256", certificate->sha256) < 0 ||
		stamping_put(json, stamping) < 0 || drawing_put(json, drawing) < 0)
		return error_no_memory(error);
	return output_json(json_incref(json), error);
}

/* Here, and only here, a job that has ended may wait for its key. */
static int load_keys_of_job(const struct config *config, const char *job, int64_t now_utc_ms,
	struct keys **ret, struct error *error)
{
	int r = keys_load(config, now_utc_ms, ret, error);
	if (r == -ENOENT && strcmp(error->code, "keys-missing") == 0)
		error_next(error,
			_("Make the keys with: haiki report key init --organisation NAME; then "
			  "run: haiki report certificate %s"),
			job);
	if (r == 0)
		key_warning(*ret, now_utc_ms);
	return r;
}

static enum error_kind report_certificate(const struct invocation *invocation, struct error *error)
{
	const struct report_options *options = invocation->values;
	const struct config *config = &invocation->config;
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	struct keys *keys CLEANUP(cleanup_keys_free) = NULL;
	struct timestamp_authority *authority CLEANUP(cleanup_timestamp_authority_close) = NULL;
	AUTO_CERTIFICATE struct certificate_record certificate = { 0 };
	struct stamping stamping = { 0 };
	struct drawing drawing = { 0 };
	struct clock_reading now;
	char out[SETTINGS_FOLDER_SIZE];
	clock_read(&now);
	settings_folder(config, options->out, out);
	if (store_open(config->store, STORE_WRITE, &store, error) < 0 ||
		timestamp_authority_open(config, &authority, error) < 0 ||
		load_keys_of_job(config, invocation->arguments[0], now.utc_ms, &keys, error) < 0 ||
		certificate_issue(
			store, invocation->arguments[0], keys, &now, &certificate, error) < 0)
		return command_failed(error);
	stamping_try(store, authority, &certificate, &stamping);
	if (certificate_export(store, &certificate, out, error) < 0)
		return command_failed(error);
	drawing_try(out, certificate.name, keys, authority, &drawing);
	if (print_certificate(invocation, &certificate, &stamping, &drawing, out, error) < 0)
		return command_failed(error);
	return ERROR_NONE;
}

#define INTO(member) OPTION_INTO(struct report_options, member)

static const struct cli_option certificate_options[] = {
	{ "out", "DIR", N_("write it here (default: STATE/certificates)"), option_text, INTO(out) },
	{ 0 },
};

static const struct command commands[] = {
	{ "certificate", "JOB", 1, 1, N_("issue and write the certificate of a job"),
		N_("Also for jobs that failed, were refused or were interrupted. Nothing is issued "
		   "twice: a later certificate of a job supersedes the earlier."),
		{ certificate_options }, sizeof(struct report_options), report_certificate, false },
	{ "audit", "", 0, 0, N_("an auditor's report over a period, exceptions first"),
		N_("From the ledger's records: whatever left or ended and lacks its certificate, "
		   "with "
		   "its age; counts, days from the end of contracts to deletion, people, and a "
		   "sample to "
		   "check again. Exit code 1 where something is wrong."),
		{ report_audit_options }, sizeof(struct report_audit_options), report_audit,
		false },
	{ "destroyed", "DRIVE…", 1, ANY_NUMBER,
		N_("how a drive ended: custody, witness, certificates"),
		N_("Exit code 1 for a drive that has not ended, or whose end lacks what it takes."),
		{ NULL }, 0, report_destroyed, false },
	{ "tenant", "CONTRACT", 1, 1,
		N_("certify how far the deletion of a contract's data has come"),
		N_("CONTRACT is its number or C9. Ends with 0 when it is closed: nothing that the "
		   "inventory ever knew of the tenant's data is left; with 7 while something "
		   "remains, which it names."),
		{ report_tenant_options }, sizeof(struct report_tenant_values), report_tenant,
		false },
	{ "sign", "NAME|JOB", 1, 1, N_("let a second person sign a certificate"),
		N_("The person must be another than the operator and all who signed before. Of a "
		   "job "
		   "it is the newest certificate."),
		{ report_sign_options }, sizeof(struct report_key_options), report_sign, false },
	{ "key init", "", 0, 0, N_("make the keys that sign certificates"),
		N_("Existing keys are never overwritten; an older folder gets the ledger's key."),
		{ report_key_init_options }, sizeof(struct report_key_options), report_key_init,
		false },
	{ "key show", "", 0, 0, N_("show the keys that sign certificates"), NULL, { NULL }, 0,
		report_key_show, false },
	{ "key rotate", "", 0, 0, N_("make a new signer by the CA of the key folder"),
		N_("The old certificate goes to retired/, and what it signed stays valid."),
		{ NULL }, 0, report_key_rotate, false },
	{ "key revoke", "FILE|NUMBER", 1, 1, N_("put a certificate on the list ca.crl"),
		N_("For a key that was stolen or lost, or whose owner has left."),
		{ report_key_revoke_options }, sizeof(struct report_key_options), report_key_revoke,
		false },
	{ "key person", "NAME", 1, 1, N_("make a key for an approver or witness"),
		N_("The folder holds the key under the person's passphrase, and its certificate."),
		{ report_key_person_options }, sizeof(struct report_key_options), report_key_person,
		false },
	{ "key request", "", 0, 0, N_("ask the organisation's own CA for a certificate"),
		N_("The key that is asked for waits beside the others until its certificate "
		   "comes."),
		{ report_key_request_options }, sizeof(struct report_key_options),
		report_key_request, false },
	{ "key accept", "FILE", 1, 1, N_("take the certificate that was asked for into use"),
		N_("FILE holds the certificates of the signer, of the CAs between and of the "
		   "root."),
		{ NULL }, 0, report_key_accept, false },
	{ "ledger export", "DIR", 1, 1, N_("write the ledger as files, or bring them up to date"),
		N_("For witnesses and customers; what a hold or privacy withholds is there by its "
		   "hash alone. What was written before is never changed."),
		{ report_ledger_export_options }, sizeof(struct report_ledger_options),
		report_ledger_export, false },
	{ "ledger head", "", 0, 0, N_("sign the ledger's head and print it, for a witness"), NULL,
		{ NULL }, 0, report_ledger_head, false },
	{ "ledger cosign", "FILE", 1, 1, N_("keep a witness's signature on a head of the ledger"),
		N_("FILE is the head as the witness gave it back, with a line more."),
		{ report_ledger_cosign_options }, sizeof(struct report_ledger_options),
		report_ledger_cosign, false },
	{ "timestamps", "", 0, 0,
		N_("stamp the certificates that wait for a time stamp, and list all"),
		N_("Exit status 7 while one waits. Nothing waits where no authority is "
		   "configured."),
		{ report_timestamps_options }, sizeof(struct report_timestamps_options),
		report_timestamps, false },
	{ "site", "DIR", 1, 1, N_("write the certificates as a site of static files"),
		N_("A list, a page for each certificate, and their files; browsers check them "
		   "without a server or a network. DIR is replaced as a whole, and belongs to the "
		   "site alone."),
		{ report_site_options }, REPORT_SITE_VALUES, report_site, false },
};

const struct command_group report_group = {
	.name = "report",
	.summary = N_("saying so: certificates, keys and the ledger"),
	.commands = commands,
	.count = ARRAY_SIZE(commands),
};
