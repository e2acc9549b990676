/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki report tenant`: how far the deletion of a contract's data has come, as a signed certificate. */
#include "cli/drawing.h"
#include "cli/report_tenant.h"

#include "base/clock.h"
#include "cli/describe_remark.h"
#include "cli/output.h"
#include "cli/settings.h"
#include "cli/stamping.h"
#include "inventory/tenants/contracts.h"
#include "reports/certificate/certificate.h"
#include "reports/certificate/tenant_certificate.h"
#include "verify/tenant/tenant.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const char *stage_text(enum tenant_stage stage)
{
	switch (stage) {
	case TENANT_STAGE_UNKNOWN:
		break;
	case TENANT_STAGE_RUNNING:
		return _("OPEN: the contract is not over, or its days of grace are not");
	case TENANT_STAGE_REMAINING:
		return _("OPEN: data remains, or is not shown to be erased");
	case TENANT_STAGE_VMS_DELETED:
		return _("OPEN: the VMs are gone; what they lay on is not shown to be erased");
	case TENANT_STAGE_VOLUMES_ERASED:
		return _("OPEN: the volumes are erased; backup generations remain, or nobody "
			 "knows whether any do");
	case TENANT_STAGE_GENERATIONS_EXPIRED:
		return _("OPEN: nothing is left, and the customer has not been told");
	case TENANT_STAGE_CLOSED:
		return _("CLOSED: nothing that was known of its data is left");
	}
	return _("unknown");
}

static const char *reason_text(const char *word)
{
	static const struct {
		const char *word, *text;
	} texts[] = {
		{ "contract-running", N_("the contract is not over") },
		{ "contract-grace", N_("its days of grace are not over") },
		{ "other-contract", N_("another contract of the tenant is not over") },
		{ "volume-present", N_("a volume or array of the tenant is still there") },
		{ "volume-nowhere", N_("of a volume it is not known on which drives it lay") },
		{ "drive-not-sanitized",
			N_("a drive that carries or carried its data is not sanitized") },
		{ "drive-no-certificate", N_("of a sanitized drive no certificate is named") },
		{ "generation-remains", N_("backup generations remain") },
		{ "nothing-known", N_("the inventory knows nothing of the tenant's: no volume, "
				      "drive or generation") },
		{ "vm-remains", N_("a VM is not proven gone") },
		{ "vm-shared", N_("a disk of a VM is there still: another VM uses it") },
		{ "vm-not-erased", N_("a disk of a VM was deleted and not erased") },
		{ "vm-unfounded",
			N_("a VM was deleted, and it is not shown that this was allowed") },
		{ "notice-unsent", N_("the customer has not been told that its VMs are deleted") },
		{ "backup-not-asked",
			N_("a backup repository has not answered since a VM was gone") },
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (strcmp(texts[i].word, word) == 0)
			return _(texts[i].text);
	return word;
}

static int find_contract(
	struct store *store, const char *word, int64_t *ret_id, struct error *error)
{
	AUTO_CONTRACTS struct contract_list found = { 0 };
	int r = contracts_find(store, word, &found, error);
	if (r < 0)
		return r;
	if (found.count == 1) {
		*ret_id = found.items[0].id;
		return 0;
	}
	if (found.count > 1)
		return error_set(error, ERROR_USAGE, EEXIST, "ambiguous",
			_("%s names %zu contracts"), word, found.count);
	error_set(
		error, ERROR_USAGE, ENOENT, "contract-unknown", _("There is no contract %s"), word);
	return error_next(error, _("See: haiki inventory list contracts"));
}

static int read_document(
	const struct tenant_certificate_record *record, json_t **ret, struct error *error)
{
	return json_parse(record->json, strlen(record->json), record->name, ret, error);
}

static int print_text(const struct tenant_certificate_record *record, const json_t *document,
	const struct stamping *stamping, const struct drawing *drawing, const char *out)
{
	const json_t *left = json_object_get(document, "outstanding");
	const json_t *verdict = json_object_get(document, "verdict");
	const json_t *reasons = json_object_get(verdict, "reasons");
	const json_t *remarks = json_object_get(verdict, "remarks");
	output_line(stdout, "%s", stage_text(tenant_stage_parse(record->outcome)));
	for (size_t i = 0; i < json_array_size(reasons); i++)
		output_line(stdout, _("  because: %s"),
			reason_text(json_string_value(json_array_get(reasons, i))));
	for (size_t i = 0; i < json_array_size(remarks); i++)
		output_line(stdout, _("  note: %s"),
			describe_remark(json_string_value(json_array_get(remarks, i))));
	for (size_t i = 0; i < json_array_size(left); i++)
		output_line(stdout, _("  remains: %s"), json_string_value(json_array_get(left, i)));
	output_line(stdout, "  %s/%s.json", out, record->name);
	output_line(stdout, "  %s/%s.p7s", out, record->name);
	output_line(stdout, "  %s/%s.proof", out, record->name);
	if (drawing->there)
		output_line(stdout, "  %s/%s.pdf", out, record->name);
	stamping_print(stamping);
	drawing_print(drawing);
	output_line(stdout, _("  → Check it with: haiki verify certificate %s/%s.json"), out,
		record->name);
	return 0;
}

static int print_json(const struct tenant_certificate_record *record, const json_t *document,
	bool is_new, const struct stamping *stamping, const struct drawing *drawing,
	const char *out, struct error *error)
{
	AUTO_JSON json_t *json = json_object();
	const json_t *verdict = json_object_get(document, "verdict");
	const json_t *contract = json_object_get(document, "contract");
	if (!json ||
		json_put_string(json, "contract",
			json_string_value(json_object_get(contract, "number"))) < 0 ||
		json_put_string(json, "certificate", record->name) < 0 ||
		json_put_integer(json, "new", is_new) < 0 ||
		json_put_string(json, "folder", out) < 0 ||
		json_put_string(json, "stage", record->outcome) < 0 ||
		json_put(json, "reasons", json_incref(json_object_get(verdict, "reasons"))) < 0 ||
		(json_has(verdict, "remarks") &&
			json_put(json, "remarks",
				json_incref(json_object_get(verdict, "remarks"))) < 0) ||
		json_put(json, "outstanding",
			json_incref(json_object_get(document, "outstanding"))) < 0 ||
		json_put_string(json, "sha256", record->sha256) < 0 ||
		stamping_put(json, stamping) < 0 || drawing_put(json, drawing) < 0)
		return error_no_memory(error);
	return output_json(json_incref(json), error);
}

/* What is written: the newest form of its signature. */
static int find_files(
	struct store *store, const char *name, struct certificate_record *ret, struct error *error)
{
	int found = certificates_named(store, name, ret, error);
	return found == 0 ? store_error_corrupt(store, name, error) : MIN(found, 0);
}

enum error_kind report_tenant(const struct invocation *invocation, struct error *error)
{
	const struct report_tenant_values *options = invocation->values;
	const struct config *config = &invocation->config;
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	struct keys *keys CLEANUP(cleanup_keys_free) = NULL;
	struct timestamp_authority *authority CLEANUP(cleanup_timestamp_authority_close) = NULL;
	AUTO_TENANT_CERTIFICATE struct tenant_certificate_record record = { 0 };
	AUTO_JSON json_t *document = NULL;
	AUTO_CERTIFICATE struct certificate_record files = { 0 };
	struct stamping stamping = { 0 };
	struct drawing drawing = { 0 };
	const struct tenant_issuer issuer = {
		.organisation = config->organisation,
		.name = options->name,
		.title = options->title,
		.place = options->place,
		.ticket = options->ticket,
		.erasure = config->deletion.erasure,
		.backups = config->backups,
		.backup_count = config->backup_count,
	};
	struct clock_reading now;
	char out[SETTINGS_FOLDER_SIZE];
	int64_t contract = 0;
	bool is_new = false;
	clock_read(&now);
	settings_folder(config, options->out, out);
	if (store_open(config->store, STORE_WRITE, &store, error) < 0 ||
		timestamp_authority_open(config, &authority, error) < 0 ||
		find_contract(store, invocation->arguments[0], &contract, error) < 0 ||
		keys_load(config, now.utc_ms, &keys, error) < 0 ||
		tenant_certificate_issue(
			store, contract, &issuer, keys, &now, &record, &is_new, error) < 0 ||
		find_files(store, record.name, &files, error) < 0)
		return command_failed(error);
	stamping_try(store, authority, &files, &stamping);
	if (certificate_export(store, &files, out, error) < 0 ||
		read_document(&record, &document, error) < 0)
		return command_failed(error);
	drawing_try(out, record.name, keys, authority, &drawing);
	int r = invocation->json
			? print_json(&record, document, is_new, &stamping, &drawing, out, error)
			: print_text(&record, document, &stamping, &drawing, out);
	if (r < 0)
		return command_failed(error);
	return tenant_stage_parse(record.outcome) == TENANT_STAGE_CLOSED ? ERROR_NONE
									 : ERROR_WAITING;
}

#define INTO(member) OPTION_INTO(struct report_tenant_values, member)

const struct cli_option report_tenant_options[] = {
	{ "out", "DIR", N_("write it here (default: STATE/certificates)"), option_text, INTO(out) },
	{ "name", "NAME", N_("who issues it"), option_text, INTO(name) },
	{ "title", "TITLE", N_("the title of who issues it"), option_text, INTO(title) },
	{ "place", "PLACE", N_("where it is issued"), option_text, INTO(place) },
	{ "ticket", "TICKET", N_("ticket of this work"), option_text, INTO(ticket) },
	{ 0 },
};
