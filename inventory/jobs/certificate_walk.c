/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every certificate of the store, one after another: there may be more than fit into memory. */
#include "inventory/jobs/jobs.h"

#include "base/digest.h"

#include <errno.h>
#include <string.h>

static int read_row(struct store *store, const struct store_rows *rows,
	struct certificate_record *certificate, struct error *error)
{
	char sha256[SHA256_HEX_SIZE];
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
	if (!certificate->json ||
		digest_sha256_hex(certificate->json, strlen(certificate->json), sha256) != 0)
		return error_no_memory(error);
	if (strcmp(sha256, certificate->sha256) != 0)
		return store_error_corrupt(store, certificate->name, error);
	return 0;
}

int certificates_walk(struct store *store,
	int (*each)(
		void *context, const struct certificate_record *certificate, struct error *error),
	void *context, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	int r = store_query(store,
		"SELECT name, job_id, issued_utc_ms, evidence_count, outcome, sha256, json"
		" FROM certificate ORDER BY issued_utc_ms, name",
		NULL, 0, &rows, error);
	while (r >= 0) {
		r = store_next(rows, error);
		if (r <= 0)
			return r;
		AUTO_CERTIFICATE struct certificate_record certificate = { 0 };
		r = read_row(store, rows, &certificate, error);
		if (r == 0)
			r = each(context, &certificate, error);
	}
	return r;
}
