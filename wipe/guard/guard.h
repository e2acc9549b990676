/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guard: may this drive be destroyed? Fails closed: a check that cannot be made is a refusal.
 * Each refusal names what and who. */
#ifndef HAIKI_WIPE_GUARD_GUARD_H
#define HAIKI_WIPE_GUARD_GUARD_H

#include "device/command/nvme.h"
#include "device/drive.h"
#include "inventory/store/store.h"

enum guard_result { GUARD_NOT_MADE, GUARD_PASSED, GUARD_REFUSED };

struct guard_finding {
	const char *check; /* stable word from the table in guard.c */
	enum guard_result result;
	char detail[320]; /* what and who, for people, translated; when passed: what it rests on, or
	                   * "" */
	char recorded
		[64]; /* what evidence and certificates say instead, in English, where the detail
	                    * is not for everybody who may read them; "": the detail */
	bool shares_serial; /* identity: another drive here has its serial number */
};

#define GUARD_CHECKS_MAX 24

struct guard_report {
	struct guard_finding findings[GUARD_CHECKS_MAX];
	size_t count;
	bool whole_subsystem; /* as the subject said */
	bool allowed;         /* every check of the table was made and passed */
};

struct guard_subject {
	const struct drive *drive;   /* open in any mode, borrowed */
	const char *expected_serial; /* what the operator named; NULL or "" is a refusal when
	                                   * require_serial */
	const char *expected_wwn;    /* what it is known by besides, from its job; NULL or "": that
	                              * was not named */
	bool require_serial;         /* false for `wipe plan`, which destroys nothing */
	struct store *store;         /* for holds; NULL is a refusal */
	bool outside_vouched; /* somebody answers for the processes outside this PID namespace */
	bool whole_subsystem; /* what is planned erases every namespace of the NVMe drive */
	struct nvme_transport *nvme;      /* borrowed; NULL: the real one of the drive's fd */
	const struct system_paths *paths; /* NULL: the real ones */
};

/* Run every check of the table, also after a refusal, so that a person sees all reasons at once:
 *   identity        serial as named by the operator; some serial or WWN at all; no other device
 *                   here has the same serial and WWN, nor the serial it was named by
 *   addressable     identity_check_addressable
 *   read-only       the kernel or the drive's switch
 *   system-disk     root, /boot, /boot/efi, /usr, kernel command line's root=, resume=
 *   mounted         the drive, a partition of it, or anything stacked on them, in any mount
 *                   namespace that can be seen
 *   swap            the same for /proc/swaps
 *   holders         sysfs holders of the drive and its partitions: md, dm, bcache …
 *   paths           the same medium is here as another drive too
 *   exported        the kernel serves it to other machines: NVMe target, SCSI target (LIO)
 *   loop-backing    another loop device stands on the drive, a partition, or the same backing file
 *   lvm             a physical volume of a volume group that has an active volume anywhere
 *   zfs             a member while the ZFS module is loaded
 *   opened          any thread of any process but ours has the drive or a partition open, or
 *                   mapped into memory, or a character device that sends commands to it (sg, bsg,
 *                   an NVMe controller)
 *   hold            a legal hold (inventory/custody/holds.h); by whom and why is told here, and not recorded
 *   namespaces      only with whole_subsystem, else it is not in the report: every namespace of the
 *                   drive is a block device here, none is in use (all of the above) or held, nor has
 *                   a tenant that the named one has not; commands go to the controller with the
 *                   serial number of the named one
 * In a PID namespace of its own "mounted" and "opened" cannot be made, unless somebody vouches for the
 * processes outside: then they pass with a detail that says so.
 * Writes nothing. */
void guard_check(const struct guard_subject *subject, struct guard_report *ret);

/* For who erases what one tenant's bytes lie on, a volume or a file, and not a drive by its label: is it
 * in use? Whether there is a legal hold, and that it is the one meant, has to be known before.
 *
 * Of a device (subject->drive): every check that tells of use, "read-only" to "opened" above, without
 * identity, addressable, hold and namespaces; subject->store is not needed. All reasons are in the
 * finding "in-use", which passed only when each of them did. */
void guard_check_use(const struct guard_subject *subject, struct guard_finding *ret);

struct guard_file {
	int fd;               /* of the regular file, in any mode but that of a path alone */
	bool outside_vouched; /* as in the subject */
	const struct system_paths *paths; /* NULL: the real ones */
};
/* Of a regular file: no thread of any process but ours has it open or mapped, nor stands a loop device
 * on it. What the kernel itself has open for writing (swap, targets) is seen by a lease only
 * (fcntl(2), F_SETLEASE), which is the caller's to take. */
void guard_check_file(const struct guard_file *file, struct guard_finding *ret);

/* The refusal to act on as an error: ERROR_REFUSED, code "guard-<check>". It is the first; "holders"
 * before "mounted" and "swap", which may be high above it. */
int guard_error(const struct guard_report *report, const struct drive_identity *identity,
	struct error *error);

/* What the drive has to be named by, for the guard to know which is meant: its serial number, or its WWN
 * where it has no serial number or another drive here has the same (as the report found). "" where it
 * has neither. Borrowed from the identity. */
const char *guard_name_of(const struct guard_report *report, const struct drive_identity *identity);

/* As evidence event: {"kind":"guard","result":…,"checks":[{"check","result","detail"}…]}. */
NODISCARD int guard_to_json(const struct guard_report *report, json_t **ret);

#endif
