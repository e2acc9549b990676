/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which VMs there are, by UUID, and one of them with all that belongs to it. */
#include "wipe/platform/vsphere.h"

#include "base/text.h"
#include "base/utf8.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#if defined(HAIKI_ANALYZE) && !defined(__clang__)
/* gcc 12 loses sight of what is kept in a list behind a pointer, and calls it leaked. */
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

#define PAGE 500
#define KEYS_MAX 8

/* ---- the custom attribute ---- */

/* Under which keys the service code may stand. */
struct field_keys {
	const char *name; /* borrowed */
	int64_t keys[KEYS_MAX];
	size_t count;
};

static int read_fields(void *context, const xmlNode *content, struct error *error)
{
	struct field_keys *keys = context;
	const xmlNode *list = vsphere_property(content, "field");
	for (const xmlNode *field = vsphere_child(list, "CustomFieldDef"); field;
		field = vsphere_next(field, "CustomFieldDef")) {
		char name[256], type[64];
		int64_t key = 0;
		bool typed =
			vsphere_text(vsphere_child(field, "managedObjectType"), type, sizeof(type));
		if (!vsphere_text(vsphere_child(field, "name"), name, sizeof(name)) ||
			strcmp(name, keys->name) != 0 ||
			(typed && type[0] && strcmp(type, "VirtualMachine") != 0))
			continue;
		if (!vsphere_number(vsphere_child(field, "key"), &key) || keys->count == KEYS_MAX)
			return error_set(error, ERROR_WAITING, EBADMSG, "platform-answer",
				_("The platform's definitions of the attribute %s cannot be read"),
				keys->name);
		keys->keys[keys->count++] = key;
	}
	return 0;
}

static int find_keys(struct platform *platform, struct field_keys *ret, struct error *error)
{
	const struct vsphere_query query = {
		.object = &platform->fields, .type = platform->fields.type, .paths = { "field" }
	};
	*ret = (struct field_keys){ .name = platform->config.service_field };
	return vsphere_collect(platform, &query, read_fields, ret, error);
}

static bool is_ours(const struct field_keys *keys, int64_t key)
{
	for (size_t i = 0; i < keys->count; i++)
		if (keys->keys[i] == key)
			return true;
	return false;
}

/* The service code. "" when it bears none, one that is too long for any of ours, or two that differ. */
static void read_code(const xmlNode *content, const struct field_keys *keys, char ret[static 64])
{
	const xmlNode *list = vsphere_property(content, "customValue");
	ret[0] = '\0';
	for (const xmlNode *value = vsphere_child(list, "CustomFieldValue"); value;
		value = vsphere_next(value, "CustomFieldValue")) {
		char code[64];
		int64_t key = 0;
		if (!vsphere_number(vsphere_child(value, "key"), &key) || !is_ours(keys, key))
			continue;
		bool fits = vsphere_text(vsphere_child(value, "value"), code, sizeof(code));
		if (!fits || (ret[0] && strcmp(ret, code) != 0)) {
			ret[0] = '\0';
			return;
		}
		memcpy(ret, code, sizeof(code));
	}
}

/* ---- one VM in a list ---- */

static bool is_uuid(const char *text)
{
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	return text[36] == '\0';
}

/* In lower case; "" when it cannot be told. */
static void read_uuid(const xmlNode *content, char ret[static 64])
{
	char text[64];
	if ((!vsphere_property_text(content, "config.uuid", text, sizeof(text)) ||
		    !is_uuid(text)) &&
		(!vsphere_property_text(content, "summary.config.uuid", text, sizeof(text)) ||
			!is_uuid(text)))
		text[0] = '\0';
	for (size_t i = 0; text[i]; i++)
		text[i] = (char)tolower((unsigned char)text[i]);
	memcpy(ret, text, sizeof(text));
}

static enum machine_power read_power(const xmlNode *content)
{
	static const struct {
		const char *word;
		enum machine_power power;
	} words[] = {
		{ "poweredOff", MACHINE_OFF },
		{ "poweredOn", MACHINE_ON },
		{ "suspended", MACHINE_SUSPENDED },
	};
	char word[32];
	if (vsphere_property_text(content, "runtime.powerState", word, sizeof(word)))
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (strcmp(words[i].word, word) == 0)
				return words[i].power;
	return MACHINE_POWER_UNKNOWN;
}

struct listing {
	struct machine_list list;
	size_t capacity;
	struct field_keys keys;
};

static int read_machine(void *context, const xmlNode *content, struct error *error)
{
	struct listing *listing = context;
	struct machine machine = { 0 };
	struct vsphere_ref ref;
	if (!vsphere_read_ref(vsphere_child(content, "obj"), &ref))
		return error_set(error, ERROR_WAITING, EBADMSG, "platform-answer",
			_("The platform's list of VMs cannot be read"));
	if (listing->list.count == listing->capacity) {
		size_t capacity = listing->capacity * 2 + 64;
		struct machine *items = reallocarray(listing->list.items, capacity, sizeof(*items));
		if (!items)
			return error_no_memory(error);
		listing->list.items = items;
		listing->capacity = capacity;
	}
	memcpy(machine.ref, ref.value, sizeof(machine.ref));
	read_uuid(content, machine.uuid);
	/* a name that is too long is left out: nobody is known by it */
	(void)vsphere_property_text(content, "name", machine.name, sizeof(machine.name));
	utf8_clean(machine.name, true);
	read_code(content, &listing->keys, machine.service_code);
	machine.power = read_power(content);
	listing->list.items[listing->list.count++] = machine;
	return 0;
}

int vsphere_list(struct platform *platform, struct machine_list *ret, struct error *error)
{
	const struct vsphere_query query = { .type = "VirtualMachine",
		.paths = { "name", "config.uuid", "summary.config.uuid", "runtime.powerState",
			"customValue" },
		.page = PAGE };
	struct listing listing = { 0 };
	int result = find_keys(platform, &listing.keys, error);
	if (result == 0)
		result = vsphere_collect(platform, &query, read_machine, &listing, error);
	if (result == 0)
		*ret = listing.list;
	else
		machine_list_free(&listing.list);
	return result;
}

/* ---- the one that is meant ---- */

static int pick(const struct platform *platform, const struct machine_list *list, const char *uuid,
	const struct machine **ret, struct error *error)
{
	const struct machine *found = NULL, *nameless = NULL;
	for (size_t i = 0; i < list->count; i++) {
		const struct machine *machine = &list->items[i];
		if (!machine->uuid[0])
			nameless = machine;
		if (strcasecmp(machine->uuid, uuid) != 0)
			continue;
		if (found)
			return error_set(error, ERROR_FAILED, EEXIST, "vm-uuid-twice",
				_("%s has two VMs with the UUID %s: %s and %s"),
				platform->config.name, uuid, found->name, machine->name);
		found = machine;
	}
	if (!found && nameless)
		return error_set(error, ERROR_WAITING, EAGAIN, "vm-unidentified",
			_("%s does not tell the UUID of the VM %s (%s), which may be %s"),
			platform->config.name, nameless->name, nameless->ref, uuid);
	if (!found)
		return error_set(error, ERROR_FAILED, ENOENT, "vm-absent",
			_("%s has no VM with the UUID %s"), platform->config.name, uuid);
	*ret = found;
	return 0;
}

int vsphere_find_listed(struct platform *platform, const char *uuid, struct vsphere_ref *ret,
	enum machine_power *ret_power, struct error *error)
{
	AUTO_MACHINES struct machine_list list = { 0 };
	const struct machine *found = NULL;
	int result = vsphere_list(platform, &list, error);
	if (result == 0)
		result = pick(platform, &list, uuid, &found, error);
	if (result != 0)
		return result;
	*ret = (struct vsphere_ref){ .type = "VirtualMachine" };
	memcpy(ret->value, found->ref, sizeof(ret->value));
	*ret_power = found->power;
	return 0;
}

int vsphere_identify(
	struct platform *platform, const char *uuid, struct machine *ret, struct error *error)
{
	AUTO_MACHINES struct machine_list list = { 0 };
	const struct machine *found = NULL;
	int result = vsphere_list(platform, &list, error);
	if (result == 0)
		result = pick(platform, &list, uuid, &found, error);
	if (result == 0)
		*ret = *found; /* it owns nothing */
	return result;
}

struct one_machine {
	char uuid[64];
	enum machine_power power;
};

static int read_one(void *context, const xmlNode *content, struct error *error)
{
	struct one_machine *one = context;
	(void)error;
	read_uuid(content, one->uuid);
	one->power = read_power(content);
	return 0;
}

int vsphere_find(struct platform *platform, const struct machine *machine, struct vsphere_ref *ret,
	enum machine_power *ret_power, struct error *error)
{
	struct one_machine one = { 0 };
	struct vsphere_ref ref = { .type = "VirtualMachine" };
	const struct vsphere_query query = { .object = &ref,
		.type = "VirtualMachine",
		.paths = { "config.uuid", "summary.config.uuid", "runtime.powerState" } };
	memcpy(ref.value, machine->ref, sizeof(ref.value));
	if (!ref.value[0] || vsphere_collect(platform, &query, read_one, &one, NULL) != 0 ||
		!one.uuid[0] || strcasecmp(one.uuid, machine->uuid) != 0)
		return vsphere_find_listed(platform, machine->uuid, ret, ret_power, error);
	*ret = ref;
	*ret_power = one.power;
	return 0;
}

/* ---- the survey ---- */

static bool is_sharer(const struct machine_disk *disk, const char *uuid)
{
	for (size_t i = 0; i < disk->shared_count; i++)
		if (strcmp(disk->shared_with[i], uuid) == 0)
			return true;
	return false;
}

/* Whoever uses a part of what the disk stands on; each once. */
static int put_sharers(struct machine_disk *disk, const struct vsphere_files *files,
	const struct vsphere_disk *now)
{
	int result = 0;
	for (size_t i = 0; i < now->place_count; i++) {
		size_t count = 0;
		const struct vsphere_user *users = vsphere_users_of(files, now->places[i], &count);
		for (size_t j = 0; result == 0 && j < count; j++)
			if (!is_sharer(disk, users[j].uuid))
				result = vsphere_texts_add(
					&disk->shared_with, &disk->shared_count, users[j].uuid);
	}
	return result;
}

static int put_disk(
	struct machine *machine, const struct vsphere_files *files, const struct vsphere_disk *now)
{
	struct machine_disk *disk = &machine->disks[machine->disk_count++];
	memcpy(disk->id, now->id, sizeof(disk->id));
	memcpy(disk->kind, now->kind, sizeof(disk->kind));
	disk->size_bytes = now->size_bytes;
	int result = put_sharers(disk, files, now);
	disk->place = strdup(now->places[0]);
	if (!disk->place)
		return -ENOMEM;
	for (size_t i = 1; result == 0 && i < now->place_count; i++)
		result = vsphere_texts_add(&disk->chain, &disk->chain_count, now->places[i]);
	return result;
}

static int put_all(struct machine *machine, struct vsphere_files *files)
{
	int result = 0;
	machine->disks = calloc(files->disk_count + 1, sizeof(*machine->disks));
	if (!machine->disks)
		return -ENOMEM;
	for (size_t i = 0; result == 0 && i < files->disk_count; i++)
		result = put_disk(machine, files, &files->disks[i]);
	machine->files = files->files;
	machine->file_count = files->file_count;
	machine->snapshots = files->snapshots;
	machine->snapshot_count = files->snapshot_count;
	files->files = NULL;
	files->snapshots = NULL;
	files->file_count = files->snapshot_count = 0;
	return result;
}

int vsphere_survey(
	struct platform *platform, const char *uuid, struct machine *ret, struct error *error)
{
	AUTO_MACHINES struct machine_list list = { 0 };
	AUTO_FILES struct vsphere_files files = { 0 };
	const struct machine *found = NULL;
	int result = vsphere_list(platform, &list, error);
	if (result == 0)
		result = pick(platform, &list, uuid, &found, error);
	if (result != 0)
		return result;
	struct machine machine = *found; /* it owns nothing yet */
	struct vsphere_ref ref = { .type = "VirtualMachine" };
	memcpy(ref.value, machine.ref, sizeof(ref.value));
	result = vsphere_files_of(platform, &ref, false, &files, error);
	if (result == 0 && put_all(&machine, &files) != 0)
		result = error_no_memory(error);
	if (result == 0)
		*ret = machine;
	else
		machine_free(&machine);
	return result;
}
