/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kernel itself serves to others, over NVMe or SCSI: such a drive is in use although no
 * process has it open, nothing stands on it, and it may even be claimed. The kernel tells of it in
 * configfs, by the path it was given. */
#include "wipe/guard/guard_checks.h"

#include "base/file.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

struct export_walk {
	const struct guard_context *context;
	struct guard_finding *finding;
};

typedef int export_visit(const struct export_walk *walk, const char *folder);

/* Call visit for each folder inside another, with its whole path. -errno; what visit returns when it
 * is not 0. */
static int walk_folders(const struct export_walk *walk, const char *path, export_visit *visit)
{
	DIR *folder = opendir(path);
	int result = 0;

	if (!folder)
		return -errno;
	while (result == 0) {
		char inner[PATH_MAX];
		errno = 0;
		const struct dirent *entry = readdir(folder);
		if (!entry) {
			result = -errno;
			break;
		}
		if (entry->d_name[0] == '.' ||
			(entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
			continue;
		result = guard_path(inner, "%s/%s", path, entry->d_name);
		if (result == 0)
			result = visit(walk, inner);
		/* Taken away meanwhile, or no folder. */
		if (result == -ENOENT || result == -ENOTDIR)
			result = 0;
	}
	(void)closedir(folder);
	return result;
}

/* -ENOENT when the file is not there; "" when it is empty. */
static int read_value(const char *folder, const char *name, char *ret, size_t size)
{
	char path[PATH_MAX];

	ret[0] = '\0';
	int result = guard_path(path, "%s/%s", folder, name);
	return result < 0 ? result : file_read_line(path, ret, size);
}

static bool is_switched_off(const char *folder)
{
	char value[16];

	return read_value(folder, "enable", value, sizeof(value)) == 0 && strcmp(value, "0") == 0;
}

/* by: who serves it, for people. */
static void check_number(
	const struct export_walk *walk, dev_t number, const char *by, const char *folder)
{
	const struct family_member *member = family_find(walk->context, number);

	if (member)
		finding_refuse(walk->finding, _("%s serves %s to other machines (%s)"), by,
			member->title, folder);
}

/* A path that leads nowhere may have led to the drive when the export began. */
static void check_path(
	const struct export_walk *walk, const char *path, const char *by, const char *folder)
{
	dev_t number;

	if (path[0] != '/') /* "(null)", or a name in a store that is no block device */
		return;
	int result = guard_number_at(walk->context, path, &number);
	if (result == 0)
		check_number(walk, number, by, folder);
	else if (result != -ENOTBLK && !is_switched_off(folder))
		finding_not_made(walk->finding,
			_("it cannot be seen what %s, served by %s, is: %s"), path, by,
			strerror(-result));
}

/* nvmet: subsystems/NAME/namespaces/ID/device_path ------------------------------------------- */

static int visit_nvmet_namespace(const struct export_walk *walk, const char *folder)
{
	char path[PATH_MAX];

	int result = read_value(folder, "device_path", path, sizeof(path));
	if (result == 0)
		check_path(walk, path, "nvmet", folder);
	return result;
}

/* A whole NVMe controller: it is named by its character device, and which drives it leads to is not
 * looked up. */
static void check_passthru(const struct export_walk *walk, const char *subsystem)
{
	char folder[PATH_MAX], path[PATH_MAX];

	if (strncmp(walk->context->family[0].name, "nvme", 4) != 0)
		return;
	int result = guard_path(folder, "%s/passthru", subsystem);
	if (result == 0)
		result = read_value(folder, "device_path", path, sizeof(path));
	if (result == -ENOENT || (result == 0 && (path[0] != '/' || is_switched_off(folder))))
		return;
	finding_not_made(walk->finding,
		_("it cannot be seen whether the controller that nvmet serves (%s) leads to it"),
		folder);
}

static int visit_nvmet_subsystem(const struct export_walk *walk, const char *folder)
{
	char path[PATH_MAX];

	check_passthru(walk, folder);
	int result = guard_path(path, "%s/namespaces", folder);
	return result < 0 ? result : walk_folders(walk, path, visit_nvmet_namespace);
}

/* LIO: core/KIND_ID/NAME/udev_path and info --------------------------------------------------- */

/* The backend's own words: iblock gives the number, fileio the path it opened. */
static void check_lio_info(const struct export_walk *walk, const char *folder, char *text)
{
	unsigned major_number, minor_number;
	const char *number = strstr(text, "Major: ");
	char *path = strstr(text, "File: ");

	if (number && sscanf(number, "Major: %u Minor: %u", &major_number, &minor_number) == 2)
		check_number(walk, makedev(major_number, minor_number), "LIO", folder);
	if (!path)
		return;
	path += strlen("File: ");
	char *end = strstr(path, "  Size: ");
	if (!end)
		end = path + strcspn(path, " \n");
	*end = '\0';
	check_path(walk, path, "LIO", folder);
}

static int visit_lio_device(const struct export_walk *walk, const char *folder)
{
	AUTO_BUFFER struct buffer info = BUFFER_INIT(64 * KIB);
	char path[PATH_MAX];

	int result = read_value(folder, "udev_path", path, sizeof(path));
	if (result < 0)
		return result;
	check_path(walk, path, "LIO", folder);
	result = guard_path(path, "%s/info", folder);
	if (result == 0)
		result = guard_read(path, &info);
	if (result == 0 && info.data)
		check_lio_info(walk, folder, info.data);
	return result;
}

static int visit_lio_kind(const struct export_walk *walk, const char *folder)
{
	return walk_folders(walk, folder, visit_lio_device);
}

/* exported ---------------------------------------------------------------------------------- */

static const struct {
	const char *folder; /* below <sys>/kernel/config */
	const char *module; /* that makes it */
	export_visit *visit;
} servers[] = {
	{ "nvmet/subsystems", "nvmet", visit_nvmet_subsystem },
	{ "target/core", "target_core_mod", visit_lio_kind },
};

/* No folder, and the module is there: then configfs is not mounted, and tells nothing. */
static bool is_loaded(const struct guard_context *context, const char *module)
{
	char path[PATH_MAX];

	return guard_path(path, "%s/module/%s", context->paths.sys, module) < 0 ||
	       access(path, F_OK) == 0 || errno != ENOENT;
}

void check_exported(const struct guard_context *context, struct guard_finding *ret)
{
	struct export_walk walk = { .context = context, .finding = ret };

	if (!finding_needs_family(context, ret))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(servers); i++) {
		char path[PATH_MAX];
		int result = guard_path(
			path, "%s/kernel/config/%s", context->paths.sys, servers[i].folder);
		if (result == 0)
			result = walk_folders(&walk, path, servers[i].visit);
		if (result == -ENOENT && !is_loaded(context, servers[i].module))
			continue;
		if (result < 0)
			finding_not_made(ret,
				_("it cannot be seen what this machine serves to others (%s): %s"),
				path, strerror(-result));
	}
	finding_pass(ret);
}
