/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a linked clone has of its own: its disk is detached, because what that stands on is others', and then its own files
 * are deleted one by one. The platform's ways of deleting a disk are not used for it: they may take the whole chain. */
#include "wipe/platform/vsphere.h"

#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TASK_TIMEOUT_MS (60 * 60 * 1000)

/* Where a disk is files and nothing else. Elsewhere (vSAN, VVol) a descriptor's end leaves an object behind that nobody
 * would see: there nothing is deleted, and the look shows that it is there. */
static bool has_plain_files(const char *type)
{
	static const char *const types[] = { "VMFS", "NFS", "NFS41", "OTHER" };
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

struct kinds {
	const char *datastore;
	size_t plain, other;
};

static int read_kind(void *context, const xmlNode *content, struct error *error)
{
	struct kinds *kinds = context;
	char name[256], type[64];
	(void)error;
	if (!vsphere_property_text(content, "name", name, sizeof(name)) ||
		strcmp(name, kinds->datastore) != 0)
		return 0;
	if (vsphere_property_text(content, "summary.type", type, sizeof(type)) &&
		has_plain_files(type))
		kinds->plain++;
	else
		kinds->other++;
	return 0;
}

static int lies_on_plain_files(
	struct platform *platform, const char *place, bool *ret, struct error *error)
{
	struct vsphere_place parsed;
	const struct vsphere_query query = {
		.type = "Datastore", .paths = { "name", "summary.type" }, .page = 500
	};
	*ret = false;
	if (!vsphere_place_parse(place, &parsed))
		return 0;
	struct kinds kinds = { .datastore = parsed.datastore };
	int result = vsphere_collect(platform, &query, read_kind, &kinds, error);
	*ret = result == 0 && kinds.plain > 0 && kinds.other == 0;
	return result;
}

/* What is not there is deleted. */
static int delete_file(struct platform *platform, const struct vsphere_ref *datacenter,
	const char *place, struct error *error)
{
	AUTO_BUFFER struct buffer arguments = BUFFER_INIT(16 * KIB);
	struct vsphere_fault fault = { 0 };
	int result = vsphere_put(&arguments, "name", place);
	if (result == 0)
		result = vsphere_put_ref(&arguments, "datacenter", datacenter);
	if (result != 0)
		return error_no_memory(error);
	const struct vsphere_task task = { .method = "DeleteDatastoreFile_Task",
		.object = &platform->file_manager,
		.arguments = buffer_text(&arguments),
		.timeout_ms = TASK_TIMEOUT_MS };
	result = vsphere_run(platform, &task, NULL, &fault, error);
	return result == -EREMOTEIO && strcmp(fault.type, "FileNotFound") == 0 ? 0 : result;
}

/* Extents first: as long as the descriptor is there, everybody sees that it is not gone. */
static int delete_disk(struct platform *platform, const struct vsphere_ref *datacenter,
	const char *place, struct error *error)
{
	static const char ending[] = ".vmdk";
	static const char *const extents[] = { "-flat", "-delta", "-sesparse", "-ctk" };
	char file[MACHINE_PLACE_MAX + 32];
	bool plain = false;
	size_t length = strlen(place);
	int result = lies_on_plain_files(platform, place, &plain, error);
	if (result != 0 || !plain || length <= strlen(ending) ||
		strcmp(place + length - strlen(ending), ending) != 0)
		return result;
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(extents); i++) {
		(void)snprintf(file, sizeof(file), "%.*s%s%s", (int)(length - strlen(ending)),
			place, extents[i], ending);
		result = delete_file(platform, datacenter, file, error);
	}
	return result == 0 ? delete_file(platform, datacenter, place, error) : result;
}

static int delete_parts(struct platform *platform, const struct vsphere_ref *datacenter,
	const struct machine_disk *disk, const struct vsphere_files *files, struct error *error)
{
	int result = 0;
	for (size_t i = 0; result == 0 && i <= disk->chain_count; i++) {
		const char *place = i == 0 ? disk->place : disk->chain[i - 1];
		if (vsphere_whose(files, disk, place) == VSPHERE_OWN &&
			!vsphere_disk_at(files, place))
			result = delete_disk(platform, datacenter, place, error);
	}
	return result;
}

int vsphere_delete_own_parts(struct platform *platform, const struct vsphere_ref *vm,
	const struct machine *machine, const struct vsphere_files *files, struct error *error)
{
	struct vsphere_ref datacenter = { 0 };
	int result = 0;
	for (size_t i = 0; result == 0 && i < machine->disk_count; i++) {
		if (vsphere_disk_is_own(files, &machine->disks[i]))
			continue;
		if (!datacenter.value[0])
			result = vsphere_datacenter_of(platform, vm, &datacenter, error);
		if (result == 0)
			result = delete_parts(
				platform, &datacenter, &machine->disks[i], files, error);
	}
	return result;
}
