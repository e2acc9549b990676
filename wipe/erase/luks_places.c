/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding LUKS headers: by libblkid's eyes, locked in, and by our own. */
#include "wipe/erase/luks_places.h"

#include "base/json.h"
#include "device/probe/probe.h"
#include <errno.h>
#include <string.h>

#define MARK_BYTES 6
#define ALIGNMENT 4096

/* LUKS2 On-Disk Format 1.1, 2.1: where a secondary header may begin. */
static const uint64_t secondary_places[] = { 0x4000, 0x8000, 0x10000, 0x20000, 0x40000, 0x80000,
	0x100000, 0x200000, 0x400000 };
static const char mark_primary[] = "LUKS\xba\xbe", mark_secondary[] = "SKUL\xba\xbe";

static bool is_luks(const struct signature *signature)
{
	return signature->usage == SIGNATURE_CRYPTO && strcmp(signature->type, "crypto_LUKS") == 0;
}

static int add_mark(struct luks_places *places, uint64_t offset)
{
	for (unsigned i = 0; i < places->header_count; i++)
		if (places->header_marks[i] == offset)
			return 0;
	if (places->header_count == ARRAY_SIZE(places->header_marks))
		return -EOVERFLOW;
	places->header_marks[places->header_count++] = offset;
	return 0;
}

static int add_place(struct luks_places *places, const struct luks_place *place)
{
	if (places->count == ARRAY_SIZE(places->items))
		return -EOVERFLOW;
	places->items[places->count++] = *place;
	return 0;
}

static struct luks_place *place_of(struct luks_places *places, const struct signature *signature)
{
	for (size_t i = 0; i < places->count; i++)
		if (places->items[i].start_bytes == signature->offset_bytes &&
			places->items[i].partition_number == signature->partition_number)
			return &places->items[i];
	return NULL;
}

/* What the header itself says; nothing when it is damaged. */
static uint64_t told_bytes(const struct signature *signature)
{
	AUTO_JSON json_t *detail = NULL;
	const char *text = signature->detail ? signature->detail : "";
	if (json_parse(text, strlen(text), "detail", &detail, NULL) < 0)
		return 0;
	json_int_t bytes = json_integer_value(json_object_get(detail, "header_bytes"));
	return bytes > 0 ? (uint64_t)bytes : 0;
}

/* ---- what the prober says ---- */

static int take_partition(
	struct luks_places *places, const struct signature *signature, uint64_t capacity_bytes)
{
	uint64_t start = signature->offset_bytes;
	if (signature->partition_number == 0 || start == 0 || start >= capacity_bytes)
		return 0;
	const struct luks_place place = {
		.start_bytes = start,
		.length_bytes = MIN(signature->length_bytes, capacity_bytes - start),
		.partition_number = signature->partition_number,
	};
	return place.length_bytes == 0 ? 0 : add_place(places, &place);
}

static int take_header(struct luks_places *places, const struct signature *signature)
{
	struct luks_place *place = place_of(places, signature);
	if (!place)
		return -EIO; /* a header in nothing: the prober's answer cannot be understood */
	place->has_header = true;
	place->told_bytes = MAX(place->told_bytes, told_bytes(signature));
	return add_mark(places, signature->magic_offset_bytes == UINT64_MAX
					? signature->offset_bytes
					: signature->magic_offset_bytes);
}

/* An extended partition only holds the logical ones: their tables stand in it. */
static bool is_extended(const struct signature *partition)
{
	static const char *const types[] = { "0x5", "0x05", "0xf", "0x0f", "0x85" };
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(partition->type, types[i]) == 0)
			return true;
	return false;
}

static bool has_only_luks(struct luks_places *places, const struct signature_list *list)
{
	bool has_table = false;
	for (size_t i = 0; i < list->count; i++) {
		const struct signature *item = &list->items[i];
		if (item->usage == SIGNATURE_PARTITION_TABLE && item->partition_number == 0) {
			has_table = true;
		} else if (item->usage == SIGNATURE_PARTITION) {
			const struct luks_place *place = place_of(places, item);
			if (!place || !place->has_header || is_extended(item))
				return false;
		} else if (!is_luks(item)) {
			return false;
		}
	}
	return has_table;
}

static int take_signatures(
	struct luks_places *places, const struct signature_list *list, uint64_t capacity_bytes)
{
	const struct luks_place whole = { .length_bytes = capacity_bytes };
	int result = list->truncated ? -EOVERFLOW : add_place(places, &whole);
	for (size_t i = 0; result == 0 && i < list->count; i++)
		if (list->items[i].usage == SIGNATURE_PARTITION)
			result = take_partition(places, &list->items[i], capacity_bytes);
	for (size_t i = 0; result == 0 && i < list->count; i++)
		if (is_luks(&list->items[i]))
			result = take_header(places, &list->items[i]);
	return result;
}

/* ---- what we see ourselves ---- */

struct eyes {
	int fd;
	uint32_t sector_bytes;
	uint8_t *sectors; /* two, aligned */
};

/* 1: the mark stands there; 0: it does not; -errno. */
static int look_at(const struct eyes *eyes, uint64_t offset, const char *mark)
{
	uint64_t from = offset - offset % eyes->sector_bytes;
	size_t length = eyes->sector_bytes;
	ssize_t got;
	do
		got = pread(eyes->fd, eyes->sectors, length, (off_t)from);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)length)
		return got < 0 ? -errno : -EIO;
	return memcmp(eyes->sectors + (offset - from), mark, MARK_BYTES) == 0;
}

static int look_in(const struct eyes *eyes, struct luks_places *places, struct luks_place *place)
{
	int result = 0;
	for (size_t i = 0; result == 0 && i <= ARRAY_SIZE(secondary_places); i++) {
		uint64_t offset = i == 0 ? 0 : secondary_places[i - 1];
		if (offset + MARK_BYTES > place->length_bytes)
			break;
		int seen = look_at(
			eyes, place->start_bytes + offset, i == 0 ? mark_primary : mark_secondary);
		place->has_header |= seen > 0;
		result = seen > 0 ? add_mark(places, place->start_bytes + offset) : seen;
	}
	return result;
}

static int look_around(int fd, uint32_t sector_bytes, struct luks_places *places)
{
	AUTO_FREE uint8_t *sector = aligned_alloc(ALIGNMENT, ALIGNMENT);
	const struct eyes eyes = { fd, sector_bytes, sector };
	int result = sector ? 0 : -ENOMEM;
	/* A mark never straddles two sectors: all places begin on 512 bytes. */
	for (size_t i = 0; result == 0 && i < places->count; i++)
		result = look_in(&eyes, places, &places->items[i]);
	return result;
}

int luks_places_find(
	int fd, uint64_t capacity_bytes, uint32_t sector_bytes, struct luks_places *ret)
{
	AUTO_SIGNATURES struct signature_list list = { 0 };
	*ret = (struct luks_places){ 0 };
	if (sector_bytes < 512 || sector_bytes > ALIGNMENT)
		return -EINVAL;
	int result = probe_signatures(fd, PROBE_PATIENT_MS, &list, NULL);
	if (result == 0)
		result = take_signatures(ret, &list, capacity_bytes);
	if (result == 0)
		result = look_around(fd, sector_bytes, ret);
	if (result == 0)
		ret->only_luks_in_table = has_only_luks(ret, &list);
	return result;
}

int luks_place_header_bytes(const struct luks_place *place, uint64_t *ret)
{
	if (place->told_bytes > LUKS_HEADER_BYTES_MAX)
		return -EFBIG;
	*ret = MIN(MAX(place->told_bytes, LUKS_HEADER_BYTES_USUAL), place->length_bytes);
	return 0;
}
