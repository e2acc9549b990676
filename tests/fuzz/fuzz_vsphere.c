/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a vCenter answers: lists of VMs, what they stand on, what lies in a datastore. The first byte says which. */
#include "tests/fuzz/fuzz.h"

/* The files under test. */
#include "wipe/platform/vsphere_disks.c"
#include "wipe/platform/vsphere_index.c"
#include "wipe/platform/vsphere_look.c"
#include "wipe/platform/vsphere_machines.c"

static void must(bool so)
{
	if (!so)
		abort();
}

/* ---- the list ---- */

static void check_list(const xmlNode *response)
{
	struct listing listing = { .keys = { .name = "haiki.service", .keys = { 2 }, .count = 1 } };
	const xmlNode *value = vsphere_child(response, "returnval");
	int result = 0;
	for (const xmlNode *object = vsphere_child(value, "objects"); result == 0 && object;
		object = vsphere_next(object, "objects"))
		result = read_machine(&listing, object, NULL);
	for (size_t i = 0; i < listing.list.count; i++) {
		const struct machine *machine = &listing.list.items[i];
		must(!machine->uuid[0] || is_uuid(machine->uuid));
		must(utf8_valid(machine->name, strlen(machine->name)));
		must(machine->ref[0] && strlen(machine->service_code) < 64);
	}
	machine_list_free(&listing.list);
}

/* ---- what they stand on ---- */

/* A survey must come back from its JSON as it went. */
static void check_survey(struct vsphere_files *files)
{
	AUTO_MACHINE struct machine machine = { 0 }, again = { 0 };
	AUTO_JSON json_t *survey = NULL, *second = NULL;
	struct error error = { 0 };
	for (size_t i = 0; i < files->disk_count; i++)
		must(files->disks[i].place_count > 0 && files->disks[i].id[0]);
	must(files->file_count > 0 &&
		vsphere_unchanged(files, &machine, NULL) == (files->disk_count > 0 ? -ESTALE : 0));
	must(put_all(&machine, files) == 0);
	for (size_t i = 0; i < machine.disk_count; i++)
		must(!vsphere_disk_is_own(files, &machine.disks[i]) ||
			machine.disks[i].shared_count == 0);
	must(machine_to_json(&machine, &survey) == 0);
	must(machine_from_json(survey, &again, &error) == 0);
	must(machine_to_json(&again, &second) == 0 && json_equal(survey, second));
}

static void check_files(const xmlNode *response)
{
	AUTO_FILES struct vsphere_files files = { 0 };
	const struct platform platform = { 0 };
	const struct vsphere_ref vm = { "VirtualMachine", "vm-20" };
	struct gathering gathering = { .platform = &platform,
		.vm = &vm,
		.files = &files,
		.index = calloc(1, sizeof(*gathering.index)) };
	const xmlNode *value = vsphere_child(response, "returnval");
	int result = 0;
	must(gathering.index != NULL);
	for (const xmlNode *object = vsphere_child(value, "objects"); result == 0 && object;
		object = vsphere_next(object, "objects"))
		result = gather(&gathering, object, NULL);
	must(put_users(gathering.index, &vm, &files) == 0);
	/* more disks than any VM has are no survey */
	if (result == 0 && gathering.seen && files.disk_count < 1024)
		check_survey(&files);
	(void)vsphere_index_free(gathering.index);
}

/* ---- what is left ---- */

static void check_search(const xmlNode *response)
{
	char place[] = "[ds0] vm-0000/vm-0000.vmdk", vmx[] = "[ds0] vm-0000/vm-0000.vmx",
	     id[] = "1";
	char *files[] = { vmx };
	struct machine_disk disk = { .place = place };
	const struct machine machine = {
		.disks = &disk, .disk_count = 1, .files = files, .file_count = 1
	};
	struct machine_look look = { 0 };
	struct looking looking = { .machine = &machine, .look = &look, .files_known = true };
	const struct search search = {
		.looking = &looking, .datastore = "ds0", .folder = "vm-0000", .whole = true
	};
	(void)snprintf(disk.id, sizeof(disk.id), "%s", id);
	int result = read_results(&search, vsphere_child(response, "returnval"));
	must(result <= 0 && (look.left_count == 0 || look.datastore == PRESENCE_PRESENT));
	for (size_t i = 0; i < look.left_count; i++)
		must(strncmp(look.left[i], "[ds0] ", strlen("[ds0] ")) == 0);
	machine_look_free(&look);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_XML xmlDoc *document = NULL;
	const xmlNode *response = NULL;
	struct vsphere_fault fault = { 0 };
	struct error error = { 0 };
	if (size < 1)
		return 0;
	int result = vsphere_parse((const char *)data + 1, size - 1, "RetrievePropertiesEx",
		&document, &response, &fault, &error);
	must(result == 0 || result == -EREMOTEIO || result == -EBADMSG);
	must((result == 0) == (response != NULL) && (result == 0) == (document != NULL));
	must((result == -EBADMSG) == (error.kind == ERROR_WAITING));
	if (result != 0)
		return 0;
	switch (data[0]) {
	case 0:
		check_list(response);
		break;
	case 1:
		check_files(response);
		break;
	case 2:
		check_search(response);
		break;
	default: /* not an enum */
		break;
	}
	return 0;
}
