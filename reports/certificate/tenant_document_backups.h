/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which backup repositories were asked about a contract's VMs, and when, as its certificate has it. Inside
 * reports/certificate only. */
#ifndef HAIKI_REPORTS_CERTIFICATE_TENANT_DOCUMENT_BACKUPS_H
#define HAIKI_REPORTS_CERTIFICATE_TENANT_DOCUMENT_BACKUPS_H

#include "base/config.h"
#include "base/json.h"
#include "inventory/store/store.h"

/* Put "backups" into document, which has its "vms": those of the configuration and each other one that ever answered about one
 * of them, by name. In the caller's transaction. 0, -ENOMEM, store errors. */
NODISCARD int tenant_document_put_backups(struct store *store, const struct config_backup *backups,
	size_t count, json_t *document, struct error *error);

#endif
