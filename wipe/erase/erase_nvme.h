/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The NVMe methods, for the table in erase.c. */
#ifndef HAIKI_WIPE_ERASE_ERASE_NVME_H
#define HAIKI_WIPE_ERASE_ERASE_NVME_H

#include "wipe/erase/erase.h"

extern const struct erase_method nvme_sanitize_crypto_method; /* nvme_sanitize.c */
extern const struct erase_method nvme_sanitize_block_method;
extern const struct erase_method nvme_sanitize_overwrite_method;
extern const struct erase_method nvme_format_crypto_method; /* nvme_format.c */
extern const struct erase_method nvme_format_user_method;

/* The completion of a command that goes on inside the drive ('n'), or is over with it ('N'). */
void nvme_completion(char language, uint16_t status, struct erase_answer *ret);

#endif
