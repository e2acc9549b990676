/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCM-USER's ring: a mailbox, command entries from tail to head, and an area for data to which the
 * entries' vectors point by offsets from the mailbox. */
#include "tcmu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
/* <fcntl.h> has defined struct iovec: <linux/uio.h> must not do so again. */
#define __LINUX_UIO_H
#include <linux/target_core_user.h>

/* The most that one command moves: MAXIMUM TRANSFER LENGTH is half of it. */
#define ROOM_BYTES (2 * 1024 * 1024)
#define VECTORS_MAX 1024

struct tcmu {
	int fd;
	struct tcmu_mailbox *mailbox;
	struct tcmu_cmd_entry *entry; /* being answered */
	struct iovec vectors[VECTORS_MAX];
	size_t vector_count;
	uint8_t sent[ROOM_BYTES], room[ROOM_BYTES];
};

/* The kernel says in sysfs how long the mapping is. */
static size_t map_bytes(const char *uio_path)
{
	char path[128];
	unsigned long bytes = 0;
	const char *name = strrchr(uio_path, '/');
	if (!name)
		return 0;
	(void)snprintf(path, sizeof(path), "/sys/class/uio%s/maps/map0/size", name);
	FILE *file = fopen(path, "re");
	if (!file || fscanf(file, "%lx", &bytes) != 1)
		bytes = 0;
	if (file)
		fclose(file);
	return bytes;
}

struct tcmu *tcmu_open(const char *uio_path)
{
	struct tcmu *tcmu = calloc(1, sizeof(*tcmu));
	size_t bytes = map_bytes(uio_path);
	int fd = open(uio_path, O_RDWR | O_CLOEXEC);
	void *map = MAP_FAILED;
	if (tcmu && fd >= 0 && bytes > 0)
		map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		free(tcmu);
		return NULL;
	}
	tcmu->fd = fd;
	tcmu->mailbox = map;
	return tcmu;
}

int tcmu_fd(const struct tcmu *tcmu)
{
	return tcmu->fd;
}

void tcmu_woken(struct tcmu *tcmu)
{
	uint32_t events;
	if (read(tcmu->fd, &events, sizeof(events)) != sizeof(events))
		fprintf(stderr, "uio: %s\n", strerror(errno));
}

static uint8_t *at_offset(struct tcmu *tcmu, uint64_t offset)
{
	return (uint8_t *)tcmu->mailbox + offset;
}

/* Copy between the vectors' pieces and one plain buffer; how much moved. */
static size_t copy_pieces(struct tcmu *tcmu, uint8_t *plain, size_t bytes, bool to_pieces)
{
	size_t done = 0;
	for (size_t i = 0; i < tcmu->vector_count && done < bytes; i++) {
		uint8_t *piece = at_offset(tcmu, (uintptr_t)tcmu->vectors[i].iov_base);
		size_t length = tcmu->vectors[i].iov_len;
		if (length > bytes - done)
			length = bytes - done;
		if (to_pieces)
			memcpy(piece, plain + done, length);
		else
			memcpy(plain + done, piece, length);
		done += length;
	}
	return done;
}

/* The vectors do not say which way they go; taking what lies there is harmless for reads. */
static void take_command(struct tcmu *tcmu, struct scsi_request *ret)
{
	struct tcmu_cmd_entry *entry = tcmu->entry;
	size_t count = entry->req.iov_cnt < VECTORS_MAX ? entry->req.iov_cnt : VECTORS_MAX;
	/* The answer is written over the request, so what it says is copied first. */
	memcpy(tcmu->vectors, entry->req.iov, count * sizeof(tcmu->vectors[0]));
	tcmu->vector_count = count;
	*ret = (struct scsi_request){ .sent = tcmu->sent, .room = tcmu->room };
	memcpy(ret->cdb, at_offset(tcmu, entry->req.cdb_off), sizeof(ret->cdb));
	ret->sent_bytes = copy_pieces(tcmu, tcmu->sent, ROOM_BYTES, false);
	ret->room_bytes = ret->sent_bytes;
}

static void leave_entry(struct tcmu *tcmu, uint32_t length)
{
	struct tcmu_mailbox *mailbox = tcmu->mailbox;
	uint32_t next = (mailbox->cmd_tail + length) % mailbox->cmdr_size;
	__atomic_store_n(&mailbox->cmd_tail, next, __ATOMIC_RELEASE);
}

static void wake_kernel(struct tcmu *tcmu)
{
	uint32_t nothing = 0;
	if (write(tcmu->fd, &nothing, sizeof(nothing)) != sizeof(nothing))
		fprintf(stderr, "uio: %s\n", strerror(errno));
}

bool tcmu_next(struct tcmu *tcmu, struct scsi_request *ret)
{
	struct tcmu_mailbox *mailbox = tcmu->mailbox;
	while (mailbox->cmd_tail != __atomic_load_n(&mailbox->cmd_head, __ATOMIC_ACQUIRE)) {
		tcmu->entry = (void *)at_offset(tcmu, mailbox->cmdr_off + mailbox->cmd_tail);
		switch (tcmu_hdr_get_op(tcmu->entry->hdr.len_op)) {
		case TCMU_OP_CMD:
			take_command(tcmu, ret);
			return true;
		case TCMU_OP_PAD:
		case TCMU_OP_TMR:
			break;
		default:
			tcmu->entry->hdr.uflags |= TCMU_UFLAG_UNKNOWN_OP;
			break;
		}
		leave_entry(tcmu, tcmu_hdr_get_len(tcmu->entry->hdr.len_op));
	}
	return false;
}

void tcmu_complete(struct tcmu *tcmu, const struct scsi_reply *reply)
{
	struct tcmu_cmd_entry *entry = tcmu->entry;
	uint32_t length = tcmu_hdr_get_len(entry->hdr.len_op);
	(void)copy_pieces(tcmu, tcmu->room, reply->data_bytes, true);
	memset(&entry->rsp, 0, sizeof(entry->rsp));
	entry->rsp.scsi_status = reply->status;
	memcpy(entry->rsp.sense_buffer, reply->sense, reply->sense_bytes);
	/* Else the kernel drops data that comes with CHECK CONDITION, as SAT's CK_COND does, and
	 * shows the rest of its buffer when less came than was asked for. */
	if (reply->data_bytes > 0) {
		entry->hdr.uflags |= TCMU_UFLAG_READ_LEN;
		entry->rsp.read_len = (uint32_t)reply->data_bytes;
	}
	leave_entry(tcmu, length);
	wake_kernel(tcmu);
}
