/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The owner's side of the engine: its shape, starting passes and tasks, and the events. */
#include "device/engine/engine.h"

#include "base/text.h"
#include "device/engine/worker.h"

#include <errno.h>
#include <string.h>

#define DEPTH_MAX 8
#define DEPTH_MIN 2
#define REQUEST_MAX ((uint32_t)(1 * MIB))
#define REQUEST_MIN ((uint32_t)(64 * KIB))
#define STALLED_AFTER_US (UINT64_C(5) * 1000000)
#define WORKERS_MAX 64

struct engine {
	struct engine_shape shape;
	struct worker *workers[WORKERS_MAX];
	struct pass *open_passes;
	struct event_queue *events;
};

struct task {
	struct event_queue *events; /* a reference: a task may outlive the engine */
	int (*function)(void *context);
	void *context;
	struct event_node node;
};

static uint32_t power_of_two_below(uint64_t bytes)
{
	uint32_t power = REQUEST_MIN;
	while (power < REQUEST_MAX && (uint64_t)power * 2 <= bytes)
		power *= 2;
	return power;
}

/* Depth first: eight requests in flight keep a drive busy even when each is small. */
static void choose_shape(const struct engine_options *options, struct engine_shape *shape)
{
	unsigned passes = MAX(options->expected_passes, 1U);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned workers = options->workers ? options->workers : (unsigned)MAX(cores, 1L);
	workers = MIN(workers, (unsigned)MAX(cores, 1L));
	shape->workers = MIN(MIN(workers, passes), (unsigned)WORKERS_MAX);
	uint64_t share = options->memory_budget_bytes / passes;
	shape->request_bytes = power_of_two_below(share / DEPTH_MAX);
	uint64_t depth = share / shape->request_bytes;
	shape->queue_depth = (unsigned)MIN(MAX(depth, (uint64_t)DEPTH_MIN), (uint64_t)DEPTH_MAX);
}

static int choose_backend(
	const struct engine_options *options, struct engine_shape *shape, struct error *error)
{
	if (options->queue) {
		shape->backend = ENGINE_THREADS;
		return 0;
	}
	bool uring = options->backend != ENGINE_THREADS && queue_uring_works();
	if (options->backend == ENGINE_IO_URING && !uring) {
		error_set(error, ERROR_UNSUPPORTED, ENOSYS, "io-uring-refused",
			_("This kernel refuses io_uring"));
		error_next(error, _("Set io = auto in the [engine] section to use threads"));
		return -ENOSYS;
	}
	shape->backend = uring ? ENGINE_IO_URING : ENGINE_THREADS;
	return 0;
}

/* shape.workers counts those that run. */
static int start_workers(
	struct engine *engine, const struct engine_options *options, unsigned wanted)
{
	const struct io_queue_backend *backend =
		engine->shape.backend == ENGINE_IO_URING ? &queue_uring : &queue_threads;
	uint64_t pass_bytes = (uint64_t)engine->shape.queue_depth * engine->shape.request_bytes;
	uint64_t at_once = options->memory_budget_bytes / pass_bytes / wanted;
	for (; engine->shape.workers < wanted; engine->shape.workers++) {
		int result = worker_start(options->queue ? options->queue : backend, engine->shape,
			(unsigned)MIN(MAX(at_once, (uint64_t)1), (uint64_t)4096),
			engine->shape.workers, &engine->workers[engine->shape.workers]);
		if (result < 0)
			return result;
	}
	return 0;
}

int engine_open(const struct engine_options *options, struct engine **ret, struct error *error)
{
	if (options->memory_budget_bytes < 1 * MIB)
		return error_set(error, ERROR_USAGE, EINVAL, "engine-memory",
			_("The memory budget of the I/O engine must be at least 1 MiB"));
	struct engine_shape shape = { 0 };
	choose_shape(options, &shape);
	int result = choose_backend(options, &shape, error);
	if (result < 0)
		return result;
	struct engine *engine = calloc(1, sizeof(*engine));
	if (!engine)
		return error_no_memory(error);
	engine->shape = shape;
	engine->shape.workers = 0;
	result = events_open(&engine->events);
	if (result == 0)
		result = start_workers(engine, options, shape.workers);
	if (result < 0) {
		engine_close(engine);
		return error_set(error, ERROR_FAILED, -result, "engine-start",
			_("The I/O engine could not be started: %s"), strerror(-result));
	}
	*ret = engine;
	return 0;
}

struct engine_shape engine_shape(const struct engine *engine)
{
	return engine->shape;
}

int engine_wait(struct engine *engine, int timeout_ms, struct engine_event *ret)
{
	int result = events_wait(engine->events, timeout_ms, ret);
	if (result == 0 && ret->pass)
		ret->durable_bytes = ret->pass->durable_bytes;
	return result;
}

static int check_ranges(const struct pass_request *request, uint64_t *ret_total_bytes)
{
	uint64_t end = 0, total = 0;
	for (size_t i = 0; i < request->range_count; i++) {
		const struct byte_range *range = &request->ranges[i];
		bool whole = range->offset_bytes % request->sector_bytes == 0 &&
			     range->length_bytes % request->sector_bytes == 0;
		bool ascending = i == 0 || range->offset_bytes > end;
		if (!whole || !ascending || range->length_bytes == 0 ||
			range->length_bytes > (uint64_t)INT64_MAX - range->offset_bytes)
			return -EINVAL;
		end = range->offset_bytes + range->length_bytes;
		total += range->length_bytes;
	}
	*ret_total_bytes = total;
	return total > 0 ? 0 : -EINVAL;
}

static int check_request(const struct pass_request *request, uint64_t *ret_total_bytes)
{
	uint32_t sector = request->sector_bytes;
	if (sector < 512 || sector > 4096 || (sector & (sector - 1)) != 0 || request->fd < 0)
		return -EINVAL;
	return check_ranges(request, ret_total_bytes);
}

static void pass_free(struct pass *pass)
{
	stream_close(pass->stream);
	pthread_mutex_destroy(&pass->lock);
	free(pass->ranges);
	free(pass->bad);
	free(pass);
}

static struct pass *pass_make(struct engine *engine, const struct pass_request *request,
	uint64_t total_bytes, void *user, struct error *error)
{
	struct pass *pass = calloc(1, sizeof(*pass));
	size_t ranges_bytes = request->range_count * sizeof(*request->ranges);
	struct byte_range *ranges = malloc(ranges_bytes);
	if (!pass || !ranges) {
		free(pass);
		free(ranges);
		error_no_memory(error);
		return NULL;
	}
	memcpy(ranges, request->ranges, ranges_bytes);
	pthread_mutex_init(&pass->lock, NULL);
	pass->engine = engine;
	pass->events = engine->events;
	pass->request = *request;
	pass->ranges = ranges;
	pass->request.ranges = ranges;
	pass->total_bytes = total_bytes;
	pass->durable_event.event =
		(struct engine_event){ .kind = ENGINE_EVENT_DURABLE, .user = user, .pass = pass };
	pass->ended_event.event = (struct engine_event){
		.kind = ENGINE_EVENT_PASS_ENDED, .user = user, .pass = pass
	};
	if (stream_open(&request->pattern, &pass->stream, error) < 0) {
		pass_free(pass);
		return NULL;
	}
	return pass;
}

static struct worker *least_loaded(struct engine *engine)
{
	struct worker *best = engine->workers[0];
	for (unsigned i = 1; i < engine->shape.workers; i++)
		if (engine->workers[i]->load < best->load)
			best = engine->workers[i];
	return best;
}

int engine_start(struct engine *engine, const struct pass_request *request, void *user,
	struct pass **ret, struct error *error)
{
	uint64_t total_bytes = 0;
	if (check_request(request, &total_bytes) < 0)
		return error_set(error, ERROR_FAILED, EINVAL, "pass-request",
			_("The I/O engine was asked for ranges that are not whole sectors in "
			  "ascending order"));
	struct error reason = { 0 };
	struct pass *pass = pass_make(engine, request, total_bytes, user, &reason);
	if (!pass) {
		if (error)
			*error = reason;
		return reason.errnum ? -reason.errnum : -ENOMEM;
	}
	pass->next_open = engine->open_passes;
	engine->open_passes = pass;
	*ret = pass;
	worker_give(least_loaded(engine), pass);
	return 0;
}

static void *task_thread(void *argument)
{
	struct task *task = argument;
	struct event_queue *events = task->events;
	task->node.event.task_result = task->function(task->context);
	events_post(events, &task->node);
	events_release(events);
	return NULL;
}

int engine_run(struct engine *engine, int (*function)(void *context), void *context, void *user,
	struct error *error)
{
	struct task *task = calloc(1, sizeof(*task));
	if (!task)
		return error_no_memory(error);
	*task = (struct task){ .events = engine->events, .function = function, .context = context };
	task->node.owner = task;
	task->node.event = (struct engine_event){ .kind = ENGINE_EVENT_TASK_ENDED, .user = user };
	events_retain(engine->events);
	pthread_t thread;
	pthread_attr_t detached;
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&detached, 1 * MIB);
	int result = pthread_create(&thread, &detached, task_thread, task);
	pthread_attr_destroy(&detached);
	if (result == 0)
		return 0;
	free(task);
	events_release(engine->events);
	return error_set(error, ERROR_FAILED, result, "task-start",
		_("A thread could not be started: %s"), strerror(result));
}

void pass_cancel(struct pass *pass)
{
	pass->cancel = true;
}

void pass_progress(struct pass *pass, struct pass_progress *ret)
{
	uint64_t waiting_since = pass->waiting_since_us;
	uint64_t now = pass_clock_us();
	*ret = (struct pass_progress){
		.end = (enum pass_end)pass->end,
		.errnum = pass->errnum,
		.flushed = pass->flushed,
		.total_bytes = pass->total_bytes,
		.done_bytes = pass->done_bytes,
		.durable_bytes = pass->durable_bytes,
		.bad_bytes = pass->bad_bytes,
		.stalled = waiting_since != 0 && now > waiting_since &&
			   now - waiting_since >= STALLED_AFTER_US,
	};
}

struct pass *pass_close(struct pass *pass)
{
	if (!pass)
		return NULL;
	struct pass **link = &pass->engine->open_passes;
	while (*link && *link != pass)
		link = &(*link)->next_open;
	if (*link)
		*link = pass->next_open;
	pass_free(pass);
	return NULL;
}

struct engine *engine_close(struct engine *engine)
{
	if (!engine)
		return NULL;
	for (struct pass *pass = engine->open_passes; pass; pass = pass->next_open)
		pass_cancel(pass);
	for (unsigned i = 0; i < engine->shape.workers; i++)
		worker_stop(engine->workers[i]);
	if (engine->events)
		events_drop(engine->events); /* before the passes they live in */
	while (engine->open_passes)
		pass_close(engine->open_passes);
	if (engine->events)
		events_release(engine->events);
	free(engine);
	return NULL;
}
