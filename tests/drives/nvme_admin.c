/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NVMe admin commands: logs, Format, Sanitize, Security Receive, features. */
#include "nvme_parts.h"

#include <string.h>

#define ALL_NAMESPACES 0xffffffff

/* SSTAT bits 2:0, and bit 8: nothing was written since. */
enum sanitize_status { SANITIZE_NEVER, SANITIZE_DONE, SANITIZE_RUNNING, SANITIZE_FAILED };
#define GLOBAL_DATA_ERASED 0x0100
#define NO_ESTIMATE 0xffffffff

/* ---- logs ---- */

/* Sanitize Status. SPROG is FFFFh whenever nothing runs, after a failure as well. */
static bool sanitize_log(struct nvme_call *call, uint8_t *data)
{
	struct erase_told told = model_erase_told(call->model, call->now_ms);
	uint16_t progress = 0xffff, status = SANITIZE_NEVER;
	if (told.hidden)
		return false;
	switch (call->nvme->formatted ? ERASE_NEVER : told.state) {
	case ERASE_NEVER:
		break;
	case ERASE_RUNNING:
		progress = (uint16_t)told.progress;
		status = SANITIZE_RUNNING;
		break;
	case ERASE_DONE:
		status = SANITIZE_DONE;
		if (call->model->sectors_written == call->nvme->written_before)
			status |= GLOBAL_DATA_ERASED;
		break;
	case ERASE_FAILED:
		status = SANITIZE_FAILED;
		break;
	}
	put_le(data, progress, 2);
	put_le(data + 2, status, 2);
	put_le(data + 4, call->nvme->sanitize_dword_10, 4);
	for (size_t at = 8; at < 32; at += 4)
		put_le(data + at, NO_ESTIMATE, 4);
	return true;
}

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
		{ 0x05, effects_log }, { 0x81, sanitize_log } };
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

/* ---- erasing ---- */

static bool started(struct nvme_call *call, enum start start)
{
	switch (start) {
	case START_ACCEPTED:
		return true;
	case START_REFUSED:
		call->completion->status = NVME_INVALID_FIELD;
		return false;
	case START_FROZEN:
		call->completion->status = NVME_OPERATION_DENIED;
		return false;
	case START_RUNNING:
		call->completion->status = NVME_SANITIZE_IN_PROGRESS;
		return false;
	}
	return false;
}

/* Completed when it has ended. Without Secure Erase Settings only the layout is made anew, which
 * is the layout there was: nothing is erased. */
void nvme_call_format(struct nvme_call *call)
{
	unsigned settings = call->dword[0] >> 9 & 7;
	bool has_namespace = call->namespace == ALL_NAMESPACES ||
			     (call->namespace >= 1 && call->namespace <= call->nvme->namespaces);
	if (!has_namespace || settings > 2 || (call->dword[0] & 0x0f) != 0) {
		call->completion->status =
			has_namespace ? NVME_INVALID_FIELD : NVME_INVALID_NAMESPACE;
		return;
	}
	if (settings == 0)
		return;
	if (!started(call, model_erase(call->model, settings == 2 ? ERASE_CRYPTO : ERASE_FORMAT,
				   NULL, call->now_ms)))
		return;
	call->nvme->formatted = true;
	uint32_t left_ms = model_erase_left_ms(call->model, call->now_ms);
	call->completion->delay_ms = left_ms;
	if (left_ms == UINT32_MAX) {
		call->completion->when = COMPLETE_LATER;
		return;
	}
	(void)model_erase_told(call->model, call->now_ms + left_ms);
	if (call->model->state == ERASE_FAILED) {
		call->completion->status = NVME_INTERNAL_ERROR;
		model_forgive(call->model);
	}
}

/* Goes on in the background, and takes all namespaces. */
void nvme_call_sanitize(struct nvme_call *call)
{
	static const enum erase_kind kinds[] = {
		[2] = ERASE_BLOCK, [3] = ERASE_OVERWRITE, [4] = ERASE_CRYPTO
	};
	unsigned action = call->dword[0] & 7;
	uint8_t pattern[MODEL_SECTOR_BYTES];
	if (action == 1) {
		model_forgive(call->model);
		return;
	}
	if (action < 2 || action > 4) {
		call->completion->status = NVME_INVALID_FIELD;
		return;
	}
	for (size_t at = 0; at < sizeof(pattern); at += 4)
		put_le(pattern + at, call->dword[1], 4);
	if (!started(call, model_erase(call->model, kinds[action], pattern, call->now_ms)))
		return;
	call->nvme->formatted = false;
	call->nvme->sanitize_dword_10 = call->dword[0];
	call->nvme->written_before = call->model->sectors_written;
}

/* ---- the rest ---- */

void nvme_call_security_receive(struct nvme_call *call)
{
	uint8_t data[TCG_FRAME_BYTES];
	if (tcg_receive(call->model, (uint8_t)(call->dword[0] >> 24),
		    (uint16_t)(call->dword[0] >> 8), data))
		nvme_call_give(call, data, sizeof(data));
	else
		call->completion->status = NVME_INVALID_FIELD;
}

void nvme_call_security_send(struct nvme_call *call)
{
	if (!tcg_send(call->model, (uint8_t)(call->dword[0] >> 24), (uint16_t)(call->dword[0] >> 8),
		    call->request->sent, call->request->sent_bytes))
		call->completion->status = NVME_INVALID_FIELD;
}

#define FEATURE_WRITE_CACHE 0x06

/* One queue for I/O (Number of Queues, 07h, counts from 0); all else is taken and ignored. */
void nvme_call_set_features(struct nvme_call *call)
{
	call->completion->result = 0;
}

void nvme_call_get_features(struct nvme_call *call)
{
	if ((call->dword[0] & 0xff) == FEATURE_WRITE_CACHE)
		call->completion->result = call->model->medium.cached;
}
