/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of the kinds of platforms: a kind is one line here, and its own files. */
#include "wipe/platform/platform.h"

#include <string.h>

const struct platform_kind *const platform_kinds[] = {
	&platform_vsphere,
	&platform_libvirt,
	NULL,
};

const struct platform_kind *platform_kind_find(const char *name)
{
	for (size_t i = 0; platform_kinds[i]; i++)
		if (strcmp(platform_kinds[i]->name, name) == 0)
			return platform_kinds[i];
	return NULL;
}
