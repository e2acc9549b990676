/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where remains would be recognised, as data: the marks of formats and the places they stand. */
#ifndef HAIKI_VERIFY_MEDIA_RESIDUE_PLACES_H
#define HAIKI_VERIFY_MEDIA_RESIDUE_PLACES_H

#include "base/macros.h"

enum place_anchor {
	PLACE_START,   /* offset counts from where a volume may begin */
	PLACE_END,     /* offset counts back from the last byte + 1 of the medium */
	PLACE_END_4K,  /* the same, then rounded down to 4 KiB */
	PLACE_END_64K, /* the medium's end rounded down to 64 KiB first */
	PLACE_END_256K,
};

/* A mark to look for at its place, or at `times` places, `every` bytes apart. */
struct residue_mark {
	const char *type; /* NULL ends the table */
	const char *bytes;
	size_t length;
	enum place_anchor anchor;
	uint64_t offset;
	uint64_t every;
	unsigned times;
};

extern const struct residue_mark residue_marks[];

/* Where volumes begin when a lost partition table cannot say it any more; ends with UINT64_MAX. */
extern const uint64_t residue_volume_starts[];

#endif
