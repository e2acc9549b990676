/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The marks the residue scan looks for with its own eyes, beside libblkid's. */
#include "verify/media/residue_places.h"

#define MARK(bytes) bytes, sizeof(bytes) - 1
#define ONCE 0, 1

const uint64_t residue_volume_starts[] = {
	0,
	63 * 512, /* the first track of partition tables until about 2008 */
	1 * MIB,  /* and what is usual since */
	UINT64_MAX,
};

const struct residue_mark residue_marks[] = {
	/* UEFI 2.10, 5.3.2: the header in LBA 1 and in the last one, for both sector sizes, since an
	 * enclosure may have shown the other. */
	{ "gpt", MARK("EFI PART"), PLACE_START, 512, ONCE },
	{ "gpt", MARK("EFI PART"), PLACE_START, 4096, ONCE },
	{ "gpt-backup", MARK("EFI PART"), PLACE_END, 512, ONCE },
	{ "gpt-backup", MARK("EFI PART"), PLACE_END, 4096, ONCE },

	/* LUKS2 On-Disk Format 1.1, 2.1: the secondary header follows a primary of any size allowed. */
	{ "luks", MARK("LUKS\xba\xbe"), PLACE_START, 0, ONCE },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), PLACE_START, 0x4000, ONCE },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), PLACE_START, 0x8000, ONCE },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), PLACE_START, 0x10000, ONCE },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), PLACE_START, 0x20000, ONCE },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), PLACE_START, 0x40000, ONCE },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), PLACE_START, 0x80000, ONCE },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), PLACE_START, 0x100000, ONCE },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), PLACE_START, 0x200000, ONCE },
	{ "luks2-secondary", MARK("SKUL\xba\xbe"), PLACE_START, 0x400000, ONCE },

	/* md: superblock versions 1.1, 1.2, 1.0 (little endian) and 0.90 (of the host). */
	{ "md-1.1", MARK("\xfc\x4e\x2b\xa9"), PLACE_START, 0, ONCE },
	{ "md-1.2", MARK("\xfc\x4e\x2b\xa9"), PLACE_START, 4096, ONCE },
	{ "md-1.0", MARK("\xfc\x4e\x2b\xa9"), PLACE_END_4K, 8192, ONCE },
	{ "md-0.90", MARK("\xfc\x4e\x2b\xa9"), PLACE_END_64K, 65536, ONCE },
	{ "md-0.90", MARK("\xa9\x2b\x4e\xfc"), PLACE_END_64K, 65536, ONCE },

	/* LVM2 looks for its label in the first four sectors. */
	{ "lvm2", MARK("LABELONE"), PLACE_START, 0, 512, 4 },

	/* ZFS On-Disk Specification 1.2: two labels in front and two behind, each with a ring of
	 * uberblocks in its second half, in the byte order of the writer. */
	{ "zfs", MARK("\x0c\xb1\xba\x00\x00\x00\x00\x00"), PLACE_START, 128 * KIB, KIB, 128 },
	{ "zfs", MARK("\x00\x00\x00\x00\x00\xba\xb1\x0c"), PLACE_START, 128 * KIB, KIB, 128 },
	{ "zfs", MARK("\x0c\xb1\xba\x00\x00\x00\x00\x00"), PLACE_START, 384 * KIB, KIB, 128 },
	{ "zfs", MARK("\x00\x00\x00\x00\x00\xba\xb1\x0c"), PLACE_START, 384 * KIB, KIB, 128 },
	{ "zfs", MARK("\x0c\xb1\xba\x00\x00\x00\x00\x00"), PLACE_END_256K, 384 * KIB, KIB, 128 },
	{ "zfs", MARK("\x00\x00\x00\x00\x00\xba\xb1\x0c"), PLACE_END_256K, 384 * KIB, KIB, 128 },
	{ "zfs", MARK("\x0c\xb1\xba\x00\x00\x00\x00\x00"), PLACE_END_256K, 128 * KIB, KIB, 128 },
	{ "zfs", MARK("\x00\x00\x00\x00\x00\xba\xb1\x0c"), PLACE_END_256K, 128 * KIB, KIB, 128 },

	/* Swap: at the end of the first page, for pages of 4 to 64 KiB. */
	{ "swap", MARK("SWAPSPACE2"), PLACE_START, 4096 - 10, ONCE },
	{ "swap", MARK("SWAPSPACE2"), PLACE_START, 8192 - 10, ONCE },
	{ "swap", MARK("SWAPSPACE2"), PLACE_START, 16384 - 10, ONCE },
	{ "swap", MARK("SWAPSPACE2"), PLACE_START, 32768 - 10, ONCE },
	{ "swap", MARK("SWAPSPACE2"), PLACE_START, 65536 - 10, ONCE },

	/* Filesystems, with the copies that a repair would start from. ext: superblock at 1024, and the
	 * first copy for blocks of 1, 2 and 4 KiB. btrfs: at 64 KiB, 64 MiB and 256 GiB. */
	{ "ext", MARK("\x53\xef"), PLACE_START, 1024 + 0x38, ONCE },
	{ "ext-backup", MARK("\x53\xef"), PLACE_START, 8193 * KIB + 0x38, ONCE },
	{ "ext-backup", MARK("\x53\xef"), PLACE_START, 16384 * 2 * KIB + 0x38, ONCE },
	{ "ext-backup", MARK("\x53\xef"), PLACE_START, 32768 * 4 * KIB + 0x38, ONCE },
	{ "btrfs", MARK("_BHRfS_M"), PLACE_START, 64 * KIB + 0x40, ONCE },
	{ "btrfs", MARK("_BHRfS_M"), PLACE_START, 64 * MIB + 0x40, ONCE },
	{ "btrfs", MARK("_BHRfS_M"), PLACE_START, 256 * GIB + 0x40, ONCE },
	{ "xfs", MARK("XFSB"), PLACE_START, 0, ONCE },
	{ "apfs", MARK("NXSB"), PLACE_START, 32, ONCE },
	{ "ntfs", MARK("NTFS    "), PLACE_START, 3, ONCE },
	{ "ntfs-backup", MARK("NTFS    "), PLACE_END, 512 - 3, ONCE },
	{ "exfat", MARK("EXFAT   "), PLACE_START, 3, ONCE },
	{ "bitlocker", MARK("-FVE-FS-"), PLACE_START, 3, ONCE },
	{ "vmfs-volume", MARK("\x0d\xd0\x01\xc0"), PLACE_START, 1 * MIB, ONCE },
	{ "vmfs", MARK("\x5e\xf1\xab\x2f"), PLACE_START, 2 * MIB, ONCE },
	{ NULL, NULL, 0, PLACE_START, 0, ONCE },
};
