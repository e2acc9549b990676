/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading <sys>/block/NAME/md. */
#include "inventory/scan/md.h"

#include "base/file.h"
#include "device/probe/hostile_text.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

void md_array_free(struct md_array *array)
{
	free(array->members);
	*array = (struct md_array){ 0 };
}

/* The attribute at a path as clean text; "" when it is not to be had. */
static void PRINTF_LIKE(3, 4) read_text(char *ret, size_t size, const char *format, ...)
{
	char path[PATH_MAX], line[256];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	ret[0] = '\0';
	if (length > 0 && length < PATH_MAX && file_read_line(path, line, sizeof(line)) == 0)
		hostile_text_clean(line, strlen(line), ret, size);
}

/* Is `word` one of the words that the commas part? */
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',' ? 1 : 0;
		if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
			return true;
	}
	return false;
}

/* "faulty" may stand beside "in_sync" for a moment: then the kernel is letting it go. */
static enum member_state state_of(const char *words, int slot)
{
	if (has_word(words, "faulty"))
		return MEMBER_FAULTY;
	if (has_word(words, "journal"))
		return MEMBER_JOURNAL;
	if (has_word(words, "in_sync"))
		return MEMBER_ACTIVE;
	if (!has_word(words, "spare"))
		return MEMBER_UNKNOWN;
	if (slot < 0)
		return MEMBER_SPARE;
	return has_word(words, "replacement") ? MEMBER_REPLACEMENT : MEMBER_REBUILDING;
}

static dev_t number_in(const char *folder, const char *member, const struct system_paths *paths)
{
	char text[32];
	unsigned major_number, minor_number;
	read_text(text, sizeof(text), "%s/dev-%s/block/dev", folder, member);
	if (!text[0])
		read_text(text, sizeof(text), "%s/class/block/%s/dev", paths->sys, member);
	if (sscanf(text, "%u:%u", &major_number, &minor_number) != 2)
		return 0;
	return makedev(major_number, minor_number);
}

static int add_member(struct md_array *array, const char *folder, const char *name,
	const struct system_paths *paths)
{
	char words[128], slot[32];
	struct md_member member = { .slot = -1 };
	if (strlen(name) >= sizeof(member.name) || array->count == MD_MEMBERS_MAX)
		return -E2BIG;
	memcpy(member.name, name, strlen(name) + 1);
	struct md_member *items = reallocarray(array->members, array->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	array->members = items;
	read_text(words, sizeof(words), "%s/dev-%s/state", folder, name);
	read_text(slot, sizeof(slot), "%s/dev-%s/slot", folder, name);
	/* "none", "journal", or a number. */
	if (sscanf(slot, "%d", &member.slot) != 1 || member.slot < 0)
		member.slot = -1;
	member.state = state_of(words, member.slot);
	member.number = number_in(folder, name, paths);
	items[array->count++] = member;
	return 0;
}

static int read_members(
	struct md_array *array, const char *folder, const struct system_paths *paths)
{
	DIR *directory = opendir(folder);
	if (!directory)
		return -errno;
	int r = 0;
	while (r == 0) {
		errno = 0;
		const struct dirent *entry = readdir(directory);
		if (!entry) {
			r = -errno;
			break;
		}
		if (strncmp(entry->d_name, "dev-", 4) == 0)
			r = add_member(array, folder, entry->d_name + 4, paths);
	}
	(void)closedir(directory);
	return r;
}

/* External metadata: "external:imsm" is the container, "external:/md127/0" an array in it ('-' instead
 * of '/' while it is frozen). */
static bool is_container(const char *metadata)
{
	static const char prefix[] = "external:";
	size_t length = strlen(prefix);
	return strncmp(metadata, prefix, length) == 0 && metadata[length] != '/' &&
	       metadata[length] != '-';
}

/* Not in sync, and nothing runs: it was frozen, or is not written to yet and waits for that
 * ("resync=PENDING"). What the members hold is as little sure as while it runs. */
static void read_pending(struct md_array *array, const char *folder)
{
	static const char *const levels[] = { "raid1", "raid4", "raid5", "raid6", "raid10" };
	char text[64];
	bool has_copies = false;
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		has_copies |= strcmp(array->level, levels[i]) == 0;
	read_text(text, sizeof(text), "%s/resync_start", folder);
	if (has_copies && text[0] >= '0' && text[0] <= '9' &&
		(strcmp(array->sync_action, "idle") == 0 ||
			strcmp(array->sync_action, "frozen") == 0))
		(void)snprintf(array->sync_action, sizeof(array->sync_action), "resync");
}

static void read_progress(struct md_array *array, const char *folder)
{
	char text[64];
	uint64_t done, total;
	array->sync_done_permille = -1;
	read_text(array->sync_action, sizeof(array->sync_action), "%s/sync_action", folder);
	read_text(text, sizeof(text), "%s/sync_completed", folder);
	/* "none", "delayed", or "1234 / 5678". */
	if (sscanf(text, "%" SCNu64 " / %" SCNu64, &done, &total) == 2 && total > 0 &&
		done <= total && done <= UINT64_MAX / 1000)
		array->sync_done_permille = (int)(done * 1000 / total);
}

static void read_attributes(struct md_array *array, const char *folder)
{
	char text[64];
	long long layout;
	read_text(array->level, sizeof(array->level), "%s/level", folder);
	read_text(array->metadata, sizeof(array->metadata), "%s/metadata_version", folder);
	read_text(array->state, sizeof(array->state), "%s/array_state", folder);
	read_text(array->uuid, sizeof(array->uuid), "%s/uuid", folder);
	/* Zeros where the metadata are not the kernel's. */
	if (strspn(array->uuid, "0-") == strlen(array->uuid))
		array->uuid[0] = '\0';
	if (is_container(array->metadata))
		(void)snprintf(array->level, sizeof(array->level), "container");
	read_text(text, sizeof(text), "%s/layout", folder);
	array->layout = sscanf(text, "%lld", &layout) == 1 && layout >= 0 ? layout : -1;
	/* "4 (3)" while it grows from 3 to 4. */
	read_text(text, sizeof(text), "%s/raid_disks", folder);
	if (sscanf(text, "%u", &array->device_count) != 1)
		array->device_count = 0;
	read_progress(array, folder);
	read_pending(array, folder);
}

int md_array_read(const struct system_paths *paths, const char *name, struct md_array *ret)
{
	const struct system_paths real = {
		.sys = paths && paths->sys ? paths->sys : system_paths_real.sys,
	};
	char folder[PATH_MAX];
	AUTO_MD struct md_array array = { 0 };
	int length = snprintf(folder, sizeof(folder), "%s/block/%s/md", real.sys, name);
	if (length < 0 || length >= PATH_MAX || strlen(name) >= sizeof(array.name))
		return -ENAMETOOLONG;
	memcpy(array.name, name, strlen(name) + 1);
	int r = read_members(&array, folder, &real);
	if (r < 0)
		return r;
	read_attributes(&array, folder);
	*ret = array;
	array = (struct md_array){ 0 };
	return 0;
}

static bool is_among(dev_t number, const dev_t *gone, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (number != 0 && number == gone[i])
			return true;
	return false;
}

int md_array_judge(
	const struct md_array *array, const dev_t *gone, size_t count, struct redundancy *ret)
{
	AUTO_FREE struct redundancy_member *members = calloc(array->count + 1, sizeof(*members));
	if (!members)
		return -ENOMEM;
	for (size_t i = 0; i < array->count; i++)
		members[i] = (struct redundancy_member){
			.slot = array->members[i].slot,
			/* What has no device any more has no data, whatever the kernel still says. */
			.state = array->members[i].number ? array->members[i].state : MEMBER_FAULTY,
			.goes = is_among(array->members[i].number, gone, count),
		};
	const struct redundancy_question question = {
		.level = array->level,
		.layout = array->layout,
		.device_count = array->device_count,
		.sync_action = array->sync_action,
		.members = members,
		.count = array->count,
	};
	redundancy_judge(&question, ret);
	return 0;
}
