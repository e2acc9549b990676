/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notices that were sent, or were to be. The intention is entered before the message leaves, so that no crash makes it
 * leave twice: one that was intended and never reported back is uncertain, and a person looks for it by its Message-ID. */
#ifndef HAIKI_INVENTORY_TENANTS_NOTICES_H
#define HAIKI_INVENTORY_TENANTS_NOTICES_H

#include "inventory/store/store.h"

enum notice_state { NOTICE_UNKNOWN, NOTICE_INTENDED, NOTICE_SENT, NOTICE_FAILED, NOTICE_UNCERTAIN };
const char *notice_state_name(
	enum notice_state state); /* "intended", "sent", "failed", "uncertain" */

struct notice_record {
	int64_t id;
	int64_t contract_id;
	char kind[24];     /* "before", "after", "deleted", "overdue", "gate" */
	int64_t day;       /* for which day, since 1970-01-01 in Asia/Tokyo */
	char audience[16]; /* "customer", "operator" */
	char end_day[16];  /* of the contract when it was decided: a moved end is told anew */
	char message_id
		[128]; /* without brackets; the same for the same contract, kind, day, audience and end */
	enum notice_state state;
	int64_t utc_ms; /* of the state */
	int64_t tries;
};
struct notice_list {
	struct notice_record *items; /* owned; oldest first */
	size_t count;
};
void notice_list_free(struct notice_list *list);
#define AUTO_NOTICES CLEANUP(notice_list_free)

/* contract_id 0: of all. */
NODISCARD int notices_list(
	struct store *store, int64_t contract_id, struct notice_list *ret, struct error *error);

/* Enter the intention, or take up one that failed (never one that is sent, intended or uncertain). 1: send it now;
 * 0: it is not to be sent again. *notice is then what is stored, by its Message-ID.
 * In a transaction of its own, with an event on the contract ("notice-intended") that has no address in it. -EINVAL
 * "notice-malformed": something is missing, or the Message-ID is that of another notice. */
NODISCARD int notices_intend(
	struct store *store, struct notice_record *notice, int64_t now_utc_ms, struct error *error);
/* What became of one that is intended: NOTICE_SENT or NOTICE_FAILED, with an event. -EALREADY "notice-settled". */
NODISCARD int notices_settle(struct store *store, int64_t id, enum notice_state state,
	int64_t now_utc_ms, struct error *error);
/* Intentions of earlier runs that were never settled become uncertain. Their number in *ret_count. */
NODISCARD int notices_give_up(
	struct store *store, int64_t now_utc_ms, size_t *ret_count, struct error *error);

#endif
