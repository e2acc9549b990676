/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The zones of a zoned drive, as the kernel reports them (ZBC-2, ZAC-2, ZNS). */
#ifndef HAIKI_DEVICE_COMMAND_ZONES_H
#define HAIKI_DEVICE_COMMAND_ZONES_H

#include "device/command/kernel.h"
#include <stdbool.h>

struct disk_zone {
	uint64_t start_bytes, length_bytes;
	uint64_t capacity_bytes; /* what of it can be written; the length where the kernel does not
	                          * say */
	uint64_t written_bytes;  /* up to the write pointer; of a sequential zone */
	bool sequential;         /* must be written in order: else it is conventional */
	bool writable;           /* neither read-only nor offline */
	bool empty;
};

struct disk_zones {
	struct disk_zone *items; /* owned; in order */
	size_t count;
};
void disk_zones_free(struct disk_zones *list);
#define AUTO_DISK_ZONES CLEANUP(disk_zones_free)

/* All zones. 0; -EBADMSG when they do not lie one after the other over all of capacity_bytes; -errno. */
NODISCARD int zones_read(
	const struct kernel_transport *transport, uint64_t capacity_bytes, struct disk_zones *ret);

/* Set the write pointers of all sequential zones back that are not at the beginning; conventional zones
 * have none. 0; -EROFS when a zone is read-only or offline: then none is reset; -errno. */
NODISCARD int zones_reset(const struct kernel_transport *transport, const struct disk_zones *list);

#endif
