/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kernel counts of a device's traffic; see counters.h. */
#include "device/engine/counters.h"
#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

static int add_written(const char *folder, uint64_t *sum)
{
	char path[PATH_MAX], line[512];
	uint64_t written = 0, discarded = 0;

	if (snprintf(path, sizeof(path), "%s/stat", folder) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	int result = file_read_line(path, line, sizeof(line));
	if (result < 0)
		return result;
	/* Kernels before 4.18 do not count discards, and then have no field 14. */
	int fields =
		sscanf(line, "%*u %*u %*u %*u %*u %*u %" SCNu64 " %*u %*u %*u %*u %*u %*u %" SCNu64,
			&written, &discarded);
	if (fields < 1)
		return -EBADMSG;
	*sum += written + discarded;
	return 0;
}

/* The whole of text is this word and a number. */
static bool is_numbered(const char *text, const char *word, unsigned *ret)
{
	char behind;
	size_t length = strlen(word);

	return strncmp(text, word, length) == 0 && sscanf(text + length, "%u%c", ret, &behind) == 1;
}

/* The path of the namespace nvmeSnN by controller C is the hidden disk nvmeScCnN in the controller's
 * folder; none is there when the controller does not lead to this namespace. */
static int add_path(
	const char *subsystem_folder, const char *controller, const char *name, uint64_t *sum)
{
	char path[PATH_MAX];
	unsigned subsystem, namespace, number;

	if (!is_numbered(controller, "nvme", &number) ||
		sscanf(name, "nvme%un%u", &subsystem, &namespace) != 2)
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s/nvme%uc%un%u", subsystem_folder, controller,
		    subsystem, number, namespace) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	int result = add_written(path, sum);
	return result == -ENOENT ? 0 : result;
}

/* Above the head of a namespace is its subsystem, with a link to each of its controllers. */
static int add_paths(const char *folder, const char *name, uint64_t *sum)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	int result = 0;

	if (snprintf(path, sizeof(path), "%s/device", folder) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	DIR *controllers = opendir(path);
	if (!controllers)
		return errno == ENOENT ? 0 : -errno;
	while (result == 0) {
		errno = 0;
		entry = readdir(controllers);
		if (!entry) {
			result = -errno;
			break;
		}
		result = add_path(path, entry->d_name, name, sum);
	}
	(void)closedir(controllers);
	return result;
}

int counters_sectors_written(const struct system_paths *paths, dev_t devnum, uint64_t *ret_sectors)
{
	char folder[PATH_MAX], target[PATH_MAX];
	uint64_t sum = 0;

	if (snprintf(folder, sizeof(folder), "%s/dev/block/%u:%u", paths->sys, major(devnum),
		    minor(devnum)) >= (int)sizeof(folder))
		return -ENAMETOOLONG;
	int result = add_written(folder, &sum);
	if (result < 0)
		return result;
	ssize_t length = readlink(folder, target, sizeof(target) - 1);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	const char *name = strrchr(target, '/');
	if (name && strncmp(name, "/nvme", 5) == 0)
		result = add_paths(folder, name + 1, &sum);
	if (result == 0)
		*ret_sectors = sum;
	return result;
}
