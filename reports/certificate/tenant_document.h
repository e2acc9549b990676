/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the store knows of a contract's data, as the lists of its certificate. */
#ifndef HAIKI_REPORTS_CERTIFICATE_TENANT_DOCUMENT_H
#define HAIKI_REPORTS_CERTIFICATE_TENANT_DOCUMENT_H

#include "base/json.h"
#include "inventory/tenants/contracts.h"
#include "inventory/tenants/tenants.h"

/* Put "tenant", "contract", "other_contracts", "vms", "volumes", "places", "generations" and "notices" into document. Of
 * a contract for some of the tenant's services: what is not known to be a VM's of another service. In the
 * caller's transaction, so that all are of one moment. 0, -ENOMEM, store errors. */
NODISCARD int tenant_document_put_facts(struct store *store, const struct contract_record *contract,
	int64_t now_utc_ms, json_t *document, struct error *error);

#endif
