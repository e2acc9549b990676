/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rounds of a run: first what was planned, then what is next where a technique did not work. */
#include "cli/wipe_targets.h"

#include "base/text.h"
#include "cli/confirm.h"
#include "cli/describe.h"
#include "cli/output.h"
#include "cli/stop.h"
#include "wipe/fall_back.h"
#include <errno.h>
#include <string.h>
#include <time.h>

int wipe_changed_meanwhile(const struct job_preview *shown, struct error *error)
{
	char label[IDENTITY_LABEL_MAX];
	identity_label(&shown->identity, label);
	error_set(error, ERROR_REFUSED, ESTALE, "plan-changed",
		_("%s is not as the plan showed it any more. Nothing was touched."), label);
	return error_next(error, _("Start again and read the plan once more."));
}

void outcomes_free(struct outcomes *outcomes)
{
	free(outcomes->items);
}

int outcomes_reserve(struct outcomes *outcomes, size_t more, struct error *error)
{
	struct job_result *items =
		reallocarray(outcomes->items, outcomes->count + more + 1, sizeof(*items));
	if (!items)
		return error_no_memory(error);
	outcomes->items = items;
	return 0;
}

struct job_result *outcomes_add(
	struct outcomes *outcomes, const struct target *target, const struct job_preview *preview)
{
	struct job_result *result = &outcomes->items[outcomes->count++];
	*result = (struct job_result){ .identity = preview->identity };
	snprintf(result->job, sizeof(result->job), "%s", target->job);
	return result;
}

void outcomes_add_run(const struct target *target, struct job_result *result,
	struct run_target *runs, size_t *count)
{
	struct run_target *run = &runs[(*count)++];
	result->state = JOB_READY;
	result->pending = true;
	*run = (struct run_target){ 0 };
	snprintf(run->job_id, sizeof(run->job_id), "%s", target->job);
	snprintf(run->path, sizeof(run->path), "%s", target->path);
}

static struct job_result *outcome_of(struct outcomes *outcomes, const char *job)
{
	for (size_t i = outcomes->count; i-- > 0;)
		if (strcmp(outcomes->items[i].job, job) == 0)
			return &outcomes->items[i];
	return NULL;
}

/* The same drive, also when what hid a part of it was lifted by the job before. */
static bool is_same_drive(const struct job_preview *shown, const struct job_preview *now)
{
	struct drive_identity identity = now->identity;
	char why[256];
	if (identity.capacity_bytes == shown->plan.capacity_bytes)
		identity.capacity_bytes = shown->identity.capacity_bytes;
	return identity_same(&shown->identity, &identity, why, sizeof(why));
}

/* What was tried on a drive, for people: "nvme-sanitize-crypto, nvme-sanitize-block". */
static void list_tried(const struct target *target, char *ret, size_t size)
{
	size_t length = 0;
	ret[0] = '\0';
	for (size_t i = 1; i < TECHNIQUES && length < size; i++)
		if (target->failed_before[i])
			length += (size_t)snprintf(ret + length, size - length, "%s%s",
				length > 0 ? ", " : "", technique_name((enum technique)i));
}

/* There is nothing left, or it cannot be tried: the job that failed says so. */
static void say_over(const struct preparation *preparation, const struct target *target,
	const struct error *why, struct job_result *result)
{
	char label[IDENTITY_LABEL_MAX], tried[160];
	identity_label(&result->identity, label);
	list_tried(target, tried, sizeof(tried));
	if (result->error.kind == ERROR_NONE)
		error_set(&result->error, ERROR_FAILED, EIO, "method-failed",
			_("%s: it did not work: %s"), label, tried);
	if (strcmp(why->code, "level-not-reachable") == 0)
		error_next(&result->error,
			_("Nothing else of policy %s reaches %s on this drive, and the level is "
			  "not "
			  "lowered. Tried: %s. Keep the drive locked away and have it destroyed."),
			preparation->policy->name, level_name(target->preview.plan.level), tried);
	else
		error_next(&result->error, _("No other method could be tried: %.200s"), why->what);
}

/* Look at the drive again, without what failed. 0: *ret is to be run. */
static int prepare_next(const struct preparation *preparation, const struct target *target,
	struct job_preview *ret, struct job_request *ret_request, struct error *error)
{
	*ret_request = preparation->request;
	memcpy(ret_request->plan.failed_before, target->failed_before,
		sizeof(target->failed_before));
	int r = job_prepare(preparation->store, preparation->policy, target->path,
		guard_name_of(&target->preview.guard, &target->preview.identity), true, ret_request,
		ret, error);
	if (r < 0)
		return r;
	if (!is_same_drive(&target->preview, ret))
		r = wipe_changed_meanwhile(&target->preview, error);
	else if (!ret->guard.allowed)
		r = guard_error(&ret->guard, &ret->identity, error);
	else if (ret->plan.step_count == 0)
		r = error_set(error, ret->plan_error.kind, ret->plan_error.errnum,
			ret->plan_error.code, "%s", ret->plan_error.what);
	else if (ret->plan.level < target->preview.plan.level)
		r = error_set(error, ERROR_REFUSED, EPERM, "level-not-reachable",
			_("What is left reaches less."));
	else
		r = fall_back_check_reach(
			&target->preview.plan, &ret->plan, &ret->identity, NULL, error);
	if (r < 0)
		job_preview_free(ret);
	return r;
}

/* udev looks at every drive that was let go, which takes it long where the drive or the machine is
 * slow. It is waited for, since nobody is there to try again; whoever has the drive open after that is
 * the refusal. */
#define UDEV_TRIES 20
#define UDEV_PAUSE_NS 500000000L

static int prepare_patiently(const struct preparation *preparation, const struct target *target,
	struct job_preview *ret, struct job_request *ret_request, struct error *error)
{
	const struct timespec pause = { .tv_nsec = UDEV_PAUSE_NS };
	for (int attempt = 1;; attempt++) {
		*error = (struct error){ 0 };
		int r = prepare_next(preparation, target, ret, ret_request, error);
		if (r >= 0 || attempt == UDEV_TRIES || *stop_flag() != 0 ||
			strcmp(error->code, "guard-opened") != 0)
			return r;
		(void)nanosleep(&pause, NULL);
	}
}

/* Enter the next job of a target whose last one came to grief over a technique. 1: entered; 0: not. */
static int enter_next(const struct invocation *invocation, const struct preparation *preparation,
	struct target *target, enum technique cause, struct outcomes *outcomes, struct error *error)
{
	AUTO_FREE struct job_preview *next = calloc(1, sizeof(*next));
	AUTO_FREE struct job_request *request = calloc(1, sizeof(*request));
	struct job_result *failed = outcome_of(outcomes, target->job);
	struct error why = { 0 };
	if (!next || !request)
		return error_no_memory(error);
	if (!failed)
		return 0;
	target->failed_before[cause] = true;
	if (prepare_patiently(preparation, target, next, request, &why) < 0) {
		say_over(preparation, target, &why, failed);
		return 0;
	}
	FILE *stream = invocation->json ? stderr : stdout;
	output_line(stream, _("%s did not work. The next method of the policy:"),
		technique_name(cause));
	describe_preview(stream, next, preparation->policy);
	fflush(stream);
	char before[JOB_ID_SIZE];
	snprintf(before, sizeof(before), "%s", target->job);
	int r = job_create(
		preparation->store, preparation->policy, next, request, target->job, error);
	if (r == 0) {
		failed->superseded = true;
		struct job_result *result = outcomes_add(outcomes, target, next);
		snprintf(result->fall_back_of, sizeof(result->fall_back_of), "%s", before);
	}
	job_preview_free(next);
	return r < 0 ? r : 1;
}

/* Enter what is next for every target; the new outcomes are the last ones. */
static int enter_all_next(const struct invocation *invocation,
	const struct preparation *preparation, struct targets *targets, struct outcomes *outcomes,
	struct run_target *runs, size_t *ret_count, struct error *error)
{
	*ret_count = 0;
	int r = outcomes_reserve(outcomes, targets->count, error);
	for (size_t i = 0; i < targets->count && r >= 0; i++) {
		struct target *target = &targets->items[i];
		enum technique cause = TECHNIQUE_NONE;
		if (*stop_flag() != 0)
			return 0;
		r = fall_back_find(preparation->store, target->job, &cause, error);
		if (r < 0 || cause == TECHNIQUE_NONE || target->failed_before[cause])
			continue;
		r = enter_next(invocation, preparation, target, cause, outcomes, error);
		if (r == 1)
			outcomes_add_run(
				target, &outcomes->items[outcomes->count - 1], runs, ret_count);
	}
	return r < 0 ? r : 0;
}

void wipe_run_rounds(const struct invocation *invocation, struct wipe_work *work,
	const struct preparation *preparation, struct targets *targets, struct run_target *runs,
	size_t count, struct outcomes *outcomes, struct error *general)
{
	size_t first = 0;
	bool again = true;
	while (again && general->kind == ERROR_NONE) {
		wipe_run_targets(invocation, work, runs, count, &outcomes->items[first],
			outcomes->count - first, general);
		first = outcomes->count;
		if (general->kind != ERROR_NONE || enter_all_next(invocation, preparation, targets,
							   outcomes, runs, &count, general) < 0)
			count = 0;
		again = count > 0;
	}
}
