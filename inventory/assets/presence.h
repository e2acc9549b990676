/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drives that come and go: what the store knew of one before, and the events of coming and going. */
#ifndef HAIKI_INVENTORY_ASSETS_PRESENCE_H
#define HAIKI_INVENTORY_ASSETS_PRESENCE_H

#include "inventory/scan/scan.h"

/* What was known of a drive before it was seen this time. Plain values, "" and 0 where nothing is. */
struct drive_history {
	int64_t id;       /* 0: never seen */
	bool was_present; /* the store has it as present at host */
	bool here;        /* present, at the host that asks */
	char host[128];   /* where it was last seen */
	char name[64];    /* as what */
	char slot[64];    /* and in which place, when people entered one */
	int64_t last_seen_utc_ms;
	char array[128]; /* the array it belongs, or belonged, to last */
	bool array_left; /* and does no more */
	char custody[32];
	int64_t custody_utc_ms; /* since when; 0: since it is known */
	char certificate[96];   /* its newest certificate's name, and what it states */
	char outcome[16];
	int64_t other_id; /* never seen, but another drive has its serial: another WWN or model */
};

/* Before the drive is recorded. */
NODISCARD int presence_history(struct store *store, const struct drive_identity *identity,
	const char *host, struct drive_history *ret, struct error *error);

/* Append "appeared" {host, name, …} to a drive that was just recorded. In the caller's transaction. */
NODISCARD int presence_appeared(struct store *store, int64_t drive_id, const char *host,
	const char *name, const struct drive_history *history, int64_t now_utc_ms,
	struct error *error);
/* Mark a drive as absent and append "vanished". It was there until until_utc_ms; 0: as the store has
 * it. A drive that was seen at another host meanwhile, or is absent already, stays as it is: then
 * *ret_changed (may be NULL) is false. In the caller's transaction. */
NODISCARD int presence_vanished(struct store *store, int64_t drive_id, const char *host,
	int64_t until_utc_ms, int64_t now_utc_ms, bool *ret_changed, struct error *error);

/* The drive stands where one of another serial stood, and nothing was taken away: seen by who watched,
 * and not to be worked out later. Remembered until the drive is absent; see flags.h. */
NODISCARD int presence_changed_serial(
	struct store *store, int64_t drive_id, const char *serial_before, struct error *error);

/* The drives that the store has as present at a host. */
struct presence_list {
	int64_t *ids; /* owned; ascending */
	size_t count;
};
void presence_list_free(struct presence_list *list);
#define AUTO_PRESENCE CLEANUP(presence_list_free)
NODISCARD int presence_of_host(
	struct store *store, const char *host, struct presence_list *ret, struct error *error);
bool presence_has(const struct presence_list *list, int64_t drive_id);

#endif
