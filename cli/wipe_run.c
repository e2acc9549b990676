/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki wipe plan` and `haiki wipe run`: look, show, confirm, enter the jobs, run them. */
#include "cli/confirm.h"
#include "cli/describe.h"
#include "cli/detach.h"
#include "cli/format.h"
#include "cli/output.h"
#include "cli/settings.h"
#include "cli/stop.h"
#include "cli/wipe_check.h"
#include "cli/wipe_targets.h"
#include "inventory/scan/scan.h"
#include <errno.h>
#include <string.h>

static void targets_free(struct targets *targets)
{
	for (size_t i = 0; i < targets->count; i++)
		job_preview_free(&targets->items[i].preview);
	free(targets->items);
}

static int copy_site(
	char *ret, size_t size, const char *value, const char *key, struct error *error)
{
	if (format_copy(ret, size, value) < 0)
		return error_set(error, ERROR_USAGE, EINVAL, "config-value",
			_("The configuration's %s is longer than %zu bytes."), key, size - 1);
	return 0;
}

/* The operator's words, and the rest from the configuration. */
static int complete_request(
	const struct config *config, struct job_request *request, struct error *error)
{
	int r = copy_site(request->site, sizeof(request->site), config->site, "site", error);
	if (r == 0)
		r = copy_site(request->country, sizeof(request->country), config->country,
			"country", error);
	if (r == 0)
		r = copy_site(request->organisation, sizeof(request->organisation),
			config->organisation, "organisation", error);
	if (r == 0 && !request->plan.zone[0])
		r = copy_site(request->plan.zone, sizeof(request->plan.zone), config->zone, "zone",
			error);
	if (r < 0)
		return r;
	request->patience_ms = config->stall_limit_ms;
	request->outside_vouched = strcmp(config->guard_outside, "vouched") == 0;
	snprintf(request->witness.place, sizeof(request->witness.place), "%s",
		request->operator.place);
	return settings_host(request->host, error);
}

static int same_drive_twice(const struct target *a, const struct target *b, struct error *error)
{
	char label[IDENTITY_LABEL_MAX], why[256];
	if (a->preview.identity.devnum != b->preview.identity.devnum &&
		!identity_same(&a->preview.identity, &b->preview.identity, why, sizeof(why)))
		return 0;
	identity_label(&a->preview.identity, label);
	error_set(error, ERROR_USAGE, EINVAL, "target-twice", _("%s and %s are the same drive: %s"),
		a->word, b->word, label);
	return error_next(error, _("Name each drive once."));
}

/* The word of --serial that is meant for this drive. One word for a drive it does not name is handed
 * on as it is, so that the refusal says which drive was meant. */
static int find_expected(const struct preparation *preparation, const char *path,
	const char **ret_expected, struct error *error)
{
	const struct option_list *serials = preparation->serials;
	*ret_expected = NULL;
	if (serials->count == 0)
		return 0;
	struct drive *drive CLEANUP(cleanup_drive_close) = NULL;
	int r = drive_open(path, DRIVE_LOOK, &drive, error);
	if (r < 0)
		return r;
	*ret_expected = confirm_named(&drive->identity, serials);
	if (!*ret_expected && serials->count == 1)
		*ret_expected = serials->items[0];
	return 0;
}

static int prepare_target(const struct preparation *preparation, const char *word,
	struct targets *targets, struct error *error)
{
	struct target *target = &targets->items[targets->count];
	const char *expected;
	target->word = word;
	int r = scan_resolve(preparation->store, word, target->path, sizeof(target->path), error);
	if (r == 0)
		r = find_expected(preparation, target->path, &expected, error);
	if (r == 0)
		r = job_prepare(preparation->store, preparation->policy, target->path, expected,
			preparation->serials->count > 0, &preparation->request, &target->preview,
			error);
	if (r < 0)
		return r;
	targets->count++;
	for (size_t i = 0; i + 1 < targets->count; i++) {
		r = same_drive_twice(&targets->items[i], target, error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_serials(
	const struct option_list *serials, const struct targets *targets, struct error *error)
{
	const struct drive_identity *drives[OPTION_ARGUMENTS_MAX];
	for (size_t i = 0; i < targets->count; i++)
		drives[i] = &targets->items[i].preview.identity;
	return wipe_check_serials(serials, drives, targets->count, error);
}

static int prepare(const struct invocation *invocation, struct store *store,
	const struct policy *policy, struct preparation *ret_preparation, struct targets *ret,
	struct error *error)
{
	const struct wipe_options *options = invocation->values;
	ret_preparation->store = store;
	ret_preparation->policy = policy;
	ret_preparation->request = options->request;
	ret_preparation->request.plan.has_psid = options->psid_file[0] != '\0';
	ret_preparation->request.plan.has_password = options->password_file[0] != '\0';
	ret_preparation->serials = &options->serials;
	int r = wipe_check_words(policy, &options->request.plan, error);
	if (r == 0)
		r = complete_request(&invocation->config, &ret_preparation->request, error);
	if (r < 0)
		return r;
	ret->items = calloc(invocation->argument_count, sizeof(*ret->items));
	if (!ret->items)
		return error_no_memory(error);
	for (size_t i = 0; i < invocation->argument_count; i++) {
		r = prepare_target(ret_preparation, invocation->arguments[i], ret, error);
		if (r < 0)
			return r;
	}
	return check_serials(&options->serials, ret, error);
}

static int load_policy(
	const struct invocation *invocation, struct policy **ret, struct error *error)
{
	const struct wipe_options *options = invocation->values;
	const char *path = options->policy[0] ? options->policy : invocation->config.policy;
	return policy_load(*path ? path : NULL, ret, error);
}

static int print_plans_json(const struct targets *targets, struct error *error)
{
	AUTO_JSON json_t *array = json_array();
	for (size_t i = 0; i < targets->count; i++) {
		json_t *target = describe_preview_json(&targets->items[i].preview);
		if (target && json_put_string(target, "target", targets->items[i].word) < 0) {
			json_decref(target);
			target = NULL;
		}
		if (json_push(array, target) < 0)
			return error_no_memory(error);
	}
	return output_list_json("targets", json_incref(array), error);
}

enum error_kind wipe_plan(const struct invocation *invocation, struct error *error)
{
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	struct policy *policy CLEANUP(cleanup_policy_free) = NULL;
	struct targets targets CLEANUP(targets_free) = { 0 };
	struct preparation preparation;
	if (load_policy(invocation, &policy, error) < 0 ||
		store_open(invocation->config.store, STORE_WRITE, &store, error) < 0 ||
		prepare(invocation, store, policy, &preparation, &targets, error) < 0)
		return command_failed(error);
	if (invocation->json && print_plans_json(&targets, error) < 0)
		return command_failed(error);
	AUTO_FREE enum error_kind *codes = calloc(targets.count, sizeof(*codes));
	if (!codes) {
		error_no_memory(error);
		return command_failed(error);
	}
	for (size_t i = 0; i < targets.count; i++) {
		codes[i] = describe_preview_code(&targets.items[i].preview);
		if (!invocation->json)
			describe_preview(stdout, &targets.items[i].preview, policy);
	}
	return output_common_code(codes, targets.count);
}

/* Are two previews the same drive and the same plan? */
static int same_preview(
	const struct job_preview *shown, const struct job_preview *now, struct error *error)
{
	char why[256];
	AUTO_JSON json_t *plan_shown = NULL, *plan_now = NULL;
	if (plan_to_json(&shown->plan, &plan_shown) < 0 || plan_to_json(&now->plan, &plan_now) < 0)
		return error_no_memory(error);
	if (!identity_same(&shown->identity, &now->identity, why, sizeof(why)) ||
		!json_equal(plan_shown, plan_now))
		return wipe_changed_meanwhile(shown, error);
	return 0;
}

/* Ask for one drive, then look again: minutes may have passed since the plan was made. */
static int confirm_target(
	const struct preparation *preparation, struct target *target, struct error *error)
{
	if (describe_preview_code(&target->preview) != ERROR_NONE)
		return 0; /* it will not be touched in any case */
	const char *word = guard_name_of(&target->preview.guard, &target->preview.identity);
	int r = confirm_drive(&target->preview.identity, word, stdin, error);
	if (r < 0)
		return r;
	struct job_preview *now = calloc(1, sizeof(*now));
	if (!now)
		return error_no_memory(error);
	r = job_prepare(preparation->store, preparation->policy, target->path, word, true,
		&preparation->request, now, error);
	if (r == 0)
		r = same_preview(&target->preview, now, error);
	if (r == 0) {
		job_preview_free(&target->preview);
		target->preview = *now;
	} else {
		job_preview_free(now);
	}
	free(now);
	return r;
}

/* Somebody wanted an end before there was a job: nothing is entered that a resume would take up. */
static int check_not_stopped(struct error *error)
{
	if (*stop_flag() == 0)
		return 0;
	error_set(error, ERROR_REFUSED, EPERM, "not-confirmed",
		_("The run was stopped before it began. Nothing was touched."));
	return error_next(error, _("Start the command again when you want to."));
}

static int show_and_confirm(const struct invocation *invocation,
	const struct preparation *preparation, struct targets *targets, struct error *error)
{
	FILE *stream = invocation->json ? stderr : stdout;
	for (size_t i = 0; i < targets->count; i++)
		describe_preview(stream, &targets->items[i].preview, preparation->policy);
	fflush(stream);
	/* From here on Ctrl-C is an answer: no. */
	stop_install();
	if (preparation->serials->count > 0)
		return 0;
	for (size_t i = 0; i < targets->count; i++) {
		int r = confirm_target(preparation, &targets->items[i], error);
		if (r < 0)
			return r;
	}
	return 0;
}

/* All jobs or none: a half-entered order would be taken up by the next resume. */
static int create_jobs(
	const struct preparation *preparation, struct targets *targets, struct error *error)
{
	int r = store_begin(preparation->store, error);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < targets->count; i++)
		r = job_create(preparation->store, preparation->policy, &targets->items[i].preview,
			&preparation->request, targets->items[i].job, error);
	return store_end(preparation->store, r, error);
}

static void refused_result(const struct target *target, struct job_result *result)
{
	result->refusal = describe_preview_code(&target->preview);
	if (!target->preview.guard.allowed)
		guard_error(&target->preview.guard, &target->preview.identity, &result->error);
	else
		result->error = target->preview.plan_error;
}

static int start_apart(const struct invocation *invocation, const struct wipe_work *work,
	const struct run_target *runs, size_t count, struct job_result *results,
	size_t result_count, struct error *error)
{
	const struct wipe_options *options = invocation->values;
	const char *jobs[OPTION_ARGUMENTS_MAX];
	char log[512];
	for (size_t i = 0; i < count; i++)
		jobs[i] = runs[i].job_id;
	int r = detach_resume(invocation, jobs, count, work->out, options->rate_bytes_per_second,
		log, sizeof(log), error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < result_count; i++)
		if (results[i].pending)
			snprintf(results[i].log, sizeof(results[i].log), "%s", log);
	output_line(stderr, _("haiki: started apart from this terminal; messages: %s"), log);
	output_line(stderr, "  → haiki wipe watch");
	return 0;
}

static enum error_kind run_created(const struct invocation *invocation, struct wipe_work *work,
	const struct preparation *preparation, struct targets *targets, struct error *error)
{
	const struct wipe_options *options = invocation->values;
	AUTO_FREE struct run_target *runs = calloc(targets->count, sizeof(*runs));
	AUTO_OUTCOMES struct outcomes outcomes = { 0 };
	struct error general = { 0 };
	size_t count = 0;
	if (!runs) {
		error_no_memory(error);
		return command_failed(error);
	}
	if (outcomes_reserve(&outcomes, targets->count, error) < 0)
		return command_failed(error);
	for (size_t i = 0; i < targets->count; i++) {
		const struct target *target = &targets->items[i];
		struct job_result *result = outcomes_add(&outcomes, target, &target->preview);
		if (describe_preview_code(&target->preview) != ERROR_NONE)
			refused_result(target, result);
		else
			outcomes_add_run(target, result, runs, &count);
	}
	if (!options->detach || count == 0) {
		wipe_run_rounds(
			invocation, work, preparation, targets, runs, count, &outcomes, &general);
		return result_print(
			invocation, outcomes.items, outcomes.count, work->out, &general, error);
	}
	if (start_apart(invocation, work, runs, count, outcomes.items, outcomes.count, error) < 0)
		return command_failed(error);
	return wipe_execute(invocation, work, runs, 0, outcomes.items, outcomes.count, error);
}

static int check_confirmable(const struct wipe_options *options, struct error *error)
{
	if (options->serials.count > 0 || confirm_possible())
		return 0;
	error_set(error, ERROR_REFUSED, EPERM, "serial-needed",
		_("This is no terminal, so nobody can confirm the drives. Nothing was touched."));
	return error_next(error, _("Name every drive with --serial as well."));
}

enum error_kind wipe_run(const struct invocation *invocation, struct error *error)
{
	AUTO_WORK struct wipe_work work = { 0 };
	struct policy *policy CLEANUP(cleanup_policy_free) = NULL;
	struct targets targets CLEANUP(targets_free) = { 0 };
	struct preparation preparation;
	if (check_confirmable(invocation->values, error) < 0 ||
		load_policy(invocation, &policy, error) < 0 ||
		wipe_work_open(invocation, &work, error) < 0 ||
		prepare(invocation, work.store, policy, &preparation, &targets, error) < 0 ||
		show_and_confirm(invocation, &preparation, &targets, error) < 0)
		return command_failed(error);
	if (check_not_stopped(error) < 0 || create_jobs(&preparation, &targets, error) < 0)
		return command_failed(error);
	return run_created(invocation, &work, &preparation, &targets, error);
}
