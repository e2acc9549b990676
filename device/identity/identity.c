/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who a drive is: read from the kernel for one open fd. */
#include "device/identity/identity.h"
#include "base/text.h"
#include "device/probe/hostile_text.h"
#include "device/identity/identity_parts.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, __u64)
#endif

const struct system_paths system_paths_real = { .sys = "/sys", .proc = "/proc", .dev = "/dev" };

/* Sizes and flags, asked of the fd itself. */
static int read_sizes(int fd, struct drive_identity *identity)
{
	int sector = 0;
	int read_only = 0;
	unsigned physical = 0;
	uint64_t capacity = 0;
	uint64_t sequence = 0;
	if (ioctl(fd, BLKGETSIZE64, &capacity) || ioctl(fd, BLKSSZGET, &sector) ||
		ioctl(fd, BLKPBSZGET, &physical) || ioctl(fd, BLKROGET, &read_only))
		return -errno;
	if (ioctl(fd, BLKGETDISKSEQ, &sequence))
		sequence = 0; /* a kernel before 5.15 */
	identity->capacity_bytes = capacity;
	identity->logical_sector_bytes = sector > 0 ? (uint32_t)sector : 0;
	identity->physical_sector_bytes = physical;
	identity->read_only = read_only != 0;
	identity->disk_sequence = sequence;
	return 0;
}

static int refuse_partition(const struct sysfs_device *device, struct error *error)
{
	char folder[PATH_MAX];
	memcpy(folder, device->folder, strlen(device->folder) + 1);
	char *slash = strrchr(folder, '/');
	*slash = '\0';
	const char *disk = strrchr(folder, '/');
	disk = disk ? disk + 1 : "";
	int result = error_set(error, ERROR_USAGE, EINVAL, "partition",
		_("/dev/%s is a partition of /dev/%s; only whole drives are sanitized."),
		device->name, disk);
	(void)error_next(error, _("Name the whole drive, /dev/%s."), disk);
	return result;
}

static bool is_real_tree(const struct system_paths *paths)
{
	return !paths || !paths->sys || strcmp(paths->sys, system_paths_real.sys) == 0;
}

static int find(int fd, const struct system_paths *paths, dev_t *ret_devnum,
	struct sysfs_device *ret, struct error *error)
{
	struct stat status;
	if (fstat(fd, &status))
		return error_set(error, ERROR_FAILED, errno, "identity-unreadable",
			_("The opened device cannot be examined: %s."), strerror(errno));
	if (!S_ISBLK(status.st_mode)) {
		int result = error_set(error, ERROR_USAGE, ENOTBLK, "not-block-device",
			_("This is no block device."));
		(void)error_next(error, _("Name a drive, as `haiki inventory list` shows them."));
		return result;
	}
	int failed = sysfs_find(paths, status.st_rdev, ret);
	if (failed) {
		int result = error_set(error, ERROR_FAILED, -failed, "identity-unreadable",
			_("The kernel's description of the drive cannot be read: %s."),
			strerror(-failed));
		(void)error_next(error, _("Check that sysfs is mounted on /sys and that the drive "
					  "is still there."));
		return result;
	}
	*ret_devnum = status.st_rdev;
	return 0;
}

static void take_name(const struct sysfs_device *device, struct drive_identity *identity)
{
	hostile_text_clean(
		device->name, strlen(device->name), identity->name, sizeof(identity->name));
	for (char *at = identity->name; (at = strchr(at, '!')) != NULL;)
		*at = '/'; /* sysfs writes the node cciss/c0d0 so */
}

int identity_read(
	int fd, const struct system_paths *paths, struct drive_identity *ret, struct error *error)
{
	struct drive_identity identity = { 0 };
	struct sysfs_device device;
	int failed = find(fd, paths, &identity.devnum, &device, error);
	if (failed)
		return failed;
	if (sysfs_has(&device, "partition"))
		return refuse_partition(&device, error);

	take_name(&device, &identity);
	failed = read_sizes(fd, &identity);
	if (failed)
		return error_set(error, ERROR_FAILED, -failed, "identity-unreadable",
			_("The sizes of /dev/%s cannot be read: %s."), identity.name,
			strerror(-failed));

	identity_add_sysfs(&device, &identity);
	identity_add_oddities(&device, &identity);
	failed = identity_add_loop(fd, &device, &identity);
	if (failed)
		return error_set(error, ERROR_FAILED, -failed, "identity-unreadable",
			_("The backing file of /dev/%s cannot be learnt: %s."), identity.name,
			strerror(-failed));
	if (is_real_tree(paths) && identity.transport != TRANSPORT_VIRTUAL)
		identity_add_udev(identity.devnum, &identity);
	*ret = identity;
	return 0;
}

int identity_peek(dev_t devnum, const struct system_paths *paths, struct drive_identity *ret)
{
	struct drive_identity identity = { .devnum = devnum };
	struct sysfs_device device;
	int failed = sysfs_find(paths, devnum, &device);
	if (failed)
		return failed;
	take_name(&device, &identity);
	identity_add_sysfs(&device, &identity);
	identity_add_oddities(&device, &identity);
	if (is_real_tree(paths) && identity.transport != TRANSPORT_VIRTUAL)
		identity_add_udev(identity.devnum, &identity);
	*ret = identity;
	return 0;
}
