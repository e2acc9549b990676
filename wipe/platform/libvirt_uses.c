/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who else uses a place: other domains, whatever state they are in, and volumes that stand on it. */
#include "wipe/platform/libvirt_parts.h"

#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

void uses_free(struct uses *uses)
{
	for (size_t i = 0; i < uses->count; i++) {
		free(uses->items[i].place);
		free(uses->items[i].who);
	}
	free(uses->items);
	*uses = (struct uses){ 0 };
}

static int add_use(struct platform *platform, struct uses *uses, const char *place, const char *who,
	struct error *error)
{
	struct use use = { 0 };
	int result = platform->remote ? 0 : place_identify(place, &use.identity, error);
	if (result != 0)
		return result;
	struct use *grown = reallocarray(uses->items, uses->count + 1, sizeof(*uses->items));
	if (!grown)
		return error_no_memory(error);
	uses->items = grown;
	use.place = strdup(place);
	use.who = strdup(who);
	grown[uses->count++] = use;
	return use.place && use.who ? 0 : error_no_memory(error);
}

static int add_chain(struct platform *platform, struct uses *uses, const struct texts *chain,
	const char *who, struct error *error)
{
	int result = 0;
	for (size_t i = 0; i < chain->count && result == 0; i++)
		result = add_use(platform, uses, chain->items[i], who, error);
	return result;
}

/* ---- other domains ---- */

struct collecting {
	struct platform *platform;
	struct uses *uses;
	const char *who;
};

static int take_source(
	const struct collecting *collecting, const struct domain_source *given, struct error *error)
{
	AUTO_TEXTS struct texts chain = { 0 };
	AUTO_FREE char *resolved = NULL;
	struct domain_source source = *given;
	uint64_t size = 0;
	int result = 0;
	if (source.pool) {
		result = pool_resolve(
			collecting->platform, source.pool, source.volume, &resolved, error);
		if (result != 0 || !resolved)
			return result;
		source.place = resolved;
		source.is_file = resolved[0] == '/';
	}
	result = add_use(
		collecting->platform, collecting->uses, source.place, collecting->who, error);
	if (result == 0)
		result = chain_of_source(
			collecting->platform, &source, CHAIN_OTHERS, &chain, &size, error);
	return result == 0 ? add_chain(collecting->platform, collecting->uses, &chain,
				     collecting->who, error)
			   : result;
}

static int take_form(
	void *context, const struct domain *form, const char *snapshot, struct error *error)
{
	const struct collecting *collecting = context;
	(void)snapshot;
	int result = 0;
	for (size_t i = 0; i < form->source_count && result == 0; i++)
		result = take_source(collecting, &form->sources[i], error);
	return result;
}

static int take_domain(struct platform *platform, virDomainPtr domain, const char *own_uuid,
	struct uses *uses, struct error *error)
{
	char uuid[VIR_UUID_STRING_BUFLEN];
	struct error problem = { 0 };
	if (virDomainGetUUIDString(domain, uuid) < 0)
		return libvirt_error(platform, _("Asking for the VM"), error);
	if (strcmp(uuid, own_uuid) == 0)
		return 0;
	struct collecting collecting = { platform, uses, uuid };
	const int result = libvirt_forms(platform, domain, take_form, &collecting, &problem);
	/* It may have gone since it was listed; or only something of it cannot be found. */
	if (result == -ENOENT) {
		AUTO_DOMAIN_HANDLE virDomainPtr still = NULL;
		const int found = libvirt_find(platform, uuid, &still, error);
		if (found != 0 || !still)
			return found;
	}
	if (result < 0 && error)
		*error = problem;
	return result;
}

static int take_domains(
	struct platform *platform, const char *own_uuid, struct uses *uses, struct error *error)
{
	virDomainPtr *domains = NULL;
	const int count = virConnectListAllDomains(platform->connection, &domains, 0);
	int result = count < 0 ? libvirt_error(platform, _("Asking for all VMs"), error) : 0;
	for (int i = 0; i < count; i++) {
		if (result == 0)
			result = take_domain(platform, domains[i], own_uuid, uses, error);
		(void)virDomainFree(domains[i]);
	}
	free(domains);
	return result;
}

/* ---- volumes that stand on others ---- */

/* 1 when the place is one of the VM's own. */
static int is_of(struct platform *platform, const struct machine *machine, const char *place,
	struct error *error)
{
	struct place_identity identity = { 0 }, other = { 0 };
	int result = platform->remote ? 0 : place_identify(place, &identity, error);
	for (size_t i = 0; i < machine->disk_count && result == 0; i++)
		for (size_t link = 0; link <= machine->disks[i].chain_count && result == 0;
			link++) {
			const char *own = disk_place(&machine->disks[i], link);
			if (!platform->remote)
				result = place_identify(own, &other, error);
			if (result == 0 && place_same(place, &identity, own, &other))
				return 1;
		}
	return result;
}

static int add_volume(struct platform *platform, struct uses *uses, const char *place,
	const struct texts *chain, struct error *error)
{
	char who[MACHINE_PLACE_MAX];
	if (snprintf(who, sizeof(who), VOLUME_PREFIX "%s", place) >= (int)sizeof(who))
		(void)snprintf(who, sizeof(who), VOLUME_PREFIX "?");
	return add_chain(platform, uses, chain, who, error);
}

/* A file or device that no domain names: does it stand on something? Of those that a domain names, the domain says it. */
static int take_stray(struct platform *platform, const char *place, const struct machine *machine,
	struct uses *uses, struct error *error)
{
	AUTO_TEXTS struct texts chain = { 0 }, who = { 0 };
	struct stat status;
	uint64_t size = 0;
	if (stat(place, &status) < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP
			       ? 0
			       : error_set(error, ERROR_FAILED, errno, "place-unreadable",
					 _("It cannot be told what %s is: %s"), place,
					 strerror(errno));
	if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
		return 0;
	int result = is_of(platform, machine, place, error);
	if (result == 0)
		result = uses_of(uses, place, &who, error);
	if (result != 0 || who.count > 0)
		return result < 0 ? result : 0;
	result = chain_walk(place, "", CHAIN_OTHERS, &chain, &size, error);
	return result == 0 ? add_volume(platform, uses, place, &chain, error) : result;
}

/* What lies beside the VM's own, whether a pool knows it or not. */
static int take_folder(struct platform *platform, const char *folder, const struct machine *machine,
	struct uses *uses, struct error *error)
{
	char place[2 * MACHINE_PLACE_MAX];
	int result = 0;
	DIR *handle = opendir(folder);
	if (!handle)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : error_set(error, ERROR_FAILED, errno, "place-unreadable",
					 _("It cannot be told what %s is: %s"), folder,
					 strerror(errno));
	errno = 0;
	for (const struct dirent *entry; result == 0 && (entry = readdir(handle)); errno = 0) {
		(void)snprintf(place, sizeof(place), "%s/%s", folder, entry->d_name);
		if (strlen(place) < MACHINE_PLACE_MAX)
			result = take_stray(platform, place, machine, uses, error);
	}
	if (result == 0 && errno != 0)
		result = error_set(error, ERROR_FAILED, errno, "place-unreadable",
			_("It cannot be told what %s is: %s"), folder, strerror(errno));
	(void)closedir(handle);
	return result;
}

/* Each folder once. Devices are all in one, which says nothing. */
static int take_folders(struct platform *platform, const struct machine *machine, struct uses *uses,
	struct error *error)
{
	AUTO_TEXTS struct texts folders = { 0 };
	int result = 0;
	for (size_t i = 0; i < machine->disk_count; i++)
		for (size_t link = 0; link <= machine->disks[i].chain_count; link++) {
			char folder[MACHINE_PLACE_MAX];
			const char *place = disk_place(&machine->disks[i], link);
			const char *slash = strrchr(place, '/');
			struct stat status;
			if (!place_in_reach(platform, place) ||
				(stat(place, &status) == 0 && S_ISBLK(status.st_mode)))
				continue;
			(void)snprintf(
				folder, sizeof(folder), "%.*s", (int)MAX(slash - place, 1), place);
			if (texts_add(&folders, folder) < 0)
				return error_no_memory(error);
		}
	for (size_t i = 0; i < folders.count && result == 0; i++)
		result = take_folder(platform, folders.items[i], machine, uses, error);
	return result;
}

/* On another host: what libvirt says. */
static int take_remote(struct platform *platform, virStorageVolPtr handle,
	const struct machine *machine, struct uses *uses, struct error *error)
{
	AUTO_TEXTS struct texts chain = { 0 };
	struct volume_xml volume = { 0 };
	AUTO_FREE char *xml = virStorageVolGetXMLDesc(handle, 0);
	if (!xml)
		return virGetLastErrorCode() == VIR_ERR_NO_STORAGE_VOL
			       ? 0
			       : libvirt_error(platform, _("Asking for a volume"), error);
	int result = volume_parse(xml, &volume, error);
	if (result != 0 || !volume.backing[0])
		return result;
	result = is_of(platform, machine, volume.path, error);
	if (result != 0)
		return result < 0 ? result : 0;
	if (texts_add(&chain, volume.backing) < 0)
		return error_no_memory(error);
	return add_volume(platform, uses, volume.path, &chain, error);
}

/* Only its path is asked for: for more libvirt would open it, which may be just what is erased. */
static int take_volume(struct platform *platform, virStorageVolPtr handle,
	const struct machine *machine, struct uses *uses, struct error *error)
{
	if (platform->remote)
		return take_remote(platform, handle, machine, uses, error);
	AUTO_FREE char *place = virStorageVolGetPath(handle);
	if (!place)
		return libvirt_error(platform, _("Asking for a volume"), error);
	return place_in_reach(platform, place) ? take_stray(platform, place, machine, uses, error)
					       : 0;
}

static int take_pool(struct platform *platform, virStoragePoolPtr pool,
	const struct machine *machine, struct uses *uses, struct error *error)
{
	virStorageVolPtr *volumes = NULL;
	const int count = virStoragePoolListAllVolumes(pool, &volumes, 0);
	/* It was stopped since it was listed: it lists nothing. */
	if (count < 0 && virGetLastErrorCode() == VIR_ERR_OPERATION_INVALID)
		return 0;
	if (count < 0)
		return libvirt_error(platform, _("Asking for volumes"), error);
	int result = 0;
	for (int i = 0; i < count; i++) {
		if (result == 0)
			result = take_volume(platform, volumes[i], machine, uses, error);
		(void)virStorageVolFree(volumes[i]);
	}
	free(volumes);
	return result;
}

static int take_pools(struct platform *platform, const struct machine *machine, struct uses *uses,
	struct error *error)
{
	virStoragePoolPtr *pools = NULL;
	int result = 0;
	const int count = virConnectListAllStoragePools(
		platform->connection, &pools, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE);
	if (count < 0)
		return pool_none(platform, error);
	for (int i = 0; i < count; i++) {
		if (result == 0 && platform->remote && virStoragePoolRefresh(pools[i], 0) < 0)
			result = libvirt_error(platform, _("Refreshing a storage pool"), error);
		if (result == 0)
			result = take_pool(platform, pools[i], machine, uses, error);
		(void)virStoragePoolFree(pools[i]);
	}
	free(pools);
	return result;
}

int uses_collect(struct platform *platform, const struct machine *machine, struct uses *ret,
	struct error *error)
{
	struct uses uses = { 0 };
	int result = take_domains(platform, machine->uuid, &uses, error);
	if (result == 0)
		result = take_folders(platform, machine, &uses, error);
	if (result == 0)
		result = take_pools(platform, machine, &uses, error);
	if (result != 0) {
		uses_free(&uses);
		return result;
	}
	*ret = uses;
	return 0;
}

int uses_of(const struct uses *uses, const char *place, struct texts *ret_who, struct error *error)
{
	struct place_identity identity = { 0 };
	int result = place_identify(place, &identity, error);
	for (size_t i = 0; i < uses->count && result == 0; i++)
		if (place_same(place, &identity, uses->items[i].place, &uses->items[i].identity))
			result = texts_add(ret_who, uses->items[i].who) < 0 ? error_no_memory(error)
									    : 0;
	return result;
}
