/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Superblocks made by the fields of their formats. */
#include "tests/support/superblocks.h"

#include <linux/raid/md_p.h>
#include <string.h>

void put_le16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

void put_le32(uint8_t *at, uint32_t value)
{
	put_le16(at, (uint16_t)value);
	put_le16(at + 2, (uint16_t)(value >> 16));
}

void put_le64(uint8_t *at, uint64_t value)
{
	put_le32(at, (uint32_t)value);
	put_le32(at + 4, (uint32_t)(value >> 32));
}

void put_be32(uint8_t *at, uint32_t value)
{
	put_le32(at, __builtin_bswap32(value));
}

void put_be64(uint8_t *at, uint64_t value)
{
	put_le64(at, __builtin_bswap64(value));
}

/* LVM2 ---------------------------------------------------------------------------------------- */

/* Bit by bit; the one under test goes by tables. */
static uint32_t lvm_sum(uint32_t sum, const uint8_t *data, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		sum ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
	}
	return sum;
}

#define LVM_SUM_START 0xf597a6cfu

void seal_lvm(uint8_t *image)
{
	uint8_t *label = image + 512, *area = image + LVM_AREA_AT;
	put_le32(label + 16, lvm_sum(LVM_SUM_START, label + 20, 512 - 20));
	put_le32(area, lvm_sum(LVM_SUM_START, area + 4, 512 - 4));
}

void make_lvm(
	uint8_t *image, const char *pv_id, uint64_t area_bytes, uint64_t text_at, const char *text)
{
	uint8_t *label = image + 512, *area = image + LVM_AREA_AT;
	uint8_t *locations = label + 32 + 40;
	size_t length = text[0] ? strlen(text) + 1 : 0;
	memcpy(label, "LABELONE", 8);
	put_le64(label + 8, 1);
	put_le32(label + 20, 32);
	memcpy(label + 24, "LVM2 001", 8);
	memcpy(label + 32, pv_id, 32);
	put_le64(label + 64, 64 * MIB);
	put_le64(locations, 1 * MIB); /* one data area, its end, one metadata area, its end */
	put_le64(locations + 32, LVM_AREA_AT);
	put_le64(locations + 40, area_bytes);
	memcpy(area + 4, " LVM2 x[5A%r0N*>", 16);
	put_le32(area + 20, 1);
	put_le64(area + 24, LVM_AREA_AT);
	put_le64(area + 32, area_bytes);
	put_le64(area + 40, length ? text_at : 0);
	put_le64(area + 48, length);
	put_le32(area + 56, lvm_sum(LVM_SUM_START, (const uint8_t *)text, length));
	for (size_t i = 0; i < length; i++) {
		uint64_t at = text_at + i;
		if (at >= area_bytes)
			at -= area_bytes - 512;
		area[at] = (uint8_t)text[i];
	}
	seal_lvm(image);
}

/* md ------------------------------------------------------------------------------------------ */

#define MD_FIELD(name) (block + offsetof(struct mdp_superblock_1, name))

void seal_md1(uint8_t *block)
{
	uint32_t devices, word;
	uint64_t sum = 0;
	memcpy(&devices, MD_FIELD(max_dev), sizeof(devices));
	put_le32(MD_FIELD(sb_csum), 0);
	/* An odd number of places leaves two zero bytes at the end. */
	for (size_t at = 0; at < sizeof(struct mdp_superblock_1) + 2 * (size_t)devices; at += 4) {
		memcpy(&word, block + at, sizeof(word));
		sum += word;
	}
	put_le32(MD_FIELD(sb_csum), (uint32_t)(sum + (sum >> 32)));
}

void make_md1(uint8_t *block, int level, unsigned raid_disks, unsigned number, unsigned devices)
{
	put_le32(MD_FIELD(magic), MD_SB_MAGIC);
	put_le32(MD_FIELD(major_version), 1);
	memcpy(MD_FIELD(set_uuid), "0123456789abcdef", 16);
	memcpy(MD_FIELD(set_name), "host:payroll", 12);
	put_le32(MD_FIELD(level), (uint32_t)level);
	put_le32(MD_FIELD(layout), level == 10 ? 0x102 : 2);
	put_le64(MD_FIELD(size), 20480);
	put_le32(MD_FIELD(chunksize), 1024);
	put_le32(MD_FIELD(raid_disks), raid_disks);
	put_le64(MD_FIELD(data_offset), 2048);
	put_le64(MD_FIELD(data_size), 20480);
	put_le64(MD_FIELD(super_offset), 8);
	put_le32(MD_FIELD(dev_number), number);
	memcpy(MD_FIELD(device_uuid), "fedcba9876543210", 16);
	put_le64(MD_FIELD(utime), UINT64_C(1795406400) | UINT64_C(123) << 40);
	put_le64(MD_FIELD(events), 18);
	put_le32(MD_FIELD(max_dev), devices);
	for (unsigned i = 0; i < devices; i++)
		put_le16(block + sizeof(struct mdp_superblock_1) + 2 * i,
			i < raid_disks ? (uint16_t)i : MD_DISK_ROLE_SPARE);
	seal_md1(block);
}
