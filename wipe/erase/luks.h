/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Destroying the keys of all LUKS volumes on a drive, and seeing that none is left. */
#ifndef HAIKI_WIPE_ERASE_LUKS_H
#define HAIKI_WIPE_ERASE_LUKS_H

#include "wipe/erase/erase.h"

/* For the descriptor and tests: of the drive behind fd. */

/* How many headers stand on it, and how many keyslots open by libcryptsetup's word: 0 0 only when
 * every place was looked at. 0 or -errno; then nothing may be concluded. */
NODISCARD int luks_count(int fd, uint64_t capacity_bytes, uint32_t sector_bytes,
	unsigned *ret_headers, unsigned *ret_slots);

/* Destroy every keyslot, overwrite the header areas with a random stream, flush, read them back past
 * the cache, and look again. Then the partition table goes too, when it led to nothing but these. 0:
 * all that was seen to be so; -ENOENT: there is no header to destroy; -errno of what failed, -EIO also
 * when something else than was written is read. *ret_touched: something was written. */
NODISCARD int luks_destroy(
	int fd, uint64_t capacity_bytes, uint32_t sector_bytes, bool *ret_touched);

#endif
