/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lift what hides a part of the medium, so that an erasure and its proof reach all of it. */
#ifndef HAIKI_WIPE_ERASE_RESTORE_CAPACITY_H
#define HAIKI_WIPE_ERASE_RESTORE_CAPACITY_H

#include "wipe/erase/erase.h"

/* One area that can hide sectors, and the sectors that the drive addresses (IDENTIFY DEVICE) before
 * and after it was lifted. The same twice: it hid none. */
struct capacity_change {
	const char *area;        /* stable word: "hpa", "amac", "dco" */
	uint64_t before_sectors; /* 0: unknown */
	uint64_t after_sectors;  /* 0: unknown */
	int errnum; /* positive; 0: all of it was asked, lifted, and seen to be lifted */
};

/* HPA and AMAC first, DCO after (a drive refuses DCO RESTORE while an HPA is set), and HPA again where
 * DCO had hidden more than it. Areas that the drive does not have are not in ret. For good: also after
 * the power was off; where the drive does not grant that (once until the power was off), until then.
 * The kernel is asked to look at the drive's size again; open it again to see it.
 *
 * Returns 0 when the drive told what areas it has: ret tells of each; -errno when it did not, and
 * nothing may be concluded. Drives of other languages have none of them: 0 and no entry. */
NODISCARD int restore_capacity(
	const struct erase_call *call, struct capacity_change ret[static 3], size_t *ret_count);

#endif
