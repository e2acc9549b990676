/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which VM uses which file: over the backings of all disks, what these stand on, and what else the platform counts to a
 * VM (disks that only a snapshot holds). What another VM uses is nobody's to touch. */
#include "wipe/platform/vsphere.h"

#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#if defined(HAIKI_ANALYZE) && !defined(__clang__)
/* gcc 12 loses sight of what is kept in a list behind a pointer, and calls it leaked. */
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

#define CHAIN_MAX 256

void vsphere_texts_free(char **texts, size_t count)
{
	for (size_t i = 0; texts && i < count; i++)
		free(texts[i]);
	free(texts);
}

void vsphere_files_free(struct vsphere_files *files)
{
	for (size_t i = 0; i < files->disk_count; i++)
		vsphere_texts_free(files->disks[i].places, files->disks[i].place_count);
	free(files->disks);
	vsphere_texts_free(files->files, files->file_count);
	vsphere_texts_free(files->snapshots, files->snapshot_count);
	for (size_t i = 0; i < files->user_count; i++)
		free(files->users[i].place);
	free(files->users);
	*files = (struct vsphere_files){ 0 };
}

int vsphere_texts_add(char ***texts, size_t *count, const char *text)
{
	char *copy = strdup(text);
	char **more = copy ? reallocarray(*texts, *count + 1, sizeof(**texts)) : NULL;
	if (!more) {
		free(copy);
		return -ENOMEM;
	}
	more[*count] = copy;
	*texts = more;
	(*count)++;
	return 0;
}

/* ---- devices ---- */

bool vsphere_holds_bytes(const xmlNode *device)
{
	char type[64];
	vsphere_type(device, type);
	return strcmp(type, "VirtualDisk") == 0 || strcmp(type, "VirtualNVDIMM") == 0;
}

int vsphere_read_chain(const xmlNode *backing, char ***ret, size_t *ret_count)
{
	int result = 0;
	for (; result == 0 && backing; backing = vsphere_child(backing, "parent")) {
		char place[MACHINE_PLACE_MAX];
		if (*ret_count == CHAIN_MAX ||
			!vsphere_text(vsphere_child(backing, "fileName"), place, sizeof(place)) ||
			!place[0])
			return -EBADMSG;
		result = vsphere_texts_add(ret, ret_count, place);
	}
	return result;
}

static void read_kind(const xmlNode *device, const xmlNode *backing, char ret[static 32])
{
	char type[64], backed[64];
	vsphere_type(device, type);
	vsphere_type(backing, backed);
	(void)snprintf(ret, 32, "%s",
		strstr(backed, "RawDiskMapping")     ? "rdm"
		: strcmp(type, "VirtualNVDIMM") == 0 ? "nvdimm"
						     : "vmdk");
}

static uint64_t read_size(const xmlNode *device)
{
	int64_t size = 0;
	if (vsphere_number(vsphere_child(device, "capacityInBytes"), &size) && size > 0)
		return (uint64_t)size;
	if (vsphere_number(vsphere_child(device, "capacityInKB"), &size) && size > 0 &&
		size < INT64_MAX / 1024)
		return (uint64_t)size * 1024;
	return 0;
}

static int read_disk(const xmlNode *device, struct vsphere_disk *ret)
{
	const xmlNode *backing = vsphere_child(device, "backing");
	if (!backing || !vsphere_text(vsphere_child(device, "key"), ret->id, sizeof(ret->id)) ||
		!ret->id[0])
		return -EBADMSG;
	ret->size_bytes = read_size(device);
	read_kind(device, backing, ret->kind);
	return vsphere_read_chain(backing, &ret->places, &ret->place_count);
}

/* Room for one more disk, zeroed and counted. */
static struct vsphere_disk *add_disk(struct vsphere_files *files)
{
	struct vsphere_disk *disks =
		reallocarray(files->disks, files->disk_count + 1, sizeof(*disks));
	if (!disks)
		return NULL;
	files->disks = disks;
	disks[files->disk_count] = (struct vsphere_disk){ 0 };
	return &disks[files->disk_count++];
}

/* ---- this VM ---- */

static int not_understood(const char *what, struct error *error)
{
	return error_set(error, ERROR_REFUSED, ENOTSUP, "vm-disk-unknown",
		_("The VM has a disk of a kind that is not known here: %s"), what);
}

static int read_own_disks(struct vsphere_files *files, const xmlNode *content, struct error *error)
{
	const xmlNode *devices = vsphere_property(content, "config.hardware.device");
	for (const xmlNode *device = vsphere_child(devices, "VirtualDevice"); device;
		device = vsphere_next(device, "VirtualDevice")) {
		if (!vsphere_holds_bytes(device))
			continue;
		struct vsphere_disk *disk = add_disk(files);
		int result = disk ? read_disk(device, disk) : -ENOMEM;
		if (result == -EBADMSG)
			return not_understood(disk->id, error);
		if (result != 0)
			return error_no_memory(error);
	}
	return 0;
}

/* A disk that no device has, but a snapshot: it goes with the snapshots, or it stays. */
static int read_detached(struct vsphere_files *files, const char *place)
{
	struct vsphere_disk *disk = add_disk(files);
	if (!disk)
		return -ENOMEM;
	(void)snprintf(disk->id, sizeof(disk->id), "detached-%zu", files->disk_count);
	(void)snprintf(disk->kind, sizeof(disk->kind), "vmdk");
	return vsphere_texts_add(&disk->places, &disk->place_count, place);
}

static int read_own_file(struct vsphere_files *files, const xmlNode *file)
{
	char place[MACHINE_PLACE_MAX], type[64];
	if (!vsphere_text(vsphere_child(file, "name"), place, sizeof(place)) || !place[0])
		return -EBADMSG;
	(void)vsphere_text(vsphere_child(file, "type"), type, sizeof(type));
	if (strcmp(type, "diskDescriptor") == 0)
		return vsphere_disk_at(files, place) ? 0 : read_detached(files, place);
	/* extents go with their descriptors */
	if (strcmp(type, "diskExtent") == 0 || strncmp(type, "digest", strlen("digest")) == 0)
		return 0;
	for (size_t i = 0; i < files->file_count; i++)
		if (strcmp(files->files[i], place) == 0)
			return 0;
	return vsphere_texts_add(&files->files, &files->file_count, place);
}

static int read_snapshots(struct vsphere_files *files, const xmlNode *list, const char *element)
{
	int result = 0;
	for (const xmlNode *snapshot = vsphere_child(list, element); result == 0 && snapshot;
		snapshot = vsphere_next(snapshot, element)) {
		char name[256];
		if (!vsphere_text(vsphere_child(snapshot, "name"), name, sizeof(name)) || !name[0])
			(void)snprintf(name, sizeof(name), "?");
		result = vsphere_texts_add(&files->snapshots, &files->snapshot_count, name);
		if (result == 0)
			result = read_snapshots(files, snapshot, "childSnapshotList");
	}
	return result;
}

int vsphere_read_own(struct vsphere_files *files, const xmlNode *content, struct error *error)
{
	char place[MACHINE_PLACE_MAX];
	if (!vsphere_property(content, "config.hardware.device") ||
		!vsphere_property_text(content, "config.files.vmPathName", place, sizeof(place)) ||
		!place[0])
		return error_set(error, ERROR_WAITING, EAGAIN, "vm-unreadable",
			_("The platform does not tell what the VM stands on"));
	int result = read_own_disks(files, content, error);
	if (result != 0)
		return result;
	result = vsphere_texts_add(&files->files, &files->file_count, place);
	const xmlNode *list = vsphere_property(content, "layoutEx.file");
	for (const xmlNode *file = vsphere_child(list, "VirtualMachineFileLayoutExFileInfo");
		result == 0 && file;
		file = vsphere_next(file, "VirtualMachineFileLayoutExFileInfo"))
		result = read_own_file(files, file);
	if (result == 0)
		result = read_snapshots(files,
			vsphere_property(content, "snapshot.rootSnapshotList"),
			"VirtualMachineSnapshotTree");
	if (result == -EBADMSG)
		return not_understood("layoutEx", error);
	return result == 0 ? 0 : error_no_memory(error);
}

/* ---- whose it is ---- */

const struct vsphere_user *vsphere_users_of(
	const struct vsphere_files *files, const char *place, size_t *ret_count)
{
	size_t low = 0, high = files->user_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(files->users[middle].place, place) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	size_t end = low;
	while (end < files->user_count && strcmp(files->users[end].place, place) == 0)
		end++;
	*ret_count = end - low;
	return end > low ? &files->users[low] : NULL;
}

static bool uses(const struct vsphere_files *files, const char *place, const char *uuid)
{
	size_t count = 0;
	const struct vsphere_user *users = vsphere_users_of(files, place, &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(users[i].uuid, uuid) == 0)
			return true;
	return false;
}

/* Does this VM use any part of the disk now? */
static bool uses_disk(
	const struct vsphere_files *files, const struct machine_disk *disk, const char *uuid)
{
	bool found = uses(files, disk->place, uuid);
	for (size_t i = 0; !found && i < disk->chain_count; i++)
		found = uses(files, disk->chain[i], uuid);
	return found;
}

enum vsphere_whose vsphere_whose(
	const struct vsphere_files *files, const struct machine_disk *disk, const char *place)
{
	size_t count = 0;
	if (vsphere_users_of(files, place, &count))
		return VSPHERE_SHARED;
	/* Where a VM that shared it has gone, nobody can tell any more which part was that one's. */
	for (size_t i = 0; i < disk->shared_count; i++)
		if (!uses_disk(files, disk, disk->shared_with[i]))
			return VSPHERE_SHARED;
	return VSPHERE_OWN;
}

bool vsphere_disk_is_own(const struct vsphere_files *files, const struct machine_disk *disk)
{
	bool own =
		disk->shared_count == 0 && vsphere_whose(files, disk, disk->place) == VSPHERE_OWN;
	for (size_t i = 0; own && i < disk->chain_count; i++)
		own = vsphere_whose(files, disk, disk->chain[i]) == VSPHERE_OWN;
	return own;
}

const struct vsphere_disk *vsphere_disk_at(const struct vsphere_files *files, const char *place)
{
	for (size_t i = 0; i < files->disk_count; i++)
		for (size_t j = 0; j < files->disks[i].place_count; j++)
			if (strcmp(files->disks[i].places[j], place) == 0)
				return &files->disks[i];
	return NULL;
}

static bool is_surveyed(const struct machine *machine, const char *place)
{
	for (size_t i = 0; i < machine->disk_count; i++) {
		const struct machine_disk *disk = &machine->disks[i];
		if (strcmp(disk->place, place) == 0)
			return true;
		for (size_t j = 0; j < disk->chain_count; j++)
			if (strcmp(disk->chain[j], place) == 0)
				return true;
	}
	return false;
}

int vsphere_unchanged(
	const struct vsphere_files *files, const struct machine *machine, struct error *error)
{
	for (size_t i = 0; i < files->disk_count; i++)
		for (size_t j = 0; j < files->disks[i].place_count; j++)
			if (!is_surveyed(machine, files->disks[i].places[j]))
				return error_set(error, ERROR_REFUSED, ESTALE, "vm-changed",
					_("The VM %s stands on %s by now, which its survey does "
					  "not know"),
					machine->uuid, files->disks[i].places[j]);
	return 0;
}
