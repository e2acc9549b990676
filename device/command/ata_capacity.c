/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much medium an ATA drive has beyond what it shows, and how that is shown again: HPA and DCO
 * (ACS-2), AMAC (ACS-4). */
#include "device/command/ata.h"
#include "device/command/ata_words.h"

#include <errno.h>

#define LBA_48_MASK ((UINT64_C(1) << 48) - 1)
#define LBA_28_MASK ((UINT64_C(1) << 28) - 1)

#define COMMAND_READ_NATIVE_MAX_ADDRESS_EXT 0x27
#define COMMAND_SET_MAX_ADDRESS_EXT 0x37
#define COMMAND_ACCESSIBLE_MAX_ADDRESS 0x78 /* feature 0000h: GET NATIVE MAX ADDRESS EXT */
#define COMMAND_DEVICE_CONFIGURATION 0xb1   /* feature C2h: IDENTIFY */
#define COMMAND_READ_NATIVE_MAX_ADDRESS 0xf8
#define COMMAND_SET_MAX_ADDRESS 0xf9

int ata_read_native_max(struct scsi_transport *transport, bool extended, uint64_t *ret_sectors)
{
	struct ata_command command = {
		.protocol = ATA_PROTOCOL_NON_DATA,
		.extended = extended,
		.want_registers = true,
		.device = ATA_DEVICE_LBA,
		.command = extended ? COMMAND_READ_NATIVE_MAX_ADDRESS_EXT
				    : COMMAND_READ_NATIVE_MAX_ADDRESS,
		.timeout_ms = ATA_TIMEOUT_MS,
	};
	struct ata_registers registers;
	int error = ata_execute(transport, &command, &registers);
	if (error)
		return error;
	if (registers.extended != extended)
		return -EBADMSG;
	/* A 28-bit address has its highest four bits in the device field. */
	uint64_t high = extended ? 0 : (uint64_t)(registers.device & 0x0f) << 24;
	*ret_sectors = (registers.lba | high) + 1;
	return 0;
}

int ata_read_accessible_max(struct scsi_transport *transport, uint64_t *ret_sectors)
{
	struct ata_command command = {
		.protocol = ATA_PROTOCOL_NON_DATA,
		.extended = true,
		.want_registers = true,
		.device = ATA_DEVICE_LBA,
		.command = COMMAND_ACCESSIBLE_MAX_ADDRESS,
		.timeout_ms = ATA_TIMEOUT_MS,
	};
	struct ata_registers registers;
	int error = ata_execute(transport, &command, &registers);
	if (error)
		return error;
	if (!registers.extended)
		return -EBADMSG;
	*ret_sectors = registers.lba + 1;
	return 0;
}

int ata_read_configuration_max(struct scsi_transport *transport, uint64_t *ret_sectors)
{
	uint8_t data[512] = { 0 };
	struct ata_command command = {
		.protocol = ATA_PROTOCOL_PIO_IN,
		.feature = 0xc2,
		.count = 1,
		.device = ATA_DEVICE_LBA,
		.command = COMMAND_DEVICE_CONFIGURATION,
		.data = data,
		.data_length = sizeof(data),
		.timeout_ms = ATA_TIMEOUT_MS,
	};
	int error = ata_execute(transport, &command, NULL);
	if (error)
		return error;
	/* ACS-2 table 32: revision, words 3 to 6 MAXIMUM LBA, word 255 integrity (here mandatory). */
	uint64_t last = ata_words_64(data, 3);
	if (data[510] != 0xa5 || !ata_checksum_is_right(data) || ata_word(data, 0) == 0 ||
		last > LBA_48_MASK)
		return -EBADMSG;
	*ret_sectors = last + 1;
	return 0;
}

/* Send a command that only its registers answer, and that changes the drive. */
static int change(struct scsi_transport *transport, const struct ata_command *fields)
{
	struct ata_command command = *fields;
	struct ata_registers registers;
	command.protocol = ATA_PROTOCOL_NON_DATA;
	command.want_registers = true;
	command.timeout_ms = ATA_TIMEOUT_MS;
	return ata_execute(transport, &command, &registers);
}

int ata_set_max(struct scsi_transport *transport, bool extended, bool permanent, uint64_t sectors)
{
	uint64_t highest = sectors - 1;
	if (sectors == 0 || highest > (extended ? LBA_48_MASK : LBA_28_MASK))
		return -EINVAL;
	struct ata_command command = {
		.extended = extended,
		.count = permanent ? 1 : 0, /* V_V (ACS-2 7.54.2) */
		.lba = extended ? highest : highest & 0xffffff,
		.device = (uint8_t)(ATA_DEVICE_LBA | (extended ? 0 : highest >> 24)),
		.command = extended ? COMMAND_SET_MAX_ADDRESS_EXT : COMMAND_SET_MAX_ADDRESS,
	};
	return change(transport, &command);
}

int ata_set_accessible_max(struct scsi_transport *transport, uint64_t sectors)
{
	if (sectors == 0 || sectors - 1 > LBA_48_MASK)
		return -EINVAL;
	struct ata_command command = {
		.extended = true,
		.feature = 0x0001, /* SET ACCESSIBLE MAX ADDRESS EXT (ACS-4 7.1.3) */
		.lba = sectors - 1,
		.device = ATA_DEVICE_LBA,
		.command = COMMAND_ACCESSIBLE_MAX_ADDRESS,
	};
	return change(transport, &command);
}

int ata_restore_configuration(struct scsi_transport *transport)
{
	struct ata_command command = {
		.feature = 0xc0, /* RESTORE (ACS-2 7.10.3) */
		.device = ATA_DEVICE_LBA,
		.command = COMMAND_DEVICE_CONFIGURATION,
	};
	return change(transport, &command);
}
