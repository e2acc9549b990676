/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an ATA drive says of itself: IDENTIFY DEVICE (ACS-4 7.12), and its own watch (SMART). */
#include "device/command/ata.h"
#include "device/command/ata_words.h"

#include <errno.h>
#include <string.h>

#define COMMAND_SMART 0xb0
#define COMMAND_IDENTIFY_DEVICE 0xec

/* ACS-4 3.4.9: the first character is the high byte of the first word. ret has 2 * count + 1. */
static void string(const uint8_t *data, size_t first, size_t count, char *ret)
{
	for (size_t i = 0; i < count; i++) {
		ret[2 * i] = (char)data[2 * (first + i) + 1];
		ret[2 * i + 1] = (char)data[2 * (first + i)];
	}
	ret[2 * count] = '\0';
}

static uint64_t accessible_sectors(const uint8_t *data)
{
	if (!(ata_word(data, 83) & 1 << 10)) /* no 48-bit addresses */
		return ata_words_32(data, 60);
	uint64_t sectors = ata_words_64(data, 100);
	if (ata_word(data, 69) & 1 << 3) /* EXTENDED NUMBER OF USER ADDRESSABLE SECTORS supported */
		sectors = MAX(sectors, ata_words_64(data, 230));
	return sectors;
}

int ata_identify_read(const uint8_t data[static ATA_IDENTIFY_BYTES], struct ata_facts *ret)
{
	if (ata_word(data, 0) & 0x8000) /* a packet device */
		return -EBADMSG;
	if (data[510] == 0xa5 && !ata_checksum_is_right(data))
		return -EBADMSG;
	if (!ata_word_is_valid(ata_word(data, 83)))
		return -EBADMSG;

	bool enabled_valid = ata_word_is_valid(ata_word(data, 87));
	bool long_sectors = ata_word_is_valid(ata_word(data, 106)) && ata_word(data, 106) & 1 << 12;
	/* Supported or enabled: whichever word says so makes us ask. */
	uint16_t set_1 = ata_word(data, 82) | (enabled_valid ? ata_word(data, 85) : 0);
	uint16_t set_2 = ata_word(data, 83) | (enabled_valid ? ata_word(data, 86) : 0);
	uint16_t set_4 = (ata_word_is_valid(ata_word(data, 119)) ? ata_word(data, 119) : 0) |
			 (ata_word_is_valid(ata_word(data, 120)) ? ata_word(data, 120) : 0);
	struct ata_facts facts = {
		.wwn = enabled_valid && ata_word(data, 87) & 1 << 8
			       ? (uint64_t)ata_word(data, 108) << 48 |
					 (uint64_t)ata_word(data, 109) << 32 |
					 (uint64_t)ata_word(data, 110) << 16 | ata_word(data, 111)
			       : 0,
		.sectors = accessible_sectors(data),
		.sector_bytes = long_sectors ? ata_words_32(data, 117) : 256,
		.rotation_rate = ata_word(data, 217),
		.extended = ata_word(data, 83) & 1 << 10,
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

int ata_identify_raw(struct scsi_transport *transport, uint8_t ret_data[static ATA_IDENTIFY_BYTES])
{
	uint8_t data[ATA_IDENTIFY_BYTES] = { 0 };
	struct ata_command command = {
		.protocol = ATA_PROTOCOL_PIO_IN,
		.count = 1,
		.command = COMMAND_IDENTIFY_DEVICE,
		.data = data,
		.data_length = sizeof(data),
		.timeout_ms = ATA_TIMEOUT_MS,
	};
	int error = ata_execute(transport, &command, NULL);
	if (!error)
		memcpy(ret_data, data, sizeof(data));
	return error;
}

int ata_identify(struct scsi_transport *transport, struct ata_facts *ret)
{
	uint8_t data[ATA_IDENTIFY_BYTES];
	int error = ata_identify_raw(transport, data);
	return error ? error : ata_identify_read(data, ret);
}

int ata_smart_read(struct scsi_transport *transport, uint8_t ret_data[static ATA_SMART_BYTES])
{
	uint8_t data[ATA_SMART_BYTES] = { 0 };
	struct ata_command command = {
		.protocol = ATA_PROTOCOL_PIO_IN,
		.feature = 0xd0, /* SMART READ DATA (ACS-2 7.52.6) */
		.count = 1,
		.lba = 0xc24f00, /* the key of all SMART commands */
		.command = COMMAND_SMART,
		.data = data,
		.data_length = sizeof(data),
		.timeout_ms = ATA_TIMEOUT_MS,
	};
	int error = ata_execute(transport, &command, NULL);
	uint8_t sum = 0;
	for (size_t i = 0; i < sizeof(data); i++)
		sum = (uint8_t)(sum + data[i]);
	if (!error && sum != 0)
		error = -EBADMSG;
	if (!error)
		memcpy(ret_data, data, sizeof(data));
	return error;
}
