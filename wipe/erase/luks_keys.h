/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What libcryptsetup says of a LUKS header, and its way to destroy keyslots; always on a copy in
 * memory, never on the drive: it would open the drive by a name, it mends a header from the other one
 * when it finds only that, and it does not look at what its flushes return. */
#ifndef HAIKI_WIPE_ERASE_LUKS_KEYS_H
#define HAIKI_WIPE_ERASE_LUKS_KEYS_H

#include "base/macros.h"
#include <stdbool.h>

/* A file in memory, sparse, as long as the place that a header stands in. -errno. */
NODISCARD int luks_copy_open(uint64_t length_bytes);

struct luks_opinion {
	bool loads;     /* as LUKS1 or LUKS2, from either header */
	unsigned slots; /* keyslots that are not inactive */
};

/* Ask. 0; -EIO: libcryptsetup could not be asked at all. */
NODISCARD int luks_ask(int copy_fd, struct luks_opinion *ret);

/* Let it destroy every keyslot in the copy; *ret_destroyed of them said that they were. A slot that it
 * will not destroy, and a header that does not load, is no error: all is overwritten after. 0, -EIO. */
NODISCARD int luks_destroy_slots(int copy_fd, unsigned *ret_destroyed);

#endif
