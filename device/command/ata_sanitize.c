/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SANITIZE DEVICE (ACS-4 7.36): begin, ask, leave the failed state. */
#include "device/command/ata_sanitize.h"

#include <errno.h>

#define COMMAND_SANITIZE_DEVICE 0xb4
#define FEATURE_STATUS 0x0000

#define COUNT_ONE_PASS 0x0001
#define COUNT_FAILURE_MODE 0x0010
#define COUNT_CLEAR_FAILURE 0x0001 /* of SANITIZE STATUS EXT */
#define COUNT_FROZEN 0x2000        /* in its answer */

/* Keys in the address, so that no stray command erases. */
static const struct {
	uint16_t feature, count;
	uint64_t lba;
} kinds[] = {
	[ATA_SANITIZE_CRYPTO] = { 0x0011, COUNT_FAILURE_MODE, 0x43727970 }, /* "Cryp" */
	[ATA_SANITIZE_BLOCK] = { 0x0012, COUNT_FAILURE_MODE, 0x426b4572 },  /* "BkEr" */
	[ATA_SANITIZE_OVERWRITE] = { 0x0014, COUNT_FAILURE_MODE | COUNT_ONE_PASS,
		UINT64_C(0x4f57) << 32 }, /* "OW" */
};

static struct ata_command sanitize_command(uint16_t feature, uint16_t count, uint64_t lba)
{
	return (struct ata_command){
		.protocol = ATA_PROTOCOL_NON_DATA,
		.extended = true,
		.feature = feature,
		.count = count,
		.lba = lba,
		.device = ATA_DEVICE_LBA,
		.command = COMMAND_SANITIZE_DEVICE,
		.timeout_ms = ATA_TIMEOUT_MS,
	};
}

int ata_sanitize_start(struct scsi_transport *transport, enum ata_sanitize kind, uint32_t pattern,
	struct erase_answer *ret)
{
	uint64_t lba = kinds[kind].lba | (kind == ATA_SANITIZE_OVERWRITE ? pattern : 0);
	struct ata_command command = sanitize_command(kinds[kind].feature, kinds[kind].count, lba);
	return ata_complete(transport, &command, true, ret);
}

int ata_sanitize_status(
	struct scsi_transport *transport, bool clear_failure, struct erase_answer *ret)
{
	struct ata_command command =
		sanitize_command(FEATURE_STATUS, clear_failure ? COUNT_CLEAR_FAILURE : 0, 0);
	struct erase_answer completion;
	int error = ata_complete(transport, &command, false, &completion);
	if (error)
		return error;
	if (completion.raw[0] != 'A')
		return -EREMOTEIO;
	struct erase_answer answer = { .witness = WITNESS_ATA_SANITIZE_STATUS,
		.raw_bytes = ATA_REGISTERS_BYTES };
	for (size_t i = 0; i < ATA_REGISTERS_BYTES; i++)
		answer.raw[i] = completion.raw[1 + i];
	*ret = answer;
	return 0;
}

bool ata_sanitize_is_frozen(const struct erase_answer *status)
{
	return status->witness == WITNESS_ATA_SANITIZE_STATUS &&
	       status->raw_bytes == ATA_REGISTERS_BYTES && (status->raw[4] & COUNT_FROZEN >> 8);
}
