/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose a VM was, by the events on it; and whose a service code is. */
#ifndef HAIKI_INVENTORY_TENANTS_VM_HISTORY_H
#define HAIKI_INVENTORY_TENANTS_VM_HISTORY_H

#include "inventory/tenants/vms.h"

/* The tenant whose the VM was at this time, as the inventory knows; before it was entered: whose it was when it was.
 * -EBADMSG "store-corrupt" when its events do not say so. */
NODISCARD int vm_tenant_at(struct store *store, int64_t vm_id, int64_t utc_ms,
	int64_t *ret_tenant_id, struct error *error);

/* The tenant whose the service code is today; 0: nobody's. */
NODISCARD int service_code_tenant(
	struct store *store, const char *code, int64_t *ret_tenant_id, struct error *error);

/* Append this event to what it is about, unless the newest one of its word there says the same. */
NODISCARD int event_append_once(struct store *store, const struct subject *subject,
	const struct event *event, struct error *error);

#endif
