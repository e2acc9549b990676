/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a drive says of an erase operation: its answer byte for byte, and what that means. The
 * meaning follows from the bytes alone, so that who reads a certificate works it out again. */
#ifndef HAIKI_DEVICE_ERASE_ERASE_ANSWER_H
#define HAIKI_DEVICE_ERASE_ERASE_ANSWER_H

#include "base/error.h"
#include <stdbool.h>

/* Who was asked; raw holds: */
enum erase_witness {
	WITNESS_NONE,
	WITNESS_NVME_SANITIZE_LOG,   /* log page 81h as read, 20 bytes or more (512 usually) */
	WITNESS_ATA_SANITIZE_STATUS, /* SANITIZE STATUS EXT: struct ata_registers as 12 bytes:
	                              * error, status, device, extended (0/1), count (big-endian,
	                              * 2), LBA (big-endian, 6) */
	WITNESS_SCSI_SENSE,          /* REQUEST SENSE: SAM status byte, then the sense data given */
	WITNESS_ATA_SECURITY,        /* IDENTIFY DEVICE, 512 bytes */
	WITNESS_COMPLETION,          /* of the command itself: a letter for the language, small
	                              * when the command was to go on inside the drive (its success
	                              * is RUNNING), large when it is over with it; then
	                              * 'n' 'N' NVMe status field (big-endian, 2);
	                              * 's' 'S' SAM status byte, sense data;
	                              * 'a' 'A' the 12 bytes of ATA registers;
	                              * 'E' errno of a kernel call (big-endian, 4), 0 done;
	                              * 'T' TCG method status (1) */
	WITNESS_LUKS_HEADERS,        /* headers found (1), slots that open (1): 00 00 is the end */
};

#define ERASE_ANSWER_MAX 512

/* Plain value. raw_bytes 0: no answer was obtained. */
struct erase_answer {
	enum erase_witness witness;
	uint16_t raw_bytes;
	uint8_t raw[ERASE_ANSWER_MAX];
};

enum erase_status {
	ERASE_STATUS_UNKNOWN,   /* no answer, or one that says nothing of it */
	ERASE_STATUS_NEVER,     /* nothing runs, and no memory of how the last one ended. By SCSI
	                         * sense that is also how a good end looks: it counts when the
	                         * operation was seen RUNNING, or its completion was the end */
	ERASE_STATUS_RUNNING,   /* or, as a completion: accepted and goes on */
	ERASE_STATUS_SUCCEEDED, /* the last operation ended well, whoever began it */
	ERASE_STATUS_FAILED,    /* the last operation failed, or the command was refused */
};

struct erase_state {
	enum erase_status status;
	int32_t progress; /* of 65536; -1: not told */
	bool kept;        /* succeeded, and nothing was deallocated: NVMe SSTAT 1 of a command with
			   * No-Deallocate. (SSTAT 4: it was asked for, and all was deallocated.) */
	bool untouched;   /* nothing was written since it succeeded (NVMe Global Data Erased) */
	uint8_t action;   /* NVMe SANACT of the operation it speaks of (SCDW10); 0: not told */
};

/* Pure: from the bytes. An answer that is short, contradictory or of an unknown form is UNKNOWN. A
 * progress alone never means success. */
void erase_state_read(const struct erase_answer *answer, struct erase_state *ret);

const char *erase_witness_name(enum erase_witness witness); /* "none", "nvme-sanitize-log", … */
enum erase_witness erase_witness_parse(const char *word);   /* WITNESS_NONE for unknown words */
const char *erase_status_name(enum erase_status status);    /* "unknown", "never", "running", … */
enum erase_status erase_status_parse(const char *word);

#endif
