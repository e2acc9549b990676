/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki report destroyed`: how drives ended, with custody, witnesses, certificates, and what is wrong. */
#include "base/clock.h"
#include "cli/describe.h"
#include "cli/inventory_custody.h"
#include "cli/output.h"
#include "cli/report_audit.h"
#include "reports/audit/audit_store.h"
#include "verify/judge/judge.h"
#include <errno.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* A stored time as the reader's. */
static void time_of(const json_t *object, const char *key, char ret[static DESCRIBE_TIME_SIZE])
{
	int64_t utc_ms = 0;
	if (clock_parse(text_of(object, key), &utc_ms) < 0)
		utc_ms = 0;
	describe_time(utc_ms, ret);
}

static void print_given(const json_t *detail)
{
	static const struct described given[] = {
		{ "certificate", N_("certificate") },
		{ "receiver", N_("receiver") },
		{ "witness", N_("witness") },
		{ "reason", N_("reason") },
		{ "ticket", N_("ticket") },
		{ "job", N_("job") },
	};
	for (size_t i = 0; i < ARRAY_SIZE(given); i++)
		if (*text_of(detail, given[i].word))
			output_line(stdout, "      %s: %s", _(given[i].text),
				text_of(detail, given[i].word));
}

static void print_steps(const json_t *steps)
{
	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);
		const json_t *detail = json_object_get(step, "detail");
		const char *action = text_of(step, "action");
		char utc[DESCRIBE_TIME_SIZE];
		time_of(step, "utc", utc);
		if (strcmp(action, "custody") == 0)
			output_line(stdout, "  %s  %s → %s  %s", utc, text_of(detail, "from"),
				text_of(detail, "to"), text_of(step, "actor"));
		else
			output_line(stdout, "  %s  %s  %s", utc, action, text_of(step, "actor"));
		print_given(detail);
	}
}

static void print_certificates(const json_t *certificates)
{
	for (size_t i = 0; i < json_array_size(certificates); i++) {
		const json_t *one = json_array_get(certificates, i);
		const json_t *signatures = json_object_get(one, "signatures");
		char issued[DESCRIBE_TIME_SIZE];
		time_of(one, "issued_utc", issued);
		output_line(stdout, "  %s  %s: %s, %s", issued, text_of(one, "name"),
			describe_outcome(outcome_parse(text_of(one, "outcome"))),
			describe_level_word(text_of(one, "level")));
		if (*text_of(one, "operator"))
			output_line(
				stdout, "      %s: %s", _("operator"), text_of(one, "operator"));
		if (*text_of(one, "witness"))
			output_line(stdout, "      %s: %s", _("witness"), text_of(one, "witness"));
		for (size_t j = 0; j < json_array_size(signatures); j++)
			output_line(stdout, _("      signed by %s (%s)"),
				text_of(json_array_get(signatures, j), "person"),
				text_of(json_array_get(signatures, j), "role"));
	}
}

static void print_findings(const json_t *findings)
{
	for (size_t i = 0; i < json_array_size(findings); i++) {
		const json_t *finding = json_array_get(findings, i);
		output_line(
			stdout, "  %s: %s", text_of(finding, "kind"), text_of(finding, "detail"));
	}
}

/* What its end rests on. */
static const char *verdict_of(const struct drive_end *end)
{
	if (!end->ended)
		return _("NOT ENDED: it is still in our custody");
	if (end->fails)
		return _("ENDED, AND SOMETHING IS WRONG");
	return end->proven ? _("ENDED, PROVEN") : _("ENDED BEFORE A WITNESS, NOT PROVEN");
}

static void print_end(const struct drive_end *end)
{
	const json_t *document = end->document;
	output_line(stdout, "%s  %s (%s)", text_of(document, "id"), text_of(document, "model"),
		*text_of(document, "serial") ? text_of(document, "serial")
					     : text_of(document, "wwn"));
	output_line(stdout, "  %s", verdict_of(end));
	if (*text_of(document, "asset_number"))
		output_line(stdout, _("  asset number %s"), text_of(document, "asset_number"));
	print_findings(json_object_get(document, "findings"));
	output_line(stdout, "%s", _("Custody"));
	print_steps(json_object_get(document, "steps"));
	output_line(stdout, "%s", _("Certificates"));
	print_certificates(json_object_get(document, "certificates"));
}

static enum error_kind code_of(const struct drive_end *end)
{
	return end->ended && !end->fails ? ERROR_NONE : ERROR_FAILED;
}

/* The drives that were named, all or none of them. */
struct ends {
	struct drive_end *items; /* owned */
	size_t count;
};

static void ends_free(struct ends *ends)
{
	for (size_t i = 0; i < ends->count; i++)
		drive_end_free(&ends->items[i]);
	free(ends->items);
}

static int read_ends(const struct invocation *invocation, struct ends *ends, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	size_t count = invocation->argument_count;
	AUTO_FREE int64_t *ids = calloc(count, sizeof(*ids));
	struct clock_reading now;
	clock_read(&now);
	ends->items = calloc(count, sizeof(*ends->items));
	if (!ids || !ends->items)
		return error_no_memory(error);
	ends->count = count;
	int r = store_open(invocation->config.store, STORE_READ, &store, error);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct drive_record drive;
		r = inventory_one_drive(store, invocation->arguments[i], &drive, error);
		if (r == 0)
			ids[i] = drive.id;
	}
	if (r < 0)
		return r;
	return drive_ends_of_store(store, ids, count, now.utc_ms, ends->items, error);
}

enum error_kind report_destroyed(const struct invocation *invocation, struct error *error)
{
	CLEANUP(ends_free) struct ends ends = { 0 };
	AUTO_OUTPUT_LIST struct output_list list = { 0 };
	enum error_kind code = ERROR_NONE;
	if (read_ends(invocation, &ends, error) < 0)
		return command_failed(error);
	if (invocation->json)
		output_list_begin(&list, "drives");
	for (size_t i = 0; i < ends.count; i++) {
		if (code_of(&ends.items[i]) != ERROR_NONE)
			code = ERROR_FAILED;
		if (invocation->json)
			output_list_add(&list, json_incref(ends.items[i].document));
		else
			print_end(&ends.items[i]);
	}
	if (invocation->json && output_list_end(&list, error) < 0)
		return command_failed(error);
	return code;
}
