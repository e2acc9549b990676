/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stretch of a device, or of memory: what the readers of superblocks read from. Every offset and
 * length they pass on may have been chosen by a hostile disk. */
#ifndef HAIKI_DEVICE_PROBE_AREA_H
#define HAIKI_DEVICE_PROBE_AREA_H

#include "base/macros.h"

#define AREA_UNBOUNDED UINT64_MAX

struct device_area {
	int fd;                /* borrowed, may be O_DIRECT; -1: the bytes below */
	const uint8_t *bytes;  /* borrowed, length_bytes of them; only without an fd */
	uint64_t start_bytes;  /* on the device; 0 with bytes */
	uint64_t length_bytes; /* AREA_UNBOUNDED: to the end of the device */
};

/* Read [offset, offset + length) of the area. 0; -ENODATA when the area or the device ends before,
 * also for an offset beyond all bounds; -errno of the read. ret holds anything on error. Neither
 * locks nor allocates. */
NODISCARD int device_area_read(
	const struct device_area *area, uint64_t offset, void *ret, size_t length);

#endif
