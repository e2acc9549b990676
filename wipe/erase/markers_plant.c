/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Markers are written past the cache, flushed, and seen to stand. */
#include "wipe/erase/markers_plant.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define ALIGNMENT 4096 /* O_DIRECT: no sector is larger */

/* Where, and two aligned sectors to work in. */
struct field {
	int fd;
	uint32_t sector_bytes;
	const uint8_t *seed; /* borrowed */
	uint64_t *offsets;   /* owned */
	size_t count;
	uint8_t *content, *read; /* owned */
};

static void field_free(struct field *field)
{
	free(field->offsets);
	free(field->content);
	free(field->read);
}

static int write_one(const struct field *field, uint64_t offset)
{
	int result = markers_content(field->seed, offset, field->content, field->sector_bytes);
	ssize_t n;
	if (result < 0)
		return result;
	do
		n = pwrite(field->fd, field->content, field->sector_bytes, (off_t)offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == (ssize_t)field->sector_bytes ? 0 : -EIO;
}

static int check_one(const struct field *field, uint64_t offset)
{
	int result = markers_content(field->seed, offset, field->content, field->sector_bytes);
	ssize_t n;
	if (result < 0)
		return result;
	do
		n = pread(field->fd, field->read, field->sector_bytes, (off_t)offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	bool stands = n == (ssize_t)field->sector_bytes &&
		      memcmp(field->read, field->content, field->sector_bytes) == 0;
	return stands ? 0 : -EIO;
}

static int plant(const struct field *field, uint32_t *ret_planted)
{
	int result = 0;
	for (size_t i = 0; i < field->count && result == 0; i++)
		result = write_one(field, field->offsets[i]);
	if (result == 0 && fsync(field->fd) < 0)
		result = -errno;
	for (size_t i = 0; i < field->count && result == 0; i++) {
		result = check_one(field, field->offsets[i]);
		*ret_planted += result == 0;
	}
	return result;
}

int markers_plant(int fd, uint64_t capacity_bytes, uint32_t sector_bytes,
	const uint8_t seed[static MEDIA_SEED_BYTES], uint32_t count, uint32_t *ret_planted)
{
	struct field field CLEANUP(
		field_free) = { .fd = fd, .sector_bytes = sector_bytes, .seed = seed };
	*ret_planted = 0;
	if (sector_bytes > ALIGNMENT)
		return -EINVAL;
	int result = markers_offsets(
		capacity_bytes, sector_bytes, seed, count, &field.offsets, &field.count);
	if (result < 0)
		return result;
	field.content = aligned_alloc(ALIGNMENT, ALIGNMENT);
	field.read = aligned_alloc(ALIGNMENT, ALIGNMENT);
	return field.content && field.read ? plant(&field, ret_planted) : -ENOMEM;
}
