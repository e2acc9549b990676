/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the prober's child sends its parent: both are the same program, so these are its own structs;
 * but what comes may have been written by whatever took the child over. */
#ifndef HAIKI_DEVICE_PROBE_PROBE_RECORD_H
#define HAIKI_DEVICE_PROBE_PROBE_RECORD_H

#include "base/buffer.h"
#include "device/probe/signature.h"

#define PROBE_RECORD_MAX_BYTES (14 * MIB)

/* In the child: write the outcome of the walk (0 or -errno) and the list. 0 or -errno. */
NODISCARD int probe_record_write(int fd, int walked, const struct signature_list *list);

/* In the parent: nothing is taken over that signatures_read could not have produced. 0: *ret_walked is
 * the outcome, and *ret the list when it is 0 (the caller's); -EBADMSG: it cannot be; -ENOMEM. */
NODISCARD int probe_record_read(
	const struct buffer *answer, int *ret_walked, struct signature_list *ret);

#endif
