/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ATA behind a SCSI/ATA translation: ATA PASS-THROUGH (16), and the four commands by which a drive
 * tells its capacity, shown and hidden. */
#include "device/command/ata.h"
#include "device/command/scsi.h"

#include <errno.h>
#include <string.h>

#define COMMAND_TIMEOUT_MS 30000
#define LBA_48_MASK ((UINT64_C(1) << 48) - 1)

#define COMMAND_READ_NATIVE_MAX_ADDRESS_EXT 0x27
#define COMMAND_ACCESSIBLE_MAX_ADDRESS 0x78 /* feature 0000h: GET NATIVE MAX ADDRESS EXT */
#define COMMAND_DEVICE_CONFIGURATION 0xb1   /* feature C2h: IDENTIFY */
#define COMMAND_IDENTIFY_DEVICE 0xec
#define COMMAND_READ_NATIVE_MAX_ADDRESS 0xf8
#define DEVICE_LBA 0x40 /* the LBA bit of the device field */

/* SAT-4 table 170. Byte 2: T_LENGTH 2 (the COUNT field), BYT_BLOK 1 with T_TYPE 0 (512-byte blocks),
 * T_DIR 1 from the drive, CK_COND. */
static void build_cdb(const struct ata_command *command, uint8_t cdb[static 16])
{
	bool moves_data = command->protocol != ATA_PROTOCOL_NON_DATA;
	bool from_drive = command->protocol == ATA_PROTOCOL_PIO_IN;
	bool extended = command->extended;
	uint64_t lba = command->lba;

	memset(cdb, 0, 16);
	cdb[0] = 0x85;
	cdb[1] = (uint8_t)((unsigned)command->protocol << 1 | (extended ? 0x01 : 0));
	cdb[2] = (uint8_t)((command->want_registers ? 0x20 : 0) | (from_drive ? 0x08 : 0) |
			   (moves_data ? 0x04 | 0x02 : 0));
	if (extended) {
		cdb[3] = (uint8_t)(command->feature >> 8);
		cdb[5] = (uint8_t)(command->count >> 8);
		cdb[7] = (uint8_t)(lba >> 24);
		cdb[9] = (uint8_t)(lba >> 32);
		cdb[11] = (uint8_t)(lba >> 40);
	}
	cdb[4] = (uint8_t)command->feature;
	cdb[6] = (uint8_t)command->count;
	cdb[8] = (uint8_t)lba;
	cdb[10] = (uint8_t)(lba >> 8);
	cdb[12] = (uint8_t)(lba >> 16);
	cdb[13] = command->device;
	cdb[14] = command->command;
}

static int read_registers(const struct scsi_answer *answer, struct ata_registers *ret)
{
	const uint8_t *bytes = scsi_sense_descriptor(answer, 0x09, 14);
	if (!bytes || bytes[1] != 12)
		return -EBADMSG;
	bool extended = bytes[2] & 0x01;
	struct ata_registers registers = {
		.extended = extended,
		.error = bytes[3],
		.count = bytes[5],
		.lba = (uint64_t)bytes[11] << 16 | (uint64_t)bytes[9] << 8 | bytes[7],
		.device = bytes[12],
		.status = bytes[13],
	};
	if (extended) {
		registers.count = (uint16_t)(registers.count | bytes[4] << 8);
		registers.lba |= (uint64_t)bytes[10] << 40 | (uint64_t)bytes[8] << 32 |
				 (uint64_t)bytes[6] << 24;
	}
	*ret = registers;
	return 0;
}

/* After success with CK_COND the translation answers CHECK CONDITION, RECOVERED ERROR, ATA PASS
 * THROUGH INFORMATION AVAILABLE (00h/1Dh), and the registers. */
static int take_registers(const struct scsi_answer *answer, struct ata_registers *ret)
{
	struct ata_registers registers;
	if (answer->status != SCSI_STATUS_CHECK_CONDITION)
		return -EBADMSG;
	struct scsi_sense sense = scsi_sense_read(answer);
	if (!sense.valid || read_registers(answer, &registers))
		return sense.valid && sense.key > SENSE_KEY_RECOVERED_ERROR ? -EREMOTEIO : -EBADMSG;
	if (sense.key > SENSE_KEY_RECOVERED_ERROR ||
		(registers.status & (ATA_STATUS_BUSY | ATA_STATUS_DEVICE_FAULT | ATA_STATUS_ERROR)))
		return -EREMOTEIO;
	if (!(registers.status & ATA_STATUS_READY))
		return -EBADMSG;
	*ret = registers;
	return 0;
}

int ata_execute(struct scsi_transport *transport, const struct ata_command *command,
	struct ata_registers *ret_registers)
{
	bool moves_data = command->protocol != ATA_PROTOCOL_NON_DATA;
	struct scsi_command scsi = {
		.cdb_length = 16,
		.transfer = !moves_data                                ? TRANSFER_NONE
			    : command->protocol == ATA_PROTOCOL_PIO_IN ? TRANSFER_FROM_DRIVE
								       : TRANSFER_TO_DRIVE,
		.data = command->data,
		.data_length = command->data_length,
		.timeout_ms = command->timeout_ms,
	};
	build_cdb(command, scsi.cdb);
	if (command->want_registers && !ret_registers)
		return -EINVAL;

	struct scsi_answer answer;
	int error = scsi_execute(transport, &scsi, &answer);
	if (error)
		return error;
	if (command->want_registers)
		error = take_registers(&answer, ret_registers);
	else if (answer.status != SCSI_STATUS_GOOD)
		error = -EREMOTEIO;
	if (!error && answer.transferred != command->data_length)
		error = -EBADMSG;
	return error;
}

static uint16_t word(const uint8_t *data, size_t index)
{
	return (uint16_t)(data[2 * index] | data[2 * index + 1] << 8);
}

static uint32_t words_32(const uint8_t *data, size_t first)
{
	return word(data, first) | (uint32_t)word(data, first + 1) << 16;
}

static uint64_t words_64(const uint8_t *data, size_t first)
{
	return words_32(data, first) | (uint64_t)words_32(data, first + 2) << 32;
}

/* ACS-4 3.4.9: the first character is the high byte of the first word. ret has 2 * count + 1. */
static void string(const uint8_t *data, size_t first, size_t count, char *ret)
{
	for (size_t i = 0; i < count; i++) {
		ret[2 * i] = (char)data[2 * (first + i) + 1];
		ret[2 * i + 1] = (char)data[2 * (first + i)];
	}
	ret[2 * count] = '\0';
}

/* Many words carry 01b in bits 15:14 to say that they are valid. */
static bool is_valid(uint16_t value)
{
	return (value & 0xc000) == 0x4000;
}

/* Word 255: A5h, and a byte that makes the sum of all 512 zero. */
static bool checksum_is_right(const uint8_t *data)
{
	uint8_t sum = 0;
	for (size_t i = 0; i < ATA_IDENTIFY_BYTES; i++)
		sum = (uint8_t)(sum + data[i]);
	return sum == 0;
}

static uint64_t accessible_sectors(const uint8_t *data)
{
	if (!(word(data, 83) & 1 << 10)) /* no 48-bit addresses */
		return words_32(data, 60);
	uint64_t sectors = words_64(data, 100);
	if (word(data, 69) & 1 << 3) /* EXTENDED NUMBER OF USER ADDRESSABLE SECTORS supported */
		sectors = MAX(sectors, words_64(data, 230));
	return sectors;
}

int ata_identify_read(const uint8_t data[static ATA_IDENTIFY_BYTES], struct ata_facts *ret)
{
	if (word(data, 0) & 0x8000) /* a packet device */
		return -EBADMSG;
	if (data[510] == 0xa5 && !checksum_is_right(data))
		return -EBADMSG;
	if (!is_valid(word(data, 83)))
		return -EBADMSG;

	bool enabled_valid = is_valid(word(data, 87));
	bool long_sectors = is_valid(word(data, 106)) && word(data, 106) & 1 << 12;
	/* Supported or enabled: whichever word says so makes us ask. */
	uint16_t set_1 = word(data, 82) | (enabled_valid ? word(data, 85) : 0);
	uint16_t set_2 = word(data, 83) | (enabled_valid ? word(data, 86) : 0);
	uint16_t set_4 = (is_valid(word(data, 119)) ? word(data, 119) : 0) |
			 (is_valid(word(data, 120)) ? word(data, 120) : 0);
	struct ata_facts facts = {
		.wwn = enabled_valid && word(data, 87) & 1 << 8
			       ? (uint64_t)word(data, 108) << 48 | (uint64_t)word(data, 109) << 32 |
					 (uint64_t)word(data, 110) << 16 | word(data, 111)
			       : 0,
		.sectors = accessible_sectors(data),
		.sector_bytes = long_sectors ? words_32(data, 117) : 256,
		.rotation_rate = word(data, 217),
		.extended = word(data, 83) & 1 << 10,
		.has_protected_area = set_1 & 1 << 10,
		.has_configuration_overlay = set_2 & 1 << 11,
		.has_accessible_max_address = set_4 & 1 << 8,
	};
	/* Words 117 and 118 count 16-bit words. */
	if (facts.sectors == 0 || facts.sector_bytes < 256 || facts.sector_bytes > 32768)
		return -EBADMSG;
	facts.sector_bytes *= 2;
	string(data, 10, 10, facts.serial);
	string(data, 23, 4, facts.firmware);
	string(data, 27, 20, facts.model);
	*ret = facts;
	return 0;
}

int ata_identify(struct scsi_transport *transport, struct ata_facts *ret)
{
	uint8_t data[ATA_IDENTIFY_BYTES] = { 0 };
	struct ata_command command = {
		.protocol = ATA_PROTOCOL_PIO_IN,
		.count = 1,
		.command = COMMAND_IDENTIFY_DEVICE,
		.data = data,
		.data_length = sizeof(data),
		.timeout_ms = COMMAND_TIMEOUT_MS,
	};
	int error = ata_execute(transport, &command, NULL);
	return error ? error : ata_identify_read(data, ret);
}

int ata_read_native_max(struct scsi_transport *transport, bool extended, uint64_t *ret_sectors)
{
	struct ata_command command = {
		.protocol = ATA_PROTOCOL_NON_DATA,
		.extended = extended,
		.want_registers = true,
		.device = DEVICE_LBA,
		.command = extended ? COMMAND_READ_NATIVE_MAX_ADDRESS_EXT
				    : COMMAND_READ_NATIVE_MAX_ADDRESS,
		.timeout_ms = COMMAND_TIMEOUT_MS,
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
		.device = DEVICE_LBA,
		.command = COMMAND_ACCESSIBLE_MAX_ADDRESS,
		.timeout_ms = COMMAND_TIMEOUT_MS,
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
		.device = DEVICE_LBA,
		.command = COMMAND_DEVICE_CONFIGURATION,
		.data = data,
		.data_length = sizeof(data),
		.timeout_ms = COMMAND_TIMEOUT_MS,
	};
	int error = ata_execute(transport, &command, NULL);
	if (error)
		return error;
	/* ACS-2 table 32: revision, words 3 to 6 MAXIMUM LBA, word 255 integrity (here mandatory). */
	uint64_t last = words_64(data, 3);
	if (data[510] != 0xa5 || !checksum_is_right(data) || word(data, 0) == 0 ||
		last > LBA_48_MASK)
		return -EBADMSG;
	*ret_sectors = last + 1;
	return 0;
}
