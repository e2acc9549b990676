/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libvirt's storage pools: which holds a place, and which volume is at it. */
#include "wipe/platform/libvirt_parts.h"

#include "base/text.h"
#include <errno.h>
#include <string.h>

static int folder_of_pool(struct platform *platform, virStoragePoolPtr pool,
	char ret[static MACHINE_PLACE_MAX], struct error *error)
{
	AUTO_FREE char *xml = virStoragePoolGetXMLDesc(pool, 0);
	if (!xml)
		return libvirt_error(platform, _("Asking for a storage pool"), error);
	return pool_parse(xml, ret, error);
}

/* Is the place directly in the folder? Here the folder may have several names. */
static int is_in(
	struct platform *platform, const char *place, const char *folder, struct error *error)
{
	char own[MACHINE_PLACE_MAX];
	struct place_identity identity = { 0 }, other = { 0 };
	const char *slash = strrchr(place, '/');
	if (!slash || !folder[0])
		return 0;
	(void)snprintf(own, sizeof(own), "%.*s", (int)(slash - place), place);
	int result = 0;
	if (!platform->remote) {
		result = place_identify(own, &identity, error);
		if (result == 0)
			result = place_identify(folder, &other, error);
	}
	return result < 0 ? result : place_same(own, &identity, folder, &other);
}

/* Refreshing opens every volume: not while one of them is erased. */
static int refresh(
	struct platform *platform, virStoragePoolPtr pool, const char *folder, struct error *error)
{
	const int active = virStoragePoolIsActive(pool);
	if (active == 0)
		return error_set(error, ERROR_WAITING, EHOSTUNREACH, "pool-inactive",
			_("The storage pool %s of libvirt (%s) is not active"),
			virStoragePoolGetName(pool), platform->name);
	if (active < 0 || ((platform->remote || !erasure_within(folder)) &&
				  virStoragePoolRefresh(pool, 0) < 0))
		return libvirt_error(platform, _("Refreshing a storage pool"), error);
	return 1;
}

int pool_none(struct platform *platform, struct error *error)
{
	return virGetLastErrorCode() == VIR_ERR_NO_SUPPORT
		       ? 0
		       : libvirt_error(platform, _("Asking for storage pools"), error);
}

int pool_refresh_of(struct platform *platform, const char *place, struct error *error)
{
	char folder[MACHINE_PLACE_MAX] = "";
	virStoragePoolPtr *pools = NULL;
	const int count = virConnectListAllStoragePools(platform->connection, &pools, 0);
	int result = 0, found = 0;
	if (count < 0)
		return pool_none(platform, error);
	for (int i = 0; i < count; i++) {
		if (result == 0)
			result = folder_of_pool(platform, pools[i], folder, error);
		if (result == 0)
			result = is_in(platform, place, folder, error);
		if (result > 0) {
			result = refresh(platform, pools[i], folder, error);
			found = 1;
		}
		if (result > 0)
			result = 0;
		(void)virStoragePoolFree(pools[i]);
	}
	free(pools);
	return result < 0 ? result : found;
}

int pool_volume_at(
	struct platform *platform, const char *place, virStorageVolPtr *ret, struct error *error)
{
	/* "rbd:pool/image": libvirt calls the volume "pool/image" */
	const char *colon = place[0] == '/' ? NULL : strchr(place, ':');
	virStorageVolPtr volume =
		virStorageVolLookupByPath(platform->connection, colon ? colon + 1 : place);
	const int code = volume ? VIR_ERR_OK : virGetLastErrorCode();
	if (!volume && code != VIR_ERR_NO_STORAGE_VOL && code != VIR_ERR_NO_SUPPORT)
		return libvirt_error(platform, _("Asking for a volume"), error);
	*ret = volume;
	return 0;
}

/* What the pool calls it: while a pool is inactive, it lists nothing. */
static int compose(struct platform *platform, virStoragePoolPtr pool, const char *volume,
	char **ret, struct error *error)
{
	char folder[MACHINE_PLACE_MAX] = "", place[2 * MACHINE_PLACE_MAX];
	const int result = folder_of_pool(platform, pool, folder, error);
	if (result != 0)
		return result;
	(void)snprintf(place, sizeof(place), "%s%s%s",
		folder[0] ? folder : "pool:", folder[0] ? "/" : "", volume);
	if (strlen(place) >= MACHINE_PLACE_MAX)
		return error_set(error, ERROR_FAILED, ENAMETOOLONG, "libvirt-xml",
			_("What libvirt says about it cannot be understood: %s"), volume);
	*ret = strdup(place);
	return *ret ? 0 : error_no_memory(error);
}

int pool_resolve(struct platform *platform, const char *pool, const char *volume, char **ret,
	struct error *error)
{
	AUTO_POOL_HANDLE virStoragePoolPtr handle =
		virStoragePoolLookupByName(platform->connection, pool);
	*ret = NULL;
	if (!handle)
		return virGetLastErrorCode() == VIR_ERR_NO_STORAGE_POOL
			       ? 0
			       : libvirt_error(platform, _("Asking for a storage pool"), error);
	AUTO_VOLUME_HANDLE virStorageVolPtr found = virStorageVolLookupByName(handle, volume);
	char *path = found ? virStorageVolGetPath(found) : NULL;
	if (!path)
		return compose(platform, handle, volume, ret, error);
	*ret = path;
	return 0;
}
