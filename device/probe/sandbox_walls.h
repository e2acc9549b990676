/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Locking the child in; for sandbox.c only. */
#ifndef HAIKI_DEVICE_PROBE_SANDBOX_WALLS_H
#define HAIKI_DEVICE_PROBE_SANDBOX_WALLS_H

#include "device/probe/sandbox.h"

/* In the child, with all signals blocked: give up every descriptor but the device's and the answer's,
 * and every right and call that reading does not take. 0 when all of it is in force; else -errno, and nothing hostile may be read. */
NODISCARD int sandbox_close_in(const struct sandbox *sandbox, int answer);

#endif
