/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where on a drive LUKS headers stand, whole or in part: on the drive itself and on its partitions. */
#ifndef HAIKI_WIPE_ERASE_LUKS_PLACES_H
#define HAIKI_WIPE_ERASE_LUKS_PLACES_H

#include "wipe/erase/area.h"
#include "device/probe/signature.h"

/* Where a device begins that may be a LUKS volume. */
struct luks_place {
	uint64_t start_bytes, length_bytes;
	uint64_t told_bytes; /* how far its headers and keyslots reach, as the headers say; 0: none
	                      * says */
	unsigned partition_number; /* 0: the drive itself */
	bool has_header;           /* the mark of one stands at any place where one may be */
};

struct luks_places {
	struct luks_place items[SIGNATURES_MAX]; /* the drive itself first */
	size_t count;
	unsigned header_count; /* marks of headers, primary and secondary, each once */
	uint64_t header_marks[SIGNATURES_MAX]; /* where on the drive */
	/* A partition table stands on the drive, and nothing but LUKS in all that it lists. */
	bool only_luks_in_table;
};

/* As far as LUKS2's keyslots may reach behind its two headers (LUKS2 On-Disk Format 1.1, 2.1 and
 * libcryptsetup's limits). */
#define LUKS_HEADER_BYTES_MAX (2 * 4 * MIB + 128 * MIB)
/* What is overwritten at least: the usual area of LUKS2, in which all places of secondary headers lie. */
#define LUKS_HEADER_BYTES_USUAL (16 * MIB)

/* Ask the prober, and look for the marks of headers wherever one may stand, since a damaged header is
 * none to the prober. -errno when any place could not be looked at; -EOVERFLOW when there is more than
 * can be told. */
NODISCARD int luks_places_find(
	int fd, uint64_t capacity_bytes, uint32_t sector_bytes, struct luks_places *ret);

/* How much of a place is its header area. -EFBIG when its headers claim more than there can be. */
NODISCARD int luks_place_header_bytes(const struct luks_place *place, uint64_t *ret);

#endif
