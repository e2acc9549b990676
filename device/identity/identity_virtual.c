/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Devices without a medium of their own: loop, dm, md, zram and the like. */
#include "base/digest.h"
#include "device/probe/hostile_text.h"
#include "device/identity/identity_parts.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* "zram0" → "zram device". */
static void name_model(const struct sysfs_device *device, char ret[static IDENTITY_TEXT_MAX])
{
	size_t stem = strcspn(device->name, "0123456789");
	(void)snprintf(ret, IDENTITY_TEXT_MAX, "%.*s device", (int)stem, device->name);
}

void identity_add_virtual(const struct sysfs_device *device, struct drive_identity *identity)
{
	static const struct {
		const char *attribute;
		const char *prefix;
	} keys[] = { { "dm/uuid", "dm." }, { "md/uuid", "md." } };

	identity->transport = TRANSPORT_VIRTUAL;
	identity->is_virtual = true;
	hostile_text_clean("Linux", 5, identity->vendor, sizeof(identity->vendor));
	name_model(device, identity->model);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		char uuid[1024];
		char key[sizeof(uuid) + 8];
		sysfs_text(device, keys[i].attribute, uuid, sizeof(uuid));
		if (uuid[0] == '\0')
			continue;
		(void)snprintf(key, sizeof(key), "%s%s", keys[i].prefix, uuid);
		identity_take_key(key, identity->serial);
	}
}

/* When the path still leads to the very file the loop device stands on, its birth tells it from a
 * later file that was given the same inode. 0 when that cannot be told. */
static uint64_t birth_of(const char *path, const struct loop_info64 *info)
{
	struct statx status;
	if (statx(AT_FDCWD, path, AT_STATX_SYNC_AS_STAT, STATX_INO | STATX_BTIME, &status))
		return 0;
	/* lo_device is the kernel's encoding: minor 7:0, major 19:8, the rest of the minor above. */
	unsigned device_major = (unsigned)(info->lo_device >> 8 & 0xfff);
	unsigned device_minor =
		(unsigned)((info->lo_device & 0xff) | (info->lo_device >> 12 & 0xfff00));
	bool same = status.stx_ino == info->lo_inode && status.stx_dev_major == device_major &&
		    status.stx_dev_minor == device_minor;
	if (!same || !(status.stx_mask & STATX_BTIME))
		return 0;
	return (uint64_t)status.stx_btime.tv_sec * 1000000000u + status.stx_btime.tv_nsec;
}

static int make_serial(const struct loop_info64 *info, uint64_t birth, char *ret, size_t size)
{
	char text[256];
	char digest[SHA256_HEX_SIZE];
	int length = snprintf(text, sizeof(text),
		"loop device=%llu inode=%llu birth=%llu offset=%llu limit=%llu",
		(unsigned long long)info->lo_device, (unsigned long long)info->lo_inode,
		(unsigned long long)birth, (unsigned long long)info->lo_offset,
		(unsigned long long)info->lo_sizelimit);
	if (length < 0 || (size_t)length >= sizeof(text))
		return -EOVERFLOW;
	int error = digest_sha256_hex(text, (size_t)length, digest);
	if (error)
		return error;
	for (size_t i = 0; digest[i]; i++)
		digest[i] = (char)toupper((unsigned char)digest[i]);
	(void)snprintf(ret, size, "LOOP-%.16s", digest);
	return 0;
}

int identity_add_loop(int fd, const struct sysfs_device *device, struct drive_identity *identity)
{
	struct loop_info64 info = { 0 };
	if (!identity->is_virtual || major(identity->devnum) != LOOP_MAJOR)
		return 0;
	if (ioctl(fd, LOOP_GET_STATUS64, &info))
		return errno == ENXIO ? 0 : -errno; /* ENXIO: idle */

	/* The path is wanted raw, to look the file up, and clean, to be shown. */
	char path[4096];
	size_t length = sysfs_bytes(device, "loop/backing_file", (uint8_t *)path, sizeof(path) - 1);
	if (length > 0 && path[length - 1] == '\n')
		length--;
	path[length] = '\0';
	hostile_text_clean(path, length, identity->backing, sizeof(identity->backing));
	return make_serial(&info, length > 0 ? birth_of(path, &info) : 0, identity->serial,
		sizeof(identity->serial));
}
