/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the SCSI model share: numbers on the wire, answers, and one function a command. */
#ifndef HAIKI_TESTS_DRIVES_SCSI_PARTS_H
#define HAIKI_TESTS_DRIVES_SCSI_PARTS_H

#include "scsi_model.h"
#include "wire.h"

/* One command being answered. */
struct scsi_call {
	struct scsi_model *scsi;
	const struct scsi_request *request;
	const uint8_t *cdb;
	uint64_t now_ms;
	struct scsi_reply *reply;
};

/* SPC-5 4.5.6: sense keys. */
enum sense_key {
	SENSE_NO_SENSE = 0x0,
	SENSE_RECOVERED_ERROR = 0x1,
	SENSE_NOT_READY = 0x2,
	SENSE_MEDIUM_ERROR = 0x3,
	SENSE_ILLEGAL_REQUEST = 0x5,
	SENSE_UNIT_ATTENTION = 0x6,
	SENSE_DATA_PROTECT = 0x7,
	SENSE_ABORTED_COMMAND = 0xb,
};

/* Additional sense code and qualifier in one number, as the tables of SPC-5 annex F write them. */
enum sense_code {
	CODE_NONE = 0x0000,
	CODE_FORMAT_IN_PROGRESS = 0x0404,
	CODE_SANITIZE_IN_PROGRESS = 0x041b,
	CODE_WRITE_ERROR = 0x0c00,
	CODE_READ_ERROR = 0x1100,
	CODE_PARAMETER_LENGTH = 0x1a00,
	CODE_INVALID_OPCODE = 0x2000,
	CODE_ACCESS_DENIED = 0x2002,
	CODE_OUT_OF_RANGE = 0x2100,
	CODE_INVALID_FIELD = 0x2400,
	CODE_INVALID_PARAMETER = 0x2600,
	CODE_WRITE_PROTECTED = 0x2700,
	CODE_FORMAT_FAILED = 0x3101,
	CODE_SANITIZE_FAILED = 0x3103,
	CODE_INQUIRY_CHANGED = 0x3f03,
};

void scsi_call_check(struct scsi_call *call, enum sense_key key, enum sense_code code);
/* Fixed-format sense data of 18 bytes; progress UINT32_MAX: none. */
void scsi_call_fixed_sense(
	uint8_t sense[static 18], enum sense_key key, enum sense_code code, uint32_t progress);
/* As much of the data as the command allows for (allocated) and there is room for. */
void scsi_call_give(struct scsi_call *call, const uint8_t *data, size_t bytes, size_t allocated);
/* Turn what became of a medium command into an answer; true when it was done. */
bool scsi_call_outcome(struct scsi_call *call, enum medium_outcome outcome, bool writing);
bool scsi_call_started(struct scsi_call *call, enum start start);

/* scsi_identity.c */
void scsi_call_inquiry(struct scsi_call *call);
void scsi_call_read_capacity_10(struct scsi_call *call);
void scsi_call_service_action_in(struct scsi_call *call);
void scsi_call_mode_sense_6(struct scsi_call *call);
void scsi_call_mode_sense_10(struct scsi_call *call);
void scsi_call_mode_select(struct scsi_call *call);
void scsi_call_log_sense(struct scsi_call *call);
uint64_t scsi_call_sectors(const struct scsi_model *scsi);

/* scsi_medium.c */
void scsi_call_test_unit_ready(struct scsi_call *call);
void scsi_call_read(struct scsi_call *call);
void scsi_call_write(struct scsi_call *call);
void scsi_call_verify(struct scsi_call *call);
void scsi_call_write_same(struct scsi_call *call);
void scsi_call_unmap(struct scsi_call *call);
void scsi_call_synchronize_cache(struct scsi_call *call);

/* scsi_erase.c */
void scsi_call_request_sense(struct scsi_call *call);
void scsi_call_format_unit(struct scsi_call *call);
void scsi_call_sanitize(struct scsi_call *call);

/* scsi_security.c */
void scsi_call_security_protocol_in(struct scsi_call *call);
void scsi_call_security_protocol_out(struct scsi_call *call);

/* sat.c */
void scsi_call_ata_pass_through(struct scsi_call *call);

#endif
