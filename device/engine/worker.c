/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The worker's loop: let each pass do what is due, take the kernel's answers, wait. */
#include "device/engine/worker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* How long to wait when nothing is due: also how late a new pass, a rate limit or a stalled drive
 * is noticed. */
#define WAIT_MS 10
/* Answers taken in a row before the passes get their turn again. */
#define ANSWERS_MAX 32

struct running {
	struct pass **passes;
	unsigned count;
	unsigned capacity;
};

static struct pass *inbox_take(struct worker *worker, struct running *running, bool *ret_stop)
{
	pthread_mutex_lock(&worker->lock);
	while (!worker->inbox && !worker->stop && running->count == 0)
		pthread_cond_wait(&worker->changed, &worker->lock);
	struct pass *pass = NULL;
	if (worker->inbox && running->count < running->capacity) {
		pass = worker->inbox;
		worker->inbox = pass->next_inbox;
	}
	*ret_stop = worker->stop && !worker->inbox && !pass && running->count == 0;
	pthread_mutex_unlock(&worker->lock);
	return pass;
}

/* The pass may be gone once its end was told. */
static void tell_end(struct worker *worker, struct pass *pass)
{
	worker->load--;
	events_post(pass->events, &pass->ended_event);
}

static void adopt(
	struct worker *worker, struct running *running, struct io_queue *queue, struct pass *pass)
{
	pass_attach(pass, worker->backend, queue, worker->shape.queue_depth,
		worker->shape.request_bytes);
	if (pass->finished)
		tell_end(worker, pass);
	else
		running->passes[running->count++] = pass;
}

static bool advance_all(struct worker *worker, struct running *running)
{
	bool progressed = false;
	uint64_t now = pass_clock_us();
	for (unsigned i = 0; i < running->count;) {
		struct pass *pass = running->passes[i];
		progressed |= pass_advance(pass, now);
		if (!pass->finished) {
			i++;
			continue;
		}
		running->passes[i] = running->passes[--running->count];
		tell_end(worker, pass);
	}
	return progressed;
}

static void take_answers(struct worker *worker, struct io_queue *queue, int timeout_ms)
{
	struct io_request *request = worker->backend->wait(queue, timeout_ms);
	for (int i = 0; request && i < ANSWERS_MAX; i++) {
		pass_answer(request->owner, request, pass_clock_us());
		request = i + 1 < ANSWERS_MAX ? worker->backend->wait(queue, 0) : NULL;
	}
}

static void serve(struct worker *worker, struct io_queue *queue, struct running *running)
{
	bool stop = false;
	while (!stop) {
		struct pass *pass = inbox_take(worker, running, &stop);
		if (pass)
			adopt(worker, running, queue, pass);
		bool progressed = advance_all(worker, running);
		if (running->count > 0)
			take_answers(worker, queue, progressed ? 0 : WAIT_MS);
	}
}

/* Without a queue nothing can be done: each pass ends and says why. */
static void refuse_all(struct worker *worker, int errnum)
{
	struct running none = { 0 };
	none.capacity = 1;
	bool stop = false;
	while (!stop) {
		struct pass *pass = inbox_take(worker, &none, &stop);
		if (!pass)
			continue;
		pass->end = PASS_INTERNAL;
		pass->errnum = errnum;
		pass->finished = true;
		tell_end(worker, pass);
	}
}

static void worker_release(struct worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	bool last = --worker->references == 0;
	pthread_mutex_unlock(&worker->lock);
	if (!last)
		return;
	pthread_cond_destroy(&worker->changed);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
}

static void *worker_thread(void *argument)
{
	struct worker *worker = argument;
	struct io_queue *queue = NULL;
	struct running running = { .capacity = worker->passes_at_once };
	running.passes = calloc(running.capacity, sizeof(*running.passes));
	int result = running.passes ? worker->backend->open(&queue) : -ENOMEM;
	if (result < 0) {
		refuse_all(worker, -result);
	} else {
		serve(worker, queue, &running);
		worker->backend->close(queue);
	}
	free(running.passes);
	pthread_mutex_lock(&worker->lock);
	worker->served = true;
	pthread_cond_broadcast(&worker->changed);
	pthread_mutex_unlock(&worker->lock);
	worker_release(worker);
	return NULL;
}

static int start_thread(struct worker *worker, unsigned number)
{
	pthread_t thread;
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 256 * KIB);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	worker->references++; /* the thread's */
	int result = pthread_create(&thread, &attributes, worker_thread, worker);
	pthread_attr_destroy(&attributes);
	if (result != 0) {
		worker->references--;
		return -result;
	}
	char name[16];
	snprintf(name, sizeof(name), "haiki-io-%u", number % 1000);
	(void)pthread_setname_np(thread, name);
	return 0;
}

int worker_start(const struct io_queue_backend *backend, struct engine_shape shape,
	unsigned passes_at_once, unsigned number, struct worker **ret)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	if (!worker)
		return -ENOMEM;
	worker->backend = backend;
	worker->shape = shape;
	worker->passes_at_once = passes_at_once;
	worker->references = 1;
	pthread_mutex_init(&worker->lock, NULL);
	pthread_cond_init(&worker->changed, NULL);
	int result = start_thread(worker, number);
	if (result < 0)
		worker_release(worker);
	else
		*ret = worker;
	return result;
}

void worker_give(struct worker *worker, struct pass *pass)
{
	pthread_mutex_lock(&worker->lock);
	struct pass **end = &worker->inbox;
	while (*end)
		end = &(*end)->next_inbox;
	pass->next_inbox = NULL;
	*end = pass;
	worker->load++;
	pthread_cond_broadcast(&worker->changed);
	pthread_mutex_unlock(&worker->lock);
}

void worker_stop(struct worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	worker->stop = true;
	pthread_cond_broadcast(&worker->changed);
	while (!worker->served)
		pthread_cond_wait(&worker->changed, &worker->lock);
	pthread_mutex_unlock(&worker->lock);
	worker_release(worker);
}
