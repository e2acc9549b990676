/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Markers: sectors of known content, planted over the whole medium before a drive erases itself, and
 * looked for after. Where and what they are follows from a seed. They keep away from partition
 * tables: from the first and the last MiB of a medium that is larger than 16 MiB. */
#ifndef HAIKI_VERIFY_MEDIA_MARKERS_H
#define HAIKI_VERIFY_MEDIA_MARKERS_H

#include "verify/media/media.h"
#include "verify/plan/technique.h"

/* Were 0.3 % of the medium left as they were, all would have missed them in fewer than 1 of 20 cases
 * (0.997^1000 = 0.0496). */
#define MARKERS_DEFAULT 1000

/* What became of them. Plain value. */
struct marker_check {
	uint32_t checked;
	uint32_t
		remaining; /* the sector still holds its marker, in whole or in any 64-byte piece */
	uint32_t unreadable; /* nothing can be said of it */
	uint32_t zeroed;     /* all bytes are zero: erased, or deallocated over kept data */
	uint32_t ones;       /* all bytes are FFh: the same, of some drives */
};

/* How many markers there are when count are asked for: fewer where the medium is small; 0 where it
 * cannot carry any. */
uint32_t markers_count(uint64_t capacity_bytes, uint32_t sector_bytes, uint32_t count);

/* Offsets of the markers, ascending, whole sectors, no two the same; fewer than count where the
 * medium is small. *ret is malloc'd, the caller frees. 0, -EINVAL, -ENOMEM, -EIO. */
NODISCARD int markers_offsets(uint64_t capacity_bytes, uint32_t sector_bytes,
	const uint8_t seed[static MEDIA_SEED_BYTES], uint32_t count, uint64_t **ret,
	size_t *ret_count);

/* The content of the marker at offset_bytes: sector_bytes of AES-256-CTR of zeros under the seed, the
 * counter taken from the byte offset (as every random pass). 0 or -EIO. */
NODISCARD int markers_content(const uint8_t seed[static MEDIA_SEED_BYTES], uint64_t offset_bytes,
	uint8_t *ret, uint32_t sector_bytes);

/* Look at all. 0 when all were tried; *ret tells; -errno when it could not be begun. */
NODISCARD int markers_look(int fd, uint64_t capacity_bytes, uint32_t sector_bytes,
	const uint8_t seed[static MEDIA_SEED_BYTES], uint32_t count, struct marker_check *ret);

/* How many may only be deallocated, after this technique: those that read zeros; and those that read FFh
 * where that is what a drive may read of deallocated blocks and its own log can say that none is (NVM
 * Express NVM Command Set 1.0, DLFEAT; of NVMe Sanitize). Pure. */
uint32_t markers_blank(const struct marker_check *check, enum technique technique);

#endif
