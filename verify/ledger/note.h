/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signed notes (C2SP signed-note v1) and what haiki signs with them: checkpoints of a ledger (C2SP
 * tlog-checkpoint) and cosignatures of witnesses (C2SP tlog-cosignature). Ed25519 only. */
#ifndef HAIKI_VERIFY_LEDGER_NOTE_H
#define HAIKI_VERIFY_LEDGER_NOTE_H

#include "base/buffer.h"
#include "verify/ledger/merkle.h"

#define NOTE_MAX_BYTES (64 * KIB)
#define NOTE_NAME_MAX 256 /* of a key, with NUL; no blanks, no '+' */
#define NOTE_SIGNATURES_MAX 32
#define NOTE_VKEY_MAX 384 /* "name+01234567+BASE64" with NUL */

enum note_algorithm { NOTE_UNKNOWN, NOTE_ED25519 = 1, NOTE_COSIGNATURE = 4 };

/* A public key, as people hand it on: NAME+HASH+BASE64, one line. */
struct note_key {
	char name[NOTE_NAME_MAX];
	uint8_t id[4];
	enum note_algorithm algorithm;
	uint8_t public_key[32];
};
/* -EBADMSG "ledger-key-malformed"; also when the id is not that of name and key. A newline at the end is
 * fine. */
NODISCARD int note_key_parse(
	const char *text, size_t length, struct note_key *ret, struct error *error);
void note_key_format(const struct note_key *key, char ret[static NOTE_VKEY_MAX]);
/* Fill id from the other members. 0, -EINVAL for a name that cannot be one, -ENOMEM. */
NODISCARD int note_key_identify(struct note_key *key);

/* length may be more than there is room for: then it is of no kind that is known here, and only its first
 * bytes are kept. */
struct note_signature {
	char name[NOTE_NAME_MAX];
	uint8_t id[4];
	uint8_t bytes[128];
	size_t length;
};
struct note {
	const char *text; /* borrowed: up to and with its last newline, before the empty line */
	size_t text_length;
	struct note_signature signatures[NOTE_SIGNATURES_MAX];
	size_t signature_count;
};
/* -EBADMSG "note-malformed". Nothing is said about the signatures. */
NODISCARD int note_parse(const char *data, size_t length, struct note *ret, struct error *error);

/* Is there a signature of this key, and does it hold? A cosignature's time goes to *ret_utc_ms (may be
 * NULL). -ENOKEY "note-unsigned": none of this key; -EKEYREJECTED "note-broken": one of it does not
 * hold. */
NODISCARD int note_verify(const struct note *note, const struct note_key *key, int64_t *ret_utc_ms,
	struct error *error);

struct checkpoint {
	char origin[NOTE_NAME_MAX]; /* which ledger */
	uint64_t size;
	struct merkle_hash root;
};
/* The text of a note as a checkpoint; extension lines are passed over. -EBADMSG "checkpoint-malformed". Whose
 * it is, and whether it is, note_verify says. */
NODISCARD int checkpoint_parse(
	const struct note *note, struct checkpoint *ret, struct error *error);
/* Append the three lines. */
NODISCARD int checkpoint_format(const struct checkpoint *checkpoint, struct buffer *ret);
/* Parse, verify by key and take apart at once; the origin must be the key's name: "checkpoint-origin".
 * Otherwise the errors of those three. */
NODISCARD int checkpoint_open(const char *data, size_t length, const struct note_key *key,
	struct checkpoint *ret, struct error *error);

#endif
