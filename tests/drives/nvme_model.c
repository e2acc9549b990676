/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which NVMe commands the drive knows, and those on the medium. */
#include "nvme_parts.h"

#include <string.h>

_Static_assert(sizeof(struct nvme_memory) <= MODEL_KEPT_BYTES, "the memory is kept as it is");

void nvme_model_start(struct nvme_model *ret, struct model *model, const char *nqn)
{
	*ret = (struct nvme_model){
		.model = model, .nqn = nqn, .namespaces = model->conduct->two_tenants ? 2 : 1
	};
	memcpy(&ret->memory, model->kept, sizeof(ret->memory));
	/* Whether something was written before a power loss is not remembered, and then not denied. */
	if (ret->memory.sanitize_dword_10 && !model->resumes)
		ret->written_before = UINT64_MAX;
}

uint64_t nvme_call_sectors(const struct nvme_model *nvme)
{
	return nvme->model->sectors / nvme->namespaces;
}

uint64_t nvme_call_base(const struct nvme_model *nvme, uint32_t namespace)
{
	return (namespace - 1) * nvme_call_sectors(nvme);
}

void nvme_call_give(struct nvme_call *call, const uint8_t *data, size_t bytes)
{
	size_t room = call->request->room_bytes;
	if (room > 0)
		memcpy(call->request->room, data, bytes < room ? bytes : room);
}

bool nvme_call_outcome(struct nvme_call *call, enum medium_outcome outcome, bool writing)
{
	switch (outcome) {
	case OUTCOME_DONE:
		return true;
	case OUTCOME_OUT_OF_RANGE:
		call->completion->status = NVME_OUT_OF_RANGE;
		return false;
	case OUTCOME_MEDIUM_ERROR:
		call->completion->status = writing ? NVME_WRITE_FAULT : NVME_UNRECOVERED_READ_ERROR;
		return false;
	case OUTCOME_LOCKED:
		call->completion->status = NVME_ACCESS_DENIED;
		return false;
	case OUTCOME_ERASING:
		call->completion->status = NVME_SANITIZE_IN_PROGRESS;
		return false;
	case OUTCOME_CLOSED:
		call->completion->status = NVME_SANITIZE_FAILED;
		return false;
	case OUTCOME_HANGS:
		call->completion->when = COMPLETE_LATER;
		return false;
	case OUTCOME_GONE:
		call->completion->when = COMPLETE_NEVER;
		return false;
	}
	return false;
}

/* ---- commands on the medium ---- */

/* The range of the command on the medium, if the namespace has it. */
static bool take_range(struct nvme_call *call, uint64_t *ret_sector, uint64_t *ret_count)
{
	uint64_t sector = call->dword[0] | (uint64_t)call->dword[1] << 32;
	uint64_t count = (call->dword[2] & 0xffff) + 1;
	uint64_t sectors = nvme_call_sectors(call->nvme);
	if (sector > sectors || count > sectors - sector)
		return nvme_call_outcome(call, OUTCOME_OUT_OF_RANGE, false);
	*ret_sector = nvme_call_base(call->nvme, call->namespace) + sector;
	*ret_count = count;
	call->completion->delay_ms = model_io_delay_ms(call->model, count);
	return true;
}

static void read_sectors(struct nvme_call *call)
{
	uint64_t sector, count;
	if (!take_range(call, &sector, &count))
		return;
	if (count * MODEL_SECTOR_BYTES > call->request->room_bytes)
		call->completion->status = NVME_INVALID_FIELD;
	else
		(void)nvme_call_outcome(call,
			model_read(call->model, sector, count, call->request->room, call->now_ms),
			false);
}

static void write_sectors(struct nvme_call *call)
{
	uint64_t sector, count;
	if (!take_range(call, &sector, &count))
		return;
	if (count * MODEL_SECTOR_BYTES > call->request->sent_bytes)
		call->completion->status = NVME_INVALID_FIELD;
	else
		(void)nvme_call_outcome(call,
			model_write(call->model, sector, count, call->request->sent, call->now_ms),
			true);
}

static void write_zeroes(struct nvme_call *call)
{
	static const uint8_t zeros[MODEL_SECTOR_BYTES];
	uint64_t sector, count;
	if (!take_range(call, &sector, &count))
		return;
	for (uint64_t i = 0; i < count; i++)
		if (!nvme_call_outcome(call,
			    model_write(call->model, sector + i, 1, zeros, call->now_ms), true))
			return;
}

/* Ranges of 16 bytes; only the wish to deallocate (Dword 11 bit 2) does anything. */
static void manage_dataset(struct nvme_call *call)
{
	size_t ranges = (call->dword[0] & 0xff) + 1;
	uint64_t sectors = nvme_call_sectors(call->nvme);
	uint64_t base = nvme_call_base(call->nvme, call->namespace);
	if (!(call->dword[1] & 4))
		return;
	for (size_t i = 0; i < ranges && 16 * (i + 1) <= call->request->sent_bytes; i++) {
		const uint8_t *range = call->request->sent + 16 * i;
		uint64_t count = get_le(range + 4, 4), sector = get_le(range + 8, 8);
		enum medium_outcome outcome =
			sector > sectors || count > sectors - sector
				? OUTCOME_OUT_OF_RANGE
				: model_unmap(call->model, base + sector, count, call->now_ms);
		if (!nvme_call_outcome(call, outcome, true))
			return;
	}
}

static void flush(struct nvme_call *call)
{
	(void)nvme_call_outcome(call, model_flush(call->model, call->now_ms), true);
}

static void nothing(struct nvme_call *call)
{
	(void)call;
}

/* ---- one command ---- */

enum {
	WHILE_ERASING = 1, /* answered also while a sanitize is in progress or has failed */
	PROBES = 2,        /* tells identity: a conduct may be slow with it */
};

struct command {
	uint8_t opcode;
	unsigned traits;
	void (*answer)(struct nvme_call *call);
};

static const struct command admin_commands[] = {
	{ 0x02, WHILE_ERASING, nvme_call_get_log_page },
	{ 0x06, WHILE_ERASING | PROBES, nvme_call_identify },
	{ 0x08, WHILE_ERASING, nothing }, /* Abort: nothing is ever waiting */
	{ 0x09, WHILE_ERASING, nvme_call_set_features },
	{ 0x0a, WHILE_ERASING, nvme_call_get_features },
	{ 0x18, WHILE_ERASING, nothing }, /* Keep Alive */
	{ 0x80, 0, nvme_call_format },
	{ 0x81, WHILE_ERASING, nvme_call_security_send },
	{ 0x82, WHILE_ERASING, nvme_call_security_receive },
	{ 0x84, WHILE_ERASING, nvme_call_sanitize },
	{ 0, 0, NULL },
};
static const struct command io_commands[] = {
	{ 0x00, 0, flush },
	{ 0x01, 0, write_sectors },
	{ 0x02, 0, read_sectors },
	{ 0x08, 0, write_zeroes },
	{ 0x09, 0, manage_dataset },
	{ 0, 0, NULL },
};

static const struct command *find(const struct command *commands, uint8_t opcode)
{
	for (; commands->answer; commands++)
		if (commands->opcode == opcode)
			return commands;
	return NULL;
}

void nvme_model_answer(struct nvme_model *nvme, const struct nvme_model_request *request,
	uint64_t now_ms, struct nvme_model_completion *ret)
{
	const struct command *command =
		find(request->admin ? admin_commands : io_commands, request->command[0]);
	struct nvme_call call = { .nvme = nvme,
		.model = nvme->model,
		.request = request,
		.namespace = (uint32_t)get_le(request->command + 4, 4),
		.now_ms = now_ms,
		.completion = ret };
	for (size_t i = 0; i < 6; i++)
		call.dword[i] = (uint32_t)get_le(request->command + 40 + 4 * i, 4);
	*ret = (struct nvme_model_completion){ .when = COMPLETE_NOW };
	if (model_is_silent(nvme->model)) {
		ret->when = COMPLETE_LATER;
		return;
	}
	if (!command) {
		ret->status = NVME_INVALID_OPCODE;
		return;
	}
	if (!request->admin && request->command[0] != 0x00 &&
		(call.namespace < 1 || call.namespace > nvme->namespaces)) {
		ret->status = NVME_INVALID_NAMESPACE;
		return;
	}
	if (command->traits & PROBES)
		ret->delay_ms = nvme->model->conduct->probe_delay_ms;
	enum medium_outcome ready = model_ready(nvme->model, now_ms);
	bool busy = ready == OUTCOME_ERASING || ready == OUTCOME_CLOSED;
	if (ready == OUTCOME_GONE || (busy && !(command->traits & WHILE_ERASING)))
		(void)nvme_call_outcome(&call, ready, false);
	else
		command->answer(&call);
}
