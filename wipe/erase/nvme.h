/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the NVMe methods share. */
#ifndef HAIKI_WIPE_ERASE_NVME_H
#define HAIKI_WIPE_ERASE_NVME_H

#include "wipe/erase/erase.h"

/* The completion of a command that goes on inside the drive ('n'), or is over with it ('N'). */
void nvme_completion(char language, uint16_t status, struct erase_answer *ret);

#endif
