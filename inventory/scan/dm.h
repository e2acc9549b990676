/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device-mapper device is, from the UUID and the name that its maker gave it: LVM, cryptsetup,
 * multipath, kpartx and dmraid each have a spelling of their own. Pure. */
#ifndef HAIKI_INVENTORY_SCAN_DM_H
#define HAIKI_INVENTORY_SCAN_DM_H

#include "inventory/assets/volumes.h"

enum dm_role {
	DM_VOLUME,    /* what people know by a name */
	DM_PART,      /* a layer of the volume that has the same key (LVM's -tpool, -real, -cow) */
	DM_HIDDEN,    /* an inner volume of another one (LVM's _tdata, _rimage_0, _cvol …) */
	DM_PARTITION, /* a partition that kpartx made of the device below */
	DM_ARRAY,     /* a RAID of a mainboard, assembled by dmraid */
};

/* A plain value. */
struct dm_meaning {
	enum dm_role role;
	enum volume_kind kind;    /* as far as the names tell */
	char key[VOLUME_KEY_MAX]; /* volumes.h, arrays.h */
	bool is_local;            /* the key lacks the host, behind its first colon */
	char title[256];          /* "vg0/web1", "vault" */
	char uuid[64];
	char layer[32]; /* LVM: "tpool", "real", "cow"; of an inner volume its suffix without the
	                 * underscore and the number: "tdata", "rimage" */
	unsigned partition_number;
};

void dm_understand(const char *uuid, const char *name, struct dm_meaning *ret);

/* LVM's id of 32 characters, or what stands in its texts with dashes, as it writes it:
 * "abcdef-ghij-klmn-opqr-stuv-wxyz-012345". False for what is no such id. */
bool dm_lvm_id(const char *id, size_t length, char ret[static 39]);

#endif
