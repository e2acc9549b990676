/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certifying: from a job's record to a signed statement in the store. */
#include "reports/certificate/certificate.h"

#include "base/digest.h"
#include "base/text.h"
#include "reports/certificate/document_parts.h"
#include "reports/certificate/outstanding.h"
#include "reports/ledger/ledger.h"
#include "verify/certificate/certificate.h"
#include <errno.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

/* --- building the document --- */

static int put_head(json_t *document, const char *name, const char *supersedes, int64_t now_utc_ms)
{
	int result = json_put_string(document, "format", CERTIFICATE_FORMAT);
	if (result == 0)
		result = json_put_integer(document, "format_version", CERTIFICATE_FORMAT_VERSION);
	if (result == 0)
		result = json_put_string(document, "name", name);
	if (result == 0)
		result = json_put_string(document, "supersedes", supersedes);
	return result == 0 ? document_put_time(document, "issued_utc", now_utc_ms) : result;
}

static int put_job(json_t *document, const struct job_record *job)
{
	json_t *object = json_object();
	int result = json_put(document, "job", object);
	if (result == 0)
		result = json_put_string(object, "id", job->id);
	return result == 0 ? document_put_time(object, "created_utc", job->created_utc_ms) : result;
}

/* With the anchor of the signature alone a stranger gets to the ledger's key. */
static int put_ledger(json_t *document, const struct note_key *ledger)
{
	char key[NOTE_VKEY_MAX];
	json_t *object = json_object();
	note_key_format(ledger, key);
	int result = json_put(document, "ledger", object);
	if (result == 0)
		result = json_put_string(object, "key", key);
	return result == 0 ? json_put_string(object, "origin", ledger->name) : result;
}

/* What the job recorded goes in as it stands. */
static int put_record(json_t *document, const struct job_record *job, const json_t *evidence)
{
	int result = json_put(document, "subject", json_incref(job->subject));
	if (result == 0)
		result = json_put(document, "reason", json_incref(job->reason));
	if (result == 0)
		result = json_put(document, "people", json_incref(job->people));
	if (result == 0)
		result = json_put(document, "plan", json_incref(job->plan));
	/* Only its count of references changes. */
	json_t *shared = (json_t *)(uintptr_t)evidence;
	return result == 0 ? json_put(document, "evidence", json_incref(shared)) : result;
}

static int put_judgement(json_t *document, const struct job_record *job, const json_t *evidence,
	const json_t *outstanding, const struct clock_reading *now)
{
	struct verdict verdict = { 0 };
	judge(job->subject, job->plan, evidence, &verdict);
	json_t *found = NULL, *limits = NULL;
	int result = verdict_to_json(&verdict, &found);
	if (result == 0)
		result = json_put(document, "verdict", found);
	if (result == 0)
		result = certificate_limits(document, now->synchronised, &verdict, &limits);
	if (result == 0)
		result = json_put(document, "limits", limits);
	/* Only its count of references changes. */
	json_t *shared = (json_t *)(uintptr_t)outstanding;
	return result == 0 ? json_put(document, "outstanding",
				     shared ? json_incref(shared) : json_array())
			   : result;
}

int certificate_build(const struct job_record *job, const json_t *evidence,
	const json_t *outstanding, const struct note_key *ledger, const char *name,
	const char *supersedes, const struct clock_reading *now, struct buffer *ret,
	struct error *error)
{
	AUTO_JSON json_t *document = json_object();
	int result = document ? 0 : -ENOMEM;
	if (result == 0)
		result = put_head(document, name, supersedes, now->utc_ms);
	if (result == 0)
		result = document_put_clock(document, now);
	if (result == 0)
		result = document_put_tool(document);
	if (result == 0)
		result = put_ledger(document, ledger);
	if (result == 0)
		result = put_job(document, job);
	if (result == 0)
		result = put_record(document, job, evidence);
	if (result == 0)
		result = put_judgement(document, job, evidence, outstanding, now);
	if (result == 0)
		result = json_write_canonical(document, ret);
	if (result == 0)
		return 0;
	if (result == -ENOMEM)
		return error_no_memory(error);
	return error_set(error, ERROR_FAILED, -result, "certificate-build",
		_("The certificate of job %s cannot be written down: %s"), job->id,
		strerror(-result));
}

/* --- issuing --- */

/* The checker's eyes, with our own CA as what it trusts. */
static int trust_ourselves(const struct keys *keys, struct trust **ret, struct error *error)
{
	BIO *pem = BIO_new(BIO_s_mem());
	char *data = NULL;
	long length = 0;
	if (pem && PEM_write_bio_X509(pem, keys->ca_certificate) == 1)
		length = BIO_get_mem_data(pem, &data);
	int result = length > 0 ? trust_load(data, (size_t)length, "ca.crt", ret, error)
				: error_no_memory(error);
	BIO_free(pem);
	return result;
}

static int not_valid(
	const struct certificate_report *report, const char *job_id, struct error *error)
{
	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++)
		if (report->checks[i].result == CHECK_FAILED)
			return error_set(error, ERROR_FAILED, EBADMSG, "certificate-not-valid",
				_("The certificate of job %s would not pass the check \"%s\" and "
				  "is "
				  "not issued: %s"),
				job_id, report->checks[i].name, report->checks[i].error.what);
	return error_set(error, ERROR_FAILED, EBADMSG, "certificate-not-valid",
		_("The certificate of job %s could not be checked and is not issued"), job_id);
}

/* 0 only when an auditor would accept these two files. */
static int check_as_auditor(const char *job_id, const struct keys *keys, const struct buffer *json,
	const uint8_t *p7s, size_t p7s_length, int64_t now_utc_ms, enum outcome *ret_outcome,
	struct error *error)
{
	CLEANUP(cleanup_trust_free) struct trust *trust = NULL;
	AUTO_REPORT struct certificate_report report = { 0 };
	struct bundle bundle = bundle_borrow(json->data, json->length, p7s, p7s_length);
	int result = trust_ourselves(keys, &trust, error);
	if (result == 0)
		result = certificate_check(&bundle,
			&(struct certificate_anchors){ .trust = trust, .now_utc_ms = now_utc_ms },
			&report, error);
	if (result == 0 && !report.valid)
		result = not_valid(&report, job_id, error);
	if (result == 0)
		*ret_outcome = report.outcome;
	return result;
}

static int fill_record(struct certificate_record *record, struct buffer *json, const uint8_t *p7s,
	size_t p7s_length, enum outcome outcome, struct error *error)
{
	(void)snprintf(record->outcome, sizeof(record->outcome), "%s", outcome_name(outcome));
	if (digest_sha256_hex(json->data, json->length, record->sha256) != 0)
		return error_no_memory(error);
	record->p7s_hex = malloc(2 * p7s_length + 1);
	if (!record->p7s_hex)
		return error_no_memory(error);
	hex_encode(p7s, p7s_length, record->p7s_hex);
	record->json = buffer_take(json);
	return record->json ? 0 : error_no_memory(error);
}

/* Build, sign and check; name, job_id, issued_utc_ms and evidence_count of *record are set. */
static int make_certificate(const struct job_record *job, const json_t *evidence,
	const json_t *outstanding, const char *supersedes, const struct keys *keys,
	const struct clock_reading *now, struct certificate_record *record, struct error *error)
{
	AUTO_BUFFER struct buffer json = BUFFER_INIT(JSON_MAX_BYTES);
	AUTO_FREE uint8_t *p7s = NULL;
	size_t p7s_length = 0;
	enum outcome outcome = OUTCOME_UNKNOWN;
	int result = certificate_build(job, evidence, outstanding, &keys->ledger_public,
		record->name, supersedes, now, &json, error);
	if (result == 0)
		result = keys_sign(keys, json.data, json.length, &p7s, &p7s_length, error);
	if (result == 0)
		result = check_as_auditor(
			job->id, keys, &json, p7s, p7s_length, now->utc_ms, &outcome, error);
	return result == 0 ? fill_record(record, &json, p7s, p7s_length, outcome, error) : result;
}

static const char *last_kind(const json_t *evidence)
{
	const json_t *event = json_array_get(evidence, json_array_size(evidence) - 1);
	const char *kind = json_string_value(json_object_get(event, "kind"));
	return kind ? kind : "";
}

/* The process that had the job is gone; when the kernel is another one, so was the power. */
static int record_loss(
	struct store *store, const struct job_record *job, int64_t now_utc_ms, struct error *error)
{
	char boot_id[37];
	clock_boot_id(boot_id);
	bool same_boot = boot_id[0] && strncmp(boot_id, job->owner_boot_id, strlen(boot_id)) == 0;
	AUTO_JSON json_t *event = json_object();
	if (json_put_string(event, "kind", "interrupted") != 0 ||
		json_put_string(event, "cause", same_boot ? "process-lost" : "power-lost") != 0)
		return error_no_memory(error);
	return jobs_append(store, job->id, event, now_utc_ms, error);
}

/* A job whose evidence says that nobody works on it may be certified even while the process that
 * had it lives on, as after Ctrl-C. */
static int check_state(const struct job_record *job, const json_t *evidence, struct error *error)
{
	switch (job->state) {
	case JOB_RUNNING:
		if (strcmp(last_kind(evidence), "interrupted") == 0)
			return 0;
		(void)error_set(error, ERROR_WAITING, EBUSY, "job-running",
			_("Job %s is still running and cannot be certified yet"), job->id);
		return error_next(error, _("Wait for its end; `haiki wipe watch` shows it."));
	case JOB_READY:
		(void)error_set(error, ERROR_WAITING, EINVAL, "job-not-begun",
			_("Job %s has not begun, so there is nothing to certify"), job->id);
		return error_next(error, _("Run it first: `haiki wipe resume %s`."), job->id);
	case JOB_UNKNOWN:
		break;
	case JOB_INTERRUPTED:
	case JOB_ENDED:
	case JOB_CERTIFIED:
		return 0;
	}
	return error_set(error, ERROR_FAILED, EINVAL, "job-unknown",
		_("The state of job %s is not known"), job->id);
}

/* The job's evidence as it will be certified: an interruption nobody recorded is recorded. */
static int settle_evidence(struct store *store, const struct job_record *job, int64_t now_utc_ms,
	json_t **ret, struct error *error)
{
	AUTO_JSON json_t *evidence = NULL;
	int result = jobs_evidence(store, job->id, &evidence, error);
	if (result == 0)
		result = check_state(job, evidence, error);
	if (result == 0 && job->state == JOB_INTERRUPTED &&
		strcmp(last_kind(evidence), "interrupted") != 0) {
		result = record_loss(store, job, now_utc_ms, error);
		json_decref(evidence);
		evidence = NULL;
		if (result == 0)
			result = jobs_evidence(store, job->id, &evidence, error);
	}
	if (result == 0)
		*ret = json_incref(evidence);
	return result;
}

/* A new certificate of the job, after the one it has (or NULL). */
static int issue_new(struct store *store, const struct job_record *job, const json_t *evidence,
	const struct certificate_record *earlier, const struct keys *keys,
	const struct clock_reading *now, struct certificate_record *ret, struct error *error)
{
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	AUTO_JSON json_t *outstanding = NULL;
	record.issued_utc_ms = now->utc_ms;
	record.evidence_count = (int64_t)json_array_size(evidence);
	(void)snprintf(record.job_id, sizeof(record.job_id), "%s", job->id);
	(void)snprintf(record.name, sizeof(record.name), "haiki-%s-%zu", job->id,
		json_array_size(evidence));
	int result = outstanding_note_keys(store, job, evidence, now->utc_ms, error);
	if (result == 0)
		result = outstanding_of_job(store, job, evidence, &outstanding, error);
	if (result == 0)
		result = make_certificate(job, evidence, outstanding, earlier ? earlier->name : "",
			keys, now, &record, error);
	if (result == 0)
		result = certificates_insert(store, &record, error);
	if (result != 0)
		return result;
	*ret = record;
	record = (struct certificate_record){ 0 }; /* the caller's now */
	return 0;
}

static int issue_within(struct store *store, const char *job_id, const struct keys *keys,
	const struct clock_reading *now, struct certificate_record *ret, struct error *error)
{
	AUTO_JOB struct job_record job = { 0 };
	AUTO_JSON json_t *evidence = NULL;
	AUTO_CERTIFICATE struct certificate_record earlier = { 0 };
	int result = jobs_load(store, job_id, &job, error);
	if (result == 0)
		result = settle_evidence(store, &job, now->utc_ms, &evidence, error);
	if (result != 0)
		return result;
	int found = certificates_latest(store, job_id, &earlier, error);
	if (found < 0)
		return found;
	if (found == 1 && earlier.evidence_count == (int64_t)json_array_size(evidence)) {
		*ret = earlier;
		earlier = (struct certificate_record){ 0 };
		return 0;
	}
	return issue_new(
		store, &job, evidence, found == 1 ? &earlier : NULL, keys, now, ret, error);
}

/* One transaction: no process can take the job on between the look at it and its certificate. */
int certificate_issue(struct store *store, const char *job_id, const struct keys *keys,
	const struct clock_reading *now, struct certificate_record *ret, struct error *error)
{
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	int result = store_begin(store, error);
	if (result != 0)
		return result;
	result = issue_within(store, job_id, keys, now, &record, error);
	struct checkpoint head;
	if (result == 0)
		result = ledger_seal(store, keys, &head, error);
	if (result == 0)
		result = store_commit(store, error);
	if (result != 0) {
		store_rollback(store);
		return result;
	}
	*ret = record;
	record = (struct certificate_record){ 0 };
	return 0;
}

static int finish_job(struct store *store, const struct job_record *job, const struct keys *keys,
	const struct clock_reading *now, const char *folder, size_t *count, struct error *error)
{
	AUTO_CERTIFICATE struct certificate_record record = { 0 };
	if (job->state == JOB_CERTIFIED) {
		int found = certificates_latest(store, job->id, &record, error);
		return found == 1 ? certificate_export(store, &record, folder, error) : found;
	}
	int result = certificate_issue(store, job->id, keys, now, &record, error);
	if (result != 0)
		return result;
	(*count)++;
	return certificate_export(store, &record, folder, error);
}

/* What happened since the last certificate, and what a store held that is older than its ledger. */
static int seal(struct store *store, const struct keys *keys, struct error *error)
{
	struct checkpoint head;
	uint64_t size = 0;
	int result = store_begin(store, error);
	if (result != 0)
		return result;
	result = ledger_size(store, &size, error);
	if (result == 0 && size > 0)
		result = ledger_seal(store, keys, &head, error);
	return store_end(store, result, error);
}

int certificate_issue_pending(struct store *store, const struct keys *keys,
	const struct clock_reading *now, const char *folder, size_t *ret_count, struct error *error)
{
	*ret_count = 0;
	AUTO_JOBS struct job_list jobs = { 0 };
	int first = jobs_list(store, JOB_UNKNOWN, &jobs, error);
	if (first == 0)
		first = seal(store, keys, error);
	if (first != 0)
		return first;
	for (size_t i = 0; i < jobs.count; i++) {
		const struct job_record *job = &jobs.items[i];
		if (job->state != JOB_ENDED && job->state != JOB_CERTIFIED)
			continue;
		struct error one = { 0 };
		int result = finish_job(store, job, keys, now, folder, ret_count, &one);
		if (result != 0 && first == 0) {
			first = result;
			if (error)
				*error = one;
		}
	}
	return first;
}
