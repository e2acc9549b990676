/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki wipe expired`: what ended contracts left behind is deleted, certified, and told. */
#include "cli/wipe_expired.h"

#include "base/day.h"
#include "base/file.h"
#include "cli/drawing.h"
#include "cli/output.h"
#include "cli/stamping.h"
#include "cli/stop.h"
#include "cli/wipe.h"
#include "reports/certificate/certificate.h"
#include "reports/certificate/tenant_certificate.h"
#include "verify/tenant/tenant.h"
#include "wipe/notice/notice.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* What certificates are made with; keys may be missing, and then they wait. */
struct issuing {
	struct store *store;
	const struct config *config;
	struct keys *keys;
	struct timestamp_authority *authority;
};

static void issuing_free(struct issuing *issuing)
{
	issuing->authority = timestamp_authority_close(issuing->authority);
	issuing->keys = keys_free(issuing->keys);
	issuing->store = store_close(issuing->store);
}

static void report_free(struct expired_report *report)
{
	for (size_t i = 0; i < report->certificate_count; i++)
		json_decref(report->certificates[i].outstanding);
	free(report->certificates);
	expired_result_free(&report->result);
	expired_plan_free(&report->plan);
}

/* -- certificates -- */

static int write_files(struct issuing *issuing, const struct tenant_certificate_record *record,
	const char *out, struct error *error)
{
	AUTO_CERTIFICATE struct certificate_record files = { 0 };
	struct stamping stamping = { 0 };
	struct drawing drawing = { 0 };
	int found = certificates_named(issuing->store, record->name, &files, error);
	if (found <= 0)
		return found == 0 ? store_error_corrupt(issuing->store, record->name, error)
				  : found;
	stamping_try(issuing->store, issuing->authority, &files, &stamping);
	int r = certificate_export(issuing->store, &files, out, error);
	if (r == 0)
		drawing_try(out, record->name, issuing->keys, issuing->authority, &drawing);
	return r;
}

static int read_document(const struct tenant_certificate_record *record,
	struct expired_certificate *ret, struct error *error)
{
	AUTO_JSON json_t *document = NULL;
	int r = json_parse(record->json, strlen(record->json), record->name, &document, error);
	if (r < 0)
		return r;
	const char *number =
		json_string_value(json_object_get(json_object_get(document, "contract"), "number"));
	(void)snprintf(ret->number, sizeof(ret->number), "%s", number ? number : "");
	json_decref(ret->outstanding);
	ret->outstanding = json_incref(json_object_get(document, "outstanding"));
	return 0;
}

static int certify(struct issuing *issuing, int64_t contract, const char *out,
	struct expired_certificate *ret, struct error *error)
{
	AUTO_TENANT_CERTIFICATE struct tenant_certificate_record record = { 0 };
	const struct tenant_issuer issuer = {
		.organisation = issuing->config->organisation,
		.name = "",
		.title = "",
		.place = "",
		.ticket = "",
		.erasure = issuing->config->deletion.erasure,
		.backups = issuing->config->backups,
		.backup_count = issuing->config->backup_count,
	};
	struct clock_reading now;
	bool is_new = false;
	clock_read(&now);
	int r = tenant_certificate_issue(
		issuing->store, contract, &issuer, issuing->keys, &now, &record, &is_new, error);
	if (r == 0)
		r = write_files(issuing, &record, out, error);
	if (r == 0)
		r = read_document(&record, ret, error);
	if (r < 0)
		return r;
	(void)snprintf(ret->name, sizeof(ret->name), "%s", record.name);
	(void)snprintf(ret->stage, sizeof(ret->stage), "%s", record.outcome);
	ret->is_new = ret->is_new || is_new;
	return 0;
}

static int tell(struct issuing *issuing, struct expired_report *report, int64_t contract,
	const struct expired_certificate *certificate, struct error *error)
{
	const struct expired_told told = {
		.contract_id = contract,
		.certificate = certificate->name,
		.closed = tenant_stage_parse(certificate->stage) == TENANT_STAGE_CLOSED,
		.outstanding = certificate->outstanding,
	};
	return expired_tell(
		issuing->store, issuing->config, &report->plan, &told, &report->result, error);
}

/* A certificate says whom it was told; so what was told now asks for the next one, once. */
static int certify_and_tell(struct issuing *issuing, struct expired_report *report,
	int64_t contract, struct expired_certificate *ret, struct error *error)
{
	int r = 0;
	for (unsigned round = 0; r == 0 && round < 2; round++) {
		size_t sent = report->result.notices_sent;
		r = certify(issuing, contract, report->out, ret, error);
		if (r == 0)
			r = tell(issuing, report, contract, ret, error);
		if (r < 0 || report->result.notices_sent == sent)
			break;
	}
	return r;
}

static int certify_all(struct issuing *issuing, struct expired_report *report, struct error *error)
{
	size_t count = report->result.contract_count;
	if (count == 0 || report->keys_error.kind != ERROR_NONE)
		return 0;
	int r = file_make_folder(report->out, 0755, error);
	if (r < 0)
		return r;
	report->certificates = calloc(count, sizeof(*report->certificates));
	if (!report->certificates)
		return error_no_memory(error);
	for (size_t i = 0; i < count; i++) {
		struct expired_certificate *one =
			&report->certificates[report->certificate_count++];
		int64_t contract = report->result.contracts[i];
		subject_format(&(struct subject){ SUBJECT_CONTRACT, contract }, one->contract);
		/* One that fails holds up no other. */
		if (certify_and_tell(issuing, report, contract, one, &one->error) < 0 &&
			one->error.kind == ERROR_NONE)
			error_set(&one->error, ERROR_FAILED, EIO, "certificate",
				_("No certificate could be made."));
	}
	return 0;
}

/* -- the run -- */

static int read_now(const char *text, int64_t *ret_utc_ms, struct error *error)
{
	int64_t day = 0;
	if (text[0] == '\0')
		return 0;
	if (clock_parse_offset(text, ret_utc_ms) == 0)
		return 0;
	if (day_parse(text, &day) == 0) {
		*ret_utc_ms = day_start_utc_ms(day);
		return 0;
	}
	return error_set(error, ERROR_USAGE, EINVAL, "option-value",
		_("--now \"%s\" is no day (2027-04-11) and no time (2027-04-11T01:00:00+09:00)."),
		text);
}

static int check_options(const struct wipe_options *options, int64_t *ret_now, struct error *error)
{
	if (options->now[0] && !options->dry_run) {
		error_set(error, ERROR_USAGE, EINVAL, "option-conflict",
			_("--now is for dry runs alone."));
		return error_next(error, _("Add --dry-run."));
	}
	return read_now(options->now, ret_now, error);
}

static int look_only(const struct config *config, int64_t now, struct expired_report *report,
	struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	int r = store_open(config->store, STORE_READ, &store, error);
	/* Own texts that cannot be filled in stop no deletion, and are told before one is needed. */
	(void)!notice_check(config, &report->result.notice_error);
	return r < 0 ? r : expired_look(store, config, now, &report->plan, error);
}

/* Without a key everything is done all the same: its evidence stands in the store, and the next run certifies it. */
static int open_issuing(struct issuing *issuing, struct expired_report *report, struct error *error)
{
	struct clock_reading now;
	clock_read(&now);
	int r = store_open(issuing->config->store, STORE_WRITE, &issuing->store, error);
	if (r == 0)
		r = timestamp_authority_open(issuing->config, &issuing->authority, error);
	if (r == 0 &&
		keys_load(issuing->config, now.utc_ms, &issuing->keys, &report->keys_error) < 0 &&
		report->keys_error.kind == ERROR_NONE)
		error_set(&report->keys_error, ERROR_FAILED, EIO, "keys",
			_("The keys cannot be loaded."));
	return r;
}

static int run_all(
	const struct invocation *invocation, struct expired_report *report, struct error *error)
{
	const struct config *config = &invocation->config;
	struct issuing issuing CLEANUP(issuing_free) = { .config = config };
	AUTO_FD int lock = -1;
	struct expired_progress progress = { .begun_ms = clock_monotonic_ms() };
	const struct expired_options options = {
		.progress = expired_show_progress,
		.context = &progress,
		.stop = stop_flag(),
	};
	stop_install();
	int r = expired_lock(config, &lock, error);
	if (r == 0)
		r = open_issuing(&issuing, report, error);
	if (r == 0)
		r = expired_look(issuing.store, config, 0, &report->plan, error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < report->plan.count; i++)
		progress.of += report->plan.items[i].runs;
	r = expired_run(issuing.store, config, &options, &report->plan, &report->result, error);
	return r < 0 ? r : certify_all(&issuing, report, error);
}

enum error_kind wipe_expired(const struct invocation *invocation, struct error *error)
{
	const struct wipe_options *options = invocation->values;
	struct expired_report report CLEANUP(report_free) = { .dry_run = options->dry_run };
	int64_t now = 0;
	settings_folder(&invocation->config, options->out, report.out);
	int r = check_options(options, &now, error);
	if (r == 0)
		r = options->dry_run ? look_only(&invocation->config, now, &report, error)
				     : run_all(invocation, &report, error);
	if (r == 0)
		r = invocation->json ? expired_print_json(&report, error)
				     : expired_print(&report, error);
	return r < 0 ? command_failed(error) : expired_code(&report);
}

#define INTO(member) OPTION_INTO(struct wipe_options, member)

const struct cli_option wipe_expired_options[] = {
	{ "dry-run", NULL, N_("show what would be done, and change nothing"), option_flag,
		INTO(dry_run) },
	{ "now", "TIME", N_("with --dry-run: as if it were this day or time"), option_text,
		INTO(now) },
	{ "out", "DIR", N_("write certificates here (default: STATE/certificates)"), option_text,
		INTO(out) },
	{ 0 },
};
