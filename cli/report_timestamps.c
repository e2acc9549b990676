/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki report timestamps`: stamp what waits, and say where the time stamp of each certificate stands. */
#include "cli/report_timestamps.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/drawing.h"
#include "cli/describe.h"
#include "cli/drawing.h"
#include "cli/output.h"
#include "cli/settings.h"
#include "inventory/jobs/certificates_cms.h"
#include "reports/certificate/certificate.h"
#include "reports/timestamp/timestamp.h"
#include "verify/certificate/detached.h"
#include <errno.h>
#include <string.h>

#define INTO(member) OPTION_INTO(struct report_timestamps_options, member)

const struct cli_option report_timestamps_options[] = {
	{ "out", "DIR", N_("write it here (default: STATE/certificates)"), option_text, INTO(out) },
	{ 0 },
};

enum stamp_state {
	STAMP_UNKNOWN,
	STAMP_STAMPED,   /* and checked */
	STAMP_UNCHECKED, /* there is one, and nobody is configured who may sign it */
	STAMP_FAILED,    /* there is one, and it is not good */
	STAMP_WAITING,
	STAMP_NOT_WANTED, /* no authority is configured */
};

struct stamp {
	const struct cms_state *certificate;
	enum stamp_state state;
	int64_t utc_ms;
	char authority[256];
	struct error error; /* why it is not there, or not good */
};

struct report {
	struct store *store;
	struct timestamp_authority *authority; /* NULL: none is configured */
	const struct keys *keys; /* NULL: not to be had; the next run draws the PDFs anew */
	char folder[SETTINGS_FOLDER_SIZE];
	struct error failure; /* of the stamping now */
	size_t done, waiting;
};

static const char *state_word(enum stamp_state state)
{
	switch (state) {
	case STAMP_STAMPED:
		return "stamped";
	case STAMP_UNCHECKED:
		return "unchecked";
	case STAMP_FAILED:
		return "failed";
	case STAMP_WAITING:
		return "waiting";
	case STAMP_NOT_WANTED:
		return "not-wanted";
	case STAMP_UNKNOWN:
		break;
	}
	return "unknown";
}

static const char *state_text(enum stamp_state state)
{
	switch (state) {
	case STAMP_STAMPED:
		return _("stamped");
	case STAMP_UNCHECKED:
		return _("stamped, not checked");
	case STAMP_FAILED:
		return _("NOT GOOD");
	case STAMP_WAITING:
		return _("waiting");
	case STAMP_NOT_WANTED:
		return _("not wanted");
	case STAMP_UNKNOWN:
		break;
	}
	return _("unknown");
}

/* --- looking --- */

static void check_issuer(
	const struct report *report, const struct detached_signer *issuer, struct stamp *stamp)
{
	CLEANUP(cleanup_trust_way_free) STACK_OF(X509) *way = NULL;
	stamp->state = STAMP_UNCHECKED;
	if (!report->authority)
		return;
	stamp->state = STAMP_FAILED;
	if (timestamp_check(issuer->token, issuer->token_length, issuer->value,
		    issuer->value_length, timestamp_authority_trust(report->authority),
		    &stamp->utc_ms, &way, &stamp->error) != 0)
		return;
	stamp->state = STAMP_STAMPED;
	trust_subject(sk_X509_value(way, 0), stamp->authority, sizeof(stamp->authority));
}

/* The issuer's stamp is the certificate's: what others signed later stands beside it. */
static void look_inside(const struct report *report, struct stamp *stamp)
{
	AUTO_CERTIFICATE_CMS struct certificate_cms form = { 0 };
	CLEANUP(cleanup_detached_free) struct detached *detached = NULL;
	struct detached_signer issuer;
	stamp->state = STAMP_FAILED;
	if (certificates_cms_latest(report->store, stamp->certificate->name, &form, &stamp->error) <
			0 ||
		detached_parse(form.p7s, form.length, NULL, &detached, &stamp->error) != 0)
		return;
	detached_signer_get(detached, 0, &issuer);
	if (issuer.token)
		check_issuer(report, &issuer, stamp);
	else
		error_set(&stamp->error, ERROR_FAILED, EBADMSG, "timestamp-malformed",
			_("There is no time stamp in it, though the store says so"));
}

static void look(
	const struct report *report, const struct cms_state *certificate, struct stamp *ret)
{
	*ret = (struct stamp){ .certificate = certificate };
	if (certificate->stamped) {
		look_inside(report, ret);
		return;
	}
	ret->state = report->authority ? STAMP_WAITING : STAMP_NOT_WANTED;
	if (report->authority)
		ret->error = report->failure;
}

/* --- saying --- */

static json_t *stamp_json(const struct stamp *stamp)
{
	AUTO_JSON json_t *json = json_object();
	char utc[CLOCK_TEXT_SIZE] = "", since[CLOCK_TEXT_SIZE];
	clock_format(stamp->certificate->since_utc_ms, since);
	if (stamp->state == STAMP_STAMPED)
		clock_format(stamp->utc_ms, utc);
	if (!json || json_put_string(json, "certificate", stamp->certificate->name) < 0 ||
		json_put_string(json, "state", state_word(stamp->state)) < 0 ||
		json_put_string(json, "utc", utc) < 0 ||
		json_put_string(json, "authority", stamp->authority) < 0 ||
		json_put_string(json, "since_utc", since) < 0 ||
		json_put(json, "error", output_error_json(&stamp->error)) < 0)
		return NULL;
	return json_incref(json);
}

static void add_row(struct table *table, const struct stamp *stamp)
{
	char when[DESCRIBE_TIME_SIZE];
	describe_time(
		stamp->state == STAMP_STAMPED ? stamp->utc_ms : stamp->certificate->since_utc_ms,
		when);
	table_cell(table, "%s", stamp->certificate->name);
	table_cell(table, "%s", state_text(stamp->state));
	table_cell(table, stamp->state == STAMP_STAMPED ? "%s" : _("since %s"), when);
	table_cell(
		table, "%s", stamp->state == STAMP_STAMPED ? stamp->authority : stamp->error.what);
}

/* 7 while something waits, 1 when one is not good: that is worse. */
static enum error_kind worse(enum error_kind code, enum stamp_state state)
{
	if (state == STAMP_FAILED || state == STAMP_UNKNOWN)
		return ERROR_FAILED;
	return code == ERROR_NONE && state == STAMP_WAITING ? ERROR_WAITING : code;
}

static enum error_kind print_json(
	const struct report *report, const struct cms_state_list *list, struct error *error)
{
	AUTO_OUTPUT_LIST struct output_list output = { 0 };
	enum error_kind code = ERROR_NONE;
	output_list_begin(&output, "certificates");
	for (size_t i = 0; i < list->count; i++) {
		struct stamp stamp;
		look(report, &list->items[i], &stamp);
		output_list_add(&output, stamp_json(&stamp));
		code = worse(code, stamp.state);
	}
	return output_list_end(&output, error) < 0 ? command_failed(error) : code;
}

static enum error_kind print_table(
	const struct report *report, const struct cms_state_list *list, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("CERTIFICATE"), false, true },
		{ N_("TIME STAMP"), false, true },
		{ N_("TIME"), false, true },
		{ N_("AUTHORITY"), false, false },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	enum error_kind code = ERROR_NONE;
	for (size_t i = 0; i < list->count; i++) {
		struct stamp stamp;
		look(report, &list->items[i], &stamp);
		add_row(&table, &stamp);
		code = worse(code, stamp.state);
	}
	if (output_table(&table, error) < 0)
		return command_failed(error);
	if (report->done > 0)
		output_line(stdout, _("Stamped now: %zu; their files were written anew in %s"),
			report->done, report->folder);
	return code;
}

/* --- all together --- */

static int export_anew(
	void *context, const struct certificate_record *certificate, struct error *error)
{
	const struct report *report = context;
	struct drawing ignored;
	int result = certificate_export(report->store, certificate, report->folder, error);
	if (result == 0 && report->keys)
		drawing_try(report->folder, certificate->name, report->keys, report->authority,
			&ignored);
	return result;
}

enum error_kind report_timestamps(const struct invocation *invocation, struct error *error)
{
	const struct report_timestamps_options *options = invocation->values;
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	struct timestamp_authority *authority CLEANUP(cleanup_timestamp_authority_close) = NULL;
	struct keys *keys CLEANUP(cleanup_keys_free) = NULL;
	struct error no_keys = { 0 };
	AUTO_CMS_STATES struct cms_state_list list = { 0 };
	struct report report = { 0 };
	struct clock_reading now;
	clock_read(&now);
	settings_folder(&invocation->config, options->out, report.folder);
	if (store_open(invocation->config.store, STORE_WRITE, &store, error) < 0 ||
		timestamp_authority_open(&invocation->config, &authority, error) < 0)
		return command_failed(error);
	if (authority && keys_load(&invocation->config, now.utc_ms, &keys, &no_keys) < 0)
		keys = NULL;
	report.store = store;
	report.keys = keys;
	report.authority = authority;
	int result = timestamp_pending(store, authority, now.utc_ms, export_anew, &report,
		&report.done, &report.waiting, &report.failure);
	if (result < 0)
		output_error(&report.failure);
	if (report.done > 0)
		drawing_refresh(&invocation->config, report.folder, NULL, authority);
	if (certificates_cms_states(store, false, &list, error) < 0)
		return command_failed(error);
	enum error_kind code = invocation->json ? print_json(&report, &list, error)
						: print_table(&report, &list, error);
	/* What was stamped and could not be written is no success either. */
	return code == ERROR_NONE && result < 0 ? report.failure.kind : code;
}
