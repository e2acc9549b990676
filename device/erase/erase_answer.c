/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the bytes of an answer to what it means. Whatever is not said in so many words is unknown. */
#include "device/erase/erase_answer.h"

#include "base/words.h"
#include "device/command/ata.h"
#include "device/command/scsi.h"
#include <string.h>

#define REGISTERS_BYTES 12

/* ---- NVMe (Base 2.0, 5.16.1.25 Sanitize Status log) ---- */

#define SANITIZE_ACTION 0x7          /* SCDW10, SANACT */
#define SANITIZE_NO_DEALLOCATE 0x200 /* SCDW10, No-Deallocate After Sanitize */
#define GLOBAL_DATA_ERASED 0x100     /* SSTAT */

static unsigned little_16(const uint8_t *bytes)
{
	return bytes[0] | (unsigned)bytes[1] << 8;
}

/* SSTAT 2:0. 4 is a success of which No-Deallocate was asked and not given. */
static enum erase_status nvme_status(unsigned status)
{
	switch (status & 7) {
	case 0:
		return ERASE_STATUS_NEVER;
	case 1:
	case 4:
		return ERASE_STATUS_SUCCEEDED;
	case 2:
		return ERASE_STATUS_RUNNING;
	case 3:
		return ERASE_STATUS_FAILED;
	default:
		return ERASE_STATUS_UNKNOWN;
	}
}

static void read_nvme_log(const struct erase_answer *answer, struct erase_state *ret)
{
	if (answer->raw_bytes < 20)
		return;
	unsigned progress = little_16(answer->raw);    /* SPROG */
	unsigned status = little_16(answer->raw + 2);  /* SSTAT */
	unsigned command = little_16(answer->raw + 4); /* SCDW10 15:0 */
	ret->status = nvme_status(status);
	if (ret->status == ERASE_STATUS_UNKNOWN)
		return;
	if (ret->status == ERASE_STATUS_RUNNING)
		ret->progress = (int32_t)progress;
	if (ret->status != ERASE_STATUS_NEVER)
		ret->action = (uint8_t)(command & SANITIZE_ACTION);
	if (ret->status != ERASE_STATUS_SUCCEEDED)
		return;
	ret->kept = (status & 7) == 1 && (command & SANITIZE_NO_DEALLOCATE);
	ret->untouched = status & GLOBAL_DATA_ERASED;
}

/* ---- ATA ---- */

static unsigned register_count(const uint8_t *raw)
{
	return (unsigned)raw[4] << 8 | raw[5];
}

static uint64_t register_lba(const uint8_t *raw)
{
	uint64_t lba = 0;
	for (size_t i = 6; i < REGISTERS_BYTES; i++)
		lba = lba << 8 | raw[i];
	return lba;
}

/* ACS-4 7.36.6 SANITIZE STATUS EXT: COUNT bit 15 completed without error, 14 in progress, 13 frozen;
 * LBA (15:0) progress. A drive that never sanitized also says "completed". */
static void read_ata_sanitize(const struct erase_answer *answer, struct erase_state *ret)
{
	const uint8_t *raw = answer->raw;
	if (answer->raw_bytes != REGISTERS_BYTES)
		return;
	unsigned count = register_count(raw);
	bool failed = raw[1] & (ATA_STATUS_ERROR | ATA_STATUS_DEVICE_FAULT);
	bool running = count & 0x4000, completed = count & 0x8000;
	if ((raw[1] & ATA_STATUS_BUSY) || !(raw[1] & ATA_STATUS_READY) || raw[3] != 1)
		return; /* BUSY, or not the registers of a 48-bit command */
	if (failed) {
		/* SANITIZE DEVICE ERROR (ABRT set, LBA 7:0 the reason 01h: the operation failed). */
		if ((raw[0] & 0x04) && (register_lba(raw) & 0xff) == 0x01)
			ret->status = ERASE_STATUS_FAILED;
		return;
	}
	if (running && completed)
		return;
	if (running) {
		ret->status = ERASE_STATUS_RUNNING;
		ret->progress = (int32_t)(register_lba(raw) & 0xffff);
	} else {
		ret->status = completed ? ERASE_STATUS_SUCCEEDED : ERASE_STATUS_NEVER;
	}
}

/* ACS-4 7.12.7.55, word 128: bit 0 supported, 1 enabled, 2 locked. After SECURITY ERASE UNIT the
 * password is gone: security is not enabled. Before it, haiki's own password is set. */
static void read_ata_security(const struct erase_answer *answer, struct erase_state *ret)
{
	struct ata_facts facts;
	if (answer->raw_bytes != ATA_IDENTIFY_BYTES || ata_identify_read(answer->raw, &facts) < 0)
		return;
	unsigned word = answer->raw[256] | (unsigned)answer->raw[257] << 8;
	if (word & 0x0001)
		ret->status = word & 0x0002 ? ERASE_STATUS_NEVER : ERASE_STATUS_SUCCEEDED;
}

/* ---- SCSI ---- */

static struct scsi_answer scsi_of(const uint8_t *raw, size_t bytes)
{
	struct scsi_answer answer = { .status = raw[0] };
	answer.sense_length = (uint8_t)MIN(bytes - 1, sizeof(answer.sense));
	memcpy(answer.sense, raw + 1, answer.sense_length);
	return answer;
}

/* SPC-5 4.5.2.4.4 and 4.5.3 SENSE KEY SPECIFIC: SKSV and the progress indication. -1: none. */
static int32_t sense_progress(const struct scsi_answer *answer)
{
	const uint8_t *field = NULL;
	if (scsi_sense_read(answer).descriptor) {
		const uint8_t *descriptor = scsi_sense_descriptor(answer, 0x02, 8);
		field = descriptor ? descriptor + 4 : NULL;
	} else if (answer->sense_length >= 18 && answer->sense[7] >= 10) {
		field = answer->sense + 15;
	}
	return field && (field[0] & 0x80) ? field[1] << 8 | field[2] : -1;
}

/* Nothing runs, said in full: GOOD, and a whole NO SENSE without a code and without a progress. */
static bool says_nothing_runs(const struct scsi_answer *answer, const struct scsi_sense *sense)
{
	bool whole = sense->descriptor || (answer->sense_length >= 14 && answer->sense[7] >= 6);
	return whole && answer->status == SCSI_STATUS_GOOD && sense->key == 0 && sense->code == 0 &&
	       sense->qualifier == 0 && sense_progress(answer) < 0;
}

/* REQUEST SENSE (SBC-4 4.11.4, SPC-5 6.39): 04h/1Bh sanitize in progress, 04h/04h format in progress,
 * 31h/03h sanitize failed, 31h/01h format failed; NO SENSE without a code when nothing runs. */
static void read_scsi_sense(const struct erase_answer *answer, struct erase_state *ret)
{
	if (answer->raw_bytes < 2)
		return;
	struct scsi_answer scsi = scsi_of(answer->raw, answer->raw_bytes);
	struct scsi_sense sense = scsi_sense_read(&scsi);
	if (!sense.valid)
		return;
	if (sense.code == 0x04 && (sense.qualifier == 0x1b || sense.qualifier == 0x04)) {
		ret->status = ERASE_STATUS_RUNNING;
		ret->progress = sense_progress(&scsi);
	} else if (sense.code == 0x31 && (sense.qualifier == 0x03 || sense.qualifier == 0x01)) {
		ret->status = ERASE_STATUS_FAILED;
	} else if (says_nothing_runs(&scsi, &sense)) {
		ret->status = ERASE_STATUS_NEVER; /* how the last one ended is not told */
	}
}

/* ---- the completion of a command ---- */

static enum erase_status scsi_completion(const uint8_t *raw, size_t bytes)
{
	struct scsi_answer scsi = scsi_of(raw, bytes);
	if (scsi.status == SCSI_STATUS_GOOD)
		return ERASE_STATUS_SUCCEEDED;
	return scsi.status == SCSI_STATUS_CHECK_CONDITION && scsi_sense_read(&scsi).valid
		       ? ERASE_STATUS_FAILED
		       : ERASE_STATUS_UNKNOWN;
}

static enum erase_status ata_completion(const uint8_t *raw, size_t bytes)
{
	if (bytes != REGISTERS_BYTES || (raw[1] & ATA_STATUS_BUSY))
		return ERASE_STATUS_UNKNOWN;
	if (raw[1] & (ATA_STATUS_ERROR | ATA_STATUS_DEVICE_FAULT))
		return ERASE_STATUS_FAILED;
	return raw[1] & ATA_STATUS_READY ? ERASE_STATUS_SUCCEEDED : ERASE_STATUS_UNKNOWN;
}

/* A small letter: the command was to go on inside the drive, so that its success only begins it. */
static void read_completion(const struct erase_answer *answer, struct erase_state *ret)
{
	if (answer->raw_bytes < 2)
		return;
	const uint8_t *raw = answer->raw + 1;
	size_t bytes = answer->raw_bytes - 1U;
	enum erase_status status = ERASE_STATUS_UNKNOWN;
	bool goes_on = false;
	switch (answer->raw[0]) {
	case 'n':
		goes_on = true;
		__attribute__((fallthrough));
	case 'N':
		if (bytes == 2)
			status = raw[0] == 0 && raw[1] == 0 ? ERASE_STATUS_SUCCEEDED
							    : ERASE_STATUS_FAILED;
		break;
	case 's':
		goes_on = true;
		__attribute__((fallthrough));
	case 'S':
		status = scsi_completion(raw, bytes);
		break;
	case 'a':
		goes_on = true;
		__attribute__((fallthrough));
	case 'A':
		status = ata_completion(raw, bytes);
		break;
	case 'E':
		if (bytes == 4)
			status = scsi_field_32(raw) == 0 ? ERASE_STATUS_SUCCEEDED
							 : ERASE_STATUS_FAILED;
		break;
	case 'T':
		if (bytes == 1)
			status = raw[0] == 0 ? ERASE_STATUS_SUCCEEDED : ERASE_STATUS_FAILED;
		break;
	default:
		break;
	}
	ret->status = goes_on && status == ERASE_STATUS_SUCCEEDED ? ERASE_STATUS_RUNNING : status;
}

static void read_luks(const struct erase_answer *answer, struct erase_state *ret)
{
	if (answer->raw_bytes == 2)
		ret->status = answer->raw[0] == 0 && answer->raw[1] == 0 ? ERASE_STATUS_SUCCEEDED
									 : ERASE_STATUS_NEVER;
}

void erase_state_read(const struct erase_answer *answer, struct erase_state *ret)
{
	*ret = (struct erase_state){ .progress = -1 };
	if (answer->raw_bytes > ERASE_ANSWER_MAX)
		return;
	switch (answer->witness) {
	case WITNESS_NONE:
		break;
	case WITNESS_NVME_SANITIZE_LOG:
		read_nvme_log(answer, ret);
		break;
	case WITNESS_ATA_SANITIZE_STATUS:
		read_ata_sanitize(answer, ret);
		break;
	case WITNESS_SCSI_SENSE:
		read_scsi_sense(answer, ret);
		break;
	case WITNESS_ATA_SECURITY:
		read_ata_security(answer, ret);
		break;
	case WITNESS_COMPLETION:
		read_completion(answer, ret);
		break;
	case WITNESS_LUKS_HEADERS:
		read_luks(answer, ret);
		break;
	}
}

/* ---- words ---- */

static const char *const witnesses[] = {
	[WITNESS_NONE] = "none",
	[WITNESS_NVME_SANITIZE_LOG] = "nvme-sanitize-log",
	[WITNESS_ATA_SANITIZE_STATUS] = "ata-sanitize-status",
	[WITNESS_SCSI_SENSE] = "scsi-sense",
	[WITNESS_ATA_SECURITY] = "ata-security",
	[WITNESS_COMPLETION] = "completion",
	[WITNESS_LUKS_HEADERS] = "luks-headers",
};

static const char *const statuses[] = {
	[ERASE_STATUS_UNKNOWN] = "unknown",
	[ERASE_STATUS_NEVER] = "never",
	[ERASE_STATUS_RUNNING] = "running",
	[ERASE_STATUS_SUCCEEDED] = "succeeded",
	[ERASE_STATUS_FAILED] = "failed",
};

const char *erase_witness_name(enum erase_witness witness)
{
	return word_of(witnesses, ARRAY_SIZE(witnesses), witness);
}

enum erase_witness erase_witness_parse(const char *word)
{
	return (enum erase_witness)word_find(witnesses, ARRAY_SIZE(witnesses), word);
}

const char *erase_status_name(enum erase_status status)
{
	return word_of(statuses, ARRAY_SIZE(statuses), status);
}

enum erase_status erase_status_parse(const char *word)
{
	return (enum erase_status)word_find(statuses, ARRAY_SIZE(statuses), word);
}
