/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A part of a claimed drive, read and overwritten through its own fd. */
#ifndef HAIKI_WIPE_ERASE_AREA_H
#define HAIKI_WIPE_ERASE_AREA_H

#include "device/engine/stream.h"

/* [start_bytes, end_bytes) of the drive behind fd, which may be opened with O_DIRECT: both are
 * widened to whole sectors where they are none. */
struct area {
	int fd;
	uint32_t sector_bytes;
	uint64_t start_bytes, end_bytes;
};

/* All return 0, -ENOMEM or -errno; a medium that ends early is -EIO. */

/* Copy it to the beginning of another file. */
NODISCARD int area_copy_to(const struct area *area, int to_fd);
/* The reverse, and flush. */
NODISCARD int area_copy_from(const struct area *area, int from_fd);

/* Overwrite it from its end to its beginning, and flush before the first 4 KiB go: when the power
 * fails, what stands at the beginning still tells how far the area reaches. The stream's offsets are
 * those of the drive. */
NODISCARD int area_overwrite(const struct area *area, const struct pattern *pattern);

/* Is all of it as area_overwrite left it? -EIO: it is not, or cannot be read. */
NODISCARD int area_check(const struct area *area, const struct pattern *pattern);

#endif
