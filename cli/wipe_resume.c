/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki wipe resume`: find the drives of cut jobs by who they are, and go on. */
#include "cli/confirm.h"
#include "cli/output.h"
#include "cli/stop.h"
#include "cli/wipe.h"
#include "inventory/scan/scan.h"
#include <errno.h>
#include <string.h>

struct resumption {
	struct run_target *runs;
	struct job_result *results;
	size_t run_count, count;
};

static void resumption_free(struct resumption *resumption)
{
	free(resumption->runs);
	free(resumption->results);
}

/* By the WWN first: another drive may have the same serial. Where nothing has the WWN, whatever has the
 * serial is opened, so that it is told in what it differs. */
static int find_drive(struct store *store, const struct drive_identity *identity,
	struct run_target *run, struct error *error)
{
	int r = -ENOENT;
	if (identity->wwn[0])
		r = scan_resolve(store, identity->wwn, run->path, sizeof(run->path), error);
	if (r != -ENOENT || (identity->wwn[0] && !identity->serial[0]))
		return r;
	*error = (struct error){ 0 };
	return scan_resolve(store, identity->serial, run->path, sizeof(run->path), error);
}

/* Without what its drive will ask for a job would only end without a proof: it stays as it is. */
static int check_credential(struct store *store, const struct wipe_options *options, const char *id,
	struct error *error)
{
	AUTO_JOB struct job_record job = { 0 };
	AUTO_FREE struct plan *plan = calloc(1, sizeof(*plan));
	struct drive_identity identity;
	if (!plan)
		return error_no_memory(error);
	/* What cannot be read is told by the run. */
	if (jobs_load(store, id, &job, NULL) < 0 ||
		job_read_documents(&job, plan, &identity, NULL) < 0)
		return 0;
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];
		if (step->method != STEP_ERASE ||
			!credential_missing(
				step->technique, options->psid_file[0], options->password_file[0]))
			continue;
		char label[IDENTITY_LABEL_MAX];
		identity_label(&identity, label);
		error_set(error, ERROR_WAITING, EACCES, "needs-credential",
			_("Job %s cannot go on: %s will ask for its PSID or its owner's password "
			  "(%s)."),
			id, label, technique_name(step->technique));
		return error_next(error, _("Give it with --psid-file or --password-file."));
	}
	return 0;
}

/* Fill the result of one job; where it can go on, enter it among the runs. */
static int add_job(struct store *store, const struct wipe_options *options, const char *id,
	struct resumption *resumption, struct error *error)
{
	struct job_result *result = &resumption->results[resumption->count];
	int r = result_read(store, id, result, error);
	if (r < 0)
		return r;
	resumption->count++;
	switch (result->state) {
	case JOB_RUNNING:
		error_set(&result->error, ERROR_WAITING, EBUSY, "job-running",
			_("Job %s is running already."), id);
		error_next(&result->error, _("Watch it with: haiki wipe watch %s"), id);
		return 0;
	case JOB_UNKNOWN:
	case JOB_ENDED:
	case JOB_CERTIFIED:
		return 0; /* over: its result is told again, and certified if it is not */
	case JOB_READY:
	case JOB_INTERRUPTED:
		break;
	}
	struct run_target *run = &resumption->runs[resumption->run_count];
	if (find_drive(store, &result->identity, run, &result->error) < 0 ||
		check_credential(store, options, id, &result->error) < 0)
		return 0;
	snprintf(run->job_id, sizeof(run->job_id), "%s", result->job);
	resumption->run_count++;
	return 0;
}

/* Nobody named this job, and its drive may be in use again by now: the operator names the drive. */
static int add_unnamed(struct store *store, const struct wipe_options *options, const char *id,
	struct resumption *resumption, struct error *error)
{
	size_t runs = resumption->run_count;
	if (!confirm_possible()) {
		error_set(error, ERROR_REFUSED, EPERM, "job-not-named",
			_("Job %s waits to go on, but nobody named it."), id);
		error_next(error, _("Name the jobs: haiki wipe resume %s"), id);
		return -EPERM;
	}
	int r = add_job(store, options, id, resumption, error);
	if (r < 0 || resumption->run_count == runs)
		return r;
	const struct drive_identity *identity =
		&resumption->results[resumption->count - 1].identity;
	return confirm_drive(identity, confirm_word(identity), stdin, error);
}

static bool is_cut(enum job_state state)
{
	return state == JOB_INTERRUPTED || state == JOB_READY;
}

static int check_once(const struct invocation *invocation, struct error *error)
{
	for (size_t i = 0; i < invocation->argument_count; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(invocation->arguments[i], invocation->arguments[j]) == 0)
				return error_set(error, ERROR_USAGE, EINVAL, "job-twice",
					_("Job %s was named twice."), invocation->arguments[i]);
	return 0;
}

static int collect(const struct invocation *invocation, struct store *store, struct resumption *ret,
	struct error *error)
{
	const struct wipe_options *options = invocation->values;
	AUTO_JOBS struct job_list list = { 0 };
	int r = check_once(invocation, error);
	if (r == 0 && invocation->argument_count == 0)
		r = jobs_list(store, JOB_UNKNOWN, &list, error);
	if (r < 0)
		return r;
	size_t most = MAX(invocation->argument_count, list.count) + 1;
	ret->runs = calloc(most, sizeof(*ret->runs));
	ret->results = calloc(most, sizeof(*ret->results));
	if (!ret->runs || !ret->results)
		return error_no_memory(error);
	for (size_t i = 0; r == 0 && i < list.count; i++)
		if (is_cut(list.items[i].state))
			r = add_unnamed(store, options, list.items[i].id, ret, error);
	for (size_t i = 0; r == 0 && i < invocation->argument_count; i++)
		r = add_job(store, options, invocation->arguments[i], ret, error);
	return r;
}

enum error_kind wipe_resume(const struct invocation *invocation, struct error *error)
{
	AUTO_WORK struct wipe_work work = { 0 };
	struct resumption resumption CLEANUP(resumption_free) = { 0 };
	stop_install();
	if (wipe_work_open(invocation, &work, error) < 0 ||
		collect(invocation, work.store, &resumption, error) < 0)
		return command_failed(error);
	if (resumption.count == 0 && !invocation->json) {
		output_line(stdout, "%s", _("No job is waiting to go on."));
		return ERROR_NONE;
	}
	return wipe_execute(invocation, &work, resumption.runs, resumption.run_count,
		resumption.results, resumption.count, error);
}
