/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RAID that firmware makes and Linux can assemble: Intel's (IMSM) and DDF (SNIA Common RAID Disk Data
 * Format 2.0). Only which array it is; which disks are its others, the firmware or mdadm tell. */
#include "device/probe/detail.h"

#include "device/probe/bytes.h"
#include <errno.h>
#include <stdio.h>

#define SECTOR 512

/* Intel's: the last sector but one -------------------------------------------------------------- */

#define IMSM_SIGNATURE "Intel Raid ISM Cfg Sig. "
#define IMSM_SUM 32
#define IMSM_BYTES 36 /* of all of it */
#define IMSM_SECTORS_MAX 128
#define IMSM_FAMILY 40
#define IMSM_GENERATION 44
#define IMSM_DISKS 56 /* u8, and behind it that of the volumes */
#define IMSM_DISK_TABLE 216
#define IMSM_DISK_BYTES 48
#define IMSM_NAME_BYTES 16 /* at the start of a volume */

/* The sum of all 32-bit numbers but itself. The first 512 bytes stand last: what does not fit into
 * them is in the sectors before. */
static int check_imsm(
	const struct device_area *area, uint64_t magic, const uint8_t *sector, json_t *ret)
{
	uint8_t more[SECTOR];
	uint32_t bytes = le32_at(sector + IMSM_BYTES), sum = 0;
	uint32_t sectors = bytes / SECTOR + (bytes % SECTOR != 0);
	if (bytes < IMSM_DISK_TABLE || sectors > IMSM_SECTORS_MAX || bytes % 4 != 0 ||
		(sectors - 1) * (uint64_t)SECTOR > magic)
		return detail_problem(ret, "damaged");
	for (uint32_t i = 0; i < sectors; i++) {
		/* sector 0 is the anchor; 1 is the first of those before it */
		uint64_t offset = magic - (sectors - i) * (uint64_t)SECTOR;
		int result = i == 0 ? 0 : device_area_read(area, offset, more, sizeof(more));
		if (result < 0)
			return result;
		const uint8_t *from = i == 0 ? sector : more;
		for (uint32_t at = 0; at < SECTOR && i * SECTOR + at < bytes; at += 4)
			sum += i == 0 && at == IMSM_SUM ? 0 : le32_at(from + at);
	}
	return sum == le32_at(sector + IMSM_SUM) ? 0 : detail_problem(ret, "checksum");
}

int detail_imsm(const struct device_area *area, uint64_t magic, json_t *ret)
{
	uint8_t sector[SECTOR];
	int result = device_area_read(area, magic, sector, sizeof(sector));
	if (result < 0)
		return result;
	if (memcmp(sector, IMSM_SIGNATURE, strlen(IMSM_SIGNATURE)) != 0)
		return -EBADMSG;
	char family[16];
	(void)snprintf(family, sizeof(family), "%08x", le32_at(sector + IMSM_FAMILY));
	size_t volume = IMSM_DISK_TABLE + IMSM_DISK_BYTES * (size_t)sector[IMSM_DISKS];
	bool named = sector[IMSM_DISKS + 1] > 0 && volume + IMSM_NAME_BYTES <= sizeof(sector);
	if (json_put_string(ret, "uuid", family) < 0 ||
		json_put_integer(ret, "events", le32_at(sector + IMSM_GENERATION)) < 0 ||
		json_put_integer(ret, "raid_disks", sector[IMSM_DISKS]) < 0 ||
		detail_put_text(ret, "name", named ? sector + volume : sector,
			named ? IMSM_NAME_BYTES : 0) < 0)
		return -ENOMEM;
	return check_imsm(area, magic, sector, ret);
}

/* DDF: its anchor is the last sector ------------------------------------------------------------- */

#define DDF_MAGIC 0xde11de11u
#define DDF_GUID 8
#define DDF_GUID_BYTES 24

/* The checksum is a CRC-32 of 512 bytes with its own field (u32 at 4) as ones; begun with zeros and
 * not inverted, as Linux' mdadm has it. */
static uint32_t ddf_sum(const uint8_t sector[static SECTOR])
{
	uint32_t sum = 0;
	for (size_t i = 0; i < SECTOR; i++) {
		sum ^= i >= 4 && i < 8 ? 0xff : sector[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
	}
	return sum;
}

int detail_ddf(const struct device_area *area, uint64_t magic, json_t *ret)
{
	uint8_t sector[SECTOR];
	char guid[2 * DDF_GUID_BYTES + 1];
	int result = device_area_read(area, magic, sector, sizeof(sector));
	if (result < 0)
		return result;
	bool big_endian = be32_at(sector) == DDF_MAGIC;
	if (!big_endian && le32_at(sector) != DDF_MAGIC)
		return -EBADMSG;
	for (size_t i = 0; i < DDF_GUID_BYTES; i++)
		(void)snprintf(guid + 2 * i, 3, "%02x", sector[DDF_GUID + i]);
	if (json_put_string(ret, "uuid", guid) < 0)
		return -ENOMEM;
	uint32_t sum = big_endian ? be32_at(sector + 4) : le32_at(sector + 4);
	return sum == ddf_sum(sector) ? 0 : detail_problem(ret, "checksum");
}
