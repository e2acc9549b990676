/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One night's run: who is due on which platform, what stops it, and then every VM in the order of its due time, several at
 * once. The way of the data: contracts, vms (store) and machine lists (platforms) ─► decide ─► gate ─► notices ─► courses ─►
 * generations ─► what is told. */
#ifndef HAIKI_WIPE_TENANT_EXPIRED_H
#define HAIKI_WIPE_TENANT_EXPIRED_H

#include "inventory/tenants/contracts.h"
#include "wipe/backup/backup.h"
#include "wipe/tenant/clock_check.h"
#include "inventory/tenants/approvals.h"
#include "wipe/tenant/course.h"

/* One VM in the plan. */
struct expired_vm {
	struct vm_record vm; /* id 0: not in the inventory */
	char name[256];      /* on the platform */
	char platform[64];
	int64_t contract_id; /* that kept it longest; 0 none */
	char contract[64];   /* its number */
	int64_t due_utc_ms;
	char service_code[64];    /* as the platform bears it */
	enum due_state due_state; /* of the contracts that cover it */
	enum decision decision;   /* after the run: what was decided last */
	int64_t deletion_id;      /* 0: not begun */
	bool under_way;           /* its deletion was begun before and is not at its end */
	bool waits;               /* for an approval */
	bool runs;                /* it is gone on with in this run */
	bool known;               /* its refusal was recorded by an earlier run, as it is */
	enum course_step step;    /* how far it came: in the plan, and after the run */
	struct error error;       /* what stopped it */
};
struct expired_plan {
	struct expired_vm
		*items; /* owned: due ones first, by due time, then refusals, then the rest */
	size_t count;
	size_t machine_count;     /* of all platforms */
	size_t due_count;         /* DECIDE_DELETE and DECIDE_ABSENT, those under way among them */
	struct clock_reading now; /* by which it was decided */
	enum clock_verdict clock;
	bool gate_stops; /* some wait for an approval: too many at once, or nothing ran for too long */
	struct approval_record approval; /* that was asked for by the run; id 0: none is needed */
	struct {                         /* that did not answer */
		char name[64];
		struct error error;
	} unreachable[CONFIG_PLATFORMS_MAX];
	size_t unreachable_count;
};
void expired_plan_free(struct expired_plan *plan);
/* Is it told to people as refused? */
bool expired_is_refused(const struct expired_vm *item);
#define AUTO_EXPIRED CLEANUP(expired_plan_free)

/* Look: who is due and what would be done. Changes nothing, asks for no approval, sends nothing. imagined_utc_ms: the time that
 * a dry run is to think it is, and then no clock is judged; 0: the clock's. A platform that does not answer is in the plan, and
 * nothing is concluded from its silence. */
NODISCARD int expired_look(struct store *store, const struct config *config,
	int64_t imagined_utc_ms, struct expired_plan *ret, struct error *error);

struct expired_options {
	void (*progress)(
		void *context, const struct expired_plan *plan, size_t done); /* may be NULL */
	void *context;
	const volatile int *stop;
};

/* What a run came to, beside the plan's items. */
struct expired_result {
	size_t deleted, waiting, refused, failed; /* VMs */
	struct backup_catalogue catalogue;
	struct backup_expiry expiry;
	struct error backup_error; /* why backups could not be followed; kind NONE: they were */
	size_t notices_sent, notices_failed, notices_uncertain;
	struct error notice_error; /* of the last that did not leave */
	int64_t *contracts;        /* owned: ids whose certificate has to be looked at */
	size_t contract_count;
};
void expired_result_free(struct expired_result *result);

/* Take the lock of the state folder: one run at a time. -EBUSY "expired-running", ERROR_WAITING. *ret is closed by the caller
 * (and the lock is gone), behind everything that belongs to the run. */
NODISCARD int expired_lock(const struct config *config, int *ret, struct error *error);

/* Do what the plan says, under the lock. When the clock cannot be believed nothing is touched: ERROR_REFUSED, recorded once behind each
 * run that was; when the gate stops, notices and generations go on and nothing is deleted that nobody approved. Behind a gap these
 * wait as well, since they go by the clock. Store and plan stay the
 * caller's. What became of each VM is in the plan, and no error of the run. */
NODISCARD int expired_run(struct store *store, const struct config *config,
	const struct expired_options *options, struct expired_plan *plan,
	struct expired_result *ret, struct error *error);

/* Behind the certificates: tell customers and operators of one contract what became of it. Counted in *result; a notice that
 * could not be sent is no error. */
struct expired_told {
	int64_t contract_id;
	const char *certificate; /* its newest one's name */
	bool closed;
	const json_t *outstanding; /* of that certificate: texts */
};
NODISCARD int expired_tell(struct store *store, const struct config *config,
	const struct expired_plan *plan, const struct expired_told *told,
	struct expired_result *result, struct error *error);

#endif
