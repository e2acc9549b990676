/* SPDX-License-Identifier: GPL-3.0-or-later */
/* May this VM be deleted now? Pure: from what we know and what the platform says. Everything must be known and agree; the
 * first thing that does not is the reason why not. */
#ifndef HAIKI_WIPE_TENANT_DECIDE_H
#define HAIKI_WIPE_TENANT_DECIDE_H

#include "verify/tenant/due.h"
#include "wipe/platform/platform.h"

enum decision {
	DECIDE_UNKNOWN, /* never taken for a yes: somebody who has to be asked did not answer */
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
	DECIDE_UUID_DIFFERS, /* "uuid-differs": no platform knows its UUID, and one has a VM unknown to us that bears its code */
	DECIDE_BACK, /* "back": proven gone before, and a platform has it again: a restored copy? */
	/* no refusal: nothing is left to delete */
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
	bool all_platforms_asked; /* there is one at least, and none failed to answer */
	bool our_platform_asked; /* our_platform answered; false where it is "" or not configured */
	bool code_elsewhere;     /* a VM that is not in the inventory bears our service code */
	const char *platform;    /* where it was seen; "" nowhere */
	const char *platform_service_code;
	const struct due_contract *contracts; /* that cover the service */
	size_t contract_count;
	int hold; /* as vms_hold: 1, 0, negative: could not be told, which is a hold */
	int64_t now_utc_ms;
};

/* ret_due may be NULL. Of a VM that is not in the inventory it is that of the contracts given, which are those of the code
 * that its platform bears. */
enum decision decide_vm(const struct decide_facts *facts, struct due *ret_due);

#endif
