/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thread for each device, and a limit after which those that hang are left behind. Such a thread
 * still holds its memory and its fd, and gives both back when the kernel answers. */
#include "inventory/scan_look.h"

#include "base/text.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The blkid and udev libraries keep paths of 4 KiB on the stack. */
#define STACK_BYTES (512 * KIB)

/* Shared by the scan and its threads; the last one to leave frees it. lock guards all of it and
 * every task's state. */
struct batch {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t pending; /* threads that have not answered */
	size_t holders; /* threads, and the scan itself */
	bool left;      /* the scan has gone on: answers are thrown away */
};

struct task {
	struct batch *batch;
	scan_look *look;
	enum scan_depth depth;
	struct found_drive found;
	bool answered;
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

static void *run_task(void *opaque)
{
	struct task *task = opaque;
	struct batch *batch = task->batch;
	task->look(&task->found, task->depth);
	(void)pthread_mutex_lock(&batch->lock);
	batch->pending--;
	if (batch->left) {
		signature_list_free(&task->found.signatures);
		free(task);
	} else {
		task->answered = true;
		(void)pthread_cond_signal(&batch->changed);
	}
	leave(batch);
	return NULL;
}

static struct batch *make_batch(void)
{
	struct batch *batch = calloc(1, sizeof(*batch));
	pthread_condattr_t attributes;
	if (!batch || pthread_condattr_init(&attributes) != 0) {
		free(batch);
		return NULL;
	}
	/* The wall clock may be set while we wait. */
	int r = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (r == 0)
		r = pthread_mutex_init(&batch->lock, NULL);
	if (r == 0)
		r = pthread_cond_init(&batch->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	if (r != 0) {
		free(batch);
		return NULL;
	}
	batch->holders = 1;
	return batch;
}

/* Detached, with a small stack, and deaf to signals: those are for the main thread. */
static int start_thread(struct task *task)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all;
	sigset_t before;
	int r = pthread_attr_init(&attributes);
	if (r != 0)
		return -r;
	r = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (r == 0)
		r = pthread_attr_setstacksize(&attributes, STACK_BYTES);
	(void)sigfillset(&all);
	if (r == 0)
		r = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (r == 0) {
		r = pthread_create(&thread, &attributes, run_task, task);
		(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	(void)pthread_attr_destroy(&attributes);
	return -r;
}

/* NULL with found->error filled when the device cannot be looked at. */
static struct task *start_task(
	struct batch *batch, struct found_drive *found, scan_look *look, enum scan_depth depth)
{
	struct task *task = calloc(1, sizeof(*task));
	if (!task) {
		error_no_memory(&found->error);
		return NULL;
	}
	task->batch = batch;
	task->look = look;
	task->depth = depth;
	memcpy(task->found.path, found->path, sizeof(found->path));
	(void)pthread_mutex_lock(&batch->lock);
	batch->pending++;
	batch->holders++;
	int r = start_thread(task);
	if (r < 0) {
		batch->pending--;
		batch->holders--;
		error_set(&found->error, ERROR_FAILED, -r, "scan-thread",
			_("%s was not looked at: no thread can be started (%s)"), found->path,
			strerror(-r));
		free(task);
		task = NULL;
	}
	(void)pthread_mutex_unlock(&batch->lock);
	return task;
}

static struct timespec deadline_in(unsigned limit_ms)
{
	struct timespec deadline;
	(void)clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += limit_ms / 1000;
	deadline.tv_nsec += (long)(limit_ms % 1000) * 1000000;
	if (deadline.tv_nsec >= 1000000000) {
		deadline.tv_sec++;
		deadline.tv_nsec -= 1000000000;
	}
	return deadline;
}

static void take_answer(struct found_drive *found, struct task *task, unsigned limit_ms)
{
	if (task->answered) {
		*found = task->found;
		free(task);
		return;
	}
	error_set(&found->error, ERROR_FAILED, ETIMEDOUT, "drive-not-answering",
		_("%s has not answered for %u s"), found->path, limit_ms / 1000);
	error_next(
		&found->error, _("Look at the system log; reseat the drive or have it destroyed."));
}

int scan_look_all(struct found_list *list, enum scan_depth depth, scan_look *look,
	unsigned limit_ms, struct error *error)
{
	if (list->count == 0)
		return 0;
	AUTO_FREE struct task **tasks = calloc(list->count, sizeof(*tasks));
	struct batch *batch = tasks ? make_batch() : NULL;
	if (!batch)
		return error_no_memory(error);
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].error.kind == ERROR_NONE)
			tasks[i] = start_task(batch, &list->items[i], look, depth);
	struct timespec deadline = deadline_in(limit_ms);
	(void)pthread_mutex_lock(&batch->lock);
	int r = 0;
	while (batch->pending > 0 && r == 0)
		r = pthread_cond_timedwait(&batch->changed, &batch->lock, &deadline);
	batch->left = true;
	for (size_t i = 0; i < list->count; i++)
		if (tasks[i])
			take_answer(&list->items[i], tasks[i], limit_ms);
	leave(batch);
	return 0;
}

void scan_look_real(struct found_drive *found, enum scan_depth depth)
{
	CLEANUP(cleanup_drive_close) struct drive *drive = NULL;
	if (drive_open(found->path, DRIVE_LOOK, &drive, &found->error) < 0)
		return;
	found->identity = drive->identity;
	found->native = drive->native;
	if (depth == SCAN_SIGNATURES)
		found->probed = signatures_read(drive->fd, &found->signatures, &found->error) == 0;
}
