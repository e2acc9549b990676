/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Erasing a VM's disk by the platform itself (ZeroFillVirtualDisk_Task). Nothing of it can be read back from here, so
 * its word is all there is, and the fact says so. */
#include "wipe/platform/vsphere.h"

#include "base/text.h"
#include "wipe/storage/storage.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define STEPS_MAX 64 /* from an object up to its datacenter */

int vsphere_datacenter_of(struct platform *platform, const struct vsphere_ref *object,
	struct vsphere_ref *ret, struct error *error)
{
	struct vsphere_ref at = *object;
	/* A VM in a vApp stands in no folder; its host always does. */
	int result = strcmp(at.type, "VirtualMachine") == 0
			     ? vsphere_get_ref(platform, object, "runtime.host", &at, error)
			     : 0;
	for (unsigned step = 0; result == 0 && step < STEPS_MAX; step++) {
		if (strcmp(at.type, "Datacenter") == 0) {
			*ret = at;
			return 0;
		}
		const struct vsphere_ref below = at;
		result = vsphere_get_ref(platform, &below, "parent", &at, error);
	}
	return result != 0 ? result
			   : error_set(error, ERROR_WAITING, ENODATA, "platform-answer",
				     _("%s does not tell in which datacenter %s stands"),
				     platform->config.name, object->value);
}

/* ---- facts ---- */

struct erase_fact {
	const char *disk, *place, *method, *result, *level, *reason, *limit;
	uint64_t bytes;
};

static int put_fact(json_t *facts, const struct erase_fact *fact)
{
	AUTO_JSON json_t *object = json_object();
	json_t *limits = json_array();
	const struct {
		const char *key, *value;
	} texts[] = {
		{ "fact", "erase" },
		{ "disk", fact->disk },
		{ "place", fact->place },
		{ "method", fact->method },
		{ "result", fact->result },
		{ "level", fact->level },
		{ "reason", fact->reason },
		{ "volume", "" },
	};
	int result = object && limits ? 0 : -ENOMEM;
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(texts); i++)
		result = json_put_string(object, texts[i].key, texts[i].value);
	if (result == 0)
		result = json_put_integer(object, "bytes", (int64_t)fact->bytes);
	if (result == 0)
		result = json_put_integer(object, "verified_bytes", 0);
	if (result == 0 && fact->limit)
		result = json_push(limits, json_string(fact->limit));
	if (result != 0) {
		json_decref(limits);
		return result;
	}
	result = json_put(object, "limits", limits);
	return result == 0 ? json_push(facts, json_incref(object)) : result;
}

/* ---- one place ---- */

struct erasing {
	struct platform *platform;
	const struct machine_disk *disk; /* as it was surveyed */
	const struct vsphere_files *files;
	const struct vsphere_ref *datacenter;
	const struct platform_pace *pace;
	json_t *facts;
};

static bool is_unsupported(const char *type)
{
	static const char *const types[] = { "NotSupported", "MethodNotFound", "NotImplemented" };
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

/* What cannot be erased: told as such, or an error where that is required. */
static int unsupported(
	const struct erasing *erasing, const char *place, const char *reason, struct error *error)
{
	const struct erase_fact fact = { .disk = erasing->disk->id,
		.place = place,
		.method = "none",
		.result = "unsupported",
		.level = "none",
		.reason = reason };
	if (erasing->pace && erasing->pace->erasure_required)
		return error_set(error, ERROR_UNSUPPORTED, ENOTSUP, "erase-unsupported",
			_("%s cannot erase %s (%s), and erasure is required"),
			erasing->platform->config.name, place, reason);
	return put_fact(erasing->facts, &fact) == 0 ? 0 : error_no_memory(error);
}

static int zero_fill(const struct erasing *erasing, const char *place,
	struct vsphere_fault *ret_fault, struct error *error)
{
	AUTO_BUFFER struct buffer arguments = BUFFER_INIT(16 * KIB);
	int result = vsphere_put(&arguments, "name", place);
	if (result == 0)
		result = vsphere_put_ref(&arguments, "datacenter", erasing->datacenter);
	if (result != 0)
		return error_no_memory(error);
	const struct vsphere_task task = { .method = "ZeroFillVirtualDisk_Task",
		.object = &erasing->platform->disks,
		.arguments = buffer_text(&arguments),
		.pace = erasing->pace,
		.total_bytes = erasing->disk->size_bytes };
	return vsphere_run(erasing->platform, &task, NULL, ret_fault, error);
}

static int fill_place(const struct erasing *erasing, const char *place, struct error *error)
{
	char reason[480];
	struct vsphere_fault fault = { 0 };
	struct erase_fact fact = { .disk = erasing->disk->id,
		.place = place,
		.method = "zero-fill",
		.result = "done",
		.level = "clear",
		.reason = "",
		.limit = STORAGE_LIMIT_PLATFORM_WORD,
		.bytes = erasing->disk->size_bytes };
	int result = zero_fill(erasing, place, &fault, error);
	/* only what the platform refused is a fact: what it did not answer is not known */
	if (result != 0 && !fault.type[0])
		return result;
	if (result != 0 && is_unsupported(fault.type))
		return unsupported(erasing, place, fault.type, error);
	if (result != 0) {
		(void)snprintf(reason, sizeof(reason), "%s: %s", fault.type, fault.message);
		fact.result = "failed";
		fact.level = "none";
		fact.reason = reason;
		fact.bytes = 0;
	}
	return put_fact(erasing->facts, &fact) == 0 ? 0 : error_no_memory(error);
}

static int erase_place(const struct erasing *erasing, const char *place, struct error *error)
{
	const struct erase_fact kept = { .disk = erasing->disk->id,
		.place = place,
		.method = "none",
		.result = "kept",
		.level = "none",
		.reason = "shared" };
	const struct vsphere_disk *now = vsphere_disk_at(erasing->files, place);
	if (vsphere_whose(erasing->files, erasing->disk, place) != VSPHERE_OWN)
		return put_fact(erasing->facts, &kept) == 0 ? 0 : error_no_memory(error);
	/* a snapshot's disk that the platform took away when it removed the snapshot: its blocks were given back as they
	 * were */
	if (!now)
		return unsupported(erasing, place, "removed-by-platform", error);
	if (strcmp(now->kind, "rdm") == 0)
		return unsupported(erasing, place, "raw-device", error);
	return fill_place(erasing, place, error);
}

/* ---- one disk ---- */

static int erase_all(struct erasing *erasing, struct error *error)
{
	int result = erase_place(erasing, erasing->disk->place, error);
	for (size_t i = 0; result == 0 && i < erasing->disk->chain_count; i++)
		result = erase_place(erasing, erasing->disk->chain[i], error);
	return result;
}

int vsphere_erase(struct platform *platform, const struct machine *machine, size_t disk,
	const struct platform_pace *pace, json_t **ret_facts, struct error *error)
{
	AUTO_FILES struct vsphere_files files = { 0 };
	AUTO_JSON json_t *facts = json_array();
	struct vsphere_ref vm, datacenter;
	enum machine_power power = MACHINE_POWER_UNKNOWN;
	if (!facts)
		return error_no_memory(error);
	int result = vsphere_find(platform, machine, &vm, &power, error);
	if (result == 0 && power != MACHINE_OFF)
		result = error_set(error, ERROR_WAITING, EBUSY, "vm-runs",
			_("The VM %s is not switched off: nothing of it is erased"), machine->uuid);
	if (result == 0)
		result = vsphere_files_of(platform, &vm, true, &files, error);
	if (result == 0)
		result = vsphere_unchanged(&files, machine, error);
	if (result == 0)
		result = vsphere_datacenter_of(platform, &vm, &datacenter, error);
	struct erasing erasing = { .platform = platform,
		.disk = &machine->disks[disk],
		.files = &files,
		.datacenter = &datacenter,
		.pace = pace,
		.facts = facts };
	if (result == 0)
		result = erase_all(&erasing, error);
	if (result == 0)
		*ret_facts = json_incref(facts);
	return result;
}
