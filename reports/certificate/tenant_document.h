/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the store knows of a contract's data, as the lists of its certificate. */
#ifndef HAIKI_REPORTS_CERTIFICATE_TENANT_DOCUMENT_H
#define HAIKI_REPORTS_CERTIFICATE_TENANT_DOCUMENT_H

#include "base/json.h"
#include "inventory/tenants/contracts.h"
#include "inventory/tenants/tenants.h"

/* Put "tenant", "contract", "other_contracts", "volumes", "places" and "generations" into document. In the
 * caller's transaction, so that all are of one moment. 0, -ENOMEM, store errors. */
NODISCARD int tenant_document_put_facts(struct store *store, const struct contract_record *contract,
	json_t *document, struct error *error);

#endif
