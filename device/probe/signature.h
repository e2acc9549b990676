/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is on a device, by libblkid: filesystems, RAID and volume-manager members, partition
 * tables. Used to see what a drive carries before, and that nothing is left after. */
#ifndef HAIKI_DEVICE_PROBE_SIGNATURE_H
#define HAIKI_DEVICE_PROBE_SIGNATURE_H

#include "base/error.h"
#include <stdbool.h>

enum signature_usage {
	SIGNATURE_OTHER,
	SIGNATURE_FILESYSTEM,
	SIGNATURE_RAID, /* md, LVM, ZFS, fake RAID: libblkid's usage "raid" */
	SIGNATURE_CRYPTO,
	SIGNATURE_PARTITION_TABLE,
	SIGNATURE_PARTITION, /* an entry of the table before it */
};

/* Plain values; texts are UTF-8 without control characters (hostile disks choose them). */
struct signature {
	enum signature_usage usage;
	char type[64]; /* libblkid's TYPE or PTTYPE: "ext4", "LVM2_member", "gpt" */
	char uuid[64];
	char label[160];
	uint64_t offset_bytes;       /* partition: its start; else the offset of the area probed */
	uint64_t length_bytes;       /* partition: its length; else the length of the area probed */
	uint64_t magic_offset_bytes; /* absolute; UINT64_MAX when libblkid does not say */
	uint32_t magic_length;
	unsigned partition_number; /* 0 for no partition */
	char *detail; /* what the superblock says beyond that, as canonical JSON; NULL: nothing read.
	               * Owned by the list. */
};

#define SIGNATURES_MAX 512

struct signature_list {
	struct signature
		*items; /* owned; partition entries follow their table, and what lies inside
	                          * a partition follows its entry with the partition's number */
	size_t count;
	bool truncated; /* more than SIGNATURES_MAX were there */
};

/* Probe the device (or image) behind fd, over its whole size and inside each partition its table
 * lists. All signatures are reported, not only the winning one (a stale md superblock behind a new
 * filesystem counts). Reads only.
 * Errors: -errno; an unreadable sector in a place that must be looked at is -EIO, never "nothing
 * found". *ret is untouched on error; free with signature_list_free.
 *
 * This reads hostile bytes in the calling process. The product asks probe_signatures (probe.h), which
 * does it in a child that can do nothing; what must crash itself, a fuzzer or a test, calls this. */
NODISCARD int signatures_read(int fd, struct signature_list *ret, struct error *error);

void signature_list_free(struct signature_list *list);
#define AUTO_SIGNATURES CLEANUP(signature_list_free)

const char *signature_usage_name(enum signature_usage usage);

#endif
