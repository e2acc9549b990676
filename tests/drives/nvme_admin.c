/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NVMe admin commands: Format, Sanitize, Security Receive, features. */
#include "nvme_parts.h"

#include <string.h>

#define ALL_NAMESPACES 0xffffffff

/* ---- erasing ---- */

static void remember(struct nvme_call *call)
{
	memcpy(call->model->kept, &call->nvme->memory, sizeof(call->nvme->memory));
	model_keep(call->model);
}

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
	call->nvme->memory.formatted = true;
	remember(call);
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

/* Only where the one that failed allowed it (AUSE); else another must succeed first. */
static void leave_failure(struct nvme_call *call)
{
	bool failed = model_erase_told(call->model, call->now_ms).state == ERASE_FAILED;
	if (failed && !(call->nvme->memory.sanitize_dword_10 & UNRESTRICTED_EXIT))
		call->completion->status = NVME_SANITIZE_FAILED;
	else
		model_forgive(call->model);
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
		leave_failure(call);
		return;
	}
	bool inhibited = nvme_call_sanicap(call) & NO_DEALLOCATE_INHIBITED;
	if (action < 2 || action > 4 || (call->dword[0] & NO_DEALLOCATE && inhibited)) {
		call->completion->status = NVME_INVALID_FIELD;
		return;
	}
	for (size_t at = 0; at < sizeof(pattern); at += 4)
		put_le(pattern + at, call->dword[1], 4);
	if (!started(call, model_erase(call->model, kinds[action], pattern, call->now_ms)))
		return;
	call->nvme->memory = (struct nvme_memory){ .sanitize_dword_10 = call->dword[0],
		.sanitize_dword_11 = call->dword[1] };
	remember(call);
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
