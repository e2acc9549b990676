/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Markers: where they stand and what they hold follows from the seed; looked for past the cache. */
#include "verify/media/markers.h"

#include "device/engine/stream.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define ALIGNMENT 4096 /* O_DIRECT: no sector is larger */
#define PIECE_BYTES 64
#define KEPT_OUT_BYTES (1 * MIB)
#define LARGE_BYTES (16 * MIB)

static int open_stream(const uint8_t *seed, struct stream **ret)
{
	struct pattern pattern = { .kind = STREAM_RANDOM };
	_Static_assert(MEDIA_SEED_BYTES == STREAM_KEY_BYTES, "a seed is a key");
	memcpy(pattern.key, seed, STREAM_KEY_BYTES);
	return stream_open(&pattern, ret, NULL);
}

int markers_content(const uint8_t seed[static MEDIA_SEED_BYTES], uint64_t offset_bytes,
	uint8_t *ret, uint32_t sector_bytes)
{
	struct stream *stream CLEANUP(cleanup_stream_close) = NULL;
	int r = open_stream(seed, &stream);
	return r < 0 ? r : stream_fill(stream, offset_bytes, ret, sector_bytes);
}

static uint64_t kept_out(uint64_t capacity_bytes, uint32_t sector_bytes)
{
	return capacity_bytes > LARGE_BYTES ? KEPT_OUT_BYTES / sector_bytes : 0;
}

uint32_t markers_count(uint64_t capacity_bytes, uint32_t sector_bytes, uint32_t count)
{
	if (sector_bytes == 0 || capacity_bytes % sector_bytes)
		return 0;
	uint64_t out = kept_out(capacity_bytes, sector_bytes);
	return (uint32_t)MIN((uint64_t)count, capacity_bytes / sector_bytes - 2 * out);
}

/* In each of count equal sections of n sectors, one: the section's i-th 8 bytes of the stream beyond
 * any medium (from byte 2^62), big-endian, modulo n. */
int markers_offsets(uint64_t capacity_bytes, uint32_t sector_bytes,
	const uint8_t seed[static MEDIA_SEED_BYTES], uint32_t count, uint64_t **ret,
	size_t *ret_count)
{
	size_t sections = markers_count(capacity_bytes, sector_bytes, count);
	if (sections == 0)
		return -EINVAL;
	uint64_t out = kept_out(capacity_bytes, sector_bytes);
	uint64_t each = (capacity_bytes / sector_bytes - 2 * out) / sections;
	AUTO_FREE uint64_t *offsets = calloc(sections, sizeof(*offsets));
	struct stream *stream CLEANUP(cleanup_stream_close) = NULL;
	if (!offsets)
		return -ENOMEM;
	int r = open_stream(seed, &stream);
	for (size_t i = 0; i < sections && r == 0; i++) {
		uint8_t bytes[8];
		uint64_t number = 0;
		r = stream_fill(stream, (UINT64_C(1) << 62) + 8 * i, bytes, sizeof(bytes));
		for (size_t k = 0; k < sizeof(bytes); k++)
			number = number << 8 | bytes[k];
		offsets[i] = (out + i * each + number % each) * sector_bytes;
	}
	if (r < 0)
		return r;
	*ret = offsets;
	offsets = NULL;
	*ret_count = sections;
	return 0;
}

/* What is looked at. */
struct field {
	int fd;
	uint32_t sector_bytes;
	uint64_t *offsets; /* owned */
	size_t count;
	struct stream *stream; /* owned */
	uint8_t *data;         /* owned; aligned; a sector */
	uint8_t content[ALIGNMENT];
};

static void field_free(struct field *field)
{
	free(field->offsets);
	free(field->data);
	field->stream = stream_close(field->stream);
}

static int field_open(int fd, uint64_t capacity_bytes, uint32_t sector_bytes, const uint8_t *seed,
	uint32_t count, struct field *ret)
{
	*ret = (struct field){ .fd = fd, .sector_bytes = sector_bytes };
	if (sector_bytes > ALIGNMENT)
		return -EINVAL;
	int r = markers_offsets(
		capacity_bytes, sector_bytes, seed, count, &ret->offsets, &ret->count);
	if (r == 0)
		r = open_stream(seed, &ret->stream);
	ret->data = aligned_alloc(ALIGNMENT, ALIGNMENT);
	if (r == 0 && !ret->data)
		r = -ENOMEM;
	return r;
}

static int read_one(const struct field *field, uint64_t offset)
{
	ssize_t n;
	do
		n = pread(field->fd, field->data, field->sector_bytes, (off_t)offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == (ssize_t)field->sector_bytes ? 0 : -EIO;
}

/* Any piece left in its place betrays the sector; so does a zeroed one its neighbour. */
static bool holds_piece(const struct field *field)
{
	for (uint32_t at = 0; at + PIECE_BYTES <= field->sector_bytes; at += PIECE_BYTES)
		if (memcmp(field->data + at, field->content + at, PIECE_BYTES) == 0)
			return true;
	return false;
}

static bool is_all(const struct field *field, uint8_t byte)
{
	for (uint32_t i = 0; i < field->sector_bytes; i++)
		if (field->data[i] != byte)
			return false;
	return true;
}

int markers_look(int fd, uint64_t capacity_bytes, uint32_t sector_bytes,
	const uint8_t seed[static MEDIA_SEED_BYTES], uint32_t count, struct marker_check *ret)
{
	struct field field CLEANUP(field_free) = { 0 };
	struct marker_check check = { 0 };
	int r = field_open(fd, capacity_bytes, sector_bytes, seed, count, &field);
	for (size_t i = 0; i < field.count && r == 0; i++) {
		r = stream_fill(field.stream, field.offsets[i], field.content, field.sector_bytes);
		if (r < 0)
			break;
		check.checked++;
		if (read_one(&field, field.offsets[i]) < 0)
			check.unreadable++;
		else if (holds_piece(&field))
			check.remaining++;
		else if (is_all(&field, 0x00))
			check.zeroed++;
		else if (is_all(&field, 0xff))
			check.ones++;
	}
	if (r == 0)
		*ret = check;
	return r;
}

uint32_t markers_blank(const struct marker_check *check, enum technique technique)
{
	bool tells = technique_facts(technique)->witness == WITNESS_NVME_SANITIZE_LOG;

	return check->zeroed + (tells ? check->ones : 0);
}
