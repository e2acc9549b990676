/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys and certificates for signing. The embedded default is a small CA of our own in a folder:
 * ca.key, ca.crt, signer.key, signer.crt (PEM, P-256), and the ledger's key beside them: ledger.key
 * (PEM, Ed25519) and its public half ledger.vkey (C2SP verifier key). */
#ifndef HAIKI_REPORTS_KEYS_KEYS_H
#define HAIKI_REPORTS_KEYS_KEYS_H

#include "base/config.h"
#include "base/error.h"
#include "verify/ledger/note.h"
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

struct key_home;

struct keys {
	EVP_PKEY *signer_key;
	X509 *signer_certificate;
	X509 *ca_certificate;
	STACK_OF(X509) * chain; /* between the two; NULL: none, as with the CA of our own */
	EVP_PKEY *ledger_key;
	struct note_key ledger_public; /* its name is the ledger's origin */
	struct key_home *home;         /* the token or TPM that has signer_key; NULL: a file */
};

#define KEYS_CA_DAYS (25 * 365)
#define KEYS_SIGNER_DAYS (11 * 365) /* records are kept ten years (white paper 18.1.3) */

#define KEYS_PERSON_DAYS (3 * 365)
#define KEYS_WARNING_DAYS 90 /* before an end people are told of it */

/* keys_make (reports/keys/manage.h) with nothing but a folder and an organisation, which may be empty; nothing is
 * recorded. */
NODISCARD int keys_init(
	const char *folder, const char *organisation, int64_t now_utc_ms, struct error *error);

/* Load the signer, from its file, token or TPM, and the ledger's key. Checks the files' owner and mode, that the keys
 * belong to their public halves, that ca.crl does not list the signer, and that a checker who trusts ca.crt would
 * accept its certificate now (verify/certificate/trust.h, whose codes are used). -ENOENT "keys-missing" (says to run
 * `haiki report key init`), -EPERM, -EBADMSG "keys-malformed" or "keys-mismatch", -ENOKEY "keys-locked",
 * -EACCES "keys-passphrase-wrong", "keys-passphrase", -EKEYREVOKED "signer-revoked", -EKEYEXPIRED, -EKEYREJECTED, and
 * the codes of a token or TPM (reports/keys/home.h); all are ERROR_WAITING: a finished job waits for its key. */
NODISCARD int keys_load(
	const struct config *config, int64_t now_utc_ms, struct keys **ret, struct error *error);
struct keys *keys_free(struct keys *keys);
DEFINE_CLEANUP(struct keys *, keys_free);

/* Detached CMS (RFC 5652) in DER over exactly these bytes: SHA-256, ECDSA P-256, signed attributes
 * with signing-certificate-v2 (RFC 5035; CAdES-BES, ETSI EN 319 122-1), signer and CA certificates
 * inside. What was signed is read back and verified before it is handed out. *ret is malloc'd, the
 * caller frees. -EIO "signing-failed". */
NODISCARD int keys_sign(const struct keys *keys, const void *data, size_t length, uint8_t **ret,
	size_t *ret_length, struct error *error);

/* When the first of these certificates ends. */
int64_t keys_end_utc_ms(const struct keys *keys);

/* What `report key show` prints. */
struct key_summary {
	char subject[256];
	char serial_number[41]; /* hexadecimal */
	char sha256[65];        /* of the certificate in DER */
	int64_t not_before_utc_ms, not_after_utc_ms;
};
NODISCARD int keys_summary(const struct keys *keys, struct key_summary *ret_ca,
	struct key_summary *ret_signer, struct error *error);

#endif
