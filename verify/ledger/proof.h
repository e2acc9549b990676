/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NAME.proof: that a record stands in a ledger, offline (C2SP tlog-proof v1). The record itself travels in
 * the line "extra", and nothing of it is believed before its hash is found in the tree. */
#ifndef HAIKI_VERIFY_LEDGER_PROOF_H
#define HAIKI_VERIFY_LEDGER_PROOF_H

#include "verify/ledger/note.h"
#include "verify/ledger/record.h"

#define PROOF_MAX_BYTES (256 * KIB)

struct proof {
	uint64_t index;
	struct merkle_hash hashes[MERKLE_PROOF_MAX];
	size_t hash_count;
	char *record; /* owned; canonical text of the record */
	size_t record_length;
	const char *note; /* borrowed from what was parsed: the checkpoint to the end */
	size_t note_length;
};
void proof_free(struct proof *proof);
#define AUTO_PROOF CLEANUP(proof_free)

/* -EBADMSG "proof-malformed". One spelling only: what proof_format writes. */
NODISCARD int proof_parse(const char *data, size_t length, struct proof *ret, struct error *error);
NODISCARD int proof_format(const struct proof *proof, struct buffer *ret);

/* The checkpoint is signed by key, the record's hash stands at index of its tree, and the record says that
 * index of itself. Codes: those of checkpoint_open; "proof-wrong" (the hashes lead to another root),
 * "record-malformed", "record-index". *ret: the record, the caller's; *ret_checkpoint as signed. */
NODISCARD int proof_check(const struct proof *proof, const struct note_key *key, struct record *ret,
	struct checkpoint *ret_checkpoint, struct error *error);

#endif
