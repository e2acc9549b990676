/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which file or device a place is, and whose it may be. */
#include "wipe/platform/libvirt_parts.h"

#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static bool is_absent(int errnum)
{
	return errnum == ENOENT || errnum == ENOTDIR;
}

static int cannot_look(const char *place, struct error *error)
{
	const int errnum = errno;
	return error_set(error, ERROR_FAILED, errnum, "place-unreadable",
		_("It cannot be told what %s is: %s"), place, strerror(errnum));
}

/* The drive of a partition (sysfs: block/DRIVE/PARTITION); 0 when it is none. */
static int whole_of(dev_t device, dev_t *ret)
{
	char path[96], text[32] = "";
	unsigned major_number, minor_number;
	*ret = 0;
	(void)snprintf(
		path, sizeof(path), "/sys/dev/block/%u:%u/partition", major(device), minor(device));
	if (access(path, F_OK) < 0)
		return errno == ENOENT ? 0 : -errno;
	(void)snprintf(
		path, sizeof(path), "/sys/dev/block/%u:%u/../dev", major(device), minor(device));
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (read(fd, text, sizeof(text) - 1) <= 0 ||
		sscanf(text, "%u:%u", &major_number, &minor_number) != 2)
		return -EIO;
	*ret = makedev(major_number, minor_number);
	return 0;
}

int place_identify(const char *place, struct place_identity *ret, struct error *error)
{
	struct stat status;
	*ret = (struct place_identity){ 0 };
	if (place[0] != '/')
		return 0;
	if (stat(place, &status) < 0)
		return is_absent(errno) ? 0 : cannot_look(place, error);
	ret->known = true;
	ret->is_block = S_ISBLK(status.st_mode);
	ret->device = ret->is_block ? status.st_rdev : status.st_dev;
	ret->inode = ret->is_block ? 0 : status.st_ino;
	const int result = ret->is_block ? whole_of(status.st_rdev, &ret->whole) : 0;
	if (result < 0)
		errno = -result;
	return result < 0 ? cannot_look(place, error) : 0;
}

bool place_same(const char *place, const struct place_identity *identity, const char *other,
	const struct place_identity *other_identity)
{
	if (strcmp(place, other) == 0)
		return true;
	if (!identity->known || !other_identity->known ||
		identity->is_block != other_identity->is_block)
		return false;
	if (identity->is_block && (identity->whole == other_identity->device ||
					  other_identity->whole == identity->device))
		return true;
	return identity->device == other_identity->device &&
	       identity->inode == other_identity->inode;
}

/* Whoever keeps an image for others protects it against writing; an own snapshot's disk is not. */
static int is_protected(const char *place, struct error *error)
{
	struct statx status;
	if (statx(AT_FDCWD, place, 0, STATX_TYPE | STATX_MODE, &status) < 0)
		return is_absent(errno) ? 0 : cannot_look(place, error);
	return (status.stx_attributes & STATX_ATTR_IMMUTABLE) != 0 ||
	       (S_ISREG(status.stx_mode) && (status.stx_mode & 0222) == 0);
}

/* Are both in one folder, whatever that is called? */
static int in_one_folder(const char *place, const char *other, struct error *error)
{
	char folder[MACHINE_PLACE_MAX], other_folder[MACHINE_PLACE_MAX];
	struct place_identity identity, other_identity;
	const char *slash = strrchr(place, '/'), *other_slash = strrchr(other, '/');
	if (!slash || !other_slash)
		return 0;
	(void)snprintf(folder, sizeof(folder), "%.*s", (int)(slash - place) + 1, place);
	(void)snprintf(
		other_folder, sizeof(other_folder), "%.*s", (int)(other_slash - other) + 1, other);
	int result = place_identify(folder, &identity, error);
	if (result == 0)
		result = place_identify(other_folder, &other_identity, error);
	return result < 0 ? result : place_same(folder, &identity, other_folder, &other_identity);
}

int place_belongs(
	struct platform *platform, const char *place, const char *above, struct error *error)
{
	AUTO_VOLUME_HANDLE virStorageVolPtr volume = NULL;
	if (place_in_reach(platform, place)) {
		int result = is_protected(place, error);
		if (result != 0)
			return result < 0 ? result : 0;
		/* All devices are in /dev: that says nothing. */
		struct place_identity identity;
		result = place_identify(place, &identity, error);
		if (result == 0 && !identity.is_block)
			result = in_one_folder(place, above, error);
		if (result != 0)
			return result;
	}
	const int result = pool_volume_at(platform, place, &volume, error);
	return result < 0 ? result : volume != NULL;
}

bool place_in_reach(const struct platform *platform, const char *place)
{
	return !platform->remote && place[0] == '/';
}

/* ---- whether it is kept ---- */

bool disk_is_deletable(const struct machine_disk *disk)
{
	return strcmp(disk->kind, "hostdev") != 0 && strcmp(disk->kind, "filesystem") != 0;
}

const char *disk_place(const struct machine_disk *disk, size_t link)
{
	return link == 0 ? disk->place : disk->chain[link - 1];
}

/* When it was surveyed, it was somebody else's: whoever is no longer seen here may have moved to another host. */
static bool was_kept(const struct machine_disk *disk, const char *place)
{
	const size_t prefix = strlen(KEPT_PREFIX);
	for (size_t i = 0; i < disk->shared_count; i++)
		if (strncmp(disk->shared_with[i], KEPT_PREFIX, prefix) == 0 &&
			strcmp(disk->shared_with[i] + prefix, place) == 0)
			return true;
	return false;
}

/* Is it a disk that the VM names itself? */
static int is_named(const struct machine *machine, const char *place, struct error *error)
{
	struct place_identity identity, other;
	int result = place_identify(place, &identity, error);
	for (size_t i = 0; i < machine->disk_count && result == 0; i++) {
		result = place_identify(machine->disks[i].place, &other, error);
		if (result == 0 && place_same(place, &identity, machine->disks[i].place, &other))
			return 1;
	}
	return result;
}

int place_keep(struct platform *platform, const struct uses *uses, const struct machine *machine,
	const struct machine_disk *disk, size_t link, enum keep *ret, struct error *error)
{
	AUTO_TEXTS struct texts who = { 0 };
	const char *place = disk_place(disk, link);
	int result = uses_of(uses, place, &who, error);
	if (result < 0)
		return result;
	if (who.count > 0 || was_kept(disk, place)) {
		*ret = KEEP_SHARED;
		return 0;
	}
	result = link == 0 ? 1 : is_named(machine, place, error);
	if (result == 0)
		result = place_belongs(platform, place, disk_place(disk, link - 1), error);
	if (result < 0)
		return result;
	*ret = result > 0 ? KEEP_NOT : KEEP_FOREIGN;
	return 0;
}
