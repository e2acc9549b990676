/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes: what a tenant's bytes live on. Entered by a scan, an import or a person; known by a key that
 * stays the same whatever the host calls it today. */
#ifndef HAIKI_INVENTORY_ASSETS_VOLUMES_H
#define HAIKI_INVENTORY_ASSETS_VOLUMES_H

#include "inventory/custody/events.h"

/* Keys, by kind:
 *   VOLUME_LV, _THIN_POOL, _THIN, _SNAPSHOT, _CACHE   "lvm:VGUUID/LVUUID"  (as LVM writes them, with dashes)
 *   VOLUME_LUKS       "luks:UUID"               VOLUME_MULTIPATH  "mpath:WWID"
 *   VOLUME_BCACHE     "bcache:UUID"             VOLUME_DM         "dm:UUID", or "dm:HOST:NAME" without one
 *   VOLUME_FILE       "file:HOST:PATH"          VOLUME_LOOP       "loop:HOST:PATH"
 *   VOLUME_VM_DISK    "vm:VMUUID/DISK"          VOLUME_ZVOL       "zvol:POOL/NAME"
 *   VOLUME_HEADER_BACKUP  "header:HOST:PATH"    (a copy of a LUKS header is a copy of its keys)
 * md arrays are arrays (arrays.h), not volumes. Texts are UTF-8. */
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

#define VOLUME_KEY_MAX 768
#define VOLUME_PATH_MAX 512
#define VOLUME_TAGS_MAX (16 * KIB) /* the JSON text of all tags */

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
	const json_t *tags; /* array of texts; NULL: none. What they mean is in links.h:
	                     *   LVM      its tags as they are
	                     *   LUKS     "label=LABEL", "token.tenant=CODE", "token.service=CODE"
	                     *   others   what was attached to them, as LVM's */
	const char *state;  /* "active", "inactive", "suspended" … */
	const char
		*origin_key; /* of what it is a snapshot, thin volume or header copy; NULL: none */
};

struct volume_record {
	int64_t id; /* shown as V<id> */
	char key[VOLUME_KEY_MAX];
	enum volume_kind kind;
	char name[256], uuid[64], host[128], path[VOLUME_PATH_MAX], vm_uuid[64], vm_name[256],
		state[48];
	uint64_t size_bytes;
	char *tags;         /* owned: JSON array */
	int64_t origin_id;  /* 0: none */
	int64_t tenant_id;  /* 0: nobody's, as far as is known */
	char linked_by[48]; /* who says so: links.h; "" nobody */
	int64_t first_seen_utc_ms, last_seen_utc_ms;
	bool present;
};
struct volume_list {
	struct volume_record *items; /* owned */
	size_t count;
};
void volume_list_free(struct volume_list *list);
#define AUTO_VOLUMES CLEANUP(volume_list_free)

/* Enter or refresh by key, inside the caller's transaction, and link it and what came from it to its
 * tenant by the rules (links.h) unless a person or an import did. An origin not known yet is left as
 * it was, and so is one that would make a ring: enter origins first. ret_id may be NULL.
 * -EINVAL "volume-malformed" when a text is too long for struct volume_record or is no UTF-8, the key
 * is empty or the kind unknown; then the transaction goes on, and nothing was entered. */
NODISCARD int volumes_record(struct store *store, const struct volume_seen *seen,
	int64_t now_utc_ms, int64_t *ret_id, struct error *error);
/* Volumes of this host and of the kinds a scan sees (LVM's, LUKS, multipath, bcache, loop, dm) that
 * were not seen since then are absent. */
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

/* One after the other without keeping them, for lists of hundreds of thousands; record is borrowed
 * for the call. A visit that returns other than 0 ends it with that. The store is not changed meanwhile. */
typedef int volume_visit(void *context, const struct volume_record *record, struct error *error);
NODISCARD int volumes_each(struct store *store, enum volume_filter filter, int64_t id,
	const char *word, volume_visit *visit, void *context, struct error *error);

#endif
