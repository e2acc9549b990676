/* SPDX-License-Identifier: GPL-3.0-or-later */
/* May this VM be deleted now? Pure: from what we know and what the platform says. Everything must be known and agree; the
 * first thing that does not is the reason why not. */
#ifndef HAIKI_WIPE_TENANT_DECIDE_H
#define HAIKI_WIPE_TENANT_DECIDE_H

#include "verify/tenant/due.h"
#include "wipe/platform/platform.h"

enum decision {
	DECIDE_UNKNOWN, /* never taken for a yes */
	DECIDE_DELETE,
	/* not its time, or not ours: nothing to tell anybody */
	DECIDE_NOT_DUE, /* "not-due": a contract that covers its service runs, or its grace does */
	DECIDE_GONE,    /* "gone": proven gone before */
	/* refusals: told, and in the ledger */
	DECIDE_NO_CONTRACT,         /* "no-contract": no contract covers its service */
	DECIDE_CONTRACT_UNREADABLE, /* "contract-unreadable": days that are no days */
	DECIDE_HOLD,                /* "hold": told to operators only */
	DECIDE_NOT_IN_INVENTORY, /* "not-in-inventory": the platform has it, we do not know whose it is */
	DECIDE_UUID_TWICE,       /* "uuid-twice": on a platform, or on two */
	DECIDE_CODE_MISSING, /* "code-missing": the platform bears no service code on it */
	DECIDE_CODE_DIFFERS, /* "code-differs": another service code than ours */
	DECIDE_TENANT_DIFFERS, /* "tenant-differs": the code is another tenant's by now, or link rules name another */
	DECIDE_PLATFORM_DIFFERS, /* "platform-differs": not where it should be */
	DECIDE_ABSENT, /* "absent": due, and no platform knows it; deleted by others: its rests are looked for */
};
const char *decision_word(enum decision decision); /* as above; "unknown", "delete" */
bool decision_is_refusal(enum decision decision);

/* Borrowed. */
struct decide_facts {
	const char *uuid;
	bool in_inventory;
	bool gone;                    /* gone_utc_ms is set */
	const char *our_service_code; /* vm.service_code */
	const char *our_platform;     /* "" any */
	int64_t our_tenant_id;        /* vm.tenant_id */
	int64_t code_tenant_id;       /* whose our_service_code is today; 0 nobody's */
	int64_t linked_tenant_id; /* whom link rules and volumes name for this UUID; 0 nobody; -1 several */
	unsigned sightings;       /* platforms and VMs with this UUID, all together */
	bool all_platforms_asked; /* none failed to answer */
	const char *platform;     /* where it was seen; "" nowhere */
	const char *platform_service_code;
	const struct due_contract *contracts; /* that cover the service */
	size_t contract_count;
	int hold; /* as vms_hold: 1, 0, negative: could not be told, which is a hold */
	int64_t now_utc_ms;
};

/* ret_due may be NULL. */
enum decision decide_vm(const struct decide_facts *facts, struct due *ret_due);

#endif
