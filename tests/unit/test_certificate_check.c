/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checking certificates: a good one passes, and nothing that was touched anywhere does. */
#include "verify/certificate.h"

#include "base/json.h"
#include "tests/support/sample_certificate.h"
#include "verify/detached.h"
#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { CANONICAL, SCHEMA, SIGNATURE, CHAIN, JUDGEMENT };

/* Made once for all tests; they change copies only. */
struct fixture {
	struct sample_ca ca;
	json_t *document;
	struct sample_files files;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	sample_ca_make(SAMPLE_ORGANISATION, &fixture->ca);
	fixture->document = sample_certificate_document(SAMPLE_JOB_PLAIN);
	sample_files_sign(fixture->document, fixture->ca.keys, &fixture->files);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	sample_ca_free(&fixture->ca);
	sample_files_free(&fixture->files);
	json_decref(fixture->document);
	free(fixture);
	return 0;
}

static void check(const struct fixture *fixture, const struct sample_files *files,
	int64_t now_utc_ms, struct certificate_report *ret)
{
	struct error error = { 0 };

	assert_int_equal(certificate_check(files->json, files->json_length, files->p7s,
				 files->p7s_length, fixture->ca.trust, now_utc_ms, ret, &error),
		0);
	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++) {
		bool has_reason = ret->checks[i].error.kind != ERROR_NONE;
		assert_int_equal(has_reason, ret->checks[i].result == CHECK_FAILED);
		assert_int_equal(has_reason, ret->checks[i].error.what[0] != '\0');
	}
	if (!ret->valid)
		assert_int_equal(ret->outcome, OUTCOME_UNKNOWN);
}

static void print_report(const struct certificate_report *report)
{
	static const char *const words[] = { "not made", "passed", "failed" };

	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++)
		print_message("%s: %s %s %s\n", report->checks[i].name,
			words[report->checks[i].result], report->checks[i].error.code,
			report->checks[i].error.what);
}

/* Not valid, and this check says so by this code; the other ones may say more. */
static void expect_at(const struct fixture *fixture, const struct sample_files *files,
	int64_t now_utc_ms, int at, const char *code)
{
	AUTO_REPORT struct certificate_report report = { 0 };

	check(fixture, files, now_utc_ms, &report);
	if (report.valid || report.checks[at].result != CHECK_FAILED ||
		strcmp(report.checks[at].error.code, code) != 0) {
		print_report(&report);
		fail_msg("expected check %d to fail by %s", at, code);
	}
}

static void expect(
	const struct fixture *fixture, const struct sample_files *files, int at, const char *code)
{
	expect_at(fixture, files, SAMPLE_NOW_MS, at, code);
}

static void expect_valid(const struct fixture *fixture, const struct sample_files *files)
{
	AUTO_REPORT struct certificate_report report = { 0 };

	check(fixture, files, SAMPLE_NOW_MS, &report);
	if (!report.valid) {
		print_report(&report);
		fail_msg("not valid");
	}
	assert_int_equal(report.outcome, OUTCOME_PROVEN);
}

/* The good signature with another text: what a change after signing looks like. */
static void expect_altered(
	const struct fixture *fixture, const char *json, size_t length, int at, const char *code)
{
	struct sample_files files = fixture->files;

	files.json = (char *)(uintptr_t)json;
	files.json_length = length;
	expect(fixture, &files, at, code);
	expect(fixture, &files, SIGNATURE, "signature-wrong-content");
}

/* --- the good one --- */

static void test_a_good_certificate_is_valid(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_REPORT struct certificate_report report = { 0 };
	static const char *const names[] = { "canonical", "schema", "signature", "chain",
		"judgement" };

	check(fixture, &fixture->files, SAMPLE_NOW_MS, &report);
	print_report(&report);
	assert_true(report.valid);
	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++) {
		assert_string_equal(report.checks[i].name, names[i]);
		assert_int_equal(report.checks[i].result, CHECK_PASSED);
	}
	assert_int_equal(report.outcome, OUTCOME_PROVEN);
	assert_string_equal(report.signer, "CN=haiki signer,O=" SAMPLE_ORGANISATION);
	assert_int_equal(strlen(report.sha256), 64);
	assert_true(json_equal(report.certificate, fixture->document));
}

static void test_a_sampled_one_states_its_limit(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_JSON json_t *document = sample_certificate_document(SAMPLE_JOB_SAMPLED);
	struct sample_files files;

	sample_files_sign(document, fixture->ca.keys, &files);
	expect_valid(fixture, &files);
	sample_files_free(&files);
	assert_int_equal(json_array_clear(json_object_get(document, "limits")), 0);
	sample_files_sign(document, fixture->ca.keys, &files);
	expect(fixture, &files, JUDGEMENT, "judgement-differs");
	sample_files_free(&files);
}

/* --- touched bytes --- */

static void test_each_changed_byte_of_the_document_is_seen(void **state)
{
	const struct fixture *fixture = *state;
	struct sample_files files = fixture->files;
	static const unsigned char masks[] = { 0x01, 0x20, 0x80, 0x02, 0xff };
	char *copy = malloc(files.json_length);

	assert_non_null(copy);
	memcpy(copy, files.json, files.json_length);
	files.json = copy;
	for (size_t i = 0; i < files.json_length; i++) {
		unsigned char mask = masks[i % ARRAY_SIZE(masks)];
		copy[i] = (char)(copy[i] ^ mask);
		expect(fixture, &files, SIGNATURE, "signature-wrong-content");
		copy[i] = (char)(copy[i] ^ mask);
	}
	expect_valid(fixture, &files);
	free(copy);
}

static bool has_family(const struct check *check)
{
	return check->result == CHECK_FAILED &&
	       (strncmp(check->error.code, "signature-", 10) == 0 ||
		       strncmp(check->error.code, "signer-", 7) == 0);
}

static void test_each_changed_byte_of_the_signature_is_seen(void **state)
{
	const struct fixture *fixture = *state;
	struct sample_files files = fixture->files;
	static const uint8_t masks[] = { 0x01, 0x20, 0x02, 0x80, 0x04, 0xff, 0x10 };
	uint8_t *copy = malloc(files.p7s_length);

	assert_non_null(copy);
	memcpy(copy, files.p7s, files.p7s_length);
	files.p7s = copy;
	for (size_t i = 0; i < files.p7s_length * 2; i++) {
		AUTO_REPORT struct certificate_report report = { 0 };
		size_t at = i % files.p7s_length;
		uint8_t mask = masks[i % ARRAY_SIZE(masks)];

		copy[at] ^= mask;
		check(fixture, &files, SAMPLE_NOW_MS, &report);
		if (report.valid || (!has_family(&report.checks[SIGNATURE]) &&
					    !has_family(&report.checks[CHAIN]))) {
			print_report(&report);
			fail_msg("byte %zu ^ %02x was not seen", at, mask);
		}
		/* The document itself is still good. */
		assert_int_equal(report.checks[CANONICAL].result, CHECK_PASSED);
		assert_int_equal(report.checks[JUDGEMENT].result, CHECK_PASSED);
		copy[at] ^= mask;
	}
	expect_valid(fixture, &files);
	free(copy);
}

static void test_a_cut_document_is_called_cut(void **state)
{
	const struct fixture *fixture = *state;

	for (size_t length = 97; length < fixture->files.json_length; length += 97)
		expect_altered(
			fixture, fixture->files.json, length, CANONICAL, "certificate-truncated");
	expect_altered(fixture, fixture->files.json, fixture->files.json_length - 1, CANONICAL,
		"certificate-truncated");
	expect_altered(fixture, "", 0, CANONICAL, "certificate-truncated");
}

static void test_a_cut_signature_is_malformed(void **state)
{
	const struct fixture *fixture = *state;
	struct sample_files files = fixture->files;

	for (size_t length = 0; length < fixture->files.p7s_length; length += 97) {
		files.p7s_length = length;
		expect(fixture, &files, SIGNATURE, "signature-malformed");
	}
	files.p7s_length = fixture->files.p7s_length - 1;
	expect(fixture, &files, SIGNATURE, "signature-malformed");
}

static void test_what_is_no_json_is_malformed(void **state)
{
	static const char *const texts[] = { "x", "{\"a\":1}}", "{\"a\":1} ", "\xff", "{\"a\":1.5}",
		"{\"a\":null}", "\xef\xbb\xbf{}" };
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTO_REPORT struct certificate_report report = { 0 };
		struct sample_files files = fixture->files;
		files.json = (char *)(uintptr_t)texts[i];
		files.json_length = strlen(texts[i]);
		check(fixture, &files, SAMPLE_NOW_MS, &report);
		assert_false(report.valid);
		assert_int_equal(report.checks[CANONICAL].result, CHECK_FAILED);
		assert_int_not_equal(report.checks[SCHEMA].result, CHECK_PASSED);
	}
	expect_altered(fixture, "x", 1, CANONICAL, "certificate-malformed");
}

/* --- other spellings of the same document --- */

static char *replace(const char *text, const char *old, const char *new)
{
	const char *at = strstr(text, old);
	char *result = NULL;

	assert_non_null(at);
	assert_true(
		asprintf(&result, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old)) > 0);
	return result;
}

static void test_another_spelling_is_not_accepted(void **state)
{
	const struct fixture *fixture = *state;
	static const struct {
		const char *old, *new, *code;
	} cases[] = {
		{ "\"country\":\"JP\"", "\"country\": \"JP\"", "json-not-canonical" },
		{ "\"country\":\"JP\"", "\"country\":\"\\u004aP\"", "json-not-canonical" },
		{ "{\"clock\"", "\n{\"clock\"", "json-not-canonical" },
		{ "\"country\":\"JP\"", "\"country\":\"JP\",\"country\":\"JP\"",
			"json-duplicate-key" },
		{ "\"country\":\"JP\"", "\"country\":\"US\",\"country\":\"JP\"",
			"json-duplicate-key" },
		{ "\"max_error_us\":1500,\"synchronised\":1",
			"\"synchronised\":1,\"max_error_us\":1500", "json-not-canonical" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = replace(fixture->files.json, cases[i].old, cases[i].new);
		expect_altered(fixture, text, strlen(text), CANONICAL, cases[i].code);
		free(text);
	}
	char *text = replace(fixture->files.json, "}", "}"); /* a copy */
	char *longer = NULL;
	assert_true(asprintf(&longer, "%s\n", text) > 0);
	expect_altered(fixture, longer, strlen(longer), CANONICAL, "json-not-canonical");
	free(longer);
	free(text);
}

static void test_a_pretty_copy_is_checked_as_far_as_it_goes(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_REPORT struct certificate_report report = { 0 };
	struct sample_files files = fixture->files;

	files.json = json_dumps(fixture->document, JSON_INDENT(2) | JSON_SORT_KEYS);
	files.json_length = strlen(files.json);
	check(fixture, &files, SAMPLE_NOW_MS, &report);
	assert_false(report.valid);
	assert_string_equal(report.checks[CANONICAL].error.code, "json-not-canonical");
	assert_int_equal(report.checks[SCHEMA].result, CHECK_PASSED);
	assert_string_equal(report.checks[SIGNATURE].error.code, "signature-wrong-content");
	assert_int_equal(report.checks[CHAIN].result, CHECK_PASSED);
	assert_int_equal(report.checks[JUDGEMENT].result, CHECK_PASSED);
	assert_string_equal(report.signer, "");
	free(files.json);
}

/* --- the schema --- */

typedef void damage(json_t *object, const char *key);

static void take_away(json_t *object, const char *key)
{
	assert_int_equal(json_object_del(object, key), 0);
}

static void put_array_in_array(json_t *object, const char *key)
{
	assert_int_equal(json_object_set_new(object, key, json_pack("[[]]")), 0);
}

static void put_minus_two(json_t *object, const char *key)
{
	assert_int_equal(json_object_set_new(object, key, json_integer(-2)), 0);
}

static void put_long_text(json_t *object, const char *key)
{
	char text[1026];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(json_object_set_new(object, key, json_string(text)), 0);
}

static void put_brother(json_t *object, const char *key)
{
	char other[128];

	(void)snprintf(other, sizeof(other), "%s_", key);
	assert_int_equal(json_object_set_new(object, other, json_integer(1)), 0);
}

static damage *const damages[] = { take_away, put_array_in_array, put_minus_two, put_long_text,
	put_brother };

/* Go through every key of every object of the document; the nth is damaged. False: there are less. */
static bool damage_nth(json_t *value, size_t *nth, damage *do_damage)
{
	const char *key;
	json_t *item;
	size_t index;

	json_array_foreach (value, index, item)
		if (damage_nth(item, nth, do_damage))
			return true;
	json_object_foreach (value, key, item) {
		if ((*nth)-- == 0) {
			do_damage(value, key);
			return true;
		}
		if (damage_nth(item, nth, do_damage))
			return true;
	}
	return false;
}

static void test_each_field_is_required_and_typed(void **state)
{
	const struct fixture *fixture = *state;
	size_t count = 0;

	assert_int_equal(certificate_check_schema(fixture->document, NULL), 0);
	for (size_t d = 0; d < ARRAY_SIZE(damages); d++) {
		for (size_t i = 0;; i++) {
			AUTO_JSON json_t *copy = json_deep_copy(fixture->document);
			struct error error = { 0 };
			size_t nth = i;
			if (!damage_nth(copy, &nth, damages[d]))
				break;
			count++;
			if (certificate_check_schema(copy, &error) != 0) {
				assert_int_not_equal(error.kind, ERROR_NONE);
				continue;
			}
			char *text = json_dumps(copy, JSON_INDENT(1));
			fail_msg("damage %zu at key %zu was not seen: %s", d, i, text);
		}
	}
	assert_true(count > 500);
}

static void test_values_out_of_bounds(void **state)
{
	const struct fixture *fixture = *state;
	static const struct {
		const char *object, *key, *text;
		json_int_t number;
		const char *code;
	} cases[] = {
		{ NULL, "format", "other", 0, "certificate-malformed" },
		{ NULL, "format_version", NULL, 2, "certificate-newer" },
		{ NULL, "format_version", NULL, 0, "json-field" },
		{ NULL, "name", "haiki-J20261123-7QK3ZD-99", 0, "certificate-malformed" },
		{ NULL, "name", "haiki-J20261123-7QK3ZE-11", 0, "certificate-malformed" },
		{ NULL, "name", "../haiki-J20261123-7QK3ZD-11", 0, "certificate-malformed" },
		{ NULL, "supersedes", "haiki-J20261123-7QK3ZD-99", 0, "certificate-malformed" },
		{ NULL, "supersedes", "haiki-J20261123-7QK3ZE-3", 0, "certificate-malformed" },
		{ NULL, "supersedes", "haiki-J20261123-7QK3ZD-0", 0, "certificate-malformed" },
		{ NULL, "supersedes", "haiki-J20261123-7QK3ZD-03", 0, "certificate-malformed" },
		{ NULL, "supersedes", "x", 0, "certificate-malformed" },
		{ NULL, "issued_utc", "2026-11-23 04:59:59.000Z", 0, "certificate-malformed" },
		{ NULL, "issued_utc", "2026-13-23T04:59:59.000Z", 0, "certificate-malformed" },
		{ "clock", "synchronised", NULL, 2, "json-field" },
		{ "job", "id", "J20261123-7QK3Z", 0, "certificate-malformed" },
		{ "job", "id", "J20261123-7QK3ZU", 0, "certificate-malformed" },
		{ "job", "id", "j20261123-7QK3ZD", 0, "certificate-malformed" },
		{ "verdict", "outcome", "Proven", 0, "certificate-malformed" },
		{ "verdict", "outcome", "failed", 0, "certificate-malformed" },
		{ "verdict", "level", "purgE", 0, "certificate-malformed" },
		{ "verdict", "verification", "half", 0, "certificate-malformed" },
		{ "subject", "layers_known", NULL, 3, "json-field" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_JSON json_t *copy = json_deep_copy(fixture->document);
		json_t *object = cases[i].object ? json_object_get(copy, cases[i].object) : copy;
		struct error error = { 0 };
		if (cases[i].text)
			sample_set_text(object, cases[i].key, cases[i].text);
		else
			sample_set_integer(object, cases[i].key, cases[i].number);
		if (certificate_check_schema(copy, &error) == 0 ||
			strcmp(error.code, cases[i].code) != 0)
			fail_msg("case %zu: %s %s", i, error.code, error.what);
	}
}

static void test_a_newer_format_asks_for_a_newer_program(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_JSON json_t *copy = json_deep_copy(fixture->document);
	AUTO_REPORT struct certificate_report report = { 0 };
	struct sample_files files;

	sample_set_integer(copy, "format_version", 2);
	sample_set_integer(copy, "something_new", 1);
	sample_files_sign(copy, fixture->ca.keys, &files);
	check(fixture, &files, SAMPLE_NOW_MS, &report);
	assert_false(report.valid);
	assert_string_equal(report.checks[SCHEMA].error.code, "certificate-newer");
	assert_int_equal(report.checks[SCHEMA].error.kind, ERROR_UNSUPPORTED);
	assert_int_equal(report.checks[SIGNATURE].result, CHECK_PASSED);
	assert_int_equal(report.checks[JUDGEMENT].result, CHECK_NOT_MADE);
	sample_files_free(&files);
}

static void test_an_earlier_certificate_may_be_named(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_JSON json_t *copy = json_deep_copy(fixture->document);

	sample_set_text(copy, "supersedes", "haiki-J20261123-7QK3ZD-3");
	assert_int_equal(certificate_check_schema(copy, NULL), 0);
}

/* --- lies under a good signature --- */

static void expect_lie(const struct fixture *fixture, const json_t *document)
{
	struct sample_files files;

	sample_files_sign(document, fixture->ca.keys, &files);
	expect(fixture, &files, JUDGEMENT, "judgement-differs");
	sample_files_free(&files);
}

static json_t *event_of(json_t *document, const char *kind)
{
	size_t index;
	json_t *event;

	json_array_foreach (json_object_get(document, "evidence"), index, event)
		if (strcmp(json_string_value(json_object_get(event, "kind")), kind) == 0)
			return event;
	fail();
	return NULL;
}

static void test_a_verdict_the_evidence_does_not_give(void **state)
{
	const struct fixture *fixture = *state;
	static const struct {
		const char *kind, *key;
		json_int_t value;
	} spoils[] = {
		{ "finished", "flushed", 0 },
		{ "finished", "bytes", SAMPLE_CAPACITY_BYTES - 512 },
		{ "opened", "exclusive", 0 },
		{ "closing", "same", 0 },
		{ "started", "from_bytes", 512 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(spoils); i++) {
		AUTO_JSON json_t *copy = json_deep_copy(fixture->document);
		sample_set_integer(event_of(copy, spoils[i].kind), spoils[i].key, spoils[i].value);
		expect_lie(fixture, copy);
	}
}

static void test_a_verdict_edited_and_signed_again(void **state)
{
	const struct fixture *fixture = *state;
	static const struct {
		const char *key, *text;
		json_int_t number;
	} edits[] = {
		{ "verification", "sample", 0 },
		{ "level", "purge", 0 },
		{ "bytes_overwritten", NULL, SAMPLE_CAPACITY_BYTES + 512 },
		{ "bytes_read_back", NULL, 1 },
		{ "bytes_bad", NULL, 512 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		AUTO_JSON json_t *copy = json_deep_copy(fixture->document);
		json_t *verdict = json_object_get(copy, "verdict");
		if (edits[i].text)
			sample_set_text(verdict, edits[i].key, edits[i].text);
		else
			sample_set_integer(verdict, edits[i].key, edits[i].number);
		expect_lie(fixture, copy);
	}
}

static void test_the_message_names_both_outcomes(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_JSON json_t *copy = json_deep_copy(fixture->document);
	AUTO_REPORT struct certificate_report report = { 0 };
	struct sample_files files;

	sample_set_integer(event_of(copy, "finished"), "flushed", 0);
	sample_files_sign(copy, fixture->ca.keys, &files);
	check(fixture, &files, SAMPLE_NOW_MS, &report);
	assert_non_null(strstr(report.checks[JUDGEMENT].error.what, "\"proven\""));
	assert_non_null(strstr(report.checks[JUDGEMENT].error.what, "\"failed\""));
	sample_files_free(&files);
}

static void test_limits_must_be_stated(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_JSON json_t *clock = json_deep_copy(fixture->document);
	AUTO_JSON json_t *event = json_deep_copy(fixture->document);
	AUTO_JSON json_t *extra = json_deep_copy(fixture->document);
	AUTO_JSON json_t *good = json_deep_copy(fixture->document);
	struct sample_files files;

	sample_set_integer(json_object_get(clock, "clock"), "synchronised", 0);
	expect_lie(fixture, clock);
	sample_set_integer(event_of(event, "ended"), "clock_synchronised", 0);
	expect_lie(fixture, event);
	json_t *word = json_string("virtual-device");
	assert_int_equal(json_array_append(json_object_get(extra, "limits"), word), 0);
	expect_lie(fixture, extra);
	json_decref(word);

	sample_set_integer(event_of(good, "created"), "clock_synchronised", 0);
	assert_int_equal(json_array_append_new(json_object_get(good, "limits"),
				 json_string("clock-not-synchronised")),
		0);
	sample_files_sign(good, fixture->ca.keys, &files);
	expect_valid(fixture, &files);
	sample_files_free(&files);
}

static void test_limits_of_a_virtual_device(void **state)
{
	struct sample_job job;
	AUTO_JSON json_t *limits = NULL;
	AUTO_JSON json_t *all =
		json_pack("[s, s, s]", "virtual-device", "clock-not-synchronised", "sampled");

	(void)state;
	sample_job_make(SAMPLE_JOB_PLAIN, &job);
	sample_set_integer(json_object_get(job.subject, "identity"), "virtual", 1);
	assert_int_equal(
		certificate_limits(job.subject, job.evidence, false, VERIFICATION_SAMPLE, &limits),
		0);
	assert_true(json_equal(limits, all));
	sample_job_free(&job);
}

/* --- other signers --- */

static void expect_signed_by(
	const struct fixture *fixture, const struct keys *keys, int at, const char *code)
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
	const struct fixture *fixture = *state;
	struct sample_ca other = { 0 };

	sample_ca_make(SAMPLE_ORGANISATION, &other);
	expect_signed_by(fixture, other.keys, CHAIN, "signature-wrong-signer");
	sample_ca_free(&other);
}

/* The forger copies also the key identifiers, so that the real CA looks like the issuer. */
static void test_another_ca_with_the_same_names_and_key_identifiers(void **state)
{
	const struct fixture *fixture = *state;
	const struct keys *real = fixture->ca.keys;
	EVP_PKEY *key = EVP_EC_gen("P-256"), *ca_key = EVP_EC_gen("P-256");
	X509 *signer = X509_dup(real->signer_certificate), *ca = X509_dup(real->ca_certificate);

	assert_true(
		X509_set_pubkey(signer, key) == 1 && X509_sign(signer, ca_key, EVP_sha256()) > 0);
	assert_true(X509_set_pubkey(ca, ca_key) == 1 && X509_sign(ca, ca_key, EVP_sha256()) > 0);
	struct keys forged = { key, signer, ca };
	expect_signed_by(fixture, &forged, CHAIN, "signature-wrong-signer");
	/* And with the real CA's certificate inside. */
	forged.ca_certificate = real->ca_certificate;
	expect_signed_by(fixture, &forged, CHAIN, "signature-wrong-signer");
	X509_free(signer);
	X509_free(ca);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
}

static void test_a_signer_who_signs_for_himself(void **state)
{
	const struct fixture *fixture = *state;
	const struct keys self = { fixture->ca.ca_key, fixture->ca.keys->ca_certificate,
		fixture->ca.keys->ca_certificate };
	struct sample_files files = fixture->files;

	sample_sign_oddly(&self, files.json, files.json_length,
		CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES | CMS_NOCERTS, EVP_sha256(),
		&files.p7s, &files.p7s_length);
	expect(fixture, &files, CHAIN, "signer-not-allowed");
	free(files.p7s);
}

#define SIGNS "critical,digitalSignature"
#define NO_CA "critical,CA:FALSE"

static void test_odd_signers_of_the_right_ca(void **state)
{
	const struct fixture *fixture = *state;
	static const struct {
		struct sample_odd_signer wish;
		const char *code;
	} cases[] = {
		{ { NO_CA, SIGNS, -1, 1, "P-256", 0 }, NULL },
		{ { NO_CA, SIGNS, -1, 1, "P-384", 0 }, NULL },
		{ { NO_CA, SIGNS, -1, 1, "P-521", 0 }, NULL },
		{ { NO_CA, SIGNS, -1, 1, "RSA", 2048 }, NULL },
		{ { NO_CA, SIGNS, -3, -1, "P-256", 0 }, "signer-expired" },
		{ { NO_CA, SIGNS, 1, 3, "P-256", 0 }, "signer-not-yet-valid" },
		{ { "critical,CA:TRUE", "critical,keyCertSign,digitalSignature", -1, 1, "P-256",
			  0 },
			"signer-not-allowed" },
		{ { NO_CA, "critical,keyAgreement", -1, 1, "P-256", 0 }, "signer-not-allowed" },
		{ { NO_CA, NULL, -1, 1, "P-256", 0 }, "signer-not-allowed" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct keys *keys = NULL;
		sample_signer_make(&fixture->ca, &cases[i].wish, &keys);
		expect_signed_by(fixture, keys, CHAIN, cases[i].code);
		keys_free(keys);
	}
}

static void test_weak_keys_and_digests(void **state)
{
	const struct fixture *fixture = *state;
	static const struct {
		struct sample_odd_signer wish;
		const char *digest;
	} cases[] = {
		{ { NO_CA, SIGNS, -1, 1, "RSA", 1024 }, "SHA256" },
		{ { NO_CA, SIGNS, -1, 1, "P-224", 0 }, "SHA256" },
		{ { NO_CA, SIGNS, -1, 1, "secp256k1", 0 }, "SHA256" },
		{ { NO_CA, SIGNS, -1, 1, "P-256", 0 }, "SHA1" },
		{ { NO_CA, SIGNS, -1, 1, "P-256", 0 }, "SHA224" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sample_files files = fixture->files;
		struct keys *keys = NULL;
		sample_signer_make(&fixture->ca, &cases[i].wish, &keys);
		sample_sign_oddly(keys, files.json, files.json_length,
			CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES,
			EVP_get_digestbyname(cases[i].digest), &files.p7s, &files.p7s_length);
		expect(fixture, &files, SIGNATURE, "signature-algorithm");
		free(files.p7s);
		keys_free(keys);
	}
}

static void test_the_time_of_the_check_counts(void **state)
{
	const struct fixture *fixture = *state;
	int64_t begin = SAMPLE_NOW_MS - SAMPLE_DAY_MS;
	int64_t end = begin + KEYS_SIGNER_DAYS * SAMPLE_DAY_MS;

	expect_at(fixture, &fixture->files, begin - 1000, CHAIN, "signer-not-yet-valid");
	expect_at(fixture, &fixture->files, end + 1000, CHAIN, "signer-expired");
	expect_at(fixture, &fixture->files, 0, CHAIN, "signer-not-yet-valid");
	expect_at(fixture, &fixture->files, -1, CHAIN, "signer-not-yet-valid");
}

/* --- odd signature files --- */

static void test_the_signature_of_another_certificate(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_JSON json_t *other = sample_certificate_document(SAMPLE_JOB_SAMPLED);
	struct sample_files files, mixed = fixture->files;

	sample_files_sign(other, fixture->ca.keys, &files);
	mixed.p7s = files.p7s;
	mixed.p7s_length = files.p7s_length;
	expect(fixture, &mixed, SIGNATURE, "signature-wrong-content");
	sample_files_free(&files);
}

static void test_unusual_ways_of_signing(void **state)
{
	const struct fixture *fixture = *state;
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
		check(fixture, &files, SAMPLE_NOW_MS, &report);
		const struct check *signature = &report.checks[SIGNATURE];
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
	static const struct sample_odd_signer wish = { NO_CA, SIGNS, -1, 1, "P-256", 0 };
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
	const struct fixture *fixture = *state;
	static const struct {
		forge *forge;
		int at;
		const char *code;
	} cases[] = {
		{ add_second_signer, SIGNATURE, "signature-count" },
		{ add_unsigned_attribute, SIGNATURE, "signature-malformed" },
		{ add_other_certificate, CHAIN, "signature-extra-certificate" },
		{ add_revocation_list, SIGNATURE, "signature-malformed" },
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
	const struct fixture *fixture = *state;
	struct sample_files files = fixture->files;

	files.p7s = malloc(files.p7s_length + 100);
	assert_non_null(files.p7s);
	memcpy(files.p7s, fixture->files.p7s, files.p7s_length);
	memset(files.p7s + files.p7s_length, 0, 100);
	for (size_t extra = 1; extra <= 100; extra += 33) {
		files.p7s_length = fixture->files.p7s_length + extra;
		expect(fixture, &files, SIGNATURE, "signature-malformed");
	}
	free(files.p7s);
}

/* BER's indefinite length says the same in other bytes. */
static void test_ber_is_not_accepted(void **state)
{
	const struct fixture *fixture = *state;
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
	expect(fixture, &files, SIGNATURE, "signature-malformed");
	free(files.p7s);
}

static void test_pem_and_text_are_malformed(void **state)
{
	const struct fixture *fixture = *state;
	struct sample_files files = fixture->files;
	char *pem = NULL;
	BIO *text = BIO_new(BIO_s_mem());

	assert_true(PEM_write_bio(text, "CMS", "", files.p7s, (long)files.p7s_length) > 0);
	files.p7s_length = (size_t)BIO_get_mem_data(text, &pem);
	files.p7s = (uint8_t *)pem;
	expect(fixture, &files, SIGNATURE, "signature-malformed");
	BIO_free(text);
	files.p7s = (uint8_t *)files.json;
	files.p7s_length = files.json_length;
	expect(fixture, &files, SIGNATURE, "signature-malformed");
}

/* --- anchors --- */

static void test_anchors_must_be_certificates(void **state)
{
	const struct fixture *fixture = *state;
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
	struct fixture *fixture = *state;
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
	expect_signed_by(fixture, other.keys, CHAIN, NULL);
	fixture->ca.trust = other.trust;
	expect(fixture, &fixture->files, CHAIN, "signature-wrong-signer");
	fixture->ca.trust = one;
	trust_free(both);
	sample_ca_free(&other);
	BIO_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_good_certificate_is_valid),
		cmocka_unit_test(test_a_sampled_one_states_its_limit),
		cmocka_unit_test(test_each_changed_byte_of_the_document_is_seen),
		cmocka_unit_test(test_each_changed_byte_of_the_signature_is_seen),
		cmocka_unit_test(test_a_cut_document_is_called_cut),
		cmocka_unit_test(test_a_cut_signature_is_malformed),
		cmocka_unit_test(test_what_is_no_json_is_malformed),
		cmocka_unit_test(test_another_spelling_is_not_accepted),
		cmocka_unit_test(test_a_pretty_copy_is_checked_as_far_as_it_goes),
		cmocka_unit_test(test_each_field_is_required_and_typed),
		cmocka_unit_test(test_values_out_of_bounds),
		cmocka_unit_test(test_a_newer_format_asks_for_a_newer_program),
		cmocka_unit_test(test_an_earlier_certificate_may_be_named),
		cmocka_unit_test(test_a_verdict_the_evidence_does_not_give),
		cmocka_unit_test(test_a_verdict_edited_and_signed_again),
		cmocka_unit_test(test_the_message_names_both_outcomes),
		cmocka_unit_test(test_limits_must_be_stated),
		cmocka_unit_test(test_limits_of_a_virtual_device),
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
		cmocka_unit_test(test_pem_and_text_are_malformed),
		cmocka_unit_test(test_anchors_must_be_certificates),
		cmocka_unit_test(test_several_anchors),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
