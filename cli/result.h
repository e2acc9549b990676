/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What became of each job: certify it, then say it as a table or as JSON, the verdict first. */
#ifndef HAIKI_CLI_RESULT_H
#define HAIKI_CLI_RESULT_H

#include "cli/command.h"
#include "cli/drawing.h"
#include "cli/stamping.h"
#include "device/identity/identity.h"
#include "reports/certificate/certificate.h"
#include "verify/judge/judge.h"
#include "wipe/job.h"
#include "wipe/work/run.h"

struct job_result {
	char job[JOB_ID_SIZE];
	struct drive_identity identity;
	enum job_state state;
	bool pending;                   /* not over: ready, or another process runs it */
	struct verdict verdict;         /* the judge's, from the store */
	char certificate[96];           /* name; "" when none was issued */
	size_t outstanding;             /* what it says is still to be done elsewhere */
	struct error error;             /* why it did not come to a proof */
	struct error certificate_error; /* why there is no certificate */
	struct stamping stamping;       /* of the certificate that was issued */
	struct drawing drawing;         /* its PDF */
	enum error_kind refusal;        /* of a job that was not run: its own exit code */
	char log[512];                  /* of a process started apart; else "" */
	char fall_back_of[JOB_ID_SIZE]; /* the job in whose place this one was run; "" for none */
	bool superseded;                /* another job of this run took its place */
};

/* Issue, stamp, export and draw the job's certificate, then judge it again from the store. */
void result_certify(struct store *store, const struct keys *keys,
	struct timestamp_authority *authority, const char *out, struct job_result *result);

/* State, verdict and newest certificate as the store has them, without changing anything. */
NODISCARD int result_read(
	struct store *store, const char *job, struct job_result *ret, struct error *error);

enum error_kind result_code(const struct job_result *result);

/* Print all; of a drive that was tried more than once the last job's code counts. general (may be NULL) is an error of the whole run. out: the certificates' folder, ""
 * when none were written. Returns the exit code of the command. */
enum error_kind result_print(const struct invocation *invocation, const struct job_result *results,
	size_t count, const char *out, const struct error *general, struct error *error);

#endif
