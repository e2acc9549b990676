/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The four documents of a job between JSON values and the text the store keeps, with one digest over
 * them. Within this room. */
#ifndef HAIKI_INVENTORY_JOBS_JOB_DOCUMENTS_H
#define HAIKI_INVENTORY_JOBS_JOB_DOCUMENTS_H

#include "inventory/jobs/jobs.h"

#define JOB_DOCUMENTS 4 /* subject, reason, people, plan */

struct job_texts {
	char *text[JOB_DOCUMENTS]; /* owned; canonical */
	char digest[65];           /* SHA-256 of the id and the texts, a newline after each */
};
void job_texts_free(struct job_texts *texts);

/* *ret is the caller's, also after an error. */
NODISCARD int job_texts_write(
	const struct job_record *job, struct job_texts *ret, struct error *error);

/* Fill the four documents of a job whose id is known, checked against their digest. */
NODISCARD int job_documents_read(struct store *store, struct job_record *job, struct error *error);

/* Inside the caller's transaction: -EBUSY "job-running" when another living process owns the job. Only
 * the owner adds to its evidence, or whoever comes when it is gone. */
NODISCARD int job_check_writer(struct store *store, const char *id, struct error *error);

/* "job-unknown", -ENOENT. */
int job_error_unknown(const struct store *store, const char *id, struct error *error);

#endif
