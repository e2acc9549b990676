/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading and checking one detached CMS signature. OpenSSL reads the structure and verifies the
 * value; what it lets pass unsigned (versions, algorithm names, spellings) is refused here, so that
 * no byte of the file can be changed unseen. */
#include "verify/certificate/detached.h"

#include "base/text.h"
#include "verify/certificate/detached_shape.h"
#include "verify/certificate/trust.h"
#include <errno.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/ess.h>
#include <string.h>

struct detached {
	CMS_ContentInfo *cms;
	CMS_SignerInfo *signer_info;   /* borrowed from cms */
	STACK_OF(X509) * certificates; /* all that are inside */
	X509 *signer;                  /* borrowed from certificates; NULL: not inside */
	const EVP_MD *digest;          /* static */
};

struct detached *detached_free(struct detached *detached)
{
	if (detached) {
		sk_X509_pop_free(detached->certificates, X509_free);
		CMS_ContentInfo_free(detached->cms);
	}
	free(detached);
	return NULL;
}

X509 *detached_signer(const struct detached *detached)
{
	return detached->signer;
}

STACK_OF(X509) * detached_certificates(const struct detached *detached)
{
	return detached->certificates;
}

static int malformed(struct error *error)
{
	ERR_clear_error();
	(void)error_set(error, ERROR_FAILED, EBADMSG, "signature-malformed",
		_("The signature file is not one CMS signature in DER"));
	return error_next(error, _("Fetch the .p7s file again from where it was issued."));
}

/* DER has one spelling, so writing it again must give the same bytes: this refuses BER, anything
 * behind the end, and anything the reader passed over. The certificates are decoded apart. */
static int read_bare(const struct detached_shape *shape, CMS_ContentInfo **ret, struct error *error)
{
	size_t length = 0;
	AUTO_FREE uint8_t *bare = detached_shape_bare(shape, &length);
	if (!bare)
		return error_no_memory(error);
	const unsigned char *cursor = bare;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &cursor, (long)length);
	unsigned char *again = NULL;
	int again_length = cms ? i2d_CMS_ContentInfo(cms, &again) : -1;
	bool same = again_length >= 0 && (size_t)again_length == length &&
		    memcmp(again, bare, length) == 0;
	OPENSSL_free(again);
	if (!same || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed) {
		CMS_ContentInfo_free(cms);
		return malformed(error);
	}
	*ret = cms;
	return 0;
}

static int read_certificates(struct detached *detached, const struct detached_shape *shape,
	struct decoded *decoded, struct error *error)
{
	detached->certificates = sk_X509_new_null();
	if (!detached->certificates)
		return error_no_memory(error);
	for (unsigned i = 0; i < shape->certificate_count; i++) {
		const struct der *der = &shape->certificates[i];
		X509 *certificate =
			decoded_certificate(decoded, der->at, (size_t)(der->end - der->at));
		if (!certificate)
			return malformed(error);
		if (sk_X509_push(detached->certificates, certificate) <= 0) {
			X509_free(certificate);
			return error_no_memory(error);
		}
	}
	return 0;
}

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

static const EVP_MD *allowed_digest(int nid)
{
	switch (nid) {
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
static bool names_same_algorithm(const X509_ALGOR *signature, int digest_nid, bool rsa)
{
	int nid = nid_of(signature);
	if (rsa && nid == NID_rsaEncryption)
		return true;
	int named_digest = NID_undef, named_key = NID_undef;
	if (OBJ_find_sigid_algs(nid, &named_digest, &named_key) != 1)
		return false;
	return named_digest == digest_nid &&
	       named_key == (rsa ? NID_rsaEncryption : NID_X9_62_id_ecPublicKey);
}

static int check_algorithms(struct detached *detached, struct error *error)
{
	EVP_PKEY *key = NULL;
	X509_ALGOR *digest = NULL, *signature = NULL;
	CMS_SignerInfo_get0_algs(detached->signer_info, &key, NULL, &digest, &signature);
	int digest_nid = nid_of(digest);
	detached->digest = allowed_digest(digest_nid);
	bool good =
		detached->digest && parameters_are_empty(digest) && parameters_are_empty(signature);
	/* Without the signer's certificate there is no key to compare with, and no way to verify. */
	if (good && key)
		good = trust_key_is_allowed(key) &&
		       names_same_algorithm(signature, digest_nid, EVP_PKEY_is_a(key, "RSA") == 1);
	if (good)
		return 0;
	return error_set(error, ERROR_FAILED, EKEYREJECTED, "signature-algorithm",
		_("The signature is not made by SHA-256, SHA-384 or SHA-512 with RSA of 2048 bits "
		  "or "
		  "more, P-256, P-384 or P-521"));
}

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

static void find_signer(struct detached *detached)
{
	for (int i = 0; i < sk_X509_num(detached->certificates); i++) {
		X509 *candidate = sk_X509_value(detached->certificates, i);
		if (CMS_SignerInfo_cert_cmp(detached->signer_info, candidate) == 0 &&
			names_signer_exactly(detached->signer_info, candidate)) {
			detached->signer = candidate;
			CMS_SignerInfo_set1_signer_cert(detached->signer_info, candidate);
			return;
		}
	}
}

/* The set of digests must be exactly the signer's one; OpenSSL has no reader for it, so both are
 * compared as bytes: the set has one element, equal to the signer's. */
static bool digest_set_is_the_signers(const struct der *set, const X509_ALGOR *digest)
{
	unsigned char *encoded = NULL;
	int encoded_length = i2d_X509_ALGOR(digest, &encoded);
	bool same = encoded_length > 0 && set->end - set->at == encoded_length &&
		    memcmp(set->at, encoded, (size_t)encoded_length) == 0;
	OPENSSL_free(encoded);
	return same;
}

static int check_content(CMS_ContentInfo *cms, struct error *error)
{
	ASN1_OCTET_STRING **content = CMS_get0_content(cms);
	if (OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data || !content)
		return malformed(error);
	if (*content)
		return error_set(error, ERROR_FAILED, EBADMSG, "signature-not-detached",
			_("The signature file holds a document of its own; it must be detached "
			  "from "
			  "the one it signs"));
	return 0;
}

static int check_signer_info(
	struct detached *detached, const struct detached_shape *shape, struct error *error)
{
	STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(detached->cms);
	if (sk_CMS_SignerInfo_num(infos) != 1)
		return error_set(error, ERROR_FAILED, EBADMSG, "signature-count",
			_("The signature file has %d signers, but a certificate has exactly one"),
			MAX(sk_CMS_SignerInfo_num(infos), 0));
	detached->signer_info = sk_CMS_SignerInfo_value(infos, 0);
	X509_ALGOR *digest = NULL;
	CMS_SignerInfo_get0_algs(detached->signer_info, NULL, NULL, &digest, NULL);
	if (!digest_set_is_the_signers(&shape->digest_set, digest) ||
		CMS_unsigned_get_attr_count(detached->signer_info) > 0)
		return malformed(error);
	find_signer(detached);
	return check_algorithms(detached, error);
}

int detached_parse(const uint8_t *p7s, size_t length, struct decoded *decoded,
	struct detached **ret, struct error *error)
{
	struct detached_shape shape;
	if (length == 0 || length > DETACHED_MAX_BYTES || !detached_shape_read(p7s, length, &shape))
		return malformed(error);
	struct detached *detached = calloc(1, sizeof(*detached));
	if (!detached)
		return error_no_memory(error);
	int result = read_bare(&shape, &detached->cms, error);
	if (result == 0)
		result = read_certificates(detached, &shape, decoded, error);
	if (result == 0)
		result = check_content(detached->cms, error);
	if (result == 0)
		result = check_signer_info(detached, &shape, error);
	if (result != 0) {
		detached_free(detached);
		return result;
	}
	*ret = detached;
	return 0;
}

/* The value of a signed attribute that must be there once, with one value; borrowed. */
static const void *signed_value(CMS_SignerInfo *info, int nid, int type)
{
	const int exactly_one = -3;
	return CMS_signed_get0_data_by_OBJ(info, OBJ_nid2obj(nid), exactly_one, type);
}

static bool certificate_is_bound(CMS_SignerInfo *info, X509 *signer)
{
	const ASN1_STRING *value =
		signed_value(info, NID_id_smime_aa_signingCertificateV2, V_ASN1_SEQUENCE);
	STACK_OF(X509) *chain = sk_X509_new_null();
	ESS_SIGNING_CERT_V2 *binding = NULL;
	if (value) {
		const unsigned char *cursor = ASN1_STRING_get0_data(value);
		binding = d2i_ESS_SIGNING_CERT_V2(NULL, &cursor, ASN1_STRING_length(value));
	}
	bool bound = binding && chain && sk_X509_push(chain, signer) > 0 &&
		     OSSL_ESS_check_signing_certs(NULL, binding, chain, 1) == 1;
	ESS_SIGNING_CERT_V2_free(binding);
	sk_X509_free(chain);
	return bound;
}

static int check_digest(
	const struct detached *detached, const void *data, size_t length, struct error *error)
{
	const ASN1_STRING *stated =
		signed_value(detached->signer_info, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING);
	const ASN1_OBJECT *type =
		signed_value(detached->signer_info, NID_pkcs9_contentType, V_ASN1_OBJECT);
	if (!stated || !type || OBJ_obj2nid(type) != NID_pkcs7_data)
		return malformed(error);
	unsigned char found[EVP_MAX_MD_SIZE];
	unsigned found_length = 0;
	if (EVP_Digest(data, length, found, &found_length, detached->digest, NULL) != 1)
		return error_no_memory(error);
	if (ASN1_STRING_length(stated) == (int)found_length &&
		memcmp(ASN1_STRING_get0_data(stated), found, found_length) == 0)
		return 0;
	(void)error_set(error, ERROR_FAILED, EBADMSG, "signature-wrong-content",
		_("The signature is good, but for another document: this one was altered after it "
		  "was "
		  "signed, or the two files do not belong together"));
	return error_next(error, _("Fetch both files again from where they were issued."));
}

int detached_verify(struct detached *detached, const void *data, size_t length, struct error *error)
{
	if (!detached->signer)
		return error_set(error, ERROR_FAILED, EBADMSG, "signature-certificate",
			_("The signature file does not carry the certificate of its signer"));
	int verified = CMS_SignerInfo_verify(detached->signer_info);
	ERR_clear_error();
	if (verified != 1)
		return error_set(error, ERROR_FAILED, EBADMSG, "signature-broken",
			_("The signature's value is wrong: the signature file was damaged or "
			  "forged"));
	if (!certificate_is_bound(detached->signer_info, detached->signer)) {
		ERR_clear_error();
		return error_set(error, ERROR_FAILED, EBADMSG, "signature-certificate",
			_("The signature does not bind the certificate of its signer "
			  "(signing-certificate-v2)"));
	}
	return check_digest(detached, data, length, error);
}
