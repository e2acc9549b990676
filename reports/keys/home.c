/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which home a key has, and handing on to it. */
#include "reports/keys/home.h"

#include "reports/keys/home_parts.h"
#include "reports/keys/key_files.h"
#include <errno.h>
#include <string.h>

enum home_kind home_kind_of(const struct config *config)
{
	if (strncmp(config->keys_signer, "pkcs11:", 7) == 0)
		return HOME_TOKEN;
	return strncmp(config->keys_signer, "tpm:", 4) == 0 ? HOME_TPM : HOME_FILE;
}

struct key_home *home_close(struct key_home *home)
{
	if (home) {
		token_close(home->token);
		tpm_close(home->tpm);
	}
	free(home);
	return NULL;
}

const char *home_properties(const struct key_home *home)
{
	return home && home->tpm ? TPM_PROPERTIES : NULL;
}

int home_open(const struct config *config, const struct passphrase *passphrase,
	struct key_home **ret_home, EVP_PKEY **ret_key, struct error *error)
{
	enum home_kind kind = home_kind_of(config);
	if (kind == HOME_FILE) {
		*ret_home = NULL;
		return key_read(config->keys_folder, "signer.key", passphrase, ret_key, error);
	}
	struct key_home *home = calloc(1, sizeof(*home));
	if (!home)
		return error_no_memory(error);
	int result =
		kind == HOME_TOKEN
			? token_open(config->keys_signer, passphrase, &home->token, ret_key, error)
			: tpm_open(config->keys_signer, passphrase, &home->tpm, ret_key, error);
	if (result == 0)
		*ret_home = home;
	else
		home_close(home);
	return result;
}

int home_make(const struct config *config, const struct passphrase *passphrase, struct error *error)
{
	switch (home_kind_of(config)) {
	case HOME_TOKEN:
		return token_make(config->keys_signer, passphrase, error);
	case HOME_TPM:
		return tpm_make(config->keys_signer, passphrase, error);
	case HOME_FILE:
		break;
	}
	return -EINVAL;
}
