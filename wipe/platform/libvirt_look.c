/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking libvirt, its pools and the storage itself whether anything of a domain is left. */
#include "wipe/platform/libvirt_parts.h"
#include "wipe/storage/storage.h"

#include "base/text.h"
#include <errno.h>
#include <string.h>

static enum presence look_hypervisor(struct platform *platform, const char *uuid)
{
	AUTO_DOMAIN_HANDLE virDomainPtr domain = NULL;
	if (libvirt_find(platform, uuid, &domain, NULL) < 0)
		return PRESENCE_UNKNOWN;
	return domain ? PRESENCE_PRESENT : PRESENCE_GONE;
}

/* The pool is refreshed, and then asked for the volume. What it remembers it has to find. */
static enum presence look_pool(struct platform *platform, const char *place)
{
	AUTO_VOLUME_HANDLE virStorageVolPtr volume = NULL;
	virStorageVolInfo information;
	const int covered = pool_refresh_of(platform, place, NULL);
	if (covered < 0 || pool_volume_at(platform, place, &volume, NULL) < 0)
		return PRESENCE_UNKNOWN;
	if (!volume)
		return covered > 0 ? PRESENCE_GONE : PRESENCE_NONE;
	if (virStorageVolGetInfo(volume, &information) == 0)
		return PRESENCE_PRESENT;
	return place_in_reach(platform, place) && storage_look(place) == PRESENCE_GONE
		       ? PRESENCE_GONE
		       : PRESENCE_UNKNOWN;
}

/* Storage on another host is asked through its pool alone; without one, nobody can say that it is gone. What libvirt
 * itself made goes with the domain. */
static enum presence look_storage(struct platform *platform, const struct machine_disk *disk,
	const char *place, enum presence pool)
{
	if (place_in_reach(platform, place))
		return storage_look(place);
	const bool is_libvirts = strcmp(disk->kind, "nvram") == 0 ||
				 strcmp(disk->kind, "tpm") == 0 ||
				 strcmp(disk->kind, "memory") == 0;
	if (platform->remote && is_libvirts)
		return PRESENCE_NONE;
	return pool == PRESENCE_NONE ? PRESENCE_UNKNOWN : PRESENCE_NONE;
}

/* What one says counts for all: there, then unknown, then gone; nobody to ask only when nobody was. */
static enum presence together(enum presence so_far, enum presence next)
{
	static const enum presence order[] = { PRESENCE_PRESENT, PRESENCE_UNKNOWN, PRESENCE_GONE };
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (so_far == order[i] || next == order[i])
			return order[i];
	return PRESENCE_NONE;
}

static int look_place(struct platform *platform, const struct uses *uses,
	const struct machine *machine, const struct machine_disk *disk, size_t link,
	struct machine_look *look, struct texts *left)
{
	const char *place = disk_place(disk, link);
	enum keep keep = KEEP_UNKNOWN;
	if (strcmp(disk->kind, "hostdev") == 0)
		return 0; /* a drive of the host, which stays: see its own record */
	if (place_keep(platform, uses, machine, disk, link, &keep, NULL) < 0) {
		look->storage = together(look->storage, PRESENCE_UNKNOWN);
		return 0;
	}
	/* What was somebody else's when it was surveyed is told as shared; what is so only now has to be looked for. */
	if (keep == KEEP_SHARED)
		return 0;
	const enum presence pool = look_pool(platform, place);
	const enum presence storage = look_storage(platform, disk, place, pool);
	look->datastore = together(look->datastore, pool);
	look->storage = together(look->storage, storage);
	return pool == PRESENCE_PRESENT || storage == PRESENCE_PRESENT ? texts_add(left, place) : 0;
}

/* What an earlier survey named; nobody else has to have it now. */
static int look_file(struct platform *platform, const struct uses *uses, const char *place,
	struct machine_look *look, struct texts *left)
{
	AUTO_TEXTS struct texts who = { 0 };
	enum presence presence = PRESENCE_UNKNOWN;
	if (uses_of(uses, place, &who, NULL) == 0 && who.count > 0)
		return 0;
	if (place_in_reach(platform, place))
		presence = storage_look(place);
	look->storage = together(look->storage, presence);
	return presence == PRESENCE_PRESENT ? texts_add(left, place) : 0;
}

static int look_places(struct platform *platform, const struct machine *machine,
	struct machine_look *look, struct texts *left)
{
	AUTO_USES struct uses uses = { 0 };
	look->datastore = look->storage = PRESENCE_NONE;
	if (uses_collect(platform, machine, &uses, NULL) < 0) {
		look->datastore = look->storage = PRESENCE_UNKNOWN;
		return 0;
	}
	int result = 0;
	for (size_t i = 0; i < machine->disk_count && result == 0; i++)
		for (size_t link = 0; link <= machine->disks[i].chain_count && result == 0; link++)
			result = look_place(
				platform, &uses, machine, &machine->disks[i], link, look, left);
	for (size_t i = 0; i < machine->file_count && result == 0; i++)
		result = look_file(platform, &uses, machine->files[i], look, left);
	return result;
}

int libvirt_look(struct platform *platform, const struct machine *machine, struct machine_look *ret,
	struct error *error)
{
	AUTO_TEXTS struct texts left = { 0 };
	struct machine_look look = { .hypervisor = look_hypervisor(platform, machine->uuid) };
	reading_begin();
	const int result = look_places(platform, machine, &look, &left);
	reading_end();
	if (result != 0)
		return error_no_memory(error);
	look.left = left.items;
	look.left_count = left.count;
	left = (struct texts){ 0 };
	*ret = look;
	return 0;
}
