/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The security feature set: passwords, and SECURITY ERASE UNIT. */
#include "device/command/ata_security.h"

#include <openssl/crypto.h>
#include <string.h>

#define COMMAND_SECURITY_SET_PASSWORD 0xf1
#define COMMAND_SECURITY_UNLOCK 0xf2
#define COMMAND_SECURITY_ERASE_PREPARE 0xf3
#define COMMAND_SECURITY_ERASE_UNIT 0xf4
#define COMMAND_SECURITY_DISABLE_PASSWORD 0xf6

/* Word 0: IDENTIFIER (bit 0) 0, the user's password; MASTER PASSWORD CAPABILITY (bit 8) 0, high. */
#define WORD_0_PLAIN 0x0000
#define WORD_0_ENHANCED 0x0002 /* SECURITY ERASE UNIT: ERASE MODE */

#define SECONDS_A_DAY INT64_C(86400)
#define TIMEOUT_MAX_SECONDS (20 * SECONDS_A_DAY) /* in milliseconds it still fits an int */

/* Word 0 and, in words 1 to 16, the password. */
static int send_password(struct scsi_transport *transport, uint8_t command, uint16_t word_0,
	const uint8_t *password, uint32_t timeout_ms, struct erase_answer *ret)
{
	uint8_t data[512] = { (uint8_t)word_0, (uint8_t)(word_0 >> 8) };
	memcpy(data + 2, password, ATA_PASSWORD_FIELD_BYTES);
	struct ata_command fields = {
		.protocol = ATA_PROTOCOL_PIO_OUT,
		.count = 1,
		.command = command,
		.data = data,
		.data_length = sizeof(data),
		.timeout_ms = timeout_ms,
	};
	int error = ata_complete(transport, &fields, false, ret);
	OPENSSL_cleanse(data, sizeof(data));
	return error;
}

int ata_security_set_password(struct scsi_transport *transport,
	const uint8_t password[static ATA_PASSWORD_FIELD_BYTES], struct erase_answer *ret)
{
	return send_password(transport, COMMAND_SECURITY_SET_PASSWORD, WORD_0_PLAIN, password,
		ATA_TIMEOUT_MS, ret);
}

int ata_security_unlock(struct scsi_transport *transport,
	const uint8_t password[static ATA_PASSWORD_FIELD_BYTES], struct erase_answer *ret)
{
	return send_password(
		transport, COMMAND_SECURITY_UNLOCK, WORD_0_PLAIN, password, ATA_TIMEOUT_MS, ret);
}

int ata_security_disable(struct scsi_transport *transport,
	const uint8_t password[static ATA_PASSWORD_FIELD_BYTES], struct erase_answer *ret)
{
	return send_password(transport, COMMAND_SECURITY_DISABLE_PASSWORD, WORD_0_PLAIN, password,
		ATA_TIMEOUT_MS, ret);
}

int ata_security_erase(struct scsi_transport *transport,
	const uint8_t password[static ATA_PASSWORD_FIELD_BYTES], bool enhanced, uint32_t timeout_ms,
	struct erase_answer *ret)
{
	struct ata_command prepare = {
		.protocol = ATA_PROTOCOL_NON_DATA,
		.command = COMMAND_SECURITY_ERASE_PREPARE,
		.timeout_ms = ATA_TIMEOUT_MS,
	};
	struct erase_answer prepared;
	int error = ata_complete(transport, &prepare, false, &prepared);
	if (error)
		return error;
	if (!ata_completion_is_good(&prepared)) {
		*ret = prepared;
		return 0;
	}
	return send_password(transport, COMMAND_SECURITY_ERASE_UNIT,
		enhanced ? WORD_0_ENHANCED : WORD_0_PLAIN, password, timeout_ms, ret);
}

uint32_t ata_security_timeout_ms(int64_t expected_seconds)
{
	/* Drives age, and remap while they erase; what none is told of may be any drive. */
	int64_t seconds = expected_seconds < 0 ? 7 * SECONDS_A_DAY : 2 * expected_seconds + 600;
	return (uint32_t)(MIN(seconds, TIMEOUT_MAX_SECONDS) * 1000);
}
