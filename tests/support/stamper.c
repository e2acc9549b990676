/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making certificates of an authority, and tokens by hand: OpenSSL's own maker refuses to lie. */
#include "tests/support/stamper.h"

#include "base/macros.h"
#include "tests/support/sample_certificate.h"
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

static void must(int ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "stamper: %s\n", what);
	abort();
}

/* --- certificates --- */

static void extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	must(extension && X509_add_ext(certificate, extension, -1) == 1, value);
	X509_EXTENSION_free(extension);
}

static X509 *certificate_of(
	EVP_PKEY *key, X509 *issuer, const char *name, int from_days, int to_days)
{
	static long serial = 100;
	time_t now = (time_t)(SAMPLE_NOW_MS / 1000);
	X509 *made = X509_new();
	must(made && X509_set_version(made, X509_VERSION_3) == 1 &&
			ASN1_INTEGER_set(X509_get_serialNumber(made), serial++) == 1 &&
			X509_time_adj_ex(X509_getm_notBefore(made), from_days, 0, &now) != NULL &&
			X509_time_adj_ex(X509_getm_notAfter(made), to_days, 0, &now) != NULL &&
			X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
				(const unsigned char *)name, -1, -1, 0) == 1 &&
			X509_set_issuer_name(made, X509_get_subject_name(issuer ? issuer : made)) ==
				1 &&
			X509_set_pubkey(made, key) == 1,
		"certificate");
	return made;
}

static void make_ca(struct stamper *stamper)
{
	struct error error = { 0 };
	char *pem = NULL;
	BIO *text = BIO_new(BIO_s_mem());
	stamper->ca_key = EVP_EC_gen("P-256");
	stamper->ca = certificate_of(stamper->ca_key, NULL, "test time CA", -3650, 3650);
	extend(stamper->ca, stamper->ca, NID_basic_constraints, "critical,CA:TRUE");
	extend(stamper->ca, stamper->ca, NID_key_usage, "critical,keyCertSign,cRLSign");
	extend(stamper->ca, stamper->ca, NID_subject_key_identifier, "hash");
	must(X509_sign(stamper->ca, stamper->ca_key, EVP_sha256()) > 0, "X509_sign");
	must(text && PEM_write_bio_X509(text, stamper->ca) == 1, "PEM");
	size_t length = (size_t)BIO_get_mem_data(text, &pem);
	must(trust_load(pem, length, "tsa-ca.crt", &stamper->trust, &error) == 0, error.what);
	stamper->ca_pem = strndup(pem, length);
	must(stamper->ca_pem != NULL, "strndup");
	BIO_free(text);
}

void stamper_make(const struct stamper_wish *wish, struct stamper *ret)
{
	const char *algorithm = wish->algorithm ? wish->algorithm : "P-256";
	const char *usage = wish->extended_usage ? wish->extended_usage : "critical,timeStamping";
	*ret = (struct stamper){ 0 };
	make_ca(ret);
	ret->key = strcmp(algorithm, "RSA") == 0
			   ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)wish->rsa_bits)
			   : EVP_PKEY_Q_keygen(NULL, NULL, "EC", algorithm);
	must(ret->key != NULL, "keygen");
	ret->certificate = certificate_of(ret->key, ret->ca, "test time authority",
		wish->valid_from_days ? wish->valid_from_days : -30,
		wish->valid_to_days ? wish->valid_to_days : 30);
	extend(ret->certificate, ret->ca, NID_basic_constraints, "critical,CA:FALSE");
	extend(ret->certificate, ret->ca, NID_key_usage, "critical,digitalSignature");
	if (*usage)
		extend(ret->certificate, ret->ca, NID_ext_key_usage, usage);
	extend(ret->certificate, ret->ca, NID_subject_key_identifier, "hash");
	extend(ret->certificate, ret->ca, NID_authority_key_identifier, "keyid:always");
	must(X509_sign(ret->certificate, ret->ca_key, EVP_sha256()) > 0, "X509_sign");
}

void stamper_free(struct stamper *stamper)
{
	EVP_PKEY_free(stamper->ca_key);
	EVP_PKEY_free(stamper->key);
	X509_free(stamper->ca);
	X509_free(stamper->certificate);
	trust_free(stamper->trust);
	free(stamper->ca_pem);
	*stamper = (struct stamper){ 0 };
}

/* --- tokens --- */

static void put_imprint(
	TS_TST_INFO *info, const struct stamp_wish *wish, const void *data, size_t length)
{
	const EVP_MD *method = EVP_get_digestbyname(wish->digest ? wish->digest : "SHA256");
	unsigned char value[EVP_MAX_MD_SIZE];
	unsigned value_length = 0;
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algorithm = X509_ALGOR_new();
	must(method && imprint && algorithm &&
			EVP_Digest(data, length, value, &value_length, method, NULL) == 1,
		"digest");
	if (wish->imprint)
		memcpy(value, wish->imprint, value_length);
	must(X509_ALGOR_set0(algorithm, OBJ_nid2obj(EVP_MD_get_type(method)), V_ASN1_NULL, NULL) ==
			1,
		"algorithm");
	must(TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 &&
			TS_MSG_IMPRINT_set_msg(imprint, value, (int)value_length) == 1 &&
			TS_TST_INFO_set_msg_imprint(info, imprint) == 1,
		"imprint");
	X509_ALGOR_free(algorithm);
	TS_MSG_IMPRINT_free(imprint);
}

static void put_time(TS_TST_INFO *info, const struct stamp_wish *wish)
{
	int64_t utc_ms = wish->utc_ms ? wish->utc_ms : SAMPLE_NOW_MS;
	ASN1_GENERALIZEDTIME *time = ASN1_GENERALIZEDTIME_set(NULL, (time_t)(utc_ms / 1000));
	must(time != NULL, "time");
	if (wish->time)
		must(ASN1_STRING_set(time, wish->time, -1) == 1, "time");
	must(TS_TST_INFO_set_time(info, time) == 1, "time");
	ASN1_GENERALIZEDTIME_free(time);
}

static void put_nonce(TS_TST_INFO *info, const struct stamp_wish *wish)
{
	if (!wish->nonce)
		return;
	BIGNUM *number = BN_bin2bn(wish->nonce, (int)wish->nonce_length, NULL);
	ASN1_INTEGER *nonce = number ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
	must(nonce && TS_TST_INFO_set_nonce(info, nonce) == 1, "nonce");
	ASN1_INTEGER_free(nonce);
	BN_free(number);
}

static void put_name(TS_TST_INFO *info, X509 *named)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	X509_NAME *subject = X509_NAME_dup(X509_get_subject_name(named));
	must(name && subject, "name");
	GENERAL_NAME_set0_value(name, GEN_DIRNAME, subject);
	must(TS_TST_INFO_set_tsa(info, name) == 1, "tsa");
	GENERAL_NAME_free(name);
}

static void put_extension(TS_TST_INFO *info)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *type = OBJ_txt2obj("1.2.3.4.5", 1);
	must(value && type && ASN1_OCTET_STRING_set(value, (const unsigned char *)"x", 1) == 1,
		"extension");
	X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, type, 1, value);
	must(extension && TS_TST_INFO_add_ext(info, extension, -1) == 1, "extension");
	X509_EXTENSION_free(extension);
	ASN1_OBJECT_free(type);
	ASN1_OCTET_STRING_free(value);
}

static BIO *info_of(const struct stamper *stamper, const struct stamp_wish *wish, const void *data,
	size_t length)
{
	TS_TST_INFO *info = TS_TST_INFO_new();
	ASN1_OBJECT *policy = OBJ_txt2obj("1.3.6.1.4.1.13762.3", 1);
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	must(info && policy && serial && ASN1_INTEGER_set(serial, 42) == 1 &&
			TS_TST_INFO_set_version(info, wish->version ? wish->version : 1) == 1 &&
			TS_TST_INFO_set_policy_id(info, policy) == 1 &&
			TS_TST_INFO_set_serial(info, serial) == 1,
		"TSTInfo");
	put_imprint(info, wish, data, length);
	put_time(info, wish);
	put_nonce(info, wish);
	put_name(info, wish->names_another ? stamper->ca : stamper->certificate);
	if (wish->critical_extension)
		put_extension(info);
	unsigned char *der = NULL;
	int der_length = i2d_TS_TST_INFO(info, &der);
	BIO *content = BIO_new(BIO_s_mem());
	must(der_length > 0 && content && BIO_write(content, der, der_length) == der_length, "DER");
	OPENSSL_free(der);
	ASN1_OBJECT_free(policy);
	ASN1_INTEGER_free(serial);
	TS_TST_INFO_free(info);
	return content;
}

void stamper_stamp(const struct stamper *stamper, const struct stamp_wish *wish, const void *data,
	size_t length, uint8_t **ret, size_t *ret_length)
{
	unsigned flags = CMS_BINARY | CMS_NOSMIMECAP | CMS_PARTIAL | wish->flags |
			 (wish->unbound ? 0 : CMS_CADES);
	const EVP_MD *signing = EVP_get_digestbyname(wish->signing ? wish->signing : "SHA256");
	int type = wish->type ? wish->type : NID_id_smime_ct_TSTInfo;
	BIO *content = info_of(stamper, wish, data, length);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, content, flags);
	must(cms && CMS_set1_eContentType(cms, OBJ_nid2obj(type)) == 1 &&
			CMS_add1_signer(cms, stamper->certificate, stamper->key, signing, flags) !=
				NULL,
		"CMS_add1_signer");
	must(!wish->extra || CMS_add1_cert(cms, wish->extra) == 1, "CMS_add1_cert");
	must(CMS_final(cms, content, NULL, flags) == 1, "CMS_final");
	sample_cms_write(cms, ret, ret_length);
	CMS_ContentInfo_free(cms);
	BIO_free(content);
}

void stamper_attach(const uint8_t *cms, size_t length, int signer, const uint8_t *token,
	size_t token_length, uint8_t **ret, size_t *ret_length)
{
	CMS_ContentInfo *read = sample_cms_read(cms, length);
	CMS_SignerInfo *info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(read), signer);
	must(info && CMS_unsigned_add1_attr_by_NID(info, NID_id_smime_aa_timeStampToken,
			     V_ASN1_SEQUENCE, token, (int)token_length) == 1,
		"attach");
	sample_cms_write(read, ret, ret_length);
	CMS_ContentInfo_free(read);
}
