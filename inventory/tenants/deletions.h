/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deletions of VMs: one for each VM that ever came to be deleted, and its facts in order (verify/tenant/deletion.h),
 * appended as they happen, each in one transaction with its event and ledger record. Rows never change. What
 * state a deletion is in follows from its facts. */
#ifndef HAIKI_INVENTORY_TENANTS_DELETIONS_H
#define HAIKI_INVENTORY_TENANTS_DELETIONS_H

#include "base/json.h"
#include "inventory/store/store.h"

struct deletion_record {
	int64_t id;                            /* shown in events as a number */
	int64_t vm_id, tenant_id, contract_id; /* the contract that kept it longest */
	char vm_uuid[64];
	char platform[64];
	int64_t due_utc_ms, begun_utc_ms;
};
struct deletion_list {
	struct deletion_record *items; /* owned */
	size_t count;
};
void deletion_list_free(struct deletion_list *list);
#define AUTO_DELETIONS CLEANUP(deletion_list_free)

/* The VM's deletion: 1, or 0. */
NODISCARD int deletions_of_vm(
	struct store *store, int64_t vm_id, struct deletion_record *ret, struct error *error);
/* By due time, then id; tenant_id 0: of all. */
NODISCARD int deletions_list(
	struct store *store, int64_t tenant_id, struct deletion_list *ret, struct error *error);

/* Begin one, in a transaction of its own or the caller's, with an event on the VM ("deletion-begun"). The id is
 * put into *record. -EEXIST "deletion-exists". */
NODISCARD int deletions_begin(
	struct store *store, struct deletion_record *record, struct error *error);

/* Append one fact (an object with "fact"); "seq" and "utc" are put here, fact is changed. Durable when it returns 0
 * and no transaction of the caller is open. The event on the VM is "deletion-" and the fact's word, its detail the fact
 * itself. -EINVAL "fact-malformed". */
NODISCARD int deletions_append(
	struct store *store, int64_t id, json_t *fact, int64_t now_utc_ms, struct error *error);

/* All facts in order, a new reference; each checked against a digest chained from the deletion's row:
 * -EBADMSG "store-corrupt". */
NODISCARD int deletions_facts(struct store *store, int64_t id, json_t **ret, struct error *error);

#endif
