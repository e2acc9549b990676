/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people say of a drive: labels (asset number, zone, tenant, service code) and its place (site,
 * rack, slot). One function for a command and for a bulk import. */
#ifndef HAIKI_INVENTORY_ASSETS_DRIVE_LABELS_H
#define HAIKI_INVENTORY_ASSETS_DRIVE_LABELS_H

#include "inventory/assets/drives.h"

/* NULL keeps what is there; "" empties it. Borrowed. */
struct drive_facts {
	const char *asset_number, *zone, *tenant, *service_code;
	const char *site, *rack, *slot;
	const char *reason; /* needed to correct a zone that is set; "" or NULL: none */
};

/* Set them in one transaction, with an event for what was given of each group: "labels-set", "placed".
 * What is as it was before is no event.
 *
 * A zone that is set does not change by a label: a drive crosses zones by custody "reused", which asks
 * for the proof. A reason makes it a correction of a wrong entry, which is allowed; but what the drive
 * served as long as it was labelled wrongly still counts when it leaves (drive_zones_served).
 *
 * No two drives stand in one slot, and a slot has a rack; none of the three holds a slash.
 *
 * -ENOENT "drive-unknown"; -EINVAL "label-too-long", "label-malformed", "place-malformed"; -EPERM
 * "zone-set"; -EEXIST "slot-taken", naming the drive. */
NODISCARD int drives_describe(struct store *store, int64_t id, const struct drive_facts *facts,
	int64_t now_utc_ms, struct error *error);

/* The zones that a drive served since it was last reused, each once, sorted; "" is none: those of its
 * labels, corrected ones too, and of every tenant that holds (holds.h) would see on it. */
struct zone_list {
	char (*items)[64]; /* owned */
	size_t count;
};
void zone_list_free(struct zone_list *list);
#define AUTO_ZONES CLEANUP(zone_list_free)
NODISCARD int drive_zones_served(
	struct store *store, int64_t id, struct zone_list *ret, struct error *error);

#endif
