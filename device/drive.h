/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One open drive. Identity travels with the fd: it is read on it, and the fd is kept until the
 * verdict, so that no other drive can slip under a name. */
#ifndef HAIKI_DEVICE_DRIVE_H
#define HAIKI_DEVICE_DRIVE_H

#include "device/command/capacity.h"
#include "device/identity/identity.h"
#include "device/identity/identity_asked.h"

enum drive_mode {
	DRIVE_LOOK,  /* O_RDONLY: identity, signatures, read-back without a claim */
	DRIVE_CLAIM, /* O_RDWR | O_EXCL | O_DIRECT and an exclusive flock on the whole-disk node
	              * (systemd's block device locking: udev does not probe meanwhile) */
	DRIVE_CLAIM_READ, /* as CLAIM but O_RDONLY: a read-back that nobody may disturb */
};

/* Owned by the caller, made by drive_open, ended by drive_close. */
struct drive {
	int fd;
	enum drive_mode mode;
	char path[256];                 /* as opened; shown only */
	struct drive_identity identity; /* read on fd at open */
	struct native_capacity native;  /* read on fd at open */
	struct identity_asked asked;    /* claims only: the drive's own word at open */
};

/* Open the whole-disk node path. Opening in any mode writes nothing.
 * Errors, each with a sentence: -ENOTBLK, -EINVAL (a partition), -EBUSY (claimed by the kernel:
 * mounted, swap, md, dm; or locked by another process, after waiting two seconds for udev to let
 * go), -EROFS (CLAIM only), -ENOENT and its like, -ENXIO, -EACCES. What is no block device is not
 * opened at all. */
NODISCARD int drive_open(
	const char *path, enum drive_mode mode, struct drive **ret, struct error *error);

/* Read the identity on the fd again and compare with the one at open, disk sequence number
 * included; a claimed drive that said itself who it is (INQUIRY, IDENTIFY) is asked that again: what
 * the kernel and udev remember need not be so any more. 0 the same; -ESTALE with the field that differs; -ENODEV when the device is gone;
 * -ETIMEDOUT or another -errno when the drive does not say any more who it is.
 * *ret_now (may be NULL) is filled whenever an identity could be read, also with -ESTALE: it is
 * evidence. */
NODISCARD int drive_check_same(
	const struct drive *drive, struct drive_identity *ret_now, struct error *error);

/* The drive can answer now what it could not when it was opened (it was erasing itself): have the
 * kernel ask its size anew, and read identity and native capacity again, under the same claim.
 * -ENODEV, -ESTALE when it is gone or another one; then *drive is unchanged. */
NODISCARD int drive_look_again(struct drive *drive, struct error *error);

/* Is the device behind fd still there? False once the kernel has removed it (its size is 0 or its
 * sequence number is another). Cheap; safe from any thread. */
bool drive_is_present(int fd, uint64_t disk_sequence);

/* How many sectors of 512 bytes were written to or discarded from the device since it appeared, by
 * anyone: counters_sectors_written (counters.h), with its return values. */
NODISCARD int drive_sectors_written(const struct drive *drive, uint64_t *ret_sectors);

/* Have everything that was written leave the drive's volatile cache, by a command to the drive itself:
 * SYNCHRONIZE CACHE (SCSI, ATA through its translation, USB), Flush (NVMe). The kernel sends it only
 * to a drive that admits to such a cache, and some hide it. 0: the drive said that it is done;
 * -EOPNOTSUPP: there is no such command for this drive; -errno: it failed, or was not answered, and
 * what was written before may not be on the medium.
 *
 * A drive that acknowledges this too and still keeps bytes in a volatile cache is beyond a
 * read-back, which that cache answers: only taking its power away before reading shows it. */
NODISCARD int drive_flush(const struct drive *drive);

/* NULL is allowed. Returns NULL. */
struct drive *drive_close(struct drive *drive);
DEFINE_CLEANUP(struct drive *, drive_close);

#endif
