/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's events on their way from workers and tasks to the one thread that owns the engine.
 * Inside the engine only. */
#ifndef HAIKI_DEVICE_ENGINE_EVENTS_H
#define HAIKI_DEVICE_ENGINE_EVENTS_H

#include "device/engine/engine.h"

/* One event that can be told again and again, but is queued once at a time. Lives in what it is
 * about; zeroed but for event and owner. */
struct event_node {
	struct engine_event event;
	struct event_node *next;
	bool queued;
	void *owner; /* freed once told, and this node with it; NULL: nothing */
};

/* Lives as long as anybody who may still post: the engine, and every task, which may hang for ever. */
struct event_queue;

/* 0 or -errno; the caller holds the first reference. */
NODISCARD int events_open(struct event_queue **ret);
void events_retain(struct event_queue *queue);
void events_release(struct event_queue *queue);

/* From any thread. */
void events_post(struct event_queue *queue, struct event_node *node);

/* The oldest event: 0; -ETIMEDOUT after timeout_ms; -EINTR when a signal came. */
NODISCARD int events_wait(struct event_queue *queue, int timeout_ms, struct engine_event *ret);

/* Forget what is queued, before what the nodes live in goes. */
void events_drop(struct event_queue *queue);

#endif
