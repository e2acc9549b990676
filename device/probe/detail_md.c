/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members of md arrays: superblocks 0.90 (of either byte order) and 1.x, by <linux/raid/md_p.h>. */
#include "device/probe/detail.h"

#include "base/clock.h"
#include "device/probe/bytes.h"
#include <errno.h>
#include <linux/raid/md_p.h>
#include <stdio.h>

#define SECTOR UINT64_C(512)
/* As many places as fit behind the fixed part of a superblock of 4 KiB. */
#define DEVICES_MAX ((MD_SB_BYTES - sizeof(struct mdp_superblock_1)) / 2)

/* What both kinds say. */
struct md {
	const char *metadata;
	int32_t level;
	uint32_t layout;
	uint32_t raid_disks;
	uint64_t member_bytes; /* used of each member */
	uint64_t events;
	uint64_t update_utc_s;
	uint32_t role; /* a slot, or MD_DISK_ROLE_… */
	bool checksum_fits;
};

static const char *level_name(int32_t level)
{
	static const struct {
		int32_t level;
		const char *name;
	} names[] = {
		{ -5, "faulty" },
		{ -4, "multipath" },
		{ -1, "linear" },
		{ 0, "raid0" },
		{ 1, "raid1" },
		{ 4, "raid4" },
		{ 5, "raid5" },
		{ 6, "raid6" },
		{ 10, "raid10" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].level == level)
			return names[i].name;
	return "other";
}

/* 0: one member does not tell, its peers may be larger (raid0, linear). */
static uint64_t array_bytes(const struct md *md)
{
	uint64_t data = 0, copies = 1, bytes;
	if (md->level == 1)
		data = 1;
	else if ((md->level == 4 || md->level == 5) && md->raid_disks > 1)
		data = md->raid_disks - 1;
	else if (md->level == 6 && md->raid_disks > 2)
		data = md->raid_disks - 2;
	else if (md->level == 10) {
		data = md->raid_disks;
		copies = (md->layout & 255) * (uint64_t)(md->layout >> 8 & 255);
	}
	if (copies == 0 || __builtin_mul_overflow(md->member_bytes, data, &bytes))
		return 0;
	return bytes / copies;
}

static int put_role(json_t *object, uint32_t role)
{
	switch (role) {
	case MD_DISK_ROLE_SPARE:
		return json_put_string(object, "role", "spare");
	case MD_DISK_ROLE_FAULTY:
		return json_put_string(object, "role", "faulty");
	case MD_DISK_ROLE_JOURNAL:
		return json_put_string(object, "role", "journal");
	default:
		return json_put_integer(object, "role", role);
	}
}

static int put_md(json_t *object, const struct md *md)
{
	char updated[CLOCK_TEXT_SIZE];
	clock_format((int64_t)md->update_utc_s * 1000, updated);
	if (json_put_string(object, "metadata", md->metadata) < 0 ||
		json_put_string(object, "level", level_name(md->level)) < 0 ||
		json_put_integer(object, "raid_disks", md->raid_disks) < 0 ||
		put_role(object, md->role) < 0 ||
		detail_put_number(object, "events", md->events) < 0 ||
		detail_put_number(object, "array_size_bytes", array_bytes(md)) < 0 ||
		json_put_string(object, "update_utc", updated) < 0)
		return -ENOMEM;
	return md->checksum_fits ? 0 : detail_problem(object, "checksum");
}

/* The sum of all 32-bit numbers, folded; a last one of 16 bits counts as it is. */
static uint32_t fold(uint64_t sum)
{
	return (uint32_t)(sum + (sum >> 32));
}

/* Superblock 1.x ------------------------------------------------------------------------------ */

#define FIELD(name) offsetof(struct mdp_superblock_1, name)

static uint32_t sum_1(const uint8_t *superblock, size_t length)
{
	uint64_t sum = 0;
	for (size_t at = 0; at + 4 <= length; at += 4)
		if (at != FIELD(sb_csum))
			sum += le32_at(superblock + at);
	if (length % 4 != 0)
		sum += le16_at(superblock + length - 2);
	return fold(sum);
}

static const char *minor_of(uint64_t superblock_sector)
{
	return superblock_sector == 0 ? "1.1" : superblock_sector == 8 ? "1.2" : "1.0";
}

static int read_1(const struct device_area *area, uint64_t magic, json_t *ret)
{
	uint8_t block[MD_SB_BYTES];
	const size_t fixed = sizeof(struct mdp_superblock_1);
	int result = device_area_read(area, magic, block, fixed);
	if (result < 0)
		return result;
	uint32_t devices = le32_at(block + FIELD(max_dev));
	uint32_t number = le32_at(block + FIELD(dev_number));
	if (devices > DEVICES_MAX)
		return -EBADMSG;
	size_t length = fixed + 2 * (size_t)devices;
	result = device_area_read(area, magic, block, length);
	if (result < 0)
		return result;
	const struct md md = {
		.metadata = minor_of(le64_at(block + FIELD(super_offset))),
		.level = (int32_t)le32_at(block + FIELD(level)),
		.layout = le32_at(block + FIELD(layout)),
		.raid_disks = le32_at(block + FIELD(raid_disks)),
		.member_bytes = MIN(le64_at(block + FIELD(size)), INT64_MAX / SECTOR) * SECTOR,
		.events = le64_at(block + FIELD(events)),
		.update_utc_s = le64_at(block + FIELD(utime)) & MD_SUPERBLOCK_1_TIME_SEC_MASK,
		.role = number < devices ? le16_at(block + fixed + 2 * (size_t)number)
					 : MD_DISK_ROLE_SPARE,
		.checksum_fits = sum_1(block, length) == le32_at(block + FIELD(sb_csum)),
	};
	if (detail_put_uuid(ret, "array_uuid", block + FIELD(set_uuid)) < 0 ||
		detail_put_uuid(ret, "device_uuid", block + FIELD(device_uuid)) < 0 ||
		detail_put_text(ret, "name", block + FIELD(set_name), 32) < 0)
		return -ENOMEM;
	return put_md(ret, &md);
}

/* Superblock 0.90 ----------------------------------------------------------------------------- */

#define WORD(name) (offsetof(mdp_super_t, name) / 4)
#define WORDS (MD_SB_BYTES / 4)

static uint32_t role_090(const uint32_t words[static WORDS])
{
	uint32_t state = words[WORD(this_disk.state)];
	if (state & (1u << MD_DISK_FAULTY | 1u << MD_DISK_REMOVED))
		return MD_DISK_ROLE_FAULTY;
	return state & 1u << MD_DISK_ACTIVE ? words[WORD(this_disk.raid_disk)] : MD_DISK_ROLE_SPARE;
}

static int put_uuid_090(json_t *object, const uint32_t words[static WORDS])
{
	const uint32_t parts[] = { words[WORD(set_uuid0)], words[WORD(set_uuid1)],
		words[WORD(set_uuid2)], words[WORD(set_uuid3)] };
	uint8_t uuid[16];
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		uint32_t big = htobe32(parts[i]);
		memcpy(uuid + 4 * i, &big, sizeof(big));
	}
	return detail_put_uuid(object, "array_uuid", uuid);
}

/* The parts of the 64-bit count change places with the byte order. */
static uint64_t events_090(const uint32_t words[static WORDS], bool big_endian)
{
	const size_t first = (offsetof(mdp_super_t, sb_csum) + 4) / 4;
	return (uint64_t)words[first + (big_endian ? 0 : 1)] << 32 |
	       words[first + (big_endian ? 1 : 0)];
}

static int read_090(const struct device_area *area, uint64_t magic, bool big_endian, json_t *ret)
{
	uint8_t block[MD_SB_BYTES];
	uint32_t words[WORDS];
	uint64_t sum = 0;
	int result = device_area_read(area, magic, block, sizeof(block));
	if (result < 0)
		return result;
	for (size_t i = 0; i < WORDS; i++) {
		words[i] = big_endian ? be32_at(block + 4 * i) : le32_at(block + 4 * i);
		sum += i == WORD(sb_csum) ? 0 : words[i];
	}
	char metadata[16];
	(void)snprintf(
		metadata, sizeof(metadata), "0.%u", (unsigned)MIN(words[WORD(minor_version)], 99u));
	const struct md md = {
		.metadata = metadata,
		.level = (int32_t)words[WORD(level)],
		.layout = words[WORD(layout)],
		.raid_disks = words[WORD(raid_disks)],
		.member_bytes = words[WORD(size)] * KIB,
		.events = events_090(words, big_endian),
		.update_utc_s = words[WORD(utime)],
		.role = role_090(words),
		.checksum_fits = fold(sum) == words[WORD(sb_csum)],
	};
	if (put_uuid_090(ret, words) < 0 || json_put_string(ret, "device_uuid", "") < 0 ||
		json_put_string(ret, "name", "") < 0)
		return -ENOMEM;
	return put_md(ret, &md);
}

int detail_md(const struct device_area *area, uint64_t magic, json_t *ret)
{
	uint8_t start[8];
	int result = device_area_read(area, magic, start, sizeof(start));
	if (result < 0)
		return result;
	if (be32_at(start) == MD_SB_MAGIC)
		return read_090(area, magic, true, ret);
	if (le32_at(start) != MD_SB_MAGIC)
		return -EBADMSG;
	return le32_at(start + 4) == 1 ? read_1(area, magic, ret)
				       : read_090(area, magic, false, ret);
}
