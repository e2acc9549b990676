/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A job from a named drive to the store: look, plan, guard, and enter it with its first evidence. */
#ifndef HAIKI_WIPE_JOB_H
#define HAIKI_WIPE_JOB_H

#include "device/probe/signature.h"
#include "inventory/jobs/jobs.h"
#include "wipe/guard/guard.h"
#include "wipe/plan/plan.h"

struct person {
	char name[128];
	char title[128];
	char place[128];
	char account
		[64]; /* operator only: the login behind sudo (login uid), filled by job_prepare */
};

/* What the operator says about the job; "" where nothing was said. */
struct job_request {
	struct plan_request plan;
	struct person operator;
	struct person witness;
	char ticket[128];
	char contract[128];
	char destination[128]; /* reuse, return, disposal … as the organisation calls it */
	char asset_number[64];
	char tenant[64];
	char service_code[64];
	char host[128];
	char site[256];
	char country[16];
	char organisation[256];
	bool outside_vouched; /* of the guard's subject */
	uint64_t patience_ms; /* how long looking at a drive may take; 0: JOB_PATIENCE_MS */
};

#define JOB_PATIENCE_MS 300000

struct stack;

/* Everything known before anything is decided. Owned by the caller, freed by job_preview_free. */
struct job_preview {
	struct drive_identity identity;
	struct native_capacity native;
	struct signature_list signatures;
	bool signatures_known;
	struct abilities abilities; /* what it offers to erase itself with */
	struct plan plan; /* without keys; step_count 0 when no plan could be made, but what was
	                   * weighed */
	struct error plan_error; /* why not */
	struct guard_report guard;
	struct stack *stack; /* which arrays and volumes it belongs to (stack.h); owned; NULL: */
	struct error stack_error; /* why that cannot be told */
	char path[256];
};
void job_preview_free(struct job_preview *preview);

/* Open path to look, identify, probe, plan and guard. Writes nothing. A guard's refusal or a plan
 * that cannot be made is no error here: it stands in *ret. expected_serial as in guard.h.
 * Errors: those of drive_open. */
NODISCARD int job_prepare(struct store *store, const struct policy *policy, const char *path,
	const char *expected_serial, bool require_serial, const struct job_request *request,
	struct job_preview *ret, struct error *error);

/* Enter the job with the evidence so far, in one transaction; the plan is sealed here. When the
 * guard refused or no plan could be made the job is entered as ended, so that a record of the
 * refusal can be signed. Otherwise older jobs of the drive that were never finished are ended with
 * it, so that no resume comes back to a drive that has gone on. ERROR_REFUSED "password-left" where
 * one of those may have left its password on an ATA drive: it has to be resumed. */
NODISCARD int job_create(struct store *store, const struct policy *policy,
	const struct job_preview *preview, const struct job_request *request,
	char ret_id[static JOB_ID_SIZE], struct error *error);

/* The job's plan and identity as documents → values. */
NODISCARD int job_read_documents(const struct job_record *job, struct plan *ret_plan,
	struct drive_identity *ret_identity, struct error *error);

#endif
