/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loading the signer and the ledger's key. */
#include "reports/keys/keys.h"

#include "base/text.h"
#include "reports/keys/authority.h"
#include "reports/keys/home.h"
#include "reports/keys/ledger_key.h"
#include "verify/certificate/trust.h"
#include <errno.h>
#include <openssl/err.h>
#include <string.h>

/* The job waits, whatever it is: mend the key, and the next run certifies. */
static int wait_for_keys(struct error *error, int result)
{
	if (error && result != 0)
		error->kind = ERROR_WAITING;
	return result;
}

static int mismatch(const struct config *config, struct error *error)
{
	ERR_clear_error();
	if (home_kind_of(config) == HOME_FILE)
		(void)error_set(error, ERROR_WAITING, EBADMSG, "keys-mismatch",
			_("signer.key is not the key of signer.crt"));
	else
		(void)error_set(error, ERROR_WAITING, EBADMSG, "keys-mismatch",
			_("The key that [keys] signer names is not the key of signer.crt"));
	if (key_is_there(config->keys_folder, "next/signer.crt"))
		error_next(
			error, _("A change of the signer was cut. Finish it with: haiki report key "
				 "rotate"));
	return -EBADMSG;
}

static int revoked(struct error *error)
{
	(void)error_set(error, ERROR_WAITING, EKEYREVOKED, "signer-revoked",
		_("The signer's certificate was revoked"));
	return error_next(
		error, _("Make a new signer with: haiki report key rotate; then start again."));
}

/* What travels with a signature, borrowed: the signer's certificate and all up to the CA's. */
static STACK_OF(X509) * gather(const struct keys *keys)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	bool pushed = all && sk_X509_push(all, keys->signer_certificate) > 0 &&
		      sk_X509_push(all, keys->ca_certificate) > 0;
	for (int i = 0; pushed && i < sk_X509_num(keys->chain); i++)
		pushed = sk_X509_push(all, sk_X509_value(keys->chain, i)) > 0;
	if (pushed)
		return all;
	sk_X509_free(all);
	return NULL;
}

/* Would a checker who trusts ca.crt accept this signer now? */
static int check_acceptable(const struct config *config, const struct keys *keys,
	const struct buffer *ca_pem, int64_t now_utc_ms, struct error *error)
{
	if (!key_is_of(keys->signer_key, keys->signer_certificate))
		return mismatch(config, error);
	if (!role_is_allowed(ROLE_ISSUER, keys->signer_certificate))
		return error_set(error, ERROR_WAITING, EKEYREJECTED, "signer-not-allowed",
			_("signer.crt is a person's certificate, which cannot issue certificates"));
	CLEANUP(cleanup_trust_free) struct trust *trust = NULL;
	int result = trust_load(ca_pem->data, ca_pem->length, "ca.crt", &trust, error);
	STACK_OF(X509) *inside = result == 0 ? gather(keys) : NULL;
	if (result == 0 && !inside)
		result = error_no_memory(error);
	if (result == 0)
		result = trust_check_signer(
			trust, keys->signer_certificate, inside, now_utc_ms, NULL, error);
	sk_X509_free(inside);
	if (result == 0)
		result = authority_is_revoked(config->keys_folder, keys->signer_certificate, error);
	return result == 1 ? revoked(error) : result;
}

static int load_certificates(
	const char *folder, struct buffer *ca_pem, struct keys *keys, struct error *error)
{
	AUTO_BUFFER struct buffer signer_pem = BUFFER_INIT(KEY_CERTIFICATE_FILE_MAX);
	int result = key_read_certificate(
		folder, "signer.crt", &signer_pem, &keys->signer_certificate, error);
	if (result == 0)
		result = key_read_certificate(
			folder, "ca.crt", ca_pem, &keys->ca_certificate, error);
	if (result == 0 && key_is_there(folder, "chain.crt"))
		result = key_read_certificates(folder, "chain.crt", &keys->chain, error);
	return result;
}

static int load_set(
	const struct config *config, int64_t now_utc_ms, struct keys *keys, struct error *error)
{
	AUTO_PASSPHRASE struct passphrase passphrase = { 0 };
	AUTO_BUFFER struct buffer ca_pem = BUFFER_INIT(KEY_CERTIFICATE_FILE_MAX);
	const char *folder = config->keys_folder;
	int result = passphrase_read(config, &passphrase, error);
	/* Said before a token is asked for its key. */
	if (result == 0 && !key_is_there(folder, "ca.crt") && !key_is_there(folder, "signer.crt"))
		result = key_missing(folder, error);
	if (result == 0)
		result = home_open(config, &passphrase, &keys->home, &keys->signer_key, error);
	if (result == 0)
		result = load_certificates(folder, &ca_pem, keys, error);
	if (result == 0)
		result = check_acceptable(config, keys, &ca_pem, now_utc_ms, error);
	if (result == 0)
		result = ledger_key_load(
			folder, &passphrase, &keys->ledger_key, &keys->ledger_public, error);
	return wait_for_keys(error, result);
}

int keys_load(
	const struct config *config, int64_t now_utc_ms, struct keys **ret, struct error *error)
{
	struct keys *keys = calloc(1, sizeof(*keys));
	if (!keys)
		return error_no_memory(error);
	int result = load_set(config, now_utc_ms, keys, error);
	if (result == 0)
		*ret = keys;
	else
		keys_free(keys);
	return result;
}

/* OpenSSL cleanses the private number when it frees it. */
struct keys *keys_free(struct keys *keys)
{
	if (keys) {
		EVP_PKEY_free(keys->signer_key);
		X509_free(keys->signer_certificate);
		X509_free(keys->ca_certificate);
		sk_X509_pop_free(keys->chain, X509_free);
		EVP_PKEY_free(keys->ledger_key);
		home_close(keys->home);
	}
	free(keys);
	return NULL;
}
