/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside `haiki inventory`: VMs as rows and as JSON, for every command that tells of them. */
#ifndef HAIKI_CLI_INVENTORY_VMS_H
#define HAIKI_CLI_INVENTORY_VMS_H

#include "base/json.h"
#include "cli/output.h"
#include "inventory/tenants/deletions.h"
#include "inventory/tenants/vms.h"

/* The VMs whose deletion has begun. */
struct vm_deletions {
	int64_t *vm_ids; /* owned; in order */
	size_t count;
};
void vm_deletions_free(struct vm_deletions *deletions);
/* tenant_id 0: of all. */
NODISCARD int vm_deletions_read(
	struct store *store, int64_t tenant_id, struct vm_deletions *ret, struct error *error);

const char *vm_state(const struct vm_record *record,
	const struct vm_deletions *deletions); /* "there", "deleting", "gone" */
const char *vm_state_text(const char *state);

#define VM_COLUMNS 7
extern const struct table_column vm_columns[VM_COLUMNS];
void vm_row(
	struct table *table, const struct vm_record *record, const struct vm_deletions *deletions);
/* The object of docs/json.md; a new reference, NULL without memory. */
json_t *vm_json(const struct vm_record *record, const struct vm_deletions *deletions);

#endif
