/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an ATA drive offers to erase itself with, and what stands in the way. */
#ifndef HAIKI_DEVICE_COMMAND_ATA_ABILITIES_H
#define HAIKI_DEVICE_COMMAND_ATA_ABILITIES_H

#include "device/command/ata.h"
#include "device/erase/erase_answer.h"

/* Zeroed: nothing is known, and nothing is offered. Words of IDENTIFY DEVICE data (ACS-4). */
struct ata_abilities {
	bool known;
	bool sanitize, sanitize_crypto, sanitize_block, sanitize_overwrite; /* word 59 */
	bool sanitize_antifreeze;
	struct erase_answer sanitize_status; /* as it stood; raw_bytes 0: not told */
	bool security, enhanced_erase;       /* words 82, 128 */
	bool security_enabled, locked, frozen, count_expired; /* word 128 */
	int64_t erase_seconds,
		enhanced_seconds; /* words 89, 90; -1 not told; "or more" for 508 min */
	bool trims;               /* word 169 b0 */
	bool hidden_known;        /* HPA, AMAC and DCO were all asked where supported */
	uint64_t sectors, hpa_sectors, amac_sectors,
		dco_sectors; /* reachable; maxima told; 0: not supported */
	uint32_t sector_bytes;
};
/* Asks, changes nothing. Always fills *ret. */
void ata_abilities_read(struct scsi_transport *transport, struct ata_abilities *ret);

#endif
