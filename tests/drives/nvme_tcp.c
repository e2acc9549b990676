/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PDUs of NVMe/TCP, and the fabric's own commands: Connect, and the controller's properties. */
#include "nvme_tcp.h"
#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* PDU types (3.6.1), and how long their headers are. */
enum {
	PDU_INITIALIZE_REQUEST = 0x00,
	PDU_INITIALIZE_RESPONSE = 0x01,
	PDU_COMMAND = 0x04,
	PDU_RESPONSE = 0x05,
	PDU_HOST_DATA = 0x06,
	PDU_CONTROLLER_DATA = 0x07,
	PDU_READY_TO_TRANSFER = 0x09,
};
#define COMMON_BYTES 8
#define COMMAND_PDU_BYTES (COMMON_BYTES + NVME_COMMAND_BYTES)
#define DATA_PDU_BYTES 24
#define INITIALIZE_BYTES 128
#define LAST_DATA 0x04

#define HOST_DATA_MAX (128 * 1024)
#define TRANSFER_MAX (1024 * 1024)
#define SLOTS 128 /* the depth of a queue */

/* A command whose data is still on its way; free when data is NULL. */
struct slot {
	uint8_t command[NVME_COMMAND_BYTES];
	uint8_t *data;
	size_t bytes, got;
};

struct nvme_queue {
	int fd;
	uint16_t number;                /* 0: admin */
	uint16_t head;                  /* of the submission queue, as told to the host */
	uint32_t configuration, status; /* the controller's properties CC and CSTS */
	struct slot slots[SLOTS];
	size_t filled;
	uint8_t input[COMMAND_PDU_BYTES + HOST_DATA_MAX];
	uint8_t room[TRANSFER_MAX];
};

struct nvme_queue *nvme_queue_open(int fd)
{
	struct nvme_queue *queue = calloc(1, sizeof(*queue));
	if (queue)
		queue->fd = fd;
	return queue;
}

int nvme_queue_fd(const struct nvme_queue *queue)
{
	return queue->fd;
}

void nvme_queue_close(struct nvme_queue *queue)
{
	for (size_t i = 0; i < SLOTS; i++)
		free(queue->slots[i].data);
	close(queue->fd);
	free(queue);
}

/* ---- sending ---- */

static bool send_all(const struct nvme_queue *queue, const uint8_t *data, size_t bytes)
{
	while (bytes > 0) {
		ssize_t sent = send(queue->fd, data, bytes, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		data += sent;
		bytes -= (size_t)sent;
	}
	return true;
}

static void put_common(uint8_t *pdu, uint8_t type, uint8_t flags, size_t header, size_t data)
{
	pdu[0] = type;
	pdu[1] = flags;
	pdu[2] = (uint8_t)header;
	pdu[3] = (uint8_t)(data ? header : 0);
	put_le(pdu + 4, header + data, 4);
}

static bool send_response(
	struct nvme_queue *queue, const uint8_t *command, uint16_t status, uint64_t result)
{
	uint8_t pdu[COMMON_BYTES + 16] = { 0 };
	queue->head = (uint16_t)((queue->head + 1) % SLOTS);
	put_common(pdu, PDU_RESPONSE, 0, sizeof(pdu), 0);
	put_le(pdu + 8, result, 8);
	put_le(pdu + 16, queue->head, 2);
	put_le(pdu + 18, queue->number, 2);
	memcpy(pdu + 20, command + 2, 2); /* the command's identifier */
	put_le(pdu + 22, (uint32_t)status << 1, 2);
	return send_all(queue, pdu, sizeof(pdu));
}

static bool send_data(
	struct nvme_queue *queue, const uint8_t *command, const uint8_t *data, size_t bytes)
{
	uint8_t pdu[DATA_PDU_BYTES] = { 0 };
	put_common(pdu, PDU_CONTROLLER_DATA, LAST_DATA, sizeof(pdu), bytes);
	memcpy(pdu + 8, command + 2, 2);
	put_le(pdu + 16, bytes, 4);
	return send_all(queue, pdu, sizeof(pdu)) && send_all(queue, data, bytes);
}

static bool initialize(struct nvme_queue *queue)
{
	uint8_t pdu[INITIALIZE_BYTES] = { 0 };
	put_common(pdu, PDU_INITIALIZE_RESPONSE, 0, sizeof(pdu), 0);
	put_le(pdu + 12, HOST_DATA_MAX, 4);
	return send_all(queue, pdu, sizeof(pdu));
}

/* ---- the fabric's own commands (Base specification 6) ---- */

enum {
	PROPERTY_CAPABILITIES = 0x00,
	PROPERTY_VERSION = 0x08,
	PROPERTY_CONFIGURATION = 0x14,
	PROPERTY_STATUS = 0x1c
};

static uint64_t property(const struct nvme_queue *queue, uint32_t offset)
{
	switch (offset) {
	case PROPERTY_CAPABILITIES: /* MQES, CQR, TO, CSS: the NVM command set */
		return (SLOTS - 1) | 1 << 16 | 0x20 << 24 | 1ULL << 37;
	case PROPERTY_VERSION:
		return 0x00010400;
	case PROPERTY_CONFIGURATION:
		return queue->configuration;
	case PROPERTY_STATUS:
		return queue->status;
	default:
		return 0;
	}
}

/* Enabled is ready at once (bit 0), and a shutdown has taken place when asked for (bits 3:2). */
static void configure(struct nvme_queue *queue, uint32_t value)
{
	queue->configuration = value;
	queue->status = (value & 1) | (value >> 14 & 3 ? 8 : 0);
}

static bool fabric_command(struct nvme_queue *queue, const uint8_t *command)
{
	uint32_t offset = (uint32_t)get_le(command + 44, 4);
	switch (command[4]) {
	case 0x00: /* Property Set */
		if (offset == PROPERTY_CONFIGURATION)
			configure(queue, (uint32_t)get_le(command + 48, 4));
		return send_response(queue, command, NVME_OK, 0);
	case 0x01: /* Connect: which queue this connection is; the answer names the controller */
		queue->number = (uint16_t)get_le(command + 42, 2);
		return send_response(queue, command, NVME_OK, 1);
	case 0x04: /* Property Get */
		return send_response(queue, command, NVME_OK, property(queue, offset));
	default:
		return send_response(queue, command, NVME_INVALID_OPCODE, 0);
	}
}

/* ---- commands ---- */

#define OPCODE_FABRIC 0x7f
#define OPCODE_ASYNCHRONOUS_EVENT 0x0c

/* Bits 1:0 of the opcode, or of a fabric command's type, say which way data goes. */
static unsigned direction(const uint8_t *command)
{
	return (command[0] == OPCODE_FABRIC ? command[4] : command[0]) & 3;
}

/* The length in the command's SGL descriptor. */
static size_t transfer_bytes(const uint8_t *command)
{
	return direction(command) ? (size_t)get_le(command + 32, 4) : 0;
}

static bool execute(struct nvme_queue *queue, struct nvme_server *server, const uint8_t *command,
	const uint8_t *sent, size_t sent_bytes)
{
	size_t bytes = direction(command) == 2 ? transfer_bytes(command) : 0;
	struct nvme_model_request request = { .admin = queue->number == 0,
		.sent = sent,
		.sent_bytes = sent_bytes,
		.room = queue->room,
		.room_bytes = bytes };
	struct nvme_model_completion completion;
	if (command[0] == OPCODE_FABRIC)
		return fabric_command(queue, command);
	if (request.admin && command[0] == OPCODE_ASYNCHRONOUS_EVENT)
		return true; /* answered when something happens, which never does */
	if (bytes > sizeof(queue->room))
		return send_response(queue, command, NVME_INVALID_FIELD, 0);
	memcpy(request.command, command, NVME_COMMAND_BYTES);
	memset(queue->room, 0, bytes);
	if (!server->answer(server, &request, &completion))
		return false;
	if (completion.status == NVME_OK && bytes > 0 &&
		!send_data(queue, command, queue->room, bytes))
		return false;
	return send_response(queue, command, completion.status, completion.result);
}

/* The data is not with the command: ask for it. */
static bool ask_for_data(struct nvme_queue *queue, const uint8_t *command, size_t bytes)
{
	uint8_t pdu[DATA_PDU_BYTES] = { 0 };
	size_t tag = 0;
	while (tag < SLOTS && queue->slots[tag].data)
		tag++;
	if (tag == SLOTS || bytes > TRANSFER_MAX)
		return false;
	struct slot *slot = &queue->slots[tag];
	*slot = (struct slot){ .data = malloc(bytes), .bytes = bytes };
	if (!slot->data)
		return false;
	memcpy(slot->command, command, sizeof(slot->command));
	put_common(pdu, PDU_READY_TO_TRANSFER, 0, sizeof(pdu), 0);
	memcpy(pdu + 8, command + 2, 2);
	put_le(pdu + 10, tag, 2);
	put_le(pdu + 16, bytes, 4);
	return send_all(queue, pdu, sizeof(pdu));
}

static bool take_command(
	struct nvme_queue *queue, struct nvme_server *server, const uint8_t *pdu, size_t length)
{
	const uint8_t *command = pdu + COMMON_BYTES;
	size_t at = pdu[3], bytes = transfer_bytes(command);
	if (length < COMMAND_PDU_BYTES || at > length)
		return false;
	bool has_data = length > COMMAND_PDU_BYTES && at >= COMMAND_PDU_BYTES;
	if (direction(command) == 1 && bytes > 0 && !has_data)
		return ask_for_data(queue, command, bytes);
	return execute(queue, server, command, pdu + at, has_data ? length - at : 0);
}

static bool take_data(
	struct nvme_queue *queue, struct nvme_server *server, const uint8_t *pdu, size_t length)
{
	if (length < DATA_PDU_BYTES || pdu[3] < DATA_PDU_BYTES || pdu[3] > length)
		return false;
	size_t tag = (size_t)get_le(pdu + 10, 2), offset = (size_t)get_le(pdu + 12, 4);
	size_t bytes = (size_t)get_le(pdu + 16, 4);
	struct slot *slot = tag < SLOTS ? &queue->slots[tag] : NULL;
	if (!slot || !slot->data || bytes > length - pdu[3] || offset > slot->bytes ||
		bytes > slot->bytes - offset)
		return false;
	memcpy(slot->data + offset, pdu + pdu[3], bytes);
	slot->got += bytes;
	if (slot->got < slot->bytes)
		return true;
	bool goes_on = execute(queue, server, slot->command, slot->data, slot->bytes);
	free(slot->data);
	slot->data = NULL;
	return goes_on;
}

static bool take_pdu(
	struct nvme_queue *queue, struct nvme_server *server, const uint8_t *pdu, size_t length)
{
	switch (pdu[0]) {
	case PDU_INITIALIZE_REQUEST:
		return initialize(queue);
	case PDU_COMMAND:
		return take_command(queue, server, pdu, length);
	case PDU_HOST_DATA:
		return take_data(queue, server, pdu, length);
	default:
		fprintf(stderr, "PDU of type %02x\n", pdu[0]);
		return false;
	}
}

bool nvme_queue_serve(struct nvme_queue *queue, struct nvme_server *server)
{
	ssize_t got = recv(
		queue->fd, queue->input + queue->filled, sizeof(queue->input) - queue->filled, 0);
	if (got <= 0)
		return got < 0 && (errno == EINTR || errno == EAGAIN);
	queue->filled += (size_t)got;
	size_t at = 0;
	while (queue->filled - at >= COMMON_BYTES) {
		const uint8_t *pdu = queue->input + at;
		size_t length = (size_t)get_le(pdu + 4, 4);
		if (length < COMMON_BYTES || length > sizeof(queue->input))
			return false;
		if (length > queue->filled - at)
			break;
		if (!take_pdu(queue, server, pdu, length))
			return false;
		at += length;
	}
	queue->filled -= at;
	memmove(queue->input, queue->input + at, queue->filled);
	return true;
}
