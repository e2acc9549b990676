/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RAID that firmware makes and Linux can assemble: Intel's (IMSM) and DDF (SNIA Common RAID Disk Data
 * Format 2.0). Only which array it is; which disks are its others, the firmware or mdadm tell. */
#include "device/detail.h"

#include "device/bytes.h"
#include <errno.h>
#include <stdio.h>

#define SECTOR 512

/* Intel's: the last sector but one -------------------------------------------------------------- */

#define IMSM_SIGNATURE "Intel Raid ISM Cfg Sig. "
#define IMSM_FAMILY 40
#define IMSM_GENERATION 44
#define IMSM_DISKS 56 /* u8, and behind it that of the volumes */
#define IMSM_DISK_TABLE 216
#define IMSM_DISK_BYTES 48
#define IMSM_NAME_BYTES 16 /* at the start of a volume */

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
	return 0;
}

/* DDF: its anchor is the last sector ------------------------------------------------------------- */

#define DDF_MAGIC 0xde11de11u
#define DDF_GUID 8
#define DDF_GUID_BYTES 24

/* The checksum is a CRC-32 of 512 bytes with its own field (u32 at 4) as ones. */
static uint32_t ddf_sum(const uint8_t sector[static SECTOR])
{
	uint32_t sum = UINT32_MAX;
	for (size_t i = 0; i < SECTOR; i++) {
		sum ^= i >= 4 && i < 8 ? 0xff : sector[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
	}
	return ~sum;
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
