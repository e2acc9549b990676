/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is it gone? Asked anew: the list of all VMs, and the datastores for every file that the survey names and for whatever
 * else lies in the VM's own folder. */
#include "wipe/platform/vsphere.h"

#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SEARCH_TIMEOUT_MS (10 * 60 * 1000)
#define LEFT_MAX 1000 /* of what is left, so many are named */

/* ---- who is asked ---- */

struct browser {
	char name[256];
	struct vsphere_ref ref;
};

struct looking {
	struct platform *platform;
	const struct machine *machine;
	struct vsphere_files files; /* of all that are there now; when that was asked for */
	bool files_known;
	struct browser *browsers; /* owned: of all datastores */
	size_t browser_count;
	struct machine_look *look;
};

static int read_browser(void *context, const xmlNode *content, struct error *error)
{
	struct looking *looking = context;
	struct browser *more =
		reallocarray(looking->browsers, looking->browser_count + 1, sizeof(*more));
	if (!more)
		return error_no_memory(error);
	looking->browsers = more;
	struct browser *browser = &more[looking->browser_count];
	*browser = (struct browser){ 0 };
	if (!vsphere_property_text(content, "name", browser->name, sizeof(browser->name)) ||
		!vsphere_read_ref(vsphere_property(content, "browser"), &browser->ref))
		return 0; /* who has no name or no browser is not found below, and so unknown */
	looking->browser_count++;
	return 0;
}

static int find_browsers(struct looking *looking, struct error *error)
{
	const struct vsphere_query query = {
		.type = "Datastore", .paths = { "name", "browser" }, .page = 500
	};
	return vsphere_collect(looking->platform, &query, read_browser, looking, error);
}

/* Who uses what now; asked once, and only when something depends on it. */
static int know_users(struct looking *looking)
{
	if (looking->files_known)
		return 0;
	int result = vsphere_files_of(looking->platform, NULL, true, &looking->files, NULL);
	looking->files_known = result == 0;
	return result;
}

static bool has_shared(const struct machine *machine)
{
	for (size_t i = 0; i < machine->disk_count; i++)
		if (machine->disks[i].shared_count > 0)
			return true;
	return false;
}

/* ---- what is left ---- */

static int add_left(struct looking *looking, const char *place)
{
	struct machine_look *look = looking->look;
	look->datastore = PRESENCE_PRESENT;
	for (size_t i = 0; i < look->left_count; i++)
		if (strcmp(look->left[i], place) == 0)
			return 0;
	if (look->left_count >= LEFT_MAX)
		return 0;
	char **more = reallocarray(look->left, look->left_count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	look->left = more;
	more[look->left_count] = strdup(place);
	if (!more[look->left_count])
		return -ENOMEM;
	look->left_count++;
	return 0;
}

/* What was shared when it was surveyed, and is not this VM's alone now: it stays, and nobody looks for it. */
static bool is_kept(
	const struct looking *looking, const struct machine_disk *disk, const char *place)
{
	return disk->shared_count > 0 && vsphere_whose(&looking->files, disk, place) != VSPHERE_OWN;
}

/* Does a file in a folder belong to a disk at this place? */
static bool is_file_of(const struct vsphere_place *file, const char *disk)
{
	struct vsphere_place place;
	return vsphere_place_parse(disk, &place) && strcmp(place.datastore, file->datastore) == 0 &&
	       strcmp(place.folder, file->folder) == 0 &&
	       vsphere_is_of_disk(file->name, place.name);
}

static const char *place_of(const struct machine_disk *disk, size_t index)
{
	return index == 0 ? disk->place : disk->chain[index - 1];
}

/* Is the file one of a disk that stays? */
static bool is_kept_file(const struct looking *looking, const struct vsphere_place *file)
{
	for (size_t i = 0; i < looking->machine->disk_count; i++) {
		const struct machine_disk *disk = &looking->machine->disks[i];
		for (size_t j = 0; j <= disk->chain_count; j++)
			if (is_kept(looking, disk, place_of(disk, j)) &&
				is_file_of(file, place_of(disk, j)))
				return true;
	}
	return false;
}

/* Does a VM that is there use it, though the survey does not name it? Then it is that one's. */
static bool is_used(
	const struct looking *looking, const struct vsphere_place *file, const char *place)
{
	size_t count = 0;
	if (vsphere_users_of(&looking->files, place, &count))
		return true;
	for (size_t i = 0; i < looking->files.user_count; i++)
		if (is_file_of(file, looking->files.users[i].place))
			return true;
	return false;
}

static bool is_surveyed_file(
	const struct looking *looking, const struct vsphere_place *file, const char *place)
{
	const struct machine *machine = looking->machine;
	for (size_t i = 0; i < machine->file_count; i++)
		if (strcmp(machine->files[i], place) == 0)
			return true;
	for (size_t i = 0; i < machine->disk_count; i++)
		for (size_t j = 0; j <= machine->disks[i].chain_count; j++)
			if (!is_kept(
				    looking, &machine->disks[i], place_of(&machine->disks[i], j)) &&
				is_file_of(file, place_of(&machine->disks[i], j)))
				return true;
	return false;
}

/* ---- searching ---- */

/* One folder to be searched in all datastores of that name. */
struct search {
	struct looking *looking;
	const char *datastore, *folder;
	bool whole; /* with all that lies below it: the VM's own folder */
};

static int note_file(const struct search *search, const char *folder, const char *name)
{
	struct looking *looking = search->looking;
	char place[MACHINE_PLACE_MAX + 512];
	struct vsphere_place file;
	(void)snprintf(place, sizeof(place), "[%s] %s%s%s", search->datastore, folder,
		*folder ? "/" : "", name);
	if (!vsphere_place_parse(place, &file))
		return -EBADMSG;
	if (is_surveyed_file(looking, &file, place))
		return add_left(looking, place);
	if (!search->whole || is_kept_file(looking, &file))
		return 0;
	int result = know_users(looking);
	if (result != 0 || is_used(looking, &file, place))
		return result;
	return add_left(looking, place);
}

/* "[ds1] a/b/" is "a/b". False when it is no folder of the datastore that was searched. */
static bool read_folder(const struct search *search, const xmlNode *result, char *ret, size_t size)
{
	char text[MACHINE_PLACE_MAX + 256], prefix[300];
	(void)snprintf(prefix, sizeof(prefix), "[%s]", search->datastore);
	if (!vsphere_text(vsphere_child(result, "folderPath"), text, sizeof(text)) ||
		strncmp(text, prefix, strlen(prefix)) != 0)
		return false;
	const char *path = text + strlen(prefix);
	path += *path == ' ';
	size_t length = strlen(path);
	while (length > 0 && path[length - 1] == '/')
		length--;
	if (length >= size)
		return false;
	memcpy(ret, path, length);
	ret[length] = '\0';
	return true;
}

static int read_result(const struct search *search, const xmlNode *result)
{
	char folder[MACHINE_PLACE_MAX];
	int outcome = read_folder(search, result, folder, sizeof(folder)) ? 0 : -EBADMSG;
	for (const xmlNode *file = vsphere_child(result, "file"); outcome == 0 && file;
		file = vsphere_next(file, "file")) {
		char name[256], type[64];
		vsphere_type(file, type);
		if (strcmp(type, "FolderFileInfo") == 0)
			continue;
		outcome = vsphere_text(vsphere_child(file, "path"), name, sizeof(name)) && name[0]
				  ? note_file(search, folder, name)
				  : -EBADMSG;
	}
	return outcome;
}

/* A search of one folder answers with one result, one of a tree with a list of them; none at all is no answer. */
static int read_results(const struct search *search, const xmlNode *value)
{
	static const char element[] = "HostDatastoreBrowserSearchResults";
	int outcome = 0;
	if (!search->whole)
		return value ? read_result(search, value) : -EBADMSG;
	const xmlNode *result = vsphere_child(value, element);
	if (!result)
		return -EBADMSG;
	for (; outcome == 0 && result; result = vsphere_next(result, element))
		outcome = read_result(search, result);
	return outcome;
}

static int write_search(const struct search *search, struct buffer *buffer)
{
	char path[MACHINE_PLACE_MAX + 300];
	(void)snprintf(path, sizeof(path), "[%s] %s", search->datastore, search->folder);
	int result = vsphere_put(buffer, "datastorePath", path);
	return result == 0 ? buffer_append_text(buffer,
				     "<searchSpec><details><fileType>true</fileType>"
				     "<fileSize>false</fileSize><modification>false</modification>"
				     "<fileOwner>false</fileOwner></details>"
				     "<matchPattern>*</matchPattern></searchSpec>")
			   : result;
}

/* 0 when the answer was understood; a folder that is not there holds nothing. */
static int search_in(const struct search *search, const struct browser *browser)
{
	AUTO_BUFFER struct buffer arguments = BUFFER_INIT(64 * KIB);
	AUTO_ANSWER struct vsphere_answer answer = { 0 };
	struct vsphere_fault fault = { 0 };
	int result = write_search(search, &arguments);
	if (result != 0)
		return result;
	const struct vsphere_task task = {
		.method = search->whole ? "SearchDatastoreSubFolders_Task" : "SearchDatastore_Task",
		.object = &browser->ref,
		.arguments = buffer_text(&arguments),
		.timeout_ms = SEARCH_TIMEOUT_MS
	};
	result = vsphere_run(search->looking->platform, &task, &answer, &fault, NULL);
	if (result == -EREMOTEIO && strcmp(fault.type, "FileNotFound") == 0)
		return 0;
	return result == 0 ? read_results(search, answer.node) : result;
}

/* Nobody to be asked of that name is no answer. */
static int search_folder(struct looking *looking, const struct vsphere_place *place, bool whole)
{
	const struct search search = { .looking = looking,
		.datastore = place->datastore,
		.folder = place->folder,
		.whole = whole };
	int result = -ENODEV;
	for (size_t i = 0; i < looking->browser_count; i++) {
		if (strcmp(looking->browsers[i].name, place->datastore) != 0)
			continue;
		result = search_in(&search, &looking->browsers[i]);
		if (result != 0)
			return result;
	}
	return result;
}

/* ---- everything ---- */

struct visited {
	struct vsphere_place *items; /* owned; folders that were searched, their name empty */
	size_t count;
};

static bool was_visited(const struct visited *visited, const struct vsphere_place *place)
{
	for (size_t i = 0; i < visited->count; i++)
		if (strcmp(visited->items[i].datastore, place->datastore) == 0 &&
			strcmp(visited->items[i].folder, place->folder) == 0)
			return true;
	return false;
}

static int visit(struct looking *looking, struct visited *visited, const char *text, bool whole)
{
	struct vsphere_place place;
	if (!vsphere_place_parse(text, &place))
		return -EBADMSG;
	if (was_visited(visited, &place))
		return 0;
	struct vsphere_place *more =
		reallocarray(visited->items, visited->count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	visited->items = more;
	more[visited->count++] = place;
	/* the top of a datastore is nobody's own folder */
	return search_folder(looking, &place, whole && place.folder[0]);
}

/* The first of its files is its configuration: there is its folder. */
static int visit_all(struct looking *looking, struct visited *visited)
{
	const struct machine *machine = looking->machine;
	int result = 0;
	for (size_t i = 0; result == 0 && i < machine->file_count; i++)
		result = visit(looking, visited, machine->files[i], i == 0);
	for (size_t i = 0; result == 0 && i < machine->disk_count; i++)
		for (size_t j = 0; result == 0 && j <= machine->disks[i].chain_count; j++)
			if (!is_kept(looking, &machine->disks[i], place_of(&machine->disks[i], j)))
				result = visit(
					looking, visited, place_of(&machine->disks[i], j), false);
	return result;
}

static void look_at_datastores(struct looking *looking)
{
	struct visited visited = { 0 };
	int result = find_browsers(looking, NULL);
	if (result == 0 && has_shared(looking->machine))
		result = know_users(looking);
	/* A survey that names nothing leaves nothing to be looked for, and nothing to be said. */
	if (result == 0 && looking->machine->file_count == 0)
		result = -ENODATA;
	if (result == 0)
		result = visit_all(looking, &visited);
	free(visited.items);
	if (result != 0)
		looking->look->datastore = PRESENCE_UNKNOWN;
	else if (looking->look->datastore != PRESENCE_PRESENT)
		looking->look->datastore = PRESENCE_GONE;
}

static enum presence look_at_hypervisor(struct platform *platform, const char *uuid)
{
	struct vsphere_ref ref;
	enum machine_power power;
	struct error error = { 0 };
	int result = vsphere_find_listed(platform, uuid, &ref, &power, &error);
	if (result == -ENOENT && strcmp(error.code, "vm-absent") == 0)
		return PRESENCE_GONE;
	return result == 0 || result == -EEXIST ? PRESENCE_PRESENT : PRESENCE_UNKNOWN;
}

int vsphere_look(struct platform *platform, const struct machine *machine, struct machine_look *ret,
	struct error *error)
{
	(void)error;
	struct machine_look look = { .storage = PRESENCE_NONE };
	struct looking looking = { .platform = platform, .machine = machine, .look = &look };
	look.hypervisor = look_at_hypervisor(platform, machine->uuid);
	look_at_datastores(&looking);
	free(looking.browsers);
	vsphere_files_free(&looking.files);
	*ret = look;
	return 0;
}
