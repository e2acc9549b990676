/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A question to the kernel that may never be answered, because another device hangs: asked on a
 * thread of its own, which is left behind when the time is over. */
#include "wipe/guard_checks.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

/* Owned by the asker and the thread together: the last of the two to leave frees it. */
struct question {
	pthread_mutex_t lock;
	pthread_cond_t answered;
	bool done;
	bool abandoned;
	int (*ask)(void *value);
	int result;
	max_align_t value[]; /* the thread's own copy */
};

static void question_free(struct question *question)
{
	(void)pthread_cond_destroy(&question->answered);
	(void)pthread_mutex_destroy(&question->lock);
	free(question);
}

static void *answer(void *data)
{
	struct question *question = data;

	int result = question->ask(question->value);
	(void)pthread_mutex_lock(&question->lock);
	question->result = result;
	question->done = true;
	bool abandoned = question->abandoned;
	(void)pthread_cond_signal(&question->answered);
	(void)pthread_mutex_unlock(&question->lock);
	if (abandoned)
		question_free(question);
	return NULL;
}

static struct question *question_new(int (*ask)(void *), const void *value, size_t size)
{
	struct question *question = calloc(1, sizeof(*question) + size);
	pthread_condattr_t attributes;

	if (!question)
		return NULL;
	memcpy(question->value, value, size);
	question->ask = ask;
	/* None of these can fail on Linux for a private object. */
	(void)pthread_mutex_init(&question->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&question->answered, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	return question;
}

static int start(struct question *question)
{
	pthread_attr_t attributes;
	pthread_t thread;

	int result = -pthread_attr_init(&attributes);
	if (result < 0)
		return result;
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	result = -pthread_create(&thread, &attributes, answer, question);
	(void)pthread_attr_destroy(&attributes);
	return result;
}

int guard_ask(int (*ask)(void *value), void *value, size_t size, int limit_ms)
{
	struct question *question = question_new(ask, value, size);
	struct timespec until;

	int result = question ? start(question) : -ENOMEM;
	if (result < 0) {
		if (question)
			question_free(question);
		return result;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += limit_ms / 1000;
	until.tv_nsec += limit_ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	(void)pthread_mutex_lock(&question->lock);
	while (!question->done &&
		pthread_cond_timedwait(&question->answered, &question->lock, &until) != ETIMEDOUT)
		;
	bool done = question->done;
	question->abandoned = !done;
	(void)pthread_mutex_unlock(&question->lock);
	if (!done)
		return -ETIMEDOUT;
	result = question->result;
	memcpy(value, question->value, size);
	question_free(question);
	return result;
}
