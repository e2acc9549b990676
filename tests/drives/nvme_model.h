/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drive model that speaks NVMe (NVM Express Base and NVM Command Set specifications, 2.0). One
 * command in, one completion out; who carries them is not known here. */
#ifndef HAIKI_TESTS_DRIVES_NVME_MODEL_H
#define HAIKI_TESTS_DRIVES_NVME_MODEL_H

#include "model.h"

#define NVME_COMMAND_BYTES 64

/* Status Code Type in bits 10:8, Status Code in 7:0, Do Not Retry in bit 14. */
enum nvme_model_status {
	NVME_OK = 0x0000,
	NVME_INVALID_OPCODE = 0x4001,
	NVME_INVALID_FIELD = 0x4002,
	NVME_INTERNAL_ERROR = 0x4006,
	NVME_INVALID_NAMESPACE = 0x400b,
	NVME_OPERATION_DENIED = 0x4015,
	NVME_SANITIZE_FAILED = 0x401c,
	NVME_SANITIZE_IN_PROGRESS = 0x001d,
	NVME_OUT_OF_RANGE = 0x4080,
	NVME_INVALID_LOG_PAGE = 0x4109,
	NVME_WRITE_FAULT = 0x4280,
	NVME_UNRECOVERED_READ_ERROR = 0x4281,
	NVME_ACCESS_DENIED = 0x4286,
};

struct nvme_model_request {
	bool admin;
	uint8_t command[NVME_COMMAND_BYTES];
	const uint8_t *sent;
	size_t sent_bytes;
	uint8_t *room; /* for what goes back, all zero; all of it goes */
	size_t room_bytes;
};

struct nvme_model_completion {
	enum { COMPLETE_NOW, COMPLETE_LATER, COMPLETE_NEVER } when;
	uint32_t delay_ms;
	uint16_t status; /* enum nvme_model_status */
	uint32_t result; /* Dword 0 */
};

/* What survives a power loss, in model.kept. */
struct nvme_memory {
	uint32_t sanitize_dword_10; /* of the last one; 0: never */
	uint32_t sanitize_dword_11;
	uint32_t formatted; /* the last erase was a Format: not of the sanitize log */
};

struct nvme_model {
	struct model *model; /* borrowed */
	const char *nqn;     /* borrowed; the subsystem's name */
	unsigned namespaces; /* 1 or 2, which share the medium in equal parts */
	unsigned unattached; /* more that are allocated and that no controller shows */
	struct nvme_memory memory;
	uint64_t written_before; /* model.sectors_written when the last sanitize began */
	bool reading_events;     /* a context of the persistent event log is established */
};

/* Whether there are two namespaces is decided here once. */
void nvme_model_start(struct nvme_model *ret, struct model *model, const char *nqn);
void nvme_model_answer(struct nvme_model *nvme, const struct nvme_model_request *request,
	uint64_t now_ms, struct nvme_model_completion *ret);

#endif
