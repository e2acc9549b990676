/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Showing which keys there are, and how long they last. */
#include "reports/keys/summary.h"

#include "base/digest.h"
#include "base/text.h"
#include "verify/certificate/trust.h"
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static bool time_to_ms(const ASN1_TIME *time, int64_t *ret)
{
	struct tm parts;
	if (ASN1_TIME_to_tm(time, &parts) != 1)
		return false;
	*ret = (int64_t)timegm(&parts) * 1000;
	return true;
}

bool key_serial_number(const X509 *certificate, char *ret, size_t size)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
	char *hex = number ? BN_bn2hex(number) : NULL;
	int length = hex ? snprintf(ret, size, "%s", hex) : -1;
	OPENSSL_free(hex);
	BN_free(number);
	return length > 0 && (size_t)length < size;
}

int key_summarise(X509 *certificate, struct key_summary *ret, struct error *error)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	*ret = (struct key_summary){ 0 };
	trust_subject(certificate, ret->subject, sizeof(ret->subject));
	if (!key_serial_number(certificate, ret->serial_number, sizeof(ret->serial_number)) ||
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
	int result = key_summarise(keys->ca_certificate, ret_ca, error);
	return result == 0 ? key_summarise(keys->signer_certificate, ret_signer, error) : result;
}

int64_t keys_end_utc_ms(const struct keys *keys)
{
	int64_t end = INT64_MAX, one = 0;
	if (time_to_ms(X509_get0_notAfter(keys->signer_certificate), &one))
		end = MIN(end, one);
	if (time_to_ms(X509_get0_notAfter(keys->ca_certificate), &one))
		end = MIN(end, one);
	for (int i = 0; i < sk_X509_num(keys->chain); i++)
		if (time_to_ms(X509_get0_notAfter(sk_X509_value(keys->chain, i)), &one))
			end = MIN(end, one);
	return end;
}
