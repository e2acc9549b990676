/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a qcow2 image says it stands on: its header, read strictly. Nothing of what a guest wrote is looked at.
 *
 * Source: QEMU, docs/interop/qcow2.txt. */
#ifndef HAIKI_WIPE_PLATFORM_QCOW2_H
#define HAIKI_WIPE_PLATFORM_QCOW2_H

#include "base/error.h"
#include <stdbool.h>

#define QCOW2_NAME_MAX 1024 /* of a backing file: the format allows 1023 bytes */
#define QCOW2_CLUSTER_MAX (2 * MIB)

struct qcow2_header {
	unsigned version; /* 2 or 3 */
	unsigned cluster_bits;
	uint64_t size_bytes;          /* as the guest sees it */
	char backing[QCOW2_NAME_MAX]; /* as written there; "" none */
	char backing_format[32];      /* "" not said */
	char data[QCOW2_NAME_MAX]; /* the file that holds the guest's bytes; "" the image itself */
	unsigned snapshot_count;   /* internal ones: their clusters are in this very file */
};

/* Does it begin as qcow2 does (of any version)? */
bool qcow2_begins(const uint8_t *bytes, size_t length);

/* The first cluster, or as much of it as there is. *ret_needed: how many bytes it takes to understand it, when length was
 * too short (-ENODATA). -EBADMSG "qcow2-malformed": also for features whose meaning we do not know. place
 * is what messages call it. */
NODISCARD int qcow2_parse(const char *place, const uint8_t *bytes, size_t length,
	struct qcow2_header *ret, size_t *ret_needed, struct error *error);

/* What an image calls its backing or data file, as a place: absolute, and for a file *ret_local; a name of another
 * kind ("nbd://…", "json:…" of a network driver) is kept as it is, *ret_local false. -ENAMETOOLONG, -EBADMSG. */
NODISCARD int qcow2_place(const char *image, const char *reference, char *ret, size_t size,
	bool *ret_local, struct error *error);

#endif
