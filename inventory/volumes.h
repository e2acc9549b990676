/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes: what a tenant's bytes live on. Entered by a scan, an import or a person; known by a key that
 * stays the same whatever the host calls it today. */
#ifndef HAIKI_INVENTORY_VOLUMES_H
#define HAIKI_INVENTORY_VOLUMES_H

#include "inventory/events.h"

/* Keys, by kind:
 *   VOLUME_LV, _THIN_POOL, _THIN, _SNAPSHOT, _CACHE   "lvm:VGUUID/LVUUID"  (as LVM writes them, with dashes)
 *   VOLUME_LUKS       "luks:UUID"               VOLUME_MULTIPATH  "mpath:WWID"
 *   VOLUME_BCACHE     "bcache:UUID"             VOLUME_DM         "dm:UUID", or "dm:HOST:NAME" without one
 *   VOLUME_FILE       "file:HOST:PATH"          VOLUME_LOOP       "loop:HOST:PATH"
 *   VOLUME_VM_DISK    "vm:VMUUID/DISK"          VOLUME_ZVOL       "zvol:POOL/NAME"
 *   VOLUME_HEADER_BACKUP  "header:HOST:PATH"    (a copy of a LUKS header is a copy of its keys)
 * md arrays are arrays (arrays.h), not volumes. */
enum volume_kind {
	VOLUME_UNKNOWN,
	VOLUME_LV,
	VOLUME_THIN_POOL,
	VOLUME_THIN,
	VOLUME_SNAPSHOT,
	VOLUME_CACHE,
	VOLUME_LUKS,
	VOLUME_MULTIPATH,
	VOLUME_BCACHE,
	VOLUME_LOOP,
	VOLUME_DM,
	VOLUME_FILE,
	VOLUME_VM_DISK,
	VOLUME_ZVOL,
	VOLUME_HEADER_BACKUP,
};
const char *volume_kind_name(enum volume_kind kind);  /* "lv", "thin-pool", "luks" … stable */
enum volume_kind volume_kind_parse(const char *word); /* UNKNOWN for none */

#define VOLUME_KEY_MAX 512

/* What was seen of a volume; all borrowed, texts may be NULL for "". */
struct volume_seen {
	const char *key;
	enum volume_kind kind;
	const char *name; /* "vg0/web1", "luks-…", a path */
	const char *uuid;
	uint64_t size_bytes;
	const char *host;
	const char *path; /* /dev node or file, where there is one */
	const char *vm_uuid, *vm_name;
	const json_t *tags; /* array of texts: LV tags, LUKS label and token words; NULL: none */
	const char *state;  /* "active", "inactive", "suspended" … */
	const char
		*origin_key; /* of what it is a snapshot, thin volume or header copy; NULL: none */
};

struct volume_record {
	int64_t id; /* shown as V<id> */
	char key[VOLUME_KEY_MAX];
	enum volume_kind kind;
	char name[256], uuid[64], host[128], path[256], vm_uuid[64], vm_name[256], state[48];
	uint64_t size_bytes;
	char *tags;        /* owned: JSON array */
	int64_t origin_id; /* 0: none */
	int64_t tenant_id; /* 0: nobody's, as far as is known */
	char linked_by
		[48]; /* "person", "import", "lv-tag", "luks-label", "luks-token", "path", "vm"; "" */
	int64_t first_seen_utc_ms, last_seen_utc_ms;
	bool present;
};
struct volume_list {
	struct volume_record *items; /* owned */
	size_t count;
};
void volume_list_free(struct volume_list *list);
#define AUTO_VOLUMES CLEANUP(volume_list_free)

/* Enter or refresh by key, inside the caller's transaction, and link it to its tenant by the rules
 * (tenants.h) unless a person or an import did. An origin not known yet is left out. */
NODISCARD int volumes_record(struct store *store, const struct volume_seen *seen,
	int64_t now_utc_ms, int64_t *ret_id, struct error *error);
/* Volumes of this host and of the kinds a scan sees that were not seen since then are absent. */
NODISCARD int volumes_mark_absent(
	struct store *store, const char *host, int64_t since_utc_ms, struct error *error);

enum volume_filter { VOLUMES_ALL, VOLUMES_OF_TENANT, VOLUMES_OF_ORIGIN, VOLUMES_OF_VM };
/* id: of the tenant or the origin; word: the VM's UUID. By id. limit 0: all. */
NODISCARD int volumes_list(struct store *store, enum volume_filter filter, int64_t id,
	const char *word, size_t limit, struct volume_list *ret, struct error *error);
/* By "V7", key, UUID or name; all that match exactly. */
NODISCARD int volumes_find(
	struct store *store, const char *word, struct volume_list *ret, struct error *error);
NODISCARD int volumes_get(
	struct store *store, int64_t id, struct volume_list *ret, struct error *error);

#endif
