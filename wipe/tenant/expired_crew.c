/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The courses of a run: several VMs at once, each worker with a store and sessions of its own, in the order of their due time. */
#include "wipe/tenant/expired_parts.h"

#include "base/text.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

struct crew {
	pthread_mutex_t mutex;
	const struct config *config;
	const struct expired_options *options;
	struct expired_plan *plan;
	struct expired_result *result;
	struct clock_mark mark; /* when the run began: what the clock is compared with */
	size_t next, done;
	struct error failure; /* of a store; ends the run */
};

struct worker {
	struct crew *crew;
	struct store *store;                             /* owned */
	struct platform *sessions[CONFIG_PLATFORMS_MAX]; /* owned; NULL: not open */
	struct platform_pace pace;
};

/* -- what the course asks of us -- */

static enum clock_verdict judge(void *context, struct clock_reading *ret)
{
	const struct crew *crew = context;
	char boot_id[37];
	struct clock_facts facts = {
		.boot_id = boot_id,
		.vouched = strcmp(crew->config->deletion.clock, "vouched") == 0,
		.last = crew->mark,
	};
	clock_boot_id(boot_id);
	clock_read(&facts.now);
	expired_boottime(&facts.boottime_ms);
	*ret = facts.now;
	return clock_judge(&facts);
}

static bool is_stopped(const struct crew *crew)
{
	return crew->options->stop && *crew->options->stop;
}

/* -- sessions -- */

static void close_sessions(struct worker *worker)
{
	const struct config *config = worker->crew->config;
	for (size_t i = 0; i < config->platform_count; i++) {
		const struct platform_kind *kind = platform_kind_find(config->platforms[i].kind);
		if (worker->sessions[i] && kind)
			worker->sessions[i] = kind->close(worker->sessions[i]);
	}
}

static int open_session(
	struct worker *worker, size_t index, struct course_platform *ret, struct error *error)
{
	const struct config_platform *config = &worker->crew->config->platforms[index];
	const struct platform_kind *kind = platform_kind_find(config->kind);
	if (!kind)
		return error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "platform-kind",
			_("The platform %s is of a kind that is not known: %s"), config->name,
			config->kind);
	if (!worker->sessions[index]) {
		int r = kind->open(config, &worker->sessions[index], error);
		if (r < 0)
			return r;
	}
	*ret = (struct course_platform){ config->name, kind, worker->sessions[index] };
	return 0;
}

static bool is_everywhere(const struct expired_vm *item)
{
	return item->decision == DECIDE_ABSENT || item->decision == DECIDE_GONE;
}

/* The one that the VM is on; of one that no platform has, all of them. */
static int open_platforms(struct worker *worker, const struct expired_vm *item,
	struct course_platform ret[static CONFIG_PLATFORMS_MAX], size_t *ret_count,
	struct error *error)
{
	const struct config *config = worker->crew->config;
	bool everywhere = is_everywhere(item);
	for (size_t i = 0; i < config->platform_count; i++) {
		if (!everywhere && strcmp(config->platforms[i].name, item->platform) != 0)
			continue;
		int r = open_session(worker, i, &ret[*ret_count], error);
		if (r < 0)
			return r;
		*ret_count += 1;
	}
	if (*ret_count > 0)
		return 0;
	return error_set(error, ERROR_WAITING, EHOSTUNREACH, "platform-unreachable",
		_("The VM %s waits: its platform \"%s\" is not in the configuration"),
		item->vm.uuid, item->platform);
}

/* -- one VM -- */

static int run_course(struct worker *worker, struct expired_vm *item, struct error *error)
{
	struct crew *crew = worker->crew;
	struct course_platform platforms[CONFIG_PLATFORMS_MAX];
	struct course course = {
		.store = worker->store,
		.config = crew->config,
		.platforms = platforms,
		.everywhere = is_everywhere(item),
		.pace = &worker->pace,
		.vm = item->vm,
		.look_timeout_ms = crew->config->deletion.look_timeout_ms,
		.clock = judge,
		.context = crew,
	};
	struct error failure = { 0 };
	int r = deletions_of_vm(worker->store, item->vm.id, &course.deletion, &failure);
	if (r < 0) {
		*error = failure;
		return r;
	}
	if (open_platforms(worker, item, platforms, &course.platform_count, error) < 0)
		return 0;
	r = course_run(&course, &item->step, error);
	item->deletion_id = course.deletion.id;
	/* What was decided anew is what is told; a look alone decides nothing. */
	if (course.decision != DECIDE_UNKNOWN)
		item->decision = course.decision;
	return r;
}

static void count(struct crew *crew, const struct expired_vm *item)
{
	if (item->step == COURSE_GONE && item->error.kind == ERROR_NONE) {
		crew->result->deleted++;
		return;
	}
	switch (item->error.kind) {
	case ERROR_REFUSED:
		crew->result->refused++;
		break;
	case ERROR_WAITING:
	case ERROR_INTERRUPTED:
		crew->result->waiting++;
		break;
	case ERROR_NONE:
	case ERROR_FAILED:
	case ERROR_USAGE:
	case ERROR_UNSUPPORTED:
	case ERROR_PARTIAL:
		crew->result->failed++;
		break;
	}
}

static void run_item(struct worker *worker, struct expired_vm *item)
{
	struct crew *crew = worker->crew;
	struct error error = { 0 };
	int r = run_course(worker, item, &error);
	if (r < 0 && error.kind == ERROR_NONE)
		error_set(&error, ERROR_FAILED, -r, "store-failed",
			_("The store did not take what became of the VM %s"), item->vm.uuid);
	/* A session that failed once is not trusted with the next VM. */
	if (r < 0 || error.kind == ERROR_WAITING || error.kind == ERROR_FAILED)
		close_sessions(worker);
	(void)pthread_mutex_lock(&crew->mutex);
	item->error = error;
	item->under_way = item->deletion_id != 0 && item->step != COURSE_GONE;
	count(crew, item);
	crew->done++;
	if (r < 0)
		crew->failure = error;
	if (crew->options->progress)
		crew->options->progress(crew->options->context, crew->plan, crew->done);
	(void)pthread_mutex_unlock(&crew->mutex);
}

static struct expired_vm *take(struct crew *crew)
{
	struct expired_vm *item = NULL;
	(void)pthread_mutex_lock(&crew->mutex);
	while (crew->next < crew->plan->count && !crew->plan->items[crew->next].runs)
		crew->next++;
	if (crew->next < crew->plan->count && crew->failure.kind == ERROR_NONE && !is_stopped(crew))
		item = &crew->plan->items[crew->next++];
	(void)pthread_mutex_unlock(&crew->mutex);
	return item;
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	struct crew *crew = worker->crew;
	struct expired_vm *item;
	struct error error = { 0 };
	if (store_open(crew->config->store, STORE_WRITE, &worker->store, &error) < 0) {
		(void)pthread_mutex_lock(&crew->mutex);
		crew->failure = error;
		(void)pthread_mutex_unlock(&crew->mutex);
		return NULL;
	}
	while ((item = take(crew)))
		run_item(worker, item);
	close_sessions(worker);
	worker->store = store_close(worker->store);
	return NULL;
}

/* -- all of them -- */

#define WORKERS_MAX 16

static void work_all(struct crew *crew, size_t worker_count)
{
	pthread_t threads[WORKERS_MAX];
	struct worker workers[WORKERS_MAX] = { 0 };
	size_t started = 0;
	for (size_t i = 0; i < worker_count; i++) {
		const struct config_deletion *config = &crew->config->deletion;
		workers[i].crew = crew;
		workers[i].pace = (struct platform_pace){
			.rate_bytes_per_second = config->rate_bytes_per_second,
			.latency_limit_us = config->latency_limit_us,
			.stop = crew->options->stop,
			.erasure_required = strcmp(config->erasure, "required") == 0,
			.outside_vouched = strcmp(crew->config->guard_outside, "vouched") == 0,
		};
	}
	while (started < worker_count &&
		pthread_create(&threads[started], NULL, work, &workers[started]) == 0)
		started++;
	/* Where no thread can be had it goes on without. */
	if (started == 0)
		(void)work(&workers[0]);
	for (size_t i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
}

/* Those that nobody came to. */
static void count_rest(struct crew *crew)
{
	for (size_t i = crew->next; i < crew->plan->count; i++) {
		struct expired_vm *item = &crew->plan->items[i];
		if (!item->runs)
			continue;
		error_set(&item->error, ERROR_INTERRUPTED, EINTR, "stopped",
			_("The run ended before the VM %s came to its turn"), item->vm.uuid);
		crew->result->waiting++;
	}
}

int expired_courses(const struct config *config, const struct expired_options *options,
	struct expired_plan *plan, struct expired_result *result, struct error *error)
{
	struct crew crew = {
		.mutex = PTHREAD_MUTEX_INITIALIZER,
		.config = config,
		.options = options,
		.plan = plan,
		.result = result,
		.mark = { .utc_ms = plan->now.utc_ms },
	};
	size_t to_do = 0;
	for (size_t i = 0; i < plan->count; i++)
		to_do += plan->items[i].runs;
	if (to_do == 0)
		return 0;
	/* Both clocks at one time: how far they move apart is what is looked at from now on. */
	struct clock_reading now;
	clock_read(&now);
	crew.mark.utc_ms = now.utc_ms;
	expired_boottime(&crew.mark.boottime_ms);
	clock_boot_id(crew.mark.boot_id);
	work_all(&crew, MIN(MIN(to_do, MAX(config->deletion.concurrency, 1)), WORKERS_MAX));
	count_rest(&crew);
	if (crew.failure.kind == ERROR_NONE)
		return 0;
	*error = crew.failure;
	return error->errnum ? -error->errnum : -EIO;
}
