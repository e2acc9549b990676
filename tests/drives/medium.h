/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a faulty drive stores: the medium, and before it a volatile write cache that can be turned
 * on, flushed, and lost. Knows nothing of faults. */
#ifndef HAIKI_TESTS_DRIVES_MEDIUM_H
#define HAIKI_TESTS_DRIVES_MEDIUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEDIUM_BLOCK_BYTES 512

/* Invariant: a block with waiting[block] set is newest in the cache, any other on the medium.
 * Without cached nothing waits: every write goes to the medium at once. */
struct medium {
	int fd;
	int cache_fd;
	uint64_t size_bytes; /* whole blocks */
	bool cached;
	uint8_t *waiting; /* one byte a block */
};

/* path NULL: kept in memory. A path is made when missing and grown to size_bytes.
 * All return 0 or -errno. Nothing here is for two threads at once. */
int medium_open(const char *path, uint64_t size_bytes, struct medium *ret);
void medium_close(struct medium *medium);
int medium_read(const struct medium *medium, void *data, size_t length, uint64_t offset);
int medium_write(struct medium *medium, const void *data, size_t length, uint64_t offset);

/* Everything that waits reaches the medium. */
int medium_flush(struct medium *medium);
/* Everything that waits is forgotten, as by a power cut. */
void medium_lose(struct medium *medium);
uint64_t medium_waiting_bytes(const struct medium *medium);

#endif
