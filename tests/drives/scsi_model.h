/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drive model that speaks SCSI (SPC-5, SBC-4), or ATA behind a translation (SAT-4). One command in,
 * one answer out; who carries them, the kernel or a unit test, is not known here. */
#ifndef HAIKI_TESTS_DRIVES_SCSI_MODEL_H
#define HAIKI_TESTS_DRIVES_SCSI_MODEL_H

#include "ata_model.h"
#include "model.h"

#define SCSI_CDB_BYTES 32
#define SCSI_SENSE_BYTES 32

enum scsi_status { SCSI_GOOD = 0x00, SCSI_CHECK_CONDITION = 0x02 };

struct scsi_request {
	uint8_t cdb[SCSI_CDB_BYTES];
	const uint8_t *sent; /* what came with the command */
	size_t sent_bytes;
	uint8_t *room; /* for what goes back */
	size_t room_bytes;
};

enum reply_kind {
	REPLY_NOW,
	REPLY_LATER, /* hangs: ask again when the model was told something */
	REPLY_NEVER, /* the drive is gone */
};

struct scsi_reply {
	enum reply_kind kind;
	uint32_t delay_ms; /* to wait before it is given */
	uint8_t status;
	uint8_t sense[SCSI_SENSE_BYTES];
	uint8_t sense_bytes;
	size_t data_bytes; /* in room */
};

struct scsi_model {
	struct model *model; /* borrowed */
	bool is_ata;
	struct ata_model ata;
	bool exit_allowed;           /* the last SANITIZE came with AUSE */
	uint32_t next_bytes;         /* of a sector after the next FORMAT UNIT; 0: as it is */
	uint32_t identity_announced; /* model.identity_changes that the host was told of */
};

void scsi_model_start(struct scsi_model *ret, struct model *model, bool is_ata);
/* A conduct was changed: what depends on it beside the model. */
void scsi_model_told(struct scsi_model *scsi);
void scsi_model_answer(struct scsi_model *scsi, const struct scsi_request *request, uint64_t now_ms,
	struct scsi_reply *ret);

#endif
