/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a stretch of a device in pieces that O_DIRECT takes. */
#include "device/probe/area.h"

#include <errno.h>
#include <string.h>

#define ALIGNMENT 4096 /* the largest logical sector */
#define PIECE_BYTES (32 * KIB)

static ssize_t read_piece(int fd, uint8_t *piece, uint64_t at)
{
	ssize_t count;
	do {
		count = pread(fd, piece, PIECE_BYTES, (off_t)at);
	} while (count < 0 && errno == EINTR);
	return count < 0 ? -errno : count;
}

static int read_device(int fd, uint64_t at, uint8_t *ret, size_t length)
{
	_Alignas(ALIGNMENT) uint8_t piece[PIECE_BYTES];
	while (length > 0) {
		size_t lead = at % ALIGNMENT;
		ssize_t count = read_piece(fd, piece, at - lead);
		if (count < 0)
			return (int)count;
		if ((size_t)count <= lead)
			return -ENODATA;
		size_t part = MIN((size_t)count - lead, length);
		memcpy(ret, piece + lead, part);
		ret += part;
		at += part;
		length -= part;
	}
	return 0;
}

int device_area_read(const struct device_area *area, uint64_t offset, void *ret, size_t length)
{
	uint64_t at;
	if (offset > area->length_bytes || length > area->length_bytes - offset ||
		__builtin_add_overflow(area->start_bytes, offset, &at) || at > INT64_MAX ||
		length > INT64_MAX - PIECE_BYTES - at)
		return -ENODATA;
	if (area->fd >= 0)
		return read_device(area->fd, at, ret, length);
	if (length > 0)
		memcpy(ret, area->bytes + offset, length);
	return 0;
}
