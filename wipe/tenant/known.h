/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What our own records say of one VM's deletion, read anew each time it is asked for. Within this folder. */
#ifndef HAIKI_WIPE_TENANT_KNOWN_H
#define HAIKI_WIPE_TENANT_KNOWN_H

#include "inventory/tenants/contracts.h"
#include "inventory/tenants/vms.h"
#include "verify/tenant/due.h"

struct known {
	struct contract_list contracts; /* owned: that cover its service */
	bool contracts_read;
	struct due_contract *
		due_contracts; /* owned; borrows from the contracts' items, also after they were moved */
	size_t due_count;
	int64_t code_tenant_id, linked_tenant_id; /* as in decide_facts */
	int hold;
	int64_t hold_id; /* 0: none, or it could not be told */
};
void known_free(struct known *known);
#define AUTO_KNOWN CLEANUP(known_free)

/* Only the contracts: enough for what is not due. */
NODISCARD int known_contracts(struct store *store, int64_t tenant_id, const char *service_code,
	struct known *ret, struct error *error);
/* All of it. */
NODISCARD int known_read(
	struct store *store, const struct vm_record *vm, struct known *ret, struct error *error);
/* Whose a service code is today; 0: nobody's. */
NODISCARD int known_code_tenant(
	struct store *store, const char *service_code, int64_t *ret, struct error *error);

/* The contract that keeps its service longest; NULL: none. */
const struct contract_record *known_longest(
	const struct contract_list *contracts, int64_t now_utc_ms);

#endif
