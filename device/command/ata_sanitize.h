/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SANITIZE DEVICE (ACS-4 7.36): the drive erases itself, and goes on after a power loss. */
#ifndef HAIKI_DEVICE_COMMAND_ATA_SANITIZE_H
#define HAIKI_DEVICE_COMMAND_ATA_SANITIZE_H

#include "device/command/ata_completion.h"

enum ata_sanitize { ATA_SANITIZE_CRYPTO, ATA_SANITIZE_BLOCK, ATA_SANITIZE_OVERWRITE };

/* Begin. pattern: what ATA_SANITIZE_OVERWRITE writes once, the first byte on the medium lowest.
 * FAILURE MODE is set: after a failure the drive may be brought back, to be overwritten by the host
 * or destroyed; that it failed stands in the record. ZONED NO RESET is not: zones are reset.
 * Returns as ata_complete. */
NODISCARD int ata_sanitize_start(struct scsi_transport *transport, enum ata_sanitize kind,
	uint32_t pattern, struct erase_answer *ret);

/* SANITIZE STATUS EXT, as WITNESS_ATA_SANITIZE_STATUS. clear_failure: and leave the failed state.
 * 0 when registers were given, also those of an error; -errno: nothing is told. */
NODISCARD int ata_sanitize_status(
	struct scsi_transport *transport, bool clear_failure, struct erase_answer *ret);

/* Does this status say that no sanitize command is taken until the power was off? */
bool ata_sanitize_is_frozen(const struct erase_answer *status);

#endif
