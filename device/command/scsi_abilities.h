/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a SCSI drive offers to erase itself with: REPORT SUPPORTED OPERATION CODES (SPC-5 6.33), and
 * how its sense tells of a running operation. */
#ifndef HAIKI_DEVICE_COMMAND_SCSI_ABILITIES_H
#define HAIKI_DEVICE_COMMAND_SCSI_ABILITIES_H

#include "device/command/scsi.h"
#include "device/erase/erase_answer.h"

/* Zeroed: nothing is known, and nothing is offered. */
struct scsi_abilities {
	bool known; /* REPORT SUPPORTED OPERATION CODES was answered for all that follow, up to
	             * synchronize_cache; a drive without that command has FORMAT UNIT all the same
	             * (SBC-4 5.1: mandatory) and nothing else is known of it */
	bool sanitize_crypto, sanitize_block, sanitize_overwrite,
		sanitize_exit; /* 48h, 03 02 01 1F */
	bool format_unit;      /* 04h */
	bool write_same_16;    /* 93h */
	bool synchronize_cache;
	bool thin;            /* READ CAPACITY (16) LBPME: it can unmap */
	uint32_t block_bytes; /* 512, 520, 528, 4096 … */
	uint64_t blocks;
	struct erase_answer sense; /* REQUEST SENSE as it stood; raw_bytes 0: not told */
};
/* Asks, changes nothing. Always fills *ret; what was not answered is not offered. */
void scsi_abilities_read(struct scsi_transport *transport, struct scsi_abilities *ret);

#endif
