/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands on what, as the store keeps it: the graph from drives over arrays to volumes. An edge
 * that is no more keeps its row, so that a pulled drive still knows its array and whom it served. */
#ifndef HAIKI_INVENTORY_ASSETS_STANDS_H
#define HAIKI_INVENTORY_ASSETS_STANDS_H

#include "inventory/custody/events.h"

/* upper stands on lower: a volume on an array, an array on its members, a thin volume on its pool. */
struct stand {
	struct subject upper, lower;
	unsigned partition_number; /* of the lower one; 0: the whole of it */
	int slot;                  /* of a member; -1: none */
	char state
		[48]; /* of a member: "active", "spare", "rebuilding", "faulty", "removed" …; "" */
	int64_t first_utc_ms, last_utc_ms;
	int64_t left_utc_ms; /* 0: it still stands there */
};

struct stand_list {
	struct stand *items; /* owned */
	size_t count;
};
void stand_list_free(struct stand_list *list);
#define AUTO_STANDS CLEANUP(stand_list_free)

/* All in the caller's transaction. */

/* Enter or refresh an edge; one that had left is there again. With stand->left_utc_ms the edge is
 * known to have been there and is no more (a superblock says so): it is entered as left, and one that
 * is known already keeps what it says but for that. The other times of *stand are ignored. */
NODISCARD int stands_record(
	struct store *store, const struct stand *stand, int64_t now_utc_ms, struct error *error);
/* The same of an edge whose superblock was seen just now, on a drive that its array has let go of: what
 * it carried is on it still, so it counts as seen now. Its left_utc_ms is ignored. */
NODISCARD int stands_record_left(
	struct store *store, const struct stand *stand, int64_t now_utc_ms, struct error *error);
/* The edges of `upper` that were not refreshed since `since_utc_ms` have left. */
NODISCARD int stands_mark_left(struct store *store, const struct subject *upper,
	int64_t since_utc_ms, int64_t now_utc_ms, struct error *error);

/* The edges next to a subject, by upper and lower; with what has left when `with_left`. */
NODISCARD int stands_below(struct store *store, const struct subject *upper, bool with_left,
	struct stand_list *ret, struct error *error);
NODISCARD int stands_above(struct store *store, const struct subject *lower, bool with_left,
	struct stand_list *ret, struct error *error);
/* All the way down, or up, each edge once, nearest first; a ring ends where it meets itself. */
NODISCARD int stands_all_below(struct store *store, const struct subject *upper, bool with_left,
	struct stand_list *ret, struct error *error);
NODISCARD int stands_all_above(struct store *store, const struct subject *lower, bool with_left,
	struct stand_list *ret, struct error *error);

#endif
