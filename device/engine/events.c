/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A queue of events with a descriptor to wait on, so that a signal ends the wait. */
#include "device/engine/events.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

struct event_queue {
	pthread_mutex_t lock; /* guards all of it */
	struct event_node *first;
	struct event_node **end;
	unsigned references;
	int wake; /* eventfd */
};

int events_open(struct event_queue **ret)
{
	struct event_queue *queue = calloc(1, sizeof(*queue));
	if (!queue)
		return -ENOMEM;
	queue->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (queue->wake < 0) {
		int errnum = errno;
		free(queue);
		return -errnum;
	}
	pthread_mutex_init(&queue->lock, NULL);
	queue->end = &queue->first;
	queue->references = 1;
	*ret = queue;
	return 0;
}

void events_retain(struct event_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->references++;
	pthread_mutex_unlock(&queue->lock);
}

void events_release(struct event_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	bool last = --queue->references == 0;
	pthread_mutex_unlock(&queue->lock);
	if (!last)
		return;
	events_drop(queue);
	close(queue->wake);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
}

void events_post(struct event_queue *queue, struct event_node *node)
{
	uint64_t one = 1;
	pthread_mutex_lock(&queue->lock);
	if (!node->queued) {
		node->queued = true;
		node->next = NULL;
		*queue->end = node;
		queue->end = &node->next;
		/* A counter that is full already wakes the reader. */
		ssize_t written = write(queue->wake, &one, sizeof(one));
		(void)written;
	}
	pthread_mutex_unlock(&queue->lock);
}

static bool pop(struct event_queue *queue, struct engine_event *ret)
{
	pthread_mutex_lock(&queue->lock);
	struct event_node *node = queue->first;
	if (node) {
		queue->first = node->next;
		if (!queue->first)
			queue->end = &queue->first;
		node->queued = false;
		*ret = node->event;
		free(node->owner); /* the node with it */
	}
	pthread_mutex_unlock(&queue->lock);
	return node != NULL;
}

int events_wait(struct event_queue *queue, int timeout_ms, struct engine_event *ret)
{
	int64_t until = clock_monotonic_ms() + timeout_ms;
	while (!pop(queue, ret)) {
		int64_t left = until - clock_monotonic_ms();
		struct pollfd wake = { .fd = queue->wake, .events = POLLIN };
		int ready = poll(&wake, 1, (int)MAX(left, (int64_t)0));
		if (ready < 0)
			return -errno;
		if (ready == 0)
			return -ETIMEDOUT;
		uint64_t count;
		ssize_t taken = read(queue->wake, &count, sizeof(count));
		(void)taken; /* only to make it unreadable again */
	}
	return 0;
}

void events_drop(struct event_queue *queue)
{
	for (struct engine_event event; pop(queue, &event);)
		continue;
}
