/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The techniques of ATA, for the table in erase.c. */
#ifndef HAIKI_WIPE_ERASE_ATA_H
#define HAIKI_WIPE_ERASE_ATA_H

#include "wipe/erase/erase.h"

extern const struct erase_method erase_ata_sanitize_crypto;
extern const struct erase_method erase_ata_sanitize_block;
extern const struct erase_method erase_ata_sanitize_overwrite;
extern const struct erase_method erase_ata_security_enhanced;
extern const struct erase_method erase_ata_security_normal;

#endif
