/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions with a time limit: one thread for each, left behind when it hangs. */
#include "base/patient.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

/* The blkid and udev libraries keep paths of 4 KiB on the stack. */
#define STACK_BYTES (512 * KIB)

/* Shared by the asker and its threads; whoever leaves last frees it. lock guards all of it and the
 * tasks' answers. */
struct batch {
	struct patient_question question;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t pending; /* threads that have not answered */
	size_t holders; /* threads, and the asker */
	bool left;      /* the asker has gone on: answers are thrown away */
};

struct task {
	struct batch *batch;
	bool answered;
	int result;
	_Alignas(max_align_t) char value[]; /* the thread's own copy */
};

/* With the lock held; unlocks. */
static void leave(struct batch *batch)
{
	bool last = --batch->holders == 0;
	(void)pthread_mutex_unlock(&batch->lock);
	if (!last)
		return;
	(void)pthread_cond_destroy(&batch->changed);
	(void)pthread_mutex_destroy(&batch->lock);
	free(batch);
}

static void *run_task(void *argument)
{
	struct task *task = argument;
	struct batch *batch = task->batch;
	int result = batch->question.ask(task->value);
	(void)pthread_mutex_lock(&batch->lock);
	batch->pending--;
	if (batch->left) {
		if (batch->question.drop)
			batch->question.drop(task->value);
		free(task);
	} else {
		task->result = result;
		task->answered = true;
		(void)pthread_cond_signal(&batch->changed);
	}
	leave(batch);
	return NULL;
}

/* Detached, and deaf to signals: those are for the main thread. */
int patient_start_thread(void *(*run)(void *argument), void *argument)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;
	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	int result = -pthread_create(&thread, &attributes, run, argument);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attributes);
	return result;
}

/* With the lock held. NULL and *ret_result when it could not be started. */
static struct task *start_task(struct batch *batch, const void *value, int *ret_result)
{
	struct task *task = calloc(1, sizeof(*task) + batch->question.size);
	*ret_result = -ENOMEM;
	if (!task)
		return NULL;
	task->batch = batch;
	memcpy(task->value, value, batch->question.size);
	batch->pending++;
	batch->holders++;
	*ret_result = patient_start_thread(run_task, task);
	if (*ret_result == 0)
		return task;
	batch->pending--;
	batch->holders--;
	free(task);
	return NULL;
}

static struct batch *batch_make(const struct patient_question *question)
{
	struct batch *batch = calloc(1, sizeof(*batch));
	if (!batch)
		return NULL;
	pthread_condattr_t monotonic; /* the wall clock may be set while we wait */
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&batch->lock, NULL);
	(void)pthread_cond_init(&batch->changed, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	batch->question = *question;
	batch->holders = 1;
	return batch;
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

/* With the lock held: an unanswered task is its thread's from here on. */
static int take_answer(struct task *task, void *value, size_t size)
{
	if (!task->answered)
		return -ETIMEDOUT;
	int result = task->result;
	memcpy(value, task->value, size);
	free(task);
	return result;
}

int patient_ask_all(
	const struct patient_question *question, void *values, size_t count, int results[])
{
	if (count == 0)
		return 0;
	AUTO_FREE struct task **tasks = calloc(count, sizeof(struct task *));
	struct batch *batch = tasks ? batch_make(question) : NULL;
	if (!batch)
		return -ENOMEM;
	struct timespec until = time_after(question->limit_ms);
	(void)pthread_mutex_lock(&batch->lock);
	for (size_t i = 0; i < count; i++)
		tasks[i] = start_task(batch, (char *)values + i * question->size, &results[i]);
	int waited = 0;
	while (batch->pending > 0 && waited == 0)
		waited = pthread_cond_timedwait(&batch->changed, &batch->lock, &until);
	batch->left = true;
	for (size_t i = 0; i < count; i++)
		if (tasks[i])
			results[i] = take_answer(
				tasks[i], (char *)values + i * question->size, question->size);
	leave(batch);
	return 0;
}

int patient_ask(const struct patient_question *question, void *value)
{
	int answer = 0;
	int result = patient_ask_all(question, value, 1, &answer);
	return result < 0 ? result : answer;
}
