/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copies of LUKS headers: each is a copy of the volume's keys, and opens what was encrypted with them
 * after every header on the drive is gone. They are volumes of kind header-backup (volumes.h), entered
 * by a person, an import, or a scan that finds a destroyed header back on a drive. */
#ifndef HAIKI_INVENTORY_ASSETS_KEY_COPIES_H
#define HAIKI_INVENTORY_ASSETS_KEY_COPIES_H

#include "device/identity/identity.h"
#include "device/probe/signature.h"
#include "inventory/custody/events.h"

#define KEY_COPY_PLACE_MAX 256

struct key_copy {
	int64_t id;                     /* of the volume: shown as V<id> */
	char uuid[64];                  /* of the LUKS volume */
	char place[KEY_COPY_PLACE_MAX]; /* where it lies */
	char actor[ACTOR_MAX];          /* who said so last; "" when only an import did */
	int64_t utc_ms;
	bool destroyed;
	char how[256]; /* destroyed: how, as a person said it */
};
struct key_copy_list {
	struct key_copy *items; /* owned */
	size_t count;
};
void key_copy_list_free(struct key_copy_list *list);
#define AUTO_KEY_COPIES CLEANUP(key_copy_list_free)

/* A copy of the header of the LUKS volume with this UUID lies at place: "HOST:/PATH", or any words. One
 * at the same place is the same copy, and is there again. -EINVAL "key-copy-malformed". */
NODISCARD int key_copies_record(struct store *store, const char *uuid, const char *place,
	int64_t now_utc_ms, int64_t *ret_id, struct error *error);
/* It is destroyed. -ENOENT "key-copy-unknown", -EALREADY "key-copy-destroyed", -EINVAL
 * "key-copy-malformed" without a word of how. */
NODISCARD int key_copies_destroyed(
	struct store *store, int64_t id, const char *how, int64_t now_utc_ms, struct error *error);

/* All, or those of one LUKS volume (uuid not NULL), by number; the destroyed ones too when
 * with_destroyed. */
NODISCARD int key_copies_list(struct store *store, const char *uuid, bool with_destroyed,
	struct key_copy_list *ret, struct error *error);

/* ---- when keys were destroyed ---- */

/* A job destroyed the headers with this UUID. Once for each job. */
NODISCARD int key_copies_note_erased(struct store *store, const char *uuid, const char *job,
	int64_t now_utc_ms, struct error *error);

/* Does a header stand on this drive whose keys a job has destroyed? Then it was brought back from a copy:
 * each is entered as one, "DRIVE (SERIAL)". *ret_count (may be NULL): how many. In the caller's
 * transaction. */
NODISCARD int key_copies_look(struct store *store, const struct drive_identity *identity,
	const struct signature_list *signatures, int64_t now_utc_ms, size_t *ret_count,
	struct error *error);

#endif
