/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The homes that are no files. Codes and promises are home.h's. Only for the files of this folder. */
#ifndef HAIKI_REPORTS_KEYS_HOME_PARTS_H
#define HAIKI_REPORTS_KEYS_HOME_PARTS_H

#include "base/error.h"
#include "reports/keys/passphrase.h"
#include <openssl/evp.h>

/* Signatures by the provider tpm2, digests by OpenSSL itself; and not what tpm.c sets for all others. */
#define TPM_PROPERTIES "-provider,?tpm2.signature=yes,?tpm2.digest!=yes"

struct token;
struct tpm;
struct key_home {
	struct token *token;
	struct tpm *tpm;
};

NODISCARD int token_open(const char *uri, const struct passphrase *pin, struct token **ret,
	EVP_PKEY **ret_key, struct error *error);
NODISCARD int token_make(const char *uri, const struct passphrase *pin, struct error *error);
struct token *token_close(struct token *token);

NODISCARD int tpm_open(const char *name, const struct passphrase *authorisation, struct tpm **ret,
	EVP_PKEY **ret_key, struct error *error);
NODISCARD int tpm_make(
	const char *name, const struct passphrase *authorisation, struct error *error);
struct tpm *tpm_close(struct tpm *tpm);

/* Run a program found in PATH with these arguments, input on its stdin (NULL: none) and one more variable in its
 * environment ("NAME=value", NULL: none), and wait for it. Its output goes nowhere. -ENOENT or -EIO "home-tool",
 * naming package where it is missing. */
NODISCARD int home_run(const char *const *arguments, const char *input, const char *variable,
	const char *package, struct error *error);

#endif
