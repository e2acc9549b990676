/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The residue scan: after everything was overwritten, is anything recognisable left? Looks
 * independently of the read-back, with the eyes of those who would look for data: libblkid's
 * signatures wherever it looks, partition tables, the backup GPT in the last sectors, LUKS headers
 * at every offset where a primary or secondary one may stand. */
#ifndef HAIKI_VERIFY_MEDIA_RESIDUE_H
#define HAIKI_VERIFY_MEDIA_RESIDUE_H

#include "device/engine/stream.h"

#define RESIDUE_MAX 64

struct residue {
	char type[64];         /* "ext4", "gpt-backup", "luks2-secondary" */
	uint64_t offset_bytes; /* of the magic */
	bool coincident; /* the sectors around it are exactly our stream: chance, not residue */
};

struct residue_list {
	struct residue items[RESIDUE_MAX];
	size_t count;
	bool truncated;
	uint64_t bytes_looked_at; /* read by the scan itself; says that it did look */
};

/* Scan capacity_bytes behind fd. pattern: what should be there, NULL when nothing is known (then
 * nothing is coincident). 0 when everything was looked at; -errno when any place could not be read:
 * then nothing may be concluded. */
NODISCARD int residue_scan(int fd, uint64_t capacity_bytes, uint32_t sector_bytes,
	const struct pattern *pattern, struct residue_list *ret, struct error *error);

#endif
