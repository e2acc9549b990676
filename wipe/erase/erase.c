/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of erase methods. */
#include "wipe/erase/erase.h"

#include "wipe/erase/ata.h"

static const struct erase_method *const methods[] = {
	&erase_ata_sanitize_crypto,
	&erase_ata_sanitize_block,
	&erase_ata_sanitize_overwrite,
	&erase_ata_security_enhanced,
	&erase_ata_security_normal,
};

const struct erase_method *erase_method_for(enum technique technique)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (methods[i]->technique == technique)
			return methods[i];
	return NULL;
}
