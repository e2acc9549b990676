/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who uses which file, of all VMs of a vCenter. To ask thousands of VMs for everything takes long, so what was told is kept
 * with the stamp of the configuration it belongs to; before anything is destroyed all are asked for everything anew. */
#include "wipe/platform/vsphere.h"

#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#if defined(HAIKI_ANALYZE) && !defined(__clang__)
/* gcc 12 loses sight of what is kept in a list behind a pointer, and calls it leaked. */
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

#define FULL_PAGE 100
#define STAMP_PAGE 1000
#define STALE_MAX 32 /* more than these are asked for all together */

/* What one VM uses. */
struct entry {
	struct vsphere_ref ref;
	char stamp[128]; /* of its configuration; "" is never the same */
	char uuid[64];   /* or its object, where it tells none */
	char **places;   /* owned */
	size_t count;
	bool known; /* places are of this stamp */
};

/* Sorted by ref once it is complete. */
struct vsphere_index {
	struct entry *items; /* owned */
	size_t count, capacity;
};

struct vsphere_index *vsphere_index_free(struct vsphere_index *index)
{
	for (size_t i = 0; index && i < index->count; i++)
		vsphere_texts_free(index->items[i].places, index->items[i].count);
	if (index)
		free(index->items);
	free(index);
	return NULL;
}

static int by_ref(const void *left, const void *right)
{
	const struct entry *one = left, *other = right;
	return strcmp(one->ref.value, other->ref.value);
}

static struct entry *entry_of(struct vsphere_index *index, const char *ref)
{
	struct entry key = { 0 };
	(void)snprintf(key.ref.value, sizeof(key.ref.value), "%s", ref);
	return index->count > 0 ? bsearch(&key, index->items, index->count, sizeof(key), by_ref)
				: NULL;
}

static struct entry *add_entry(struct vsphere_index *index)
{
	if (index->count == index->capacity) {
		size_t capacity = index->capacity * 2 + 64;
		struct entry *items = reallocarray(index->items, capacity, sizeof(*items));
		if (!items)
			return NULL;
		index->items = items;
		index->capacity = capacity;
	}
	index->items[index->count] = (struct entry){ 0 };
	return &index->items[index->count++];
}

/* ---- reading one VM ---- */

static void read_stamp(const xmlNode *content, char ret[static 128])
{
	char modified[48], version[64];
	bool told = vsphere_property_text(content, "config.modified", modified, sizeof(modified)) &&
		    modified[0];
	if (!vsphere_property_text(content, "config.changeVersion", version, sizeof(version)))
		version[0] = '\0';
	(void)snprintf(
		ret, 128, "%s%s%s", told ? modified : "", told ? "/" : "", told ? version : "");
}

/* A disk without a file shares none with anybody. */
static int read_devices(struct entry *entry, const xmlNode *devices)
{
	int result = 0;
	for (const xmlNode *device = vsphere_child(devices, "VirtualDevice"); result == 0 && device;
		device = vsphere_next(device, "VirtualDevice")) {
		const xmlNode *backing = vsphere_child(device, "backing");
		if (vsphere_holds_bytes(device) && vsphere_child(backing, "fileName"))
			result = vsphere_read_chain(backing, &entry->places, &entry->count);
	}
	return result;
}

static int read_files(struct entry *entry, const xmlNode *list)
{
	static const char element[] = "VirtualMachineFileLayoutExFileInfo";
	int result = 0;
	for (const xmlNode *file = vsphere_child(list, element); result == 0 && file;
		file = vsphere_next(file, element)) {
		char place[MACHINE_PLACE_MAX];
		if (!vsphere_text(vsphere_child(file, "name"), place, sizeof(place)))
			return -EBADMSG;
		result = vsphere_texts_add(&entry->places, &entry->count, place);
	}
	return result;
}

static int unreadable(
	const struct platform *platform, const struct vsphere_ref *ref, struct error *error)
{
	return error_set(error, ERROR_WAITING, EAGAIN, "vm-unreadable",
		_("%s does not tell which files its VM %s uses, so that nobody knows what is "
		  "shared"),
		platform->config.name, ref->value);
}

/* Everything of one VM into its entry. */
static int read_entry(const struct platform *platform, struct entry *entry, const xmlNode *content,
	struct error *error)
{
	const xmlNode *devices = vsphere_property(content, "config.hardware.device");
	if (!vsphere_property_text(content, "config.uuid", entry->uuid, sizeof(entry->uuid)) ||
		!entry->uuid[0])
		(void)snprintf(entry->uuid, sizeof(entry->uuid), "%.63s", entry->ref.value);
	read_stamp(content, entry->stamp);
	vsphere_texts_free(entry->places, entry->count);
	entry->places = NULL;
	entry->count = 0;
	int result = devices ? read_devices(entry, devices) : -EBADMSG;
	if (result == 0)
		result = read_files(entry, vsphere_property(content, "layoutEx.file"));
	if (result == -EBADMSG)
		return unreadable(platform, &entry->ref, error);
	if (result != 0)
		return error_no_memory(error);
	entry->known = true;
	return 0;
}

/* ---- asking ---- */

struct gathering {
	const struct platform *platform;
	const struct vsphere_ref *vm; /* may be NULL */
	struct vsphere_files *files;
	struct vsphere_index *index;
	struct vsphere_index *old; /* may be NULL */
	bool seen;                 /* the VM itself */
};

static struct entry *add_read(
	struct gathering *gathering, const xmlNode *content, struct error *error)
{
	struct vsphere_ref ref;
	if (!vsphere_read_ref(vsphere_child(content, "obj"), &ref)) {
		(void)error_set(error, ERROR_WAITING, EBADMSG, "platform-answer",
			_("The platform's list of VMs cannot be read"));
		return NULL;
	}
	struct entry *entry = add_entry(gathering->index);
	if (entry)
		entry->ref = ref;
	else
		(void)error_no_memory(error);
	return entry;
}

static int read_own(struct gathering *gathering, const struct entry *entry, const xmlNode *content,
	struct error *error)
{
	if (!gathering->vm || strcmp(entry->ref.value, gathering->vm->value) != 0)
		return 0;
	gathering->seen = true;
	return vsphere_read_own(gathering->files, content, error);
}

/* All of one VM. */
static int gather(void *context, const xmlNode *content, struct error *error)
{
	struct gathering *gathering = context;
	struct entry *entry = add_read(gathering, content, error);
	if (!entry)
		return -EBADMSG;
	int result = read_own(gathering, entry, content, error);
	return result == 0 ? read_entry(gathering->platform, entry, content, error) : result;
}

/* Its stamp alone; what is known of that stamp is taken over. */
static int gather_stamp(void *context, const xmlNode *content, struct error *error)
{
	struct gathering *gathering = context;
	struct entry *entry = add_read(gathering, content, error);
	if (!entry)
		return -EBADMSG;
	read_stamp(content, entry->stamp);
	struct entry *old = entry_of(gathering->old, entry->ref.value);
	if (!old || !old->known || !old->stamp[0] || strcmp(old->stamp, entry->stamp) != 0)
		return 0;
	*entry = *old;
	old->places = NULL;
	old->count = 0;
	old->known = false;
	return 0;
}

#define ALL_PATHS                                                                                  \
	{                                                                                          \
		"config.uuid", "config.hardware.device", "layoutEx.file",                          \
			"config.files.vmPathName", "snapshot.rootSnapshotList", "config.modified", \
			"config.changeVersion"                                                     \
	}

static int gather_all(struct platform *platform, struct gathering *gathering, struct error *error)
{
	const struct vsphere_query query = {
		.type = "VirtualMachine", .paths = ALL_PATHS, .page = FULL_PAGE
	};
	return vsphere_collect(platform, &query, gather, gathering, error);
}

/* One VM, of which the entry is there. */
struct rereading {
	struct gathering *gathering;
	struct entry *entry;
};

static int reread(void *context, const xmlNode *content, struct error *error)
{
	struct rereading *rereading = context;
	int result = read_own(rereading->gathering, rereading->entry, content, error);
	return result == 0 ? read_entry(rereading->gathering->platform, rereading->entry, content,
				     error)
			   : result;
}

static bool is_to_be_read(const struct gathering *gathering, const struct entry *entry)
{
	return !entry->known ||
	       (gathering->vm && strcmp(entry->ref.value, gathering->vm->value) == 0);
}

/* The stamps of all, and everything of those that have another one, and of the VM itself. */
static int gather_changed(
	struct platform *platform, struct gathering *gathering, struct error *error)
{
	const struct vsphere_query stamps = { .type = "VirtualMachine",
		.paths = { "config.modified", "config.changeVersion" },
		.page = STAMP_PAGE };
	struct vsphere_index *index = gathering->index;
	size_t stale = 0;
	int result = vsphere_collect(platform, &stamps, gather_stamp, gathering, error);
	for (size_t i = 0; i < index->count; i++)
		stale += !index->items[i].known;
	if (result != 0 || stale > STALE_MAX)
		return result != 0 ? result : -EOVERFLOW;
	for (size_t i = 0; result == 0 && i < index->count; i++) {
		struct rereading rereading = { gathering, &index->items[i] };
		const struct vsphere_query query = {
			.object = &index->items[i].ref, .type = "VirtualMachine", .paths = ALL_PATHS
		};
		if (is_to_be_read(gathering, &index->items[i]))
			result = vsphere_collect(platform, &query, reread, &rereading, error);
		if (result == 0 && !index->items[i].known)
			result = unreadable(platform, &index->items[i].ref, error);
	}
	return result;
}

/* ---- putting together ---- */

static int by_place(const void *left, const void *right)
{
	const struct vsphere_user *one = left, *other = right;
	return strcmp(one->place, other->place);
}

static int put_entry(const struct entry *entry, struct vsphere_files *files)
{
	for (size_t i = 0; i < entry->count; i++) {
		struct vsphere_user user = { .place = strdup(entry->places[i]) };
		if (!user.place)
			return -ENOMEM;
		memcpy(user.uuid, entry->uuid, sizeof(user.uuid));
		files->users[files->user_count++] = user;
	}
	return 0;
}

static int put_users(const struct vsphere_index *index, const struct vsphere_ref *vm,
	struct vsphere_files *files)
{
	size_t count = 0;
	for (size_t i = 0; i < index->count; i++)
		count += index->items[i].count;
	files->users = calloc(count + 1, sizeof(*files->users));
	if (!files->users)
		return -ENOMEM;
	for (size_t i = 0; i < index->count; i++) {
		const struct entry *entry = &index->items[i];
		if (vm && strcmp(entry->ref.value, vm->value) == 0)
			continue;
		int result = put_entry(entry, files);
		if (result != 0)
			return result;
	}
	qsort(files->users, files->user_count, sizeof(*files->users), by_place);
	return 0;
}

/* What it counts to a VM is as old as its last look; where it does not look again, that is what there is. */
static void refresh(struct platform *platform, const struct vsphere_ref *vm)
{
	AUTO_ANSWER struct vsphere_answer answer = { 0 };
	(void)!vsphere_call(platform, "RefreshStorageInfo", vm, "", &answer, NULL);
}

/* Ask into a new index, which takes the old one's place; after an error there is none. */
static int ask(struct platform *platform, const struct vsphere_ref *vm, bool fresh,
	struct vsphere_files *files, struct error *error)
{
	struct gathering gathering = { .platform = platform,
		.vm = vm,
		.files = files,
		.index = calloc(1, sizeof(*gathering.index)),
		.old = platform->index };
	int result = gathering.index ? 0 : error_no_memory(error);
	platform->index = NULL;
	if (result == 0)
		result = fresh || !gathering.old ? gather_all(platform, &gathering, error)
						 : gather_changed(platform, &gathering, error);
	(void)vsphere_index_free(gathering.old);
	if (result == 0 && vm && !gathering.seen)
		result = error_set(error, ERROR_WAITING, EAGAIN, "vm-unreadable",
			_("%s does not list its VM %s"), platform->config.name, vm->value);
	if (result != 0) {
		(void)vsphere_index_free(gathering.index);
		return result;
	}
	if (gathering.index->count > 0)
		qsort(gathering.index->items, gathering.index->count,
			sizeof(*gathering.index->items), by_ref);
	platform->index = gathering.index;
	return 0;
}

int vsphere_files_of(struct platform *platform, const struct vsphere_ref *vm, bool fresh,
	struct vsphere_files *ret, struct error *error)
{
	AUTO_FILES struct vsphere_files files = { 0 };
	if (vm)
		refresh(platform, vm);
	int result = ask(platform, vm, fresh, &files, error);
	/* too many have changed: all are asked */
	if (result == -EOVERFLOW) {
		vsphere_files_free(&files);
		result = ask(platform, vm, true, &files, error);
	}
	if (result == 0 && put_users(platform->index, vm, &files) != 0)
		result = error_no_memory(error);
	if (result != 0)
		return result;
	*ret = files;
	files = (struct vsphere_files){ 0 };
	return 0;
}
