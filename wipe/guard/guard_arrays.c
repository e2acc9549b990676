/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands on the drive, and what would become of an array without it. */
#include "wipe/guard/guard_checks.h"

#include "base/file.h"
#include "base/text.h"
#include "inventory/scan/md.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

/* What is lost with the drive ---------------------------------------------------------------- */

/* Device numbers whose bytes would be gone. */
struct gone {
	dev_t numbers[FAMILY_MEMBERS_MAX];
	size_t count;
};

static bool is_gone(const struct gone *gone, dev_t number)
{
	for (size_t i = 0; i < gone->count; i++)
		if (gone->numbers[i] == number)
			return true;
	return false;
}

/* A partition is gone with what it is of. */
static bool stands_in_gone(
	const struct guard_context *context, const struct gone *gone, dev_t number)
{
	char path[PATH_MAX], text[32];
	dev_t whole;

	return guard_path(path, "%s/dev/block/%u:%u/../dev", context->paths.sys, major(number),
		       minor(number)) == 0 &&
	       file_read_line(path, text, sizeof(text)) == 0 &&
	       guard_parse_number(text, &whole) == 0 && is_gone(gone, whole);
}

/* Everything but an array is gone with any of what it stands on. */
static bool stands_on_gone(
	const struct guard_context *context, const struct gone *gone, dev_t number)
{
	char path[PATH_MAX];
	bool found = false;

	if (guard_path(path, "%s/dev/block/%u:%u/slaves", context->paths.sys, major(number),
		    minor(number)) < 0)
		return false;
	DIR *folder = opendir(path);
	if (!folder)
		return false;
	const struct dirent *entry;
	while (!found && (entry = readdir(folder))) {
		dev_t lower;
		found = entry->d_name[0] != '.' &&
			guard_number_of(context, entry->d_name, &lower) == 0 &&
			is_gone(gone, lower);
	}
	(void)closedir(folder);
	return found;
}

/* False: it is no array, or cannot be read. */
static bool judge(const struct guard_context *context, const struct family_member *member,
	const struct gone *gone, struct md_array *array, struct redundancy *ret)
{
	if (md_array_read(&context->paths, member->name, array) < 0)
		return false;
	if (md_array_judge(array, gone->numbers, gone->count, ret) == 0)
		return true;
	md_array_free(array);
	return false;
}

static bool goes_too(const struct guard_context *context, const struct family_member *member,
	const struct gone *gone)
{
	AUTO_MD struct md_array array = { 0 };
	struct redundancy redundancy;

	switch (member->kind) {
	case FAMILY_DRIVE:
	case FAMILY_OTHER_PATH:
		return true;
	case FAMILY_PARTITION:
		return stands_in_gone(context, gone, member->number);
	case FAMILY_STACKED:
		break;
	}
	if (!judge(context, member, gone, &array, &redundancy))
		return stands_on_gone(context, gone, member->number);
	switch (redundancy.verdict) {
	case REDUNDANCY_DESTROYED:
	case REDUNDANCY_BROKEN:
		return true;
	case REDUNDANCY_UNKNOWN:
		return stands_on_gone(context, gone, member->number);
	case REDUNDANCY_LAST:
	case REDUNDANCY_GOES_ON:
	case REDUNDANCY_UNTOUCHED:
		break;
	}
	return false;
}

/* Until nothing more goes: stacks join, so the order in which they were found says little. */
static void gather_gone(const struct guard_context *context, struct gone *gone)
{
	size_t before;

	do {
		before = gone->count;
		for (size_t i = 0; i < context->family_count; i++) {
			const struct family_member *member = &context->family[i];
			if (!is_gone(gone, member->number) && goes_too(context, member, gone))
				gone->numbers[gone->count++] = member->number;
		}
	} while (gone->count != before);
}

/* In words ------------------------------------------------------------------------------------ */

static void read_word(const struct guard_context *context, const char *name, const char *what,
	char *ret, size_t size)
{
	char path[PATH_MAX];

	if (guard_path(path, "%s/class/block/%s/%s", context->paths.sys, name, what) < 0 ||
		file_read_line(path, ret, size) < 0)
		ret[0] = '\0';
}

/* What made a volume of the device mapper; cuts uuid. The ids of LVM tell people nothing, and three
 * of them would fill the finding before all volumes are named. */
static const char *dm_kind(char *uuid)
{
	if (strncmp(uuid, "LVM-", 4) == 0)
		uuid[3] = '\0';
	return uuid[0] ? uuid : "dm";
}

static void describe_device(
	const struct guard_context *context, const char *name, struct guard_finding *ret)
{
	char dm_name[128], dm_uuid[160];

	read_word(context, name, "dm/name", dm_name, sizeof(dm_name));
	read_word(context, name, "dm/uuid", dm_uuid, sizeof(dm_uuid));
	if (dm_name[0])
		finding_refuse(ret, _("the volume %s (%s, %s) stands on it"), dm_name, name,
			dm_kind(dm_uuid));
	else
		finding_refuse(ret, _("the device %s stands on it"), name);
}

/* "md0 (RAID5)" */
static void label_array(const struct md_array *array, char *ret, size_t size)
{
	char level[sizeof(array->level)];

	bool raid = strncmp(array->level, "raid", 4) == 0;
	memcpy(level, array->level, sizeof(level));
	for (size_t i = 0; raid && level[i]; i++)
		if (level[i] >= 'a' && level[i] <= 'z')
			level[i] = (char)(level[i] - 'a' + 'A');
	(void)snprintf(ret, size, "%s (%s)", array->name, level[0] ? level : "md");
}

/* A member without data: why the array has it. */
static void describe_idle_member(const struct md_array *array, const char *label,
	const struct gone *gone, struct guard_finding *ret)
{
	bool said = false;

	for (size_t i = 0; i < array->count; i++) {
		const struct md_member *member = &array->members[i];
		if (!is_gone(gone, member->number))
			continue;
		said = true;
		if (member->state == MEMBER_FAULTY)
			finding_refuse(ret,
				_("%s still lists %s as failed; mdadm --manage /dev/%s --remove "
				  "/dev/%s takes it out"),
				label, member->name, array->name, member->name);
		else if (member->state == MEMBER_SPARE)
			finding_refuse(ret, _("%s keeps %s as a spare"), label, member->name);
		else
			finding_refuse(ret, _("%s is being rebuilt onto %s"), label, member->name);
	}
	if (!said)
		finding_refuse(ret, _("the array %s stands on it"), label);
}

static void describe_array(const struct md_array *array, const struct redundancy *redundancy,
	const struct gone *gone, struct guard_finding *ret)
{
	char label[128];

	label_array(array, label, sizeof(label));
	if (strcmp(array->level, "container") == 0) {
		finding_refuse(
			ret, _("the container %s (%s) lists it"), array->name, array->metadata);
		return;
	}
	switch (redundancy->verdict) {
	case REDUNDANCY_UNKNOWN:
		finding_refuse(
			ret, _("%s stands on it, and what it would lose cannot be told"), label);
		return;
	case REDUNDANCY_BROKEN:
		finding_refuse(ret, _("%s has lost data already, and still claims it"), label);
		return;
	case REDUNDANCY_DESTROYED:
		finding_refuse(ret, _("%s would be destroyed"), label);
		return;
	case REDUNDANCY_LAST:
	case REDUNDANCY_GOES_ON:
		if (redundancy->copies_after > 0)
			finding_refuse(ret, _("%s would go on with %u of %u copies"), label,
				redundancy->copies_after, array->device_count);
		else if (redundancy->left_after == 0)
			finding_refuse(ret, _("%s would lose its last redundancy"), label);
		else
			finding_refuse(ret, _("%s would go on, and bear the loss of %d more"),
				label, redundancy->left_after);
		return;
	case REDUNDANCY_UNTOUCHED:
		describe_idle_member(array, label, gone, ret);
		return;
	}
}

/* Has the array a member that is in the family, or does it only stand on what has one? */
static bool has_member_in(const struct guard_context *context, const struct md_array *array)
{
	for (size_t i = 0; i < array->count; i++)
		for (size_t f = 0; f < context->family_count; f++)
			if (context->family[f].number == array->members[i].number &&
				context->family[f].kind != FAMILY_STACKED)
				return true;
	return false;
}

static void describe_holder(const struct guard_context *context, const struct family_member *member,
	const struct gone *gone, struct guard_finding *ret)
{
	AUTO_MD struct md_array array = { 0 };
	struct redundancy redundancy;
	char label[128];

	if (!judge(context, member, gone, &array, &redundancy)) {
		describe_device(context, member->name, ret);
		return;
	}
	label_array(&array, label, sizeof(label));
	if (redundancy.verdict == REDUNDANCY_UNTOUCHED && !has_member_in(context, &array))
		finding_refuse(ret, _("the array %s stands on it"), label);
	else
		describe_array(&array, &redundancy, gone, ret);
}

/* bcache keeps the drive without a holder link until a cache set runs. */
static void check_bcache(const struct guard_context *context, const struct family_member *member,
	struct guard_finding *ret)
{
	char path[PATH_MAX];

	int result = guard_path(path, "%s/dev/block/%u:%u/bcache", context->paths.sys,
		major(member->number), minor(member->number));
	if (result == 0 && access(path, F_OK) == 0)
		finding_refuse(ret, _("bcache uses %s"), member->title);
	else if (result < 0 || errno != ENOENT)
		finding_not_made(ret, _("it cannot be seen whether bcache uses %s"), member->title);
}

void check_holders(const struct guard_context *context, struct guard_finding *ret)
{
	AUTO_FREE struct gone *gone = calloc(1, sizeof(*gone));

	if (!finding_needs_family(context, ret))
		return;
	if (!gone) {
		finding_not_made(ret, "%s", strerror(ENOMEM));
		return;
	}
	gather_gone(context, gone);
	for (size_t i = 0; i < context->family_count; i++) {
		const struct family_member *member = &context->family[i];
		if (member->kind == FAMILY_STACKED)
			describe_holder(context, member, gone, ret);
		else
			check_bcache(context, member, ret);
	}
	finding_pass(ret);
}
