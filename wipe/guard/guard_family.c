/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The family: the drive, its partitions, everything stacked on them, and the same medium by another
 * path. What the kernel's tree does not tell in full is not known. */
#include "wipe/guard/guard_checks.h"

#include "base/file.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* The kernel's trees ----------------------------------------------------------------------- */

int guard_path(char ret[static PATH_MAX], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(ret, PATH_MAX, format, arguments);
	va_end(arguments);
	return length < 0 || length >= PATH_MAX ? -ENAMETOOLONG : 0;
}

int guard_parse_number(const char *text, dev_t *ret)
{
	unsigned major_number, minor_number;
	char behind;

	if (sscanf(text, "%u:%u%c", &major_number, &minor_number, &behind) != 2)
		return -EBADMSG;
	*ret = makedev(major_number, minor_number);
	return 0;
}

int guard_number_of(const struct guard_context *context, const char *name, dev_t *ret)
{
	char path[PATH_MAX], text[32];

	int result = guard_path(path, "%s/class/block/%s/dev", context->paths.sys, name);
	if (result == 0)
		result = file_read_line(path, text, sizeof(text));
	return result < 0 ? result : guard_parse_number(text, ret);
}

int guard_number_at(const struct guard_context *context, const char *path, dev_t *ret)
{
	char place[PATH_MAX];
	struct stat status;

	int result = strncmp(path, "/dev/", 5) == 0
			     ? guard_path(place, "%s/%s", context->paths.dev, path + 5)
			     : guard_path(place, "%s", path);
	if (result < 0)
		return result;
	if (stat(place, &status) < 0)
		return -errno;
	if (!S_ISBLK(status.st_mode))
		return -ENOTBLK;
	*ret = status.st_rdev;
	return 0;
}

int guard_read(const char *path, struct buffer *buffer)
{
	struct error error = { 0 };

	return file_read(path, buffer, &error);
}

void guard_unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		bool escaped = from[0] == '\\' && from[1] >= '0' && from[1] <= '3' &&
			       from[2] >= '0' && from[2] <= '7' && from[3] >= '0' && from[3] <= '7';
		if (escaped) {
			*to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* Gathering -------------------------------------------------------------------------------- */

const struct family_member *family_find(const struct guard_context *context, dev_t number)
{
	for (size_t i = 0; i < context->family_count; i++)
		if (context->family[i].number == number)
			return &context->family[i];
	return NULL;
}

/* Known members are not added again: stacks may join (two members of one md). */
static int add_member(struct guard_context *context, const struct family_member *member)
{
	if (family_find(context, member->number))
		return 0;
	if (context->family_count == FAMILY_MEMBERS_MAX)
		return -E2BIG;
	struct family_member *grown =
		reallocarray(context->family, context->family_count + 1, sizeof(*context->family));
	if (!grown)
		return -ENOMEM;
	context->family = grown;
	context->family[context->family_count++] = *member;
	return 0;
}

static int add_by_name(
	struct guard_context *context, struct family_member *member, const char *name)
{
	int result = guard_number_of(context, name, &member->number);
	if (result < 0)
		return result;
	if (snprintf(member->name, sizeof(member->name), "%s", name) >= (int)sizeof(member->name))
		return -ENAMETOOLONG;
	(void)snprintf(member->title, sizeof(member->title),
		member->by_other_path ? _("%s (the same drive by another path)") : "%s",
		member->name);
	return add_member(context, member);
}

/* The folder of a member in sysfs: by number, since a name may be given to another device. */
static int open_folder(const struct guard_context *context, dev_t number, const char *inner,
	DIR **ret, char path[static PATH_MAX])
{
	int result = guard_path(path, "%s/dev/block/%u:%u%s", context->paths.sys, major(number),
		minor(number), inner);
	if (result < 0)
		return result;
	*ret = opendir(path);
	return *ret ? 0 : -errno;
}

/* Call visit for each entry of the folder. */
static int walk_folder(struct guard_context *context, DIR *folder, const char *path, void *extra,
	int (*visit)(struct guard_context *, const char *path, const char *name, void *extra))
{
	int result = 0;

	while (result == 0) {
		errno = 0;
		const struct dirent *entry = readdir(folder);
		if (!entry) {
			result = -errno;
			break;
		}
		if (entry->d_name[0] != '.')
			result = visit(context, path, entry->d_name, extra);
	}
	(void)closedir(folder);
	return result;
}

static int read_start(const char *folder, const char *name, uint64_t *ret_bytes)
{
	char path[PATH_MAX], text[32], behind;
	unsigned long long sectors;

	int result = guard_path(path, "%s/%s/start", folder, name);
	if (result == 0)
		result = file_read_line(path, text, sizeof(text));
	if (result < 0)
		return result;
	/* sysfs counts 512-byte units whatever the logical sector is. */
	if (sscanf(text, "%llu%c", &sectors, &behind) != 1 || sectors > UINT64_MAX / 512)
		return -EBADMSG;
	*ret_bytes = (uint64_t)sectors * 512;
	return 0;
}

static int visit_partition(
	struct guard_context *context, const char *folder, const char *name, void *extra)
{
	const struct family_member *parent = extra;
	struct family_member member = { .kind = FAMILY_PARTITION,
		.is_part_of_drive = parent->kind == FAMILY_DRIVE,
		.by_other_path = parent->by_other_path };
	char path[PATH_MAX], number[16];

	int result = guard_path(path, "%s/%s/partition", folder, name);
	if (result == 0)
		result = file_read_line(path, number, sizeof(number));
	if (result == -ENOENT || result == -ENOTDIR)
		return 0;
	if (result == 0 && member.is_part_of_drive)
		result = read_start(folder, name, &member.start_bytes);
	return result < 0 ? result : add_by_name(context, &member, name);
}

static int visit_holder(
	struct guard_context *context, const char *folder, const char *name, void *extra)
{
	struct family_member member = { .kind = FAMILY_STACKED };

	(void)folder;
	(void)extra;
	return add_by_name(context, &member, name);
}

static int add_relatives(struct guard_context *context, struct family_member member)
{
	char path[PATH_MAX];
	DIR *folder;

	int result = open_folder(context, member.number, "", &folder, path);
	if (result == 0)
		result = walk_folder(context, folder, path, &member, visit_partition);
	if (result == 0)
		result = open_folder(context, member.number, "/holders", &folder, path);
	if (result == 0)
		result = walk_folder(context, folder, path, NULL, visit_holder);
	return result;
}

/* The same medium by another path ----------------------------------------------------------- */

/* "" when the device has none. SCSI and ATA keep it in device/, NVMe in the disk's own folder. */
static int read_wwid(const char *folder, char *ret, size_t size)
{
	static const char *const places[] = { "wwid", "device/wwid" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char path[PATH_MAX];
		int result = guard_path(path, "%s/%s", folder, places[i]);
		if (result == 0)
			result = file_read_line(path, ret, size);
		if (result == 0 && ret[0])
			return 0;
		/* A drive that was asked and did not answer (EIO, ENXIO …) has none to compare. */
		if (result == -EACCES || result == -EPERM || result == -ENAMETOOLONG)
			return result;
	}
	ret[0] = '\0';
	return 0;
}

static int visit_disk(
	struct guard_context *context, const char *folder, const char *name, void *extra)
{
	const char *own_wwid = extra;
	struct family_member member = { .kind = FAMILY_OTHER_PATH, .by_other_path = true };
	char path[PATH_MAX], wwid[256] = "";

	int result = guard_path(path, "%s/%s", folder, name);
	if (result == 0)
		result = read_wwid(path, wwid, sizeof(wwid));
	if (result < 0 || strcmp(wwid, own_wwid) != 0)
		return result;
	result = add_by_name(context, &member, name);
	/* The hidden path of an NVMe multipath head has no device node of its own. */
	return result == -ENOENT ? 0 : result;
}

static int add_other_paths(struct guard_context *context, dev_t number)
{
	char path[PATH_MAX], wwid[256] = "";

	int result = guard_path(
		path, "%s/dev/block/%u:%u", context->paths.sys, major(number), minor(number));
	if (result == 0)
		result = read_wwid(path, wwid, sizeof(wwid));
	if (result < 0 || !wwid[0])
		return result;
	result = guard_path(path, "%s/block", context->paths.sys);
	if (result < 0)
		return result;
	DIR *folder = opendir(path);
	return folder ? walk_folder(context, folder, path, wwid, visit_disk) : -errno;
}

void family_read(struct guard_context *context)
{
	const struct drive_identity *identity = &context->subject->drive->identity;
	struct family_member drive = { .kind = FAMILY_DRIVE, .number = identity->devnum };

	(void)snprintf(drive.name, sizeof(drive.name), "%s", identity->name);
	(void)snprintf(drive.title, sizeof(drive.title), "%s", identity->name);
	int result = identity->devnum ? add_member(context, &drive) : -ENODEV;
	if (result == 0)
		result = add_other_paths(context, drive.number);
	for (size_t i = 0; result == 0 && i < context->family_count; i++)
		result = add_relatives(context, context->family[i]);
	context->family_known = result == 0;
	if (result < 0)
		(void)snprintf(context->family_problem, sizeof(context->family_problem),
			_("the kernel's tree under %.100s does not say what stands on the drive: "
			  "%s"),
			context->paths.sys, strerror(-result));
}

/* paths ------------------------------------------------------------------------------------- */

/* We claim only the path that is ours; whoever takes the other one writes to the same medium. */
void check_paths(const struct guard_context *context, struct guard_finding *ret)
{
	if (!finding_needs_family(context, ret))
		return;
	for (size_t i = 0; i < context->family_count; i++)
		if (context->family[i].kind == FAMILY_OTHER_PATH)
			finding_refuse(
				ret, _("the same medium is also %s"), context->family[i].name);
	finding_pass(ret);
}
