/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certifying jobs from the store: what becomes of each state, and what is handed out. */
#include "reports/certificate/certificate.h"

#include "base/digest.h"
#include "base/file.h"
#include "inventory/jobs/certificates_cms.h"
#include "tests/support/sample_certificate.h"
#include "tests/support/stamper.h"
#include "verify/certificate/certificate.h"
#include <errno.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

static const struct clock_reading now = {
	.utc_ms = SAMPLE_NOW_MS,
	.synchronised = true,
	.max_error_us = 1500,
};

struct fixture {
	char *folder;
	char store_path[600];
	char out[600]; /* not there yet */
	struct store *store;
	struct sample_ca ca;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct error error = { 0 };

	assert_non_null(fixture);
	fixture->folder = sample_folder_make();
	(void)snprintf(fixture->store_path, sizeof(fixture->store_path), "%s/state/haiki.db",
		fixture->folder);
	(void)snprintf(fixture->out, sizeof(fixture->out), "%s/out", fixture->folder);
	assert_int_equal(store_open(fixture->store_path, STORE_WRITE, &fixture->store, &error), 0);
	sample_ca_make(SAMPLE_ORGANISATION, &fixture->ca);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	store_close(fixture->store);
	sample_ca_free(&fixture->ca);
	sample_folder_remove(fixture->folder);
	free(fixture);
	return 0;
}

static void must(int result, const struct error *error)
{
	if (result != 0)
		fail_msg("%d %s: %s", result, error->code, error->what);
}

/* Enter a job with these documents and the events [0, count) of its evidence. */
static void enter(struct fixture *fixture, const struct sample_job *sample, size_t count,
	char ret_id[static JOB_ID_SIZE])
{
	struct error error = { 0 };
	struct job_record job = { .created_utc_ms = SAMPLE_NOW_MS - 60000,
		.subject = sample->subject,
		.reason = sample->reason,
		.people = sample->people,
		.plan = sample->plan };

	assert_int_equal(job_new_id(SAMPLE_NOW_MS, job.id), 0);
	must(jobs_insert(fixture->store, &job, &error), &error);
	memcpy(ret_id, job.id, JOB_ID_SIZE);
	for (size_t i = 0; i < count; i++) {
		AUTO_JSON json_t *event = json_deep_copy(json_array_get(sample->evidence, i));
		must(jobs_append(fixture->store, job.id, event, SAMPLE_NOW_MS - 1000, &error),
			&error);
	}
}

static void enter_kind(
	struct fixture *fixture, enum sample_job_kind kind, char ret_id[static JOB_ID_SIZE])
{
	struct sample_job sample;

	sample_job_make(kind, &sample);
	enter(fixture, &sample, json_array_size(sample.evidence), ret_id);
	sample_job_free(&sample);
}

/* Created, guarded and opened; nothing more. */
static void enter_begun(struct fixture *fixture, char ret_id[static JOB_ID_SIZE])
{
	struct sample_job sample;

	sample_job_make(SAMPLE_JOB_PLAIN, &sample);
	enter(fixture, &sample, 4, ret_id);
	sample_job_free(&sample);
}

static void append(struct fixture *fixture, const char *id, json_t *event)
{
	struct error error = { 0 };

	must(jobs_append(fixture->store, id, event, SAMPLE_NOW_MS, &error), &error);
	json_decref(event);
}

static void issue(struct fixture *fixture, const char *id, struct certificate_record *ret)
{
	struct error error = { 0 };

	must(certificate_issue(fixture->store, id, fixture->ca.keys, &now, ret, &error), &error);
}

static void expect_not_issued(struct fixture *fixture, const char *id, const struct keys *keys,
	int errnum, const char *code, enum error_kind kind)
{
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	struct error error = { 0 };

	assert_int_equal(
		certificate_issue(fixture->store, id, keys, &now, &record, &error), -errnum);
	assert_string_equal(error.code, code);
	assert_int_equal(error.kind, kind);
	assert_null(record.json);
	assert_int_equal(certificates_latest(fixture->store, id, &record, &error), 0);
}

static size_t count_events(struct fixture *fixture, const char *id)
{
	AUTO_JSON json_t *evidence = NULL;
	struct error error = { 0 };

	must(jobs_evidence(fixture->store, id, &evidence, &error), &error);
	return json_array_size(evidence);
}

static enum job_state state_of(struct fixture *fixture, const char *id)
{
	AUTO_JOB struct job_record job = { 0 };
	struct error error = { 0 };

	must(jobs_load(fixture->store, id, &job, &error), &error);
	return job.state;
}

/* The auditor's look at a record, and its document. */
static json_t *check_record(const struct fixture *fixture, const struct certificate_record *record)
{
	AUTO_REPORT struct certificate_report report = { 0 };
	struct error error = { 0 };
	size_t length = strlen(record->p7s_hex) / 2;
	uint8_t *p7s = malloc(length);

	assert_non_null(p7s);
	assert_int_equal(hex_decode(record->p7s_hex, p7s, length), 0);
	struct bundle bundle = bundle_borrow(record->json, strlen(record->json), p7s, length);
	const struct certificate_anchors anchors = { .trust = fixture->ca.trust,
		.now_utc_ms = SAMPLE_NOW_MS };
	must(certificate_check(&bundle, &anchors, &report, &error), &error);
	free(p7s);
	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++)
		if (report.checks[i].result != CHECK_PASSED &&
			report.checks[i].result != CHECK_ABSENT)
			fail_msg("%s: %s", report.checks[i].name, report.checks[i].error.what);
	assert_true(report.valid);
	assert_string_equal(record->sha256, report.sha256);
	assert_string_equal(record->outcome, outcome_name(report.outcome));
	return json_incref(report.certificate);
}

static const char *text_in(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* --- what is issued --- */

static void test_a_proven_job_gets_its_certificate(void **state)
{
	struct fixture *fixture = *state;
	AUTO_CERTIFICATE struct certificate_record record = { 0 }, again = { 0 }, stored = { 0 };
	struct error error = { 0 };
	char id[JOB_ID_SIZE], name[96];

	enter_kind(fixture, SAMPLE_JOB_PLAIN, id);
	assert_int_equal(state_of(fixture, id), JOB_ENDED);
	issue(fixture, id, &record);
	AUTO_JSON json_t *document = check_record(fixture, &record);
	(void)snprintf(name, sizeof(name), "haiki-%s-%zu", id, count_events(fixture, id));
	assert_string_equal(record.name, name);
	assert_string_equal(record.job_id, id);
	assert_string_equal(record.outcome, "proven");
	assert_int_equal(record.issued_utc_ms, SAMPLE_NOW_MS);
	assert_string_equal(text_in(document, "name"), name);
	assert_string_equal(text_in(document, "supersedes"), "");
	assert_string_equal(text_in(document, "issued_utc"), "2026-11-23T05:00:00.000Z");
	assert_int_equal(json_array_size(json_object_get(document, "limits")), 0);
	assert_int_equal(state_of(fixture, id), JOB_CERTIFIED);

	issue(fixture, id, &again); /* nothing new */
	assert_string_equal(again.json, record.json);
	assert_string_equal(again.p7s_hex, record.p7s_hex);
	assert_int_equal(certificates_latest(fixture->store, id, &stored, &error), 1);
	assert_string_equal(stored.json, record.json);
}

static void test_every_kind_of_proven_job(void **state)
{
	struct fixture *fixture = *state;

	for (int kind = 0; kind < SAMPLE_JOB_KINDS; kind++) {
		AUTO_CERTIFICATE struct certificate_record record = { 0 };
		char id[JOB_ID_SIZE];
		enter_kind(fixture, (enum sample_job_kind)kind, id);
		issue(fixture, id, &record);
		json_decref(check_record(fixture, &record));
		assert_string_equal(record.outcome, "proven");
	}
}

static void test_the_same_job_is_built_the_same(void **state)
{
	struct fixture *fixture = *state;
	AUTO_JOB struct job_record job = { 0 };
	AUTO_JSON json_t *evidence = NULL;
	AUTO_BUFFER struct buffer one = BUFFER_INIT(JSON_MAX_BYTES);
	AUTO_BUFFER struct buffer two = BUFFER_INIT(JSON_MAX_BYTES);
	struct error error = { 0 };
	char id[JOB_ID_SIZE];

	enter_kind(fixture, SAMPLE_JOB_SCHEME, id);
	must(jobs_load(fixture->store, id, &job, &error), &error);
	must(jobs_evidence(fixture->store, id, &evidence, &error), &error);
	must(certificate_build(&job, evidence, NULL, &fixture->ca.keys->ledger_public, "n", "",
		     &now, &one, &error),
		&error);
	must(certificate_build(&job, evidence, NULL, &fixture->ca.keys->ledger_public, "n", "",
		     &now, &two, &error),
		&error);
	assert_string_equal(buffer_text(&one), buffer_text(&two));
}

/* Omission must show: these are signed too, and say what they are. */
static void test_a_failed_job_gets_its_record(void **state)
{
	struct fixture *fixture = *state;
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	struct sample_job sample;
	char id[JOB_ID_SIZE];

	sample_job_make(SAMPLE_JOB_PLAIN, &sample);
	sample_set_integer(sample_event(&sample, "finished", 0), "flushed", 0);
	enter(fixture, &sample, json_array_size(sample.evidence), id);
	issue(fixture, id, &record);
	AUTO_JSON json_t *document = check_record(fixture, &record);
	assert_string_equal(record.outcome, "failed");
	const json_t *verdict = json_object_get(document, "verdict");
	assert_string_equal(text_in(verdict, "level"), "none");
	assert_true(json_array_size(json_object_get(verdict, "reasons")) > 0);
	sample_job_free(&sample);
}

static void test_a_refused_job_gets_its_record(void **state)
{
	struct fixture *fixture = *state;
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	struct sample_job sample;
	char id[JOB_ID_SIZE];

	sample_job_make(SAMPLE_JOB_PLAIN, &sample);
	sample_cut(&sample, 1);
	sample_append(&sample, sample_guard("refused"));
	sample_append(&sample, sample_ended());
	enter(fixture, &sample, json_array_size(sample.evidence), id);
	issue(fixture, id, &record);
	json_decref(check_record(fixture, &record));
	assert_string_equal(record.outcome, "refused");
	sample_job_free(&sample);
}

/* No plan could be made: no steps, capacity 0. */
static void test_a_job_without_a_plan_gets_its_record(void **state)
{
	struct fixture *fixture = *state;
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	struct sample_job sample;
	char id[JOB_ID_SIZE];

	sample_job_make(SAMPLE_JOB_PLAIN, &sample);
	json_decref(sample.plan);
	sample.plan = json_pack("{s:s, s:s, s:s, s:i, s:i, s:[]}", "level", "none", "scheme", "",
		"scheme_origin", "", "capacity_bytes", 0, "sector_bytes", 0, "steps");
	sample_cut(&sample, 1);
	sample_append(&sample,
		json_pack("{s:s, s:s}", "kind", "plan-refused", "code", "level-not-reachable"));
	sample_append(&sample, sample_ended());
	enter(fixture, &sample, json_array_size(sample.evidence), id);
	issue(fixture, id, &record);
	json_decref(check_record(fixture, &record));
	assert_string_equal(record.outcome, "refused");
	sample_job_free(&sample);
}

static void test_limits_are_stated(void **state)
{
	struct fixture *fixture = *state;
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	const struct clock_reading unsure = { SAMPLE_NOW_MS, false, -1 };
	struct error error = { 0 };
	char id[JOB_ID_SIZE];

	enter_kind(fixture, SAMPLE_JOB_SAMPLED, id);
	must(certificate_issue(fixture->store, id, fixture->ca.keys, &unsure, &record, &error),
		&error);
	AUTO_JSON json_t *document = check_record(fixture, &record);
	AUTO_JSON json_t *expected = json_pack("[s, s]", "clock-not-synchronised", "sampled");
	assert_true(json_equal(json_object_get(document, "limits"), expected));
	assert_int_equal(json_integer_value(json_object_get(
				 json_object_get(document, "clock"), "max_error_us")),
		-1);
}

/* --- states --- */

static void test_a_job_that_has_not_begun_is_not_certified(void **state)
{
	struct fixture *fixture = *state;
	struct sample_job sample;
	char id[JOB_ID_SIZE];

	sample_job_make(SAMPLE_JOB_PLAIN, &sample);
	enter(fixture, &sample, 2, id);
	expect_not_issued(fixture, id, fixture->ca.keys, EINVAL, "job-not-begun", ERROR_WAITING);
	expect_not_issued(
		fixture, "J20261123-000000", fixture->ca.keys, ENOENT, "job-unknown", ERROR_USAGE);
	sample_job_free(&sample);
}

static void test_a_running_job_is_waited_for(void **state)
{
	struct fixture *fixture = *state;
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	struct error error = { 0 };
	char id[JOB_ID_SIZE];

	enter_begun(fixture, id);
	must(jobs_own(fixture->store, id, &error), &error);
	assert_int_equal(state_of(fixture, id), JOB_RUNNING);
	expect_not_issued(fixture, id, fixture->ca.keys, EBUSY, "job-running", ERROR_WAITING);
	assert_int_equal(count_events(fixture, id), 4);

	/* Ctrl-C: this process lives on, but says that it works on the job no more. */
	append(fixture, id, sample_interrupted("operator"));
	issue(fixture, id, &record);
	json_decref(check_record(fixture, &record));
	assert_string_equal(record.outcome, "interrupted");
	assert_int_equal(count_events(fixture, id), 5);
}

/* A process that owned the job and is gone. */
static void own_and_die(struct fixture *fixture, const char *id)
{
	int status = 0;

	fixture->store = store_close(fixture->store); /* not across a fork */
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct store *store = NULL;
		int result = store_open(fixture->store_path, STORE_WRITE, &store, NULL);
		if (result == 0)
			result = jobs_own(store, id, NULL);
		store_close(store); /* for the leak checkers; the ownership stays */
		_exit(result == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(store_open(fixture->store_path, STORE_WRITE, &fixture->store, NULL), 0);
}

static void expect_cause(struct fixture *fixture, const char *id, const char *cause)
{
	AUTO_CERTIFICATE struct certificate_record record = { 0 }, again = { 0 };

	assert_int_equal(state_of(fixture, id), JOB_INTERRUPTED);
	issue(fixture, id, &record);
	AUTO_JSON json_t *document = check_record(fixture, &record);
	assert_string_equal(record.outcome, "interrupted");
	const json_t *evidence = json_object_get(document, "evidence");
	const json_t *last = json_array_get(evidence, json_array_size(evidence) - 1);
	assert_string_equal(text_in(last, "kind"), "interrupted");
	assert_string_equal(text_in(last, "cause"), cause);
	assert_int_equal(json_array_size(evidence), 5);
	issue(fixture, id, &again); /* the loss is recorded once */
	assert_string_equal(again.name, record.name);
	assert_int_equal(count_events(fixture, id), 5);
}

static void test_a_killed_process_is_recorded(void **state)
{
	struct fixture *fixture = *state;
	char id[JOB_ID_SIZE];

	enter_begun(fixture, id);
	own_and_die(fixture, id);
	expect_cause(fixture, id, "process-lost");
}

static void test_a_lost_power_is_recorded(void **state)
{
	struct fixture *fixture = *state;
	struct error error = { 0 };
	char id[JOB_ID_SIZE];

	enter_begun(fixture, id);
	own_and_die(fixture, id);
	const struct store_value values[] = { STORE_STRING("00000000-0000-0000-0000-000000000000"),
		STORE_STRING(id) };
	must(store_execute(fixture->store,
		     "UPDATE journal SET owner_boot_id = $1 WHERE job_id = $2", values, 2, NULL,
		     &error),
		&error);
	expect_cause(fixture, id, "power-lost");
}

static void test_a_later_certificate_names_the_earlier(void **state)
{
	struct fixture *fixture = *state;
	AUTO_CERTIFICATE struct certificate_record first = { 0 }, second = { 0 };
	char id[JOB_ID_SIZE];

	enter_begun(fixture, id);
	append(fixture, id, sample_interrupted("operator"));
	issue(fixture, id, &first);
	append(fixture, id, sample_resumed());
	append(fixture, id, sample_guard("refused"));
	append(fixture, id, sample_ended());
	issue(fixture, id, &second);
	AUTO_JSON json_t *document = check_record(fixture, &second);
	assert_string_equal(text_in(document, "supersedes"), first.name);
	assert_string_not_equal(second.name, first.name);
}

/* --- nothing false is entered --- */

static void test_keys_an_auditor_would_not_accept(void **state)
{
	struct fixture *fixture = *state;
	static const struct sample_odd_signer wish = { "critical,CA:FALSE",
		"critical,digitalSignature", -3, -1, "P-256", 0, NULL };
	struct keys *expired = NULL;
	char id[JOB_ID_SIZE];

	sample_signer_make(&fixture->ca, &wish, &expired);
	enter_begun(fixture, id);
	own_and_die(fixture, id);
	expect_not_issued(fixture, id, expired, EBADMSG, "certificate-not-valid", ERROR_FAILED);
	assert_int_equal(count_events(fixture, id), 4); /* rolled back as a whole */
	keys_free(expired);
}

static void test_evidence_nobody_understands_is_not_certified(void **state)
{
	struct fixture *fixture = *state;
	char id[JOB_ID_SIZE];

	enter_begun(fixture, id);
	append(fixture, id, json_pack("{s:s}", "kind", "miracle"));
	append(fixture, id, sample_ended());
	expect_not_issued(
		fixture, id, fixture->ca.keys, EBADMSG, "certificate-not-valid", ERROR_FAILED);
}

/* --- export --- */

static void path_in(
	const struct fixture *fixture, const char *name, const char *ending, char path[static 800])
{
	(void)snprintf(path, 800, "%s/%s%s", fixture->out, name, ending);
}

static void expect_file(const struct fixture *fixture, const char *name, const char *ending,
	const void *data, size_t length)
{
	struct buffer found = BUFFER_INIT(JSON_MAX_BYTES);
	struct error error = { 0 };
	struct stat status;
	char path[800];

	path_in(fixture, name, ending, path);
	must(file_read(path, &found, &error), &error);
	assert_int_equal(found.length, length);
	assert_memory_equal(found.data, data, length);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
	buffer_free(&found);
}

static void test_files_are_written_and_written_again(void **state)
{
	struct fixture *fixture = *state;
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	struct error error = { 0 };
	struct stat status;
	uint8_t p7s[8192];
	char id[JOB_ID_SIZE], path[800];

	enter_kind(fixture, SAMPLE_JOB_PLAIN, id);
	issue(fixture, id, &record);
	size_t length = strlen(record.p7s_hex) / 2;
	assert_int_equal(hex_decode(record.p7s_hex, p7s, length), 0);
	static const char *const lost[] = { NULL, NULL, ".json", ".p7s" };
	for (size_t i = 0; i < ARRAY_SIZE(lost); i++) {
		if (lost[i]) {
			path_in(fixture, record.name, lost[i], path);
			assert_int_equal(unlink(path), 0);
		}
		must(certificate_export(fixture->store, &record, fixture->out, &error), &error);
		expect_file(fixture, record.name, ".json", record.json, strlen(record.json));
		expect_file(fixture, record.name, ".p7s", p7s, length);
	}
	assert_int_equal(stat(fixture->out, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0755);
}

static void test_another_content_is_never_overwritten(void **state)
{
	struct fixture *fixture = *state;
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	struct error error = { 0 };
	static const char *const endings[] = { ".json", ".p7s" };
	char id[JOB_ID_SIZE], path[800];

	enter_kind(fixture, SAMPLE_JOB_PLAIN, id);
	issue(fixture, id, &record);
	must(file_make_folder(fixture->out, 0755, &error), &error);
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		const char *other = endings[1 - i];
		path_in(fixture, record.name, endings[i], path);
		must(file_write(path, "other", 5, 0644, &error), &error);
		assert_int_equal(
			certificate_export(fixture->store, &record, fixture->out, &error), -EEXIST);
		assert_string_equal(error.code, "certificate-differs");
		expect_file(fixture, record.name, endings[i], "other", 5);
		assert_int_equal(unlink(path), 0);
		path_in(fixture, record.name, other, path);
		assert_int_not_equal(access(path, F_OK), 0);
	}
	/* Also one that is only longer. */
	char *longer = NULL;
	assert_true(asprintf(&longer, "%s\n", record.json) > 0);
	path_in(fixture, record.name, ".json", path);
	must(file_write(path, longer, strlen(longer), 0644, &error), &error);
	assert_int_equal(
		certificate_export(fixture->store, &record, fixture->out, &error), -EEXIST);
	free(longer);
}

/* The stamped form of a signature, kept in the store. */
static void stamp_record(struct fixture *fixture, const struct certificate_record *record)
{
	struct stamper stamper;
	struct error error = { 0 };
	AUTO_CERTIFICATE_CMS struct certificate_cms form = { 0 };
	AUTO_FREE uint8_t *token = NULL, *stamped = NULL;
	size_t token_length = 0, length = 0;
	stamper_make(&(const struct stamper_wish){ 0 }, &stamper);
	stamper_stamp(&stamper, &(const struct stamp_wish){ 0 }, "any", 3, &token, &token_length);
	assert_int_equal(certificates_cms_latest(fixture->store, record->name, &form, &error), 1);
	stamper_attach(form.p7s, form.length, 0, token, token_length, &stamped, &length);
	must(certificates_cms_append(fixture->store, record->name, form.number, CMS_CHANGE_STAMPED,
		     stamped, length, SAMPLE_NOW_MS, &error),
		&error);
	stamper_free(&stamper);
}

static void expect_p7s(struct fixture *fixture, const struct certificate_record *record)
{
	uint8_t p7s[16384];
	size_t length = strlen(record->p7s_hex) / 2;
	assert_true(length <= sizeof(p7s));
	assert_int_equal(hex_decode(record->p7s_hex, p7s, length), 0);
	expect_file(fixture, record->name, ".p7s", p7s, length);
}

/* A newer form takes the place of the older file, and is not undone by who came with the older one. */
static void test_a_newer_form_replaces_the_file(void **state)
{
	struct fixture *fixture = *state;
	AUTO_CERTIFICATE struct certificate_record older = { 0 }, newer = { 0 };
	struct error error = { 0 };
	char id[JOB_ID_SIZE];

	enter_kind(fixture, SAMPLE_JOB_PLAIN, id);
	issue(fixture, id, &older);
	must(certificate_export(fixture->store, &older, fixture->out, &error), &error);
	expect_p7s(fixture, &older);
	stamp_record(fixture, &older);
	issue(fixture, id, &newer); /* as it is: nothing new is issued */
	assert_string_equal(newer.name, older.name);
	assert_string_not_equal(newer.p7s_hex, older.p7s_hex);
	must(certificate_export(fixture->store, &newer, fixture->out, &error), &error);
	expect_p7s(fixture, &newer);
	must(certificate_export(fixture->store, &older, fixture->out, &error), &error);
	assert_int_equal(error.kind, ERROR_NONE);
	expect_p7s(fixture, &newer);
}

static void test_a_damaged_record_is_not_exported(void **state)
{
	struct fixture *fixture = *state;
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	struct error error = { 0 };
	char id[JOB_ID_SIZE];

	enter_kind(fixture, SAMPLE_JOB_PLAIN, id);
	issue(fixture, id, &record);
	record.json[20] = (char)(record.json[20] ^ 1);
	assert_int_equal(
		certificate_export(fixture->store, &record, fixture->out, &error), -EBADMSG);
	record.json[20] = (char)(record.json[20] ^ 1);
	record.p7s_hex[7] = 'x';
	assert_int_equal(
		certificate_export(fixture->store, &record, fixture->out, &error), -EBADMSG);
	record.p7s_hex[7] = '0';
	(void)snprintf(record.name, sizeof(record.name), "../escape");
	assert_int_equal(
		certificate_export(fixture->store, &record, fixture->out, &error), -EBADMSG);
	assert_int_not_equal(access(fixture->out, F_OK), 0);
}

/* Writing fails after so many bytes, as on a full disk; the next try completes. */
static void test_a_failed_write_leaves_no_half_file(void **state)
{
	struct fixture *fixture = *state;
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	struct error error = { 0 };
	struct rlimit limit, old;
	char id[JOB_ID_SIZE], json[800], p7s[800];

	enter_kind(fixture, SAMPLE_JOB_PLAIN, id);
	issue(fixture, id, &record);
	path_in(fixture, record.name, ".json", json);
	path_in(fixture, record.name, ".p7s", p7s);
	static const rlim_t bytes[] = { 0, 500, 2500 };
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++) {
		limit = old;
		limit.rlim_cur = bytes[i];
		(void)fflush(NULL);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		int result = certificate_export(fixture->store, &record, fixture->out, &error);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
		assert_int_equal(result, -EFBIG);
		assert_int_not_equal(access(json, F_OK), 0);
		assert_int_equal(access(p7s, F_OK) == 0, bytes[i] == 2500);
	}
	must(certificate_export(fixture->store, &record, fixture->out, &error), &error);
	expect_file(fixture, record.name, ".json", record.json, strlen(record.json));
}

/* The witness who knows nothing of haiki, on what is really handed out. */
static void test_openssl_alone_verifies_what_is_handed_out(void **state)
{
	struct fixture *fixture = *state;
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	struct error error = { 0 };
	char id[JOB_ID_SIZE], command[4000], ca[800];

	if (system("openssl version >/dev/null 2>&1") != 0) {
		print_message("the openssl program is not installed\n");
		skip();
	}
	enter_kind(fixture, SAMPLE_JOB_PLAIN, id);
	issue(fixture, id, &record);
	must(certificate_export(fixture->store, &record, fixture->out, &error), &error);
	(void)snprintf(ca, sizeof(ca), "%s/ca.crt", fixture->folder);
	FILE *file = fopen(ca, "we");
	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, fixture->ca.keys->ca_certificate), 1);
	assert_int_equal(fclose(file), 0);
	(void)snprintf(command, sizeof(command),
		"cd %s && openssl cms -verify -binary -inform DER -in %s.p7s -content %s.json "
		"-CAfile ../ca.crt -no-CApath -no-CAstore -attime %lld -out /dev/null 2>../log",
		fixture->out, record.name, record.name, (long long)(SAMPLE_NOW_MS / 1000));
	assert_int_equal(system(command), 0);
}

/* --- all that is pending --- */

static void test_all_that_ended_is_certified(void **state)
{
	struct fixture *fixture = *state;
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	struct error error = { 0 };
	char ended[2][JOB_ID_SIZE], begun[JOB_ID_SIZE], broken[JOB_ID_SIZE], path[800];
	size_t count = 9;

	enter_kind(fixture, SAMPLE_JOB_PLAIN, ended[0]);
	enter_begun(fixture, broken);
	append(fixture, broken, json_pack("{s:s}", "kind", "miracle"));
	append(fixture, broken, sample_ended());
	enter_begun(fixture, begun);
	enter_kind(fixture, SAMPLE_JOB_SCHEME, ended[1]);

	assert_int_equal(certificate_issue_pending(fixture->store, fixture->ca.keys, &now,
				 fixture->out, &count, &error),
		-EBADMSG);
	assert_string_equal(error.code, "certificate-not-valid");
	assert_non_null(strstr(error.what, broken));
	assert_int_equal(count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(state_of(fixture, ended[i]), JOB_CERTIFIED);
	assert_int_equal(certificates_latest(fixture->store, begun, &record, &error), 0);

	/* Again: nothing new, but a file that is missing comes back. */
	assert_int_equal(certificates_latest(fixture->store, ended[0], &record, &error), 1);
	path_in(fixture, record.name, ".json", path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(certificate_issue_pending(fixture->store, fixture->ca.keys, &now,
				 fixture->out, &count, &error),
		-EBADMSG);
	assert_int_equal(count, 0);
	assert_int_equal(access(path, F_OK), 0);
}

static void test_nothing_pending_is_fine(void **state)
{
	struct fixture *fixture = *state;
	struct error error = { 0 };
	size_t count = 9;

	must(certificate_issue_pending(
		     fixture->store, fixture->ca.keys, &now, fixture->out, &count, &error),
		&error);
	assert_int_equal(count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_a_proven_job_gets_its_certificate),
		TEST(test_every_kind_of_proven_job),
		TEST(test_the_same_job_is_built_the_same),
		TEST(test_a_failed_job_gets_its_record),
		TEST(test_a_refused_job_gets_its_record),
		TEST(test_a_job_without_a_plan_gets_its_record),
		TEST(test_limits_are_stated),
		TEST(test_a_job_that_has_not_begun_is_not_certified),
		TEST(test_a_running_job_is_waited_for),
		TEST(test_a_killed_process_is_recorded),
		TEST(test_a_lost_power_is_recorded),
		TEST(test_a_later_certificate_names_the_earlier),
		TEST(test_keys_an_auditor_would_not_accept),
		TEST(test_evidence_nobody_understands_is_not_certified),
		TEST(test_files_are_written_and_written_again),
		TEST(test_another_content_is_never_overwritten),
		TEST(test_a_newer_form_replaces_the_file),
		TEST(test_a_damaged_record_is_not_exported),
		TEST(test_a_failed_write_leaves_no_half_file),
		TEST(test_openssl_alone_verifies_what_is_handed_out),
		TEST(test_all_that_ended_is_certified),
		TEST(test_nothing_pending_is_fine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
