/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probing by libblkid: all superblocks and tables of one area, not only the winning one, then the
 * table's partitions. What is read is hostile: steps, depth and entries are bounded. */
#include "device/probe/signature_probe.h"
#include "device/probe/hostile_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* More results than this from one area is a disk made to keep us busy. */
#define STEPS_MAX 2048

struct area {
	uint64_t offset_bytes;
	uint64_t length_bytes;
	unsigned partition_number; /* 0: the whole device */
};

static void cleanup_probe(blkid_probe *probe)
{
	if (*probe)
		blkid_free_probe(*probe);
}
#define AUTO_PROBE CLEANUP(cleanup_probe)

static int append(struct signature_walk *walk, const struct signature *signature)
{
	struct signature_list *list = walk->list;
	if (list->count == SIGNATURES_MAX) {
		list->truncated = true;
		return 0;
	}
	if (!list->items) {
		list->items = calloc(SIGNATURES_MAX, sizeof(*list->items));
		if (!list->items)
			return -ENOMEM;
	}
	list->items[list->count++] = *signature;
	return 0;
}

static bool is_listed(const struct signature_walk *walk, const struct signature *signature)
{
	for (size_t i = 0; i < walk->list->count; i++) {
		const struct signature *other = &walk->list->items[i];
		if (other->usage == signature->usage &&
			other->magic_offset_bytes == signature->magic_offset_bytes &&
			other->partition_number == signature->partition_number &&
			other->offset_bytes == signature->offset_bytes &&
			strcmp(other->type, signature->type) == 0)
			return true;
	}
	return false;
}

/* A filesystem by which more than one magic tells (vfat has three) is listed once. */
static bool is_another_magic(const struct signature_walk *walk, const struct signature *signature)
{
	if (signature->usage != SIGNATURE_FILESYSTEM || signature->uuid[0] == '\0')
		return false;
	for (size_t i = 0; i < walk->list->count; i++) {
		const struct signature *other = &walk->list->items[i];
		if (other->offset_bytes == signature->offset_bytes &&
			other->partition_number == signature->partition_number &&
			strcmp(other->type, signature->type) == 0 &&
			strcmp(other->uuid, signature->uuid) == 0)
			return true;
	}
	return false;
}

static void take_value(blkid_probe probe, const char *name, char *ret, size_t size)
{
	const char *value;
	size_t length;
	ret[0] = '\0';
	if (blkid_probe_lookup_value(probe, name, &value, &length) == 0 && value)
		hostile_text_clean(value, strnlen(value, length), ret, size);
}

/* Where the magic is, relative to the area. False when libblkid does not say. */
static bool take_magic(blkid_probe probe, const char *magic, const char *offset, uint64_t *ret,
	uint32_t *ret_length)
{
	const char *text;
	size_t length;
	if (blkid_probe_lookup_value(probe, offset, &text, NULL) || !text)
		return false;
	if (blkid_probe_lookup_value(probe, magic, NULL, &length) || length == 0)
		return false;
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (errno || end == text || *end != '\0' || value > INT64_MAX)
		return false;
	*ret = value;
	*ret_length = (uint32_t)MIN(length, (size_t)UINT32_MAX);
	return true;
}

static enum signature_usage usage_of(blkid_probe probe)
{
	static const struct {
		const char *word;
		enum signature_usage usage;
	} usages[] = {
		{ "filesystem", SIGNATURE_FILESYSTEM },
		{ "raid", SIGNATURE_RAID },
		{ "crypto", SIGNATURE_CRYPTO },
	};
	char word[32];
	take_value(probe, "USAGE", word, sizeof(word));
	for (size_t i = 0; i < ARRAY_SIZE(usages); i++) {
		if (strcmp(word, usages[i].word) == 0)
			return usages[i].usage;
	}
	return SIGNATURE_OTHER;
}

/* The result libblkid stands on. *ret_hide: where its magic is within the area, when it says. */
static struct signature describe(
	blkid_probe probe, const struct area *area, bool *ret_has_magic, uint64_t *ret_hide)
{
	struct signature signature = {
		.offset_bytes = area->offset_bytes,
		.length_bytes = area->length_bytes,
		.magic_offset_bytes = UINT64_MAX,
		.partition_number = area->partition_number,
	};
	bool table =
		!blkid_probe_has_value(probe, "TYPE") && blkid_probe_has_value(probe, "PTTYPE");
	if (table) {
		signature.usage = SIGNATURE_PARTITION_TABLE;
		take_value(probe, "PTTYPE", signature.type, sizeof(signature.type));
		take_value(probe, "PTUUID", signature.uuid, sizeof(signature.uuid));
		*ret_has_magic = take_magic(
			probe, "PTMAGIC", "PTMAGIC_OFFSET", ret_hide, &signature.magic_length);
	} else {
		signature.usage = usage_of(probe);
		take_value(probe, "TYPE", signature.type, sizeof(signature.type));
		take_value(probe, "UUID", signature.uuid, sizeof(signature.uuid));
		take_value(probe, "LABEL", signature.label, sizeof(signature.label));
		*ret_has_magic = take_magic(
			probe, "SBMAGIC", "SBMAGIC_OFFSET", ret_hide, &signature.magic_length);
	}
	if (*ret_has_magic)
		signature.magic_offset_bytes = area->offset_bytes + *ret_hide;
	return signature;
}

static int open_probe(const struct signature_walk *walk, const struct area *area, uint32_t sector,
	bool superblocks, blkid_probe *ret)
{
	const int superblock_flags = BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE | BLKID_SUBLKS_UUID |
				     BLKID_SUBLKS_LABEL | BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_BADCSUM;
	const int table_flags = BLKID_PARTS_MAGIC | BLKID_PARTS_FORCE_GPT;
	AUTO_PROBE blkid_probe probe = blkid_new_probe();
	if (!probe)
		return -ENOMEM;
	if (blkid_probe_set_device(probe, walk->fd, (blkid_loff_t)area->offset_bytes,
		    (blkid_loff_t)area->length_bytes) ||
		blkid_probe_set_sectorsize(probe, sector) ||
		blkid_probe_enable_superblocks(probe, superblocks) ||
		blkid_probe_enable_partitions(probe, 1) ||
		blkid_probe_set_partitions_flags(probe, table_flags))
		return -EIO;
	if (superblocks && blkid_probe_set_superblocks_flags(probe, superblock_flags))
		return -EIO;
	*ret = probe;
	probe = NULL;
	return 0;
}

static int probe_area(struct signature_walk *walk, const struct area *area);

static uint64_t sectors_to_bytes(blkid_loff_t sectors)
{
	uint64_t bytes; /* libblkid counts in 512 bytes whatever the device's sectors are */
	if (sectors < 0 || __builtin_mul_overflow((uint64_t)sectors, UINT64_C(512), &bytes) ||
		bytes > INT64_MAX)
		return INT64_MAX;
	return bytes;
}

/* An entry of the table: listed as the table says, probed as far as the device reaches. */
static int add_partition(
	struct signature_walk *walk, const struct area *disk, blkid_partition partition)
{
	int number = blkid_partition_get_partno(partition);
	uint64_t start = sectors_to_bytes(blkid_partition_get_start(partition));
	struct signature entry = {
		.usage = SIGNATURE_PARTITION,
		.offset_bytes =
			MIN(start, (uint64_t)INT64_MAX - disk->offset_bytes) + disk->offset_bytes,
		.length_bytes = sectors_to_bytes(blkid_partition_get_size(partition)),
		.magic_offset_bytes = UINT64_MAX,
		.partition_number = number > 0 ? (unsigned)number : 0,
	};
	const char *type = blkid_partition_get_type_string(partition);
	const char *uuid = blkid_partition_get_uuid(partition);
	const char *name = blkid_partition_get_name(partition);
	if (type && type[0])
		hostile_text_clean(type, strlen(type), entry.type, sizeof(entry.type));
	else
		(void)snprintf(entry.type, sizeof(entry.type), "0x%02x",
			(unsigned)blkid_partition_get_type(partition));
	if (uuid)
		hostile_text_clean(uuid, strlen(uuid), entry.uuid, sizeof(entry.uuid));
	if (name)
		hostile_text_clean(name, strlen(name), entry.label, sizeof(entry.label));
	int error = append(walk, &entry);

	/* An extended partition only holds the logical ones, which are listed themselves; one that
	 * starts where the disk does would be the disk again. */
	if (error || blkid_partition_is_extended(partition) || start == 0 ||
		entry.length_bytes == 0 || entry.partition_number == 0 ||
		start >= disk->length_bytes)
		return error;
	struct area inside = {
		.offset_bytes = entry.offset_bytes,
		.length_bytes = MIN(entry.length_bytes, disk->length_bytes - start),
		.partition_number = entry.partition_number,
	};
	error = signature_check_readable(walk->fd, inside.offset_bytes, inside.length_bytes, false);
	return error ? error : probe_area(walk, &inside);
}

static int add_entries(
	struct signature_walk *walk, const struct area *area, blkid_partlist partitions)
{
	int error = 0;
	int count = blkid_partlist_numof_partitions(partitions);
	for (int i = 0; i < count && !walk->list->truncated; i++) {
		blkid_partition partition = blkid_partlist_get_partition(partitions, i);
		error = partition ? add_partition(walk, area, partition) : -EIO;
		if (error)
			return error;
	}
	return 0;
}

/* The entries of the area's winning table. Nested tables are named but not entered. */
static int add_partitions(struct signature_walk *walk, const struct area *area, uint32_t sector)
{
	AUTO_PROBE blkid_probe probe = NULL;
	if (area->partition_number != 0)
		return 0;
	int error = open_probe(walk, area, sector, false, &probe);
	if (error)
		return error;
	blkid_partlist partitions = blkid_probe_get_partitions(probe);
	/* The table was there a moment ago. */
	return partitions ? add_entries(walk, area, partitions) : -EIO;
}

/* Take every result of one prober. Each magic found is hidden and its prober asked again, so that a
 * copy behind it (backup GPT, second LUKS2 header) shows too. */
static int take_results(
	struct signature_walk *walk, const struct area *area, uint32_t sector, blkid_probe probe)
{
	bool entered = false;
	for (int step = 0; step < STEPS_MAX && !walk->list->truncated; step++) {
		bool has_magic = false;
		uint64_t hide = 0;
		int result = blkid_do_probe(probe);
		if (result == 1)
			return 0;
		if (result != 0)
			return -EIO;
		struct signature found = describe(probe, area, &has_magic, &hide);
		if (is_listed(walk, &found))
			continue; /* seen with the other sector size, or it could not be hidden */
		int error = is_another_magic(walk, &found) ? 0 : append(walk, &found);
		if (!error && found.usage == SIGNATURE_PARTITION_TABLE && !entered) {
			entered = true;
			error = add_partitions(walk, area, sector);
		}
		if (error)
			return error;
		if (has_magic && blkid_probe_hide_range(probe, hide, found.magic_length) == 0 &&
			blkid_probe_step_back(probe))
			return -EIO;
	}
	walk->list->truncated = true;
	return 0;
}

static bool has_table(const struct signature_walk *walk)
{
	for (size_t i = 0; i < walk->list->count; i++)
		if (walk->list->items[i].usage == SIGNATURE_PARTITION_TABLE &&
			walk->list->items[i].partition_number == 0)
			return true;
	return false;
}

/* Tables that mostly stand inside a DOS partition (BSD's disklabel and its like) libblkid does not
 * name when they stand alone; it lists their entries only when asked for those. */
static int add_unnamed_table(struct signature_walk *walk, const struct area *area, uint32_t sector)
{
	AUTO_PROBE blkid_probe probe = NULL;
	if (area->partition_number != 0 || has_table(walk))
		return 0;
	int error = open_probe(walk, area, sector, false, &probe);
	if (error)
		return error;
	blkid_partlist partitions = blkid_probe_get_partitions(probe);
	blkid_parttable table = partitions ? blkid_partlist_get_table(partitions) : NULL;
	if (!table)
		return 0;
	const char *type = blkid_parttable_get_type(table);
	blkid_loff_t offset = blkid_parttable_get_offset(table);
	struct signature found = {
		.usage = SIGNATURE_PARTITION_TABLE,
		.type = "unknown",
		.length_bytes = area->length_bytes,
		.magic_offset_bytes = offset >= 0 ? (uint64_t)offset : UINT64_MAX,
	};
	if (type)
		hostile_text_clean(type, strlen(type), found.type, sizeof(found.type));
	error = append(walk, &found);
	return error ? error : add_entries(walk, area, partitions);
}

static int probe_sector_size(
	struct signature_walk *walk, const struct area *area, size_t number, uint32_t sector_bytes)
{
	AUTO_PROBE blkid_probe own = NULL;
	bool whole = number == 0 && area->partition_number == 0;
	int error = whole ? 0 : open_probe(walk, area, sector_bytes, number == 0, &own);
	if (!error)
		error = take_results(walk, area, sector_bytes, whole ? walk->whole : own);
	return error ? error : add_unnamed_table(walk, area, sector_bytes);
}

static int probe_area(struct signature_walk *walk, const struct area *area)
{
	/* A table written with the other sector size is no table to the kernel, but its bytes are
	 * there: a disk that was in another enclosure, or an image file. */
	const uint32_t sectors[] = { walk->sector_bytes, walk->sector_bytes == 512 ? 4096 : 512 };
	for (size_t i = 0; i < ARRAY_SIZE(sectors) && !walk->list->truncated; i++) {
		int error = probe_sector_size(walk, area, i, sectors[i]);
		if (error)
			return error;
	}
	return 0;
}

/* Many firmware RAIDs are looked for on whole disks only, and whether it is one libblkid learns from
 * sysfs: once, for as long as the probe lives. */
int signature_probe_open(struct signature_walk *walk)
{
	const struct area whole = { .length_bytes = walk->size_bytes };
	int error = open_probe(walk, &whole, walk->sector_bytes, true, &walk->whole);
	if (!error)
		(void)blkid_probe_is_wholedisk(walk->whole);
	return error;
}

int signature_probe_device(struct signature_walk *walk)
{
	const struct area whole = { .length_bytes = walk->size_bytes };
	return probe_area(walk, &whole);
}
