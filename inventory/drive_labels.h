/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people know about a drive and a scan cannot see: its asset tag, where it stands, whose it is. */
#ifndef HAIKI_INVENTORY_DRIVE_LABELS_H
#define HAIKI_INVENTORY_DRIVE_LABELS_H

#include "inventory/drives.h"

#define DRIVE_LABEL_MAX 64

enum drive_label {
	DRIVE_LABEL_ASSET_NUMBER,
	DRIVE_LABEL_ZONE,
	DRIVE_LABEL_TENANT,       /* a tenant's code */
	DRIVE_LABEL_SERVICE_CODE, /* one of that tenant's */
	DRIVE_LABEL_SITE,
	DRIVE_LABEL_RACK,
	DRIVE_LABEL_SLOT,
	DRIVE_LABELS,
};
const char *drive_label_name(enum drive_label label); /* "asset_number", "zone" …: the column */

/* NULL keeps what is there. Borrowed. */
struct drive_labels {
	const char *texts[DRIVE_LABELS];
};

/* Set those that are given, in the caller's transaction, with one event "labels-set" on the drive;
 * nothing when all are as they were. -ENOENT "drive-unknown"; -EINVAL "text-malformed",
 * "tenant-unknown", "service-code-unknown" (none of that tenant's). */
NODISCARD int drive_labels_set(struct store *store, int64_t drive_id,
	const struct drive_labels *labels, int64_t now_utc_ms, struct error *error);

struct drive_label_texts {
	char texts[DRIVE_LABELS][DRIVE_LABEL_MAX];
};
/* -ENOENT "drive-unknown". */
NODISCARD int drive_labels_get(
	struct store *store, int64_t drive_id, struct drive_label_texts *ret, struct error *error);

#endif
