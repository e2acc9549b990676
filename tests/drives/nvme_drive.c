/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An NVMe drive in user space: a controller on a TCP port of the loopback interface, to which the
 * kernel's own nvme-tcp connects. Started by nvme-drive-up; its log (stderr) names the port, and has a
 * line for each command that changes the drive and for each line of the control FIFO. */
#include "control.h"
#include "nvme_tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUES_MAX 8

struct drive {
	struct nvme_server server; /* first: the answers are asked of it */
	struct model model;
	struct nvme_model nvme;
	struct control control;
	char nqn[128];
	int listener;
	struct nvme_queue *queues[QUEUES_MAX]; /* NULL: free */
	unsigned links_dropped;                /* as the model counts them, as far as done */
};

static void linger(struct drive *drive, uint32_t delay_ms)
{
	uint64_t end = clock_now_ms() + delay_ms;
	for (uint64_t now = clock_now_ms(); now < end; now = clock_now_ms()) {
		control_wait(&drive->control, (uint32_t)(end - now));
		(void)control_obey(&drive->control, &drive->model);
	}
}

static void show(
	const struct nvme_model_request *request, const struct nvme_model_completion *completion)
{
	uint8_t opcode = request->command[0];
	/* Logs, identity and user data are asked for all the time. */
	if (completion->status == NVME_OK && (!request->admin || opcode < 0x80))
		return;
	fprintf(stderr, "command %s %02x namespace", request->admin ? "admin" : "io", opcode);
	for (size_t at = 7; at >= 4; at--)
		fprintf(stderr, "%s%02x", at == 7 ? " " : "", request->command[at]);
	fprintf(stderr, " dword10 %02x%02x%02x%02x status %04x\n", request->command[43],
		request->command[42], request->command[41], request->command[40],
		completion->status);
}

static bool answer(struct nvme_server *server, const struct nvme_model_request *request,
	struct nvme_model_completion *ret)
{
	struct drive *drive = (struct drive *)server;
	for (;;) {
		nvme_model_answer(&drive->nvme, request, clock_now_ms(), ret);
		if (ret->when != COMPLETE_LATER || drive->model.gone)
			break;
		control_wait(&drive->control, UINT32_MAX);
		(void)control_obey(&drive->control, &drive->model);
	}
	linger(drive, ret->delay_ms);
	show(request, ret);
	return ret->when == COMPLETE_NOW && !drive->model.gone;
}

static int listen_somewhere(int *ret_fd)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(fd, QUEUES_MAX) < 0 ||
		getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		return -errno;
	fprintf(stderr, "ready %u\n", ntohs(address.sin_port));
	*ret_fd = fd;
	return 0;
}

static void accept_queue(struct drive *drive)
{
	int fd = accept4(drive->listener, NULL, NULL, SOCK_CLOEXEC);
	int on = 1;
	if (fd < 0)
		return;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	for (size_t i = 0; i < QUEUES_MAX; i++) {
		if (drive->queues[i])
			continue;
		drive->queues[i] = nvme_queue_open(fd);
		if (!drive->queues[i])
			break;
		return;
	}
	close(fd);
}

/* Every connection ends; the host may make new ones. */
static void drop_links(struct drive *drive)
{
	if (drive->links_dropped == drive->model.links_dropped)
		return;
	drive->links_dropped = drive->model.links_dropped;
	for (size_t i = 0; i < QUEUES_MAX; i++) {
		if (drive->queues[i])
			nvme_queue_close(drive->queues[i]);
		drive->queues[i] = NULL;
	}
}

static void serve_queues(struct drive *drive, const struct pollfd *fds)
{
	for (size_t i = 0; i < QUEUES_MAX && !drive->model.gone; i++) {
		if (!drive->queues[i] || !fds[i].revents ||
			fds[i].fd != nvme_queue_fd(drive->queues[i]))
			continue;
		if (!nvme_queue_serve(drive->queues[i], &drive->server)) {
			nvme_queue_close(drive->queues[i]);
			drive->queues[i] = NULL;
		}
	}
}

static int serve(struct drive *drive)
{
	while (!drive->model.gone) {
		struct pollfd fds[QUEUES_MAX + 2];
		for (size_t i = 0; i < QUEUES_MAX; i++)
			fds[i] = (struct pollfd){
				.fd = drive->queues[i] ? nvme_queue_fd(drive->queues[i]) : -1,
				.events = POLLIN
			};
		fds[QUEUES_MAX] = (struct pollfd){ .fd = drive->listener, .events = POLLIN };
		fds[QUEUES_MAX + 1] = (struct pollfd){ .fd = drive->control.fd, .events = POLLIN };
		/* An erase ends in its own time, whether anybody asks or not. */
		uint32_t left_ms = model_erase_left_ms(&drive->model, clock_now_ms());
		bool none = left_ms == 0 || left_ms == UINT32_MAX;
		if (poll(fds, QUEUES_MAX + 2, none ? -1 : (int)left_ms) < 0 && errno != EINTR)
			return 1;
		(void)control_obey(&drive->control, &drive->model);
		serve_queues(drive, fds);
		drop_links(drive);
		if (fds[QUEUES_MAX].revents)
			accept_queue(drive);
	}
	fprintf(stderr, "gone\n");
	return 0;
}

static int usage(int status)
{
	printf("Usage: nvme_drive NAME SIZE_BYTES CONDUCT FIFO [MEDIUM]\nConducts:\n");
	conduct_print_names();
	printf("Lines for FIFO besides, numbers in bytes:\n");
	behaviour_print_words();
	model_print_words();
	return status;
}

int main(int count, char *arguments[])
{
	static struct drive drive = { .server = { answer } };
	if (count < 5 || count > 6)
		return usage(count == 2 && strcmp(arguments[1], "--help") == 0 ? 0 : 2);
	const struct conduct *conduct = conduct_find(arguments[3]);
	if (!conduct)
		return usage(2);
	int r = model_open(&drive.model, arguments[1], count == 6 ? arguments[5] : NULL,
		strtoull(arguments[2], NULL, 10), conduct);
	if (r == 0)
		r = control_open(arguments[4], &drive.control);
	if (r == 0)
		r = model_obey_words(&drive.model, getenv("DRIVE_WORDS"));
	(void)snprintf(drive.nqn, sizeof(drive.nqn), "nqn.2024-01.test.haiki:%.64s", arguments[1]);
	nvme_model_start(&drive.nvme, &drive.model, drive.nqn);
	if (r == 0)
		r = listen_somewhere(&drive.listener);
	if (r < 0) {
		fprintf(stderr, "nvme_drive: %s\n", strerror(-r));
		return 1;
	}
	return serve(&drive);
}
