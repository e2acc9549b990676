/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running jobs: one engine, one loop, and each job's work told what concerns it. */
#include "wipe/work/run.h"

#include "base/text.h"
#include "inventory/custody/custody.h"
#include "wipe/work/work.h"

#include <errno.h>
#include <string.h>

/* How often the watcher is told, and how late a wish to stop is noticed. */
#define TICK_MS 200
/* How long evidence waits for another process's transaction: an import of a large fleet takes many
 * seconds, and is no reason to cut every wipe. */
#define STORE_PATIENCE_MS 120000

struct run {
	struct store *store;
	struct engine *engine;
	const struct run_options *options;
	struct work *works;
	struct run_progress *progress;
	size_t count;
	bool stopping;
	int64_t told_ms;
};

int run_judge(struct store *store, const char *job_id, struct verdict *ret, struct error *error)
{
	AUTO_JOB struct job_record job = { 0 };
	AUTO_JSON json_t *evidence = NULL;
	int result = jobs_load(store, job_id, &job, error);
	if (result == 0)
		result = jobs_evidence(store, job_id, &evidence, error);
	if (result == 0)
		judge(job.subject, job.plan, evidence, ret);
	return result;
}

/* That it failed is written down at once; that it is sanitized only when a certificate was checked
 * (release.h). */
static int note_failed(struct run *run, const struct work *work, struct error *error)
{
	struct clock_reading now;
	clock_read(&now);
	return custody_job_failed(
		run->store, &work->identity, work->target->job_id, now.utc_ms, error);
}

/* The work came to rest: what does the evidence say? The inventory forgets what a proven drive
 * carried before. */
static int settle(struct run *run, struct work *work, struct error *error)
{
	struct verdict *verdict = &work->target->verdict;
	int result = run_judge(run->store, work->target->job_id, verdict, error);
	if (result == 0 && verdict->outcome == OUTCOME_FAILED && work->has_begun)
		result = note_failed(run, work, error);
	if (result < 0 || verdict->outcome != OUTCOME_PROVEN || !work->drive)
		return result;
	static const struct signature_list nothing;
	struct clock_reading now;
	char host[128] = "";
	clock_read(&now);
	(void)gethostname(host, sizeof(host) - 1);
	const struct drive_seen seen = {
		.identity = &work->drive->identity,
		.native = &work->drive->native,
		.signatures = &nothing,
		.host = host,
		.utc_ms = now.utc_ms,
	};
	return drives_record(run->store, &seen, NULL, error);
}

static bool all_over(const struct run *run)
{
	for (size_t i = 0; i < run->count; i++)
		if (run->works[i].phase != WORK_OVER)
			return false;
	return true;
}

static void tell_progress(struct run *run, bool now_please)
{
	int64_t now = clock_monotonic_ms();
	if (!run->options->progress || (!now_please && now - run->told_ms < TICK_MS))
		return;
	run->told_ms = now;
	for (size_t i = 0; i < run->count; i++)
		work_progress(&run->works[i], &run->progress[i]);
	run->options->progress(run->options->context, run->progress, run->count);
}

static void stop_if_wished(struct run *run)
{
	if (run->stopping || !run->options->stop || !*run->options->stop)
		return;
	run->stopping = true;
	for (size_t i = 0; i < run->count; i++)
		work_stop(&run->works[i]);
}

static int dispatch(struct run *run, const struct engine_event *event, struct error *error)
{
	struct work *work =
		event->kind == ENGINE_EVENT_TASK_ENDED ? work_of_task(event->user) : event->user;
	if (!work)
		return 0;
	int result = work_on_event(work, event, error);
	if (result == 0 && work->phase == WORK_OVER)
		result = settle(run, work, error);
	return result;
}

static int tick(struct run *run, struct error *error)
{
	stop_if_wished(run);
	int result = 0;
	for (size_t i = 0; i < run->count && result == 0; i++) {
		struct work *work = &run->works[i];
		bool was_over = work->phase == WORK_OVER;
		result = work_on_tick(work, error);
		if (result == 0 && !was_over && work->phase == WORK_OVER)
			result = settle(run, work, error);
	}
	return result;
}

/* A drive that erases itself may be due before the next tick. */
static int wait_ms(const struct run *run)
{
	int64_t wait = TICK_MS;
	for (size_t i = 0; i < run->count; i++) {
		int64_t due = work_due_in_ms(&run->works[i]);
		if (due >= 0)
			wait = MIN(wait, due);
	}
	return (int)wait;
}

static int loop(struct run *run, struct error *error)
{
	int result = 0;
	while (result == 0 && !all_over(run)) {
		struct engine_event event;
		int waited = engine_wait(run->engine, wait_ms(run), &event);
		if (waited == 0)
			result = dispatch(run, &event, error);
		else if (waited != -ETIMEDOUT && waited != -EINTR)
			result = error_set(error, ERROR_FAILED, -waited, "engine-wait",
				_("The I/O engine could not be waited for: %s"), strerror(-waited));
		if (result == 0)
			result = tick(run, error);
		tell_progress(run, false);
	}
	return result;
}

static int begin_all(struct run *run, struct run_target *targets, struct error *error)
{
	int result = 0;
	for (size_t i = 0; i < run->count && result == 0; i++) {
		struct work *work = &run->works[i];
		work->target = &targets[i];
		work->store = run->store;
		work->engine = run->engine;
		work->options = run->options;
		work->phase = WORK_OVER;
	}
	for (size_t i = 0; i < run->count && result == 0; i++) {
		result = work_begin(&run->works[i], error);
		if (result == 0 && run->works[i].phase == WORK_OVER)
			result = settle(run, &run->works[i], error);
	}
	return result;
}

int run_jobs(struct store *store, struct run_target *targets, size_t count,
	const struct run_options *options, struct error *error)
{
	struct run run = { .store = store, .options = options, .count = count };
	struct engine_options engine = options->engine;
	engine.expected_passes = (unsigned)MIN(MAX(count, (size_t)1), (size_t)UINT32_MAX);
	run.works = calloc(count, sizeof(*run.works));
	run.progress = calloc(count, sizeof(*run.progress));
	int result = run.works && run.progress ? 0 : error_no_memory(error);
	store_set_busy_timeout_ms(store, STORE_PATIENCE_MS);
	if (result == 0)
		result = engine_open(&engine, &run.engine, error);
	if (result == 0)
		result = begin_all(&run, targets, error);
	if (result == 0)
		result = loop(&run, error);
	if (result == 0)
		tell_progress(&run, true);
	/* The engine first: after a failure of the store it still writes. */
	run.engine = engine_close(run.engine);
	for (size_t i = 0; run.works && i < count; i++)
		work_close(&run.works[i]);
	free(run.works);
	free(run.progress);
	return result;
}
