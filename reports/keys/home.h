/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the signer's private key lives: a file of the folder, a token (PKCS#11) or the machine's TPM 2.0. The rest of
 * haiki sees an EVP_PKEY. Only for the files of this folder. */
#ifndef HAIKI_REPORTS_KEYS_HOME_H
#define HAIKI_REPORTS_KEYS_HOME_H

#include "base/config.h"
#include "reports/keys/passphrase.h"
#include <openssl/evp.h>

enum home_kind { HOME_FILE, HOME_TOKEN, HOME_TPM };
/* Of [keys] signer, whose form config.h has checked. */
enum home_kind home_kind_of(const struct config *config);

/* What must stay open as long as the key is used; NULL for a file. */
struct key_home;
struct key_home *home_close(struct key_home *home);

/* Which of OpenSSL's implementations must sign by a key of this home: a property query, NULL for the usual. Left to
 * itself OpenSSL gives a TPM's key to its own software, which has the public half alone. */
const char *home_properties(const struct key_home *home);

/* The key as it is there. Free it before its home is closed. All errors are ERROR_WAITING and say what to do:
 * token: "token-uri" (-EINVAL, ERROR_USAGE), "token-module" (it cannot be loaded), "token-missing" (no such token is
 * there), "token-pin" (wrong, none, or needed), "token-locked" (too many wrong PINs), "token-key" (-ENOENT: no such
 * key there, or several).
 * TPM: "tpm-handle" (-EINVAL, ERROR_USAGE), "tpm-provider" (OpenSSL's provider tpm2 is not installed), "tpm-missing"
 * (-ENODEV: no TPM answers), "tpm-key" (-ENOENT: nothing usable under this handle, or its authorisation is wrong).
 * File: key_read's. */
NODISCARD int home_open(const struct config *config, const struct passphrase *passphrase,
	struct key_home **ret_home, EVP_PKEY **ret_key, struct error *error);

/* Make a P-256 key in a token or TPM, under the name that [keys] signer gives; it never leaves that. Only where
 * home_open said -ENOENT. By pkcs11-tool (opensc) or tpm2-tools: "home-tool" says which is missing or failed. */
NODISCARD int home_make(
	const struct config *config, const struct passphrase *passphrase, struct error *error);

#endif
