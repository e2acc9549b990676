/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Superblocks made by the fields of their formats, checksums included. */
#ifndef HAIKI_TESTS_SUPERBLOCKS_H
#define HAIKI_TESTS_SUPERBLOCKS_H

#include "base/macros.h"

#define LVM_AREA_AT 4096

void put_le16(uint8_t *at, uint16_t value);
void put_le32(uint8_t *at, uint32_t value);
void put_le64(uint8_t *at, uint64_t value);
void put_be32(uint8_t *at, uint32_t value);
void put_be64(uint8_t *at, uint64_t value);

/* The first bytes of a physical volume: label, header, one metadata area of area_bytes from
 * LVM_AREA_AT on, and in its ring at text_at the text with its NUL. image: large enough, zeroed.
 * text "": in no group. */
void make_lvm(
	uint8_t *image, const char *pv_id, uint64_t area_bytes, uint64_t text_at, const char *text);
/* After a change of the label, or of the metadata area's header. */
void seal_lvm(uint8_t *image);

/* A superblock 1.2 of member number of a RAID, for devices places. 4096 bytes, zeroed. */
void make_md1(uint8_t *block, int level, unsigned raid_disks, unsigned number, unsigned devices);
void seal_md1(uint8_t *block);

#endif
