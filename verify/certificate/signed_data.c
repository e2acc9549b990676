/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading one CMS SignedData and checking its signers. OpenSSL reads the structure and verifies the values; what it
 * lets pass unsigned (versions, algorithm names, spellings) is refused here. */
#include "verify/certificate/signed_data.h"

#include "verify/certificate/trust.h"
#include <openssl/err.h>
#include <openssl/ess.h>
#include <string.h>

void signed_data_free(struct signed_data *data)
{
	sk_X509_pop_free(data->certificates, X509_free);
	CMS_ContentInfo_free(data->cms);
	*data = (struct signed_data){ 0 };
}

/* --- structure --- */

/* DER has one spelling, so writing it again must give the same bytes: this refuses BER, anything
 * behind the end, and anything the reader passed over. The certificates are decoded apart. */
static enum signed_fault read_bare(const struct detached_shape *shape, CMS_ContentInfo **ret)
{
	size_t length = 0;
	AUTO_FREE uint8_t *bare = detached_shape_bare(shape, &length);
	if (!bare)
		return SIGNED_NO_MEMORY;
	const unsigned char *cursor = bare;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &cursor, (long)length);
	unsigned char *again = NULL;
	int again_length = cms ? i2d_CMS_ContentInfo(cms, &again) : -1;
	bool same = again_length >= 0 && (size_t)again_length == length &&
		    memcmp(again, bare, length) == 0;
	OPENSSL_free(again);
	*ret = cms;
	return same && OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_signed ? SIGNED_GOOD
									   : SIGNED_MALFORMED;
}

static enum signed_fault read_certificates(
	struct signed_data *data, const struct detached_shape *shape, struct decoded *decoded)
{
	data->certificates = sk_X509_new_null();
	if (!data->certificates)
		return SIGNED_NO_MEMORY;
	for (unsigned i = 0; i < shape->certificate_count; i++) {
		const struct der *der = &shape->certificates[i];
		X509 *certificate =
			decoded_certificate(decoded, der->at, (size_t)(der->end - der->at));
		if (!certificate)
			return SIGNED_MALFORMED;
		if (sk_X509_push(data->certificates, certificate) <= 0) {
			X509_free(certificate);
			return SIGNED_NO_MEMORY;
		}
	}
	return SIGNED_GOOD;
}

/* --- algorithms --- */

static bool parameters_are_empty(const X509_ALGOR *algorithm)
{
	int type = V_ASN1_UNDEF;
	const void *value = NULL;
	X509_ALGOR_get0(NULL, &type, &value, algorithm);
	return type == V_ASN1_UNDEF || type == V_ASN1_NULL;
}

static int nid_of(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *name = NULL;
	X509_ALGOR_get0(&name, NULL, NULL, algorithm);
	return OBJ_obj2nid(name);
}

const EVP_MD *signed_digest(const X509_ALGOR *algorithm)
{
	if (!parameters_are_empty(algorithm))
		return NULL;
	switch (nid_of(algorithm)) {
	case NID_sha256:
		return EVP_sha256();
	case NID_sha384:
		return EVP_sha384();
	case NID_sha512:
		return EVP_sha512();
	default: /* not an enum */
		return NULL;
	}
}

/* The name of the signature's algorithm is not signed and OpenSSL does not compare it with what it
 * verifies by; it must say the same. */
static bool names_same_algorithm(const X509_ALGOR *signature, const EVP_MD *digest, bool rsa)
{
	int nid = nid_of(signature);
	if (rsa && nid == NID_rsaEncryption)
		return true;
	int named_digest = NID_undef, named_key = NID_undef;
	if (OBJ_find_sigid_algs(nid, &named_digest, &named_key) != 1)
		return false;
	return named_digest == EVP_MD_get_type(digest) &&
	       named_key == (rsa ? NID_rsaEncryption : NID_X9_62_id_ecPublicKey);
}

static bool algorithms_are_allowed(struct signed_by *signer)
{
	EVP_PKEY *key = NULL;
	X509_ALGOR *digest = NULL, *signature = NULL;
	CMS_SignerInfo_get0_algs(signer->info, &key, NULL, &digest, &signature);
	signer->digest = signed_digest(digest);
	if (!signer->digest || !parameters_are_empty(signature))
		return false;
	/* Without the signer's certificate there is no key to compare with, and no way to verify. */
	return !key || (trust_key_is_allowed(key) && names_same_algorithm(signature, signer->digest,
							     EVP_PKEY_is_a(key, "RSA") == 1));
}

/* --- signers --- */

/* "Issuer and serial" compares names regardless of case; here each byte counts. */
static bool names_signer_exactly(CMS_SignerInfo *info, X509 *signer)
{
	ASN1_OCTET_STRING *key_id = NULL;
	X509_NAME *issuer = NULL;
	ASN1_INTEGER *serial = NULL;
	if (CMS_SignerInfo_get0_signer_id(info, &key_id, &issuer, &serial) != 1)
		return false;
	if (key_id)
		return true; /* compared byte by byte already */
	const unsigned char *named = NULL, *real = NULL;
	size_t named_length = 0, real_length = 0;
	return X509_NAME_get0_der(issuer, &named, &named_length) == 1 &&
	       X509_NAME_get0_der(X509_get_issuer_name(signer), &real, &real_length) == 1 &&
	       named_length == real_length && memcmp(named, real, real_length) == 0;
}

static void find_certificate(struct signed_by *signer, const STACK_OF(X509) * certificates)
{
	for (int i = 0; i < sk_X509_num(certificates); i++) {
		X509 *candidate = sk_X509_value(certificates, i);
		if (CMS_SignerInfo_cert_cmp(signer->info, candidate) == 0 &&
			names_signer_exactly(signer->info, candidate)) {
			signer->certificate = candidate;
			CMS_SignerInfo_set1_signer_cert(signer->info, candidate);
			return;
		}
	}
}

/* Unsigned attributes are what anybody may add: nothing, or one token; not even an empty set. */
static bool unsigned_attributes_fit(const struct signed_by *signer)
{
	const uint8_t *token = NULL;
	size_t length = 0;
	int count = CMS_unsigned_get_attr_count(signer->info);
	return count < 0 || (count == 1 && signed_by_token(signer, &token, &length));
}

bool signed_by_token(const struct signed_by *signer, const uint8_t **ret, size_t *ret_length)
{
	if (CMS_unsigned_get_attr_count(signer->info) != 1)
		return false;
	X509_ATTRIBUTE *attribute = CMS_unsigned_get_attr(signer->info, 0);
	if (OBJ_obj2nid(X509_ATTRIBUTE_get0_object(attribute)) != NID_id_smime_aa_timeStampToken ||
		X509_ATTRIBUTE_count(attribute) != 1)
		return false;
	const ASN1_TYPE *value = X509_ATTRIBUTE_get0_type(attribute, 0);
	if (!value || value->type != V_ASN1_SEQUENCE)
		return false;
	*ret = ASN1_STRING_get0_data(value->value.sequence);
	*ret_length = (size_t)ASN1_STRING_length(value->value.sequence);
	return true;
}

/* The set of digests outside, for which OpenSSL has no reader, must be exactly those of the signers: both as
 * bytes. Each is a few bytes long, and there are hardly more than one. */
static bool digest_set_is_the_signers(const struct der *set, const struct signed_data *data)
{
	struct der found[DETACHED_SIGNERS_MAX];
	unsigned char *encoded[DETACHED_SIGNERS_MAX] = { NULL };
	unsigned used = 0;
	size_t total = 0;
	bool fits = true;
	for (unsigned i = 0; fits && i < data->signer_count; i++) {
		X509_ALGOR *digest = NULL;
		CMS_SignerInfo_get0_algs(data->signers[i].info, NULL, NULL, &digest, NULL);
		int length = i2d_X509_ALGOR(digest, &encoded[i]);
		const uint8_t *at = encoded[i];
		bool known = false;
		fits = length > 0;
		for (unsigned j = 0; fits && !known && j < used; j++)
			known = found[j].end - found[j].at == length &&
				memcmp(found[j].at, at, (size_t)length) == 0;
		if (!fits || known)
			continue;
		found[used++] = (struct der){ at, at + length };
		total += (size_t)length;
		fits = memmem(set->at, (size_t)(set->end - set->at), at, (size_t)length) != NULL;
	}
	for (unsigned i = 0; i < DETACHED_SIGNERS_MAX; i++)
		OPENSSL_free(encoded[i]);
	/* Sorted it is: it was written again. Each is in it, they differ, and there is no room for more. */
	return fits && total == (size_t)(set->end - set->at);
}

static enum signed_fault read_signers(struct signed_data *data, const struct detached_shape *shape)
{
	STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(data->cms);
	int count = sk_CMS_SignerInfo_num(infos);
	if (count < 1 || count > DETACHED_SIGNERS_MAX)
		return SIGNED_MALFORMED;
	data->signer_count = (unsigned)count;
	for (unsigned i = 0; i < data->signer_count; i++) {
		data->signers[i].info = sk_CMS_SignerInfo_value(infos, (int)i);
		if (!unsigned_attributes_fit(&data->signers[i]))
			return SIGNED_MALFORMED;
	}
	if (!digest_set_is_the_signers(&shape->digest_set, data))
		return SIGNED_MALFORMED;
	for (unsigned i = 0; i < data->signer_count; i++) {
		find_certificate(&data->signers[i], data->certificates);
		if (!algorithms_are_allowed(&data->signers[i]))
			return SIGNED_WEAK;
	}
	return SIGNED_GOOD;
}

enum signed_fault signed_data_read(
	const uint8_t *der, size_t length, struct decoded *decoded, struct signed_data *ret)
{
	struct detached_shape shape;
	*ret = (struct signed_data){ 0 };
	if (length == 0 || !detached_shape_read(der, length, &shape))
		return SIGNED_MALFORMED;
	enum signed_fault fault = read_bare(&shape, &ret->cms);
	if (fault == SIGNED_GOOD)
		fault = read_certificates(ret, &shape, decoded);
	if (fault == SIGNED_GOOD)
		fault = read_signers(ret, &shape);
	if (fault != SIGNED_GOOD)
		signed_data_free(ret);
	ERR_clear_error();
	return fault;
}

/* --- values --- */

const ASN1_TYPE *signed_by_attribute(const struct signed_by *signer, int nid)
{
	int at = CMS_signed_get_attr_by_NID(signer->info, nid, -1);
	if (at < 0 || CMS_signed_get_attr_by_NID(signer->info, nid, at) >= 0)
		return NULL;
	X509_ATTRIBUTE *attribute = CMS_signed_get_attr(signer->info, at);
	return X509_ATTRIBUTE_count(attribute) == 1 ? X509_ATTRIBUTE_get0_type(attribute, 0) : NULL;
}

static const ASN1_STRING *string_of(const struct signed_by *signer, int nid, int type)
{
	const ASN1_TYPE *value = signed_by_attribute(signer, nid);
	return value && value->type == type ? value->value.asn1_string : NULL;
}

/* RFC 5035's attribute, or RFC 2634's (by SHA-1, as older authorities of time have it): one of them binds. */
static bool certificate_is_bound(const struct signed_by *signer)
{
	const ASN1_STRING *new =
		string_of(signer, NID_id_smime_aa_signingCertificateV2, V_ASN1_SEQUENCE);
	const ASN1_STRING *old =
		string_of(signer, NID_id_smime_aa_signingCertificate, V_ASN1_SEQUENCE);
	const unsigned char *at_new = new ? ASN1_STRING_get0_data(new) : NULL;
	const unsigned char *at_old = old ? ASN1_STRING_get0_data(old) : NULL;
	ESS_SIGNING_CERT_V2 *binding =
		new ? d2i_ESS_SIGNING_CERT_V2(NULL, &at_new, ASN1_STRING_length(new)) : NULL;
	ESS_SIGNING_CERT *older =
		old ? d2i_ESS_SIGNING_CERT(NULL, &at_old, ASN1_STRING_length(old)) : NULL;
	STACK_OF(X509) *chain = sk_X509_new_null();
	bool read = (!new || binding) && (!old || older) && (new || old);
	bool bound = read && chain && sk_X509_push(chain, signer->certificate) > 0 &&
		     OSSL_ESS_check_signing_certs(older, binding, chain, 0) == 1;
	ESS_SIGNING_CERT_V2_free(binding);
	ESS_SIGNING_CERT_free(older);
	sk_X509_free(chain);
	return bound;
}

static enum signed_fault compare_digest(
	const struct signed_by *signer, int type, const void *content, size_t length)
{
	const ASN1_STRING *stated = string_of(signer, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING);
	const ASN1_TYPE *of = signed_by_attribute(signer, NID_pkcs9_contentType);
	if (!stated || !of || of->type != V_ASN1_OBJECT || OBJ_obj2nid(of->value.object) != type)
		return SIGNED_MALFORMED;
	unsigned char found[EVP_MAX_MD_SIZE];
	unsigned found_length = 0;
	if (EVP_Digest(content, length, found, &found_length, signer->digest, NULL) != 1)
		return SIGNED_NO_MEMORY;
	bool same = ASN1_STRING_length(stated) == (int)found_length &&
		    memcmp(ASN1_STRING_get0_data(stated), found, found_length) == 0;
	return same ? SIGNED_GOOD : SIGNED_OTHER_CONTENT;
}

enum signed_fault signed_by_verify(
	const struct signed_by *signer, int type, const void *content, size_t length)
{
	enum signed_fault fault = SIGNED_GOOD;
	if (!signer->certificate)
		fault = SIGNED_NO_CERTIFICATE;
	else if (CMS_SignerInfo_verify(signer->info) != 1)
		fault = SIGNED_BROKEN;
	else if (!certificate_is_bound(signer))
		fault = SIGNED_UNBOUND;
	else
		fault = compare_digest(signer, type, content, length);
	ERR_clear_error();
	return fault;
}
