/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose job it is: the drive's serial and WWN beside each job, so that a drive's jobs are found
 * without reading all of them. Within this room. */
#ifndef HAIKI_INVENTORY_JOBS_JOB_DRIVES_H
#define HAIKI_INVENTORY_JOBS_JOB_DRIVES_H

#include "inventory/jobs/jobs.h"

/* Enter what the subject says of its drive, in the transaction that enters the job. A subject without
 * a drive's identity is no drive's job: nothing is entered. */
NODISCARD int job_drive_enter(
	struct store *store, const char *job_id, const json_t *subject, struct error *error);

/* For schema.h: enter all jobs of a store that knew no job_drive. A subject that cannot be read is
 * left out; whoever loads that job is told. */
NODISCARD int job_drives_fill(struct store *store, struct error *error);

#endif
