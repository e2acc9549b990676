/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Probing by libblkid; for signature.c only. */
#ifndef HAIKI_DEVICE_SIGNATURE_PROBE_H
#define HAIKI_DEVICE_SIGNATURE_PROBE_H

#include "base/macros.h"
#include "device/signature.h"

struct signature_walk {
	int fd; /* borrowed; not O_DIRECT, its position is moved */
	uint64_t size_bytes;
	uint32_t sector_bytes; /* partition tables are looked for with this and the other size */
	struct signature_list *list; /* grows; borrowed */
};

/* Add everything found on the device and in the partitions of its table. 0, -EIO, -ENOMEM. */
NODISCARD int signature_probe_device(struct signature_walk *walk);

/* Read where superblocks may lie. -EIO when a byte of it cannot be read, -ENOMEM. */
NODISCARD int signature_check_readable(int fd, uint64_t offset, uint64_t length, bool whole_device);

#endif
