/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a drive, an array or a volume carries, as the last probe saw it. Within this room, and for those who
 * show it. */
#ifndef HAIKI_INVENTORY_ASSETS_LAYERS_H
#define HAIKI_INVENTORY_ASSETS_LAYERS_H

#include "device/probe/signature.h"
#include "inventory/custody/events.h"

/* In the caller's transaction: replace what the carrier carries. */
NODISCARD int layers_replace(struct store *store, const struct subject *carrier,
	const struct signature_list *signatures, struct error *error);

/* Empty also for a carrier that was never probed. (Of drives: drives_signatures knows more.) */
NODISCARD int layers_read(struct store *store, const struct subject *carrier,
	struct signature_list *ret, struct error *error);

#endif
