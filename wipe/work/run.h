/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running jobs: many at once over one engine, evidence appended as it happens, progress journaled
 * after the flush that makes it true, and going on where a cut job stopped. */
#ifndef HAIKI_WIPE_WORK_RUN_H
#define HAIKI_WIPE_WORK_RUN_H

#include "device/engine/engine.h"
#include "inventory/jobs/jobs.h"
#include "verify/plan/plan_document.h"

struct work_seams;

/* What a watcher is shown of one job. */
struct run_progress {
	const char *job_id;
	const char *label; /* identity_label */
	const char *serial;
	unsigned step, step_count;        /* 1-based; 0 before the first */
	const char *method;               /* "overwrite", …, or "opening" */
	uint64_t done_bytes, total_bytes; /* of the step; 0 0: it is not counted in bytes */
	int32_t progress; /* of ERASE_PROGRESS_WHOLE, where the drive erases itself; -1: not told */
	uint64_t bytes_per_second; /* over the last seconds */
	uint64_t bad_bytes;
	int64_t seconds_left; /* of the whole job at this rate, or as the drive says; -1 unknown */
	bool stalled;         /* the drive has not answered for 5 s */
	bool ended;
	enum outcome outcome; /* once ended */
};

struct run_options {
	struct engine_options engine;
	uint64_t rate_bytes_per_second;
	uint64_t stall_limit_ms;
	bool outside_vouched; /* of the guard's subject */
	/* Called about five times a second with all jobs; may be NULL. */
	void (*progress)(void *context, const struct run_progress *jobs, size_t count);
	void *context;
	/* Becomes non-zero when the operator wants an end (signal handler): passes are cancelled, the
	 * evidence says interrupted, and the job can be resumed. May be NULL. */
	const volatile int *stop;
	/* PSID or owner's password for techniques that take one; NULL: none. Never recorded, and
	 * copies are cleansed after use. At most CREDENTIAL_MAX - 1 bytes. */
	const char *credential;
	const struct work_seams *seams; /* NULL; a test's own drives and time */
};

#define CREDENTIAL_MAX 256

/* Of an ERASE the journal holds, in place of bytes, how far the drive is of this. */
#define ERASE_PROGRESS_WHOLE 65536

/* One job to run; job_id and path in, the rest out. */
struct run_target {
	char job_id[JOB_ID_SIZE];
	char path[256];         /* where the drive is now */
	struct verdict verdict; /* the judge's, from the evidence */
	struct error error;     /* why it did not come to a proof, for people */
};

/* Run or resume every target. A job that never began starts at step 1; a cut one goes on: an
 * overwriting step from its last flushed byte, a read-back always from its beginning, since only one
 * unbroken reading under one claim proves anything. A drive that was erasing itself is found at it and
 * followed to the end; where it cannot be told that the end is that of our own command, markers are
 * planted and it is erased again.
 *
 * When a technique does not work, target.error says so: "drive-refused", "drive-failed",
 * "status-unknown", "erase-stalled", "markers-remain", "markers-unreadable", "capacity-hidden".
 * Returns 0 when every job came to an end of its own (see verdict), -errno when the store or the
 * engine failed: then what was recorded stands, and resume goes on. */
NODISCARD int run_jobs(struct store *store, struct run_target *targets, size_t count,
	const struct run_options *options, struct error *error);

/* How long the steps behind this one take at the rate, as far as that can be told; -1: not known. */
int64_t run_seconds_behind(const struct plan *plan, unsigned step, uint64_t bytes_per_second);

/* Judge a job from what the store holds. */
NODISCARD int run_judge(
	struct store *store, const char *job_id, struct verdict *ret, struct error *error);

#endif
