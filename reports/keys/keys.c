/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loading the signer, and showing which keys there are. */
#include "reports/keys/keys.h"

#include "base/digest.h"
#include "base/text.h"
#include "reports/keys/key_files.h"
#include "reports/keys/ledger_key.h"
#include "verify/certificate/trust.h"
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The job waits, whatever it is: mend the key, and the next run certifies. */
static int wait_for_keys(struct error *error, int result)
{
	if (error && result != 0)
		error->kind = ERROR_WAITING;
	return result;
}

/* Would a checker who trusts ca.crt accept this signer now? */
static int check_acceptable(const struct keys *keys, const struct buffer *ca_pem,
	int64_t now_utc_ms, struct error *error)
{
	if (X509_check_private_key(keys->signer_certificate, keys->signer_key) != 1) {
		ERR_clear_error();
		return error_set(error, ERROR_WAITING, EBADMSG, "keys-mismatch",
			_("signer.key is not the key of signer.crt"));
	}
	CLEANUP(cleanup_trust_free) struct trust *trust = NULL;
	int result = trust_load(ca_pem->data, ca_pem->length, "ca.crt", &trust, error);
	if (result == 0)
		result = trust_check_signer(
			trust, keys->signer_certificate, NULL, now_utc_ms, NULL, error);
	return result;
}

static int load_set(
	const struct config *config, int64_t now_utc_ms, struct keys *keys, struct error *error)
{
	const char *folder = config->keys_folder;
	AUTO_BUFFER struct buffer signer_pem = BUFFER_INIT(KEY_CERTIFICATE_FILE_MAX);
	AUTO_BUFFER struct buffer ca_pem = BUFFER_INIT(KEY_CERTIFICATE_FILE_MAX);
	int result = key_read(folder, "signer.key", &keys->signer_key, error);
	if (result == 0)
		result = key_read_certificate(
			folder, "signer.crt", &signer_pem, &keys->signer_certificate, error);
	if (result == 0)
		result = key_read_certificate(
			folder, "ca.crt", &ca_pem, &keys->ca_certificate, error);
	if (result == 0)
		result = check_acceptable(keys, &ca_pem, now_utc_ms, error);
	if (result == 0)
		result = ledger_key_load(folder, &keys->ledger_key, &keys->ledger_public, error);
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
		EVP_PKEY_free(keys->ledger_key);
	}
	free(keys);
	return NULL;
}

/* --- showing --- */

static bool time_to_ms(const ASN1_TIME *time, int64_t *ret)
{
	struct tm parts;
	if (ASN1_TIME_to_tm(time, &parts) != 1)
		return false;
	*ret = (int64_t)timegm(&parts) * 1000;
	return true;
}

static bool serial_to_hex(X509 *certificate, char *ret, size_t size)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
	char *hex = number ? BN_bn2hex(number) : NULL;
	int length = hex ? snprintf(ret, size, "%s", hex) : -1;
	OPENSSL_free(hex);
	BN_free(number);
	return length > 0 && (size_t)length < size;
}

static int summarise(X509 *certificate, struct key_summary *ret, struct error *error)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	*ret = (struct key_summary){ 0 };
	trust_subject(certificate, ret->subject, sizeof(ret->subject));
	if (!serial_to_hex(certificate, ret->serial_number, sizeof(ret->serial_number)) ||
		X509_digest(certificate, EVP_sha256(), digest, &length) != 1 ||
		length != SHA256_BYTES ||
		!time_to_ms(X509_get0_notBefore(certificate), &ret->not_before_utc_ms) ||
		!time_to_ms(X509_get0_notAfter(certificate), &ret->not_after_utc_ms)) {
		ERR_clear_error();
		return error_set(error, ERROR_FAILED, EBADMSG, "keys-malformed",
			_("The certificate %s cannot be read"), ret->subject);
	}
	hex_encode(digest, length, ret->sha256);
	return 0;
}

int keys_summary(const struct keys *keys, struct key_summary *ret_ca,
	struct key_summary *ret_signer, struct error *error)
{
	int result = summarise(keys->ca_certificate, ret_ca, error);
	return result == 0 ? summarise(keys->signer_certificate, ret_signer, error) : result;
}
