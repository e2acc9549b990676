/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every method there is, for the table in erase.c; each stands in the file of its command. */
#ifndef HAIKI_WIPE_ERASE_METHODS_H
#define HAIKI_WIPE_ERASE_METHODS_H

#include "wipe/erase/erase.h"

/* NVMe */
extern const struct erase_method erase_nvme_sanitize_crypto;
extern const struct erase_method erase_nvme_sanitize_block;
extern const struct erase_method erase_nvme_sanitize_overwrite;
extern const struct erase_method erase_nvme_format_crypto;
extern const struct erase_method erase_nvme_format_user;

/* ATA */
extern const struct erase_method erase_ata_sanitize_crypto;
extern const struct erase_method erase_ata_sanitize_block;
extern const struct erase_method erase_ata_sanitize_overwrite;
extern const struct erase_method erase_ata_security_enhanced;
extern const struct erase_method erase_ata_security_normal;

/* SCSI */
extern const struct erase_method erase_scsi_sanitize_crypto;
extern const struct erase_method erase_scsi_sanitize_block;
extern const struct erase_method erase_scsi_sanitize_overwrite;
extern const struct erase_method erase_scsi_format_unit;
extern const struct erase_method erase_scsi_write_same;

/* TCG Opal */
extern const struct erase_method erase_opal_revert;
extern const struct erase_method erase_opal_psid_revert;
extern const struct erase_method erase_opal_genkey;

/* LUKS */
extern const struct erase_method erase_luks;

/* calls of the kernel */
extern const struct erase_method erase_discard;
extern const struct erase_method erase_zone_reset;
extern const struct erase_method erase_mmc_sanitize;

#endif
