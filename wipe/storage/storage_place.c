/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a path to what stands there, without being led elsewhere. */
#include "wipe/storage/storage_parts.h"

#include "base/file.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

static int open_unlinked(const char *path, uint64_t flags)
{
	struct open_how how = { .flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };

	long fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	return fd < 0 ? -errno : (int)fd;
}

static int cannot_open(const char *place, int result, struct error *error)
{
	if (result == -ENOENT || result == -ENOTDIR)
		return error_set(error, ERROR_FAILED, ENOENT, "storage-absent",
			_("There is nothing at %s."), place);
	if (result == -ELOOP) {
		(void)error_set(error, ERROR_REFUSED, ELOOP, "storage-symlink",
			_("%s is or leads through a symbolic link: it is not followed."), place);
		(void)error_next(error, _("Name it by its real path (realpath)."));
		return -ELOOP;
	}
	return error_set(error, ERROR_FAILED, -result, "storage-open", _("%s cannot be opened: %s"),
		place, strerror(-result));
}

/* "/a/b", and not "/a/../b", "/a//b", "/a/": of two spellings of one path only one is a place. */
static bool is_plain_path(const char *place)
{
	for (const char *at = place; *at;) {
		if (at[0] != '/')
			return false;
		size_t length = strcspn(at + 1, "/");
		if (length == 0 || (length == 1 && at[1] == '.') ||
			(length == 2 && at[1] == '.' && at[2] == '.'))
			return false;
		at += 1 + length;
	}
	return place[0] == '/';
}

int place_open(const char *place, int *ret_fd, struct error *error)
{
	int fd = is_plain_path(place) ? open_unlinked(place, O_PATH | O_NOFOLLOW) : -EINVAL;

	if (fd < 0)
		return cannot_open(place, fd, error);
	struct stat status;
	if (fstat(fd, &status) < 0 || S_ISLNK(status.st_mode)) {
		int result = S_ISLNK(status.st_mode) ? -ELOOP : -errno;
		(void)close(fd);
		return cannot_open(place, result, error);
	}
	*ret_fd = fd;
	return 0;
}

int place_open_folder(const char *place, int *ret_fd, const char **ret_name, struct error *error)
{
	const char *slash = strrchr(place, '/');

	if (!is_plain_path(place))
		return cannot_open(place, -EINVAL, error);
	AUTO_FREE char *folder = strndup(place, MAX((size_t)(slash - place), (size_t)1));
	if (!folder)
		return error_no_memory(error);
	int fd = open_unlinked(folder, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return cannot_open(place, fd, error);
	*ret_fd = fd;
	*ret_name = slash + 1;
	return 0;
}

bool place_names_device(const char *place)
{
	static const char *const others[] = { "/dev/shm/", "/dev/mqueue/", "/dev/hugepages/" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strncmp(place, others[i], strlen(others[i])) == 0)
			return false;
	return strncmp(place, "/dev/", strlen("/dev/")) == 0 && !strstr(place, "/../");
}

int place_block(const char *place, dev_t *ret_number)
{
	struct stat status;

	if (place[0] != '/')
		return -EINVAL;
	if ((place_names_device(place) ? stat(place, &status) : lstat(place, &status)) < 0)
		return -errno;
	if (!S_ISBLK(status.st_mode))
		return -ENOTBLK;
	*ret_number = status.st_rdev;
	return 0;
}

int place_attribute(dev_t number, const char *attribute, char *ret, size_t size)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s", major(number), minor(number),
		attribute);
	return file_read_line(path, ret, size);
}

int place_node(dev_t number, char ret[static 300])
{
	char link[64], target[256];

	(void)snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(number), minor(number));
	ssize_t length = readlink(link, target, sizeof(target) - 1);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	const char *slash = strrchr(target, '/');
	int result = snprintf(ret, 300, "/dev/%s", slash ? slash + 1 : target);
	for (char *at = ret; (at = strchr(at, '!'));)
		*at = '/';
	return result < 300 ? 0 : -ENAMETOOLONG;
}

/* Removed by us ------------------------------------------------------------------------------ */

/* The name of a mapping and the note's; false for other places. */
static bool note_of(const char *place, char ret[static 320])
{
	static const char mapper[] = "/dev/mapper/";

	if (strncmp(place, mapper, strlen(mapper)) != 0)
		return false;
	const char *name = place + strlen(mapper);
	return name[0] && !strchr(name, '/') &&
	       snprintf(ret, 320, STORAGE_RUN_FOLDER "/removed.%s", name) < 320;
}

int place_note_removal(const char *place, const char *below, struct error *error)
{
	char path[320];
	size_t length = strlen(below);

	if (!note_of(place, path))
		return 0;
	(void)mkdir(STORAGE_RUN_FOLDER, 0700);
	AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	errno = fd >= 0 ? ENOSPC : errno; /* of a note that is written in part */
	return fd >= 0 && write(fd, below, length) == (ssize_t)length
		       ? 0
		       : error_set(error, ERROR_FAILED, errno, "storage-remove",
				 _("%s cannot be removed: %s"), place, strerror(errno));
}

void place_forget_removal(const char *place)
{
	char path[320];

	if (note_of(place, path))
		(void)unlink(path);
}

bool place_was_removed(const char *place, char ret_below[static REMOVAL_BELOW_MAX])
{
	char path[320];

	ret_below[0] = '\0';
	AUTO_FD int fd = note_of(place, path) ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	ssize_t length = fd >= 0 ? read(fd, ret_below, REMOVAL_BELOW_MAX - 1) : -1;
	if (length < 0)
		return false;
	ret_below[length] = '\0';
	return true;
}

/* Unmounted file systems --------------------------------------------------------------------- */

static bool is_below(const char *place, const char *folder)
{
	size_t length = strlen(folder);

	return length > 1 && strncmp(place, folder, length) == 0 && place[length] == '/';
}

/* 1, 0, -errno. */
static int is_mounted(const char *folder)
{
	char line[4096 + 512];
	struct mntent entry;
	FILE *table = setmntent("/proc/self/mounts", "re");
	int found = 0;

	if (!table)
		return -errno;
	while (!found && getmntent_r(table, &entry, line, sizeof(line)))
		found = strcmp(entry.mnt_dir, folder) == 0;
	(void)endmntent(table);
	return found;
}

bool place_is_below_unmounted(const char *place)
{
	char line[4096 + 512];
	struct mntent entry;
	FILE *table = setmntent("/etc/fstab", "re");
	bool unmounted = false;

	if (!table)
		return errno != ENOENT;
	while (!unmounted && getmntent_r(table, &entry, line, sizeof(line)))
		unmounted = is_below(place, entry.mnt_dir) && is_mounted(entry.mnt_dir) != 1;
	(void)endmntent(table);
	return unmounted;
}
