/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One open drive: the claim on it, and whether what is behind the fd is still the same. */
#include "device/drive.h"
#include "base/file.h"
#include "base/text.h"
#include "device/engine/counters.h"
#include "device/identity/identity_parts.h"

#include <errno.h>
#include <sys/sysmacros.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, __u64)
#endif

/* udevd holds a shared lock while it probes a drive that just appeared or was closed; it is done in
 * well under this. */
#define LOCK_TRIES 40
#define LOCK_PAUSE_MS 50
/* For a drive to say who it is. */
#define ASK_LIMIT_MS 60000

static bool is_claim(enum drive_mode mode)
{
	return mode == DRIVE_CLAIM || mode == DRIVE_CLAIM_READ;
}

static int open_flags(enum drive_mode mode)
{
	/* O_NONBLOCK: if the path has become a FIFO meanwhile, do not wait for its other end. */
	int common = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	switch (mode) {
	case DRIVE_LOOK:
		return common | O_RDONLY;
	case DRIVE_CLAIM:
		return common | O_RDWR | O_EXCL | O_DIRECT;
	case DRIVE_CLAIM_READ:
		return common | O_RDONLY | O_EXCL | O_DIRECT;
	}
	return common | O_RDONLY;
}

static int refuse_busy(const char *label, bool locked, struct error *error)
{
	int result = error_set(error, ERROR_REFUSED, EBUSY, "drive-busy",
		locked ? _("%s is in use: another program has locked it.")
		       : _("%s is in use: the kernel has it mounted, as swap, or as part of an "
			   "array, a volume or a crypt device, or another program has claimed it."),
		label);
	(void)error_next(error, _("Release what uses it (lsblk, /proc/swaps, fuser), or wait until "
				  "the other program has finished; then try again."));
	return result;
}

static int refuse_read_only(const char *label, struct error *error)
{
	int result = error_set(error, ERROR_REFUSED, EROFS, "drive-read-only",
		_("%s is read-only: it cannot be overwritten."), label);
	(void)error_next(error, _("Look for its write-protect switch, or lift a read-only mark "
				  "with `blockdev --setrw`."));
	return result;
}

static int not_a_block_device(const char *path, struct error *error)
{
	int result = error_set(
		error, ERROR_USAGE, ENOTBLK, "not-block-device", _("%s is no block device."), path);
	(void)error_next(error, _("Name a drive, as `haiki inventory list` shows them."));
	return result;
}

/* The drive's own name for a message where it can be had without a claim, else the path. */
static void describe(const char *path, char ret[static IDENTITY_LABEL_MAX])
{
	struct drive_identity identity;
	(void)snprintf(ret, IDENTITY_LABEL_MAX, "%s", path);
	AUTO_FD int fd = open(path, open_flags(DRIVE_LOOK));
	if (fd >= 0 && identity_read(fd, NULL, &identity, NULL) == 0)
		identity_label(&identity, ret);
}

static bool is_marked_read_only(const char *path)
{
	int read_only = 0;
	AUTO_FD int fd = open(path, open_flags(DRIVE_LOOK));
	return fd >= 0 && ioctl(fd, BLKROGET, &read_only) == 0 && read_only;
}

static int open_failed(const char *path, enum drive_mode mode, int errnum, struct error *error)
{
	char label[IDENTITY_LABEL_MAX];
	describe(path, label);
	if (errnum == EBUSY)
		return refuse_busy(label, false, error);
	bool protected = errnum == EROFS || errnum == EACCES || errnum == EPERM;
	if (mode == DRIVE_CLAIM && protected && (errnum == EROFS || is_marked_read_only(path)))
		return refuse_read_only(label, error);
	if (errnum == ENOENT || errnum == ENOTDIR || errnum == ELOOP || errnum == ENAMETOOLONG) {
		int result = error_set(error, ERROR_USAGE, errnum, "drive-missing",
			_("There is no drive at %s: %s."), path, strerror(errnum));
		(void)error_next(
			error, _("Check the name; `haiki inventory scan` shows what is attached."));
		return result;
	}
	int result = error_set(error, ERROR_FAILED, errnum, "drive-open",
		_("%s cannot be opened: %s."), label, strerror(errnum));
	(void)error_next(error, "%s",
		errnum == EACCES || errnum == EPERM
			? _("Run haiki as root.")
			: _("Check that the drive is attached and ready."));
	return result;
}

/* Only a block device is opened at all: opening something else may already do something (a tape
 * rewinds, a watchdog starts). */
static int open_block_device(
	const char *path, enum drive_mode mode, int *ret_fd, struct error *error)
{
	struct stat status;
	if (stat(path, &status))
		return open_failed(path, mode, errno, error);
	if (!S_ISBLK(status.st_mode))
		return not_a_block_device(path, error);

	int flags = open_flags(mode);
	int fd = open(path, flags);
	/* A driver without direct I/O stays refused: a read-back would see the page cache. */
	if (fd < 0)
		return open_failed(path, mode, errno, error);

	if (fstat(fd, &status) == 0 && !S_ISBLK(status.st_mode)) {
		(void)close(fd);
		return not_a_block_device(path, error);
	}
	int now = fcntl(fd, F_GETFL);
	if (now < 0 || fcntl(fd, F_SETFL, now & ~O_NONBLOCK)) {
		int errnum = errno;
		(void)close(fd);
		return open_failed(path, mode, errnum, error);
	}
	*ret_fd = fd;
	return 0;
}

/* systemd's block device locking: who holds this lock, udev keeps its hands off. */
static int lock(int fd, const char *path, struct error *error)
{
	for (int attempt = 0; flock(fd, LOCK_EX | LOCK_NB); attempt++) {
		char label[IDENTITY_LABEL_MAX];
		if (errno != EWOULDBLOCK && errno != EINTR)
			return open_failed(path, DRIVE_LOOK, errno, error);
		if (attempt == LOCK_TRIES) {
			describe(path, label);
			return refuse_busy(label, true, error);
		}
		struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000L };
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

static int learn(struct drive *drive, struct error *error)
{
	int failed = identity_read(drive->fd, NULL, &drive->identity, error);
	if (failed)
		return failed;
	if (drive->mode == DRIVE_CLAIM && drive->identity.read_only) {
		char label[IDENTITY_LABEL_MAX];
		identity_label(&drive->identity, label);
		return refuse_read_only(label, error);
	}
	struct scsi_transport transport = scsi_transport_real(drive->fd);
	native_capacity_read(&drive->identity, &transport, &drive->native);
	/* Where the kernel cannot address the drive it shows a made-up size; the drive's word holds. */
	if (drive->identity.capacity_bytes == 0 && drive->native.sector_bytes != 0)
		drive->identity.logical_sector_bytes = drive->native.sector_bytes;
	return 0;
}

int drive_open(const char *path, enum drive_mode mode, struct drive **ret, struct error *error)
{
	AUTO_FREE struct drive *memory = calloc(1, sizeof(*memory));
	if (!memory)
		return error_no_memory(error);
	if (strlen(path) >= sizeof(memory->path))
		return open_failed(path, mode, ENAMETOOLONG, error);
	memcpy(memory->path, path, strlen(path) + 1);
	memory->mode = mode;

	AUTO_FD int fd = -1;
	int failed = open_block_device(path, mode, &fd, error);
	if (!failed && is_claim(mode))
		failed = lock(fd, path, error);
	if (failed)
		return failed;
	memory->fd = fd;
	failed = learn(memory, error);
	if (failed)
		return failed;
	/* What was not answered cannot be compared at the end; the kernel's word can. */
	if (is_claim(mode) &&
		identity_ask_real(fd, &memory->identity, ASK_LIMIT_MS, &memory->asked))
		memory->asked = (struct identity_asked){ .answered = false };
	fd = -1;
	*ret = memory;
	memory = NULL;
	return 0;
}

bool drive_is_present(int fd, uint64_t disk_sequence)
{
	uint64_t capacity = 0;
	uint64_t sequence = 0;
	if (ioctl(fd, BLKGETSIZE64, &capacity) || capacity == 0)
		return false;
	if (disk_sequence == 0)
		return true;
	return ioctl(fd, BLKGETDISKSEQ, &sequence) == 0 && sequence == disk_sequence;
}

static int say_gone(const struct drive *drive, struct error *error)
{
	char label[IDENTITY_LABEL_MAX];
	identity_label(&drive->identity, label);
	int result = error_set(error, ERROR_FAILED, ENODEV, "drive-gone",
		_("%s is gone: the kernel has removed it."), label);
	(void)error_next(error, _("Check cables and power; attach it again and start a new job."));
	return result;
}

static int say_changed(const struct drive *drive, const char *why, struct error *error)
{
	char label[IDENTITY_LABEL_MAX];
	identity_label(&drive->identity, label);
	int result = error_set(error, ERROR_FAILED, ESTALE, "drive-changed",
		_("%s is no longer the drive that was opened: %s."), label, why);
	(void)error_next(error,
		_("Find out what was exchanged or changed; nothing that was done is proven."));
	return result;
}

static int say_silent(const struct drive *drive, int result, struct error *error)
{
	char label[IDENTITY_LABEL_MAX];
	identity_label(&drive->identity, label);
	error_set(error, ERROR_FAILED, -result, "drive-silent",
		_("%s does not say any more who it is: %s."), label, strerror(-result));
	(void)error_next(error,
		_("Find out what was exchanged or changed; nothing that was done is proven."));
	return result;
}

/* The drive's own word, where it was had at open. */
static int check_asked(const struct drive *drive, struct drive_identity *now, struct error *error)
{
	struct identity_asked asked;
	char why[512];
	if (!drive->asked.answered)
		return 0;
	int result = identity_ask_real(drive->fd, &drive->identity, ASK_LIMIT_MS, &asked);
	if (result)
		return say_silent(drive, result, error);
	if (identity_asked_same(&drive->asked, &asked))
		return 0;
	/* What is recorded is who answers now. */
	memcpy(now->serial, asked.serial, sizeof(now->serial));
	(void)snprintf(why, sizeof(why),
		_("asked itself, it gives the serial number \"%s\" and the name \"%s\", and gave "
		  "\"%s\" and \"%s\" before"),
		asked.serial, asked.name, drive->asked.serial, drive->asked.name);
	return say_changed(drive, why, error);
}

int drive_check_same(const struct drive *drive, struct drive_identity *ret_now, struct error *error)
{
	struct drive_identity now;
	bool present = drive_is_present(drive->fd, 0);
	int failed = identity_read(drive->fd, NULL, &now, error);
	if (failed)
		return present ? failed : say_gone(drive, error);
	/* As at open: the drive's own word, where the kernel had none. */
	if (now.capacity_bytes == 0 && drive->identity.capacity_bytes == 0)
		now.logical_sector_bytes = drive->identity.logical_sector_bytes;
	if (ret_now)
		*ret_now = now;
	if (!present && drive->identity.capacity_bytes != 0)
		return say_gone(drive, error);
	failed = check_asked(drive, ret_now ? ret_now : &now, error);
	if (failed)
		return failed;

	char why[512];
	if (!identity_same(&drive->identity, &now, why, sizeof(why)))
		return say_changed(drive, why, error);
	if (now.disk_sequence != drive->identity.disk_sequence ||
		now.devnum != drive->identity.devnum)
		return say_changed(
			drive, _("the kernel attached another device under its name"), error);
	if (now.logical_sector_bytes != drive->identity.logical_sector_bytes)
		return say_changed(drive, _("its sector size is another"), error);
	return 0;
}

/* Best effort: drivers that know their size by other means have no such attribute. */
static void ask_kernel_again(dev_t devnum)
{
	char path[96];
	(void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/device/rescan", major(devnum),
		minor(devnum));
	AUTO_FD int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "1", 1) < 0)
		return; /* the size that is then seen tells */
}

int drive_look_again(struct drive *drive, struct error *error)
{
	struct drive now = *drive;
	char why[512];
	ask_kernel_again(drive->identity.devnum);
	int failed = learn(&now, error);
	if (failed)
		return drive_is_present(drive->fd, 0) ? failed : say_gone(drive, error);
	/* The size is what may be another now. */
	struct drive_identity before = drive->identity;
	before.capacity_bytes = now.identity.capacity_bytes;
	if (!identity_same(&before, &now.identity, why, sizeof(why)))
		return say_changed(drive, why, error);
	if (now.identity.disk_sequence != drive->identity.disk_sequence ||
		now.identity.devnum != drive->identity.devnum)
		return say_changed(
			drive, _("the kernel attached another device under its name"), error);
	*drive = now;
	return 0;
}

int drive_sectors_written(const struct drive *drive, uint64_t *ret_sectors)
{
	return counters_sectors_written(&system_paths_real, drive->identity.devnum, ret_sectors);
}

struct drive *drive_close(struct drive *drive)
{
	if (drive) {
		(void)close(drive->fd);
		free(drive);
	}
	return NULL;
}
