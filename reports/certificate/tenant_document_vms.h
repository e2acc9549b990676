/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The VMs of a contract and what was done to them, as its certificate has them. Inside reports/certificate only. */
#ifndef HAIKI_REPORTS_CERTIFICATE_TENANT_DOCUMENT_VMS_H
#define HAIKI_REPORTS_CERTIFICATE_TENANT_DOCUMENT_VMS_H

#include "base/json.h"
#include "inventory/tenants/contracts.h"
#include "inventory/tenants/vms.h"

/* What a contract is for. */
struct tenant_scope {
	const struct contract_record *contract; /* borrowed */
	struct contract_list contracts;         /* owned: all of the tenant */
	struct vm_list vms;                     /* owned: all of the tenant */
	json_t *others; /* owned: UUIDs of those that the contract is not for */
	json_t *volumes; /* owned: IDs of those of the tenant's that it is not for; filled as they are read */
};
void tenant_scope_free(struct tenant_scope *scope);
#define AUTO_SCOPE CLEANUP(tenant_scope_free)
/* 0, -ENOMEM, store errors. */
NODISCARD int tenant_scope_read(struct store *store, const struct contract_record *contract,
	struct tenant_scope *ret, struct error *error);
/* Is this, of a VM with this UUID ("" none), what the contract is for? What nobody knows is. */
bool tenant_scope_has(const struct tenant_scope *scope, const char *vm_uuid);

/* codes: a blank between two. Into object as a list. 0, -ENOMEM. */
NODISCARD int tenant_put_codes(json_t *object, const char *key, const char *codes);

/* Put "vms", and "notices". 0, -ENOMEM, store errors. */
NODISCARD int tenant_put_vms(struct store *store, json_t *document,
	const struct tenant_scope *scope, int64_t now_utc_ms, struct error *error);
NODISCARD int tenant_put_notices(
	struct store *store, json_t *document, int64_t contract_id, struct error *error);

#endif
