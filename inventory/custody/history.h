/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happened to a thing of the inventory, told in one list: its events, those of the holds on it, and
 * of a drive where it was seen. For operators only: holds are secret (holds.h). */
#ifndef HAIKI_INVENTORY_CUSTODY_HISTORY_H
#define HAIKI_INVENTORY_CUSTODY_HISTORY_H

#include "inventory/custody/events.h"

/* The newest `limit` of them, oldest first. A sighting has id 0, no actor, the action "seen" and the
 * detail {"capacity_bytes","firmware","host","name"}. */
NODISCARD int history_list(struct store *store, const struct subject *subject, size_t limit,
	struct event_list *ret, struct error *error);

#endif
