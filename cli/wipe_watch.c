/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `haiki wipe watch`: the progress of jobs that another process runs, read from the store. */
#include "cli/describe.h"
#include "cli/format.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/wipe.h"
#include <errno.h>
#include <string.h>
#include <time.h>

#define POLL_SECONDS 1
/* A job that has ended is certified by the process that ran it; give it so many polls. */
#define CERTIFY_POLLS 10

/* One job as it is watched. */
struct watched {
	char id[JOB_ID_SIZE];
	char label[IDENTITY_LABEL_MAX];
	struct drive_identity identity;
	struct plan *plan; /* owned */
	enum job_state state;
	struct verdict verdict;
	int64_t step, durable_bytes, total_bytes, journal_utc_ms;
	uint64_t bytes_per_second; /* between the last two entries of the journal */
	unsigned polls_since_end;
};

struct watch {
	struct watched *items; /* owned */
	size_t count;
};

static void watch_free(struct watch *watch)
{
	for (size_t i = 0; i < watch->count; i++)
		free(watch->items[i].plan);
	free(watch->items);
}

static void note_journal(struct watched *watched, const struct job_record *record)
{
	int64_t elapsed_ms = record->journal_utc_ms - watched->journal_utc_ms;
	int64_t moved = record->durable_bytes - watched->durable_bytes;
	if (record->step != watched->step)
		watched->bytes_per_second = 0;
	else if (elapsed_ms > 0 && moved >= 0)
		watched->bytes_per_second = (uint64_t)((double)moved / (double)elapsed_ms * 1000);
	watched->step = record->step;
	watched->durable_bytes = record->durable_bytes;
	watched->total_bytes = record->total_bytes;
	watched->journal_utc_ms = record->journal_utc_ms;
}

static int poll_job(struct store *store, struct watched *watched, struct error *error)
{
	AUTO_JOB struct job_record record = { 0 };
	int r = jobs_load(store, watched->id, &record, error);
	if (r < 0)
		return r;
	if (!watched->plan) {
		struct plan *plan = calloc(1, sizeof(*plan));
		if (!plan)
			return error_no_memory(error);
		watched->plan = plan;
		r = job_read_documents(&record, plan, &watched->identity, error);
		if (r < 0)
			return r;
		identity_label(&watched->identity, watched->label);
		watched->step = record.step;
		watched->durable_bytes = record.durable_bytes;
		watched->journal_utc_ms = record.journal_utc_ms;
	}
	note_journal(watched, &record);
	watched->state = record.state;
	if (record.state == JOB_ENDED)
		watched->polls_since_end++;
	return run_judge(store, watched->id, &watched->verdict, error);
}

static bool is_over(const struct watched *watched)
{
	switch (watched->state) {
	case JOB_READY:
	case JOB_RUNNING:
		return false;
	case JOB_ENDED:
		return watched->polls_since_end > CERTIFY_POLLS;
	case JOB_UNKNOWN:
	case JOB_INTERRUPTED:
	case JOB_CERTIFIED:
		return true;
	}
	return true;
}

static const struct plan_step *step_of(const struct watched *watched)
{
	bool begun = watched->step >= 1 && (size_t)watched->step <= watched->plan->step_count;
	return begun ? &watched->plan->steps[watched->step - 1] : NULL;
}

/* Of a drive that erases itself the journal holds how far it is, and when that was. */
static void show_erase(
	const struct watched *watched, const struct plan_step *step, struct run_progress *ret)
{
	int64_t left = -1;
	int64_t rest = watched->total_bytes - watched->durable_bytes;
	ret->done_bytes = ret->total_bytes = ret->bytes_per_second = 0;
	ret->progress = (int32_t)watched->durable_bytes;
	if (watched->total_bytes > 0 && step->expected_seconds > 0)
		left = (int64_t)((double)step->expected_seconds * (double)rest /
				 (double)watched->total_bytes);
	else if (watched->bytes_per_second > 0)
		left = rest / (int64_t)watched->bytes_per_second;
	if (left >= 0)
		ret->seconds_left =
			left +
			MAX(run_seconds_behind(watched->plan, (unsigned)watched->step, 0), 0);
}

static void show_bytes(const struct watched *watched, struct run_progress *ret)
{
	uint64_t rate = watched->bytes_per_second;
	if (rate == 0)
		return;
	uint64_t rest = (uint64_t)(watched->total_bytes - watched->durable_bytes);
	int64_t behind = run_seconds_behind(watched->plan, (unsigned)watched->step, rate);
	ret->seconds_left = (int64_t)(rest / rate) + MAX(behind, 0);
}

static struct run_progress progress_of(const struct watched *watched)
{
	struct run_progress progress = {
		.job_id = watched->id,
		.label = watched->label,
		.serial = watched->identity.serial,
		.step = (unsigned)watched->step,
		.step_count = (unsigned)watched->plan->step_count,
		.method = "opening",
		.done_bytes = (uint64_t)watched->durable_bytes,
		.total_bytes = (uint64_t)watched->total_bytes,
		.bytes_per_second = watched->bytes_per_second,
		.bad_bytes = watched->verdict.bytes_bad,
		.progress = -1,
		.seconds_left = -1,
		.ended = is_over(watched),
		.outcome = watched->verdict.outcome,
	};
	const struct plan_step *step = step_of(watched);
	if (step)
		progress.method = step_method_name(step->method);
	if (step && step->method == STEP_ERASE)
		show_erase(watched, step, &progress);
	else
		show_bytes(watched, &progress);
	return progress;
}

static int poll_all(struct store *store, struct watch *watch, struct run_progress *ret_lines,
	bool *ret_over, struct error *error)
{
	*ret_over = true;
	for (size_t i = 0; i < watch->count; i++) {
		int r = is_over(&watch->items[i]) && watch->items[i].plan
				? 0
				: poll_job(store, &watch->items[i], error);
		if (r < 0)
			return r;
		ret_lines[i] = progress_of(&watch->items[i]);
		*ret_over = *ret_over && ret_lines[i].ended;
	}
	return 0;
}

static int collect(const struct invocation *invocation, struct store *store, struct watch *ret,
	struct error *error)
{
	AUTO_JOBS struct job_list list = { 0 };
	int r = invocation->argument_count > 0 ? 0 : jobs_list(store, JOB_UNKNOWN, &list, error);
	if (r < 0)
		return r;
	ret->items = calloc(list.count + invocation->argument_count + 1, sizeof(*ret->items));
	if (!ret->items)
		return error_no_memory(error);
	for (size_t i = 0; i < invocation->argument_count; i++)
		if (format_copy(
			    ret->items[ret->count++].id, JOB_ID_SIZE, invocation->arguments[i]) < 0)
			return error_set(error, ERROR_USAGE, EINVAL, "job-unknown",
				_("There is no job %s."), invocation->arguments[i]);
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].state == JOB_READY || list.items[i].state == JOB_RUNNING)
			memcpy(ret->items[ret->count++].id, list.items[i].id, JOB_ID_SIZE);
	return 0;
}

static int print_once_json(
	const struct watch *watch, const struct run_progress *lines, struct error *error)
{
	AUTO_JSON json_t *jobs = json_array();
	for (size_t i = 0; i < watch->count; i++) {
		json_t *job = progress_json(&lines[i]);
		if (job &&
			json_put_string(job, "state", job_state_name(watch->items[i].state)) < 0) {
			json_decref(job);
			job = NULL;
		}
		if (json_push(jobs, job) < 0)
			return error_no_memory(error);
	}
	return output_list_json("jobs", json_incref(jobs), error);
}

static int print_once(
	const struct watch *watch, const struct run_progress *lines, struct error *error)
{
	static const struct table_column columns[] = {
		{ N_("JOB"), false, true },
		{ N_("STATE"), false, true },
		{ N_("OUTCOME"), false, true },
		{ N_("PROGRESS"), false, false },
	};
	AUTO_TABLE struct table table = TABLE_INIT(columns);
	for (size_t i = 0; i < watch->count; i++) {
		char line[512];
		progress_line(&lines[i], 0, line, sizeof(line));
		table_cell(&table, "%s", watch->items[i].id);
		table_cell(&table, "%s", describe_state(watch->items[i].state));
		table_cell(&table, "%s", lines[i].ended ? describe_outcome(lines[i].outcome) : "-");
		table_cell(&table, "%s", line);
	}
	return output_table(&table, error);
}

static enum error_kind print_end(const struct invocation *invocation, struct store *store,
	const struct watch *watch, struct error *error)
{
	AUTO_FREE struct job_result *results = calloc(watch->count + 1, sizeof(*results));
	if (!results) {
		error_no_memory(error);
		return command_failed(error);
	}
	for (size_t i = 0; i < watch->count; i++)
		if (result_read(store, watch->items[i].id, &results[i], error) < 0)
			return command_failed(error);
	return result_print(invocation, results, watch->count, "", NULL, error);
}

static int watch_until_over(
	struct store *store, struct watch *watch, struct run_progress *lines, struct error *error)
{
	struct progress *progress CLEANUP(cleanup_progress_close) =
		progress_open(stderr, watch->count);
	bool over;
	for (;;) {
		int r = poll_all(store, watch, lines, &over, error);
		if (r < 0)
			return r;
		progress_show(progress, lines, watch->count);
		if (over)
			return 0;
		(void)nanosleep(&(struct timespec){ .tv_sec = POLL_SECONDS }, NULL);
	}
}

/* Nothing runs; but is there something that should? */
static enum error_kind say_none(struct store *store, struct error *error)
{
	AUTO_JOBS struct job_list cut = { 0 };
	if (jobs_list(store, JOB_INTERRUPTED, &cut, error) < 0)
		return command_failed(error);
	output_line(stdout, "%s", _("No job is running."));
	if (cut.count > 0)
		output_line(stdout, _("  → Interrupted: %zu. Go on with: haiki wipe resume"),
			cut.count);
	return ERROR_NONE;
}

enum error_kind wipe_watch(const struct invocation *invocation, struct error *error)
{
	const struct wipe_options *options = invocation->values;
	struct store *store CLEANUP(cleanup_store_close) = NULL;
	struct watch watch CLEANUP(watch_free) = { 0 };
	if (store_open(invocation->config.store, STORE_READ, &store, error) < 0 ||
		collect(invocation, store, &watch, error) < 0)
		return command_failed(error);
	if (watch.count == 0 && !invocation->json)
		return say_none(store, error);
	AUTO_FREE struct run_progress *lines = calloc(watch.count + 1, sizeof(*lines));
	if (!lines) {
		error_no_memory(error);
		return command_failed(error);
	}
	if (!options->once) {
		if (watch_until_over(store, &watch, lines, error) < 0)
			return command_failed(error);
		return print_end(invocation, store, &watch, error);
	}
	bool over;
	if (poll_all(store, &watch, lines, &over, error) < 0)
		return command_failed(error);
	int r = invocation->json ? print_once_json(&watch, lines, error)
				 : print_once(&watch, lines, error);
	return r < 0 ? command_failed(error) : ERROR_NONE;
}
