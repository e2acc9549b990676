/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files: raw, sparse, qcow2 and all others, as the extents that they have now. What lay elsewhere before is in free
 * space of the file system, which is said and not reached. */
#include "wipe/storage/storage_parts.h"

#include "base/text.h"
#include "wipe/guard/guard.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define SECTOR_BYTES_MAX 4096

/* One file while it is erased. */
struct target {
	const char *place;
	int fd;
	struct stat status; /* as opened; the size as it was made then */
	enum file_system file_system;
	uint32_t sector_bytes;
	struct file_map map; /* not of tmpfs */
	struct range_list ranges;
	bool has_shared, has_encoded;
};

static void target_free(struct target *target)
{
	cleanup_fd(&target->fd);
	file_map_free(&target->map);
	ranges_free(&target->ranges);
}
#define AUTO_TARGET CLEANUP(target_free)

static int failed(const char *place, int result, struct error *error)
{
	if (result == -ENOMEM)
		return error_no_memory(error);
	return error_set(error, ERROR_FAILED, -result, "storage-file", _("%s cannot be erased: %s"),
		place, strerror(-result));
}

/* Looking ------------------------------------------------------------------------------------ */

static int claims(const char *place, struct error *error)
{
	AUTO_FD int fd = -1;
	struct stat status;

	int result = place_open(place, &fd, error);
	/* Below /dev links lead to devices, which other kinds have claimed if they are one. */
	if (result == -ELOOP && place_names_device(place))
		return 0;
	if (result < 0)
		return result;
	return fstat(fd, &status) < 0 ? failed(place, -errno, error) : S_ISREG(status.st_mode);
}

/* No VM's disk belongs there, whatever its definition says; and since no link is followed, the path tells. */
static bool is_of_the_system(const char *place)
{
	static const char *const folders[] = { "/bin/", "/boot/", "/etc/", "/lib/", "/lib32/",
		"/lib64/", "/libx32/", "/proc/", "/sbin/", "/sys/", "/usr/" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (strncmp(place, folders[i], strlen(folders[i])) == 0)
			return true;
	return false;
}

static int refuse_system(const char *place, struct error *error)
{
	if (!is_of_the_system(place))
		return 0;
	(void)error_set(error, ERROR_REFUSED, EPERM, "storage-system",
		_("%s must not be erased: it is a file of the system."), place);
	(void)error_next(error, _("Look at the VM's definition: its disks belong elsewhere."));
	return -EPERM;
}

/* What must hold of a file before it is even opened: opening an overlay's for writing copies it. */
static int check_kind(const char *place, int path_fd, struct stat *ret_status, struct error *error)
{
	struct statx status;

	if (statx(path_fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) < 0 ||
		fstat(path_fd, ret_status) < 0)
		return failed(place, -errno, error);
	if (!S_ISREG(ret_status->st_mode))
		return error_set(error, ERROR_REFUSED, EINVAL, "storage-not-file",
			_("%s is no file."), place);
	if (!(status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) ||
		status.stx_attributes & STATX_ATTR_MOUNT_ROOT)
		return storage_in_use(place, _("something is mounted there"), error);
	if (ret_status->st_nlink == 1)
		return 0;
	(void)error_set(error, ERROR_REFUSED, EMLINK, "storage-links",
		_("%s must not be erased: the file has %lu names, and others may need it."), place,
		(unsigned long)ret_status->st_nlink);
	(void)error_next(error, _("Find the others (find -samefile) and remove those that are "
				  "not needed."));
	return -EMLINK;
}

/* Using -------------------------------------------------------------------------------------- */

/* The kernel lets nobody open the file while we have the lease, without telling us; and gives none while others,
 * the kernel's own swap and loop devices among them, have it open for writing. */
static int take_lease(int fd)
{
	/* Whoever wants it makes the kernel send a signal: one that is ignored, we ask. */
	if (fcntl(fd, F_SETSIG, SIGURG) < 0)
		return -errno;
	return fcntl(fd, F_SETLEASE, F_WRLCK) < 0 ? -errno : 0;
}

static bool has_lease(int fd)
{
	return fcntl(fd, F_GETLEASE) == F_WRLCK;
}

static int check_use(
	const char *place, int fd, const struct platform_pace *pace, struct error *error)
{
	const struct guard_file file = { .fd = fd,
		.outside_vouched = pace && pace->outside_vouched };
	struct guard_finding finding;

	int lease = take_lease(fd);
	guard_check_file(&file, &finding);
	if (finding.result == GUARD_REFUSED)
		return storage_in_use(place, finding.detail, error);
	if (finding.result != GUARD_PASSED) {
		(void)error_set(error, ERROR_REFUSED, EBUSY, "storage-in-use",
			_("%s must not be erased: it cannot be seen whether it is in use: %s"),
			place, finding.detail);
		(void)error_next(error, _("Mend what keeps the check from being made."));
		return -EBUSY;
	}
	if (lease == -EAGAIN)
		return storage_in_use(place,
			_("the kernel itself has it open (swap, a loop device, a target)"), error);
	return lease < 0 ? failed(place, lease, error) : 0;
}

/* Opening ------------------------------------------------------------------------------------ */

/* The very file that was looked at, whatever stands at the path by now. */
static int reopen(const char *place, int path_fd, int flags, int *ret_fd, struct error *error)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && (errno == ETXTBSY || errno == EWOULDBLOCK))
		return storage_in_use(place, strerror(errno), error);
	if (fd < 0)
		return failed(place, -errno, error);
	*ret_fd = fd;
	return 0;
}

static int open_target(const char *place, int path_fd, struct target *ret, struct error *error)
{
	int block_bytes = 0;
	int direct = ret->file_system == FILE_SYSTEM_MEMORY ? 0 : O_DIRECT;

	int result = reopen(place, path_fd, O_RDWR | direct, &ret->fd, error);
	if (result < 0)
		return result;
	if (ioctl(ret->fd, FIGETBSZ, &block_bytes) < 0)
		return failed(place, -errno, error);
	ret->sector_bytes = (uint32_t)MIN(MAX(block_bytes, 512), SECTOR_BYTES_MAX);
	return 0;
}

/* Extents ------------------------------------------------------------------------------------ */

static uint64_t whole_sectors(const struct target *target, uint64_t bytes)
{
	uint64_t over = bytes % target->sector_bytes;

	return over ? bytes + target->sector_bytes - over : bytes;
}

/* What was allocated behind the end of the file is within it from now on, and the rest of its last block. */
static int make_end(struct target *target, uint64_t end_bytes)
{
	if (end_bytes <= (uint64_t)target->status.st_size)
		return 0;
	if (ftruncate(target->fd, (off_t)end_bytes) < 0 || fstat(target->fd, &target->status) < 0)
		return -errno;
	return 0;
}

static void look_for_limits(struct target *target)
{
	for (size_t i = 0; i < target->map.count; i++) {
		const struct file_extent *extent = &target->map.items[i];
		target->has_shared = target->has_shared || extent->shared;
		target->has_encoded = target->has_encoded || extent->encoded;
	}
}

static int find_extents(struct target *target)
{
	if (target->map.count == 0)
		return 0;
	const struct file_extent *last = &target->map.items[target->map.count - 1];
	int result = make_end(target, last->logical_bytes + last->length_bytes);
	if (result == 0)
		result = file_map_read(target->fd, &target->map);
	for (size_t i = 0; result == 0 && i < target->map.count; i++) {
		const struct file_extent *extent = &target->map.items[i];
		if (!extent->shared && !extent->encoded)
			result = ranges_add(
				&target->ranges, extent->logical_bytes, extent->length_bytes);
	}
	return result;
}

/* Memory has no places: what is not a hole. */
static int find_pages(struct target *target)
{
	int result = make_end(target, whole_sectors(target, (uint64_t)target->status.st_size));
	off_t end = target->status.st_size;

	for (off_t at = 0; result == 0 && at < end;) {
		off_t data = lseek(target->fd, at, SEEK_DATA);
		if (data < 0)
			return errno == ENXIO ? 0 : -errno;
		at = lseek(target->fd, data, SEEK_HOLE);
		if (at < 0)
			return -errno;
		uint64_t start = (uint64_t)data - (uint64_t)data % target->sector_bytes;
		result = ranges_add(
			&target->ranges, start, whole_sectors(target, (uint64_t)at - start));
	}
	return result;
}

/* Erasing ------------------------------------------------------------------------------------ */

/* Is it, now that it is done, the same file in the same places, and was nobody else there? */
static const char *changed_meanwhile(const struct target *target)
{
	AUTO_FD int path_fd = -1;
	struct file_map map AUTO_FILE_MAP = { 0 };
	struct stat now, named;

	if (!has_lease(target->fd))
		return STORAGE_REASON_OPENED;
	if (fstat(target->fd, &now) < 0 || now.st_size != target->status.st_size ||
		now.st_nlink != 1)
		return STORAGE_REASON_CHANGED;
	if (place_open(target->place, &path_fd, NULL) < 0 || fstat(path_fd, &named) < 0 ||
		named.st_dev != now.st_dev || named.st_ino != now.st_ino)
		return STORAGE_REASON_CHANGED;
	if (target->file_system == FILE_SYSTEM_MEMORY)
		return NULL;
	if (file_map_read(target->fd, &map) < 0 || !file_map_same(&target->map, &map))
		return STORAGE_REASON_MOVED;
	return NULL;
}

static void say_limits(const struct target *target, struct storage_outcome *outcome)
{
	outcome_limit(outcome, STORAGE_LIMIT_FREE_SPACE);
	if (target->file_system != FILE_SYSTEM_MEMORY && device_is_flash(target->status.st_dev))
		outcome_limit(outcome, STORAGE_LIMIT_SPARE);
	if (target->has_shared)
		outcome_limit(outcome, STORAGE_LIMIT_SHARED_EXTENTS);
}

static int overwrite(const struct target *target, const struct platform_pace *pace,
	struct storage_outcome *outcome, struct error *error)
{
	const struct overwriting overwriting = { .fd = target->fd,
		.sector_bytes = target->sector_bytes,
		.ranges = target->ranges.items,
		.count = target->ranges.count,
		.pace = pace };

	int result = overwriting_run(&overwriting, outcome, error);
	if (result < 0 || strcmp(outcome->result, "done") != 0)
		return result;
	const char *changed = changed_meanwhile(target);
	if (changed)
		outcome_failed(outcome, changed);
	else if (target->has_shared)
		outcome_unsupported(outcome, STORAGE_REASON_SHARED);
	return 0;
}

/* A word when nothing of it can be overwritten in place; else NULL. */
static const char *why_not(enum file_system file_system, struct storage_outcome *outcome)
{
	switch (file_system) {
	case FILE_SYSTEM_IN_PLACE:
	case FILE_SYSTEM_MEMORY:
		return NULL;
	case FILE_SYSTEM_COPIES:
		outcome_limit(outcome, STORAGE_LIMIT_COPY_ON_WRITE);
		return STORAGE_REASON_COPIES;
	case FILE_SYSTEM_NETWORK:
		outcome_limit(outcome, STORAGE_LIMIT_NETWORK);
		return STORAGE_REASON_NETWORK;
	case FILE_SYSTEM_UNKNOWN:
		break;
	}
	return STORAGE_REASON_FILE_SYSTEM;
}

/* Before anything is written. */
static int look_at_map(struct target *target)
{
	if (fstat(target->fd, &target->status) < 0)
		return -errno;
	if (target->file_system == FILE_SYSTEM_MEMORY)
		return 0;
	int result = file_map_read(target->fd, &target->map);
	look_for_limits(target);
	return result;
}

static int erase_open(struct target *target, const struct platform_pace *pace,
	struct storage_outcome *outcome, json_t **ret_fact, struct error *error)
{
	int result = check_use(target->place, target->fd, pace, error);
	if (result < 0)
		return result;
	if (file_is_journaled(target->fd, &target->status)) {
		outcome_limit(outcome, STORAGE_LIMIT_JOURNAL);
		return outcome_refuse_or_tell(
			outcome, STORAGE_REASON_JOURNAL, target->place, pace, ret_fact, error);
	}
	/* Only now: who had it open may have been writing. */
	result = look_at_map(target);
	say_limits(target, outcome);
	if (result == -EOPNOTSUPP || target->has_encoded)
		return outcome_refuse_or_tell(
			outcome, STORAGE_REASON_FILE_SYSTEM, target->place, pace, ret_fact, error);
	if (target->has_shared && pace && pace->erasure_required)
		return outcome_refuse_or_tell(
			outcome, STORAGE_REASON_SHARED, target->place, pace, ret_fact, error);
	if (result == 0)
		result = target->file_system == FILE_SYSTEM_MEMORY ? find_pages(target)
								   : find_extents(target);
	if (result < 0)
		return failed(target->place, result, error);
	result = overwrite(target, pace, outcome, error);
	return result == 0 ? outcome_to_fact(outcome, target->place, ret_fact, error) : result;
}

static int erase(
	const char *place, const struct platform_pace *pace, json_t **ret_fact, struct error *error)
{
	struct target target AUTO_TARGET = { .place = place, .fd = -1 };
	struct storage_outcome outcome = {
		.method = "overwrite", .result = "done", .level = "clear", .reason = ""
	};
	AUTO_FD int path_fd = -1;

	int result = refuse_system(place, error);
	if (result == 0)
		result = place_open(place, &path_fd, error);
	if (result == 0)
		result = check_kind(place, path_fd, &target.status, error);
	if (result < 0)
		return result;
	result = file_system_of(path_fd, &target.file_system);
	if (result < 0)
		return failed(place, result, error);
	const char *reason = why_not(target.file_system, &outcome);
	if (reason)
		return outcome_refuse_or_tell(&outcome, reason, place, pace, ret_fact, error);
	result = open_target(place, path_fd, &target, error);
	cleanup_fd(&path_fd);
	path_fd = -1;
	return result == 0 ? erase_open(&target, pace, &outcome, ret_fact, error) : result;
}

/* Removing ----------------------------------------------------------------------------------- */

/* Nobody else has it, as far as this kernel knows: a file system of another host gives no lease. */
static int check_removable(const char *place, int path_fd, struct error *error)
{
	AUTO_FD int fd = -1;
	struct stat status;
	struct guard_finding finding;

	int result = check_kind(place, path_fd, &status, error);
	if (result == 0)
		result = reopen(place, path_fd, O_RDONLY, &fd, error);
	if (result < 0)
		return result;
	const struct guard_file file = { .fd = fd, .outside_vouched = true };
	guard_check_file(&file, &finding);
	if (finding.result != GUARD_PASSED)
		return storage_in_use(place, finding.detail, error);
	return 0;
}

static int remove_file(const char *place, struct error *error)
{
	AUTO_FD int folder = -1;
	AUTO_FD int path_fd = -1;
	const char *name = NULL;
	struct stat looked_at, named;

	int result = refuse_system(place, error);
	if (result < 0)
		return result;
	result = place_open(place, &path_fd, error);
	if (result == -ENOENT)
		return 0;
	if (result == 0)
		result = check_removable(place, path_fd, error);
	if (result == 0)
		result = place_open_folder(place, &folder, &name, error);
	if (result < 0)
		return result;
	if (fstat(path_fd, &looked_at) < 0 ||
		fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : failed(place, -errno, error);
	if (looked_at.st_dev != named.st_dev || looked_at.st_ino != named.st_ino)
		return storage_in_use(place, _("another file took its place"), error);
	if ((unlinkat(folder, name, 0) < 0 && errno != ENOENT) || fsync(folder) < 0)
		return error_set(error, ERROR_FAILED, errno, "storage-remove",
			_("%s cannot be removed: %s"), place, strerror(errno));
	return 0;
}

static enum presence look(const char *place)
{
	AUTO_FD int fd = -1;

	int result = place_open(place, &fd, NULL);
	if (result == 0)
		return PRESENCE_PRESENT;
	if (result != -ENOENT || place_is_below_unmounted(place))
		return PRESENCE_UNKNOWN;
	return PRESENCE_GONE;
}

const struct storage_kind storage_file = {
	.name = "file",
	.claims = claims,
	.erase = erase,
	.remove = remove_file,
	.look = look,
};
