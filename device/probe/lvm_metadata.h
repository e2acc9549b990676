/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where LVM2 keeps its metadata on a physical volume: label, header, metadata areas, and the text in
 * their ring buffers ("LVM2 001": lib/format_text/layout.h of LVM2 describes the format). */
#ifndef HAIKI_DEVICE_PROBE_LVM_METADATA_H
#define HAIKI_DEVICE_PROBE_LVM_METADATA_H

#include "device/probe/area.h"
#include <stdbool.h>

#define LVM_ID_CHARACTERS 32  /* without dashes */
#define LVM_ID_DASHED_SIZE 39 /* "xxxxxx-xxxx-xxxx-xxxx-xxxx-xxxx-xxxxxx" and NUL */
#define LVM_AREAS_MAX 32      /* more do not fit into the label's sector */

struct lvm_stretch {
	uint64_t offset_bytes; /* in the area */
	uint64_t length_bytes;
};

struct lvm_label {
	char pv_id[LVM_ID_CHARACTERS + 1]; /* as it stands there, any bytes */
	struct lvm_stretch metadata[LVM_AREAS_MAX];
	size_t metadata_count;
	bool checksum_fits;
};

/* Where the current text of a metadata area is. */
struct lvm_text_place {
	struct lvm_stretch area;
	uint64_t offset_bytes; /* in the metadata area; the text may run over the ring's end */
	uint64_t length_bytes; /* its last byte is a NUL */
	uint32_t checksum;     /* what the text's should be */
	bool checksum_fits;    /* the header's own */
};

/* 1: *ret is filled; 0: there is no label (an area too small for one included); -EBADMSG: a label
 * whose header lies outside its sector; -errno of the read. */
NODISCARD int lvm_label_read(const struct device_area *area, struct lvm_label *ret);

/* 0; -ENOENT: no text, as on a physical volume that is in no group yet; -ESTALE: the area is not
 * kept up to date; -EBADMSG: not a metadata area, or its text lies outside it; -errno. */
NODISCARD int lvm_text_find(const struct device_area *area, const struct lvm_stretch *metadata,
	struct lvm_text_place *ret);

/* The first length bytes of the text; length is at most place->length_bytes. 0 or -errno. */
NODISCARD int lvm_text_read(const struct device_area *area, const struct lvm_text_place *place,
	size_t length, char *ret);

/* LVM2's checksum. */
uint32_t lvm_checksum(const void *data, size_t length);

/* The id of the volume group. 1: *ret_id is filled; 0: no label, or in no group; -errno: a label
 * whose group cannot be told, or the area cannot be read. No checksum is asked for: who must not
 * erase a volume in use does not want to miss it for a flipped bit. Neither locks nor allocates. */
NODISCARD int lvm_group_id(
	const struct device_area *area, char ret_id[static LVM_ID_CHARACTERS + 1]);

#endif
