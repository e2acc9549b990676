/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One block device's folder in sysfs, found by device number, and its attributes. */
#include "device/identity/sysfs.h"
#include "device/probe/hostile_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

int sysfs_find(const struct system_paths *paths, dev_t devnum, struct sysfs_device *ret)
{
	const char *root = paths && paths->sys ? paths->sys : system_paths_real.sys;
	char link[PATH_MAX];
	int length = snprintf(
		link, sizeof(link), "%s/dev/block/%u:%u", root, major(devnum), minor(devnum));
	if (length < 0 || (size_t)length >= sizeof(link))
		return -ENAMETOOLONG;

	char real_root[PATH_MAX];
	struct sysfs_device found = { 0 };
	if (!realpath(root, real_root) || !realpath(link, found.folder))
		return -errno;
	found.root_length = strlen(real_root);
	if (strncmp(found.folder, real_root, found.root_length) != 0)
		return -ENOENT;

	const char *name = strrchr(found.folder, '/') + 1;
	if (strlen(name) >= sizeof(found.name))
		return -ENAMETOOLONG;
	memcpy(found.name, name, strlen(name) + 1);
	*ret = found;
	return 0;
}

static size_t read_bytes(const char *folder, const char *attribute, uint8_t *ret, size_t size)
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof(path), "%s/%s", folder, attribute);
	if (length < 0 || (size_t)length >= sizeof(path))
		return 0;
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return 0;

	size_t used = 0;
	for (;;) {
		uint8_t beyond;
		bool full = used == size;
		ssize_t got = full ? read(fd, &beyond, 1) : read(fd, ret + used, size - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || (full && got > 0))
			return 0;
		if (got == 0)
			return used;
		used += (size_t)got;
	}
}

size_t sysfs_bytes(
	const struct sysfs_device *device, const char *attribute, uint8_t *ret, size_t size)
{
	return read_bytes(device->folder, attribute, ret, size);
}

static void text_in(const char *folder, const char *attribute, char *ret, size_t size)
{
	uint8_t bytes[4096]; /* sysfs gives at most a page */
	size_t length = read_bytes(folder, attribute, bytes, sizeof(bytes));
	hostile_text_clean(bytes, length, ret, size);
}

void sysfs_text(const struct sysfs_device *device, const char *attribute, char *ret, size_t size)
{
	text_in(device->folder, attribute, ret, size);
}

static bool exists_in(const char *folder, const char *attribute)
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof(path), "%s/%s", folder, attribute);
	return length > 0 && (size_t)length < sizeof(path) && access(path, F_OK) == 0;
}

bool sysfs_has(const struct sysfs_device *device, const char *attribute)
{
	return exists_in(device->folder, attribute);
}

void sysfs_link_name(const struct sysfs_device *device, const char *link, char *ret, size_t size)
{
	char path[PATH_MAX];
	char target[PATH_MAX];
	ret[0] = '\0';
	int length = snprintf(path, sizeof(path), "%s/%s", device->folder, link);
	if (length < 0 || (size_t)length >= sizeof(path))
		return;
	ssize_t got = readlink(path, target, sizeof(target) - 1);
	if (got < 0)
		return;
	target[got] = '\0';
	const char *slash = strrchr(target, '/');
	const char *name = slash ? slash + 1 : target;
	hostile_text_clean(name, strlen(name), ret, size);
}

bool sysfs_path_has(const struct sysfs_device *device, const char *piece)
{
	return strstr(device->folder + device->root_length, piece) != NULL;
}

bool sysfs_path_has_numbered(const struct sysfs_device *device, const char *word)
{
	size_t length = strlen(word);
	const char *at = device->folder + device->root_length;
	while ((at = strchr(at, '/')) != NULL) {
		at++;
		if (strncmp(at, word, length) != 0)
			continue;
		size_t digits = strspn(at + length, "0123456789");
		if (digits > 0 && (at[length + digits] == '/' || at[length + digits] == '\0'))
			return true;
	}
	return false;
}

void sysfs_text_above(const struct sysfs_device *device, const char *beside, const char *attribute,
	char *ret, size_t size)
{
	char folder[PATH_MAX];
	memcpy(folder, device->folder, strlen(device->folder) + 1);
	ret[0] = '\0';
	for (;;) {
		char *slash = strrchr(folder, '/');
		if (!slash || (size_t)(slash - folder) <= device->root_length)
			return;
		*slash = '\0';
		if (exists_in(folder, beside)) {
			text_in(folder, attribute, ret, size);
			return;
		}
	}
}
