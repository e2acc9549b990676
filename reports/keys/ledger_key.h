/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key that signs the ledger's heads: Ed25519 in ledger.key, its public half as a C2SP verifier key in
 * ledger.vkey. Its name is the ledger's origin. Only for the files of this folder. */
#ifndef HAIKI_REPORTS_KEYS_LEDGER_KEY_H
#define HAIKI_REPORTS_KEYS_LEDGER_KEY_H

#include "reports/keys/keys.h"
#include "reports/keys/passphrase.h"

/* "haiki/" and 16 hexadecimal digits of the CA's serial number. */
NODISCARD int ledger_key_origin(
	const X509 *ca, char ret[static NOTE_NAME_MAX], struct error *error);

/* Write a new key of this origin into the folder, the public half last. A ledger.key that is there (its making was
 * cut) is kept and gets its public half. -EINVAL "ledger-name" for an origin that cannot be
 * one, -EIO "keys-failed", file_write's errors, key_read's. */
NODISCARD int ledger_key_make(const char *folder, const char *origin,
	const struct passphrase *passphrase, struct note_key *ret, struct error *error);

/* Both halves, which belong together. Codes of keys_load. */
NODISCARD int ledger_key_load(const char *folder, const struct passphrase *passphrase,
	EVP_PKEY **ret, struct note_key *ret_public, struct error *error);

#endif
