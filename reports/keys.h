/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys and certificates for signing. The embedded default is a small CA of our own in a folder:
 * ca.key, ca.crt, signer.key, signer.crt (PEM, P-256). */
#ifndef HAIKI_REPORTS_KEYS_H
#define HAIKI_REPORTS_KEYS_H

#include "base/error.h"
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

struct keys {
	EVP_PKEY *signer_key;
	X509 *signer_certificate;
	X509 *ca_certificate;
};

#define KEYS_CA_DAYS (25 * 365)
#define KEYS_SIGNER_DAYS (11 * 365) /* records are kept ten years (white paper 18.1.3) */

/* Make a CA and a signer in folder (made with mode 0700; keys 0600, certificates 0644).
 * -EEXIST when a key is already there: it is never overwritten. Nothing half-made is left. */
NODISCARD int keys_init(
	const char *folder, const char *organisation, int64_t now_utc_ms, struct error *error);

/* Load the signer. Checks the files' owner and mode, that the key belongs to the certificate, and
 * that the certificate is valid now. -ENOENT "keys-missing" (says to run `haiki report key init`),
 * -EPERM, -EBADMSG, -EKEYEXPIRED; all but usage are ERROR_WAITING: a finished job waits for its key. */
NODISCARD int keys_load(
	const char *folder, int64_t now_utc_ms, struct keys **ret, struct error *error);
struct keys *keys_free(struct keys *keys);
DEFINE_CLEANUP(struct keys *, keys_free);

/* Detached CMS (RFC 5652) in DER over exactly these bytes: SHA-256, ECDSA P-256, signed attributes
 * with signing-certificate-v2 (RFC 5035; CAdES-BES, ETSI EN 319 122-1), signer and CA certificates
 * inside. *ret is malloc'd, the caller frees. */
NODISCARD int keys_sign(const struct keys *keys, const void *data, size_t length, uint8_t **ret,
	size_t *ret_length, struct error *error);

/* What `report key show` prints: subjects, serial numbers, SHA-256 fingerprints, validity. */
struct key_summary {
	char subject[256];
	char sha256[65]; /* of the certificate in DER */
	int64_t not_before_utc_ms, not_after_utc_ms;
};
NODISCARD int keys_summary(const struct keys *keys, struct key_summary *ret_ca,
	struct key_summary *ret_signer, struct error *error);

#endif
