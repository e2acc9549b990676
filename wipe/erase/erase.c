/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of erase methods. */
#include "wipe/erase/erase.h"

#include "wipe/erase/luks_erase.h"

static const struct erase_method *const methods[] = {
	&method_luks_erase,
	NULL,
};

const struct erase_method *erase_method_for(enum technique technique)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (methods[i] && methods[i]->technique == technique)
			return methods[i];
	return NULL;
}
