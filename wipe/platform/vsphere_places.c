/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where files of a datastore lie: "[ds1] folder/name". Pure. */
#include "wipe/platform/vsphere.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

bool vsphere_place_parse(const char *text, struct vsphere_place *ret)
{
	struct vsphere_place place = { 0 };
	/* a datastore's name may hold brackets of its own; the path behind it begins after "] " */
	const char *end = text[0] == '[' ? strstr(text, "] ") : NULL;
	if (!end)
		return false;
	const char *path = end + strlen("] ");
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t datastore = (size_t)(end - text) - 1, folder = slash ? (size_t)(slash - path) : 0;
	if (datastore == 0 || datastore >= sizeof(place.datastore) ||
		folder >= sizeof(place.folder) || !*name || strlen(name) >= sizeof(place.name))
		return false;
	memcpy(place.datastore, text + 1, datastore);
	memcpy(place.folder, path, folder);
	memcpy(place.name, name, strlen(name));
	*ret = place;
	return true;
}

/* "-s001", "-f012": one of several extents. */
static bool is_numbered(const char *text)
{
	if (text[0] != '-' || (text[1] != 's' && text[1] != 'f') || !text[2])
		return false;
	for (const char *at = text + 2; *at; at++)
		if (!isdigit((unsigned char)*at))
			return false;
	return true;
}

bool vsphere_is_of_disk(const char *file, const char *descriptor)
{
	static const char ending[] = ".vmdk";
	static const char *const extents[] = { "-flat", "-delta", "-sesparse", "-rdm", "-rdmp",
		"-ctk", "-digest", "-digest-flat", "-digest-delta" };
	char middle[256];
	size_t tail = strlen(ending), length = strlen(file), stem = strlen(descriptor);
	if (strcmp(file, descriptor) == 0)
		return true;
	if (stem <= tail || strcmp(descriptor + stem - tail, ending) != 0)
		return false;
	stem -= tail;
	if (length <= stem + tail || length - stem - tail >= sizeof(middle) ||
		strncmp(file, descriptor, stem) != 0 || strcmp(file + length - tail, ending) != 0)
		return false;
	memcpy(middle, file + stem, length - stem - tail);
	middle[length - stem - tail] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(extents); i++)
		if (strcmp(middle, extents[i]) == 0)
			return true;
	return is_numbered(middle);
}
