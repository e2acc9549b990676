/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The results of jobs: certificate, verdict, and how they are told. */
#include "cli/result.h"

#include "base/text.h"
#include "cli/describe.h"
#include "cli/output.h"
#include "cli/table.h"
#include <errno.h>
#include <string.h>

/* The plan of a refused job cannot be read as one that runs, so only the subject is. */
static int read_identity(
	const struct job_record *record, struct drive_identity *ret, struct error *error)
{
	json_t *identity = NULL;
	int r = json_get_object(record->subject, "subject", "identity", &identity, error);
	return r < 0 ? r : identity_from_json(identity, ret, error);
}

int result_read(struct store *store, const char *job, struct job_result *ret, struct error *error)
{
	AUTO_JOB struct job_record record = { 0 };
	struct job_result result = { 0 };
	int r = jobs_load(store, job, &record, error);
	if (r < 0)
		return r;
	snprintf(result.job, sizeof(result.job), "%s", record.id);
	result.state = record.state;
	result.pending = record.state == JOB_READY || record.state == JOB_RUNNING;
	r = read_identity(&record, &result.identity, error);
	if (r == 0)
		r = run_judge(store, job, &result.verdict, error);
	if (r < 0)
		return r;
	AUTO_CERTIFICATE struct certificate_record certificate = { 0 };
	r = certificates_latest(store, job, &certificate, error);
	if (r < 0)
		return r;
	if (r == 1 && record.state == JOB_CERTIFIED)
		snprintf(result.certificate, sizeof(result.certificate), "%s", certificate.name);
	*ret = result;
	return 0;
}

/* As the certificate says; one that was issued can be read. */
static size_t count_outstanding(const struct certificate_record *certificate)
{
	AUTO_JSON json_t *json = NULL;
	if (json_parse(certificate->json, strlen(certificate->json), certificate->name, &json,
		    NULL) < 0)
		return 0;
	return json_array_size(json_object_get(json, "outstanding"));
}

static void refresh_state(struct store *store, struct job_result *result)
{
	AUTO_JOB struct job_record record = { 0 };
	struct error ignored = { 0 };
	if (jobs_load(store, result->job, &record, &ignored) == 0)
		result->state = record.state;
}

void result_certify(struct store *store, const struct keys *keys,
	struct timestamp_authority *authority, const char *out, struct job_result *result)
{
	AUTO_CERTIFICATE struct certificate_record certificate = { 0 };
	struct clock_reading now;
	clock_read(&now);
	if (certificate_issue(store, result->job, keys, &now, &certificate,
		    &result->certificate_error) == 0) {
		result->outstanding = count_outstanding(&certificate);
		stamping_try(store, authority, &certificate, &result->stamping);
		if (certificate_export(store, &certificate, out, &result->certificate_error) == 0) {
			snprintf(result->certificate, sizeof(result->certificate), "%s",
				certificate.name);
			drawing_try(out, certificate.name, keys, authority, &result->drawing);
		}
	}
	refresh_state(store, result);
	/* Issuing may have recorded the end of the owner: only now the evidence is complete. */
	result->verdict = (struct verdict){ 0 };
	struct error error = { 0 };
	if (run_judge(store, result->job, &result->verdict, &error) < 0) {
		result->verdict = (struct verdict){ 0 };
		if (result->error.kind == ERROR_NONE)
			result->error = error;
	}
}

/* Nobody lived to record the interruption; the judge cannot know, the store does. */
static bool is_cut(const struct job_result *result)
{
	return result->verdict.outcome == OUTCOME_UNKNOWN && result->state == JOB_INTERRUPTED;
}

enum error_kind result_code(const struct job_result *result)
{
	if (result->log[0])
		return ERROR_NONE; /* started apart, which is all that was asked */
	switch (result->verdict.outcome) {
	case OUTCOME_PROVEN:
		return result->certificate[0] ? ERROR_NONE : ERROR_WAITING;
	case OUTCOME_REFUSED:
		return result->refusal == ERROR_NONE ? ERROR_REFUSED : result->refusal;
	case OUTCOME_INTERRUPTED:
		return ERROR_INTERRUPTED;
	case OUTCOME_UNKNOWN:
		if (is_cut(result))
			return ERROR_INTERRUPTED;
		/* Not run at all (the drive is not there): as its error says. */
		return result->error.kind == ERROR_NONE ? ERROR_FAILED : result->error.kind;
	case OUTCOME_FAILED:
		return ERROR_FAILED;
	}
	return ERROR_FAILED;
}

static json_t *result_json(const struct job_result *result, const char *out)
{
	AUTO_JSON json_t *json = json_object();
	json_t *verdict = NULL;
	if (!json || verdict_to_json(&result->verdict, &verdict) < 0 ||
		json_object_update_new(json, verdict) < 0 ||
		json_put_string(json, "job", result->job) < 0 ||
		json_put_string(json, "serial", result->identity.serial) < 0 ||
		json_put_string(json, "wwn", result->identity.wwn) < 0 ||
		json_put_string(json, "model", result->identity.model) < 0 ||
		json_put_string(json, "name", result->identity.name) < 0 ||
		json_put_string(json, "state", job_state_name(result->state)) < 0 ||
		json_put_string(json, "certificate", result->certificate) < 0 ||
		json_put_integer(json, "outstanding", (int64_t)result->outstanding) < 0 ||
		json_put_string(json, "folder", result->certificate[0] ? out : "") < 0 ||
		json_put_string(json, "log", result->log) < 0 ||
		json_put_string(json, "fall_back_of", result->fall_back_of) < 0 ||
		json_put_integer(json, "exit_code", result_code(result)) < 0 ||
		json_put(json, "error", output_error_json(&result->error)) < 0 ||
		json_put(json, "certificate_error", output_error_json(&result->certificate_error)) <
			0 ||
		stamping_put(json, &result->stamping) < 0 ||
		drawing_put(json, &result->drawing) < 0)
		return NULL;
	return json_incref(json);
}

static int print_json(const struct job_result *results, size_t count, const char *out,
	const struct error *general, struct error *error)
{
	AUTO_JSON json_t *json = json_object();
	AUTO_JSON json_t *jobs = json_array();
	if (!json || !jobs)
		return error_no_memory(error);
	for (size_t i = 0; i < count; i++)
		if (json_push(jobs, result_json(&results[i], out)) < 0)
			return error_no_memory(error);
	if (json_put(json, "jobs", json_incref(jobs)) < 0)
		return error_no_memory(error);
	if (general && general->kind != ERROR_NONE &&
		json_put(json, "error", output_error_json(general)) < 0)
		return error_no_memory(error);
	return output_json(json_incref(json), error);
}

static const char *verdict_text(const struct job_result *result)
{
	if (result->verdict.outcome == OUTCOME_PROVEN)
		return _("PROVEN");
	if (result->pending)
		return _("not proven yet");
	return _("NOT PROVEN");
}

/* How a job that is not proven came to rest, or where it stands. */
static const char *outcome_text(const struct job_result *result)
{
	if (result->pending)
		return describe_state(result->state);
	enum outcome outcome = result->verdict.outcome;
	return outcome == OUTCOME_PROVEN ? "" : describe_outcome(outcome);
}

static int print_table(const struct job_result *results, size_t count, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("VERDICT"), false, true },
		{ N_("SERIAL"), false, true },
		{ N_("MODEL"), false, false },
		{ N_("OUTCOME"), false, true },
		{ N_("LEVEL"), false, true },
		{ N_("VERIFICATION"), false, true },
		{ N_("JOB"), false, true },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	table.spare = 2; /* the model: the serial says which drive it is */
	for (size_t i = 0; i < count; i++) {
		const struct job_result *result = &results[i];
		bool proven = result->verdict.outcome == OUTCOME_PROVEN;
		table_cell(&table, "%s", verdict_text(result));
		table_cell(&table, "%s", result->identity.serial);
		table_cell(&table, "%s", result->identity.model);
		table_cell(&table, "%s", outcome_text(result));
		table_cell(&table, "%s", proven ? describe_level(result->verdict.level) : "");
		table_cell(&table, "%s",
			proven ? describe_verification_short(result->verdict.verification) : "");
		table_cell(&table, "%s", result->job);
	}
	return output_table(&table, error);
}

static void print_next(const struct job_result *result)
{
	if (result->error.next[0])
		output_line(stdout, "  → %s", result->error.next);
	if (result->pending)
		return;
	if (result->superseded) {
		output_line(stdout, "  → %s", _("Another method was tried after it, see below."));
		return;
	}
	enum outcome outcome = is_cut(result) ? OUTCOME_INTERRUPTED : result->verdict.outcome;
	switch (outcome) {
	case OUTCOME_INTERRUPTED:
		/* Where a drive goes on by itself that has been said already. */
		if (!strstr(result->error.next, result->job))
			output_line(stdout, _("  → Go on with: haiki wipe resume %s"), result->job);
		return;
	case OUTCOME_UNKNOWN:
	case OUTCOME_FAILED:
		output_line(
			stdout, "  → %s", _("The drive may still hold data. Keep it locked away."));
		return;
	case OUTCOME_REFUSED:
	case OUTCOME_PROVEN:
		return;
	}
}

static void print_reasons(const struct job_result *result)
{
	char label[IDENTITY_LABEL_MAX];
	identity_label(&result->identity, label);
	output_line(stdout, "%s", "");
	output_line(stdout, "%s: %s", verdict_text(result), label);
	if (result->error.kind != ERROR_NONE)
		output_line(stdout, "  %s", result->error.what);
	for (size_t i = 0; i < result->verdict.reason_count; i++) {
		const char *text = judge_reason_text(result->verdict.reasons[i].code);
		if (result->verdict.reasons[i].step > 0)
			output_line(stdout, _("  step %d: %s"),
				(int)result->verdict.reasons[i].step, text);
		else
			output_line(stdout, "  %s", text);
	}
	print_next(result);
}

static void print_certificate(const struct job_result *result, const char *out)
{
	if (result->certificate[0] && *out)
		output_line(stdout, "  %s/%s.json", out, result->certificate);
	else if (result->certificate[0])
		output_line(stdout, "  %s", result->certificate);
	if (result->certificate[0] && *out && result->drawing.there)
		output_line(stdout, "  %s/%s.pdf", out, result->certificate);
	stamping_print(&result->stamping);
	drawing_print(&result->drawing);
	if (result->outstanding > 0) {
		output_line(stdout, _("  Copies of its keys that are not destroyed: %zu"),
			result->outstanding);
		output_line(stdout, "  → %s",
			_("They open what was on it. See: haiki inventory list key-copies"));
	}
	if (result->certificate_error.kind == ERROR_NONE)
		return;
	output_line(stdout, _("  There is no certificate for job %s: %s"), result->job,
		result->certificate_error.what);
	if (result->certificate_error.next[0])
		output_line(stdout, "  → %s", result->certificate_error.next);
	output_line(stdout, _("  → Nothing is lost. Then run: haiki report certificate %s"),
		result->job);
}

static int print_text(
	const struct job_result *results, size_t count, const char *out, struct error *error)
{
	int r = print_table(results, count, error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		if (results[i].verdict.outcome != OUTCOME_PROVEN &&
			(!results[i].pending || results[i].error.kind != ERROR_NONE))
			print_reasons(&results[i]);
	bool any = false;
	for (size_t i = 0; i < count; i++)
		any = any || results[i].certificate[0] ||
		      results[i].certificate_error.kind != ERROR_NONE;
	if (any) {
		output_line(stdout, "%s", "");
		output_line(stdout, "%s", _("Certificates"));
	}
	for (size_t i = 0; i < count; i++)
		print_certificate(&results[i], out);
	return 0;
}

enum error_kind result_print(const struct invocation *invocation, const struct job_result *results,
	size_t count, const char *out, const struct error *general, struct error *error)
{
	int r;
	if (invocation->json)
		r = print_json(results, count, out, general, error);
	else
		r = print_text(results, count, out, error);
	if (general)
		output_error(general);
	if (general && general->kind != ERROR_NONE) {
		/* What was printed is the result; the whole run's error is its exit code. */
		*error = (struct error){ 0 };
		return general->kind;
	}
	if (r < 0)
		return ERROR_FAILED;
	AUTO_FREE enum error_kind *codes = calloc(count + 1, sizeof(*codes));
	if (!codes) {
		error_no_memory(error);
		return ERROR_FAILED;
	}
	size_t counted = 0;
	for (size_t i = 0; i < count; i++)
		if (!results[i].superseded)
			codes[counted++] = result_code(&results[i]);
	return output_common_code(codes, counted);
}
