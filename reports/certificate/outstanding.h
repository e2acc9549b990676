/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a job leaves to be done elsewhere: copies of the keys that it destroyed. */
#ifndef HAIKI_REPORTS_CERTIFICATE_OUTSTANDING_H
#define HAIKI_REPORTS_CERTIFICATE_OUTSTANDING_H

#include "inventory/jobs/jobs.h"

/* "key-copy:V7" for each copy of a LUKS header, of those that stood on the drive, that the store knows
 * and that nobody said was destroyed; where the job began to destroy LUKS keys. *ret: an array, a new
 * reference, untouched on error. 0, or the store's errors: then there is no certificate. */
NODISCARD int outstanding_of_job(struct store *store, const struct job_record *job,
	const json_t *evidence, json_t **ret, struct error *error);

/* Remember which keys the job destroyed, so that a header that comes back is known for what it is. 0, or
 * the store's errors. In the caller's transaction. */
NODISCARD int outstanding_note_keys(struct store *store, const struct job_record *job,
	const json_t *evidence, int64_t now_utc_ms, struct error *error);

#endif
