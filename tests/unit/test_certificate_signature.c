/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checking certificates: who may sign, and what a signature file may look like. */
#include "tests/support/certificate_case.h"
#include "verify/certificate/detached_shape.h"

#include <errno.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* --- other signers --- */

static void expect_signed_by(
	const struct certificate_case *fixture, const struct keys *keys, int at, const char *code)
{
	struct sample_files files;

	sample_files_sign(fixture->document, keys, &files);
	if (code)
		expect(fixture, &files, at, code);
	else
		expect_valid(fixture, &files);
	sample_files_free(&files);
}

static void test_another_ca_with_the_same_names(void **state)
{
	const struct certificate_case *fixture = *state;
	struct sample_ca other = { 0 };

	sample_ca_make(SAMPLE_ORGANISATION, &other);
	expect_signed_by(fixture, other.keys, CHECK_CHAIN, "signature-wrong-signer");
	sample_ca_free(&other);
}

/* The forger copies also the key identifiers, so that the real CA looks like the issuer. */
static void test_another_ca_with_the_same_names_and_key_identifiers(void **state)
{
	const struct certificate_case *fixture = *state;
	const struct keys *real = fixture->ca.keys;
	EVP_PKEY *key = EVP_EC_gen("P-256"), *ca_key = EVP_EC_gen("P-256");
	X509 *signer = X509_dup(real->signer_certificate), *ca = X509_dup(real->ca_certificate);

	assert_true(
		X509_set_pubkey(signer, key) == 1 && X509_sign(signer, ca_key, EVP_sha256()) > 0);
	assert_true(X509_set_pubkey(ca, ca_key) == 1 && X509_sign(ca, ca_key, EVP_sha256()) > 0);
	struct keys forged = {
		.signer_key = key, .signer_certificate = signer, .ca_certificate = ca
	};
	expect_signed_by(fixture, &forged, CHECK_CHAIN, "signature-wrong-signer");
	/* And with the real CA's certificate inside. */
	forged.ca_certificate = real->ca_certificate;
	expect_signed_by(fixture, &forged, CHECK_CHAIN, "signature-wrong-signer");
	X509_free(signer);
	X509_free(ca);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
}

static void test_a_signer_who_signs_for_himself(void **state)
{
	const struct certificate_case *fixture = *state;
	const struct keys self = { .signer_key = fixture->ca.ca_key,
		.signer_certificate = fixture->ca.keys->ca_certificate,
		.ca_certificate = fixture->ca.keys->ca_certificate };
	struct sample_files files = fixture->files;

	sample_sign_oddly(&self, files.json, files.json_length,
		CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES | CMS_NOCERTS, EVP_sha256(),
		&files.p7s, &files.p7s_length);
	expect(fixture, &files, CHECK_CHAIN, "signer-not-allowed");
	free(files.p7s);
}

#define SIGNS "critical,digitalSignature"
#define NO_CA "critical,CA:FALSE"

static void test_odd_signers_of_the_right_ca(void **state)
{
	const struct certificate_case *fixture = *state;
	static const struct {
		struct sample_odd_signer wish;
		const char *code;
	} cases[] = {
		{ { NO_CA, SIGNS, -1, 1, "P-256", 0, NULL }, NULL },
		{ { NO_CA, SIGNS, -1, 1, "P-384", 0, NULL }, NULL },
		{ { NO_CA, SIGNS, -1, 1, "P-521", 0, NULL }, NULL },
		{ { NO_CA, SIGNS, -1, 1, "RSA", 2048, NULL }, NULL },
		{ { NO_CA, SIGNS, -3, -1, "P-256", 0, NULL }, "signer-expired" },
		{ { NO_CA, SIGNS, 1, 3, "P-256", 0, NULL }, "signer-not-yet-valid" },
		{ { "critical,CA:TRUE", "critical,keyCertSign,digitalSignature", -1, 1, "P-256", 0,
			  NULL },
			"signer-not-allowed" },
		{ { NO_CA, "critical,keyAgreement", -1, 1, "P-256", 0, NULL },
			"signer-not-allowed" },
		{ { NO_CA, NULL, -1, 1, "P-256", 0, NULL }, "signer-not-allowed" },
		/* What an organisation's CA gives to servers, people's logins and authorities of time. */
		{ { NO_CA, SIGNS, -1, 1, "P-256", 0, "serverAuth,clientAuth" },
			"signer-not-allowed" },
		{ { NO_CA, SIGNS, -1, 1, "P-256", 0, "critical,timeStamping" },
			"signer-not-allowed" },
		{ { NO_CA, SIGNS, -1, 1, "P-256", 0, "emailProtection" }, NULL },
		{ { NO_CA, SIGNS, -1, 1, "P-256", 0, "1.3.6.1.5.5.7.3.36" }, NULL },
		{ { NO_CA, SIGNS, -1, 1, "P-256", 0, "anyExtendedKeyUsage" }, NULL },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct keys *keys = NULL;
		sample_signer_make(&fixture->ca, &cases[i].wish, &keys);
		expect_signed_by(fixture, keys, CHECK_CHAIN, cases[i].code);
		keys_free(keys);
	}
}

static void test_weak_keys_and_digests(void **state)
{
	const struct certificate_case *fixture = *state;
	static const struct {
		struct sample_odd_signer wish;
		const char *digest;
	} cases[] = {
		{ { NO_CA, SIGNS, -1, 1, "RSA", 1024, NULL }, "SHA256" },
		{ { NO_CA, SIGNS, -1, 1, "P-224", 0, NULL }, "SHA256" },
		{ { NO_CA, SIGNS, -1, 1, "secp256k1", 0, NULL }, "SHA256" },
		{ { NO_CA, SIGNS, -1, 1, "P-256", 0, NULL }, "SHA1" },
		{ { NO_CA, SIGNS, -1, 1, "P-256", 0, NULL }, "SHA224" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sample_files files = fixture->files;
		struct keys *keys = NULL;
		sample_signer_make(&fixture->ca, &cases[i].wish, &keys);
		sample_sign_oddly(keys, files.json, files.json_length,
			CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES,
			EVP_get_digestbyname(cases[i].digest), &files.p7s, &files.p7s_length);
		expect(fixture, &files, CHECK_SIGNATURE, "signature-algorithm");
		free(files.p7s);
		keys_free(keys);
	}
}

static void test_the_time_of_the_check_counts(void **state)
{
	const struct certificate_case *fixture = *state;
	int64_t begin = SAMPLE_NOW_MS - SAMPLE_DAY_MS;
	int64_t end = begin + KEYS_SIGNER_DAYS * SAMPLE_DAY_MS;

	expect_at(fixture, &fixture->files, begin - 1000, CHECK_CHAIN, "signer-not-yet-valid");
	expect_at(fixture, &fixture->files, end + 1000, CHECK_CHAIN, "signer-expired");
	expect_at(fixture, &fixture->files, 0, CHECK_CHAIN, "signer-not-yet-valid");
	expect_at(fixture, &fixture->files, -1, CHECK_CHAIN, "signer-not-yet-valid");
}

/* --- odd signature files --- */

static void test_the_signature_of_another_certificate(void **state)
{
	const struct certificate_case *fixture = *state;
	AUTO_JSON json_t *other = sample_certificate_document(SAMPLE_JOB_SAMPLED);
	struct sample_files files, mixed = fixture->files;

	sample_files_sign(other, fixture->ca.keys, &files);
	mixed.p7s = files.p7s;
	mixed.p7s_length = files.p7s_length;
	expect(fixture, &mixed, CHECK_SIGNATURE, "signature-wrong-content");
	sample_files_free(&files);
}

static void test_unusual_ways_of_signing(void **state)
{
	const struct certificate_case *fixture = *state;
	const unsigned usual = CMS_BINARY | CMS_NOSMIMECAP;
	const struct {
		unsigned flags;
		const char *code;
	} cases[] = {
		{ usual | CMS_CADES, "signature-not-detached" },
		{ usual | CMS_DETACHED, "signature-certificate" }, /* no binding of it */
		{ usual | CMS_DETACHED | CMS_CADES | CMS_NOCERTS, "signature-certificate" },
		{ usual | CMS_DETACHED | CMS_NOATTR, "signature-" },
		{ usual | CMS_DETACHED | CMS_CADES | CMS_USE_KEYID, NULL },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_REPORT struct certificate_report report = { 0 };
		struct sample_files files = fixture->files;
		sample_sign_oddly(fixture->ca.keys, files.json, files.json_length, cases[i].flags,
			EVP_sha256(), &files.p7s, &files.p7s_length);
		check_files(fixture, &files, SAMPLE_NOW_MS, &report);
		const struct check *signature = &report.checks[CHECK_SIGNATURE];
		if (report.valid != (cases[i].code == NULL) ||
			(cases[i].code && strncmp(signature->error.code, cases[i].code,
						  strlen(cases[i].code)) != 0)) {
			print_report(&report);
			fail_msg("case %zu", i);
		}
		free(files.p7s);
	}
}

typedef void forge(CMS_ContentInfo *cms, const struct sample_ca *ca);

static void add_second_signer(CMS_ContentInfo *cms, const struct sample_ca *ca)
{
	assert_non_null(CMS_add1_signer(cms, ca->keys->ca_certificate, ca->ca_key, EVP_sha256(),
		CMS_REUSE_DIGEST | CMS_NOCERTS | CMS_NOSMIMECAP));
}

static void add_unsigned_attribute(CMS_ContentInfo *cms, const struct sample_ca *ca)
{
	(void)ca;
	CMS_SignerInfo *info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	assert_int_equal(CMS_unsigned_add1_attr_by_txt(
				 info, "unstructuredName", MBSTRING_ASC, "passenger", 9),
		1);
}

static void add_other_certificate(CMS_ContentInfo *cms, const struct sample_ca *ca)
{
	static const struct sample_odd_signer wish = { NO_CA, SIGNS, -1, 1, "P-256", 0, NULL };
	struct keys *keys = NULL;

	sample_signer_make(ca, &wish, &keys);
	assert_int_equal(CMS_add1_cert(cms, keys->signer_certificate), 1);
	keys_free(keys);
}

static void add_revocation_list(CMS_ContentInfo *cms, const struct sample_ca *ca)
{
	X509_CRL *list = X509_CRL_new();
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)(SAMPLE_NOW_MS / 1000));

	assert_true(list && X509_CRL_set_version(list, 1) == 1 &&
		    X509_CRL_set_issuer_name(
			    list, X509_get_subject_name(ca->keys->ca_certificate)) == 1 &&
		    X509_CRL_set1_lastUpdate(list, time) == 1 &&
		    X509_CRL_sign(list, ca->ca_key, EVP_sha256()) > 0);
	assert_int_equal(CMS_add1_crl(cms, list), 1);
	X509_CRL_free(list);
	ASN1_TIME_free(time);
}

static void test_passengers_in_the_signature(void **state)
{
	const struct certificate_case *fixture = *state;
	static const struct {
		forge *forge;
		int at;
		const char *code;
	} cases[] = {
		{ add_second_signer, CHECK_SIGNATURE, "signature-count" },
		{ add_unsigned_attribute, CHECK_SIGNATURE, "signature-malformed" },
		{ add_other_certificate, CHECK_CHAIN, "signature-extra-certificate" },
		{ add_revocation_list, CHECK_SIGNATURE, "signature-malformed" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sample_files files = fixture->files;
		CMS_ContentInfo *cms = sample_cms_read(files.p7s, files.p7s_length);
		cases[i].forge(cms, &fixture->ca);
		sample_cms_write(cms, &files.p7s, &files.p7s_length);
		CMS_ContentInfo_free(cms);
		expect(fixture, &files, cases[i].at, cases[i].code);
		free(files.p7s);
	}
}

static void test_bytes_behind_the_signature(void **state)
{
	const struct certificate_case *fixture = *state;
	struct sample_files files = fixture->files;

	files.p7s = malloc(files.p7s_length + 100);
	assert_non_null(files.p7s);
	memcpy(files.p7s, fixture->files.p7s, files.p7s_length);
	memset(files.p7s + files.p7s_length, 0, 100);
	for (size_t extra = 1; extra <= 100; extra += 33) {
		files.p7s_length = fixture->files.p7s_length + extra;
		expect(fixture, &files, CHECK_SIGNATURE, "signature-malformed");
	}
	free(files.p7s);
}

/* BER's indefinite length says the same in other bytes. */
static void test_ber_is_not_accepted(void **state)
{
	const struct certificate_case *fixture = *state;
	struct sample_files files = fixture->files;
	size_t length = files.p7s_length;

	files.p7s = calloc(1, length + 2);
	assert_non_null(files.p7s);
	memcpy(files.p7s, fixture->files.p7s, length);
	assert_int_equal(files.p7s[1], 0x82); /* SEQUENCE, two bytes of length */
	files.p7s[1] = 0x80;
	memmove(files.p7s + 2, files.p7s + 4, length - 4);
	memset(files.p7s + length - 2, 0, 2);
	files.p7s_length = length;
	CMS_ContentInfo *cms = sample_cms_read(files.p7s, files.p7s_length); /* OpenSSL takes it */
	CMS_ContentInfo_free(cms);
	expect(fixture, &files, CHECK_SIGNATURE, "signature-malformed");
	free(files.p7s);
}

/* The outermost length in one byte more than it takes. */
static void test_a_longer_length_is_not_accepted(void **state)
{
	const struct certificate_case *fixture = *state;
	struct sample_files files = fixture->files;

	files.p7s = malloc(files.p7s_length + 1);
	assert_non_null(files.p7s);
	memcpy(files.p7s + 1, fixture->files.p7s, files.p7s_length++);
	assert_int_equal(files.p7s[2], 0x82); /* two bytes of length */
	memcpy(files.p7s, "\x30\x83", 3);
	expect(fixture, &files, CHECK_SIGNATURE, "signature-malformed");
	free(files.p7s);
}

/* The certificates inside are a set, which DER sorts. */
static void test_the_order_of_the_certificates(void **state)
{
	const struct certificate_case *fixture = *state;
	struct sample_files files = fixture->files;
	struct detached_shape shape;

	assert_true(detached_shape_read(files.p7s, files.p7s_length, &shape));
	assert_int_equal(shape.certificate_count, 2);
	const struct der first = shape.certificates[0], second = shape.certificates[1];
	size_t first_length = (size_t)(first.end - first.at);
	size_t second_length = (size_t)(second.end - second.at);
	assert_ptr_equal(first.end, second.at);
	uint8_t *copy = malloc(files.p7s_length);
	assert_non_null(copy);
	memcpy(copy, files.p7s, files.p7s_length);
	uint8_t *place = copy + (first.at - files.p7s);
	memcpy(place, second.at, second_length);
	memcpy(place + second_length, first.at, first_length);
	files.p7s = copy;
	CMS_ContentInfo *cms = sample_cms_read(copy, files.p7s_length); /* OpenSSL takes it */
	CMS_ContentInfo_free(cms);
	expect(fixture, &files, CHECK_SIGNATURE, "signature-malformed");
	free(copy);
}

static void test_pem_and_text_are_malformed(void **state)
{
	const struct certificate_case *fixture = *state;
	struct sample_files files = fixture->files;
	char *pem = NULL;
	BIO *text = BIO_new(BIO_s_mem());

	assert_true(PEM_write_bio(text, "CMS", "", files.p7s, (long)files.p7s_length) > 0);
	files.p7s_length = (size_t)BIO_get_mem_data(text, &pem);
	files.p7s = (uint8_t *)pem;
	expect(fixture, &files, CHECK_SIGNATURE, "signature-malformed");
	BIO_free(text);
	files.p7s = (uint8_t *)files.json;
	files.p7s_length = files.json_length;
	expect(fixture, &files, CHECK_SIGNATURE, "signature-malformed");
}

/* --- anchors --- */

static void test_anchors_must_be_certificates(void **state)
{
	const struct certificate_case *fixture = *state;
	struct error error = { 0 };
	struct trust *trust = NULL;
	char *pem = NULL;
	BIO *text = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_X509(text, fixture->ca.keys->ca_certificate), 1);
	size_t length = (size_t)BIO_get_mem_data(text, &pem);
	const struct {
		const char *text;
		size_t length;
	} bad[] = { { "", 0 }, { "x\n", 2 }, { pem, length / 2 }, { pem, length - 30 } };
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(
			trust_load(bad[i].text, bad[i].length, "ca.crt", &trust, &error), -EBADMSG);
		assert_string_equal(error.code, "trust-malformed");
		assert_null(trust);
	}
	char *two = NULL; /* a good one, then a broken one */
	assert_true(asprintf(&two, "%.*s%.*s", (int)length, pem, (int)length / 2, pem) > 0);
	assert_int_equal(trust_load(two, strlen(two), "ca.crt", &trust, &error), -EBADMSG);
	free(two);
	assert_true(asprintf(&two, "%.*s%.*s", (int)length, pem, (int)length, pem) > 0);
	assert_int_equal(trust_load(two, strlen(two), "ca.crt", &trust, &error), 0);
	trust_free(trust);
	free(two);
	BIO_free(text);
}

static void test_several_anchors(void **state)
{
	struct certificate_case *fixture = *state;
	struct sample_ca other = { 0 };
	struct error error = { 0 };
	struct trust *both = NULL, *one = fixture->ca.trust;
	char *pem = NULL;
	BIO *text = BIO_new(BIO_s_mem());

	sample_ca_make(SAMPLE_ORGANISATION, &other); /* same names, other key */
	assert_int_equal(PEM_write_bio_X509(text, other.keys->ca_certificate), 1);
	assert_int_equal(PEM_write_bio_X509(text, fixture->ca.keys->ca_certificate), 1);
	size_t length = (size_t)BIO_get_mem_data(text, &pem);
	assert_int_equal(trust_load(pem, length, "both.crt", &both, &error), 0);
	fixture->ca.trust = both;
	expect_valid(fixture, &fixture->files);
	expect_signed_by(fixture, other.keys, CHECK_CHAIN, NULL);
	fixture->ca.trust = other.trust;
	expect(fixture, &fixture->files, CHECK_CHAIN, "signature-wrong-signer");
	fixture->ca.trust = one;
	trust_free(both);
	sample_ca_free(&other);
	BIO_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_another_ca_with_the_same_names),
		cmocka_unit_test(test_another_ca_with_the_same_names_and_key_identifiers),
		cmocka_unit_test(test_a_signer_who_signs_for_himself),
		cmocka_unit_test(test_odd_signers_of_the_right_ca),
		cmocka_unit_test(test_weak_keys_and_digests),
		cmocka_unit_test(test_the_time_of_the_check_counts),
		cmocka_unit_test(test_the_signature_of_another_certificate),
		cmocka_unit_test(test_unusual_ways_of_signing),
		cmocka_unit_test(test_passengers_in_the_signature),
		cmocka_unit_test(test_bytes_behind_the_signature),
		cmocka_unit_test(test_ber_is_not_accepted),
		cmocka_unit_test(test_a_longer_length_is_not_accepted),
		cmocka_unit_test(test_the_order_of_the_certificates),
		cmocka_unit_test(test_pem_and_text_are_malformed),
		cmocka_unit_test(test_anchors_must_be_certificates),
		cmocka_unit_test(test_several_anchors),
	};
	return cmocka_run_group_tests(tests, certificate_case_set_up, certificate_case_tear_down);
}
