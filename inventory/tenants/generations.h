/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Generations: the backup copies of volumes and VMs, each with its place and the time it expires. */
#ifndef HAIKI_INVENTORY_TENANTS_GENERATIONS_H
#define HAIKI_INVENTORY_TENANTS_GENERATIONS_H

#include "inventory/custody/events.h"

#define GENERATION_KEY_MAX 256
#define GENERATION_PLACE_MAX 512

struct generation_record {
	int64_t id;                       /* shown as G<id> */
	char key[GENERATION_KEY_MAX];     /* what the backup system calls it */
	int64_t tenant_id;                /* 0: only through the volume or the VM */
	char tenant[64];                  /* its code; not read by generations_write */
	int64_t volume_id;                /* 0: none */
	char volume[768];                 /* its key; not read by generations_write */
	char vm_uuid[64];                 /* in lower case; "" none */
	char place[GENERATION_PLACE_MAX]; /* where the copy lies, for people */
	int64_t created_utc_ms;
	int64_t expires_utc_ms; /* 0: never by itself */
	uint64_t size_bytes;
	int64_t gone_utc_ms;    /* 0: it is still there */
	int64_t vm_gone_utc_ms; /* when its VM was proven gone; 0: it was not, or nobody knows the VM;
				 * not read by generations_write */
};
struct generation_list {
	struct generation_record *items; /* owned */
	size_t count;
};
void generation_list_free(struct generation_list *list);
#define AUTO_GENERATIONS CLEANUP(generation_list_free)

#define GENERATION_OVERDUE_MS (INT64_C(24) * 3600 * 1000)

/* The time since which it should be gone and is not known to be: a day after it expired; of one that never
 * expires, when its VM was proven gone. 0: it is not overdue. Pure. */
int64_t generation_overdue_since(const struct generation_record *record, int64_t now_utc_ms);

/* By key. */
NODISCARD int generations_list(
	struct store *store, struct generation_list *ret, struct error *error);
/* Those of the tenant itself, of its volumes, of its VMs, and of the VMs that its volumes belong to; also those
 * that are gone. By the time they were made. */
NODISCARD int generations_of_tenant(
	struct store *store, int64_t tenant_id, struct generation_list *ret, struct error *error);
/* Those of the VM with this UUID, spelled as it is kept, and of its volumes, the oldest first. */
NODISCARD int generations_of_vm(
	struct store *store, const char *uuid, struct generation_list *ret, struct error *error);
/* Does a hold that is not lifted stand on its volume or on its tenant? 1, 0, or -errno, which is never "no". What
 * covers its VM: vms_hold. */
NODISCARD int generations_hold(
	struct store *store, const struct generation_record *record, struct error *error);
/* The one with this key: 1, or 0. */
NODISCARD int generations_by_key(
	struct store *store, const char *key, struct generation_record *ret, struct error *error);

/* Enter (id 0) or change one, in the caller's transaction, with an event on it that names what
 * changed (borrowed). -EINVAL "generation-malformed": no key or place, neither tenant nor volume nor
 * VM, or times that run backwards. */
NODISCARD int generations_write(struct store *store, const struct generation_record *record,
	const json_t *changed, int64_t now_utc_ms, int64_t *ret_id, struct error *error);

#endif
