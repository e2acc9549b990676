/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The medium and the volatile cache before it, each one file: the cache's file is sparse and holds
 * a block at the same offset as the medium does. */
#include "medium.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int read_all(int fd, void *data, size_t length, uint64_t offset)
{
	size_t done = 0;
	while (done < length) {
		ssize_t got =
			pread(fd, (uint8_t *)data + done, length - done, (off_t)(offset + done));
		if (got < 0)
			return -errno;
		if (got == 0)
			return -EIO;
		done += (size_t)got;
	}
	return 0;
}

static int write_all(int fd, const void *data, size_t length, uint64_t offset)
{
	size_t done = 0;
	while (done < length) {
		ssize_t put = pwrite(
			fd, (const uint8_t *)data + done, length - done, (off_t)(offset + done));
		if (put < 0)
			return -errno;
		done += (size_t)put;
	}
	return 0;
}

int medium_open(const char *path, uint64_t size_bytes, struct medium *ret)
{
	if (size_bytes == 0 || size_bytes % MEDIUM_BLOCK_BYTES != 0)
		return -EINVAL;
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)
		      : memfd_create("medium", MFD_CLOEXEC);
	int cache_fd = memfd_create("cache", MFD_CLOEXEC);
	uint8_t *waiting = calloc(size_bytes / MEDIUM_BLOCK_BYTES, 1);
	if (fd < 0 || cache_fd < 0 || !waiting || ftruncate(fd, (off_t)size_bytes) != 0 ||
		ftruncate(cache_fd, (off_t)size_bytes) != 0) {
		int saved = errno;
		free(waiting);
		return -saved;
	}
	*ret = (struct medium){
		.fd = fd, .cache_fd = cache_fd, .size_bytes = size_bytes, .waiting = waiting
	};
	return 0;
}

void medium_close(struct medium *medium)
{
	close(medium->fd);
	close(medium->cache_fd);
	free(medium->waiting);
	*medium = (struct medium){ .fd = -1, .cache_fd = -1 };
}

/* The longest run of blocks from `block` on, before `end`, that all wait or all do not. */
static uint64_t run_of_blocks(const struct medium *medium, uint64_t block, uint64_t end)
{
	uint64_t next = block + 1;
	while (next < end && medium->waiting[next] == medium->waiting[block])
		next++;
	return next - block;
}

int medium_read(const struct medium *medium, void *data, size_t length, uint64_t offset)
{
	uint64_t block = offset / MEDIUM_BLOCK_BYTES;
	uint64_t end = (offset + length) / MEDIUM_BLOCK_BYTES;
	uint8_t *to = data;
	while (block < end) {
		uint64_t blocks = run_of_blocks(medium, block, end);
		size_t bytes = (size_t)(blocks * MEDIUM_BLOCK_BYTES);
		int fd = medium->waiting[block] ? medium->cache_fd : medium->fd;
		int r = read_all(fd, to, bytes, block * MEDIUM_BLOCK_BYTES);
		if (r < 0)
			return r;
		to += bytes;
		block += blocks;
	}
	return 0;
}

int medium_write(struct medium *medium, const void *data, size_t length, uint64_t offset)
{
	if (!medium->cached)
		return write_all(medium->fd, data, length, offset);
	int r = write_all(medium->cache_fd, data, length, offset);
	if (r == 0)
		memset(medium->waiting + offset / MEDIUM_BLOCK_BYTES, 1,
			length / MEDIUM_BLOCK_BYTES);
	return r;
}

int medium_flush(struct medium *medium)
{
	uint8_t block_bytes[MEDIUM_BLOCK_BYTES];
	for (uint64_t block = 0; block < medium->size_bytes / MEDIUM_BLOCK_BYTES; block++) {
		if (!medium->waiting[block])
			continue;
		uint64_t offset = block * MEDIUM_BLOCK_BYTES;
		int r = read_all(medium->cache_fd, block_bytes, sizeof(block_bytes), offset);
		if (r == 0)
			r = write_all(medium->fd, block_bytes, sizeof(block_bytes), offset);
		if (r < 0)
			return r;
		medium->waiting[block] = 0;
	}
	return 0;
}

void medium_lose(struct medium *medium)
{
	memset(medium->waiting, 0, medium->size_bytes / MEDIUM_BLOCK_BYTES);
}

uint64_t medium_waiting_bytes(const struct medium *medium)
{
	uint64_t bytes = 0;
	for (uint64_t block = 0; block < medium->size_bytes / MEDIUM_BLOCK_BYTES; block++)
		if (medium->waiting[block])
			bytes += MEDIUM_BLOCK_BYTES;
	return bytes;
}
