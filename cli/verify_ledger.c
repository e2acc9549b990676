/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki verify ledger`: is an exported ledger whole and unchanged, did it grow from what was seen before, and
 * what do its records say is missing? */
#include "cli/verify_ledger.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/file.h"
#include "cli/output.h"
#include "cli/verify.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct checking {
	struct verify_findings *findings;
	struct ledger_progress progress;
};

static int take_record(void *context, const struct record *record, struct error *error)
{
	struct checking *checking = context;
	return verify_findings_take(checking->findings, record, error);
}

static void take_progress(void *context, uint64_t done, uint64_t size)
{
	struct checking *checking = context;
	ledger_progress_show(&checking->progress, done, size);
}

/* Everything found out about one ledger. */
struct ledger_told {
	const char *folder;
	const struct ledger_asked *asked;
	struct ledger_report report;
	const struct verify_findings *findings;
};

static bool is_valid(const struct ledger_told *told)
{
	return told->asked->key_error.kind == ERROR_NONE && told->report.valid;
}

/* ---- for people ---- */

static const char *check_text(enum ledger_check_name check)
{
	switch (check) {
	case LEDGER_CHECKPOINT:
		return _("the head is signed by the ledger's key");
	case LEDGER_TILES:
		return _("the tree is whole, and is the one whose head is signed");
	case LEDGER_ENTRIES:
		return _("every entry is there and stands in the tree");
	case LEDGER_RECORDS:
		return _("every record is there, unchanged and in its place");
	case LEDGER_CERTIFICATES:
		return _("the certificates beside it are those its records name");
	case LEDGER_CONSISTENT:
		return _("it grew from the earlier heads, nothing removed");
	case LEDGER_COSIGNED:
		return _("the witnesses have signed the head");
	case LEDGER_CHECKS:
		break;
	}
	return "?";
}

static const char *result_text(enum ledger_result result)
{
	switch (result) {
	case LEDGER_NOT_MADE:
		return _("not checked");
	case LEDGER_PASSED:
		return _("yes");
	case LEDGER_FAILED:
		return _("NO");
	case LEDGER_ABSENT:
		return _("nothing was given to check");
	}
	return "?";
}

static void print_check(const char *text, enum ledger_result result, const struct error *error)
{
	output_line(stdout, "  %s: %s", text, result_text(result));
	if (error->kind == ERROR_NONE)
		return;
	output_line(stdout, "      %s", error->what);
	if (error->next[0])
		output_line(stdout, "      → %s", error->next);
}

static void print_head(const struct ledger_told *told)
{
	const struct ledger_report *report = &told->report;
	output_line(stdout, _("  %s: %" PRIu64 " records"), report->head.origin, report->head.size);
	if (report->withheld > 0)
		output_line(stdout,
			_("  %" PRIu64 " of them are withheld: they stand in the ledger, and what "
			  "they say was left out of this copy"),
			report->withheld);
	if (report->checks[LEDGER_CERTIFICATES].result != LEDGER_ABSENT)
		output_line(stdout,
			_("  %" PRIu64 " of its %" PRIu64 " certificates lie beside it"),
			report->certificates, report->certificates_recorded);
	if (told->asked->signer[0])
		output_line(stdout, _("  its key was signed by %s"), told->asked->signer);
}

static int print_ledger(const struct ledger_told *told, struct error *error)
{
	const struct ledger_report *report = &told->report;
	const struct error *key_error = &told->asked->key_error;
	if (!is_valid(told)) {
		output_line(stdout, "%s", _("INVALID"));
		output_line(stdout, "  → %s",
			_("Do not rely on this ledger. Ask for another copy, and keep this one."));
	} else if (!verify_findings_are_good(told->findings)) {
		output_line(stdout, "%s", _("VALID, but NOT COMPLETE"));
		print_head(told);
	} else {
		output_line(stdout, "%s", _("VALID"));
		print_head(told);
	}
	output_line(stdout, "%s", told->folder);
	if (!told->asked->key_is_given)
		print_check(_("its key is the one the issuer signed"),
			key_error->kind == ERROR_NONE ? LEDGER_PASSED : LEDGER_FAILED, key_error);
	for (enum ledger_check_name i = 0; i < LEDGER_CHECKS; i++)
		print_check(check_text(i), report->checks[i].result, &report->checks[i].error);
	return is_valid(told) ? verify_findings_print(told->findings, error) : 0;
}

/* ---- for programs ---- */

static const char *result_word(enum ledger_result result)
{
	switch (result) {
	case LEDGER_NOT_MADE:
		return "not-made";
	case LEDGER_PASSED:
		return "passed";
	case LEDGER_FAILED:
		return "failed";
	case LEDGER_ABSENT:
		return "absent";
	}
	return "not-made";
}

static int add_check(
	json_t *checks, const char *word, enum ledger_result result, const struct error *error)
{
	AUTO_JSON json_t *json = json_object();
	if (!json || json_put_string(json, "check", word) < 0 ||
		json_put_string(json, "result", result_word(result)) < 0 ||
		json_put(json, "error", output_error_json(error)) < 0)
		return -ENOMEM;
	return json_push(checks, json_incref(json));
}

static json_t *checks_json(const struct ledger_told *told)
{
	AUTO_JSON json_t *checks = json_array();
	const struct error *key_error = &told->asked->key_error;
	enum ledger_result key = LEDGER_PASSED;
	if (told->asked->key_is_given)
		key = LEDGER_ABSENT;
	else if (key_error->kind != ERROR_NONE)
		key = LEDGER_FAILED;
	if (!checks || add_check(checks, "key", key, key_error) < 0)
		return NULL;
	for (enum ledger_check_name i = 0; i < LEDGER_CHECKS; i++)
		if (add_check(checks, ledger_check_word(i), told->report.checks[i].result,
			    &told->report.checks[i].error) < 0)
			return NULL;
	return json_incref(checks);
}

/* "" where no head was found good. */
static int put_root(json_t *json, const struct ledger_report *report)
{
	AUTO_BUFFER struct buffer root = BUFFER_INIT(64);
	if (report->checks[LEDGER_CHECKPOINT].result == LEDGER_PASSED &&
		base64_encode(report->head.root.bytes, SHA256_BYTES, &root) < 0)
		return -ENOMEM;
	return json_put_string(json, "root", buffer_text(&root));
}

static json_t *told_json(const struct ledger_told *told)
{
	AUTO_JSON json_t *json = json_object();
	const struct ledger_report *report = &told->report;
	const struct ledger_asked *asked = told->asked;
	char vkey[NOTE_VKEY_MAX] = "";
	if (asked->key_error.kind == ERROR_NONE)
		note_key_format(&asked->key, vkey);
	if (!json || json_put_string(json, "folder", told->folder) < 0 ||
		json_put_integer(json, "valid", is_valid(told)) < 0 ||
		json_put_integer(json, "complete",
			is_valid(told) && verify_findings_are_complete(told->findings)) < 0 ||
		json_put_string(json, "key", vkey) < 0 ||
		json_put_string(json, "signer", asked->signer) < 0 ||
		json_put_string(json, "origin", report->head.origin) < 0 ||
		json_put_integer(json, "size", (int64_t)report->head.size) < 0 ||
		put_root(json, report) < 0 ||
		json_put_integer(json, "records", (int64_t)report->records) < 0 ||
		json_put_integer(json, "withheld", (int64_t)report->withheld) < 0 ||
		json_put_integer(json, "older", (int64_t)verify_findings_older(told->findings)) <
			0 ||
		json_put_integer(json, "certificates", (int64_t)report->certificates) < 0 ||
		json_put_integer(json, "certificates_recorded",
			(int64_t)report->certificates_recorded) < 0 ||
		json_put(json, "checks", checks_json(told)) < 0 ||
		json_put(json, "findings",
			is_valid(told) ? verify_findings_json(told->findings) : json_array()) < 0)
		return NULL;
	return json_incref(json);
}

/* ---- the command ---- */

static int check(const struct ledger_asked *asked, struct ledger_told *told,
	struct checking *checking, struct error *error)
{
	struct clock_reading now;
	const struct ledger_question question = {
		.folder = told->folder,
		.key = &asked->key,
		.since = (const char *const *)asked->since,
		.since_count = asked->since_count,
		.witnesses = asked->witnesses,
		.witness_count = asked->witness_count,
		.record = take_record,
		.progress = take_progress,
		.context = checking,
	};
	if (asked->key_error.kind != ERROR_NONE)
		return 0;
	ledger_progress_begin(&checking->progress);
	int r = ledger_check(&question, &told->report, error);
	ledger_progress_end(&checking->progress);
	if (r < 0 || !told->report.valid)
		return r;
	clock_read(&now);
	return verify_findings_end(checking->findings, told->report.head.size, now.utc_ms, error);
}

/* A path that was mistyped is no ledger that is invalid. */
static int look_for(const char *folder, struct error *error)
{
	struct stat status;
	int errnum = ENOTDIR;
	if (stat(folder, &status) < 0)
		errnum = errno;
	else if (S_ISDIR(status.st_mode))
		return 0;
	return file_advise(error_set(error, ERROR_FAILED, errnum, "ledger-folder",
				   _("Cannot open %s: %s"), folder, strerror(errnum)),
		error);
}

enum error_kind verify_ledger(const struct invocation *invocation, struct error *error)
{
	AUTO_LEDGER_ASKED struct ledger_asked asked = { 0 };
	struct verify_findings *findings CLEANUP(cleanup_verify_findings_drop) = NULL;
	if (look_for(invocation->arguments[0], error) < 0 ||
		ledger_ask(invocation, &asked, error) < 0 ||
		verify_findings_begin(&findings, error) < 0)
		return command_failed(error);
	struct checking checking = { .findings = findings };
	struct ledger_told told = {
		.folder = invocation->arguments[0], .asked = &asked, .findings = findings
	};
	if (check(&asked, &told, &checking, error) < 0)
		return command_failed(error);
	int r = invocation->json ? output_json(told_json(&told), error)
				 : print_ledger(&told, error);
	if (r < 0)
		return command_failed(error);
	return is_valid(&told) && verify_findings_are_good(findings) ? ERROR_NONE : ERROR_FAILED;
}
