/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki report audit`: the auditor's report over a period, in the form that was asked for. */
#include "cli/report_audit.h"

#include "base/clock.h"
#include "base/day.h"
#include "base/file.h"
#include "cli/output.h"
#include "cli/verify.h"
#include "cli/verify_ledger.h"
#include "reports/audit/audit_store.h"
#include <errno.h>
#include <string.h>

enum form { FORM_TEXT, FORM_CSV, FORM_PDF, FORM_JSON };

/* -- what was asked -- */

static int read_day(const char *option, const char *text, int64_t *ret, struct error *error)
{
	if (!*text)
		return error_set(error, ERROR_USAGE, EINVAL, "period-missing",
			_("The audit needs a period: --from DAY --to DAY, both included"));
	if (day_parse(text, ret) == 0)
		return 0;
	return error_set(error, ERROR_USAGE, EINVAL, "day-malformed",
		_("The value of --%s is no day of the calendar, written 2027-03-31: %s"), option,
		text);
}

static int read_question(const struct report_audit_options *options, int64_t now_utc_ms,
	struct audit_question *ret, struct error *error)
{
	*ret = (struct audit_question){ .now_utc_ms = now_utc_ms, .seed = options->seed };
	int r = read_day("from", options->from, &ret->from_day, error);
	if (r == 0)
		r = read_day("to", options->to, &ret->to_day, error);
	if (r == 0 && ret->from_day > ret->to_day)
		r = error_set(error, ERROR_USAGE, EINVAL, "period-empty",
			_("The period ends before it begins: %s, %s"), options->from, options->to);
	return r;
}

static int read_form(const struct invocation *invocation, enum form *ret, struct error *error)
{
	static const char *const words[] = {
		[FORM_TEXT] = "text", [FORM_CSV] = "csv", [FORM_PDF] = "pdf", [FORM_JSON] = "json"
	};
	const struct report_audit_options *options = invocation->values;
	const char *word = options->format;
	if (!*word)
		word = invocation->json ? "json" : "text";
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i], word) != 0 || (invocation->json && i != FORM_JSON))
			continue;
		*ret = (enum form)i;
		return 0;
	}
	return invocation->json
		       ? error_set(error, ERROR_USAGE, EINVAL, "format-twice",
				 _("--json and --format %s name two formats"), word)
		       : error_set(error, ERROR_USAGE, EINVAL, "format-unknown",
				 _("There is no format \"%s\"; one of: text, csv, pdf, json"),
				 word);
}

/* -- where the records are -- */

/* An exported ledger, by its key: as verify ledger asks for it. */
static int read_ledger(const struct invocation *invocation, const struct audit_question *question,
	struct audit *ret, struct error *error)
{
	const struct report_audit_options *options = invocation->values;
	AUTO_LEDGER_ASKED struct ledger_asked asked = { 0 };
	struct verify_ledger_options inner_options = { 0 };
	const char *const arguments[] = { options->ledger };
	struct invocation inner = *invocation;
	memcpy(inner_options.ledger_key, options->ledger_key, sizeof(inner_options.ledger_key));
	memcpy(inner_options.trust, options->trust, sizeof(inner_options.trust));
	inner.values = &inner_options;
	inner.arguments = arguments;
	inner.argument_count = 1;
	int r = ledger_ask(&inner, &asked, error);
	if (r == 0 && asked.key_error.kind != ERROR_NONE) {
		*error = asked.key_error;
		r = -EBADMSG;
	}
	return r < 0 ? r : audit_of_ledger(options->ledger, &asked.key, question, ret, error);
}

static int read_records(const struct invocation *invocation, const struct audit_question *question,
	struct audit *ret, struct error *error)
{
	const struct report_audit_options *options = invocation->values;
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	if (options->ledger[0])
		return read_ledger(invocation, question, ret, error);
	if (options->ledger_key[0] || options->trust[0])
		return error_set(error, ERROR_USAGE, EINVAL, "ledger-missing",
			_("--trust and --ledger-key go with --ledger DIR"));
	int r = store_open(invocation->config.store, STORE_READ, &store, error);
	return r < 0 ? r : audit_of_store(store, question, ret, error);
}

/* -- what is written -- */

static int write_text(const struct audit *audit, struct buffer *ret, struct error *error)
{
	AUTO_FREE char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	if (!stream)
		return error_no_memory(error);
	int r = report_audit_print(stream, audit, error);
	if (fclose(stream) != 0 && r == 0)
		r = error_no_memory(error);
	if (r == 0 && buffer_append(ret, text, length) < 0)
		r = error_no_memory(error);
	return r;
}

static int write_form(const struct invocation *invocation, enum form form,
	const struct audit *audit, struct buffer *ret, struct error *error)
{
	int r = 0;
	switch (form) {
	case FORM_TEXT:
		return write_text(audit, ret, error);
	case FORM_PDF:
		return audit_write_pdf(audit, invocation->config.organisation, ret, error);
	case FORM_CSV:
		r = audit_write_csv(audit, ret);
		break;
	case FORM_JSON:
		r = audit_write_json(audit, ret);
		if (r == 0)
			r = buffer_append_text(ret, "\n");
		break;
	}
	if (r == -EOVERFLOW)
		return error_set(error, ERROR_FAILED, EFBIG, "audit-large",
			_("The report is larger than can be written; take a shorter period"));
	return r < 0 ? error_no_memory(error) : 0;
}

static int deliver(const struct invocation *invocation, enum form form, const struct buffer *text,
	struct error *error)
{
	const struct report_audit_options *options = invocation->values;
	if (options->out[0])
		return file_write(options->out, text->data, text->length, 0644, error);
	if (form == FORM_PDF && isatty(STDOUT_FILENO)) {
		error_set(error, ERROR_USAGE, EINVAL, "out-missing",
			_("A PDF is nothing for a terminal"));
		return error_next(error, _("Name a file: --out FILE"));
	}
	(void)fwrite(text->data, 1, text->length, stdout); /* output_finish looks at it */
	return 0;
}

static void say_written(const struct report_audit_options *options, const struct audit *audit)
{
	size_t failures = 0;
	for (size_t i = 0; i < audit->findings.count; i++)
		failures += finding_is_failure(audit->findings.items[i].kind);
	output_line(stdout, "%s", options->out);
	output_line(stdout, _("Findings: %zu (failures: %zu). Certificates: %zu."),
		audit->findings.count, failures, audit->certificate_count);
}

static int make(const struct invocation *invocation, struct audit *audit, struct error *error)
{
	const struct report_audit_options *options = invocation->values;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(AUDIT_MAX_BYTES);
	struct audit_question question;
	struct clock_reading now;
	enum form form = FORM_TEXT;
	clock_read(&now);
	int r = read_question(options, now.utc_ms, &question, error);
	if (r == 0)
		r = read_form(invocation, &form, error);
	if (r == 0)
		r = read_records(invocation, &question, audit, error);
	if (r == 0)
		r = write_form(invocation, form, audit, &text, error);
	if (r == 0)
		r = deliver(invocation, form, &text, error);
	if (r == 0 && options->out[0] && !invocation->json)
		say_written(options, audit);
	return r;
}

enum error_kind report_audit(const struct invocation *invocation, struct error *error)
{
	AUTO_AUDIT struct audit audit = { 0 };
	if (make(invocation, &audit, error) < 0)
		return command_failed(error);
	return findings_fail(&audit.findings) ? ERROR_FAILED : ERROR_NONE;
}

#define INTO(member) OPTION_INTO(struct report_audit_options, member)

const struct cli_option report_audit_options[] = {
	{ "from", "DAY", N_("first day of the period, 2027-04-01 (Asia/Tokyo)"), option_text,
		INTO(from) },
	{ "to", "DAY", N_("last day of the period, 2028-03-31"), option_text, INTO(to) },
	{ "seed", "TEXT", N_("chooses what to check again (default: the ledger's last record)"),
		option_text, INTO(seed) },
	{ "format", "FORMAT", N_("text, csv, pdf or json (default: text)"), option_text,
		INTO(format) },
	{ "out", "FILE", N_("write it here instead of to the terminal"), option_text, INTO(out) },
	{ "ledger", "DIR", N_("from this exported ledger instead of the store"), option_text,
		INTO(ledger) },
	{ "ledger-key", "KEY", N_("the ledger's key: a file, or the line in it"), option_text,
		INTO(ledger_key) },
	{ "trust", "FILE", N_("trust this issuer (default: ca.crt of the keys folder)"),
		option_text, INTO(trust) },
	{ 0 },
};
