/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A call with a time limit. */
#include "base/patient.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#define STACK_BYTES (1 * MIB)

struct call {
	int (*function)(void *context);
	void (*release)(void *context);
	void *context;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done;
	bool abandoned; /* the thread frees the call and the context */
	int result;
};

static void call_free(struct call *call)
{
	pthread_cond_destroy(&call->changed);
	pthread_mutex_destroy(&call->lock);
	free(call);
}

static void *call_thread(void *argument)
{
	struct call *call = argument;
	int result = call->function(call->context);
	pthread_mutex_lock(&call->lock);
	call->result = result;
	call->done = true;
	bool abandoned = call->abandoned;
	pthread_cond_signal(&call->changed);
	pthread_mutex_unlock(&call->lock);
	if (abandoned) {
		call->release(call->context);
		call_free(call);
	}
	return NULL;
}

static struct call *call_make(
	int (*function)(void *context), void *context, void (*release)(void *context))
{
	struct call *call = calloc(1, sizeof(*call));
	if (!call)
		return NULL;
	*call = (struct call){ .function = function, .release = release, .context = context };
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&call->lock, NULL);
	pthread_cond_init(&call->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return call;
}

static struct timespec time_after(uint64_t milliseconds)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(milliseconds / 1000);
	until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	return until;
}

/* True when it came back in time; else the thread owns the call from here on. */
static bool await(struct call *call, uint64_t patience_ms)
{
	struct timespec until = time_after(patience_ms);
	int waited = 0;
	pthread_mutex_lock(&call->lock);
	while (!call->done && waited == 0)
		waited = pthread_cond_timedwait(&call->changed, &call->lock, &until);
	bool done = call->done;
	call->abandoned = !done;
	pthread_mutex_unlock(&call->lock);
	return done;
}

int patient_call(int (*function)(void *context), void *context, void (*release)(void *context),
	uint64_t patience_ms, int *ret_result)
{
	struct call *call = call_make(function, context, release);
	if (!call)
		return -ENOMEM;
	pthread_t thread;
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	int result = pthread_create(&thread, &attributes, call_thread, call);
	pthread_attr_destroy(&attributes);
	if (result != 0) {
		call_free(call);
		return -result;
	}
	if (!await(call, patience_ms)) {
		(void)pthread_detach(thread);
		return -ETIMEDOUT;
	}
	(void)pthread_join(thread, NULL);
	*ret_result = call->result;
	call_free(call);
	return 0;
}
