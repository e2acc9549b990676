/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Let the kernel look again at how large a drive is. */
#ifndef HAIKI_WIPE_ERASE_RESCAN_H
#define HAIKI_WIPE_ERASE_RESCAN_H

#include "base/macros.h"

/* The drive behind fd now has wanted_bytes. First its disk is looked at again; where that does not
 * show them, its whole port, as libata needs it: that may take the disk away and bring it back as
 * another. Best effort: whoever opens the drive again sees what came of it. */
void rescan_capacity(int fd, uint64_t wanted_bytes);

#endif
