/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NVMe Get Log Page: what the drive tells of its last sanitize, of its health, of its commands. */
#include "nvme_parts.h"

#include <string.h>

/* SSTAT bits 2:0, and bit 8: nothing was written since. */
enum sanitize_status {
	SANITIZE_NEVER,
	SANITIZE_DONE,
	SANITIZE_RUNNING,
	SANITIZE_FAILED,
	/* 4: No-Deallocate was asked for, and all was deallocated. These drives refuse the wish
	 * (NDI) when they cannot grant it. */
};
#define GLOBAL_DATA_ERASED 0x0100
#define NO_ESTIMATE 0xffffffff

/* ---- logs ---- */

/* SSTAT. False when nothing is told. */
static bool sanitize_status(struct nvme_call *call, uint16_t *ret, uint16_t *ret_progress)
{
	struct erase_told told = model_erase_told(call->model, call->now_ms);
	*ret = SANITIZE_NEVER;
	*ret_progress = 0xffff;
	if (told.hidden)
		return false;
	switch (call->nvme->memory.formatted ? ERASE_NEVER : told.state) {
	case ERASE_NEVER:
		break;
	case ERASE_RUNNING:
		*ret_progress = (uint16_t)told.progress;
		*ret = SANITIZE_RUNNING;
		break;
	case ERASE_DONE:
		*ret = SANITIZE_DONE;
		/* What the stale drive still shows is not untouched since. */
		if (call->model->state != ERASE_RUNNING &&
			call->model->sectors_written == call->nvme->written_before)
			*ret |= GLOBAL_DATA_ERASED;
		break;
	case ERASE_FAILED:
		*ret = SANITIZE_FAILED;
		break;
	}
	return true;
}

/* Sanitize Status. SPROG is FFFFh whenever nothing runs, after a failure as well. */
static bool sanitize_log(struct nvme_call *call, uint8_t *data)
{
	uint16_t progress, status;
	if (!sanitize_status(call, &status, &progress))
		return false;
	put_le(data, progress, 2);
	put_le(data + 2, status, 2);
	/* The stale drive shows the old one of before whole. */
	bool is_old = status != SANITIZE_RUNNING && call->model->state == ERASE_RUNNING;
	put_le(data + 4, is_old ? 0 : call->nvme->memory.sanitize_dword_10, 4);
	for (size_t at = 8; at < 20; at += 4)
		put_le(data + at, (call->model->erase_ms + 999) / 1000, 4);
	for (size_t at = 20; at < 32; at += 4)
		put_le(data + at, NO_ESTIMATE, 4);
	model_erase_polled(call->model);
	return true;
}

/* ---- persistent events (5.16.1.14) ---- */

enum { CONTEXT_READ, CONTEXT_ESTABLISH, CONTEXT_RELEASE };
enum { EVENT_SANITIZE_START = 0x09, EVENT_SANITIZE_COMPLETION = 0x0a };
#define EVENTS_HEADER_BYTES 512
#define EVENT_HEADER_BYTES 24

/* Its length in all. LHL, EHL count what is behind them. */
static size_t put_event(uint8_t *to, uint8_t type, const uint32_t *data, size_t count)
{
	to[0] = type;
	to[1] = 1;
	to[2] = EVENT_HEADER_BYTES - 3;
	put_le(to + 4, 1, 2); /* the controller */
	put_le(to + 22, 4 * count, 2);
	for (size_t i = 0; i < count; i++)
		put_le(to + EVENT_HEADER_BYTES + 4 * i, data[i], 4);
	return EVENT_HEADER_BYTES + 4 * count;
}

/* The last sanitize, the newest event first. */
static bool events_log(struct nvme_call *call, uint8_t *data)
{
	const struct nvme_memory *memory = &call->nvme->memory;
	uint16_t progress, status;
	unsigned action = call->dword[0] >> 8 & 3, events = 0;
	size_t end = EVENTS_HEADER_BYTES;
	if (action == CONTEXT_RELEASE) {
		call->nvme->reading_events = false;
		return true;
	}
	if (action == CONTEXT_ESTABLISH)
		call->nvme->reading_events = true;
	if (!call->nvme->reading_events || !sanitize_status(call, &status, &progress))
		return false;
	if (memory->sanitize_dword_10 && (status & 7) != SANITIZE_RUNNING) {
		const uint32_t completion[] = { progress | (uint32_t)status << 16, 0 };
		end += put_event(data + end, EVENT_SANITIZE_COMPLETION, completion, 2);
		events++;
	}
	if (memory->sanitize_dword_10) {
		const uint32_t start[] = { nvme_call_sanicap(call), memory->sanitize_dword_10,
			memory->sanitize_dword_11 };
		end += put_event(data + end, EVENT_SANITIZE_START, start, 3);
		events++;
	}
	data[0] = 0x0d;
	put_le(data + 4, events, 4);
	put_le(data + 8, end, 8);
	data[16] = 3;
	put_le(data + 18, EVENTS_HEADER_BYTES - 20, 2);
	memcpy(data + 56, call->model->serial, MODEL_SERIAL_BYTES);
	return true;
}

/* ---- the others ---- */

static bool health_log(struct nvme_call *call, uint8_t *data)
{
	(void)call;
	put_le(data + 1, 273 + 30, 2); /* kelvin */
	data[3] = 100;                 /* available spare */
	data[4] = 10;
	return true;
}

/* Commands Supported and Effects: bit 0 supported, bit 1 changes contents, bits 18:16 what else must
 * wait meanwhile. The kernel acts on it. */
static bool effects_log(struct nvme_call *call, uint8_t *data)
{
	static const uint8_t admin[] = { 0x02, 0x06, 0x08, 0x09, 0x0a, 0x0c, 0x18, 0x81, 0x82 };
	static const uint8_t io[] = { 0x00, 0x01, 0x02, 0x08, 0x09 };
	(void)call;
	for (size_t i = 0; i < sizeof(admin); i++)
		put_le(data + 4 * (size_t)admin[i], 1, 4);
	for (size_t i = 0; i < sizeof(io); i++)
		put_le(data + 1024 + 4 * (size_t)io[i], 1, 4);
	put_le(data + 4 * 0x80, 0x00020003, 4);
	put_le(data + 4 * 0x84, 0x00030003, 4);
	return true;
}

static bool empty_log(struct nvme_call *call, uint8_t *data)
{
	(void)call, (void)data;
	return true;
}

void nvme_call_get_log_page(struct nvme_call *call)
{
	static const struct {
		uint8_t page;
		bool (*fill)(struct nvme_call *call, uint8_t *data);
	} pages[] = { { 0x01, empty_log }, { 0x02, health_log }, { 0x03, empty_log },
		{ 0x05, effects_log }, { 0x0d, events_log }, { 0x81, sanitize_log } };
	uint8_t data[4096] = { 0 };
	uint64_t offset = call->dword[2] | (uint64_t)call->dword[3] << 32;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (pages[i].page != (call->dword[0] & 0xff))
			continue;
		if (offset > sizeof(data) || !pages[i].fill(call, data))
			break;
		nvme_call_give(call, data + offset, sizeof(data) - (size_t)offset);
		return;
	}
	call->completion->status = NVME_INVALID_LOG_PAGE;
}
