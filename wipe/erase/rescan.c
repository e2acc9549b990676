/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Let the kernel look again at how large a drive is: by the attributes of its SCSI device in sysfs. */
#include "wipe/erase/rescan.h"

#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static bool is_known(int fd, uint64_t wanted_bytes)
{
	uint64_t bytes;
	return ioctl(fd, BLKGETSIZE64, &bytes) == 0 && bytes >= wanted_bytes;
}

static void tell(const char *path, const char *word)
{
	AUTO_FD int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, word, strlen(word)) < 0)
		return; /* the size that is then seen tells */
}

/* …/host3/target3:0:0/3:0:0:0 → …/host3/scsi_host/host3/scan */
static void look_at_port(const char *device)
{
	char folder[PATH_MAX], pattern[PATH_MAX + 32];
	glob_t found;
	if (!realpath(device, folder))
		return;
	for (size_t up = 0; up < 2; up++) {
		char *last = strrchr(folder, '/');
		if (!last)
			return;
		*last = '\0';
	}
	int written = snprintf(pattern, sizeof(pattern), "%s/scsi_host/host*/scan", folder);
	if (written < 0 || (size_t)written >= sizeof(pattern) ||
		glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
		return;
	tell(found.gl_pathv[0], "- - -");
	globfree(&found);
}

void rescan_capacity(int fd, uint64_t wanted_bytes)
{
	struct stat status;
	char device[64], rescan[96];
	if (fstat(fd, &status) < 0 || !S_ISBLK(status.st_mode))
		return;
	(void)snprintf(device, sizeof(device), "/sys/dev/block/%u:%u/device", major(status.st_rdev),
		minor(status.st_rdev));
	(void)snprintf(rescan, sizeof(rescan), "%s/rescan", device);
	tell(rescan, "1");
	if (!is_known(fd, wanted_bytes))
		look_at_port(device);
}
