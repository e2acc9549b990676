/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ledger in memory and as a folder, written by the definitions (RFC 6962, C2SP) as they stand, without the
 * code under test: hashes by recursion, file names by hand, signatures by OpenSSL. What goes wrong here ends
 * the program. */
#ifndef HAIKI_TESTS_SUPPORT_LEDGER_FIXTURE_H
#define HAIKI_TESTS_SUPPORT_LEDGER_FIXTURE_H

#include "base/buffer.h"
#include "base/json.h"
#include "verify/ledger/merkle.h"
#include "verify/ledger/note.h"
#include <openssl/evp.h>

/* Someone who signs notes: a ledger, a witness. */
struct ledger_signer {
	EVP_PKEY *key;
	struct note_key public_key;
	char vkey[NOTE_VKEY_MAX]; /* without newline */
};
/* The key is made of the seed byte: the same one every time. */
void ledger_signer_make(
	struct ledger_signer *ret, const char *name, enum note_algorithm algorithm, uint8_t seed);
void ledger_signer_free(struct ledger_signer *signer);
/* Append "— NAME BASE64" with its newline: the signature over the note's text (a cosignature at seconds). */
void ledger_signer_sign(const struct ledger_signer *signer, const char *text, size_t length,
	uint64_t seconds, struct buffer *note);

struct ledger_fixture_record {
	char *text; /* owned */
	size_t length;
	const char *withheld; /* NULL, or the word that stands for it; static */
};

struct ledger_fixture {
	struct ledger_signer signer; /* its name is the origin */
	struct ledger_fixture_record *records;
	struct merkle_hash *leaves;
	size_t count, capacity;
};

void ledger_fixture_make(struct ledger_fixture *ret, const char *origin, uint8_t seed);
void ledger_fixture_free(struct ledger_fixture *fixture);

/* Append a record of this kind around body; takes its reference. The time is that of its index, in minutes. */
void ledger_fixture_append(struct ledger_fixture *fixture, const char *kind, json_t *body);
/* Append these bytes, whatever they are. */
void ledger_fixture_append_text(struct ledger_fixture *fixture, const char *text, size_t length);
/* Append count events that change a drive's label, and leave nothing open. */
void ledger_fixture_fill(struct ledger_fixture *fixture, size_t count);
/* Leave the record out of what is written from now on. */
void ledger_fixture_withhold(struct ledger_fixture *fixture, size_t index, const char *word);
/* Change a record after it was appended: the tree becomes another one. */
void ledger_fixture_replace(
	struct ledger_fixture *fixture, size_t index, const char *text, size_t length);

/* MTH over leaves start … start + length - 1. */
struct merkle_hash ledger_fixture_hash(
	const struct ledger_fixture *fixture, size_t start, size_t length);
/* The signed head at size, appended. */
void ledger_fixture_checkpoint(
	const struct ledger_fixture *fixture, size_t size, struct buffer *note);
/* NAME.proof of the record at index in the tree of size, appended. */
void ledger_fixture_proof(
	const struct ledger_fixture *fixture, size_t index, size_t size, struct buffer *proof);
/* The ledger at size as a folder, which is made: checkpoint, tile/, records/, ledger.vkey. */
void ledger_fixture_write(const struct ledger_fixture *fixture, size_t size, const char *folder);

#endif
