/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrays (RAID sets) in the store, and what losing a member does to one. */
#ifndef HAIKI_INVENTORY_ASSETS_ARRAYS_H
#define HAIKI_INVENTORY_ASSETS_ARRAYS_H

#include "inventory/assets/stands.h"

/* Keys: "md:UUID" (as libblkid writes the array's UUID), "md:HOST:NAME" without one, "FORMAT:NAME"
 * for formats without UUIDs ("isw:Volume0"). */
#define ARRAY_KEY_MAX 256

struct array_record {
	int64_t id; /* shown as A<id> */
	char key[ARRAY_KEY_MAX];
	char uuid[64];
	char name[128]; /* "md0"; of an array that is not assembled, the name in its superblock */
	char metadata[32]; /* "1.2", "0.90", "external:imsm", "ddf" … */
	char level[32];    /* "raid5", "raid1", "linear", "container" … */
	char state[48]; /* "clean", "active", "degraded", "broken", "inactive" (not assembled) … */
	uint64_t size_bytes;
	unsigned device_count;  /* places for data, spares not counted */
	unsigned missing_count; /* of these, without a working member */
	int redundancy_left; /* members that may still be lost without losing data; -1: not known */
	char sync_action[32];   /* "idle", "resync", "recover", "check", "reshape" … */
	int sync_done_permille; /* -1: nothing runs */
	char host[128];
	int64_t first_seen_utc_ms, last_seen_utc_ms;
	bool present;
};
struct array_list {
	struct array_record *items; /* owned */
	size_t count;
};
void array_list_free(struct array_list *list);
#define AUTO_ARRAYS CLEANUP(array_list_free)

/* Enter or refresh by key, in the caller's transaction; record->id and the times are ignored. */
NODISCARD int arrays_record(struct store *store, const struct array_record *record,
	int64_t now_utc_ms, int64_t *ret_id, struct error *error);
NODISCARD int arrays_mark_absent(
	struct store *store, const char *host, int64_t since_utc_ms, struct error *error);
NODISCARD int arrays_list(struct store *store, struct array_list *ret, struct error *error);
/* By "A3", UUID or name; all that match exactly. */
NODISCARD int arrays_find(
	struct store *store, const char *word, struct array_list *ret, struct error *error);

/* How many members of each state every array has, by array: one row for each of them. */
struct array_member_count {
	int64_t array_id;
	const char *state; /* of stands.h; borrowed from the list */
	bool left;
	unsigned count;
};
struct array_member_counts {
	struct array_member_count *items; /* owned, with their states */
	size_t count;
};
void array_member_counts_free(struct array_member_counts *counts);
#define AUTO_MEMBER_COUNTS CLEANUP(array_member_counts_free)
NODISCARD int arrays_count_members(
	struct store *store, struct array_member_counts *ret, struct error *error);

#endif
