/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The methods that are calls of the kernel, for the table in erase.c. */
#ifndef HAIKI_WIPE_ERASE_KERNEL_METHODS_H
#define HAIKI_WIPE_ERASE_KERNEL_METHODS_H

#include "wipe/erase/erase.h"

extern const struct erase_method method_discard;      /* discard.c */
extern const struct erase_method method_zone_reset;   /* zone_reset.c */
extern const struct erase_method method_mmc_sanitize; /* mmc_sanitize.c */

#endif
