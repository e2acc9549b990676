/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMs as we know them: whose each is, said by us and not by its platform. Known by its UUID (vSphere: instance
 * UUID; libvirt: the domain's), never by its name. */
#ifndef HAIKI_INVENTORY_TENANTS_VMS_H
#define HAIKI_INVENTORY_TENANTS_VMS_H

#include "inventory/custody/holds.h"

#define VM_UUID_MAX 64
#define VM_NAME_MAX 256
#define VM_PLATFORM_MAX 64

struct vm_record {
	int64_t id;                     /* shown as M<id> */
	char uuid[VM_UUID_MAX];         /* in lower case, with dashes; unique, never changed */
	char name[VM_NAME_MAX];         /* what it was called when last seen; for people */
	char platform[VM_PLATFORM_MAX]; /* the name of a section of haiki.conf; "" any */
	char service_code[64];          /* names customer and service */
	int64_t tenant_id; /* whose the service code was when it was said to be this VM's */
	char tenant[64];   /* its code; not read by vms_write */
	int64_t created_utc_ms;
	int64_t gone_utc_ms; /* 0: not proven gone */
};
struct vm_list {
	struct vm_record *items; /* owned */
	size_t count;
};
void vm_list_free(struct vm_list *list);
#define AUTO_VMS CLEANUP(vm_list_free)

/* 8-4-4-4-12 hexadecimal digits (RFC 9562, 4), in the one spelling that is kept: lower case. False for anything
 * else; ret is untouched then. text may be ret. */
NODISCARD bool vm_uuid_parse(const char *text, char ret[static VM_UUID_MAX]);

/* By id; tenant_id 0: of all. */
NODISCARD int vms_list(
	struct store *store, int64_t tenant_id, struct vm_list *ret, struct error *error);
/* The one with this UUID: 1, or 0. */
NODISCARD int vms_by_uuid(
	struct store *store, const char *uuid, struct vm_record *ret, struct error *error);
/* By "M3" or UUID; all that match. */
NODISCARD int vms_find(
	struct store *store, const char *word, struct vm_list *ret, struct error *error);

/* Enter (id 0) or change one, in the caller's transaction, with an event that names what changed (borrowed).
 * tenant_id 0: whose the service code is today. Other than 0 it must be that, or what is recorded with the same
 * service code: a code that went to another tenant takes no VM along until somebody says so (0).
 * -EINVAL "vm-malformed": no UUID or the nil one, a service code that is no tenant's or not that tenant's;
 * "uuid-fixed" for another UUID than it has, or another VM's; -ENOENT "vm-unknown"; -EBUSY "vm-deleting" for
 * another service code, tenant or platform once its deletion was begun. */
NODISCARD int vms_write(struct store *store, const struct vm_record *record, const json_t *changed,
	int64_t now_utc_ms, int64_t *ret_id, struct error *error);
/* It is proven gone; with an event ("vm-gone"), once. In the caller's transaction. -ENOENT "vm-unknown"; -EPERM
 * "vm-not-gone" unless the last fact of its deletion is a look to which everybody answered that it is gone. */
NODISCARD int vms_set_gone(
	struct store *store, int64_t id, int64_t now_utc_ms, struct error *error);

/* The tenants that rules on the UUID and the volumes that bear it (vm_uuid) name, each once; disputed: a volume whose
 * tags and rules disagree, or name a code that is no tenant's, is among them. -EINVAL "vm-malformed": no UUID. */
struct vm_claims {
	int64_t *ids; /* owned */
	size_t count;
	bool disputed;
};
void vm_claims_free(struct vm_claims *claims);
NODISCARD int vms_claims(
	struct store *store, const char *uuid, struct vm_claims *ret, struct error *error);
/* The one tenant that they name; 0 nobody, -1 several, or disputed. */
NODISCARD int vms_linked_tenant(
	struct store *store, const char *uuid, int64_t *ret, struct error *error);

/* Does a hold that is not lifted cover the VM? 1: *ret is the oldest; 0: none; -errno: the store could not say,
 * which is never "no" (-ENOENT "vm-unknown" for a VM that is not in it). Covered is a VM
 *  - that is held itself;
 *  - whose tenant is held: the one recorded, those it was of before, whose its service code is today, and all of vms_claims;
 *  - one of whose volumes (by vm_uuid) is held, or what stands on it or came from it, or what it stands on or came
 *    from, now or once: volumes, arrays and drives;
 *  - or one of these that is or was a held tenant's, by its link or a drive's label.
 * Neighbours on the same drive and clones of the same template do not hold one another. Volumes that no scan or
 * import tied to the UUID are not known to be its. */
NODISCARD int vms_hold(struct store *store, int64_t id, struct hold *ret, struct error *error);

#endif
