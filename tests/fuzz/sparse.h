/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images of megabytes in inputs of kilobytes, for the fuzz targets that read whole devices; and what
 * any list of signatures must keep to. make-seeds writes the same format.
 *
 * An input: u32 size of the image in sectors of 512 bytes; then pieces: u32 sector, u16 length, bytes.
 * All little-endian; a piece that is cut off ends where the input does. */
#ifndef HAIKI_TESTS_FUZZ_SPARSE_H
#define HAIKI_TESTS_FUZZ_SPARSE_H

#include "device/probe/bytes.h"
#include "device/probe/probe_record.h"
#include "tests/fuzz/fuzz.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#define SPARSE_SECTORS_MAX 40000u /* 20 MiB: room for every format, and quick to look through */
#define SPARSE_HEAD_BYTES 4
#define SPARSE_PIECE_BYTES 6

static inline void require(bool truth)
{
	if (!truth)
		abort();
}

static inline uint64_t sparse_size_bytes(const uint8_t *data, size_t size)
{
	return size < SPARSE_HEAD_BYTES ? 0
					: MIN(le32_at(data), SPARSE_SECTORS_MAX) * UINT64_C(512);
}

/* Call put for each piece, cut to the image. */
static inline void sparse_pieces(const uint8_t *data, size_t size, void *context,
	void (*put)(void *context, uint64_t offset, const uint8_t *bytes, size_t length))
{
	uint64_t image = sparse_size_bytes(data, size);
	size_t at = SPARSE_HEAD_BYTES;
	while (at + SPARSE_PIECE_BYTES < size) {
		uint64_t offset = le32_at(data + at) * UINT64_C(512);
		size_t length = le16_at(data + at + 4);
		at += SPARSE_PIECE_BYTES;
		length = MIN(length, size - at);
		if (offset < image)
			put(context, offset, data + at, (size_t)MIN(length, image - offset));
		at += length;
	}
}

/* What the child would send must be what its parent takes. */
static inline void require_sound(const struct signature_list *list)
{
	AUTO_BUFFER struct buffer record = BUFFER_INIT(PROBE_RECORD_MAX_BYTES);
	AUTO_SIGNATURES struct signature_list again = { 0 };
	AUTO_FD int fd = memfd_create("record", MFD_CLOEXEC);
	int walked = 1;
	require(fd >= 0 && probe_record_write(fd, 0, list) == 0);
	off_t length = lseek(fd, 0, SEEK_CUR);
	AUTO_FREE char *bytes = malloc((size_t)length);
	require(bytes && pread(fd, bytes, (size_t)length, 0) == length);
	require(buffer_append(&record, bytes, (size_t)length) == 0);
	require(probe_record_read(&record, &walked, &again) == 0 && walked == 0);
	require(again.count == list->count);
}

#endif
