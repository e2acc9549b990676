/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A worker: one thread, one queue, the passes given to it. Inside the engine only. */
#ifndef HAIKI_DEVICE_WORKER_H
#define HAIKI_DEVICE_WORKER_H

#include "device/pass.h"

struct worker {
	struct engine *engine;
	const struct io_queue_backend *backend;
	struct engine_shape shape;
	unsigned passes_at_once; /* more wait in the inbox, so that the memory budget holds */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct pass *inbox; /* guarded by lock; oldest first */
	bool stop;          /* guarded by lock */
	atomic_uint load;   /* passes given and not finished */
};

/* Start the thread. 0 or -errno. */
NODISCARD int worker_start(struct worker *worker, unsigned number);

void worker_give(struct worker *worker, struct pass *pass);

/* Every pass given must have been cancelled; waits until all have ended. */
void worker_stop(struct worker *worker);

#endif
