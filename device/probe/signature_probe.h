/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The walk over a device with libblkid, in the steps that the prober's child needs; for signature.c
 * and probe.c only. */
#ifndef HAIKI_DEVICE_PROBE_SIGNATURE_PROBE_H
#define HAIKI_DEVICE_PROBE_SIGNATURE_PROBE_H

#include "base/macros.h"
#include "device/identity/identity.h"
#include "device/probe/signature.h"
#include <blkid.h>

struct signature_walk {
	int fd; /* owned; read-only and not O_DIRECT, its position is moved */
	uint64_t size_bytes;
	uint32_t sector_bytes; /* partition tables are looked for with this and the other size */
	blkid_probe whole;     /* owned: the whole device, its place in sysfs already asked for */
	struct signature_list *list; /* grows; borrowed */
};

/* Open a descriptor of its own for what is behind fd, and ask the kernel about it; reads nothing of
 * what is written there. 0; -ENOTBLK, -ENXIO, -ENOMEM, -errno. */
NODISCARD int signature_walk_open(int fd, struct signature_walk *ret);
void signature_walk_close(struct signature_walk *walk);
#define AUTO_WALK CLEANUP(signature_walk_close)

/* Fill walk->list, details included. 0; -EIO: a place that must be looked at cannot be read; -ENOMEM.
 * This is where hostile bytes are read: see sandbox.h for what it therefore does not do. */
NODISCARD int signature_walk_all(struct signature_walk *walk);

/* The sentence for a failed walk of the device behind fd. Returns failed. */
int signature_walk_say(int fd, int failed, struct error *error);
/* What people call it; never empty. */
void signature_name_device(int fd, char ret[static IDENTITY_LABEL_MAX]);

/* The steps of signature_walk_all. ---- */

/* 0, or -errno: open the whole device's probe. */
NODISCARD int signature_probe_open(struct signature_walk *walk);

/* Add everything found on the device and in the partitions of its table. 0, -EIO, -ENOMEM. */
NODISCARD int signature_probe_device(struct signature_walk *walk);

/* Read where superblocks may lie. -EIO when a byte of it cannot be read, -ENOMEM. */
NODISCARD int signature_check_readable(int fd, uint64_t offset, uint64_t length, bool whole_device);

#endif
