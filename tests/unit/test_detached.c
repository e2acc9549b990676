/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signature files with several signers and time stamps: who is told, and that no byte can change unseen. */
#include "verify/certificate/detached.h"

#include "tests/support/sample_certificate.h"
#include "tests/support/stamper.h"
#include "tests/support/stride.h"
#include "verify/certificate/role.h"
#include "verify/certificate/timestamp.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FLAGS (CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES | CMS_PARTIAL)

static const char document[] = "{\"a\":1}\n";
static struct sample_ca ca;
static struct keys *approver, *witness;
static struct stamper stamper;

static int set_up(void **state)
{
	(void)state;
	static const struct sample_odd_signer person = { "critical,CA:FALSE",
		"critical,digitalSignature", -1, 1, "P-256", 0, NULL };
	static const struct sample_odd_signer other = { "critical,CA:FALSE",
		"critical,digitalSignature", -1, 1, "RSA", 2048, NULL };
	sample_ca_make(SAMPLE_ORGANISATION, &ca);
	sample_signer_make(&ca, &person, &approver);
	sample_signer_make(&ca, &other, &witness);
	stamper_make(&(const struct stamper_wish){ 0 }, &stamper);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	keys_free(approver);
	keys_free(witness);
	sample_ca_free(&ca);
	stamper_free(&stamper);
	return 0;
}

/* --- making --- */

struct signing {
	const struct keys *keys;
	enum role role;
	const EVP_MD *digest;
};

struct bytes {
	uint8_t *data;
	size_t length;
};

static void bytes_free(struct bytes *bytes)
{
	free(bytes->data);
}
#define AUTO_BYTES CLEANUP(bytes_free)

static void sign(const struct signing *signings, size_t count, struct bytes *ret)
{
	BIO *content = BIO_new_mem_buf(document, (int)strlen(document));
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, content, FLAGS);
	for (size_t i = 0; i < count; i++) {
		bool again = i > 0 && signings[i].keys == signings[i - 1].keys;
		CMS_SignerInfo *info = CMS_add1_signer(cms, signings[i].keys->signer_certificate,
			signings[i].keys->signer_key,
			signings[i].digest ? signings[i].digest : EVP_sha256(),
			FLAGS | (again ? CMS_NOCERTS : 0));
		assert_non_null(info);
		if (signings[i].role != ROLE_ISSUER)
			assert_int_equal(role_add(info, signings[i].role), 0);
	}
	assert_int_equal(CMS_add1_cert(cms, ca.keys->ca_certificate), 1);
	assert_int_equal(CMS_final(cms, content, NULL, FLAGS), 1);
	sample_cms_write(cms, &ret->data, &ret->length);
	CMS_ContentInfo_free(cms);
	BIO_free(content);
}

/* Each signer gets a token over its value; the order of the file may change. */
static void stamp_all(struct bytes *file)
{
	int count = 1;
	for (int i = 0; i < count; i++) {
		CMS_ContentInfo *cms = sample_cms_read(file->data, file->length);
		STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);
		count = sk_CMS_SignerInfo_num(infos);
		for (int j = 0; j < count; j++) {
			CMS_SignerInfo *info = sk_CMS_SignerInfo_value(infos, j);
			if (CMS_unsigned_get_attr_count(info) > 0)
				continue;
			const ASN1_OCTET_STRING *value = CMS_SignerInfo_get0_signature(info);
			AUTO_BYTES struct bytes token = { 0 }, more = { 0 };
			stamper_stamp(&stamper, &(const struct stamp_wish){ 0 },
				ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value),
				&token.data, &token.length);
			stamper_attach(file->data, file->length, j, token.data, token.length,
				&more.data, &more.length);
			const struct bytes old = *file;
			*file = more;
			more = old;
			break;
		}
		CMS_ContentInfo_free(cms);
	}
}

/* --- checking --- */

/* As certificate_check does: all of it. */
static int check(const struct bytes *file, struct error *error)
{
	CLEANUP(cleanup_detached_free) struct detached *detached = NULL;
	int64_t at[DETACHED_SIGNERS_MAX];
	int result = detached_parse(file->data, file->length, NULL, &detached, error);
	if (result == 0)
		result = detached_verify(detached, document, strlen(document), error);
	for (unsigned i = 0; result == 0 && i < detached_signer_count(detached); i++) {
		struct detached_signer signer;
		detached_signer_get(detached, i, &signer);
		at[i] = SAMPLE_NOW_MS;
		if (signer.token)
			result = timestamp_check(signer.token, signer.token_length, signer.value,
				signer.value_length, stamper.trust, &at[i], NULL, error);
	}
	return result == 0 ? detached_check_chains(detached, ca.trust, at, NULL, error) : result;
}

static void expect(const struct bytes *file, const char *code)
{
	struct error error = { 0 };
	int result = check(file, &error);
	if (code ? result == 0 || strcmp(error.code, code) != 0 : result != 0)
		fail_msg("expected %s, got %d %s: %s", code ? code : "a good one", result,
			error.code, error.what);
}

static void test_three_signers(void **state)
{
	(void)state;
	const struct signing all[] = {
		{ approver, ROLE_APPROVER, NULL },
		{ ca.keys, ROLE_ISSUER, NULL },
		{ witness, ROLE_WITNESS, EVP_sha384() },
	};
	AUTO_BYTES struct bytes file = { 0 };
	CLEANUP(cleanup_detached_free) struct detached *detached = NULL;
	struct detached_signer signer;
	unsigned approvers = 0, witnesses = 0;

	sign(all, ARRAY_SIZE(all), &file);
	stamp_all(&file);
	expect(&file, NULL);
	assert_int_equal(detached_parse(file.data, file.length, NULL, &detached, NULL), 0);
	assert_int_equal(detached_signer_count(detached), 3);
	for (unsigned i = 0; i < 3; i++) {
		detached_signer_get(detached, i, &signer);
		assert_int_equal(signer.role[0] == '\0', i == 0);
		approvers += strcmp(signer.role, "approver") == 0;
		witnesses += strcmp(signer.role, "witness") == 0;
		assert_true(signer.signing_utc_ms > 0);
		assert_non_null(signer.token);
	}
	assert_int_equal(approvers, 1);
	assert_int_equal(witnesses, 1);
	assert_int_equal(X509_cmp(detached_issuer(detached), ca.keys->signer_certificate), 0);
	detached_signer_get(detached, 3, &signer);
	assert_null(signer.certificate);
}

static void test_ways_of_all(void **state)
{
	(void)state;
	const struct signing all[] = {
		{ ca.keys, ROLE_ISSUER, NULL },
		{ approver, ROLE_APPROVER, NULL },
	};
	AUTO_BYTES struct bytes file = { 0 };
	CLEANUP(cleanup_detached_free) struct detached *detached = NULL;
	STACK_OF(X509) * ways[DETACHED_SIGNERS_MAX] = { NULL };
	int64_t at[] = { SAMPLE_NOW_MS, SAMPLE_NOW_MS };
	struct error error = { 0 };

	sign(all, ARRAY_SIZE(all), &file);
	assert_int_equal(detached_parse(file.data, file.length, NULL, &detached, NULL), 0);
	assert_int_equal(detached_check_chains(detached, ca.trust, at, ways, &error), 0);
	for (unsigned i = 0; i < 2; i++) {
		struct detached_signer signer;
		detached_signer_get(detached, i, &signer);
		assert_ptr_equal(sk_X509_value(ways[i], 0), signer.certificate);
		ways[i] = trust_way_free(ways[i]);
	}
	/* Each at its own time: the person's certificate lives two days, the issuer's for years. */
	at[0] = SAMPLE_NOW_MS + 5 * SAMPLE_DAY_MS;
	assert_int_equal(detached_check_chains(detached, ca.trust, at, NULL, &error), 0);
	at[1] = SAMPLE_NOW_MS + 5 * SAMPLE_DAY_MS;
	assert_int_equal(detached_check_chains(detached, ca.trust, at, ways, &error), -EKEYEXPIRED);
	assert_string_equal(error.code, "signer-expired");
	assert_null(ways[0]);
}

static void test_who_signs_and_as_what(void **state)
{
	(void)state;
	const struct {
		struct signing signings[3];
		size_t count;
		const char *code;
	} cases[] = {
		{ { { ca.keys, ROLE_ISSUER, NULL } }, 1, NULL },
		{ { { ca.keys, ROLE_ISSUER, NULL }, { witness, ROLE_WITNESS, NULL } }, 2, NULL },
		{ { { ca.keys, ROLE_WITNESS, NULL } }, 1, "signature-count" },
		{ { { ca.keys, ROLE_APPROVER, NULL }, { witness, ROLE_WITNESS, NULL } }, 2,
			"signature-count" },
		{ { { ca.keys, ROLE_ISSUER, NULL }, { witness, ROLE_ISSUER, NULL } }, 2,
			"signature-count" },
		{ { { ca.keys, ROLE_ISSUER, NULL }, { ca.keys, ROLE_WITNESS, NULL } }, 2,
			"signature-count" },
		{ { { ca.keys, ROLE_ISSUER, NULL }, { witness, ROLE_WITNESS, NULL },
			  { witness, ROLE_APPROVER, NULL } },
			3, "signature-count" },
		{ { { ca.keys, ROLE_ISSUER, NULL }, { witness, ROLE_WITNESS, EVP_sha1() } }, 2,
			"signature-algorithm" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_BYTES struct bytes file = { 0 };
		sign(cases[i].signings, cases[i].count, &file);
		expect(&file, cases[i].code);
	}
}

static void test_an_unknown_role(void **state)
{
	(void)state;
	AUTO_BYTES struct bytes file = { 0 };
	const struct signing two[] = { { ca.keys, ROLE_ISSUER, NULL },
		{ witness, ROLE_WITNESS, NULL } };
	sign(two, ARRAY_SIZE(two), &file);
	uint8_t *word = memmem(file.data, file.length, "role:witness", 12);
	assert_non_null(word);
	memcpy(word, "role:visitor", 12);
	expect(&file, "signature-role");
}

static void test_a_person_of_another_ca(void **state)
{
	(void)state;
	struct sample_ca other = { 0 };
	AUTO_BYTES struct bytes file = { 0 };
	sample_ca_make("other", &other);
	const struct signing two[] = { { ca.keys, ROLE_ISSUER, NULL },
		{ other.keys, ROLE_WITNESS, NULL } };
	sign(two, ARRAY_SIZE(two), &file);
	expect(&file, "signature-wrong-signer");
	sample_ca_free(&other);
}

/* --- unsigned attributes --- */

typedef void change(CMS_SignerInfo *info, const struct bytes *token);

static void add_token(CMS_SignerInfo *info, const struct bytes *token)
{
	assert_int_equal(CMS_unsigned_add1_attr_by_NID(info, NID_id_smime_aa_timeStampToken,
				 V_ASN1_SEQUENCE, token->data, (int)token->length),
		1);
}

static void add_tokens_twice(CMS_SignerInfo *info, const struct bytes *token)
{
	add_token(info, token);
	add_token(info, token);
}

static void add_two_values(CMS_SignerInfo *info, const struct bytes *token)
{
	X509_ATTRIBUTE *attribute = X509_ATTRIBUTE_create_by_NID(NULL,
		NID_id_smime_aa_timeStampToken, V_ASN1_SEQUENCE, token->data, (int)token->length);
	assert_int_equal(X509_ATTRIBUTE_set1_data(
				 attribute, V_ASN1_SEQUENCE, token->data, (int)token->length),
		1);
	assert_int_equal(X509_ATTRIBUTE_count(attribute), 2);
	assert_int_equal(CMS_unsigned_add1_attr(info, attribute), 1);
	X509_ATTRIBUTE_free(attribute);
}

static void add_text(CMS_SignerInfo *info, const struct bytes *token)
{
	assert_int_equal(CMS_unsigned_add1_attr_by_NID(info, NID_id_smime_aa_timeStampToken,
				 V_ASN1_OCTET_STRING, token->data, (int)token->length),
		1);
}

static void add_another(CMS_SignerInfo *info, const struct bytes *token)
{
	add_token(info, token);
	assert_int_equal(CMS_unsigned_add1_attr_by_txt(
				 info, "unstructuredName", MBSTRING_ASC, "passenger", 9),
		1);
}

static void add_the_set_alone(CMS_SignerInfo *info, const struct bytes *token)
{
	add_token(info, token);
	X509_ATTRIBUTE_free(CMS_unsigned_delete_attr(info, 0));
	assert_int_equal(CMS_unsigned_get_attr_count(info), 0);
}

static void test_unsigned_attributes(void **state)
{
	(void)state;
	static const struct {
		change *change;
		const char *code;
	} cases[] = {
		{ add_token, NULL },
		{ add_tokens_twice, "signature-malformed" },
		{ add_two_values, "signature-malformed" },
		{ add_text, "signature-malformed" },
		{ add_another, "signature-malformed" },
		{ add_the_set_alone, "signature-malformed" },
	};
	const struct signing one = { ca.keys, ROLE_ISSUER, NULL };
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_BYTES struct bytes file = { 0 }, token = { 0 }, changed = { 0 };
		sign(&one, 1, &file);
		CMS_ContentInfo *cms = sample_cms_read(file.data, file.length);
		CMS_SignerInfo *info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
		const ASN1_OCTET_STRING *value = CMS_SignerInfo_get0_signature(info);
		stamper_stamp(&stamper, &(const struct stamp_wish){ 0 },
			ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value),
			&token.data, &token.length);
		cases[i].change(info, &token);
		sample_cms_write(cms, &changed.data, &changed.length);
		CMS_ContentInfo_free(cms);
		expect(&changed, cases[i].code);
	}
}

/* The token of one signer at another one. */
static void test_an_exchanged_token(void **state)
{
	(void)state;
	const struct signing two[] = { { ca.keys, ROLE_ISSUER, NULL },
		{ witness, ROLE_WITNESS, NULL } };
	AUTO_BYTES struct bytes file = { 0 }, token = { 0 }, changed = { 0 };
	sign(two, ARRAY_SIZE(two), &file);
	CMS_ContentInfo *cms = sample_cms_read(file.data, file.length);
	CMS_SignerInfo *info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	const ASN1_OCTET_STRING *value = CMS_SignerInfo_get0_signature(info);
	stamper_stamp(&stamper, &(const struct stamp_wish){ 0 }, ASN1_STRING_get0_data(value),
		(size_t)ASN1_STRING_length(value), &token.data, &token.length);
	CMS_ContentInfo_free(cms);
	stamper_attach(file.data, file.length, 1, token.data, token.length, &changed.data,
		&changed.length);
	expect(&changed, "timestamp-other-data");
}

/* --- later forms --- */

static bool extends(const struct bytes *first, const struct bytes *second)
{
	CLEANUP(cleanup_detached_free) struct detached *one = NULL;
	CLEANUP(cleanup_detached_free) struct detached *other = NULL;
	assert_int_equal(detached_parse(first->data, first->length, NULL, &one, NULL), 0);
	assert_int_equal(detached_parse(second->data, second->length, NULL, &other, NULL), 0);
	return detached_extends(one, other);
}

static void copy(const struct bytes *from, struct bytes *ret)
{
	ret->data = malloc(from->length);
	assert_non_null(ret->data);
	memcpy(ret->data, from->data, from->length);
	ret->length = from->length;
}

/* The file with its first signer alone. */
static void without_witness(const struct bytes *file, struct bytes *ret)
{
	CMS_ContentInfo *cms = sample_cms_read(file->data, file->length);
	STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);
	int witness_at = role_of(sk_CMS_SignerInfo_value(infos, 0)) == ROLE_WITNESS ? 0 : 1;
	CMS_SignerInfo *gone = sk_CMS_SignerInfo_delete(infos, witness_at);
	sample_cms_write(cms, &ret->data, &ret->length);
	assert_true(sk_CMS_SignerInfo_push(infos, gone) > 0); /* it is freed with the others */
	CMS_ContentInfo_free(cms);
}

static void test_later_forms(void **state)
{
	(void)state;
	const struct signing two[] = { { ca.keys, ROLE_ISSUER, NULL },
		{ witness, ROLE_WITNESS, NULL } };
	AUTO_BYTES struct bytes both = { 0 }, stamped = { 0 }, restamped = { 0 }, one = { 0 };
	AUTO_BYTES struct bytes one_stamped = { 0 }, anew = { 0 };
	sign(two, ARRAY_SIZE(two), &both);
	copy(&both, &stamped);
	stamp_all(&stamped);
	copy(&both, &restamped);
	stamp_all(&restamped);
	without_witness(&both, &one);
	copy(&one, &one_stamped);
	stamp_all(&one_stamped);
	sign(two, ARRAY_SIZE(two), &anew);
	const struct {
		const struct bytes *first, *second;
		bool extends;
	} cases[] = {
		{ &one, &one_stamped, true },
		{ &one, &both, true },
		{ &one, &stamped, true },
		{ &both, &stamped, true },
		{ &one, &one, false },
		{ &stamped, &stamped, false },
		{ &one_stamped, &one, false },
		{ &both, &one, false },
		{ &both, &one_stamped, false },    /* the witness is gone */
		{ &one_stamped, &both, false },    /* the stamp is gone */
		{ &one_stamped, &stamped, false }, /* another stamp of the issuer's */
		{ &stamped, &restamped, false },
		{ &both, &anew, false },
		{ &one, &anew, false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (extends(cases[i].first, cases[i].second) != cases[i].extends)
			fail_msg("case %zu", i);
}

/* --- every byte --- */

static void test_every_byte_counts(void **state)
{
	(void)state;
	static const uint8_t changes[] = { 0x01, 0x20 };
	const struct signing two[] = { { ca.keys, ROLE_ISSUER, NULL },
		{ approver, ROLE_APPROVER, NULL } };
	AUTO_BYTES struct bytes file = { 0 };

	sign(two, ARRAY_SIZE(two), &file);
	stamp_all(&file);
	expect(&file, NULL);
	for (size_t i = 0; i < file.length; i += test_stride()) {
		struct bytes cut = { file.data, i };
		for (size_t j = 0; j < ARRAY_SIZE(changes); j++) {
			struct error error = { 0 };
			file.data[i] ^= changes[j];
			if (check(&file, &error) == 0)
				fail_msg("a change at byte %zu was not seen", i);
			assert_true(error.code[0] != '\0');
			file.data[i] ^= changes[j];
		}
		assert_int_not_equal(check(&cut, NULL), 0);
	}
	expect(&file, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_signers),
		cmocka_unit_test(test_ways_of_all),
		cmocka_unit_test(test_who_signs_and_as_what),
		cmocka_unit_test(test_an_unknown_role),
		cmocka_unit_test(test_a_person_of_another_ca),
		cmocka_unit_test(test_unsigned_attributes),
		cmocka_unit_test(test_an_exchanged_token),
		cmocka_unit_test(test_later_forms),
		cmocka_unit_test(test_every_byte_counts),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
