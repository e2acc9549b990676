/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside wipe/storage: asking LVM. */
#ifndef HAIKI_WIPE_STORAGE_LVM_H
#define HAIKI_WIPE_STORAGE_LVM_H

#include "wipe/storage/storage_parts.h"

/* The rows of "lvs" or "vgs" with these fields and this selection (lvmreport(7)); a new reference. */
NODISCARD int lvm_report(const char *program, const char *options, const char *selection,
	json_t **ret, struct error *error);

/* "/dev/GROUP/VOLUME" and "/dev/mapper/GROUP-VOLUME" by their parts; false for other paths. */
bool lvm_split_path(const char *place, char group[static 130], char volume[static 130]);

/* By such a path, whether it is active or not: -ENOENT when there is none, -EINVAL for other paths, -errno when LVM
 * cannot be asked. */
NODISCARD int volume_find_by_path(
	const char *place, struct logical_volume *ret, struct error *error);

/* 1, 0, -errno. */
NODISCARD int lvm_group_is_seen(const char *group, struct error *error);

NODISCARD int volume_activate(const struct logical_volume *volume, struct error *error);

#endif
