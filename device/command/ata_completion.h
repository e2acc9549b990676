/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer of an ATA drive to a command that erases, as it stands in a record (erase_answer.h). */
#ifndef HAIKI_DEVICE_COMMAND_ATA_COMPLETION_H
#define HAIKI_DEVICE_COMMAND_ATA_COMPLETION_H

#include "device/command/ata.h"
#include "device/erase/erase_answer.h"

#define ATA_REGISTERS_BYTES 12

/* ERROR, STATUS, DEVICE, extended (0/1), COUNT (big-endian, 2), LBA (big-endian, 6). */
void ata_registers_pack(
	const struct ata_registers *registers, uint8_t ret[static ATA_REGISTERS_BYTES]);

/* Send the command and give its completion: 'a' where it goes on inside the drive, else 'A', and the
 * registers; or, where the translation in between refused it itself, 's' or 'S' with its sense data.
 * 0 when there is a completion, whatever it says. -errno: none was obtained; -EBADMSG: an answer
 * that tells nothing, by which the command may have been carried out. */
NODISCARD int ata_complete(struct scsi_transport *transport, const struct ata_command *command,
	bool goes_on, struct erase_answer *ret);

/* Does this completion say that the drive did it, or began it? */
bool ata_completion_is_good(const struct erase_answer *completion);

#endif
