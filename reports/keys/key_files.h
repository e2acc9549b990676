/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of the key folder: secrets are read and written through memory that is cleansed. Only for the
 * files of this folder. */
#ifndef HAIKI_REPORTS_KEYS_KEY_FILES_H
#define HAIKI_REPORTS_KEYS_KEY_FILES_H

#include "base/buffer.h"
#include "base/error.h"
#include "reports/keys/passphrase.h"
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define KEY_CERTIFICATE_FILE_MAX (64 * KIB)

/* folder/name. -ENAMETOOLONG "path-too-long". */
NODISCARD int key_path(
	char ret[static PATH_MAX], const char *folder, const char *name, struct error *error);

/* A private key in PEM. Its owner and mode are checked. -ENOENT "keys-missing", -EPERM, -EBADMSG
 * "keys-malformed", -ENOKEY "keys-locked" (it has a passphrase and none is given; NULL: none),
 * -EACCES "keys-passphrase-wrong". */
NODISCARD int key_read(const char *folder, const char *name, const struct passphrase *passphrase,
	EVP_PKEY **ret, struct error *error);
/* Is this file there? What cannot be looked at counts as there. */
bool key_is_there(const char *folder, const char *name);
/* Has it a passphrase? 1, 0, -errno. */
NODISCARD int key_is_encrypted(const char *folder, const char *name, struct error *error);

/* The first certificate of a PEM file; pem gets the file as it is. Codes as above. */
NODISCARD int key_read_certificate(
	const char *folder, const char *name, struct buffer *pem, X509 **ret, struct error *error);

/* All certificates of a PEM file. Codes as above. */
NODISCARD int key_read_certificates(
	const char *folder, const char *name, STACK_OF(X509) * *ret, struct error *error);
/* The same of what was read from path. */
NODISCARD int key_decode_certificates(
	const struct buffer *pem, const char *path, STACK_OF(X509) * *ret, struct error *error);

/* Is it the key of this certificate? Wherever it lives. */
bool key_is_of(EVP_PKEY *key, X509 *certificate);

/* PKCS#8 in PEM, mode 0600; under a passphrase that is given (NULL: none) by scrypt and AES-256 (RFC
 * 8018, 7914). -EIO "keys-failed", file_write's errors. */
NODISCARD int key_write(EVP_PKEY *key, const char *folder, const char *name,
	const struct passphrase *passphrase, struct error *error);
NODISCARD int key_write_certificate(
	X509 *certificate, const char *folder, const char *name, struct error *error);

/* One after the other; there is at least one. */
NODISCARD int key_write_certificates(const STACK_OF(X509) * certificates, const char *folder,
	const char *name, struct error *error);

/* What OpenSSL has to say: -EIO with this code. */
NODISCARD int key_openssl_failed(const char *code, struct error *error);
/* -ENOENT "keys-missing", and which command makes what is missing. */
int key_missing(const char *path, struct error *error);
/* -EBADMSG "keys-malformed". */
int key_malformed(const char *path, struct error *error);

#endif
