/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of erase methods. */
#include "wipe/erase/erase.h"

#include "wipe/erase/opal.h"

static const struct erase_method *const methods[] = {
	&erase_opal_revert,
	&erase_opal_psid_revert,
	&erase_opal_genkey,
};

const struct erase_method *erase_method_for(enum technique technique)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (methods[i]->technique == technique)
			return methods[i];
	return NULL;
}
