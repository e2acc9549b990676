/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NVMe persistent event log (Base 2.0, 5.16.1.14): what it says of the newest sanitize operation. In
 * which direction it is written is taken from what stands in it: an operation begins before it ends. */
#include "device/command/nvme.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OPCODE_GET_LOG_PAGE 0x02
#define LOG_PERSISTENT_EVENTS 0x0d
#define TIMEOUT_MS 30000

/* Log Specific Parameter of this log. */
enum { CONTEXT_READ, CONTEXT_ESTABLISH, CONTEXT_RELEASE };

#define EVENT_SANITIZE_START 0x09
#define EVENT_SANITIZE_COMPLETION 0x0a

#define HEADER_BYTES 512
#define EVENT_HEADER_BYTES 24
#define LOG_MAX_BYTES (1024 * 1024)
#define CHUNK_BYTES 4096

static uint64_t field(const uint8_t *bytes, size_t count)
{
	uint64_t value = 0;
	for (size_t i = 0; i < count; i++)
		value |= (uint64_t)bytes[i] << 8 * i;
	return value;
}

static int get(struct nvme_transport *transport, uint32_t context, uint64_t offset, uint8_t *ret,
	uint32_t length)
{
	uint16_t status = 0;
	uint32_t result = 0;
	const struct nvme_command command = { .opcode = OPCODE_GET_LOG_PAGE,
		.namespace_id = NVME_ALL_NAMESPACES,
		.dword_10 = LOG_PERSISTENT_EVENTS | context << 8 | (length / 4 - 1) << 16,
		.dword_12 = (uint32_t)offset,
		.dword_13 = (uint32_t)(offset >> 32),
		.transfer = TRANSFER_FROM_DRIVE,
		.data = ret,
		.data_length = length,
		.timeout_ms = TIMEOUT_MS };
	memset(ret, 0, length);
	int sent = transport->send(transport, &command, &status, &result);
	return sent < 0 ? sent : status == 0 ? 0 : -EREMOTEIO;
}

/* ---- what stands in it ---- */

/* The sanitize events at both ends of the log. */
struct ends {
	unsigned count;
	bool first_starts, last_starts;
	uint32_t first_start, last_start; /* dword 10 of the first and of the last start */
	bool has_start;
	uint16_t first_status, last_status; /* SSTAT of the first and of the last completion */
	bool has_completion;
};

static void take_start(struct ends *ends, uint32_t dword_10)
{
	if (!ends->has_start)
		ends->first_start = dword_10;
	ends->last_start = dword_10;
	ends->has_start = true;
}

static void take_completion(struct ends *ends, uint16_t status)
{
	if (!ends->has_completion)
		ends->first_status = status;
	ends->last_status = status;
	ends->has_completion = true;
}

/* Start: SANICAP 3:0, dword 10 7:4, dword 11 11:8. Completion: SPROG 1:0, SSTAT 3:2. */
static int take_event(struct ends *ends, uint8_t type, const uint8_t *data, size_t length)
{
	bool starts = type == EVENT_SANITIZE_START;
	if (!starts && type != EVENT_SANITIZE_COMPLETION)
		return 0;
	if (length < (starts ? 12 : 4))
		return -EBADMSG;
	if (starts)
		take_start(ends, (uint32_t)field(data + 4, 4));
	else
		take_completion(ends, (uint16_t)field(data + 2, 2));
	if (ends->count++ == 0)
		ends->first_starts = starts;
	ends->last_starts = starts;
	return 0;
}

/* LHL (19:18) counts from byte 20, EHL (2) of an event from byte 3; VSIL (21:20) is a part of EL
 * (23:22). */
static int read_events(const uint8_t *log, size_t length, struct ends *ret)
{
	size_t at = 20 + (size_t)field(log + 18, 2);
	uint64_t events = field(log + 4, 4);
	if (at < HEADER_BYTES)
		return -EBADMSG;
	for (uint64_t i = 0; i < events; i++) {
		if (at > length || length - at < EVENT_HEADER_BYTES)
			return -EBADMSG;
		const uint8_t *event = log + at;
		size_t header = (size_t)event[2] + 3, all = (size_t)field(event + 22, 2);
		size_t vendor = (size_t)field(event + 20, 2);
		if (header < EVENT_HEADER_BYTES || vendor > all || length - at < header + all)
			return -EBADMSG;
		int result = take_event(ret, event[0], event + header + vendor, all - vendor);
		if (result < 0)
			return result;
		at += header + all;
	}
	return 0;
}

static void conclude(const struct ends *ends, struct nvme_sanitize_event *ret)
{
	*ret = (struct nvme_sanitize_event){ .told = false };
	if (ends->count == 1 && ends->has_start)
		*ret = (struct nvme_sanitize_event){ .told = true, .dword_10 = ends->first_start };
	else if (ends->count > 1 && !ends->first_starts && ends->last_starts) /* newest first */
		*ret = (struct nvme_sanitize_event){ .told = true,
			.dword_10 = ends->first_start,
			.over = true,
			.status = ends->first_status };
	else if (ends->count > 1 && ends->first_starts && !ends->last_starts)
		*ret = (struct nvme_sanitize_event){ .told = true,
			.dword_10 = ends->last_start,
			.over = true,
			.status = ends->last_status };
}

/* ---- reading it ---- */

static int read_rest(struct nvme_transport *transport, uint8_t *log, size_t length)
{
	uint8_t again[HEADER_BYTES];
	int result = 0;
	for (size_t at = HEADER_BYTES; result == 0 && at < length; at += CHUNK_BYTES)
		result = get(transport, CONTEXT_READ, at, log + at,
			(uint32_t)MIN((size_t)CHUNK_BYTES, length - at));
	if (result == 0)
		result = get(transport, CONTEXT_READ, 0, again, sizeof(again));
	/* Generation Number (373:372): another one tells of another log. */
	if (result == 0 && memcmp(again + 372, log + 372, 2) != 0)
		result = -EBADMSG;
	return result;
}

static int read_log(struct nvme_transport *transport, struct ends *ret)
{
	uint8_t header[HEADER_BYTES];
	int result = get(transport, CONTEXT_ESTABLISH, 0, header, sizeof(header));
	if (result < 0)
		return result;
	uint64_t told = field(header + 8, 8); /* TLL */
	if (header[0] != LOG_PERSISTENT_EVENTS || told < HEADER_BYTES)
		return -EBADMSG;
	if (told > LOG_MAX_BYTES)
		return -E2BIG;
	size_t length = ((size_t)told + 3) / 4 * 4;
	uint8_t *log = malloc(length);
	if (!log)
		return -ENOMEM;
	memcpy(log, header, sizeof(header));
	result = read_rest(transport, log, length);
	if (result == 0)
		result = read_events(log, (size_t)told, ret);
	free(log);
	return result;
}

int nvme_sanitize_event_read(struct nvme_transport *transport, struct nvme_sanitize_event *ret)
{
	uint8_t controller[NVME_IDENTIFY_BYTES], nothing[HEADER_BYTES];
	struct ends ends = { 0 };
	int result = nvme_identify(transport, 0x01, 0, controller);
	if (result < 0)
		return result;
	if (!(controller[261] & 0x10)) /* LPA bit 4 */
		return -EOPNOTSUPP;
	/* A context that somebody left would keep ours from being made. */
	result = get(transport, CONTEXT_RELEASE, 0, nothing, sizeof(nothing));
	if (result == 0 || result == -EREMOTEIO)
		result = read_log(transport, &ends);
	int released = get(transport, CONTEXT_RELEASE, 0, nothing, sizeof(nothing));
	(void)released; /* it is given up at the next reset at the latest */
	if (result == 0)
		conclude(&ends, ret);
	return result;
}
