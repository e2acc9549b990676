/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files about drives share. Within this room. */
#ifndef HAIKI_INVENTORY_ASSETS_DRIVE_ROWS_H
#define HAIKI_INVENTORY_ASSETS_DRIVE_ROWS_H

#include "inventory/assets/drives.h"

/* SQL: is this drive (an alias) recorded at the place that a text names, "RACK/SLOT" or
 * "SITE/RACK/SLOT"? Exactly; the three hold no slash (drive_labels.h). Spelled as the indexes
 * drive_by_slot and drive_by_place are, and on the top level of its OR, so that they are used. */
#define DRIVE_AT_PLACE(alias, text)                                                                \
	"(" alias ".rack || '/' || " alias ".slot = " text " AND " alias ".slot <> '' AND " alias  \
	".rack <> '') OR (" alias ".site || '/' || " alias ".rack || '/' || " alias                \
	".slot = " text " AND " alias ".slot <> '' AND " alias ".rack <> '' AND " alias            \
	".site <> '')"

/* Inside the caller's transaction: replace what the drive carries. */
NODISCARD int drive_layers_replace(struct store *store, int64_t drive_id,
	const struct signature_list *signatures, int64_t now_utc_ms, struct error *error);

/* 0, or -ENOENT "drive-unknown". */
NODISCARD int drive_check_known(struct store *store, int64_t drive_id, struct error *error);
/* 0, or -EINVAL "label-too-long" when text (NULL: fine) is longer than size - 1 bytes. */
NODISCARD int drive_check_label(const char *text, size_t size, struct error *error);

/* The first column of the first row; missing when there is none. */
NODISCARD int drive_query_integer(struct store *store, const char *sql,
	const struct store_value *values, size_t count, int64_t missing, int64_t *ret,
	struct error *error);

#endif
