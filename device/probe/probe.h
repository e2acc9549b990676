/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The prober: what is on a device, read by a child that can do nothing (sandbox.h). A disk whose bytes
 * crash, hang or take over what reads them costs that child, and is told of as that disk's. */
#ifndef HAIKI_DEVICE_PROBE_PROBE_H
#define HAIKI_DEVICE_PROBE_PROBE_H

#include "device/probe/signature.h"

#define PROBE_LIMIT_MS 30000    /* a spinning disk may take so long to wake up */
#define PROBE_PATIENT_MS 120000 /* where a disk in bad health gets every chance */

/* As signatures_read, in a child. Beyond its errors, each naming the device and what to do:
 * "probe-crashed", "probe-denied" (it tried what only an attack would), "probe-killed",
 * "probe-timeout" (-ETIMEDOUT), "probe-exhausted" (of time or memory), "probe-garbage" (what it
 * answered cannot be), "probe-unsafe" (it could not be locked in; nothing was read), "probe-start".
 * None of them means that nothing is there. Safe from any thread, and beside any number of others. */
NODISCARD int probe_signatures(
	int fd, uint64_t limit_ms, struct signature_list *ret, struct error *error);

#endif
