/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kernel counts of a device's traffic, whoever causes it. */
#ifndef HAIKI_DEVICE_ENGINE_COUNTERS_H
#define HAIKI_DEVICE_ENGINE_COUNTERS_H

#include "device/identity/identity.h"

/* How many sectors of 512 bytes were written to or discarded from the device since it appeared, by
 * anyone (Documentation/block/stat.rst, fields 7 and 14). Of an NVMe namespace with multipath those of
 * its paths are added: kernels before 6.5 count there only, later ones in both, so that a write may
 * count twice. A path that comes or goes changes the number.
 *
 * 0, or -errno when the kernel does not say. A device whose queue/iostats is 0 counts nothing. */
NODISCARD int counters_sectors_written(
	const struct system_paths *paths, dev_t devnum, uint64_t *ret_sectors);

#endif
