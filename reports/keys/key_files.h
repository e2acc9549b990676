/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of the key folder: secrets are read and written through memory that is cleansed. Only for the
 * files of this folder. */
#ifndef HAIKI_REPORTS_KEYS_KEY_FILES_H
#define HAIKI_REPORTS_KEYS_KEY_FILES_H

#include "base/buffer.h"
#include "base/error.h"
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define KEY_CERTIFICATE_FILE_MAX (64 * KIB)

/* folder/name. -ENAMETOOLONG "path-too-long". */
NODISCARD int key_path(
	char ret[static PATH_MAX], const char *folder, const char *name, struct error *error);

/* A private key in PEM. Its owner and mode are checked. -ENOENT "keys-missing", -EPERM, -EBADMSG
 * "keys-malformed". */
NODISCARD int key_read(const char *folder, const char *name, EVP_PKEY **ret, struct error *error);

/* The first certificate of a PEM file; pem gets the file as it is. Codes as above. */
NODISCARD int key_read_certificate(
	const char *folder, const char *name, struct buffer *pem, X509 **ret, struct error *error);

/* PKCS#8 in PEM, mode 0600. -EIO "keys-failed", file_write's errors. */
NODISCARD int key_write(EVP_PKEY *key, const char *folder, const char *name, struct error *error);
NODISCARD int key_write_certificate(
	X509 *certificate, const char *folder, const char *name, struct error *error);

/* What OpenSSL has to say: -EIO with this code. */
int key_openssl_failed(const char *code, struct error *error);
/* -ENOENT "keys-missing", and which command makes what is missing. */
int key_missing(const char *path, struct error *error);
/* -EBADMSG "keys-malformed". */
int key_malformed(const char *path, struct error *error);

#endif
