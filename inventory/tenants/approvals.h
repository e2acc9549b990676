/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Approvals that deletions wait for: exactly which VMs, asked by the timer, given by a person. */
#ifndef HAIKI_INVENTORY_TENANTS_APPROVALS_H
#define HAIKI_INVENTORY_TENANTS_APPROVALS_H

#include "base/json.h"
#include "inventory/store/store.h"

struct approval_record {
	int64_t id;      /* shown as P<id> */
	char reason[48]; /* "share": too many VMs at once; "clock-gap": nothing ran for too long */
	char *vms;       /* owned: JSON array of UUIDs, sorted */
	int64_t asked_utc_ms;
	int64_t given_utc_ms;   /* 0: open */
	char given_by[160];     /* an actor (events.h) */
	int64_t expires_utc_ms; /* an approval holds for so long */
};
void approval_record_free(struct approval_record *record);
#define AUTO_APPROVAL CLEANUP(approval_record_free)

/* Ask for the approval of these VMs for this reason, or find the question that stands already (same reason, same
 * VMs). With an event. 1: it is given and holds (*ret); 0: it is open, *ret says which one it is. */
NODISCARD int approvals_ask(struct store *store, const char *reason, const json_t *uuids,
	int64_t now_utc_ms, struct approval_record *ret, struct error *error);
/* Give it. Only a person may (events.h: actor_is_person). -ENOENT "approval-unknown", -EPERM "approval-no-person",
 * -EALREADY "approval-given". */
NODISCARD int approvals_give(struct store *store, int64_t id, const char *actor, int64_t now_utc_ms,
	struct error *error);
NODISCARD int approvals_get(
	struct store *store, int64_t id, struct approval_record *ret, struct error *error);

/* When somebody last acted on expired contracts, and by which clocks; rows of meta. */
struct clock_mark {
	int64_t utc_ms;      /* 0: never */
	int64_t boottime_ms; /* CLOCK_BOOTTIME then */
	char boot_id[37];
};
NODISCARD int clock_mark_read(struct store *store, struct clock_mark *ret, struct error *error);
NODISCARD int clock_mark_write(
	struct store *store, const struct clock_mark *mark, struct error *error);
/* The newest time that anything in the store was recorded at: events, certificates, facts. */
NODISCARD int clock_newest_record(struct store *store, int64_t *ret_utc_ms, struct error *error);

#endif
