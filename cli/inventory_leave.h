/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For a person who holds a drive in his hand: its arrays, what becomes of them, and how it may leave. */
#ifndef HAIKI_CLI_INVENTORY_LEAVE_H
#define HAIKI_CLI_INVENTORY_LEAVE_H

#include "inventory/assets/tree.h"

/* One array that the drive is, or was, a member of. */
struct leave_array {
	struct array_record array;
	struct stand stand;
	struct redundancy redundancy; /* without the drive */
};
struct leave {
	struct leave_array *arrays; /* owned */
	size_t count;
	bool volumes; /* of the volume manager or of LUKS stand on it directly, active */
	bool mounted;
};
void leave_free(struct leave *leave);
#define AUTO_LEAVE CLEANUP(leave_free)

NODISCARD int leave_read(struct store *store, const struct live *live,
	const struct drive_record *drive, const struct tree *tree, struct leave *ret,
	struct error *error);

/* "Array: md0 (RAID5), slot 2, active; …", "How it may leave: …" */
void leave_print(const struct leave *leave, const struct drive_record *drive);
/* Array of {"array","name","level","slot","member_state","left_utc","without","redundancy_left"}. */
json_t *leave_json(const struct leave *leave);

#endif
