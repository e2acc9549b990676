/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way from the issuer of certificates to the key of the ledger: who signed it, when, and who was revoked. */
#include "verify/ledger/ledger_vkey.h"

#include "tests/support/ledger_fixture.h"
#include "tests/support/sample_certificate.h"
#include "tests/support/stamper.h"
#include "tests/support/stride.h"
#include "verify/certificate/detached.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#define DAYS(count) (SAMPLE_NOW_MS + (count)*SAMPLE_DAY_MS)

static struct sample_ca ca, other;
static struct keys *signer; /* valid from ten days before to ten days after now */
static struct stamper stamper, strange_stamper;
static struct ledger_signer ledger;
static struct buffer vkey = BUFFER_INIT(NOTE_VKEY_MAX);
static struct buffer p7s = BUFFER_INIT(DETACHED_MAX_BYTES);
static struct buffer stamped = BUFFER_INIT(DETACHED_MAX_BYTES); /* the same, time-stamped now */

static void sign(const struct keys *keys, const struct buffer *text, struct buffer *ret)
{
	struct error error = { 0 };
	uint8_t *der = NULL;
	size_t length = 0;
	if (keys_sign(keys, text->data, text->length, &der, &length, &error) < 0)
		fail_msg("%s", error.what);
	ret->length = 0;
	assert_int_equal(buffer_append(ret, der, length), 0);
	free(der);
}

static void stamp(const struct buffer *plain, struct buffer *ret)
{
	static const struct stamp_wish wish = { 0 };
	struct detached *detached CLEANUP(cleanup_detached_free) = NULL;
	struct detached_signer issuer;
	struct error error = { 0 };
	uint8_t *token = NULL, *der = NULL;
	size_t token_length = 0, length = 0;
	assert_int_equal(detached_parse((const uint8_t *)plain->data, plain->length, NULL,
				 &detached, &error),
		0);
	detached_signer_get(detached, 0, &issuer);
	stamper_stamp(&stamper, &wish, issuer.value, issuer.value_length, &token, &token_length);
	stamper_attach(
		(const uint8_t *)plain->data, plain->length, 0, token, token_length, &der, &length);
	ret->length = 0;
	assert_int_equal(buffer_append(ret, der, length), 0);
	free(token);
	free(der);
}

static int set_up(void **state)
{
	(void)state;
	static const struct sample_odd_signer wish = { "critical,CA:FALSE",
		"critical,digitalSignature", -10, 10, "P-256", 0, NULL };
	static const struct stamper_wish honest = { 0 };
	sample_ca_make(SAMPLE_ORGANISATION, &ca);
	sample_ca_make(SAMPLE_ORGANISATION, &other);
	sample_signer_make(&ca, &wish, &signer);
	stamper_make(&honest, &stamper);
	stamper_make(&honest, &strange_stamper);
	ledger_signer_make(&ledger, "haiki/0123456789abcdef", NOTE_ED25519, 1);
	assert_int_equal(buffer_printf(&vkey, "%s\n", ledger.vkey), 0);
	sign(signer, &vkey, &p7s);
	stamp(&p7s, &stamped);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	keys_free(signer);
	sample_ca_free(&ca);
	sample_ca_free(&other);
	stamper_free(&stamper);
	stamper_free(&strange_stamper);
	ledger_signer_free(&ledger);
	buffer_free(&vkey);
	buffer_free(&p7s);
	buffer_free(&stamped);
	return 0;
}

static void assert_proven(
	const struct buffer *text, const struct buffer *der, const struct ledger_anchors *anchors)
{
	struct note_key key;
	char subject[256] = "";
	struct error error = { 0 };
	if (ledger_vkey_prove(text, der, anchors, &key, subject, &error) < 0)
		fail_msg("%s: %s", error.code, error.what);
	assert_memory_equal(&key, &ledger.public_key, sizeof(key));
	assert_string_not_equal(subject, "");
}

static void assert_refused(const struct buffer *text, const struct buffer *der,
	const struct ledger_anchors *anchors, const char *code)
{
	struct note_key key = { .name = "untouched" };
	char subject[256] = "";
	struct error error = { 0 };
	assert_true(ledger_vkey_prove(text, der, anchors, &key, subject, &error) < 0);
	assert_string_equal(key.name, "untouched");
	assert_string_equal(subject, "");
	if (code)
		assert_string_equal(error.code, code);
	assert_string_not_equal(error.code, "");
}

static void the_issuers_word_is_enough(void **state)
{
	(void)state;
	const struct ledger_anchors anchors = { .trust = ca.trust, .now_utc_ms = SAMPLE_NOW_MS };
	assert_proven(&vkey, &p7s, &anchors);
	assert_proven(&vkey, &stamped, &anchors);
}

static void another_issuers_is_not(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer foreign = BUFFER_INIT(DETACHED_MAX_BYTES);
	const struct ledger_anchors anchors = { .trust = ca.trust, .now_utc_ms = SAMPLE_NOW_MS };
	sign(other.keys, &vkey, &foreign);
	assert_refused(&vkey, &foreign, &anchors, "signature-wrong-signer");
}

static void every_byte_of_both_counts(void **state)
{
	(void)state;
	const struct ledger_anchors anchors = { .trust = ca.trust, .now_utc_ms = SAMPLE_NOW_MS };
	for (size_t i = 0; i < vkey.length; i++) {
		vkey.data[i] = (char)(vkey.data[i] ^ 1);
		assert_refused(&vkey, &p7s, &anchors, NULL);
		vkey.data[i] = (char)(vkey.data[i] ^ 1);
	}
	for (size_t i = 0; i < p7s.length; i += test_stride()) {
		p7s.data[i] = (char)(p7s.data[i] ^ 1);
		assert_refused(&vkey, &p7s, &anchors, NULL);
		p7s.data[i] = (char)(p7s.data[i] ^ 1);
	}
	assert_proven(&vkey, &p7s, &anchors);
	/* A key that stands there without its newline is another text. */
	vkey.length--;
	assert_refused(&vkey, &p7s, &anchors, "signature-wrong-content");
	vkey.length++;
}

static void a_signature_over_another_key_is_refused(void **state)
{
	(void)state;
	struct ledger_signer thief;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(NOTE_VKEY_MAX);
	const struct ledger_anchors anchors = { .trust = ca.trust, .now_utc_ms = SAMPLE_NOW_MS };
	ledger_signer_make(&thief, "haiki/0123456789abcdef", NOTE_ED25519, 2);
	assert_int_equal(buffer_printf(&text, "%s\n", thief.vkey), 0);
	assert_refused(&text, &p7s, &anchors, "signature-wrong-content");
	ledger_signer_free(&thief);
}

static void what_is_signed_must_be_a_ledgers_key(void **state)
{
	(void)state;
	struct ledger_signer witness;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(NOTE_VKEY_MAX);
	AUTO_BUFFER struct buffer der = BUFFER_INIT(DETACHED_MAX_BYTES);
	const struct ledger_anchors anchors = { .trust = ca.trust, .now_utc_ms = SAMPLE_NOW_MS };
	ledger_signer_make(&witness, "haiki/0123456789abcdef", NOTE_COSIGNATURE, 1);
	assert_int_equal(buffer_printf(&text, "%s\n", witness.vkey), 0);
	sign(signer, &text, &der);
	assert_refused(&text, &der, &anchors, "ledger-key-malformed");
	text.length = 0;
	assert_int_equal(buffer_append_text(&text, "a certificate\n"), 0);
	sign(signer, &text, &der);
	assert_refused(&text, &der, &anchors, "ledger-key-malformed");
	ledger_signer_free(&witness);
}

static void a_time_stamp_keeps_it_valid_when_the_signer_has_ended(void **state)
{
	(void)state;
	struct ledger_anchors anchors = { .trust = ca.trust, .now_utc_ms = DAYS(20) };
	assert_refused(&vkey, &p7s, &anchors, "signer-expired");
	assert_refused(&vkey, &stamped, &anchors, "signer-expired");
	anchors.stampers = stamper.trust;
	assert_refused(&vkey, &p7s, &anchors, "signer-expired");
	assert_proven(&vkey, &stamped, &anchors);
	anchors.stampers = strange_stamper.trust;
	assert_refused(&vkey, &stamped, &anchors, "timestamp-signer");
}

/* ---- revoked ---- */

static struct revocation *list(int from_days, int to_days, int revoked_days)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)(DAYS(from_days) / 1000));
	ASN1_TIME *to = ASN1_TIME_set(NULL, (time_t)(DAYS(to_days) / 1000));
	X509_REVOKED *revoked = X509_REVOKED_new();
	ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t)(DAYS(revoked_days) / 1000));
	struct error error = { 0 };
	uint8_t *der = NULL;
	assert_true(X509_CRL_set_version(crl, 1) == 1 &&
		    X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca.keys->ca_certificate)) ==
			    1 &&
		    X509_CRL_set1_lastUpdate(crl, from) == 1 &&
		    X509_CRL_set1_nextUpdate(crl, to) == 1 &&
		    X509_REVOKED_set_serialNumber(
			    revoked, X509_get_serialNumber(signer->signer_certificate)) == 1 &&
		    X509_REVOKED_set_revocationDate(revoked, at) == 1);
	if (revoked_days < 90)
		assert_int_equal(X509_CRL_add0_revoked(crl, revoked), 1);
	else
		X509_REVOKED_free(revoked);
	assert_true(X509_CRL_sign(crl, ca.ca_key, EVP_sha256()) > 0);
	int length = i2d_X509_CRL(crl, &der);
	struct revocation *revocation = revocation_new();
	assert_non_null(revocation);
	assert_int_equal(revocation_add(revocation, der, (size_t)length, "ca.crl", &error), 0);
	OPENSSL_free(der);
	X509_CRL_free(crl);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	ASN1_TIME_free(at);
	return revocation;
}

#define NOBODY 99

static void who_was_revoked_is_not_believed(void **state)
{
	(void)state;
	static const struct {
		int from_days, to_days, revoked_days;
		bool stamped;
		const char *required, *incidental; /* NULL: proven */
	} cases[] = {
		{ -1, 1, NOBODY, false, NULL, NULL },
		{ -1, 1, -2, false, "signer-revoked", "signer-revoked" },
		{ -1, 1, -2, true, "signer-revoked", "signer-revoked" },
		{ -9, -8, NOBODY, false, "revocation-outdated", NULL },
		{ -3, -2, -4, false, "signer-revoked", "signer-revoked" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct revocation *lists =
			list(cases[i].from_days, cases[i].to_days, cases[i].revoked_days);
		struct ledger_anchors anchors = { .trust = ca.trust,
			.stampers = stamper.trust,
			.required = lists,
			.now_utc_ms = SAMPLE_NOW_MS };
		const struct buffer *der = cases[i].stamped ? &stamped : &p7s;
		if (cases[i].required)
			assert_refused(&vkey, der, &anchors, cases[i].required);
		else
			assert_proven(&vkey, der, &anchors);
		anchors.required = NULL;
		anchors.incidental = lists;
		if (cases[i].incidental)
			assert_refused(&vkey, der, &anchors, cases[i].incidental);
		else
			assert_proven(&vkey, der, &anchors);
		(void)revocation_free(lists);
	}
	/* Revoked after a time stamp says that it was signed. */
	struct revocation *later = list(4, 6, 3);
	const struct ledger_anchors anchors = { .trust = ca.trust,
		.stampers = stamper.trust,
		.required = later,
		.now_utc_ms = DAYS(5) };
	assert_proven(&vkey, &stamped, &anchors);
	assert_refused(&vkey, &p7s, &anchors, "signer-revoked");
	(void)revocation_free(later);
	struct revocation *none = revocation_new();
	assert_non_null(none);
	const struct ledger_anchors empty = {
		.trust = ca.trust, .required = none, .now_utc_ms = SAMPLE_NOW_MS
	};
	assert_refused(&vkey, &p7s, &empty, "revocation-missing");
	const struct ledger_anchors incidental = {
		.trust = ca.trust, .incidental = none, .now_utc_ms = SAMPLE_NOW_MS
	};
	assert_proven(&vkey, &p7s, &incidental);
	(void)revocation_free(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_issuers_word_is_enough),
		cmocka_unit_test(another_issuers_is_not),
		cmocka_unit_test(every_byte_of_both_counts),
		cmocka_unit_test(a_signature_over_another_key_is_refused),
		cmocka_unit_test(what_is_signed_must_be_a_ledgers_key),
		cmocka_unit_test(a_time_stamp_keeps_it_valid_when_the_signer_has_ended),
		cmocka_unit_test(who_was_revoked_is_not_believed),
	};
	return cmocka_run_group_tests_name("ledger_vkey", tests, set_up, tear_down);
}
