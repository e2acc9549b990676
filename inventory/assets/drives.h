/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drives in the store: who they are, where they were seen, what they carry. */
#ifndef HAIKI_INVENTORY_ASSETS_DRIVES_H
#define HAIKI_INVENTORY_ASSETS_DRIVES_H

#include "device/drive.h"
#include "device/probe/signature.h"
#include "inventory/assets/flags.h"
#include "inventory/store/store.h"

#define DRIVE_ID_MAX 24 /* "D" and digits */

/* A drive as the store knows it. Owned by the list or by the caller; plain values. */
struct drive_record {
	int64_t id;                     /* shown as D<id> */
	struct drive_identity identity; /* as last seen; name and devnum of that moment */
	struct native_capacity native;
	char asset_number[64];
	char zone[64];
	char tenant[64]; /* the code of a tenant, also of one not entered yet */
	char service_code[64];
	char custody[16];                  /* custody_name(): "in-service" … */
	char site[64], rack[64], slot[64]; /* "" where nobody said */
	char host[128];
	int64_t first_seen_utc_ms;
	int64_t last_seen_utc_ms;
	int64_t probed_utc_ms; /* when its signatures were read last; 0: never, nothing is known */
	bool present;          /* seen by the last scan of its host */
	char last_error[256];  /* probing said this; "" when it went well */
	enum twin_kind twin;   /* another device of its host has its serial and WWN */
	char twin_path[256];   /* that one's node */
};

struct drive_list {
	struct drive_record *items; /* owned */
	size_t count;
};
void drive_list_free(struct drive_list *list);
#define AUTO_DRIVES CLEANUP(drive_list_free)

/* What a host saw when it looked at a drive; all borrowed. */
struct drive_seen {
	const struct drive_identity *identity;
	const struct native_capacity *native;
	const struct signature_list *signatures; /* NULL: not probed, the recorded ones stay */
	const char *probe_error;                 /* a sentence; NULL: none */
	const char *host;
	int64_t utc_ms;
	enum twin_kind twin;   /* another device of this host has the same serial and WWN */
	const char *twin_path; /* its node; NULL without one */
};

/* Enter or refresh a drive by its key (wwn, serial, model). What people entered (asset number, zone,
 * tenant, service code) stays. A sighting is added when firmware, capacity, host or name are others
 * than before; an event "contents-seen" when a drive that a job was begun on carries something and was
 * empty when it was last read. ret_id may be NULL. -EINVAL "identity-missing" for a drive without serial and WWN,
 * which could be any; the other errors come from the store. */
NODISCARD int drives_record(
	struct store *store, const struct drive_seen *seen, int64_t *ret_id, struct error *error);

/* Reading found bytes on the drive that its certificate does not allow: an event "contents-seen", after
 * which no earlier job proves anything of it. by: what found it. 1: entered; 0: the store knows no such
 * drive; -errno. */
NODISCARD int drives_note_difference(struct store *store, const struct drive_identity *identity,
	const char *by, int64_t now_utc_ms, struct error *error);

/* Mark drives of this host that were not seen since scan_start as absent. */
NODISCARD int drives_mark_absent(
	struct store *store, const char *host, int64_t scan_start_utc_ms, struct error *error);

/* All drives, by host, then name. */
NODISCARD int drives_list(struct store *store, struct drive_list *ret, struct error *error);

/* Find by what a person types: "D12", a serial, a WWN, a place as "RACK/SLOT" or "SITE/RACK/SLOT". All
 * that match, exactly and case-sensitive but for the hexadecimal of a WWN, which may be in either
 * case; never by prefix, never by name. An empty list is no error. */
NODISCARD int drives_find(
	struct store *store, const char *word, struct drive_list *ret, struct error *error);

/* One drive: a list of exactly one. -ENOENT "drive-unknown". */
NODISCARD int drives_get(
	struct store *store, int64_t id, struct drive_list *ret, struct error *error);

/* By who it is: serial, WWN and model. 0 when the store has no such drive. */
NODISCARD int drives_id_of(struct store *store, const struct drive_identity *identity, int64_t *ret,
	struct error *error);

/* drives_describe (drive_labels.h) for the labels alone, without a reason. */
NODISCARD int drives_set_labels(struct store *store, int64_t id, const char *asset_number,
	const char *zone, const char *tenant, const char *service_code, int64_t now_utc_ms,
	struct error *error);

/* What the last probe saw on the drive; empty also when it was never probed: see probed_utc_ms.
 * -ENOENT "drive-unknown". */
NODISCARD int drives_signatures(
	struct store *store, int64_t id, struct signature_list *ret, struct error *error);

/* What all drives carry, in one pass. */
struct drive_layers {
	int64_t drive_id;
	struct signature_list signatures;
};
struct drive_layers_list {
	struct drive_layers *items; /* owned; by drive_id, without drives that carry nothing */
	size_t count;
};
void drive_layers_list_free(struct drive_layers_list *list);
#define AUTO_DRIVE_LAYERS CLEANUP(drive_layers_list_free)
NODISCARD int drives_signatures_all(
	struct store *store, struct drive_layers_list *ret, struct error *error);
/* Borrowed from the list; never NULL: a drive that carries nothing has an empty one. */
const struct signature_list *drive_layers_find(
	const struct drive_layers_list *list, int64_t drive_id);

#endif
