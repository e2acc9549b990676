/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which commands the drive knows, what holds for all of them, and how an answer is put. */
#include "scsi_parts.h"

#include <string.h>

enum {
	WHILE_ERASING = 1, /* answered also while an erase is in progress or has failed */
	PROBES = 2,        /* tells identity or capacity: a conduct may be slow with it */
	ATA_ONLY = 4,
	NO_DATA = 8, /* accepted, and nothing is done */
};

struct command {
	uint8_t opcode;
	unsigned traits;
	void (*answer)(struct scsi_call *call);
};

static void report_supported(struct scsi_call *call);

static const struct command commands[] = {
	{ 0x00, WHILE_ERASING, scsi_call_test_unit_ready },
	{ 0x03, WHILE_ERASING, scsi_call_request_sense },
	{ 0x04, WHILE_ERASING, scsi_call_format_unit },
	{ 0x08, 0, scsi_call_read },
	{ 0x0a, 0, scsi_call_write },
	{ 0x12, WHILE_ERASING | PROBES, scsi_call_inquiry },
	{ 0x15, 0, scsi_call_mode_select },
	{ 0x1a, WHILE_ERASING, scsi_call_mode_sense_6 },
	{ 0x1b, NO_DATA, NULL },                 /* START STOP UNIT */
	{ 0x1e, NO_DATA | WHILE_ERASING, NULL }, /* PREVENT ALLOW MEDIUM REMOVAL */
	{ 0x25, WHILE_ERASING | PROBES, scsi_call_read_capacity_10 },
	{ 0x28, 0, scsi_call_read },
	{ 0x2a, 0, scsi_call_write },
	{ 0x2f, 0, scsi_call_verify },
	{ 0x35, 0, scsi_call_synchronize_cache },
	{ 0x41, 0, scsi_call_write_same },
	{ 0x42, 0, scsi_call_unmap },
	{ 0x48, WHILE_ERASING, scsi_call_sanitize },
	{ 0x4d, WHILE_ERASING, scsi_call_log_sense },
	{ 0x55, 0, scsi_call_mode_select },
	{ 0x5a, WHILE_ERASING, scsi_call_mode_sense_10 },
	{ 0x85, ATA_ONLY | WHILE_ERASING | PROBES, scsi_call_ata_pass_through },
	{ 0x88, 0, scsi_call_read },
	{ 0x8a, 0, scsi_call_write },
	{ 0x8f, 0, scsi_call_verify },
	{ 0x91, 0, scsi_call_synchronize_cache },
	{ 0x93, 0, scsi_call_write_same },
	{ 0x9e, WHILE_ERASING | PROBES, scsi_call_service_action_in },
	{ 0xa1, ATA_ONLY | WHILE_ERASING | PROBES, scsi_call_ata_pass_through },
	{ 0xa2, WHILE_ERASING, scsi_call_security_protocol_in },
	{ 0xa3, WHILE_ERASING, report_supported },
	{ 0xb5, WHILE_ERASING, scsi_call_security_protocol_out },
};

static const struct command *find(const struct scsi_model *scsi, uint8_t opcode)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].opcode == opcode &&
			(scsi->is_ata || !(commands[i].traits & ATA_ONLY)))
			return &commands[i];
	return NULL;
}

/* Commands of which there are several by their service action, and which of them the drive knows. */
static const struct {
	uint8_t opcode, action;
	unsigned lacks; /* LACKS… */
} actions[] = {
	{ 0x48, 0x01, LACKS(ERASE_OVERWRITE) },
	{ 0x48, 0x02, LACKS(ERASE_BLOCK) },
	{ 0x48, 0x03, LACKS(ERASE_CRYPTO) },
	{ 0x48, 0x1f, 0 },
	{ 0x9e, 0x10, 0 },
	{ 0xa3, 0x0c, 0 },
};

/* 0: no such command; 1: there is one; 2: it goes by service actions, and knows this one; 3: not. */
static int knows(const struct scsi_model *scsi, uint8_t opcode, uint16_t action)
{
	if (!find(scsi, opcode) || (opcode == 0x04 && scsi->model->lacks & LACKS(ERASE_FORMAT)))
		return 0;
	int found = 1;
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (actions[i].opcode != opcode)
			continue;
		if (actions[i].action == action && !(scsi->model->lacks & actions[i].lacks))
			return 2;
		found = 3;
	}
	return found;
}

/* REPORT SUPPORTED OPERATION CODES, about one command (SPC-5 6.33): by REPORTING OPTIONS 001b one
 * without service actions, 010b one with, 011b either. */
static void report_supported(struct scsi_call *call)
{
	unsigned options = call->cdb[2] & 7;
	int known = knows(call->scsi, call->cdb[3], (uint16_t)get_be(call->cdb + 4, 2));
	bool has_actions = known >= 2;
	if (call->scsi->model->lacks & LACKS_REPORT) {
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_OPCODE);
		return;
	}
	if ((call->cdb[1] & 0x1f) != 0x0c || options == 0 || options > 3 ||
		(options == 1 && has_actions) || (options == 2 && known == 1)) {
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_FIELD);
		return;
	}
	uint8_t data[4 + 16] = { 0, 1 }; /* SUPPORT 001b: not supported */
	size_t bytes = 4;
	if (known == 1 || known == 2) {
		data[1] = 3;
		data[3] = 16;
		memset(data + 4, 0xff, 16);
		data[4] = call->cdb[3];
		bytes = sizeof(data);
	}
	scsi_call_give(call, data, bytes, (size_t)get_be(call->cdb + 6, 4));
}

/* ---- answers ---- */

void scsi_call_fixed_sense(
	uint8_t sense[static 18], enum sense_key key, enum sense_code code, uint32_t progress)
{
	memset(sense, 0, 18);
	sense[0] = 0x70;
	sense[2] = (uint8_t)key;
	sense[7] = 18 - 8;
	put_be(sense + 12, code, 2);
	if (progress != UINT32_MAX) {
		sense[15] = 0x80; /* SKSV: the two bytes behind are valid */
		put_be(sense + 16, progress, 2);
	}
}

void scsi_call_check(struct scsi_call *call, enum sense_key key, enum sense_code code)
{
	struct erase_told told = model_erase_told(call->scsi->model, call->now_ms);
	bool in_progress = code == CODE_SANITIZE_IN_PROGRESS || code == CODE_FORMAT_IN_PROGRESS;
	call->reply->status = SCSI_CHECK_CONDITION;
	scsi_call_fixed_sense(call->reply->sense, key, code,
		in_progress && !call->scsi->model->no_progress ? told.progress : UINT32_MAX);
	call->reply->sense_bytes = 18;
}

void scsi_call_give(struct scsi_call *call, const uint8_t *data, size_t bytes, size_t allocated)
{
	size_t most = bytes < allocated ? bytes : allocated;
	if (most > call->request->room_bytes)
		most = call->request->room_bytes;
	if (most > 0)
		memcpy(call->request->room, data, most);
	call->reply->data_bytes = most;
}

/* The failing address goes into the INFORMATION field, so that the kernel can say which it was. */
static void check_medium(struct scsi_call *call, bool writing)
{
	scsi_call_check(call, SENSE_MEDIUM_ERROR, writing ? CODE_WRITE_ERROR : CODE_READ_ERROR);
	call->reply->sense[0] |= 0x80; /* VALID */
	put_be(call->reply->sense + 3, call->scsi->model->error_sector, 4);
}

bool scsi_call_outcome(struct scsi_call *call, enum medium_outcome outcome, bool writing)
{
	bool format = call->scsi->model->kind == ERASE_FORMAT;
	/* An ATA drive aborts what it cannot do now, and the translation knows no more of it. */
	if (call->scsi->is_ata && (outcome == OUTCOME_ERASING || outcome == OUTCOME_CLOSED)) {
		scsi_call_check(call, SENSE_ABORTED_COMMAND, 0);
		return false;
	}
	switch (outcome) {
	case OUTCOME_DONE:
		return true;
	case OUTCOME_OUT_OF_RANGE:
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_OUT_OF_RANGE);
		return false;
	case OUTCOME_MEDIUM_ERROR:
		check_medium(call, writing);
		return false;
	case OUTCOME_LOCKED:
		scsi_call_check(call, SENSE_DATA_PROTECT, CODE_ACCESS_DENIED);
		return false;
	case OUTCOME_ERASING:
		scsi_call_check(call, SENSE_NOT_READY,
			format ? CODE_FORMAT_IN_PROGRESS : CODE_SANITIZE_IN_PROGRESS);
		return false;
	case OUTCOME_CLOSED:
		scsi_call_check(call, SENSE_MEDIUM_ERROR,
			format ? CODE_FORMAT_FAILED : CODE_SANITIZE_FAILED);
		return false;
	case OUTCOME_HANGS:
		call->reply->kind = REPLY_LATER;
		return false;
	case OUTCOME_GONE:
		call->reply->kind = REPLY_NEVER;
		return false;
	}
	return false;
}

bool scsi_call_started(struct scsi_call *call, enum start start)
{
	switch (start) {
	case START_ACCEPTED:
		return true;
	case START_REFUSED:
		scsi_call_check(call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_FIELD);
		return false;
	case START_FROZEN:
		scsi_call_check(call, SENSE_DATA_PROTECT, CODE_WRITE_PROTECTED);
		return false;
	case START_RUNNING:
		return scsi_call_outcome(call, OUTCOME_ERASING, true);
	}
	return false;
}

/* ---- one command ---- */

void scsi_model_start(struct scsi_model *ret, struct model *model, bool is_ata)
{
	*ret = (struct scsi_model){
		.model = model, .is_ata = is_ata, .identity_announced = model->identity_changes
	};
	ata_model_start(&ret->ata, model);
}

void scsi_model_told(struct scsi_model *scsi)
{
	ata_model_told(&scsi->ata, scsi->model);
}

/* A drive whose INQUIRY data has changed says so once (SPC-5 5.15), and the kernel asks anew. */
static bool announces_identity(struct scsi_call *call)
{
	struct scsi_model *scsi = call->scsi;
	bool silent = call->cdb[0] == 0x12 || call->cdb[0] == 0x03 || call->cdb[0] == 0xa0;
	if (silent || scsi->identity_announced == scsi->model->identity_changes)
		return false;
	scsi->identity_announced = scsi->model->identity_changes;
	scsi_call_check(call, SENSE_UNIT_ATTENTION, CODE_INQUIRY_CHANGED);
	return true;
}

void scsi_model_answer(struct scsi_model *scsi, const struct scsi_request *request, uint64_t now_ms,
	struct scsi_reply *ret)
{
	const struct command *command = find(scsi, request->cdb[0]);
	struct scsi_call call = { .scsi = scsi,
		.request = request,
		.cdb = request->cdb,
		.now_ms = now_ms,
		.reply = ret };
	*ret = (struct scsi_reply){ .kind = REPLY_NOW };
	if (scsi->model->gone) {
		ret->kind = REPLY_NEVER;
		return;
	}
	if (model_is_silent(scsi->model)) {
		ret->kind = REPLY_LATER;
		return;
	}
	if (announces_identity(&call))
		return;
	if (!command) {
		scsi_call_check(&call, SENSE_ILLEGAL_REQUEST, CODE_INVALID_OPCODE);
		return;
	}
	if (command->traits & PROBES)
		ret->delay_ms = scsi->model->conduct->probe_delay_ms;
	enum medium_outcome ready = model_ready(scsi->model, now_ms);
	bool busy = ready == OUTCOME_ERASING || ready == OUTCOME_CLOSED;
	if (busy && !(command->traits & WHILE_ERASING))
		(void)scsi_call_outcome(&call, ready, false);
	else if (!(command->traits & NO_DATA))
		command->answer(&call);
}
