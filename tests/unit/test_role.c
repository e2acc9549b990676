/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Roles of signers: one spelling each, and nothing else is taken for one. */
#include "verify/certificate/role.h"

#include "tests/support/sample_certificate.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(role_name(ROLE_ISSUER), "");
	assert_string_equal(role_name(ROLE_APPROVER), "approver");
	assert_string_equal(role_name(ROLE_WITNESS), "witness");
	assert_null(role_name(ROLE_UNKNOWN));
	assert_null(role_name((enum role)99));
	assert_int_equal(role_parse("witness"), ROLE_WITNESS);
	assert_int_equal(role_parse(""), ROLE_ISSUER);
	assert_int_equal(role_parse("Witness"), ROLE_UNKNOWN);
	assert_int_equal(role_parse("operator"), ROLE_UNKNOWN);
}

/* Written down by hand from the standards' ASN.1. */
static void test_the_encoding(void **state)
{
	static const uint8_t head[] = {
		0x30, 0x2a,                                     /* SignerAttributeV2 */
		0xa0, 0x28,                                     /* claimedAttributes */
		0x30, 0x26, 0x30, 0x24,                         /* SEQUENCE OF, Attribute */
		0x06, 0x03, 0x55, 0x04, 0x48,                   /* id-at-role */
		0x31, 0x1d, 0x30, 0x1b, 0xa1, 0x19, 0x86, 0x17, /* SET, RoleSyntax, roleName, URI */
	};
	uint8_t value[ROLE_MAX_BYTES];

	(void)state;
	size_t length = role_encode(ROLE_APPROVER, value);
	assert_int_equal(length, sizeof(head) + 23);
	assert_memory_equal(value, head, sizeof(head));
	assert_memory_equal(value + sizeof(head), "urn:haiki:role:approver", 23);
	assert_int_equal(role_encode(ROLE_ISSUER, value), 0);
	assert_int_equal(role_encode(ROLE_UNKNOWN, value), 0);
}

static void test_every_byte_counts(void **state)
{
	static const enum role roles[] = { ROLE_APPROVER, ROLE_WITNESS };
	uint8_t value[ROLE_MAX_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		size_t length = role_encode(roles[i], value);
		assert_int_equal(role_decode(value, length), roles[i]);
		assert_int_equal(role_decode(value, length - 1), ROLE_UNKNOWN);
		assert_int_equal(role_decode(value, 0), ROLE_UNKNOWN);
		for (size_t at = 0; at < length; at++) {
			value[at] ^= 1;
			assert_int_equal(role_decode(value, length), ROLE_UNKNOWN);
			value[at] ^= 1;
		}
	}
}

static CMS_SignerInfo *begin(const struct keys *keys, CMS_ContentInfo **ret)
{
	unsigned flags = CMS_DETACHED | CMS_BINARY | CMS_CADES | CMS_PARTIAL;
	*ret = CMS_sign(NULL, NULL, NULL, NULL, flags);
	assert_non_null(*ret);
	return CMS_add1_signer(
		*ret, keys->signer_certificate, keys->signer_key, EVP_sha256(), flags);
}

static void test_in_a_signature(void **state)
{
	struct sample_ca ca = { 0 };
	CMS_ContentInfo *cms = NULL;

	(void)state;
	sample_ca_make(SAMPLE_ORGANISATION, &ca);
	CMS_SignerInfo *signer = begin(ca.keys, &cms);
	assert_int_equal(role_of(signer), ROLE_ISSUER);
	assert_int_equal(role_add(signer, ROLE_ISSUER), -EINVAL);
	assert_int_equal(role_add(signer, ROLE_WITNESS), 0);
	assert_int_equal(role_of(signer), ROLE_WITNESS);
	/* A second one, or another value, is no role at all. */
	assert_int_equal(role_add(signer, ROLE_APPROVER), 0);
	assert_int_equal(role_of(signer), ROLE_UNKNOWN);
	CMS_ContentInfo_free(cms);

	signer = begin(ca.keys, &cms);
	assert_int_equal(CMS_signed_add1_attr_by_txt(
				 signer, ROLE_ATTRIBUTE_OID, V_ASN1_UTF8STRING, "approver", 8),
		1);
	assert_int_equal(role_of(signer), ROLE_UNKNOWN);
	CMS_ContentInfo_free(cms);
	sample_ca_free(&ca);
}

/* A witness's certificate does not issue. */
static void test_in_a_certificate(void **state)
{
	static const struct {
		enum role given, role;
		bool allowed;
	} cases[] = {
		{ ROLE_ISSUER, ROLE_ISSUER, true },
		{ ROLE_ISSUER, ROLE_APPROVER, true }, /* another CA's person */
		{ ROLE_WITNESS, ROLE_WITNESS, true },
		{ ROLE_WITNESS, ROLE_APPROVER, false },
		{ ROLE_WITNESS, ROLE_ISSUER, false },
		{ ROLE_APPROVER, ROLE_ISSUER, false },
		{ ROLE_APPROVER, ROLE_UNKNOWN, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		X509 *certificate = X509_new();
		assert_non_null(certificate);
		if (cases[i].given != ROLE_ISSUER)
			assert_int_equal(role_add_certificate(certificate, cases[i].given), 0);
		assert_int_equal(role_of_certificate(certificate), cases[i].given);
		assert_int_equal(role_is_allowed(cases[i].role, certificate), cases[i].allowed);
		X509_free(certificate);
	}
}

static void test_other_directory_attributes_allow_nothing(void **state)
{
	static const uint8_t other[] = { 0x30, 0x00 };
	X509 *certificate = X509_new();
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();

	(void)state;
	assert_int_equal(ASN1_OCTET_STRING_set(octets, other, sizeof(other)), 1);
	X509_EXTENSION *extension =
		X509_EXTENSION_create_by_NID(NULL, NID_subject_directory_attributes, 0, octets);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	assert_int_equal(role_of_certificate(certificate), ROLE_UNKNOWN);
	assert_false(role_is_allowed(ROLE_ISSUER, certificate));
	assert_false(role_is_allowed(ROLE_WITNESS, certificate));
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(octets);
	X509_free(certificate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_the_encoding),
		cmocka_unit_test(test_every_byte_counts),
		cmocka_unit_test(test_in_a_signature),
		cmocka_unit_test(test_in_a_certificate),
		cmocka_unit_test(test_other_directory_attributes_allow_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
