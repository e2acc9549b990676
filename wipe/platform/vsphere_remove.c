/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deleting a VM: what it shares is detached first, with its files kept (ReconfigVM_Task), and only when the platform shows
 * that nothing shared hangs on it any more it is destroyed (Destroy_Task), which takes whole chains of disks along. */
#include "wipe/platform/vsphere.h"

#include "base/text.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TASK_TIMEOUT_MS (60 * 60 * 1000)

/* The surveyed disk that a place belongs to. */
static const struct machine_disk *surveyed_at(const struct machine *machine, const char *place)
{
	for (size_t i = 0; i < machine->disk_count; i++) {
		const struct machine_disk *disk = &machine->disks[i];
		if (strcmp(disk->place, place) == 0)
			return disk;
		for (size_t j = 0; j < disk->chain_count; j++)
			if (strcmp(disk->chain[j], place) == 0)
				return disk;
	}
	return NULL;
}

/* Is any part of what this disk stands on now another's? What the survey called shared stays so. */
static bool is_shared(const struct machine *machine, const struct vsphere_files *files,
	const struct vsphere_disk *now)
{
	for (size_t i = 0; i < now->place_count; i++) {
		const struct machine_disk *disk = surveyed_at(machine, now->places[i]);
		if (!disk || !vsphere_disk_is_own(files, disk) ||
			vsphere_whose(files, disk, now->places[i]) != VSPHERE_OWN)
			return true;
	}
	return false;
}

static size_t count_shared(const struct machine *machine, const struct vsphere_files *files)
{
	size_t count = 0;
	for (size_t i = 0; i < files->disk_count; i++)
		count += is_shared(machine, files, &files->disks[i]);
	return count;
}

/* ---- detaching ---- */

static int write_change(struct buffer *buffer, const struct vsphere_disk *disk)
{
	int result = buffer_append_text(buffer,
		"<deviceChange><operation>remove</operation><device xsi:type=\"VirtualDisk\">");
	if (result == 0)
		result = vsphere_put(buffer, "key", disk->id);
	if (result == 0)
		result = buffer_printf(buffer, "<capacityInKB>%" PRIu64 "</capacityInKB>",
			disk->size_bytes / 1024);
	/* no fileOperation: the files stay */
	return result == 0 ? buffer_append_text(buffer, "</device></deviceChange>") : result;
}

static bool has_device(const struct vsphere_disk *disk)
{
	return disk->id[0] && strspn(disk->id, "0123456789") == strlen(disk->id);
}

static int write_spec(const struct machine *machine, const struct vsphere_files *files,
	struct buffer *buffer, struct error *error)
{
	int result = buffer_append_text(buffer, "<spec>");
	for (size_t i = 0; result == 0 && i < files->disk_count; i++) {
		const struct vsphere_disk *disk = &files->disks[i];
		if (!is_shared(machine, files, disk))
			continue;
		if (!has_device(disk))
			return error_set(error, ERROR_REFUSED, EBUSY, "vm-disk-shared",
				_("The VM %s holds %s, which others use, in a snapshot alone: it "
				  "cannot be detached"),
				machine->uuid, disk->places[0]);
		result = write_change(buffer, disk);
	}
	if (result == 0)
		result = buffer_append_text(buffer, "</spec>");
	return result == 0 ? 0 : error_no_memory(error);
}

static int detach(struct platform *platform, const struct vsphere_ref *vm,
	const struct machine *machine, const struct vsphere_files *files,
	const struct platform_pace *pace, struct error *error)
{
	AUTO_BUFFER struct buffer spec = BUFFER_INIT(MIB);
	struct vsphere_fault fault = { 0 };
	int result = write_spec(machine, files, &spec, error);
	if (result != 0)
		return result;
	const struct vsphere_task task = { .method = "ReconfigVM_Task",
		.object = vm,
		.arguments = buffer_text(&spec),
		.timeout_ms = TASK_TIMEOUT_MS,
		.pace = pace };
	return vsphere_run(platform, &task, NULL, &fault, error);
}

static int still_shared(
	const struct platform *platform, const struct machine *machine, struct error *error)
{
	return error_set(error, ERROR_FAILED, EBUSY, "vm-disk-shared",
		_("%s still shows disks at the VM %s that others use, after they were "
		  "detached: it is not deleted"),
		platform->config.name, machine->uuid);
}

/* Until nothing shared hangs on it, by the platform's own word; then its own part of what was shared is deleted. Done
 * again after a crash in between, it goes on. */
static int release_shared(struct platform *platform, const struct vsphere_ref *vm,
	const struct machine *machine, const struct platform_pace *pace, size_t *ret_detached,
	struct error *error)
{
	AUTO_FILES struct vsphere_files files = { 0 };
	int result = vsphere_files_of(platform, vm, true, &files, error);
	if (result == 0)
		result = vsphere_unchanged(&files, machine, error);
	*ret_detached = result == 0 ? count_shared(machine, &files) : 0;
	if (result == 0 && *ret_detached > 0) {
		result = detach(platform, vm, machine, &files, pace, error);
		vsphere_files_free(&files);
		if (result == 0)
			result = vsphere_files_of(platform, vm, true, &files, error);
		if (result == 0 && count_shared(machine, &files) > 0)
			result = still_shared(platform, machine, error);
	}
	return result == 0 ? vsphere_delete_own_parts(platform, vm, machine, &files, error)
			   : result;
}

/* ---- deleting ---- */

static int destroy(struct platform *platform, const struct vsphere_ref *vm,
	const struct platform_pace *pace, char answer[static 128], struct error *error)
{
	struct vsphere_fault fault = { 0 };
	const struct vsphere_task task = { .method = "Destroy_Task",
		.object = vm,
		.arguments = "",
		.timeout_ms = TASK_TIMEOUT_MS,
		.pace = pace };
	int result = vsphere_run(platform, &task, NULL, &fault, error);
	/* somebody was faster */
	if (result == -EREMOTEIO && strcmp(fault.type, "ManagedObjectNotFound") == 0)
		result = 0;
	if (result == 0)
		(void)snprintf(
			answer, 128, "Destroy_Task: %s", fault.type[0] ? fault.type : "success");
	return result;
}

int vsphere_remove(struct platform *platform, const struct machine *machine,
	const struct platform_pace *pace, char answer[static 128], struct error *error)
{
	struct vsphere_ref vm;
	enum machine_power power = MACHINE_POWER_UNKNOWN;
	size_t detached = 0;
	int result = vsphere_find(platform, machine, &vm, &power, error);
	if (result == -ENOENT) {
		if (error)
			*error = (struct error){ 0 };
		(void)snprintf(answer, 128, "vm-absent");
		return 0;
	}
	if (result == 0 && power != MACHINE_OFF)
		result = error_set(error, ERROR_WAITING, EBUSY, "vm-runs",
			_("The VM %s is not switched off: it is not deleted"), machine->uuid);
	if (result == 0)
		result = release_shared(platform, &vm, machine, pace, &detached, error);
	if (result == 0)
		result = destroy(platform, &vm, pace, answer, error);
	if (result == 0 && detached > 0) {
		size_t used = strlen(answer);
		(void)snprintf(answer + used, 128 - used, ", %zu detached", detached);
	}
	return result;
}
