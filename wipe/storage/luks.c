/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LUKS volumes. */
#include "wipe/storage/storage_parts.h"

#include <errno.h>

static int claims(const char *place, struct error *error)
{
	(void)place;
	(void)error;
	return 0;
}

static int erase(
	const char *place, const struct platform_pace *pace, json_t **ret_fact, struct error *error)
{
	(void)place;
	(void)pace;
	(void)ret_fact;
	(void)error;
	return -ENOTSUP;
}

static int remove_it(const char *place, struct error *error)
{
	(void)place;
	(void)error;
	return -ENOTSUP;
}

static enum presence look(const char *place)
{
	(void)place;
	return PRESENCE_UNKNOWN;
}

const struct storage_kind storage_luks = {
	.name = "luks",
	.claims = claims,
	.erase = erase,
	.remove = remove_it,
	.look = look,
};
