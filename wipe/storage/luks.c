/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Open LUKS volumes: the keys are destroyed, and the volume below is overwritten too, since nobody here knows
 * whether all that lies there was encrypted from the beginning. The mapping stays open meanwhile, and claimed: a run
 * that is cut short finds the way down again. */
#include "wipe/storage/lvm.h"

#include "base/text.h"
#include "wipe/erase/luks.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#define DMSETUP_SECONDS 60

/* The mapping and what it stands on. */
struct crypt {
	char name[256]; /* as the device mapper calls it */
	dev_t lower;
	char lower_path[300];
	bool lower_is_volume;
	char lower_uuid[64]; /* of a logical volume */
};

static int is_luks(dev_t number)
{
	char uuid[256];

	int result = place_attribute(number, "dm/uuid", uuid, sizeof(uuid));
	if (result == -ENOENT || result == -ENOTDIR)
		return 0;
	return result < 0 ? result : strncmp(uuid, "CRYPT-LUKS", 10) == 0;
}

/* One that we closed counts too, while the volume below has to go. */
static int claims(const char *place, struct error *error)
{
	char below[PLACE_BELOW_MAX];
	dev_t number;

	(void)error;
	int result = place_block(place, &number);
	if (result == -ENOENT)
		return place_was_removed(place, below) && below[0];
	return result == 0 ? is_luks(number) : 0;
}

/* The way down ------------------------------------------------------------------------------- */

/* How many entries a folder of the device has ("slaves", "holders"); -errno. */
static int count_entries(dev_t number, const char *folder)
{
	char path[128];
	int count = 0;

	(void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s", major(number), minor(number),
		folder);
	DIR *entries = opendir(path);
	if (!entries)
		return -errno;
	const struct dirent *entry;
	while ((errno = 0, entry = readdir(entries)))
		count += entry->d_name[0] != '.';
	int result = errno ? -errno : count;
	(void)closedir(entries);
	return result;
}

/* "0 SECTORS crypt CIPHER KEY IV MAJOR:MINOR OFFSET …": one target over all of it. */
static int parse_table(const char *text, uint64_t capacity_bytes, dev_t *ret_lower)
{
	unsigned long long start, sectors;
	unsigned major_number, minor_number;

	int count = sscanf(text, "%llu %llu crypt %*s %*s %*s %u:%u", &start, &sectors,
		&major_number, &minor_number);
	const char *end = strchr(text, '\n');
	if (count != 4 || start != 0 || sectors * 512 != capacity_bytes || (end && end[1]))
		return -ENOTSUP;
	*ret_lower = makedev(major_number, minor_number);
	return 0;
}

static int read_table(
	const struct crypt *crypt, uint64_t capacity_bytes, dev_t *ret_lower, struct error *error)
{
	const char *const words[] = { "dmsetup", "table", crypt->name, NULL };
	const struct storage_command command = { .argv = words,
		.timeout_seconds = DMSETUP_SECONDS };
	AUTO_FREE char *text = NULL;

	int result = storage_run(&command, &text, NULL, error);
	return result == 0 ? parse_table(text, capacity_bytes, ret_lower) : result;
}

/* -ENOTSUP: it does not stand on one whole device that it has for itself. */
static int way_down(dev_t number, uint64_t capacity_bytes, struct crypt *ret, struct error *error)
{
	char uuid[256];

	int result = place_attribute(number, "dm/name", ret->name, sizeof(ret->name));
	if (result == 0)
		result = read_table(ret, capacity_bytes, &ret->lower, error);
	if (result == 0)
		result = place_node(ret->lower, ret->lower_path);
	if (result < 0)
		return result;
	if (count_entries(number, "slaves") != 1 || count_entries(ret->lower, "holders") != 1)
		return -ENOTSUP;
	int volume = volume_uuid_of(ret->lower, ret->lower_uuid);
	ret->lower_is_volume = volume == 1;
	if (volume < 0)
		return volume;
	if (strncmp(ret->lower_path, "/dev/zd", 7) == 0)
		return -ENOTSUP; /* a zvol is written elsewhere */
	if (volume == 1 || place_attribute(ret->lower, "dm/uuid", uuid, sizeof(uuid)) < 0)
		return 0;
	/* Of the device mapper's other devices only multipath is a medium of its own. */
	return strncmp(uuid, "mpath-", 6) == 0 ? 0 : -ENOTSUP;
}

/* Erasing ------------------------------------------------------------------------------------ */

/* Without a claim: the mapping has it, and we have claimed the mapping. */
static int open_lower(const struct crypt *crypt, int *ret_fd, struct device *ret)
{
	struct stat status;
	int sector_bytes = 0;
	uint64_t capacity_bytes = 0;
	AUTO_FD int fd = open(crypt->lower_path, O_RDWR | O_DIRECT | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISBLK(status.st_mode) || status.st_rdev != crypt->lower)
		return -ESTALE;
	if (ioctl(fd, BLKGETSIZE64, &capacity_bytes) < 0 || ioctl(fd, BLKSSZGET, &sector_bytes) < 0)
		return -errno;
	*ret = (struct device){ .place = crypt->lower_path,
		.fd = fd,
		.number = crypt->lower,
		.capacity_bytes = capacity_bytes,
		.sector_bytes = (uint32_t)sector_bytes };
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static int overwrite_lower(const struct crypt *crypt, const struct device *device,
	const struct platform_pace *pace, struct storage_outcome *outcome, const char **ret_reason,
	struct error *error)
{
	struct logical_volume volume;

	*ret_reason = NULL;
	if (!crypt->lower_is_volume)
		return device_overwrite(device, pace, outcome, error);
	int result = volume_find(crypt->lower_uuid, &volume, error);
	return result == 0 ? volume_overwrite(&volume, device, pace, outcome, ret_reason, error)
			   : result;
}

/* Headers and keyslots stand within what was overwritten; that none is left is asked of libcryptsetup and of our
 * own eyes, as where keys alone are destroyed. */
static int erase_lower(const struct crypt *crypt, const struct device *device,
	const struct platform_pace *pace, struct storage_outcome *outcome, const char **ret_reason,
	struct error *error)
{
	unsigned headers = 0, slots = 0;

	int result = luks_count(
		device->fd, device->capacity_bytes, device->sector_bytes, &headers, &slots);
	if (result < 0)
		return error_set(error, ERROR_FAILED, -result, "storage-luks",
			_("The LUKS headers on %s cannot be looked at: %s"), device->place,
			strerror(-result));
	/* Detached, or destroyed by a run before this: what lies here is overwritten. */
	outcome->method = headers > 0 ? "crypto-erase" : "overwrite";
	result = overwrite_lower(crypt, device, pace, outcome, ret_reason, error);
	if (result < 0 || *ret_reason || strcmp(outcome->result, "done") != 0)
		return result;
	result = luks_count(
		device->fd, device->capacity_bytes, device->sector_bytes, &headers, &slots);
	if (result < 0 || headers > 0 || slots > 0)
		outcome_failed(outcome, STORAGE_REASON_KEYS);
	return 0;
}

static int erase(
	const char *place, const struct platform_pace *pace, json_t **ret_fact, struct error *error)
{
	struct drive *drive CLEANUP(cleanup_drive_close) = NULL;
	struct storage_outcome outcome = {
		.method = "overwrite", .result = "done", .level = "clear", .reason = ""
	};
	struct crypt crypt = { 0 };
	struct device device;
	const char *reason = NULL;
	AUTO_FD int fd = -1;

	int result = device_claim(place, pace, &drive, error);
	if (result < 0)
		return result;
	result = way_down(drive->identity.devnum, drive->identity.capacity_bytes, &crypt, error);
	if (result == -ENOTSUP)
		return outcome_refuse_or_tell(
			&outcome, STORAGE_REASON_LAYOUT, place, pace, ret_fact, error);
	if (result == 0)
		result = open_lower(&crypt, &fd, &device);
	if (result < 0)
		return error_set(error, ERROR_FAILED, -result, "storage-luks",
			_("It cannot be told what %s stands on: %s"), place, strerror(-result));
	place_forget_removal(place);
	result = erase_lower(&crypt, &device, pace, &outcome, &reason, error);
	if (result == 0 && reason)
		return outcome_refuse_or_tell(&outcome, reason, place, pace, ret_fact, error);
	return result == 0 ? outcome_to_fact(&outcome, place, ret_fact, error) : result;
}

/* Removing ----------------------------------------------------------------------------------- */

/* By a program of its own: libdevmapper is not made for several threads. */
static int close_mapping(const char *place, const char *name, struct error *error)
{
	const char *const words[] = { "dmsetup", "remove", name, NULL };
	const struct storage_command command = { .argv = words,
		.timeout_seconds = DMSETUP_SECONDS };
	int status = 0;

	int result = storage_run(&command, NULL, &status, error);
	if (result < 0 || status == 0)
		return result;
	return access(place, F_OK) == 0 ? storage_in_use(place, _("the mapping is open"), error)
					: 0;
}

/* The volume that stood below a mapping which we closed: "UUID GROUP". -ENOENT: it is gone, as its group says. */
static int find_below(const char *below, struct logical_volume *ret, struct error *error)
{
	char uuid[64], group[130];

	if (sscanf(below, "%63s %129s", uuid, group) != 2)
		return -EBADMSG;
	int seen = lvm_group_is_seen(group, error);
	if (seen != 1)
		return seen < 0 ? seen : -EHOSTUNREACH;
	return volume_find(uuid, ret, error);
}

/* Closed before, by a run that got no further. */
static int remove_below(const char *place, struct error *error)
{
	struct logical_volume volume;
	char below[PLACE_BELOW_MAX];

	if (!place_was_removed(place, below) || !below[0])
		return 0;
	int result = find_below(below, &volume, error);
	if (result == -ENOENT)
		return 0;
	if (result < 0)
		return error_set(error, ERROR_FAILED, -result, "storage-remove",
			_("%s cannot be removed: %s"), place, strerror(-result));
	return volume_remove(&volume, error);
}

/* The volume below was erased with it and is nothing without it. */
static int remove_mapping(const char *place, struct error *error)
{
	struct crypt crypt = { 0 };
	struct logical_volume volume;
	uint64_t capacity_bytes = 0;
	char below[PLACE_BELOW_MAX] = "";
	dev_t number;
	AUTO_FD int fd = -1;

	int result = place_block(place, &number);
	if (result == -ENOENT)
		return remove_below(place, error);
	if (result == 0 && is_luks(number) != 1)
		result = -ENOTBLK;
	if (result == 0) {
		fd = open(place, O_RDONLY | O_CLOEXEC);
		result = fd < 0 || ioctl(fd, BLKGETSIZE64, &capacity_bytes) < 0 ? -errno : 0;
		cleanup_fd(&fd);
		fd = -1;
	}
	if (result == 0)
		result = way_down(number, capacity_bytes, &crypt, error);
	if (result == 0 && crypt.lower_is_volume)
		result = volume_find(crypt.lower_uuid, &volume, error);
	if (result < 0)
		return error_set(error, ERROR_FAILED, -result, "storage-remove",
			_("%s cannot be removed: %s"), place, strerror(-result));
	if (crypt.lower_is_volume)
		(void)snprintf(below, sizeof(below), "%s %s", volume.uuid, volume.group);
	result = place_note_removal(place, below, error);
	if (result == 0)
		result = close_mapping(place, crypt.name, error);
	return result == 0 && crypt.lower_is_volume ? volume_remove(&volume, error) : result;
}

/* A mapping that is not there may only be closed, with all that lies below. */
static enum presence look(const char *place)
{
	struct logical_volume volume;
	char below[PLACE_BELOW_MAX];
	dev_t number;

	int result = place_block(place, &number);
	if (result == 0)
		return PRESENCE_PRESENT;
	if (result != -ENOENT || !place_was_removed(place, below))
		return PRESENCE_UNKNOWN;
	if (!below[0])
		return PRESENCE_GONE;
	result = find_below(below, &volume, NULL);
	if (result == 0)
		return PRESENCE_PRESENT;
	return result == -ENOENT ? PRESENCE_GONE : PRESENCE_UNKNOWN;
}

const struct storage_kind storage_luks = {
	.name = "luks",
	.claims = claims,
	.erase = erase,
	.remove = remove_mapping,
	.look = look,
};
