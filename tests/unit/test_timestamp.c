/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checking time stamp tokens: honest ones, and every kind of lie with its own answer. */
#include "verify/certificate/timestamp.h"

#include "tests/support/sample_certificate.h"
#include "tests/support/stamper.h"
#include "tests/support/stride.h"
#include "verify/certificate/detached_shape.h"

#include <errno.h>
#include <openssl/ts.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char data[] = "the value of a signature";
static struct stamper honest;

static int set_up(void **state)
{
	(void)state;
	stamper_make(&(const struct stamper_wish){ 0 }, &honest);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	stamper_free(&honest);
	return 0;
}

static void expect_code(int result, const struct error *error, const char *code)
{
	if (code ? result == 0 || strcmp(error->code, code) != 0 : result != 0)
		fail_msg("expected %s, got %d %s: %s", code ? code : "a good one", result,
			error->code, error->what);
	assert_int_equal(error->what[0] != '\0', code != NULL);
}

/* OpenSSL's own check of the same, which knows fewer rules: what we take it takes. */
static void expect_openssl_agrees(
	const struct stamper *stamper, const uint8_t *token, size_t length, int64_t utc_ms)
{
	const unsigned char *cursor = token;
	PKCS7 *read = d2i_PKCS7(NULL, &cursor, (long)length);
	TS_VERIFY_CTX *check = TS_VERIFY_CTX_new();
	X509_STORE *anchors = X509_STORE_new();
	BIO *content = BIO_new_mem_buf(data, sizeof(data));
	assert_true(read && check && anchors && content);
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(anchors), (time_t)(utc_ms / 1000));
	assert_int_equal(X509_STORE_add_cert(anchors, stamper->ca), 1);
	(void)TS_VERIFY_CTX_set_flags(
		check, TS_VFY_VERSION | TS_VFY_SIGNER | TS_VFY_SIGNATURE | TS_VFY_DATA);
	(void)TS_VERIFY_CTX_set_store(check, anchors);
	(void)TS_VERIFY_CTX_set_data(check, content);
	assert_int_equal(TS_RESP_verify_token(check, read), 1);
	TS_VERIFY_CTX_free(check); /* with store and content */
	PKCS7_free(read);
}

/* code NULL: it is a good one. */
static void expect_stamp(
	const struct stamper *stamper, const struct stamp_wish *wish, const char *code)
{
	struct error error = { 0 };
	uint8_t *token = NULL;
	size_t length = 0;
	int64_t utc_ms = -5;

	stamper_stamp(stamper, wish, data, sizeof(data), &token, &length);
	int result = timestamp_check(
		token, length, data, sizeof(data), stamper->trust, &utc_ms, NULL, &error);
	expect_code(result, &error, code);
	if (code)
		assert_int_equal(utc_ms, -5);
	else
		expect_openssl_agrees(stamper, token, length, utc_ms);
	free(token);
}

static void test_an_honest_token(void **state)
{
	(void)state;
	struct error error = { 0 };
	uint8_t *token = NULL;
	size_t length = 0;
	int64_t utc_ms = 0;
	CLEANUP(cleanup_trust_way_free) STACK_OF(X509) *way = NULL;

	stamper_stamp(&honest, &(const struct stamp_wish){ .extra = honest.ca }, data, sizeof(data),
		&token, &length);
	assert_int_equal(timestamp_check(token, length, data, sizeof(data), honest.trust, &utc_ms,
				 &way, &error),
		0);
	assert_int_equal(utc_ms, SAMPLE_NOW_MS);
	assert_int_equal(sk_X509_num(way), 2);
	assert_int_equal(X509_cmp(sk_X509_value(way, 0), honest.certificate), 0);
	assert_int_equal(timestamp_check(token, length, data, sizeof(data) - 1, honest.trust,
				 &utc_ms, NULL, &error),
		-EBADMSG);
	assert_string_equal(error.code, "timestamp-other-data");
	free(token);
}

#define DAY_AGO_MS (SAMPLE_NOW_MS - SAMPLE_DAY_MS)

static void test_what_a_token_says(void **state)
{
	(void)state;
	static const struct {
		struct stamp_wish wish;
		const char *code;
	} cases[] = {
		{ { .digest = "SHA384" }, NULL },
		{ { .digest = "SHA512", .signing = "SHA512" }, NULL },
		{ { .time = "20261123050000.5Z" }, NULL },
		{ { .time = "20261123050000.123456Z" }, NULL },
		{ { .utc_ms = DAY_AGO_MS }, NULL },
		{ { .digest = "SHA1" }, "timestamp-weak" },
		{ { .digest = "MD5" }, "timestamp-weak" },
		{ { .digest = "SHA224" }, "timestamp-weak" },
		{ { .signing = "SHA1" }, "timestamp-weak" },
		{ { .version = 2 }, "timestamp-malformed" },
		{ { .time = "20261123050000" }, "timestamp-malformed" },
		{ { .time = "20261123050000+0900" }, "timestamp-malformed" },
		{ { .time = "202611230500Z" }, "timestamp-malformed" },
		{ { .time = "20261399050000Z" }, "timestamp-malformed" },
		{ { .time = "20261123050000.5x1Z" }, "timestamp-malformed" },
		{ { .time = "" }, "timestamp-malformed" },
		{ { .names_another = true }, "timestamp-malformed" },
		{ { .critical_extension = true }, "timestamp-malformed" },
		{ { .type = NID_pkcs7_data }, "timestamp-malformed" },
		{ { .flags = CMS_DETACHED }, "timestamp-malformed" },
		{ { .flags = CMS_NOCERTS }, "timestamp-malformed" },
		{ { .utc_ms = SAMPLE_NOW_MS + 60 * SAMPLE_DAY_MS }, "timestamp-expired" },
		{ { .utc_ms = SAMPLE_NOW_MS - 60 * SAMPLE_DAY_MS }, "timestamp-expired" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		expect_stamp(&honest, &cases[i].wish, cases[i].code);
	}
}

static void test_fractions_of_a_second(void **state)
{
	(void)state;
	static const struct {
		const char *time;
		int64_t ms;
	} cases[] = {
		{ "20261123050000Z", 0 },
		{ "20261123050000.5Z", 500 },
		{ "20261123050000.05Z", 50 },
		{ "20261123050000.123999Z", 123 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct stamp_wish wish = { .time = cases[i].time };
		uint8_t *token = NULL;
		size_t length = 0;
		int64_t utc_ms = 0;
		stamper_stamp(&honest, &wish, data, sizeof(data), &token, &length);
		assert_int_equal(timestamp_check(token, length, data, sizeof(data), honest.trust,
					 &utc_ms, NULL, NULL),
			0);
		assert_int_equal(utc_ms, SAMPLE_NOW_MS + cases[i].ms);
		free(token);
	}
}

static void test_who_may_stamp(void **state)
{
	(void)state;
	static const struct {
		struct stamper_wish wish;
		const char *code;
	} cases[] = {
		{ { .algorithm = "RSA", .rsa_bits = 2048 }, NULL },
		{ { .algorithm = "P-384" }, NULL },
		{ { .algorithm = "RSA", .rsa_bits = 1024 }, "timestamp-weak" },
		{ { .algorithm = "secp256k1" }, "timestamp-weak" },
		{ { .extended_usage = "timeStamping" }, "timestamp-not-allowed" },
		{ { .extended_usage = "critical,timeStamping,emailProtection" },
			"timestamp-not-allowed" },
		{ { .extended_usage = "critical,emailProtection" }, "timestamp-not-allowed" },
		{ { .extended_usage = "" }, "timestamp-not-allowed" },
		{ { .valid_from_days = -20, .valid_to_days = -10 }, "timestamp-expired" },
		{ { .valid_from_days = 10, .valid_to_days = 20 }, "timestamp-expired" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct stamper stamper;
		stamper_make(&cases[i].wish, &stamper);
		expect_stamp(&stamper, &(const struct stamp_wish){ 0 }, cases[i].code);
		stamper_free(&stamper);
	}
}

/* An expired authority's word of the time before is good. */
static void test_an_authority_that_expired_since(void **state)
{
	(void)state;
	struct stamper stamper;
	stamper_make(&(const struct stamper_wish){ .valid_from_days = -20, .valid_to_days = -10 },
		&stamper);
	expect_stamp(&stamper,
		&(const struct stamp_wish){ .utc_ms = SAMPLE_NOW_MS - 15 * SAMPLE_DAY_MS }, NULL);
	stamper_free(&stamper);
}

static void test_another_authority(void **state)
{
	(void)state;
	struct stamper other;
	struct error error = { 0 };
	uint8_t *token = NULL;
	size_t length = 0;
	int64_t utc_ms = 0;

	stamper_make(&(const struct stamper_wish){ 0 }, &other);
	stamper_stamp(&other, &(const struct stamp_wish){ .extra = other.ca }, data, sizeof(data),
		&token, &length);
	int result = timestamp_check(
		token, length, data, sizeof(data), honest.trust, &utc_ms, NULL, &error);
	expect_code(result, &error, "timestamp-signer");
	free(token);
	stamper_free(&other);
}

/* A certificate that is not on the way to the anchor rides along. */
static void test_a_passenger(void **state)
{
	(void)state;
	struct stamper other;
	stamper_make(&(const struct stamper_wish){ 0 }, &other);
	expect_stamp(
		&honest, &(const struct stamp_wish){ .extra = other.ca }, "timestamp-malformed");
	stamper_free(&other);
}

static void check_damaged(const uint8_t *token, size_t length, size_t at)
{
	struct error error = { 0 };
	int64_t utc_ms = 0;
	if (timestamp_check(
		    token, length, data, sizeof(data), honest.trust, &utc_ms, NULL, &error) == 0)
		fail_msg("a change at byte %zu was not seen", at);
	assert_int_equal(strncmp(error.code, "timestamp-", 10), 0);
}

static void test_every_byte_counts(void **state)
{
	(void)state;
	static const uint8_t changes[] = { 0x01, 0x20, 0x80, 0xff };
	uint8_t *token = NULL;
	size_t length = 0;

	stamper_stamp(&honest, &(const struct stamp_wish){ .extra = honest.ca }, data, sizeof(data),
		&token, &length);
	for (size_t i = 0; i < length; i += test_stride()) {
		for (size_t j = 0; j < ARRAY_SIZE(changes); j++) {
			token[i] ^= changes[j];
			check_damaged(token, length, i);
			token[i] ^= changes[j];
		}
		check_damaged(token, i, i); /* cut off */
	}
	free(token);
}

/* An old authority binds its certificate by SHA-1 (RFC 2634): it counts; a token without any binding does not. */
static void test_a_token_that_binds_nothing(void **state)
{
	(void)state;
	struct error error = { 0 };
	uint8_t *token = NULL;
	size_t length = 0;
	int64_t utc_ms = 0;
	stamper_stamp(&honest, &(const struct stamp_wish){ .unbound = true }, data, sizeof(data),
		&token, &length);
	int result = timestamp_check(
		token, length, data, sizeof(data), honest.trust, &utc_ms, NULL, &error);
	expect_code(result, &error, "timestamp-broken");
	free(token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_honest_token),
		cmocka_unit_test(test_what_a_token_says),
		cmocka_unit_test(test_fractions_of_a_second),
		cmocka_unit_test(test_who_may_stamp),
		cmocka_unit_test(test_an_authority_that_expired_since),
		cmocka_unit_test(test_another_authority),
		cmocka_unit_test(test_a_passenger),
		cmocka_unit_test(test_every_byte_counts),
		cmocka_unit_test(test_a_token_that_binds_nothing),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
