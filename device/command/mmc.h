/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eMMC through the kernel's MMC_IOC_CMD (JESD84-B51): what a card offers, erase and sanitize. Written
 * after the standard and tested by scripts alone: it was never seen on a card. */
#ifndef HAIKI_DEVICE_COMMAND_MMC_H
#define HAIKI_DEVICE_COMMAND_MMC_H

#include "device/command/kernel.h"
#include <stdbool.h>

#define MMC_EXT_CSD_BYTES 512

/* Plain value. Zeroed, nothing is known. */
struct mmc_abilities {
	bool known;       /* the extended CSD was read */
	bool sanitize;    /* SEC_FEATURE_SUPPORT [231] bit 6, of EXT_CSD_REV [192] 5 or later */
	uint32_t sectors; /* SEC_COUNT [215:212]; 0: the card is addressed by bytes */
};

void mmc_abilities_read(const struct kernel_transport *transport, struct mmc_abilities *ret);

/* ERASE_GROUP_START, ERASE_GROUP_END, ERASE over all sectors of the user area, then SANITIZE_START.
 * 0: the card took each of them without an error bit, and says it is ready for data again; -EIO: it
 * raised one; else -errno of the kernel's call. */
NODISCARD int mmc_erase_all(const struct kernel_transport *transport, uint32_t sectors);
NODISCARD int mmc_sanitize(const struct kernel_transport *transport);

#endif
