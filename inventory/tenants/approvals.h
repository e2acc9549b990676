/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Approvals that deletions wait for: exactly which VMs, asked by the timer, given by a person. */
#ifndef HAIKI_INVENTORY_TENANTS_APPROVALS_H
#define HAIKI_INVENTORY_TENANTS_APPROVALS_H

#include "base/json.h"
#include "inventory/store/store.h"

#define APPROVAL_HOLDS_MS (INT64_C(7) * 24 * 3600 * 1000) /* from when it was given */
#define APPROVAL_OPEN_MS (INT64_C(30) * 24 * 3600 * 1000) /* then the question is asked anew */

struct approval_record {
	int64_t id;      /* shown as P<id> */
	char reason[48]; /* "share": too many VMs at once; "clock-gap": nothing ran for too long */
	char *vms;       /* owned: JSON array of UUIDs, sorted */
	int64_t asked_utc_ms;
	int64_t given_utc_ms; /* 0: open */
	char given_by[160];   /* an actor (events.h) */
	int64_t expires_utc_ms; /* the question while it is open, the approval when it is given; then it is void */
};
void approval_record_free(struct approval_record *record);
#define AUTO_APPROVAL CLEANUP(approval_record_free)

/* Ask for the approval of these VMs for this reason, or find what stands already: an approval with this reason that
 * covers all of them, or the question about exactly these. In a transaction of its own or the caller's, with an event
 * ("approval-asked") when it is a new question. 1: it is given and holds (*ret); 0: it is open, *ret says which one
 * it is. *ret is the caller's to free. -EINVAL "approval-malformed": no reason, no VMs, or what is no UUID. */
NODISCARD int approvals_ask(struct store *store, const char *reason, const json_t *uuids,
	int64_t now_utc_ms, struct approval_record *ret, struct error *error);
/* Give it, with an event ("approval-given"). Only a person may (events.h: actor_is_person). -ENOENT
 * "approval-unknown", -EPERM "approval-no-person", -EALREADY "approval-given", -ESTALE "approval-expired". */
NODISCARD int approvals_give(struct store *store, int64_t id, const char *actor, int64_t now_utc_ms,
	struct error *error);
/* -ENOENT "approval-unknown". */
NODISCARD int approvals_get(
	struct store *store, int64_t id, struct approval_record *ret, struct error *error);

struct approval_list {
	struct approval_record *items; /* owned; oldest first */
	size_t count;
};
void approval_list_free(struct approval_list *list);
#define AUTO_APPROVALS CLEANUP(approval_list_free)
/* All; or the questions that nobody answered and that still stand now. */
NODISCARD int approvals_list(struct store *store, bool open_only, int64_t now_utc_ms,
	struct approval_list *ret, struct error *error);

/* When somebody last acted on expired contracts, and by which clocks; rows of meta. */
struct clock_mark {
	int64_t utc_ms;      /* 0: never */
	int64_t boottime_ms; /* CLOCK_BOOTTIME then */
	char boot_id[37];
};
/* -EBADMSG "store-corrupt" for one that cannot be read. */
NODISCARD int clock_mark_read(struct store *store, struct clock_mark *ret, struct error *error);
NODISCARD int clock_mark_write(
	struct store *store, const struct clock_mark *mark, struct error *error);
/* The newest time that anything in the store was recorded at: events, certificates, facts. */
NODISCARD int clock_newest_record(struct store *store, int64_t *ret_utc_ms, struct error *error);

#endif
