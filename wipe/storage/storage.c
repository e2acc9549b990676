/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of the kinds of storage, and which of them a place is. */
#include "wipe/storage/storage_parts.h"

#include "base/text.h"
#include <errno.h>
#include <string.h>

/* A mapping is asked before the device that it is. */
const struct storage_kind *const storage_kinds[] = { &storage_lv, &storage_luks, &storage_zvol,
	&storage_block, &storage_file, NULL };

const struct storage_kind *storage_kind_find(const char *name)
{
	/* "thin" is a volume like others, but for what is overwritten of it. */
	if (strcmp(name, "thin") == 0)
		return &storage_lv;
	for (size_t i = 0; storage_kinds[i]; i++)
		if (strcmp(storage_kinds[i]->name, name) == 0)
			return storage_kinds[i];
	return NULL;
}

static int unknown_kind(const char *place, struct error *error)
{
	(void)error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "storage-unknown",
		_("%s is no kind of storage that haiki can erase in place."), place);
	(void)error_next(error, _("Files, logical volumes, LUKS volumes, zvols and whole block "
				  "devices are; erase what it stands on."));
	return -ENOTSUP;
}

int storage_of(const char *place, const struct storage_kind **ret, struct error *error)
{
	bool absent = false;

	for (size_t i = 0; storage_kinds[i]; i++) {
		int claims = storage_kinds[i]->claims(place, error);
		if (claims > 0) {
			*ret = storage_kinds[i];
			return 0;
		}
		if (claims < 0 && claims != -ENOENT)
			return claims;
		absent = absent || claims == -ENOENT;
	}
	if (absent)
		return error_set(error, ERROR_FAILED, ENOENT, "storage-absent",
			_("There is nothing at %s."), place);
	return unknown_kind(place, error);
}

enum presence storage_look(const char *place)
{
	const struct storage_kind *kind = NULL;

	int result = storage_of(place, &kind, NULL);
	if (result == 0)
		return kind->look(place);
	if (result != -ENOENT)
		return PRESENCE_UNKNOWN;
	if (strncmp(place, "/dev/zvol/", strlen("/dev/zvol/")) == 0)
		return storage_zvol.look(place);
	if (!place_names_device(place))
		return storage_file.look(place);
	/* A volume, or a mapping, which may have had the same name. */
	enum presence presence = storage_lv.look(place);
	if (presence == PRESENCE_PRESENT || strncmp(place, "/dev/mapper/", 12) != 0)
		return presence;
	return storage_luks.look(place);
}
