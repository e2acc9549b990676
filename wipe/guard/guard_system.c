/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The disk this machine runs from: what the folders of the system are mounted from, and what the
 * kernel's command line names, down to the whole disks. */
#include "wipe/guard/guard_checks.h"

#include "base/file.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

static const char *const system_folders[] = { "/", "/boot", "/boot/efi", "/efi", "/usr", "/var" };

/* Roots that stand on no block device of ours; what lies below them (the lower layers of an overlay,
 * the stick of a live system, a ZFS pool) is seen by "mounted" and "zfs". */
static const char *const rootless_types[] = { "rootfs", "tmpfs", "ramfs", "overlay", "aufs", "nfs",
	"nfs4", "cifs", "9p", "virtiofs", "ceph", "squashfs", "erofs", "zfs", "fuse", "fuseblk" };

#define DEPTH_MAX 32 /* of stacked devices */

struct system_walk {
	const struct guard_context *context;
	struct guard_finding *finding;
	bool root_found;    /* "/" stands in the mount table */
	bool root_resolved; /* and it is known what it stands on */
};

/* Down from a device to what it stands on ---------------------------------------------------- */

static bool reaches_drive(
	const struct system_walk *walk, dev_t number, unsigned depth, bool *ret_known);

static bool slaves_reach_drive(
	const struct system_walk *walk, dev_t number, unsigned depth, bool *ret_known)
{
	char path[PATH_MAX];
	bool reached = false;

	int result = guard_path(path, "%s/dev/block/%u:%u/slaves", walk->context->paths.sys,
		major(number), minor(number));
	DIR *folder = result == 0 ? opendir(path) : NULL;
	if (!folder) {
		/* Partitions have no such folder. */
		if (result < 0 || errno != ENOENT)
			*ret_known = false;
		return false;
	}
	const struct dirent *entry;
	while (!reached && (errno = 0, entry = readdir(folder))) {
		dev_t slave;
		if (entry->d_name[0] == '.')
			continue;
		if (guard_number_of(walk->context, entry->d_name, &slave) < 0)
			*ret_known = false;
		else
			reached = reaches_drive(walk, slave, depth + 1, ret_known);
	}
	if (!reached && errno != 0)
		*ret_known = false;
	(void)closedir(folder);
	return reached;
}

/* The disk of a partition is the folder above it in the tree. */
static bool disk_of_partition_is_drive(
	const struct system_walk *walk, dev_t number, bool *ret_known)
{
	char path[PATH_MAX], text[32];
	dev_t disk = 0;

	int result = guard_path(path, "%s/dev/block/%u:%u/partition", walk->context->paths.sys,
		major(number), minor(number));
	if (result == 0)
		result = file_read_line(path, text, sizeof(text));
	if (result == -ENOENT)
		return false;
	if (result == 0)
		result = guard_path(path, "%s/dev/block/%u:%u/../dev", walk->context->paths.sys,
			major(number), minor(number));
	if (result == 0)
		result = file_read_line(path, text, sizeof(text));
	if (result == 0)
		result = guard_parse_number(text, &disk);
	if (result < 0) {
		*ret_known = false;
		return false;
	}
	return disk == walk->context->subject->drive->identity.devnum;
}

static bool reaches_drive(
	const struct system_walk *walk, dev_t number, unsigned depth, bool *ret_known)
{
	if (family_find(walk->context, number))
		return true;
	if (depth > DEPTH_MAX) {
		*ret_known = false;
		return false;
	}
	return disk_of_partition_is_drive(walk, number, ret_known) ||
	       slaves_reach_drive(walk, number, depth, ret_known);
}

static void check_number(const struct system_walk *walk, dev_t number, const char *what)
{
	bool known = true;

	if (reaches_drive(walk, number, 0, &known))
		finding_refuse(walk->finding, _("this machine runs from it: %s"), what);
	else if (!known)
		finding_not_made(walk->finding,
			_("it cannot be seen which disks %s (device %u:%u) stands on"), what,
			major(number), minor(number));
}

/* The mount table ---------------------------------------------------------------------------- */

static bool is_one_of(const char *word, const char *const list[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

static int visit_mount(void *data, const struct mount_entry *mount)
{
	struct system_walk *walk = data;
	bool is_root = strcmp(mount->mount_point, "/") == 0;
	dev_t number;

	if (!is_one_of(mount->mount_point, system_folders, ARRAY_SIZE(system_folders)))
		return 0;
	walk->root_found = walk->root_found || is_root;
	int result = mount_number(walk->context, mount, &number);
	if (result == 0) {
		check_number(walk, number, mount->mount_point);
		walk->root_resolved = walk->root_resolved || is_root;
	} else if (is_one_of(mount->type, rootless_types, ARRAY_SIZE(rootless_types)) ||
		   strncmp(mount->type, "fuse.", 5) == 0) {
		walk->root_resolved = walk->root_resolved || is_root;
	} else if (!is_root) {
		finding_not_made(walk->finding, _("it cannot be seen what %s (%s) stands on"),
			mount->mount_point, mount->type);
	}
	return 0;
}

static void check_mounts(struct system_walk *walk)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(MOUNTINFO_MAX_BYTES);
	char path[PATH_MAX];

	int result = guard_path(path, "%s/self/mountinfo", walk->context->paths.proc);
	if (result == 0)
		result = guard_read(path, &text);
	if (result == 0 && text.data)
		result = mountinfo_walk(text.data, visit_mount, walk);
	if (result < 0)
		finding_not_made(
			walk->finding, _("the mount table cannot be read: %s"), strerror(-result));
	else if (!walk->root_found)
		finding_not_made(
			walk->finding, _("the mount table does not say where / comes from"));
}

/* The kernel's command line ------------------------------------------------------------------ */

static const struct {
	const char *prefix;
	const char *folder; /* below <dev>, where udev keeps links by this name */
} named_by[] = {
	{ "PARTUUID=", "disk/by-partuuid" },
	{ "UUID=", "disk/by-uuid" },
	{ "PARTLABEL=", "disk/by-partlabel" },
	{ "LABEL=", "disk/by-label" },
};

static int number_of_word(const struct guard_context *context, const char *word, dev_t *ret)
{
	char path[PATH_MAX];

	if (strncmp(word, "/dev/", 5) == 0)
		return guard_number_at(context, word, ret);
	for (size_t i = 0; i < ARRAY_SIZE(named_by); i++) {
		size_t length = strlen(named_by[i].prefix);
		if (strncmp(word, named_by[i].prefix, length) != 0)
			continue;
		/* A name with a folder in it would lead elsewhere. */
		if (strchr(word + length, '/'))
			return -EINVAL;
		int result = guard_path(path, "/dev/%s/%s", named_by[i].folder, word + length);
		return result < 0 ? result : guard_number_at(context, path, ret);
	}
	return guard_parse_number(word, ret);
}

static void check_word(struct system_walk *walk, char *word)
{
	bool is_root = strncmp(word, "root=", 5) == 0;
	bool is_resume = strncmp(word, "resume=", 7) == 0;
	dev_t number;

	if (!is_root && !is_resume)
		return;
	char *value = word + (is_root ? 5 : 7);
	size_t length = strlen(value);
	if (length >= 2 && value[0] == '"' && value[length - 1] == '"') {
		value[length - 1] = '\0';
		value++;
	}
	/* What no longer leads anywhere was for the initial RAM disk, or is out of date: the mounted
	 * root decides then. */
	if (number_of_word(walk->context, value, &number) < 0)
		return;
	check_number(walk, number, word);
	walk->root_resolved = walk->root_resolved || is_root;
}

static void check_command_line(struct system_walk *walk)
{
	AUTO_BUFFER struct buffer text = BUFFER_INIT(1 * MIB);
	char path[PATH_MAX];

	int result = guard_path(path, "%s/cmdline", walk->context->paths.proc);
	if (result == 0)
		result = guard_read(path, &text);
	if (result < 0) {
		finding_not_made(walk->finding, _("the kernel's command line cannot be read: %s"),
			strerror(-result));
		return;
	}
	char *rest = text.data, *word;
	while ((word = strsep(&rest, " \t\n")))
		check_word(walk, word);
}

void check_system_disk(const struct guard_context *context, struct guard_finding *ret)
{
	struct system_walk walk = { .context = context, .finding = ret };

	if (!finding_needs_family(context, ret))
		return;
	check_mounts(&walk);
	check_command_line(&walk);
	if (walk.root_found && !walk.root_resolved)
		finding_not_made(ret, _("it cannot be seen what / stands on"));
	finding_pass(ret);
}
