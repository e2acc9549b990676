/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The documents of a job and its events, as docs/certificate.md defines them. Inside wipe/ only.
 * Every event_… function returns a new reference, or NULL when out of memory. */
#ifndef HAIKI_WIPE_JOB_DOCUMENTS_H
#define HAIKI_WIPE_JOB_DOCUMENTS_H

#include "base/clock.h"
#include "device/engine/engine.h"
#include "verify/media/residue.h"
#include "wipe/erase/restore_capacity.h"
#include "wipe/job.h"

/* Fill subject, reason, people and plan of *ret. 0, -ENOMEM, -EINVAL (text that is not UTF-8). */
NODISCARD int job_documents(const struct policy *policy, const struct job_preview *preview,
	const struct job_request *request, const struct plan *plan, struct job_record *ret);

json_t *job_event_created(const struct clock_reading *now);
json_t *job_event_plan_refused(const struct error *why);
json_t *job_event_opened(const char *path, const struct drive *drive);
json_t *job_event_started(unsigned step, uint64_t from_bytes);
json_t *job_event_bad_range(unsigned step, const struct bad_range *bad);
json_t *job_event_residue(unsigned step, const struct residue *residue);
json_t *job_event_sibling(const struct drive *sibling);
/* moment: "before", "found", "accepted", "during", "after" */
json_t *job_event_answer(unsigned step, const char *moment, const struct erase_answer *answer);
json_t *job_event_markers(unsigned step, const struct marker_check *markers);
json_t *job_event_capacity(unsigned step, const struct capacity_change *change);
/* moment: "before", "after"; what: as health_read says */
json_t *job_event_health(const char *moment, const char *what, const struct erase_answer *raw);
/* result: pass_end_name, course_end_name */
json_t *job_event_finished(unsigned step, const char *result, uint64_t bytes, uint64_t bad_bytes,
	bool flushed, int errnum);
json_t *job_event_closing(const struct drive_identity *now, bool same);
json_t *job_event_error(const struct error *why);
json_t *job_event_interrupted(const char *cause);
json_t *job_event_resumed(const struct clock_reading *now);
json_t *job_event_ended(const struct clock_reading *now);

/* The login behind sudo: the kernel's login uid, which no environment variable can change. */
void job_account(char *ret, size_t size);

#endif
