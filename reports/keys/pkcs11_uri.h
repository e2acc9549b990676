/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of keys in tokens: pkcs11: URIs (RFC 7512), as far as they name one private key. Pure. */
#ifndef HAIKI_REPORTS_KEYS_PKCS11_URI_H
#define HAIKI_REPORTS_KEYS_PKCS11_URI_H

#include "base/error.h"

#define PKCS11_TEXT_MAX 256
#define PKCS11_ID_MAX 64

/* What is empty was not given, and then matches everything. */
struct pkcs11_uri {
	char token[PKCS11_TEXT_MAX];
	char manufacturer[PKCS11_TEXT_MAX];
	char model[PKCS11_TEXT_MAX];
	char serial[PKCS11_TEXT_MAX];
	char object[PKCS11_TEXT_MAX];
	uint8_t id[PKCS11_ID_MAX];
	size_t id_length;
	char module_path[PKCS11_TEXT_MAX]; /* absolute */
	char module_name[PKCS11_TEXT_MAX]; /* without "lib" and ".so" */
};

/* type=private may be there; a PIN may not (it belongs into the passphrase's file), nor anything twice or unknown:
 * -EINVAL "token-uri", ERROR_USAGE. */
NODISCARD int pkcs11_uri_parse(const char *text, struct pkcs11_uri *ret, struct error *error);

#endif
