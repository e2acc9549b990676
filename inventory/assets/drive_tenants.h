/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose bytes lie on one drive, or did and were not sanitized since: for whoever is about to destroy it
 * along with another. */
#ifndef HAIKI_INVENTORY_ASSETS_DRIVE_TENANTS_H
#define HAIKI_INVENTORY_ASSETS_DRIVE_TENANTS_H

#include "inventory/assets/drives.h"

struct tenant_codes {
	char (*items)[64]; /* owned; each once; what was never entered as a tenant too */
	size_t count;
};
void tenant_codes_free(struct tenant_codes *list);
#define AUTO_TENANT_CODES CLEANUP(tenant_codes_free)

bool tenant_codes_have(const struct tenant_codes *list, const char *code);

/* The tenants of the volumes that stand on the drive or did, those that volumes in dispute may be of,
 * and those that it is or was labelled with. The drive is known by its WWN alone: namespaces of one
 * NVMe drive share the serial. -EINVAL "identity-missing" without a WWN; -ENOENT "drive-unknown"
 * when the store does not know it; -ENODATA "drive-not-probed" when nobody ever looked at what it
 * carries. *ret is untouched on error. */
NODISCARD int drives_tenants(struct store *store, const struct drive_identity *identity,
	struct tenant_codes *ret, struct error *error);

#endif
