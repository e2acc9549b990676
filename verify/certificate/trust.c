/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trust anchors, and the way from a signer's certificate to one of them (RFC 5280 6.1), with an
 * answer of its own for each way it can fail. */
#include "verify/certificate/trust.h"

#include "base/text.h"
#include "verify/certificate/known_ways.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>

#define RSA_BITS_MIN 2048
#define SECURITY_LEVEL 2 /* OpenSSL's: at least 112 bits in every signature on the way */

struct trust {
	X509_STORE *anchors;
	struct decoded *decoded;
	struct known_ways *ways;
};

struct trust *trust_free(struct trust *trust)
{
	if (trust) {
		X509_STORE_free(trust->anchors);
		decoded_free(trust->decoded);
		known_ways_free(trust->ways);
	}
	free(trust);
	return NULL;
}

struct decoded *trust_decoded(const struct trust *trust)
{
	return trust->decoded;
}

/* 1: a certificate was added; 0: no more; -1: a broken one, or out of memory. */
static int add_next_anchor(BIO *source, X509_STORE *anchors)
{
	char no_passphrase[] = ""; /* else OpenSSL would ask on the terminal */
	X509 *anchor = PEM_read_bio_X509(source, NULL, NULL, no_passphrase);
	if (!anchor) {
		unsigned long reason = ERR_peek_last_error();
		bool no_more = ERR_GET_LIB(reason) == ERR_LIB_PEM &&
			       ERR_GET_REASON(reason) == PEM_R_NO_START_LINE;
		ERR_clear_error();
		return no_more ? 0 : -1;
	}
	int added = X509_STORE_add_cert(anchors, anchor);
	X509_free(anchor);
	return added == 1 ? 1 : -1;
}

static int malformed(const char *name, struct error *error)
{
	(void)error_set(error, ERROR_USAGE, EBADMSG, "trust-malformed",
		_("%s is not a list of certificates in PEM, so there is nothing to trust"), name);
	return error_next(error, _("Give the CA certificate (ca.crt) that the organisation handed "
				   "out by another way "
				   "than the certificate itself."));
}

int trust_load(
	const char *pem, size_t length, const char *name, struct trust **ret, struct error *error)
{
	if (length > TRUST_MAX_BYTES)
		return malformed(name, error);
	struct trust *trust = calloc(1, sizeof(*trust));
	BIO *source = BIO_new_mem_buf(pem, (int)length);
	int result = -ENOMEM;
	if (!trust || !source || !(trust->anchors = X509_STORE_new()) ||
		!(trust->decoded = decoded_new()) || !(trust->ways = known_ways_new())) {
		(void)error_no_memory(error);
		goto out;
	}
	int count = 0, added = 0;
	while (count < TRUST_ANCHORS_MAX && (added = add_next_anchor(source, trust->anchors)) > 0)
		count++;
	if (added != 0 || count == 0) { /* also when there are more than we look at */
		result = malformed(name, error);
		goto out;
	}
	*ret = trust;
	trust = NULL;
	result = 0;
out:
	BIO_free(source);
	trust_free(trust);
	return result;
}

bool trust_key_is_allowed(const EVP_PKEY *key)
{
	if (!key)
		return false;
	if (EVP_PKEY_is_a(key, "RSA"))
		return EVP_PKEY_get_bits(key) >= RSA_BITS_MIN;
	if (!EVP_PKEY_is_a(key, "EC"))
		return false;
	char group[32] = "";
	if (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1)
		return false;
	int curve = OBJ_txt2nid(group);
	return curve == NID_X9_62_prime256v1 || curve == NID_secp384r1 || curve == NID_secp521r1;
}

void trust_subject(const X509 *certificate, char *ret, size_t size)
{
	ret[0] = '\0';
	BIO *text = BIO_new(BIO_s_mem());
	unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
	if (text && X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, flags) >= 0) {
		char *data = NULL;
		size_t length = (size_t)MAX(BIO_get_mem_data(text, &data), 0);
		if (length >= size) {
			length = size - 1;
			while (length > 0 && ((unsigned char)data[length] & 0xC0) == 0x80)
				length--; /* not within a character */
		}
		if (length > 0)
			memcpy(ret, data, length);
		ret[length] = '\0';
	}
	BIO_free(text);
}

/* What the way's end looks like to a person: which certificate, and why. */
static int refuse_way(X509_STORE_CTX *way, X509 *signer, struct error *error)
{
	int reason = X509_STORE_CTX_get_error(way);
	X509 *at = X509_STORE_CTX_get_current_cert(way);
	char subject[256];
	trust_subject(at ? at : signer, subject, sizeof(subject));
	switch (reason) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return error_set(error, ERROR_FAILED, EKEYEXPIRED, "signer-expired",
			_("The signing certificate %s is no longer valid at this time"), subject);
	case X509_V_ERR_CERT_NOT_YET_VALID:
		(void)error_set(error, ERROR_FAILED, EKEYREJECTED, "signer-not-yet-valid",
			_("The signing certificate %s is not valid yet at this time"), subject);
		return error_next(error, _("Look whether the clock of this machine is right."));
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_CERT_UNTRUSTED:
		trust_subject(signer, subject, sizeof(subject));
		(void)error_set(error, ERROR_FAILED, EKEYREJECTED, "signature-wrong-signer",
			_("The signer %s leads to none of the certificates you trust"), subject);
		return error_next(error,
			_("Ask the organisation for its CA certificate by another way. If you have "
			  "the right one, this certificate was not issued by that organisation."));
	case X509_V_ERR_INVALID_CA:
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
	case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
		return error_set(error, ERROR_FAILED, EKEYREJECTED, "signer-not-allowed",
			_("The certificate %s stands on the way as a CA and may not be one"),
			subject);
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return error_set(error, ERROR_FAILED, EKEYREJECTED, "signer-weak-key",
			_("The key or the signature of the certificate %s is too weak"), subject);
	case X509_V_ERR_OUT_OF_MEM:
		return error_no_memory(error);
	default:
		return error_set(error, ERROR_FAILED, EKEYREJECTED, "signer-chain",
			_("The certificate %s is not accepted: %s"), subject,
			X509_verify_cert_error_string(reason));
	}
}

/* Where purposes are stated, no other counts (RFC 5280 4.2.1.12): what an organisation's CA gave a server, a login
 * or an authority of time signs no documents. emailProtection is what `openssl cms -verify` wants; documentSigning
 * is RFC 9336's. */
static bool is_for_documents(X509 *signer)
{
	if (!(X509_get_extension_flags(signer) & EXFLAG_XKUSAGE))
		return true;
	if (X509_get_extended_key_usage(signer) & (XKU_SMIME | XKU_ANYEKU))
		return true;
	EXTENDED_KEY_USAGE *purposes = X509_get_ext_d2i(signer, NID_ext_key_usage, NULL, NULL);
	ASN1_OBJECT *document_signing = OBJ_txt2obj("1.3.6.1.5.5.7.3.36", 1);
	bool found = false;
	for (int i = 0; document_signing && !found && i < sk_ASN1_OBJECT_num(purposes); i++)
		found = OBJ_cmp(sk_ASN1_OBJECT_value(purposes, i), document_signing) == 0;
	ASN1_OBJECT_free(document_signing);
	sk_ASN1_OBJECT_pop_free(purposes, ASN1_OBJECT_free);
	return found;
}

static int check_signer_usage(X509 *signer, struct error *error)
{
	uint32_t flags = X509_get_extension_flags(signer);
	bool ca = (flags & EXFLAG_CA) != 0;
	bool may_sign = (flags & EXFLAG_KUSAGE) && !(flags & EXFLAG_INVALID) &&
			(X509_get_key_usage(signer) & KU_DIGITAL_SIGNATURE) &&
			is_for_documents(signer);
	if (!ca && may_sign)
		return 0;
	char subject[256];
	trust_subject(signer, subject, sizeof(subject));
	return error_set(error, ERROR_FAILED, EKEYREJECTED, "signer-not-allowed",
		ca ? _("The signer's certificate %s is that of a CA, which may not sign documents")
		   : _("The signer's certificate %s does not allow digital signatures"),
		subject);
}

static int check_keys(const STACK_OF(X509) * chain, struct error *error)
{
	for (int i = 0; i < sk_X509_num(chain); i++) {
		X509 *certificate = sk_X509_value(chain, i);
		if (trust_key_is_allowed(X509_get0_pubkey(certificate)))
			continue;
		char subject[256];
		trust_subject(certificate, subject, sizeof(subject));
		return error_set(error, ERROR_FAILED, EKEYREJECTED, "signer-weak-key",
			_("The key of the certificate %s is not RSA of 2048 bits or more, P-256, "
			  "P-384 or P-521"),
			subject);
	}
	return 0;
}

/* --- the way --- */

STACK_OF(X509) * trust_way_free(STACK_OF(X509) * way)
{
	sk_X509_pop_free(way, X509_free);
	return NULL;
}

bool trust_way_has(const STACK_OF(X509) * way, const X509 *certificate)
{
	for (int i = 0; i < sk_X509_num(way); i++)
		if (X509_cmp(sk_X509_value(way, i), certificate) == 0)
			return true;
	return false;
}

int trust_error_extra(struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "signature-extra-certificate",
		_("The signature carries certificates that do not belong to its signer"));
}

/* Nothing rides along: each certificate inside is one of the way's. */
static int check_inside(
	const STACK_OF(X509) * inside, const STACK_OF(X509) * way, struct error *error)
{
	for (int i = 0; i < sk_X509_num(inside); i++)
		if (!trust_way_has(way, sk_X509_value(inside, i)))
			return trust_error_extra(error);
	return 0;
}

typedef int check_usage(X509 *signer, struct error *error);

static int check_way(X509_STORE_CTX *context, X509 *signer, int64_t at_utc_ms, unsigned long flags,
	check_usage *usage, struct error *error)
{
	X509_VERIFY_PARAM *rules = X509_STORE_CTX_get0_param(context);
	X509_VERIFY_PARAM_set_time(rules, (time_t)(at_utc_ms / 1000));
	X509_VERIFY_PARAM_set_auth_level(rules, SECURITY_LEVEL);
	if (X509_VERIFY_PARAM_set_flags(rules, flags) != 1)
		return error_no_memory(error);
	if (X509_verify_cert(context) != 1)
		return refuse_way(context, signer, error);
	int result = usage(signer, error);
	return result == 0 ? check_keys(X509_STORE_CTX_get0_chain(context), error) : result;
}

static int verify_way(const struct trust *trust, X509 *signer, STACK_OF(X509) * inside,
	int64_t at_utc_ms, unsigned long flags, check_usage *usage, STACK_OF(X509) * *ret_way,
	struct error *error)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	if (!context || X509_STORE_CTX_init(context, trust->anchors, signer, inside) != 1) {
		X509_STORE_CTX_free(context);
		return error_no_memory(error);
	}
	int result = check_way(context, signer, at_utc_ms, flags, usage, error);
	if (result == 0 && !(*ret_way = X509_STORE_CTX_get1_chain(context)))
		result = error_no_memory(error);
	X509_STORE_CTX_free(context);
	return result;
}

static int find_way(const struct trust *trust, X509 *signer, STACK_OF(X509) * inside,
	int64_t at_utc_ms, unsigned long flags, check_usage *usage, STACK_OF(X509) * *ret_way,
	struct error *error)
{
	/* The flags differ between the two uses. */
	STACK_OF(X509) *way = known_ways_find(trust->ways, signer, (int)flags, at_utc_ms);
	int result = 0;
	if (!way) {
		result = verify_way(trust, signer, inside, at_utc_ms, flags, usage, &way, error);
		if (result == 0)
			known_ways_keep(trust->ways, way, (int)flags);
	}
	if (result == 0 && ret_way)
		*ret_way = way;
	else if (result == 0) {
		result = check_inside(inside, way, error);
		trust_way_free(way);
	}
	ERR_clear_error();
	return result;
}

int trust_check_signer(const struct trust *trust, X509 *signer, STACK_OF(X509) * inside,
	int64_t at_utc_ms, STACK_OF(X509) * *ret_way, struct error *error)
{
	return find_way(trust, signer, inside, at_utc_ms, X509_V_FLAG_X509_STRICT,
		check_signer_usage, ret_way, error);
}

/* --- who signs time stamps --- */

/* OpenSSL's purpose: the key's usage, and timeStamping as the only extended one, critical. */
static int check_stamper_usage(X509 *signer, struct error *error)
{
	if (X509_check_purpose(signer, X509_PURPOSE_TIMESTAMP_SIGN, 0) == 1)
		return 0;
	char subject[256];
	trust_subject(signer, subject, sizeof(subject));
	return error_set(error, ERROR_FAILED, EKEYREJECTED, "signer-not-allowed",
		_("The certificate %s is not one for time stamps alone (extended key usage)"),
		subject);
}

/* The same reasons, said of a time stamp. */
static const char *code_of_stamper(const char *code)
{
	static const struct {
		const char *signer, *stamper;
	} codes[] = {
		{ "signer-expired", "timestamp-expired" },
		{ "signer-not-yet-valid", "timestamp-expired" },
		{ "signer-not-allowed", "timestamp-not-allowed" },
		{ "signer-weak-key", "timestamp-weak" },
		{ "signature-extra-certificate", "timestamp-malformed" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (strcmp(code, codes[i].signer) == 0)
			return codes[i].stamper;
	return "timestamp-signer";
}

int trust_check_stamper(const struct trust *trust, X509 *signer, STACK_OF(X509) * inside,
	int64_t at_utc_ms, STACK_OF(X509) * *ret_way, struct error *error)
{
	/* Not X509_STRICT: authorities of time are others', and theirs is older than our rules. */
	struct error why = { 0 };
	int result =
		find_way(trust, signer, inside, at_utc_ms, 0, check_stamper_usage, ret_way, &why);
	if (result == 0 || result == -ENOMEM) {
		if (error && result != 0)
			*error = why;
		return result;
	}
	return error_set(error, ERROR_FAILED, -result, code_of_stamper(why.code),
		_("The time stamp's signer is not accepted: %s"), why.what);
}
