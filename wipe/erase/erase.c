/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of erase methods. */
#include "wipe/erase/erase.h"

#include "wipe/erase/erase_scsi.h"

static const struct erase_method *const methods[] = {
	&scsi_sanitize_crypto_method,
	&scsi_sanitize_block_method,
	&scsi_sanitize_overwrite_method,
	&scsi_format_unit_method,
	&scsi_write_same_method,
};

const struct erase_method *erase_method_for(enum technique technique)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (methods[i]->technique == technique)
			return methods[i];
	return NULL;
}
