/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checking a time stamp token: the signature around it as any other, then what it says (TSTInfo, RFC 3161 2.4.2). */
#include "verify/certificate/timestamp.h"

#include "base/text.h"
#include "verify/certificate/signed_data.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#define TST_INFO_VERSION 1

static int malformed(struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "timestamp-malformed",
		_("The time stamp is not one time stamp token in DER by one signer (RFC 3161)"));
}

static int say(enum signed_fault fault, struct error *error)
{
	switch (fault) {
	case SIGNED_GOOD:
		return 0;
	case SIGNED_NO_MEMORY:
		return error_no_memory(error);
	case SIGNED_WEAK:
		return error_set(error, ERROR_FAILED, EKEYREJECTED, "timestamp-weak",
			_("The time stamp is not made by SHA-256, SHA-384 or SHA-512 with RSA of "
			  "2048 bits or more, P-256, P-384 or P-521"));
	case SIGNED_BROKEN:
	case SIGNED_OTHER_CONTENT:
		return error_set(error, ERROR_FAILED, EBADMSG, "timestamp-broken",
			_("The time stamp's signature is wrong: it was damaged or forged"));
	case SIGNED_UNBOUND:
		return error_set(error, ERROR_FAILED, EBADMSG, "timestamp-broken",
			_("The time stamp does not bind the certificate of its signer "
			  "(signing-certificate)"));
	case SIGNED_NO_CERTIFICATE:
		return error_set(error, ERROR_FAILED, EBADMSG, "timestamp-malformed",
			_("The time stamp does not carry the certificate of its signer"));
	case SIGNED_UNKNOWN:
	case SIGNED_MALFORMED:
		break;
	}
	return malformed(error);
}

/* --- what it says --- */

static TS_TST_INFO *read_info(const ASN1_OCTET_STRING *content)
{
	const unsigned char *at = ASN1_STRING_get0_data(content);
	size_t length = (size_t)ASN1_STRING_length(content);
	const unsigned char *cursor = at;
	TS_TST_INFO *info = d2i_TS_TST_INFO(NULL, &cursor, (long)length);
	unsigned char *again = NULL;
	int again_length = info ? i2d_TS_TST_INFO(info, &again) : -1;
	bool same = again_length >= 0 && (size_t)again_length == length &&
		    memcmp(again, at, length) == 0;
	OPENSSL_free(again);
	if (same)
		return info;
	TS_TST_INFO_free(info);
	return NULL;
}

static bool has_critical_extension(TS_TST_INFO *info)
{
	return TS_TST_INFO_get_ext_by_critical(info, 1, -1) >= 0;
}

/* YYYYMMDDhhmmss, a fraction if any, Z. */
static bool read_time(const TS_TST_INFO *info, int64_t *ret_utc_ms)
{
	const ASN1_GENERALIZEDTIME *stated = TS_TST_INFO_get_time(info);
	struct tm parts;
	int64_t milliseconds = 0, unit = 100;
	size_t length = stated ? (size_t)ASN1_STRING_length(stated) : 0;
	const char *text = stated ? (const char *)ASN1_STRING_get0_data(stated) : "";
	const size_t seconds_end = sizeof("YYYYMMDDhhmmss") - 1;
	if (length <= seconds_end || text[length - 1] != 'Z' ||
		ASN1_TIME_to_tm(stated, &parts) != 1)
		return false;
	if (length > seconds_end + 1 && text[seconds_end] != '.')
		return false;
	for (size_t i = seconds_end + 1; i + 1 < length; i++, unit /= 10) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		milliseconds += (text[i] - '0') * unit;
	}
	*ret_utc_ms = (int64_t)timegm(&parts) * 1000 + milliseconds;
	return true;
}

/* Who it says it is by: its signer's subject or one of the other names. */
static bool names_signer(TS_TST_INFO *info, X509 *signer)
{
	GENERAL_NAME *stated = TS_TST_INFO_get_tsa(info);
	if (!stated)
		return true;
	if (stated->type == GEN_DIRNAME &&
		X509_NAME_cmp(stated->d.dirn, X509_get_subject_name(signer)) == 0)
		return true;
	GENERAL_NAMES *others = X509_get_ext_d2i(signer, NID_subject_alt_name, NULL, NULL);
	bool found = false;
	for (int i = 0; !found && i < sk_GENERAL_NAME_num(others); i++)
		found = GENERAL_NAME_cmp(stated, sk_GENERAL_NAME_value(others, i)) == 0;
	GENERAL_NAMES_free(others);
	return found;
}

static int check_imprint(TS_TST_INFO *info, const void *data, size_t length, struct error *error)
{
	TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(info);
	const EVP_MD *digest = signed_digest(TS_MSG_IMPRINT_get_algo(imprint));
	const ASN1_OCTET_STRING *stated = TS_MSG_IMPRINT_get_msg(imprint);
	unsigned char found[EVP_MAX_MD_SIZE];
	unsigned found_length = 0;
	if (!digest)
		return error_set(error, ERROR_FAILED, EKEYREJECTED, "timestamp-weak",
			_("The time stamp is over a digest other than SHA-256, SHA-384 or "
			  "SHA-512"));
	if (EVP_Digest(data, length, found, &found_length, digest, NULL) != 1)
		return error_no_memory(error);
	if (ASN1_STRING_length(stated) == (int)found_length &&
		memcmp(ASN1_STRING_get0_data(stated), found, found_length) == 0)
		return 0;
	return error_set(error, ERROR_FAILED, EBADMSG, "timestamp-other-data",
		_("The time stamp is good, but for something else than this signature"));
}

static int check_info(const ASN1_OCTET_STRING *content, X509 *signer, const void *data,
	size_t length, int64_t *ret_utc_ms, struct error *error)
{
	TS_TST_INFO *info = read_info(content);
	int result = -EBADMSG;
	if (!info || TS_TST_INFO_get_version(info) != TST_INFO_VERSION ||
		has_critical_extension(info) || !read_time(info, ret_utc_ms) ||
		!names_signer(info, signer))
		result = malformed(error);
	else
		result = check_imprint(info, data, length, error);
	TS_TST_INFO_free(info);
	return result;
}

/* --- all together --- */

static int check_way(const struct signed_data *token, const struct trust *trust, int64_t utc_ms,
	STACK_OF(X509) * *ret_way, struct error *error)
{
	CLEANUP(cleanup_trust_way_free) STACK_OF(X509) *way = NULL;
	int result = trust_check_stamper(
		trust, token->signers[0].certificate, token->certificates, utc_ms, &way, error);
	for (int i = 0; result == 0 && i < sk_X509_num(token->certificates); i++)
		if (!trust_way_has(way, sk_X509_value(token->certificates, i)))
			result = malformed(error);
	if (result == 0 && ret_way) {
		*ret_way = way;
		way = NULL;
	}
	return result;
}

static int check_token(const struct signed_data *token, const void *data, size_t length,
	const struct trust *trust, int64_t *ret_utc_ms, STACK_OF(X509) * *ret_way,
	struct error *error)
{
	const struct signed_by *signer = &token->signers[0];
	ASN1_OCTET_STRING **content = CMS_get0_content(token->cms);
	const uint8_t *inner = NULL;
	size_t inner_length = 0;
	if (token->signer_count != 1 || signed_by_token(signer, &inner, &inner_length) ||
		OBJ_obj2nid(CMS_get0_eContentType(token->cms)) != NID_id_smime_ct_TSTInfo ||
		!content || !*content)
		return malformed(error);
	int64_t utc_ms = 0;
	int result =
		say(signed_by_verify(signer, NID_id_smime_ct_TSTInfo,
			    ASN1_STRING_get0_data(*content), (size_t)ASN1_STRING_length(*content)),
			error);
	if (result == 0)
		result = check_info(*content, signer->certificate, data, length, &utc_ms, error);
	if (result == 0)
		result = check_way(token, trust, utc_ms, ret_way, error);
	if (result == 0)
		*ret_utc_ms = utc_ms;
	return result;
}

int timestamp_check(const uint8_t *token, size_t token_length, const void *data, size_t length,
	const struct trust *trust, int64_t *ret_utc_ms, STACK_OF(X509) * *ret_way,
	struct error *error)
{
	struct signed_data read;
	if (token_length > TIMESTAMP_MAX_BYTES)
		return malformed(error);
	int result = say(signed_data_read(token, token_length, trust_decoded(trust), &read), error);
	if (result != 0)
		return result;
	result = check_token(&read, data, length, trust, ret_utc_ms, ret_way, error);
	signed_data_free(&read);
	ERR_clear_error();
	return result;
}
