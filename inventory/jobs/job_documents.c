/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing and reading a job's documents. The digest shows a change that the database itself does not
 * notice; a job whose plan is not the one entered must not run. */
#include "inventory/jobs/job_documents.h"

#include "base/digest.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

void job_texts_free(struct job_texts *texts)
{
	for (size_t i = 0; i < JOB_DOCUMENTS; i++) {
		free(texts->text[i]);
		texts->text[i] = NULL;
	}
}

/* The id belongs to it: jobs with equal documents must not lend each other their evidence. */
static int digest_texts(
	const char *id, const char *const text[static JOB_DOCUMENTS], char ret[static 65])
{
	AUTO_BUFFER struct buffer all = BUFFER_INIT(JOB_DOCUMENTS * (JSON_MAX_BYTES + 1) + KIB);
	int r = buffer_printf(&all, "%s\n", id);
	for (size_t i = 0; i < JOB_DOCUMENTS && r == 0; i++) {
		r = buffer_append_text(&all, text[i]);
		if (r == 0)
			r = buffer_append(&all, "\n", 1);
	}
	return r < 0 ? r : digest_sha256_hex(all.data, all.length, ret);
}

int job_texts_write(const struct job_record *job, struct job_texts *ret, struct error *error)
{
	const json_t *const documents[JOB_DOCUMENTS] = {
		job->subject,
		job->reason,
		job->people,
		job->plan,
	};
	int r = 0;
	for (size_t i = 0; i < JOB_DOCUMENTS && r == 0; i++) {
		AUTO_BUFFER struct buffer text = BUFFER_INIT(JSON_MAX_BYTES);
		r = json_write_canonical(documents[i], &text);
		if (r == 0) {
			ret->text[i] = buffer_take(&text);
			r = ret->text[i] ? 0 : -ENOMEM;
		}
	}
	if (r == 0)
		r = digest_texts(job->id, (const char *const *)ret->text, ret->digest);
	if (r == -ENOMEM)
		return error_no_memory(error);
	if (r < 0)
		return error_set(error, ERROR_FAILED, -r, "job-malformed",
			_("The job %s cannot be entered: its documents cannot be written"),
			job->id);
	return 0;
}

static int parse_row(struct store *store, const struct store_rows *rows, struct job_record *job,
	struct error *error)
{
	json_t **const places[JOB_DOCUMENTS] = {
		&job->subject,
		&job->reason,
		&job->people,
		&job->plan,
	};
	const char *text[JOB_DOCUMENTS];
	for (unsigned i = 0; i < JOB_DOCUMENTS; i++)
		text[i] = store_text(rows, i);
	char digest[65];
	int r = digest_texts(job->id, text, digest);
	if (r == -ENOMEM)
		return error_no_memory(error);
	if (r < 0 || strcmp(digest, store_text(rows, JOB_DOCUMENTS)) != 0)
		return store_error_corrupt(store, job->id, error);
	for (size_t i = 0; i < JOB_DOCUMENTS; i++) {
		r = json_parse_canonical(text[i], strlen(text[i]), job->id, places[i], NULL);
		if (r == -ENOMEM)
			return error_no_memory(error);
		if (r < 0)
			return store_error_corrupt(store, job->id, error);
	}
	return 0;
}

int job_documents_read(struct store *store, struct job_record *job, struct error *error)
{
	CLEANUP(cleanup_store_rows_close) struct store_rows *rows = NULL;
	const struct store_value values[] = { STORE_STRING(job->id) };
	int r = store_query(store,
		"SELECT subject, reason, people, plan, digest FROM job WHERE id = $1", values, 1,
		&rows, error);
	if (r < 0)
		return r;
	r = store_next(rows, error);
	if (r < 0)
		return r;
	if (r == 0)
		return job_error_unknown(store, job->id, error);
	return parse_row(store, rows, job, error);
}
