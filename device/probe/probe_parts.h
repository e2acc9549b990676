/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The prober with another work in its child, so that tests can see what becomes of one that goes
 * wrong; for probe.c and tests only. */
#ifndef HAIKI_DEVICE_PROBE_PROBE_PARTS_H
#define HAIKI_DEVICE_PROBE_PROBE_PARTS_H

#include "device/probe/probe.h"
#include "device/probe/sandbox.h"
#include "device/probe/signature_probe.h"

/* The work of the real one; its context is a struct signature_walk. */
sandbox_work probe_work;

NODISCARD int probe_with(sandbox_work *work, int fd, uint64_t limit_ms, struct signature_list *ret,
	struct error *error);

#endif
