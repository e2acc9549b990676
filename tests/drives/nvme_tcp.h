/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NVMe over TCP (NVM Express TCP Transport Specification 1.0), as much of it as the kernel's driver
 * uses: connections as queues, capsules, data in both directions. */
#ifndef HAIKI_TESTS_DRIVES_NVME_TCP_H
#define HAIKI_TESTS_DRIVES_NVME_TCP_H

#include "nvme_model.h"

/* Asks whoever runs the drive for the answer to one command; false when the drive is gone. */
struct nvme_server {
	bool (*answer)(struct nvme_server *server, const struct nvme_model_request *request,
		struct nvme_model_completion *ret);
};

struct nvme_queue; /* one connection */

/* Takes the socket over. NULL when memory fails. */
struct nvme_queue *nvme_queue_open(int fd);
int nvme_queue_fd(const struct nvme_queue *queue);
/* Take what has come and answer what is whole. False when the connection has ended. */
bool nvme_queue_serve(struct nvme_queue *queue, struct nvme_server *server);
void nvme_queue_close(struct nvme_queue *queue);

#endif
