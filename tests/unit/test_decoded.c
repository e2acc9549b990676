/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeping decoded certificates: only the very same bytes give the kept one. */
#include "tests/support/sample_certificate.h"
#include "verify/certificate/decoded.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct der {
	unsigned char *bytes;
	size_t length;
};

struct fixture {
	struct sample_ca ca;
	struct decoded *decoded;
	struct der signer;
};

static struct der encode(const X509 *certificate)
{
	struct der der = { 0 };
	int length = i2d_X509(certificate, &der.bytes);
	assert_true(length > 0);
	der.length = (size_t)length;
	return der;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	assert_non_null(fixture);
	sample_ca_make(SAMPLE_ORGANISATION, &fixture->ca);
	fixture->decoded = decoded_new();
	assert_non_null(fixture->decoded);
	fixture->signer = encode(fixture->ca.keys->signer_certificate);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	decoded_free(fixture->decoded);
	sample_ca_free(&fixture->ca);
	OPENSSL_free(fixture->signer.bytes);
	free(fixture);
	return 0;
}

static void test_the_same_bytes_are_decoded_once(void **state)
{
	struct fixture *fixture = *state;
	const struct der *signer = &fixture->signer;
	X509 *first = decoded_certificate(fixture->decoded, signer->bytes, signer->length);
	X509 *second = decoded_certificate(fixture->decoded, signer->bytes, signer->length);
	assert_non_null(first);
	assert_ptr_equal(first, second);
	assert_int_equal(X509_cmp(first, fixture->ca.keys->signer_certificate), 0);
	X509_free(second);
	/* A reference is the caller's own: it outlives the rest. */
	fixture->decoded = decoded_free(fixture->decoded);
	assert_int_equal(X509_cmp(first, fixture->ca.keys->signer_certificate), 0);
	X509_free(first);
}

/* Whatever differs is decoded by itself, and is what its own bytes say. */
static void test_other_bytes_are_another_certificate(void **state)
{
	struct fixture *fixture = *state;
	const struct der *signer = &fixture->signer;
	X509 *kept = decoded_certificate(fixture->decoded, signer->bytes, signer->length);
	assert_non_null(kept);
	for (size_t i = 0; i < signer->length; i++) {
		signer->bytes[i] ^= 1;
		X509 *other = decoded_certificate(fixture->decoded, signer->bytes, signer->length);
		assert_ptr_not_equal(other, kept);
		if (other) {
			struct der again = encode(other);
			assert_int_equal(again.length, signer->length);
			assert_memory_equal(again.bytes, signer->bytes, signer->length);
			OPENSSL_free(again.bytes);
		}
		X509_free(other);
		signer->bytes[i] ^= 1;
	}
	X509_free(kept);
}

static void test_what_is_no_certificate(void **state)
{
	struct fixture *fixture = *state;
	const struct der *signer = &fixture->signer;
	struct decoded *const both[] = { fixture->decoded, NULL };
	unsigned char *longer = calloc(1, signer->length + 1);
	assert_non_null(longer);
	memcpy(longer, signer->bytes, signer->length);
	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		X509_free(decoded_certificate(both[i], signer->bytes, signer->length));
		assert_null(decoded_certificate(both[i], longer, signer->length + 1));
		assert_null(decoded_certificate(both[i], signer->bytes, signer->length - 1));
		assert_null(decoded_certificate(both[i], signer->bytes, 0));
		assert_null(decoded_certificate(both[i], (const uint8_t *)"x", 1));
	}
	free(longer);
}

/* More than there is place for: the oldest go, and come again when they are asked for. */
static void test_more_than_are_kept(void **state)
{
	struct fixture *fixture = *state;
	static const struct sample_odd_signer wish = { NULL, "digitalSignature", -1, 1, "P-256", 0,
		NULL };
	struct keys *keys[40] = { 0 };
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		sample_signer_make(&fixture->ca, &wish, &keys[i]);
	for (size_t i = 0; i < 3 * ARRAY_SIZE(keys); i++) {
		const X509 *wanted = keys[i % ARRAY_SIZE(keys)]->signer_certificate;
		struct der der = encode(wanted);
		X509 *found = decoded_certificate(fixture->decoded, der.bytes, der.length);
		assert_non_null(found);
		assert_int_equal(X509_cmp(found, wanted), 0);
		X509_free(found);
		OPENSSL_free(der.bytes);
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		keys_free(keys[i]);
}

static void *ask_often(void *argument)
{
	const struct fixture *fixture = argument;
	size_t right = 0;
	for (int i = 0; i < 200; i++) {
		X509 *found = decoded_certificate(
			fixture->decoded, fixture->signer.bytes, fixture->signer.length);
		right += found && X509_cmp(found, fixture->ca.keys->signer_certificate) == 0;
		X509_free(found);
	}
	return (void *)right;
}

static void test_threads_share_it(void **state)
{
	struct fixture *fixture = *state;
	pthread_t threads[4];
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, fixture), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		void *right = NULL;
		assert_int_equal(pthread_join(threads[i], &right), 0);
		assert_int_equal((size_t)right, 200);
	}
}

int main(void)
{
#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_FIXTURE(test_the_same_bytes_are_decoded_once),
		WITH_FIXTURE(test_other_bytes_are_another_certificate),
		WITH_FIXTURE(test_what_is_no_certificate),
		WITH_FIXTURE(test_more_than_are_kept),
		WITH_FIXTURE(test_threads_share_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
