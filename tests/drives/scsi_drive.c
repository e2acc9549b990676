/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A SCSI or SATA drive in user space, answering the real kernel through TCM-USER. Started by
 * scsi-drive-up, which makes the kernel's side; its log (stderr) has a line for each command that is
 * no read or write, and for each line of the control FIFO. */
#include "control.h"
#include "tcmu.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct drive {
	struct model model;
	struct scsi_model scsi;
	struct control control;
	struct tcmu *tcmu;
};

static void obey(struct drive *drive)
{
	if (control_obey(&drive->control, &drive->model) > 0)
		scsi_model_told(&drive->scsi);
}

static bool moves_user_data(uint8_t opcode)
{
	return opcode == 0x08 || opcode == 0x28 || opcode == 0x88 || opcode == 0x0a ||
	       opcode == 0x2a || opcode == 0x8a;
}

static void show(const struct scsi_request *request, const struct scsi_reply *reply)
{
	if (moves_user_data(request->cdb[0]) && reply->status == SCSI_GOOD)
		return;
	fprintf(stderr, "command");
	for (size_t i = 0; i < 16; i++)
		fprintf(stderr, " %02x", request->cdb[i]);
	fprintf(stderr, " status %02x\n", reply->status);
}

/* Wait as long as the answer takes; what is told meanwhile is obeyed. */
static void linger(struct drive *drive, uint32_t delay_ms)
{
	uint64_t end = clock_now_ms() + delay_ms;
	for (uint64_t now = clock_now_ms(); now < end; now = clock_now_ms()) {
		control_wait(&drive->control, (uint32_t)(end - now));
		obey(drive);
	}
}

static void answer(struct drive *drive, const struct scsi_request *request)
{
	struct scsi_reply reply;
	for (;;) {
		scsi_model_answer(&drive->scsi, request, clock_now_ms(), &reply);
		if (reply.kind != REPLY_LATER)
			break;
		control_wait(&drive->control, UINT32_MAX);
		obey(drive);
	}
	linger(drive, reply.delay_ms);
	if (reply.kind == REPLY_NEVER || drive->model.gone) {
		fprintf(stderr, "gone\n");
		exit(0);
	}
	show(request, &reply);
	tcmu_complete(drive->tcmu, &reply);
}

static int serve(struct drive *drive)
{
	struct pollfd fds[] = { { .fd = tcmu_fd(drive->tcmu), .events = POLLIN },
		{ .fd = drive->control.fd, .events = POLLIN } };
	for (;;) {
		struct scsi_request request;
		while (tcmu_next(drive->tcmu, &request))
			answer(drive, &request);
		/* An erase ends in its own time, whether anybody asks or not. */
		uint32_t left_ms = model_erase_left_ms(&drive->model, clock_now_ms());
		bool none = left_ms == 0 || left_ms == UINT32_MAX;
		if (poll(fds, 2, none ? -1 : (int)left_ms) < 0 && errno != EINTR)
			return 1;
		if (fds[0].revents)
			tcmu_woken(drive->tcmu);
		if (fds[1].revents)
			obey(drive);
		if (drive->model.gone)
			return 0;
	}
}

static int usage(int status)
{
	printf("Usage: scsi_drive NAME /dev/uioN SIZE_BYTES CONDUCT scsi|ata FIFO [MEDIUM]\n"
	       "Conducts:\n");
	conduct_print_names();
	printf("Lines for FIFO besides, numbers in bytes:\n");
	behaviour_print_words();
	model_print_words();
	return status;
}

int main(int count, char *arguments[])
{
	static struct drive drive;
	if (count < 7 || count > 8)
		return usage(count == 2 && strcmp(arguments[1], "--help") == 0 ? 0 : 2);
	const struct conduct *conduct = conduct_find(arguments[4]);
	if (!conduct)
		return usage(2);
	int r = model_open(&drive.model, arguments[1], count == 8 ? arguments[7] : NULL,
		strtoull(arguments[3], NULL, 10), conduct);
	if (r == 0)
		r = control_open(arguments[6], &drive.control);
	if (r < 0) {
		fprintf(stderr, "scsi_drive: %s\n", strerror(-r));
		return 1;
	}
	if (model_obey_words(&drive.model, getenv("DRIVE_WORDS")) < 0) {
		fprintf(stderr, "scsi_drive: DRIVE_WORDS: there is no such line\n");
		return 1;
	}
	scsi_model_start(&drive.scsi, &drive.model, strcmp(arguments[5], "ata") == 0);
	drive.tcmu = tcmu_open(arguments[2]);
	if (!drive.tcmu) {
		fprintf(stderr, "scsi_drive: %s: %s\n", arguments[2], strerror(errno));
		return 1;
	}
	fprintf(stderr, "ready\n");
	return serve(&drive);
}
