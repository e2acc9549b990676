/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a job came to grief over, from its plan and verdict alone. */
#include "wipe/fall_back.h"

#include "base/text.h"
#include "device/identity/siblings.h"
#include "wipe/job.h"
#include "wipe/work/run.h"
#include <errno.h>
#include <string.h>

/* Reasons of the judge (verify/judge/verdict.c) that speak of the technique and not of the drive. */
static const char *const of_technique[] = { "drive-refused", "drive-failed", "status-unknown",
	"erase-not-accepted", "markers-remain", "markers-unreadable", "markers-zeroed" };

/* Here somebody or something else stands in the way, and nothing more is to be done to the drive. */
static const char *const forbids[] = { "guard-refused", "other-drive", "plan-refused",
	"interrupted", "not-ended", "subject-malformed", "plan-malformed", "evidence-malformed",
	"evidence-contradictory", "unwritable", "flush-failed", "namespaces-not-guarded" };

static bool is_among(const char *code, const char *const codes[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(codes[i], code) == 0)
			return true;
	return false;
}

/* What a drive said to have written over itself, and is not there. */
static const char *const of_contents[] = { "mismatch", "unreadable" };

static enum technique technique_of(const struct plan *plan, unsigned number)
{
	const struct plan_step *step =
		number >= 1 && number <= plan->step_count ? &plan->steps[number - 1] : NULL;
	return step && step->method == STEP_ERASE ? step->technique : TECHNIQUE_NONE;
}

/* The technique a reason speaks of: that of the step itself, of the one whose markers are checked in
 * it, or of the one that is read back in it. */
static enum technique technique_at(const struct plan *plan, const char *code, int64_t number)
{
	if (number < 1 || number > (int64_t)plan->step_count)
		return TECHNIQUE_NONE;
	const struct plan_step *step = &plan->steps[number - 1];
	bool is_read_back = step->method == STEP_READ_BACK;
	if (!is_among(code, of_technique, ARRAY_SIZE(of_technique)) &&
		!(is_read_back && is_among(code, of_contents, ARRAY_SIZE(of_contents))))
		return TECHNIQUE_NONE;
	if (step->method == STEP_CHECK_MARKERS)
		return technique_of(plan, step->of_step + 1); /* the one behind the planting */
	return technique_of(plan, is_read_back ? step->of_step : (unsigned)number);
}

static bool may_fall_back(const struct verdict *verdict)
{
	return verdict->outcome == OUTCOME_FAILED || verdict->outcome == OUTCOME_UNKNOWN;
}

enum technique fall_back_cause(const struct plan *plan, const struct verdict *verdict)
{
	enum technique cause = TECHNIQUE_NONE;

	if (!may_fall_back(verdict))
		return TECHNIQUE_NONE;
	for (size_t i = 0; i < verdict->reason_count; i++) {
		const char *code = verdict->reasons[i].code;
		if (is_among(code, forbids, ARRAY_SIZE(forbids)))
			return TECHNIQUE_NONE;
		if (cause == TECHNIQUE_NONE)
			cause = technique_at(plan, code, verdict->reasons[i].step);
	}
	return cause;
}

int fall_back_find(
	struct store *store, const char *job_id, enum technique *ret, struct error *error)
{
	AUTO_JOB struct job_record job = { 0 };
	struct drive_identity identity;
	struct verdict verdict = { 0 };
	AUTO_FREE struct plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		return error_no_memory(error);
	int result = jobs_load(store, job_id, &job, error);
	if (result < 0)
		return result;
	*ret = TECHNIQUE_NONE;
	/* One that may go on, or that somebody works on, is not over. */
	if (job.state != JOB_ENDED && job.state != JOB_CERTIFIED)
		return 0;
	result = run_judge(store, job_id, &verdict, error);
	/* A refused job has no plan that could be read as one that runs. */
	if (result < 0 || !may_fall_back(&verdict))
		return result;
	result = job_read_documents(&job, plan, &identity, error);
	if (result == 0)
		*ret = fall_back_cause(plan, &verdict);
	return result;
}

int fall_back_check_reach(const struct plan *shown, const struct plan *next,
	const struct drive_identity *identity, const struct system_paths *paths,
	struct error *error)
{
	AUTO_SIBLINGS struct sibling_list others = { 0 };
	char label[IDENTITY_LABEL_MAX];

	if (!plan_reaches_siblings(next) || plan_reaches_siblings(shown))
		return 0;
	int result = siblings_list(identity, paths, &others, error);
	if (result < 0 || others.count == 0)
		return result;
	identity_label(identity, label);
	return error_set(error, ERROR_REFUSED, EPERM, "reaches-further",
		_("%s: the next method erases other namespaces along (%zu), and the plan that was "
		  "confirmed did not."),
		label, others.count);
}
