/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates as issued: entered once, never changed; a later one of the same job supersedes. */
#include "inventory/jobs/jobs.h"

#include "base/digest.h"
#include "base/text.h"
#include "inventory/jobs/job_documents.h"
#include "inventory/ledger/ledger_bodies.h"

#include <errno.h>
#include <string.h>

void certificate_record_free(struct certificate_record *certificate)
{
	free(certificate->json);
	free(certificate->p7s_hex);
	*certificate = (struct certificate_record){ 0 };
}

static int error_malformed(
	const struct certificate_record *certificate, const char *why, struct error *error)
{
	return error_set(error, ERROR_FAILED, EINVAL, "certificate-malformed",
		_("The certificate %s cannot be entered: %s"), certificate->name, why);
}

/* 1: sha256 is the digest of json; 0: it is not; -errno. */
static int digest_fits(const char *json, const char *sha256)
{
	char digest[SHA256_HEX_SIZE];
	int r = digest_sha256_hex(json, strlen(json), digest);
	return r < 0 ? r : strcmp(digest, sha256) == 0;
}

static int check_new(const struct certificate_record *certificate, struct error *error)
{
	if (certificate->name[0] == '\0' || !certificate->json || !certificate->p7s_hex ||
		certificate->evidence_count < 1)
		return error_malformed(certificate, _("it is incomplete"), error);
	int r = digest_fits(certificate->json, certificate->sha256);
	if (r < 0)
		return error_malformed(certificate, _("its digest cannot be made"), error);
	return r == 1 ? 0 : error_malformed(certificate, _("its digest is another's"), error);
}

/* What the store has for the job: how many events and certificates; and is the name taken? */
static int check_fits(struct store *store, const struct certificate_record *certificate,
	int64_t *ret_number, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = {
		STORE_STRING(certificate->job_id),
		STORE_STRING(certificate->name),
	};
	int r = store_query(store,
		"SELECT (SELECT max(e.seq) FROM evidence e WHERE e.job_id = j.id),"
		" (SELECT max(c.number) FROM certificate c WHERE c.job_id = j.id),"
		" (SELECT count(*) FROM certificate c WHERE c.name = $2)"
		" FROM job j WHERE j.id = $1",
		values, ARRAY_SIZE(values), &rows, error);
	if (r < 0)
		return r;
	r = store_next(rows, error);
	if (r < 0)
		return r;
	if (r == 0)
		return job_error_unknown(store, certificate->job_id, error);
	if (store_integer(rows, 2) > 0)
		return error_set(error, ERROR_FAILED, EEXIST, "certificate-exists",
			_("There is already a certificate %s in the store %s"), certificate->name,
			store_path(store));
	if (certificate->evidence_count > store_integer(rows, 0))
		return error_malformed(
			certificate, _("it claims evidence that the store does not hold"), error);
	*ret_number = store_integer(rows, 1) + 1;
	return 0;
}

static int insert(
	struct store *store, const struct certificate_record *certificate, struct error *error)
{
	int64_t number = 0;
	int r = check_fits(store, certificate, &number, error);
	if (r < 0)
		return r;
	const struct store_value values[] = {
		STORE_STRING(certificate->name),
		STORE_STRING(certificate->job_id),
		STORE_INT(number),
		STORE_INT(certificate->issued_utc_ms),
		STORE_INT(certificate->evidence_count),
		STORE_STRING(certificate->outcome),
		STORE_STRING(certificate->sha256),
		STORE_STRING(certificate->json),
		STORE_STRING(certificate->p7s_hex),
	};
	r = store_execute(store,
		"INSERT INTO certificate (name, job_id, number, issued_utc_ms, evidence_count,"
		" outcome, sha256, json, p7s_hex) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		values, ARRAY_SIZE(values), NULL, error);
	return r < 0 ? r : ledger_append_certificate(store, certificate, error);
}

int certificates_insert(
	struct store *store, const struct certificate_record *certificate, struct error *error)
{
	int r = check_new(certificate, error);
	if (r < 0)
		return r;
	r = store_begin(store, error);
	if (r < 0)
		return r;
	return store_end(store, insert(store, certificate, error), error);
}

static int read_certificate(struct store *store, const struct store_rows *rows,
	struct certificate_record *certificate, struct error *error)
{
	int r = store_copy_text(rows, 0, certificate->name, sizeof(certificate->name), error);
	if (r == 0)
		r = store_copy_text(
			rows, 1, certificate->job_id, sizeof(certificate->job_id), error);
	if (r == 0)
		r = store_copy_text(
			rows, 4, certificate->outcome, sizeof(certificate->outcome), error);
	if (r == 0)
		r = store_copy_text(
			rows, 5, certificate->sha256, sizeof(certificate->sha256), error);
	if (r < 0)
		return r;
	certificate->issued_utc_ms = store_integer(rows, 2);
	certificate->evidence_count = store_integer(rows, 3);
	certificate->json = strdup(store_text(rows, 6));
	certificate->p7s_hex = strdup(store_text(rows, 7));
	if (!certificate->json || !certificate->p7s_hex)
		return error_no_memory(error);
	if (digest_fits(certificate->json, certificate->sha256) != 1)
		return store_error_corrupt(store, certificate->name, error);
	return 0;
}

#define NEWEST_FORM                                                                                \
	"SELECT c.name, c.job_id, c.issued_utc_ms, c.evidence_count, c.outcome, c.sha256,"         \
	" c.json, COALESCE((SELECT m.p7s_hex FROM certificate_cms m WHERE m.name = c.name"         \
	" ORDER BY m.number DESC LIMIT 1), c.p7s_hex) FROM certificate c"

static int read_one(struct store *store, const char *sql, const char *key,
	struct certificate_record *ret, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(key) };
	int r = store_query(store, sql, values, 1, &rows, error);
	if (r < 0)
		return r;
	r = store_next(rows, error);
	if (r <= 0)
		return r;
	AUTO_CERTIFICATE struct certificate_record certificate = { 0 };
	r = read_certificate(store, rows, &certificate, error);
	if (r < 0)
		return r;
	*ret = certificate;
	certificate = (struct certificate_record){ 0 };
	return 1;
}

int certificates_latest(struct store *store, const char *job_id, struct certificate_record *ret,
	struct error *error)
{
	return read_one(store, NEWEST_FORM " WHERE c.job_id = $1 ORDER BY c.number DESC LIMIT 1",
		job_id, ret, error);
}

int certificates_named(
	struct store *store, const char *name, struct certificate_record *ret, struct error *error)
{
	int r = read_one(store, NEWEST_FORM " WHERE c.name = $1", name, ret, error);
	if (r != 0)
		return r;
	return read_one(store,
		"SELECT c.name, '', c.issued_utc_ms, 0, c.outcome, c.sha256, c.json,"
		" COALESCE((SELECT m.p7s_hex FROM certificate_cms m WHERE m.name = c.name"
		" ORDER BY m.number DESC LIMIT 1), c.p7s_hex)"
		" FROM tenant_certificate c WHERE c.name = $1",
		name, ret, error);
}

int certificates_walk(struct store *store,
	int (*each)(
		void *context, const struct certificate_record *certificate, struct error *error),
	void *context, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(store, NEWEST_FORM " ORDER BY c.name", NULL, 0, &rows, error);
	while (r == 0 && (r = store_next(rows, error)) > 0) {
		AUTO_CERTIFICATE struct certificate_record certificate = { 0 };
		r = read_certificate(store, rows, &certificate, error);
		if (r == 0)
			r = each(context, &certificate, error);
	}
	return r;
}
