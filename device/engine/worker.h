/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A worker: one thread, one queue, the passes given to it. Inside the engine only. */
#ifndef HAIKI_DEVICE_ENGINE_WORKER_H
#define HAIKI_DEVICE_ENGINE_WORKER_H

#include "device/engine/pass.h"

/* Lives as long as its thread or its owner needs it. The thread is never joined: after a drive has
 * hung, the kernel does not let it end before the drive answers. */
struct worker {
	const struct io_queue_backend *backend;
	struct engine_shape shape;
	unsigned passes_at_once; /* more wait in the inbox, so that the memory budget holds */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct pass *inbox; /* guarded by lock; oldest first */
	bool stop;          /* guarded by lock */
	bool served;        /* guarded by lock: the thread touches no pass and no engine any more */
	unsigned references; /* guarded by lock: the thread's and the owner's */
	atomic_uint load;    /* passes given and not finished */
};

/* Start a worker's thread; number is shown in its name. 0, -ENOMEM or -errno. */
NODISCARD int worker_start(const struct io_queue_backend *backend, struct engine_shape shape,
	unsigned passes_at_once, unsigned number, struct worker **ret);

void worker_give(struct worker *worker, struct pass *pass);

/* Every pass given must have been cancelled; waits until all have ended. */
void worker_stop(struct worker *worker);

#endif
