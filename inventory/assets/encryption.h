/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Encrypted from first write: the record that no byte reached a drive or a volume but as ciphertext
 * under keys that can be destroyed. Only with it is the destruction of LUKS keys an erasure. A person
 * or an import says so; it is kept as events, and can be taken back. */
#ifndef HAIKI_INVENTORY_ASSETS_ENCRYPTION_H
#define HAIKI_INVENTORY_ASSETS_ENCRYPTION_H

#include "device/identity/identity.h"
#include "device/probe/signature.h"
#include "inventory/custody/events.h"

#define ENCRYPTION_BASIS_MAX 256
#define ENCRYPTION_TICKET_MAX 128

enum encryption_state {
	ENCRYPTION_UNKNOWN, /* nobody said so */
	ENCRYPTION_STANDS,  /* somebody did, and nothing speaks against it */
	ENCRYPTION_REVOKED, /* it was taken back */
	ENCRYPTION_ENDED,   /* the drive was sanitized since: what was written after, nobody said */
	ENCRYPTION_CONTRADICTED, /* something that is not encrypted stands on it, or once stood */
};

struct encryption {
	enum encryption_state state;
	struct subject
		subject; /* of whom it was said: the drive, or the LUKS volume that takes all of
	                         * it */
	char basis[ENCRYPTION_BASIS_MAX]; /* how that is known */
	char ticket[ENCRYPTION_TICKET_MAX];
	char actor[ACTOR_MAX]; /* who said it */
	int64_t utc_ms;
	char contradiction[128]; /* CONTRADICTED: what stands on it ("ext4"); else "" */
};

/* Say so. -EINVAL "encryption-incomplete" without a basis or of a subject that is neither drive nor
 * volume, "text-malformed"; -ENOENT "target-unknown". */
NODISCARD int encryption_record(struct store *store, const struct subject *subject,
	const char *basis, const char *ticket, int64_t now_utc_ms, struct error *error);
/* Take it back. -EALREADY "encryption-not-recorded"; else as above, with the reason for the basis. */
NODISCARD int encryption_revoke(struct store *store, const struct subject *subject,
	const char *reason, int64_t now_utc_ms, struct error *error);

/* The last word on the subject itself; never CONTRADICTED. */
NODISCARD int encryption_of(struct store *store, const struct subject *subject,
	struct encryption *ret, struct error *error);

/* May the destruction of its LUKS keys count as an erasure of this drive? Only with ret->state STANDS.
 * It is recorded of the drive, or of a LUKS volume that stands on the whole of it, and whose header is
 * there (by its UUID); after its last sanitization; and neither what stands on it now (signatures; NULL: as the last scan saw it) nor what
 * stood on it since that sanitization is anything but LUKS and tables that lead to LUKS. 0; errors of
 * the store: then it does not count. */
NODISCARD int drives_encrypted_from_first_write(struct store *store,
	const struct drive_identity *identity, const struct signature_list *signatures,
	struct encryption *ret, struct error *error);

/* The basis that stands, as a column of SQL for a drive or a volume ("drive", "drive.id"); it is the
 * event's detail, '' where none stands. */
#define ENCRYPTION_LAST_SQL(kind, id)                                                              \
	"coalesce((SELECT CASE WHEN le.action = 'encryption-recorded' THEN le.detail ELSE '' END"  \
	" FROM event le WHERE le.target_kind = '" kind "' AND le.target_id = " id                  \
	" AND (le.action IN ('encryption-recorded', 'encryption-revoked')"                         \
	" OR (le.action = 'custody' AND (le.detail LIKE '%\"to\":\"sanitized\"%'"                  \
	" OR le.detail LIKE '%\"to\":\"reused\"%'))) ORDER BY le.id DESC LIMIT 1), '')"
/* From that column; "" for none. */
void encryption_basis_of(const char *detail, char ret[static ENCRYPTION_BASIS_MAX]);

#endif
