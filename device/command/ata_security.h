/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The security feature set (ACS-4 4.18, 7.38 to 7.44): a drive that has a password erases itself by
 * SECURITY ERASE UNIT, which takes the password away. */
#ifndef HAIKI_DEVICE_COMMAND_ATA_SECURITY_H
#define HAIKI_DEVICE_COMMAND_ATA_SECURITY_H

#include "device/command/ata_completion.h"

#define ATA_PASSWORD_FIELD_BYTES 32

/* All return as ata_complete. The password is the user's: the master's is another, which no command
 * takes away again, and is left as it is. */

/* At security level high: whoever has the drive's master password can unlock it as well, a second way
 * beside ours to a drive that was left behind with it. (At level maximum he could only erase.) */
NODISCARD int ata_security_set_password(struct scsi_transport *transport,
	const uint8_t password[static ATA_PASSWORD_FIELD_BYTES], struct erase_answer *ret);
NODISCARD int ata_security_unlock(struct scsi_transport *transport,
	const uint8_t password[static ATA_PASSWORD_FIELD_BYTES], struct erase_answer *ret);
/* Refused while the drive is locked. */
NODISCARD int ata_security_disable(struct scsi_transport *transport,
	const uint8_t password[static ATA_PASSWORD_FIELD_BYTES], struct erase_answer *ret);

/* SECURITY ERASE PREPARE and, with no other command in between, SECURITY ERASE UNIT, which is answered
 * when the drive has ended. Both completions count: *ret is that of PREPARE when that was refused. */
NODISCARD int ata_security_erase(struct scsi_transport *transport,
	const uint8_t password[static ATA_PASSWORD_FIELD_BYTES], bool enhanced, uint32_t timeout_ms,
	struct erase_answer *ret);

/* How long to wait for SECURITY ERASE UNIT where the drive states that it takes expected_seconds; -1:
 * it does not. */
uint32_t ata_security_timeout_ms(int64_t expected_seconds);

#endif
