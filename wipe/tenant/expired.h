/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One night's run: who is due on which platform, what stops it, and then every VM in the order of its due time, several at
 * once. The way of the data: contracts, vms (store) and machine lists (platforms) ─► decide ─► gate ─► notices ─► courses ─►
 * generations ─► what is told. */
#ifndef HAIKI_WIPE_TENANT_EXPIRED_H
#define HAIKI_WIPE_TENANT_EXPIRED_H

#include "inventory/tenants/contracts.h"
#include "wipe/backup/backup.h"
#include "wipe/tenant/clock_check.h"
#include "wipe/tenant/course.h"

/* One VM in the plan. */
struct expired_vm {
	struct vm_record vm; /* id 0: not in the inventory */
	char name[256];      /* on the platform */
	char platform[64];
	int64_t contract_id; /* that kept it longest; 0 none */
	char contract[64];   /* its number */
	int64_t due_utc_ms;
	enum decision decision;
	bool under_way;        /* its deletion was begun before */
	enum course_step step; /* after the run: how far it came */
	struct error error;    /* what stopped it */
};
struct expired_plan {
	struct expired_vm
		*items; /* owned: due ones first, by due time, then refusals, then the rest */
	size_t count;
	size_t machine_count; /* of all platforms */
	size_t due_count;     /* DECIDE_DELETE and DECIDE_ABSENT, those under way among them */
	enum clock_verdict clock;
	bool gate_stops;
	struct approval_record approval; /* asked for, or given; id 0: none is needed */
	struct {                         /* that did not answer */
		char name[64];
		struct error error;
	} unreachable[CONFIG_PLATFORMS_MAX];
	size_t unreachable_count;
};
void expired_plan_free(struct expired_plan *plan);
#define AUTO_EXPIRED CLEANUP(expired_plan_free)

/* Look: who is due and what would be done. Changes nothing, asks for no approval, sends nothing. now: of the clock, or for
 * a dry run of the caller's. */
NODISCARD int expired_look(struct store *store, const struct config *config,
	const struct clock_reading *now, struct expired_plan *ret, struct error *error);

struct expired_options {
	void (*progress)(
		void *context, const struct expired_plan *plan, size_t done); /* may be NULL */
	void *context;
	const volatile int *stop;
};

/* What a run came to, beside the plan's items. */
struct expired_result {
	size_t deleted, waiting, refused, failed;
	struct backup_catalogue catalogue;
	struct backup_expiry expiry;
	size_t notices_sent, notices_failed, notices_uncertain;
	int64_t *contracts; /* owned: ids whose certificate has to be looked at */
	size_t contract_count;
};
void expired_result_free(struct expired_result *result);

/* Do it: one run at a time (a lock in the state folder: -EBUSY "expired-running"). When the clock cannot be believed nothing is
 * touched: ERROR_REFUSED; when the gate stops, notices and generations go on and nothing is deleted. Store and plan stay the
 * caller's. */
NODISCARD int expired_run(struct store *store, const struct config *config,
	const struct expired_options *options, struct expired_plan *plan,
	struct expired_result *ret, struct error *error);

#endif
