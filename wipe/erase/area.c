/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading and overwriting a part of a drive, piece by piece. Each result of a write and of a flush is
 * looked at: a header whose overwriting failed quietly is a header that is still there. */
#include "wipe/erase/area.h"

#include <errno.h>

#define PIECE_BYTES (1 * MIB)
#define ALIGNMENT 4096
#define HEAD_BYTES UINT64_C(4096)

static uint64_t start_of(const struct area *area)
{
	return area->start_bytes - area->start_bytes % area->sector_bytes;
}

static uint64_t end_of(const struct area *area)
{
	uint64_t over = area->end_bytes % area->sector_bytes;
	return over ? area->end_bytes + area->sector_bytes - over : area->end_bytes;
}

static int read_all(int fd, uint64_t offset, uint8_t *data, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t got = pread(fd, data + done, length - done, (off_t)(offset + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		done += (size_t)got;
	}
	return 0;
}

static int write_all(int fd, uint64_t offset, const uint8_t *data, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t put = pwrite(fd, data + done, length - done, (off_t)(offset + done));
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put < 0 ? -errno : -EIO;
		done += (size_t)put;
	}
	return 0;
}

static int flush(int fd)
{
	return fsync(fd) ? -errno : 0;
}

static int open_both(const struct pattern *pattern, struct stream **ret_stream, uint8_t **ret_piece)
{
	*ret_piece = aligned_alloc(ALIGNMENT, PIECE_BYTES);
	if (!*ret_piece)
		return -ENOMEM;
	return pattern ? stream_open(pattern, ret_stream, NULL) : 0;
}

int area_copy_to(const struct area *area, int to_fd)
{
	AUTO_FREE uint8_t *piece = NULL;
	int result = open_both(NULL, NULL, &piece);
	uint64_t start = start_of(area), end = end_of(area), skip = area->start_bytes - start;
	for (uint64_t at = start; result == 0 && at < end; at += PIECE_BYTES) {
		size_t length = (size_t)MIN(PIECE_BYTES, end - at);
		size_t unwanted = at == start ? (size_t)skip : 0;
		result = read_all(area->fd, at, piece, length);
		if (result == 0)
			result = write_all(to_fd, at + unwanted - area->start_bytes,
				piece + unwanted, length - unwanted);
	}
	return result;
}

/* Only for areas of whole sectors: what lies beside them is not ours to write. */
int area_copy_from(const struct area *area, int from_fd)
{
	AUTO_FREE uint8_t *piece = NULL;
	if (start_of(area) != area->start_bytes || end_of(area) != area->end_bytes)
		return -EINVAL;
	int result = open_both(NULL, NULL, &piece);
	for (uint64_t at = area->start_bytes; result == 0 && at < area->end_bytes;
		at += PIECE_BYTES) {
		size_t length = (size_t)MIN(PIECE_BYTES, area->end_bytes - at);
		result = read_all(from_fd, at - area->start_bytes, piece, length);
		if (result == 0)
			result = write_all(area->fd, at, piece, length);
	}
	return result == 0 ? flush(area->fd) : result;
}

/* [start, end) by its last piece first. */
static int overwrite_backwards(
	int fd, struct stream *stream, uint8_t *piece, uint64_t start, uint64_t end)
{
	int result = 0;
	while (result == 0 && end > start) {
		size_t length = (size_t)MIN(PIECE_BYTES, end - start);
		end -= length;
		result = stream_fill(stream, end, piece, length);
		if (result == 0)
			result = write_all(fd, end, piece, length);
	}
	return result == 0 ? flush(fd) : result;
}

int area_overwrite(const struct area *area, const struct pattern *pattern)
{
	struct stream *stream CLEANUP(cleanup_stream_close) = NULL;
	AUTO_FREE uint8_t *piece = NULL;
	uint64_t start = start_of(area), end = end_of(area);
	uint64_t head = MIN(end, start + HEAD_BYTES);
	int result = open_both(pattern, &stream, &piece);
	if (result == 0)
		result = overwrite_backwards(area->fd, stream, piece, head, end);
	if (result == 0)
		result = overwrite_backwards(area->fd, stream, piece, start, head);
	return result;
}

int area_check(const struct area *area, const struct pattern *pattern)
{
	struct stream *stream CLEANUP(cleanup_stream_close) = NULL;
	AUTO_FREE uint8_t *piece = NULL;
	uint64_t end = end_of(area);
	int result = open_both(pattern, &stream, &piece);
	for (uint64_t at = start_of(area); result == 0 && at < end; at += PIECE_BYTES) {
		size_t length = (size_t)MIN(PIECE_BYTES, end - at), equal = 0;
		result = read_all(area->fd, at, piece, length);
		if (result == 0)
			result = stream_compare(stream, at, piece, length, &equal);
		if (result == 0 && equal != length)
			result = -EIO;
	}
	return result;
}
