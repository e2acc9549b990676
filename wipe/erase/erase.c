/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of erase methods. */
#include "wipe/erase/methods.h"

static const struct erase_method *const methods[] = {
	/* NVMe */
	&erase_nvme_sanitize_crypto,
	&erase_nvme_sanitize_block,
	&erase_nvme_sanitize_overwrite,
	&erase_nvme_format_crypto,
	&erase_nvme_format_user,
	/* ATA */
	&erase_ata_sanitize_crypto,
	&erase_ata_sanitize_block,
	&erase_ata_sanitize_overwrite,
	&erase_ata_security_enhanced,
	&erase_ata_security_normal,
	/* SCSI */
	&erase_scsi_sanitize_crypto,
	&erase_scsi_sanitize_block,
	&erase_scsi_sanitize_overwrite,
	&erase_scsi_format_unit,
	&erase_scsi_write_same,
	/* TCG */
	&erase_opal_revert,
	&erase_opal_psid_revert,
	&erase_opal_genkey,
	/* LUKS, zones, cards, hints */
	&erase_luks,
	&erase_mmc_sanitize,
	&erase_discard,
	&erase_zone_reset,
};

const struct erase_method *erase_method_for(enum technique technique)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (methods[i]->technique == technique)
			return methods[i];
	return NULL;
}
