/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests through pread and pwrite, where io_uring is refused. Each lane has one thread that does
 * nothing but wait inside the kernel, so that a drive that does not answer holds up no other. */
#include "device/engine/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

struct list {
	struct io_request *first;
	struct io_request **end;
};

struct io_queue {
	pthread_mutex_t lock;
	pthread_cond_t done_changed;
	struct list done;
	unsigned lanes; /* threads that may still touch the queue; it is freed by the last */
	bool closed;
};

struct io_lane {
	struct io_queue *queue;
	pthread_t thread;
	pthread_cond_t pending_changed;
	struct list pending;
	int fd; /* our own duplicate: a number the caller closes may become another drive */
	void *arena;
	size_t arena_bytes;
	bool stop;
	bool abandoned; /* nobody waits for answers; the thread cleans up after itself */
};

static void list_init(struct list *list)
{
	list->first = NULL;
	list->end = &list->first;
}

static void list_push(struct list *list, struct io_request *request)
{
	request->next = NULL;
	*list->end = request;
	list->end = &request->next;
}

static struct io_request *list_pop(struct list *list)
{
	struct io_request *request = list->first;
	if (!request)
		return NULL;
	list->first = request->next;
	if (!list->first)
		list->end = &list->first;
	return request;
}

static int threads_open(struct io_queue **ret)
{
	struct io_queue *queue = calloc(1, sizeof(*queue));
	if (!queue)
		return -ENOMEM;
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->done_changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	list_init(&queue->done);
	*ret = queue;
	return 0;
}

static int perform(int fd, const struct io_request *request)
{
	ssize_t moved = -1;
	switch (request->operation) {
	case IO_READ:
		moved = pread(fd, request->data, request->length, (off_t)request->offset);
		break;
	case IO_WRITE:
		moved = pwrite(fd, request->data, request->length, (off_t)request->offset);
		break;
	case IO_FLUSH:
		moved = fdatasync(fd);
		break;
	}
	return moved < 0 ? -errno : (int)moved;
}

/* With the lock held; gives it back. */
static void queue_release(struct io_queue *queue)
{
	bool last = --queue->lanes == 0 && queue->closed;
	pthread_mutex_unlock(&queue->lock);
	if (!last)
		return;
	pthread_cond_destroy(&queue->done_changed);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
}

static void lane_free(struct io_lane *lane)
{
	close(lane->fd);
	pthread_cond_destroy(&lane->pending_changed);
	free(lane);
}

static void *lane_thread(void *argument)
{
	struct io_lane *lane = argument;
	struct io_queue *queue = lane->queue;
	pthread_mutex_lock(&queue->lock);
	while (!lane->stop) {
		struct io_request *request = list_pop(&lane->pending);
		if (!request) {
			pthread_cond_wait(&lane->pending_changed, &queue->lock);
			continue;
		}
		pthread_mutex_unlock(&queue->lock);
		int result = perform(lane->fd, request);
		pthread_mutex_lock(&queue->lock);
		if (lane->abandoned)
			break;
		request->result = result;
		list_push(&queue->done, request);
		pthread_cond_signal(&queue->done_changed);
	}
	if (lane->abandoned) {
		munmap(lane->arena, lane->arena_bytes);
		lane_free(lane);
	}
	queue_release(queue);
	return NULL;
}

static int threads_attach(
	struct io_queue *queue, int fd, void *arena, size_t arena_bytes, struct io_lane **ret)
{
	struct io_lane *lane = calloc(1, sizeof(*lane));
	if (!lane)
		return -ENOMEM;
	*lane = (struct io_lane){ .queue = queue, .arena = arena, .arena_bytes = arena_bytes };
	lane->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (lane->fd < 0) {
		free(lane);
		return -errno;
	}
	list_init(&lane->pending);
	pthread_cond_init(&lane->pending_changed, NULL);
	pthread_attr_t small;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 128 * KIB);
	queue->lanes++;
	int result = pthread_create(&lane->thread, &small, lane_thread, lane);
	pthread_attr_destroy(&small);
	if (result != 0) {
		queue->lanes--;
		lane_free(lane);
		return -result;
	}
	*ret = lane;
	return 0;
}

/* With the lock held: answers that came too late point into the arena, which goes. */
static void drop_answers(struct io_queue *queue, const struct io_lane *lane)
{
	uintptr_t start = (uintptr_t)lane->arena;
	struct list kept;
	list_init(&kept);
	for (struct io_request *request; (request = list_pop(&queue->done));)
		if ((uintptr_t)request < start || (uintptr_t)request >= start + lane->arena_bytes)
			list_push(&kept, request);
	list_init(&queue->done);
	for (struct io_request *request; (request = list_pop(&kept));)
		list_push(&queue->done, request);
}

static void threads_detach(struct io_queue *queue, struct io_lane *lane, bool abandoned)
{
	pthread_mutex_lock(&queue->lock);
	pthread_t thread = lane->thread;
	lane->stop = true;
	lane->abandoned = abandoned;
	if (abandoned) {
		drop_answers(queue, lane);
		pthread_detach(thread);
	}
	pthread_cond_signal(&lane->pending_changed);
	pthread_mutex_unlock(&queue->lock);
	if (abandoned)
		return;
	pthread_join(thread, NULL);
	lane_free(lane);
}

static int threads_submit(struct io_queue *queue, struct io_lane *lane, struct io_request *request)
{
	pthread_mutex_lock(&queue->lock);
	list_push(&lane->pending, request);
	pthread_cond_signal(&lane->pending_changed);
	pthread_mutex_unlock(&queue->lock);
	return 0;
}

static struct io_request *threads_wait(struct io_queue *queue, int timeout_ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&queue->lock);
	int result = 0;
	while (!queue->done.first && timeout_ms > 0 && result == 0)
		result = pthread_cond_timedwait(&queue->done_changed, &queue->lock, &until);
	struct io_request *request = list_pop(&queue->done);
	pthread_mutex_unlock(&queue->lock);
	return request;
}

static void threads_close(struct io_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	queue->lanes++; /* ourselves, so that release frees the queue if no thread is left in it */
	queue_release(queue);
}

const struct io_queue_backend queue_threads = {
	.name = "threads",
	.open = threads_open,
	.attach = threads_attach,
	.detach = threads_detach,
	.submit = threads_submit,
	.wait = threads_wait,
	.close = threads_close,
};
