/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an exported ledger says of certificates: which it holds, and which took the place of which. Fed record by
 * record while the ledger is checked (verify/ledger/ledger.h), asked after it was found good. */
#ifndef HAIKI_VERIFY_CERTIFICATE_STANDING_H
#define HAIKI_VERIFY_CERTIFICATE_STANDING_H

#include "base/digest.h"
#include "verify/ledger/note.h"
#include "verify/ledger/record.h"

struct standing;

/* key: the ledger's, copied. NULL: out of memory. */
struct standing *standing_new(const struct note_key *key);
/* One more record, in order; context is the struct standing. As ledger_check's record function. -ENOMEM, -EBADMSG
 * "record-malformed" for a certificate that is not named. */
NODISCARD int standing_record(void *context, const struct record *record, struct error *error);
/* All records were found good, and this is the head of the ledger in folder. -ENOMEM, errors of tile_tree_open. */
NODISCARD int standing_complete(struct standing *standing, const char *folder,
	const struct checkpoint *head, struct error *error);
struct standing *standing_close(struct standing *standing);
DEFINE_CLEANUP(struct standing *, standing_close);

const struct note_key *standing_key(const struct standing *standing);
const struct checkpoint *standing_head(const struct standing *standing);

struct standing_entry {
	uint64_t index;               /* of its record */
	char sha256[SHA256_HEX_SIZE]; /* of NAME.json */
	const char *later;            /* who took its place, NULL: no one; borrowed */
	bool doubled;                 /* the ledger holds another certificate of this name */
	bool withheld; /* records behind it were left out: who took its place may be among them */
};
/* To be asked once it is complete. The certificate of this name; false: the ledger holds none. */
bool standing_find(const struct standing *standing, const char *name, struct standing_entry *ret);

/* The root of the ledger when it had size leaves, at most those of its head. Reads its tiles. */
NODISCARD int standing_root(const struct standing *standing, uint64_t size, struct merkle_hash *ret,
	struct error *error);

#endif
