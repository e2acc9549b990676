/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LUKS: all keyslots and all headers, primary and secondary, of the drive and its partitions. */
#include "wipe/erase/luks.h"
#include "wipe/erase/methods.h"

#include "wipe/erase/completion.h"
#include "wipe/erase/luks_keys.h"
#include "wipe/erase/luks_places.h"
#include <errno.h>
#include <openssl/rand.h>

/* All that is known of the drive while its headers are destroyed. */
struct luks_drive {
	int fd;
	uint64_t capacity_bytes;
	uint32_t sector_bytes;
	struct pattern pattern; /* what takes the headers' place */
	struct luks_places places;
};

static struct area area_of(const struct luks_drive *drive, uint64_t start, uint64_t length)
{
	return (struct area){ .fd = drive->fd,
		.sector_bytes = drive->sector_bytes,
		.start_bytes = start,
		.end_bytes = MIN(start + length, drive->capacity_bytes) };
}

/* ---- looking ---- */

/* What libcryptsetup finds where a volume may begin, whatever our own eyes saw. */
static int ask_of(
	const struct luks_drive *drive, const struct luks_place *place, struct luks_opinion *ret)
{
	uint64_t bytes = MIN(LUKS_HEADER_BYTES_USUAL, place->length_bytes);
	const struct area area = area_of(drive, place->start_bytes, bytes);
	AUTO_FD int copy = luks_copy_open(place->length_bytes);
	int result = copy < 0 ? copy : area_copy_to(&area, copy);
	return result == 0 ? luks_ask(copy, ret) : result;
}

static int count_all(struct luks_drive *drive, unsigned *ret_headers, unsigned *ret_slots)
{
	unsigned slots = 0, unseen = 0;
	int result = luks_places_find(
		drive->fd, drive->capacity_bytes, drive->sector_bytes, &drive->places);
	for (size_t i = 0; result == 0 && i < drive->places.count; i++) {
		const struct luks_place *place = &drive->places.items[i];
		struct luks_opinion opinion = { 0 };
		result = ask_of(drive, place, &opinion);
		slots += opinion.slots;
		unseen += opinion.loads && !place->has_header;
	}
	if (result == 0) {
		*ret_headers = drive->places.header_count + unseen;
		*ret_slots = slots;
	}
	return result;
}

int luks_count(int fd, uint64_t capacity_bytes, uint32_t sector_bytes, unsigned *ret_headers,
	unsigned *ret_slots)
{
	AUTO_FREE struct luks_drive *drive = calloc(1, sizeof(*drive));
	if (!drive)
		return -ENOMEM;
	drive->fd = fd;
	drive->capacity_bytes = capacity_bytes;
	drive->sector_bytes = sector_bytes;
	return count_all(drive, ret_headers, ret_slots);
}

/* ---- destroying ---- */

/* libcryptsetup's way first, so that a power cut right after finds headers without keys. */
static int destroy_slots(
	const struct luks_drive *drive, const struct luks_place *place, const struct area *area)
{
	unsigned destroyed = 0;
	AUTO_FD int copy = luks_copy_open(place->length_bytes);
	int result = copy < 0 ? copy : area_copy_to(area, copy);
	if (result == 0)
		result = luks_destroy_slots(copy, &destroyed);
	bool whole = area->start_bytes % drive->sector_bytes == 0 &&
		     area->end_bytes % drive->sector_bytes == 0;
	return result == 0 && destroyed > 0 && whole ? area_copy_from(area, copy) : result;
}

static int destroy_place(
	const struct luks_drive *drive, const struct luks_place *place, bool *ret_touched)
{
	uint64_t bytes = 0;
	int result = luks_place_header_bytes(place, &bytes);
	if (result < 0)
		return result;
	const struct area area = area_of(drive, place->start_bytes, bytes);
	*ret_touched = true;
	/* Whatever becomes of that, all of it is overwritten; but no failure is forgotten. */
	int destroyed = destroy_slots(drive, place, &area);
	result = area_overwrite(&area, &drive->pattern);
	return result == 0 ? destroyed : result;
}

static int check_place(const struct luks_drive *drive, const struct luks_place *place)
{
	uint64_t bytes = 0;
	int result = luks_place_header_bytes(place, &bytes);
	const struct area area = area_of(drive, place->start_bytes, bytes);
	return result == 0 ? area_check(&area, &drive->pattern) : result;
}

/* ---- the table ---- */

/* It holds no data and no key, but it is what a search for remains finds. Its copies stand before the
 * first and behind the last partition. */
static int destroy_table(const struct luks_drive *drive, const struct luks_places *places)
{
	uint64_t first = drive->capacity_bytes, last = 0;
	for (size_t i = 0; i < places->count; i++) {
		const struct luks_place *place = &places->items[i];
		if (place->partition_number == 0)
			continue;
		first = MIN(first, place->start_bytes);
		last = MAX(last, place->start_bytes + place->length_bytes);
	}
	uint64_t tail = drive->capacity_bytes > MIB ? drive->capacity_bytes - MIB : 0;
	const struct area before = area_of(drive, 0, MIN(first, MIB));
	const struct area behind =
		area_of(drive, MAX(last, tail), drive->capacity_bytes - MAX(last, tail));
	int result = area_overwrite(&before, &drive->pattern);
	if (result == 0 && behind.start_bytes < behind.end_bytes)
		result = area_overwrite(&behind, &drive->pattern);
	if (result == 0)
		result = area_check(&before, &drive->pattern);
	if (result == 0 && behind.start_bytes < behind.end_bytes)
		result = area_check(&behind, &drive->pattern);
	return result;
}

/* ---- all of it ---- */

static int destroy_all(struct luks_drive *drive, const struct luks_places *found, bool *ret_touched)
{
	unsigned headers = 0, slots = 0;
	int result = 0;
	for (size_t i = 0; result == 0 && i < found->count; i++)
		if (found->items[i].has_header)
			result = destroy_place(drive, &found->items[i], ret_touched);
	/* Behind all flushes: what is read now is what the drive kept. */
	for (size_t i = 0; result == 0 && i < found->count; i++)
		if (found->items[i].has_header)
			result = check_place(drive, &found->items[i]);
	if (result == 0)
		result = count_all(drive, &headers, &slots);
	if (result == 0 && (headers > 0 || slots > 0))
		result = -EIO;
	return result == 0 && found->only_luks_in_table ? destroy_table(drive, found) : result;
}

int luks_destroy(int fd, uint64_t capacity_bytes, uint32_t sector_bytes, bool *ret_touched)
{
	AUTO_FREE struct luks_drive *drive = calloc(1, sizeof(*drive));
	AUTO_FREE struct luks_places *found = calloc(1, sizeof(*found));
	*ret_touched = false;
	if (!drive || !found)
		return -ENOMEM;
	drive->fd = fd;
	drive->capacity_bytes = capacity_bytes;
	drive->sector_bytes = sector_bytes;
	drive->pattern.kind = STREAM_RANDOM;
	if (RAND_priv_bytes(drive->pattern.key, sizeof(drive->pattern.key)) != 1)
		return -EIO;
	int result = luks_places_find(fd, capacity_bytes, sector_bytes, found);
	if (result == 0 && found->header_count == 0)
		return -ENOENT;
	return result == 0 ? destroy_all(drive, found, ret_touched) : result;
}

/* ---- the descriptor ---- */

static void offer(const struct abilities *abilities, struct erase_offer *ret)
{
	*ret = (struct erase_offer){ .scope = SCOPE_DRIVE, .expected_seconds = -1 };
	if (abilities->luks_count == 0) {
		ret->why_not = "not-supported";
		return;
	}
	ret->offered = true;
	/* 16 MiB written, read and flushed a header; what a slow disk takes. */
	ret->expected_seconds = 2 * (int64_t)abilities->luks_count;
}

static int look(const struct erase_call *call, struct erase_answer *ret)
{
	const struct drive_identity *identity = &call->drive->identity;
	unsigned headers = 0, slots = 0;
	int result = luks_count(call->drive->fd, identity->capacity_bytes,
		identity->logical_sector_bytes, &headers, &slots);
	if (result < 0)
		return result;
	*ret = (struct erase_answer){ .witness = WITNESS_LUKS_HEADERS,
		.raw_bytes = 2,
		.raw = { (uint8_t)MIN(headers, 255U), (uint8_t)MIN(slots, 255U) } };
	return 0;
}

static int start(const struct erase_call *call, struct erase_answer *ret)
{
	const struct drive_identity *identity = &call->drive->identity;
	bool touched = false;
	int result = luks_destroy(call->drive->fd, identity->capacity_bytes,
		identity->logical_sector_bytes, &touched);
	completion_of_call(result, ret);
	return 0;
}

const struct erase_method erase_luks = {
	.technique = TECHNIQUE_LUKS_ERASE,
	.offer = offer,
	.look = look,
	.start = start,
	.prove = look,
};
