/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Planting markers (verify/media/markers.h) before a drive erases itself. */
#ifndef HAIKI_WIPE_ERASE_MARKERS_PLANT_H
#define HAIKI_WIPE_ERASE_MARKERS_PLANT_H

#include "verify/media/markers.h"

/* Write all, flush, and read all back past the cache. fd: O_DIRECT. 0 when every one was seen to
 * stand, *ret_planted of them; -errno: some could not be written or do not stand (-EIO). */
NODISCARD int markers_plant(int fd, uint64_t capacity_bytes, uint32_t sector_bytes,
	const uint8_t seed[static MEDIA_SEED_BYTES], uint32_t count, uint32_t *ret_planted);

#endif
