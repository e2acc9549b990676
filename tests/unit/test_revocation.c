/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Revocation lists: who is on them, since when, and which lists say nothing. */
#include "verify/certificate/revocation.h"

#include "tests/support/sample_certificate.h"
#include "tests/support/stride.h"
#include "verify/certificate/trust.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DAYS(count) ((count)*SAMPLE_DAY_MS)

static struct sample_ca ca, other;
static struct keys *person;

static int set_up(void **state)
{
	(void)state;
	/* Valid from ten days ago to ten days ahead. */
	static const struct sample_odd_signer wish = { "critical,CA:FALSE",
		"critical,digitalSignature", -10, 10, "P-256", 0, NULL };
	sample_ca_make(SAMPLE_ORGANISATION, &ca);
	sample_ca_make(SAMPLE_ORGANISATION, &other); /* the same name, another key */
	sample_signer_make(&ca, &wish, &person);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	keys_free(person);
	sample_ca_free(&ca);
	sample_ca_free(&other);
	return 0;
}

/* --- making --- */

/* Days from SAMPLE_NOW_MS. */
struct list_wish {
	int this_days, next_days; /* 0, 0: -1 to 1 */
	bool no_next;
	int revoked_days; /* the person, then; 99: not on it */
	int invalid_days; /* invalidityDate; 0: none */
	bool by_other;    /* signed by another key of the same name */
	const char *digest;
	bool delta, partial; /* extensions */
	bool keeps_expired;
};
#define NOBODY .revoked_days = 99

static ASN1_TIME *days(int count)
{
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)((SAMPLE_NOW_MS + DAYS(count)) / 1000));
	assert_non_null(time);
	return time;
}

static void put_person(X509_CRL *list, const struct list_wish *wish)
{
	X509_REVOKED *revoked = X509_REVOKED_new();
	ASN1_TIME *time = days(wish->revoked_days);
	assert_true(X509_REVOKED_set_serialNumber(
			    revoked, X509_get_serialNumber(person->signer_certificate)) == 1 &&
		    X509_REVOKED_set_revocationDate(revoked, time) == 1);
	if (wish->invalid_days != 0) {
		ASN1_GENERALIZEDTIME *date = ASN1_GENERALIZEDTIME_set(
			NULL, (time_t)((SAMPLE_NOW_MS + DAYS(wish->invalid_days)) / 1000));
		assert_int_equal(
			X509_REVOKED_add1_ext_i2d(revoked, NID_invalidity_date, date, 0, 0), 1);
		ASN1_GENERALIZEDTIME_free(date);
	}
	assert_int_equal(X509_CRL_add0_revoked(list, revoked), 1);
	ASN1_TIME_free(time);
}

static void extend(X509_CRL *list, int nid, bool critical, void *value)
{
	assert_int_equal(X509_CRL_add1_ext_i2d(list, nid, value, critical, 0), 1);
}

static void extend_oddly(X509_CRL *list, const struct list_wish *wish)
{
	if (wish->delta) {
		ASN1_INTEGER *base = ASN1_INTEGER_new();
		assert_int_equal(ASN1_INTEGER_set(base, 1), 1);
		extend(list, NID_delta_crl, true, base);
		ASN1_INTEGER_free(base);
	}
	if (wish->partial) {
		ISSUING_DIST_POINT *point = ISSUING_DIST_POINT_new();
		point->onlyuser = 0xff;
		extend(list, NID_issuing_distribution_point, true, point);
		ISSUING_DIST_POINT_free(point);
	}
	if (wish->keeps_expired) {
		ASN1_GENERALIZEDTIME *since =
			ASN1_GENERALIZEDTIME_set(NULL, (time_t)(SAMPLE_NOW_MS / 1000));
		unsigned char *der = NULL;
		int length = i2d_ASN1_GENERALIZEDTIME(since, &der);
		ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
		assert_int_equal(ASN1_OCTET_STRING_set(value, der, length), 1);
		ASN1_OBJECT *type = OBJ_txt2obj("2.5.29.60", 1);
		X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, type, 0, value);
		assert_int_equal(X509_CRL_add_ext(list, extension, -1), 1);
		X509_EXTENSION_free(extension);
		ASN1_OBJECT_free(type);
		ASN1_OCTET_STRING_free(value);
		ASN1_GENERALIZEDTIME_free(since);
		OPENSSL_free(der);
	}
}

static X509_CRL *make_list(const struct list_wish *wish)
{
	bool usual = wish->this_days == 0 && wish->next_days == 0;
	X509_CRL *list = X509_CRL_new();
	ASN1_TIME *from = days(usual ? -1 : wish->this_days);
	ASN1_TIME *until = days(usual ? 1 : wish->next_days);
	assert_true(X509_CRL_set_version(list, 1) == 1 &&
		    X509_CRL_set_issuer_name(
			    list, X509_get_subject_name(ca.keys->ca_certificate)) == 1 &&
		    X509_CRL_set1_lastUpdate(list, from) == 1 &&
		    (wish->no_next || X509_CRL_set1_nextUpdate(list, until) == 1));
	if (wish->revoked_days != 99)
		put_person(list, wish);
	extend_oddly(list, wish);
	assert_int_equal(X509_CRL_sort(list), 1);
	assert_true(X509_CRL_sign(list, wish->by_other ? other.ca_key : ca.ca_key,
			    EVP_get_digestbyname(wish->digest ? wish->digest : "SHA256")) > 0);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return list;
}

static int add(
	struct revocation *revocation, const struct list_wish *wish, bool pem, struct error *error)
{
	X509_CRL *list = make_list(wish);
	BIO *file = BIO_new(BIO_s_mem());
	char *data = NULL;
	assert_int_equal(
		pem ? PEM_write_bio_X509_CRL(file, list) : i2d_X509_CRL_bio(file, list), 1);
	size_t length = (size_t)BIO_get_mem_data(file, &data);
	int result = revocation_add(revocation, data, length, "ca.crl", error);
	BIO_free(file);
	X509_CRL_free(list);
	return result;
}

/* --- asking --- */

static int ask(const struct revocation *revocation, int64_t at_utc_ms, int64_t now_utc_ms,
	struct error *error)
{
	STACK_OF(X509) *way = sk_X509_new_null();
	assert_true(sk_X509_push(way, person->signer_certificate) > 0 &&
		    sk_X509_push(way, ca.keys->ca_certificate) > 0);
	int result = revocation_check(revocation, way, at_utc_ms, now_utc_ms, error);
	sk_X509_free(way);
	return result;
}

struct question {
	struct list_wish lists[2];
	size_t count;
	int64_t at_utc_ms; /* -1: no stamp */
	int now_days;
	const char *code; /* NULL: it passes */
};

#define STAMPED(count) (SAMPLE_NOW_MS + DAYS(count))

static const struct question questions[] = {
	/* The plain cases. */
	{ { { NOBODY } }, 1, -1, 0, NULL },
	{ { { NOBODY } }, 1, STAMPED(-2), 0, NULL },
	{ { { .revoked_days = -1 } }, 1, -1, 0, "signer-revoked" },
	{ { { .revoked_days = -3 } }, 1, STAMPED(-2), 0, "signer-revoked" },
	{ { { .revoked_days = -2 } }, 1, STAMPED(-2), 0, "signer-revoked" },
	{ { { .revoked_days = -1 } }, 1, STAMPED(-2), 0, NULL },
	/* The key was lost before anybody noticed. */
	{ { { .revoked_days = -1, .invalid_days = -3 } }, 1, STAMPED(-2), 0, "signer-revoked" },
	{ { { .revoked_days = -3, .invalid_days = -1 } }, 1, STAMPED(-2), 0, "signer-revoked" },
	/* Lists of another time. */
	{ { { NOBODY, .this_days = -9, .next_days = -8 } }, 1, -1, 0, "revocation-outdated" },
	{ { { NOBODY, .this_days = 1, .next_days = 2 } }, 1, -1, 0, "revocation-outdated" },
	{ { { .revoked_days = -8, .this_days = -8, .next_days = -7 } }, 1, -1, 0,
		"signer-revoked" },
	{ { { .revoked_days = -8, .this_days = -8, .next_days = -7 }, { NOBODY } }, 2, -1, 0,
		"signer-revoked" },
	{ { { NOBODY, .this_days = -8, .next_days = -7 }, { NOBODY } }, 2, -1, 0, NULL },
	/* Somebody else's. */
	{ { { NOBODY, .by_other = true } }, 1, -1, 0, "revocation-broken" },
	{ { { .revoked_days = -1, .by_other = true }, { NOBODY } }, 2, -1, 0, NULL },
	{ { { NOBODY, .digest = "SHA1" } }, 1, -1, 0, "revocation-broken" },
	{ { { 0 } }, 0, -1, 0, "revocation-missing" },
	/* The certificate expired on day 10: later lists may have forgotten it. */
	{ { { NOBODY, .this_days = 12, .next_days = 20 } }, 1, STAMPED(-2), 15,
		"revocation-outdated" },
	{ { { NOBODY, .this_days = 12, .next_days = 20, .keeps_expired = true } }, 1, STAMPED(-2),
		15, NULL },
	{ { { NOBODY, .this_days = 9, .next_days = 11 } }, 1, STAMPED(-2), 15, NULL },
	{ { { NOBODY, .this_days = 9, .next_days = 11 } }, 1, -1, 15, "revocation-outdated" },
	{ { { NOBODY, .this_days = -5, .next_days = -4 } }, 1, STAMPED(-2), 15,
		"revocation-outdated" },
};

static void test_questions(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(questions); i++) {
		const struct question *question = &questions[i / 2];
		CLEANUP(cleanup_revocation_free) struct revocation *revocation = revocation_new();
		struct error error = { 0 };
		for (size_t j = 0; j < question->count; j++)
			assert_int_equal(
				add(revocation, &question->lists[j], i % 2 == 0, &error), 0);
		assert_int_equal(revocation_count(revocation), question->count);
		for (unsigned again = 0; again < 2; again++) { /* what is remembered is the same */
			int result = ask(revocation, question->at_utc_ms,
				SAMPLE_NOW_MS + DAYS(question->now_days), &error);
			if (question->code ? result == 0 || strcmp(error.code, question->code) != 0
					   : result != 0)
				fail_msg("question %zu: expected %s, got %d %s: %s", i / 2,
					question->code ? question->code : "to pass", result,
					error.code, error.what);
			if (question->code && strcmp(question->code, "revocation-missing") == 0)
				assert_int_equal(result, -ENODATA);
		}
	}
}

static void test_lists_that_are_not_taken(void **state)
{
	(void)state;
	static const struct list_wish wishes[] = {
		{ NOBODY, .no_next = true },
		{ NOBODY, .delta = true },
		{ NOBODY, .partial = true },
	};
	CLEANUP(cleanup_revocation_free) struct revocation *revocation = revocation_new();
	struct error error = { 0 };
	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++) {
		assert_int_equal(add(revocation, &wishes[i], i % 2 == 0, &error), -EBADMSG);
		assert_string_equal(error.code, "revocation-malformed");
		assert_int_equal(error.kind, ERROR_USAGE);
	}
	static const char *const texts[] = { "", "x", "-----BEGIN X509 CRL-----\nAAAA\n" };
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(
			revocation_add(revocation, texts[i], strlen(texts[i]), "x", &error),
			-EBADMSG);
	assert_int_equal(revocation_count(revocation), 0);
}

/* A file with two lists, the second broken, adds none; too many are refused. */
static void test_all_of_a_file_or_nothing(void **state)
{
	(void)state;
	CLEANUP(cleanup_revocation_free) struct revocation *revocation = revocation_new();
	struct error error = { 0 };
	X509_CRL *list = make_list(&(const struct list_wish){ NOBODY });
	BIO *file = BIO_new(BIO_s_mem());
	char *data = NULL;
	assert_int_equal(PEM_write_bio_X509_CRL(file, list), 1);
	assert_int_equal(PEM_write_bio_X509_CRL(file, list), 1);
	size_t length = (size_t)BIO_get_mem_data(file, &data);
	assert_int_equal(
		revocation_add(revocation, data, length - 60, "two.crl", &error), -EBADMSG);
	assert_int_equal(revocation_count(revocation), 0);
	assert_int_equal(revocation_add(revocation, data, length, "two.crl", &error), 0);
	assert_int_equal(revocation_count(revocation), 2);
	for (unsigned i = 2; i < REVOCATION_LISTS_MAX; i += 2)
		assert_int_equal(revocation_add(revocation, data, length, "two.crl", &error), 0);
	assert_int_equal(revocation_add(revocation, data, length, "two.crl", &error), -EBADMSG);
	assert_int_equal(revocation_count(revocation), REVOCATION_LISTS_MAX);
	BIO_free(file);
	X509_CRL_free(list);
}

/* A changed list never speaks for the issuer. */
static void test_every_byte_counts(void **state)
{
	(void)state;
	X509_CRL *list = make_list(&(const struct list_wish){ .revoked_days = -1 });
	unsigned char *der = NULL;
	int length = i2d_X509_CRL(list, &der);
	X509_CRL_free(list);
	assert_true(length > 0);
	for (size_t i = 0; i < (size_t)length; i += test_stride()) {
		CLEANUP(cleanup_revocation_free) struct revocation *revocation = revocation_new();
		struct error error = { 0 };
		der[i] ^= 1;
		/* As long as it is taken at all, the change costs it its signature. */
		if (revocation_add(revocation, der, (size_t)length, "ca.crl", NULL) == 0 &&
			ask(revocation, -1, SAMPLE_NOW_MS, &error) == 0)
			fail_msg("a change at byte %zu made the revocation disappear", i);
		der[i] ^= 1;
	}
	OPENSSL_free(der);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_lists_that_are_not_taken),
		cmocka_unit_test(test_all_of_a_file_or_nothing),
		cmocka_unit_test(test_every_byte_counts),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
