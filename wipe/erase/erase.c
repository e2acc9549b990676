/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of erase methods. */
#include "wipe/erase/erase.h"

#include "wipe/erase/ata.h"
#include "wipe/erase/erase_nvme.h"
#include "wipe/erase/erase_scsi.h"
#include "wipe/erase/kernel_methods.h"
#include "wipe/erase/luks_erase.h"
#include "wipe/erase/opal.h"

static const struct erase_method *const methods[] = {
	/* NVMe */
	&nvme_sanitize_crypto_method,
	&nvme_sanitize_block_method,
	&nvme_sanitize_overwrite_method,
	&nvme_format_crypto_method,
	&nvme_format_user_method,
	/* ATA */
	&erase_ata_sanitize_crypto,
	&erase_ata_sanitize_block,
	&erase_ata_sanitize_overwrite,
	&erase_ata_security_enhanced,
	&erase_ata_security_normal,
	/* SCSI */
	&scsi_sanitize_crypto_method,
	&scsi_sanitize_block_method,
	&scsi_sanitize_overwrite_method,
	&scsi_format_unit_method,
	&scsi_write_same_method,
	/* TCG */
	&erase_opal_revert,
	&erase_opal_psid_revert,
	&erase_opal_genkey,
	/* LUKS, zones, cards, hints */
	&method_luks_erase,
	&method_mmc_sanitize,
	&method_discard,
	&method_zone_reset,
};

const struct erase_method *erase_method_for(enum technique technique)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (methods[i]->technique == technique)
			return methods[i];
	return NULL;
}
