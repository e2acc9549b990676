/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checking certificates: a good one passes, and no document that was touched anywhere does. */
#include "tests/support/certificate_case.h"
#include "tests/support/stride.h"

#include "base/json.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The good signature with another text: what a change after signing looks like. */
static void expect_altered(const struct certificate_case *fixture, const char *json, size_t length,
	int at, const char *code)
{
	struct sample_files files = fixture->files;

	files.json = (char *)(uintptr_t)json;
	files.json_length = length;
	expect(fixture, &files, at, code);
	expect(fixture, &files, CHECK_SIGNATURE, "signature-wrong-content");
}

/* --- the good one --- */

static void test_a_good_certificate_is_valid(void **state)
{
	const struct certificate_case *fixture = *state;
	AUTO_REPORT struct certificate_report report = { 0 };
	static const char *const names[CERTIFICATE_CHECKS] = { "document", "attachments",
		"canonical", "schema", "signature", "chain", "revocation", "timestamp", "judgement",
		"ledger", "superseded" };
	static const char *const absent[CERTIFICATE_CHECKS] = { [CHECK_DOCUMENT] = "no-pdf",
		[CHECK_ATTACHMENTS] = "no-pdf",
		[CHECK_REVOCATION] = "no-crl",
		[CHECK_TIMESTAMP] = "no-timestamp",
		[CHECK_LEDGER] = "no-proof",
		[CHECK_SUPERSEDED] = "no-later" };

	check_files(fixture, &fixture->files, SAMPLE_NOW_MS, &report);
	print_report(&report);
	assert_true(report.valid);
	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++) {
		assert_string_equal(report.checks[i].name, names[i]);
		assert_int_equal(report.checks[i].result, absent[i] ? CHECK_ABSENT : CHECK_PASSED);
		if (absent[i])
			assert_string_equal(report.checks[i].absent, absent[i]);
	}
	assert_int_equal(report.outcome, OUTCOME_PROVEN);
	assert_string_equal(report.signer, "CN=haiki signer,O=" SAMPLE_ORGANISATION);
	assert_int_equal(strlen(report.sha256), 64);
	assert_true(json_equal(report.certificate, fixture->document));
}

static void test_a_sampled_one_states_its_limit(void **state)
{
	const struct certificate_case *fixture = *state;
	AUTO_JSON json_t *document = sample_certificate_document(SAMPLE_JOB_SAMPLED);
	struct sample_files files;

	sample_files_sign(document, fixture->ca.keys, &files);
	expect_valid(fixture, &files);
	sample_files_free(&files);
	assert_int_equal(json_array_clear(json_object_get(document, "limits")), 0);
	sample_files_sign(document, fixture->ca.keys, &files);
	expect(fixture, &files, CHECK_JUDGEMENT, "judgement-differs");
	sample_files_free(&files);
}

/* --- touched bytes --- */

static void test_each_changed_byte_of_the_document_is_seen(void **state)
{
	const struct certificate_case *fixture = *state;
	struct sample_files files = fixture->files;
	static const unsigned char masks[] = { 0x01, 0x20, 0x80, 0x02, 0xff };
	char *copy = malloc(files.json_length);

	assert_non_null(copy);
	memcpy(copy, files.json, files.json_length);
	files.json = copy;
	for (size_t i = 0; i < files.json_length; i += test_stride()) {
		unsigned char mask = masks[i % ARRAY_SIZE(masks)];
		copy[i] = (char)(copy[i] ^ mask);
		expect(fixture, &files, CHECK_SIGNATURE, "signature-wrong-content");
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
	const struct certificate_case *fixture = *state;
	struct sample_files files = fixture->files;
	static const uint8_t masks[] = { 0x01, 0x20, 0x02, 0x80, 0x04, 0xff, 0x10 };
	uint8_t *copy = malloc(files.p7s_length);

	assert_non_null(copy);
	memcpy(copy, files.p7s, files.p7s_length);
	files.p7s = copy;
	for (size_t i = 0; i < files.p7s_length * 2; i += test_stride()) {
		AUTO_REPORT struct certificate_report report = { 0 };
		size_t at = i % files.p7s_length;
		uint8_t mask = masks[i % ARRAY_SIZE(masks)];

		copy[at] ^= mask;
		check_files(fixture, &files, SAMPLE_NOW_MS, &report);
		if (report.valid || (!has_family(&report.checks[CHECK_SIGNATURE]) &&
					    !has_family(&report.checks[CHECK_CHAIN]))) {
			print_report(&report);
			fail_msg("byte %zu ^ %02x was not seen", at, mask);
		}
		/* The document itself is still good. */
		assert_int_equal(report.checks[CHECK_CANONICAL].result, CHECK_PASSED);
		assert_int_equal(report.checks[CHECK_JUDGEMENT].result, CHECK_PASSED);
		copy[at] ^= mask;
	}
	expect_valid(fixture, &files);
	free(copy);
}

static void test_a_cut_document_is_called_cut(void **state)
{
	const struct certificate_case *fixture = *state;

	for (size_t length = 97; length < fixture->files.json_length; length += 97)
		expect_altered(fixture, fixture->files.json, length, CHECK_CANONICAL,
			"certificate-truncated");
	expect_altered(fixture, fixture->files.json, fixture->files.json_length - 1,
		CHECK_CANONICAL, "certificate-truncated");
	expect_altered(fixture, "", 0, CHECK_CANONICAL, "certificate-truncated");
}

static void test_a_cut_signature_is_malformed(void **state)
{
	const struct certificate_case *fixture = *state;
	struct sample_files files = fixture->files;

	for (size_t length = 0; length < fixture->files.p7s_length; length += 97) {
		files.p7s_length = length;
		expect(fixture, &files, CHECK_SIGNATURE, "signature-malformed");
	}
	files.p7s_length = fixture->files.p7s_length - 1;
	expect(fixture, &files, CHECK_SIGNATURE, "signature-malformed");
}

static void test_what_is_no_json_is_malformed(void **state)
{
	static const char *const texts[] = { "x", "{\"a\":1}}", "{\"a\":1} ", "\xff", "{\"a\":1.5}",
		"{\"a\":null}", "\xef\xbb\xbf{}" };
	const struct certificate_case *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTO_REPORT struct certificate_report report = { 0 };
		struct sample_files files = fixture->files;
		files.json = (char *)(uintptr_t)texts[i];
		files.json_length = strlen(texts[i]);
		check_files(fixture, &files, SAMPLE_NOW_MS, &report);
		assert_false(report.valid);
		assert_int_equal(report.checks[CHECK_CANONICAL].result, CHECK_FAILED);
		assert_int_not_equal(report.checks[CHECK_SCHEMA].result, CHECK_PASSED);
	}
	expect_altered(fixture, "x", 1, CHECK_CANONICAL, "certificate-malformed");
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
	const struct certificate_case *fixture = *state;
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
		expect_altered(fixture, text, strlen(text), CHECK_CANONICAL, cases[i].code);
		free(text);
	}
	char *text = replace(fixture->files.json, "}", "}"); /* a copy */
	char *longer = NULL;
	assert_true(asprintf(&longer, "%s\n", text) > 0);
	expect_altered(fixture, longer, strlen(longer), CHECK_CANONICAL, "json-not-canonical");
	free(longer);
	free(text);
}

static void test_a_pretty_copy_is_checked_as_far_as_it_goes(void **state)
{
	const struct certificate_case *fixture = *state;
	AUTO_REPORT struct certificate_report report = { 0 };
	struct sample_files files = fixture->files;

	files.json = json_dumps(fixture->document, JSON_INDENT(2) | JSON_SORT_KEYS);
	files.json_length = strlen(files.json);
	check_files(fixture, &files, SAMPLE_NOW_MS, &report);
	assert_false(report.valid);
	assert_string_equal(report.checks[CHECK_CANONICAL].error.code, "json-not-canonical");
	assert_int_equal(report.checks[CHECK_SCHEMA].result, CHECK_PASSED);
	assert_string_equal(report.checks[CHECK_SIGNATURE].error.code, "signature-wrong-content");
	assert_int_equal(report.checks[CHECK_CHAIN].result, CHECK_PASSED);
	assert_int_equal(report.checks[CHECK_JUDGEMENT].result, CHECK_PASSED);
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
	const struct certificate_case *fixture = *state;
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
	const struct certificate_case *fixture = *state;
	static const struct {
		const char *object, *key, *text;
		json_int_t number;
		const char *code;
	} cases[] = {
		{ NULL, "format", "other", 0, "certificate-malformed" },
		{ NULL, "format_version", NULL, 3, "certificate-newer" },
		{ NULL, "format_version", NULL, 0, "json-field" },
		{ NULL, "format_version", NULL, 1, "certificate-malformed" }, /* it has "ledger" */
		{ "ledger", "origin", "haiki/0123456789abcdee", 0, "certificate-malformed" },
		{ "ledger", "key", "haiki/0123456789abcdef", 0, "certificate-malformed" },
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
	const struct certificate_case *fixture = *state;
	AUTO_JSON json_t *copy = json_deep_copy(fixture->document);
	AUTO_REPORT struct certificate_report report = { 0 };
	struct sample_files files;

	sample_set_integer(copy, "format_version", 3);
	sample_set_integer(copy, "something_new", 1);
	sample_files_sign(copy, fixture->ca.keys, &files);
	check_files(fixture, &files, SAMPLE_NOW_MS, &report);
	assert_false(report.valid);
	assert_string_equal(report.checks[CHECK_SCHEMA].error.code, "certificate-newer");
	assert_int_equal(report.checks[CHECK_SCHEMA].error.kind, ERROR_UNSUPPORTED);
	assert_int_equal(report.checks[CHECK_SIGNATURE].result, CHECK_PASSED);
	assert_int_equal(report.checks[CHECK_JUDGEMENT].result, CHECK_NOT_MADE);
	sample_files_free(&files);
}

/* What was issued before there was a ledger stays valid as it is. */
static void test_version_1_has_no_ledger(void **state)
{
	const struct certificate_case *fixture = *state;
	AUTO_JSON json_t *copy = json_deep_copy(fixture->document);
	struct error error = { 0 };

	assert_int_equal(json_object_del(copy, "ledger"), 0);
	assert_int_equal(certificate_check_schema(copy, &error), -EBADMSG);
	sample_set_integer(copy, "format_version", 1);
	assert_int_equal(certificate_check_schema(copy, &error), 0);
}

static void test_an_earlier_certificate_may_be_named(void **state)
{
	const struct certificate_case *fixture = *state;
	AUTO_JSON json_t *copy = json_deep_copy(fixture->document);

	sample_set_text(copy, "supersedes", "haiki-J20261123-7QK3ZD-3");
	assert_int_equal(certificate_check_schema(copy, NULL), 0);
}

/* --- lies under a good signature --- */

static void expect_lie(const struct certificate_case *fixture, const json_t *document)
{
	struct sample_files files;

	sample_files_sign(document, fixture->ca.keys, &files);
	expect(fixture, &files, CHECK_JUDGEMENT, "judgement-differs");
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
	const struct certificate_case *fixture = *state;
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
	const struct certificate_case *fixture = *state;
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
	const struct certificate_case *fixture = *state;
	AUTO_JSON json_t *copy = json_deep_copy(fixture->document);
	AUTO_REPORT struct certificate_report report = { 0 };
	struct sample_files files;

	sample_set_integer(event_of(copy, "finished"), "flushed", 0);
	sample_files_sign(copy, fixture->ca.keys, &files);
	check_files(fixture, &files, SAMPLE_NOW_MS, &report);
	assert_non_null(strstr(report.checks[CHECK_JUDGEMENT].error.what, "\"proven\""));
	assert_non_null(strstr(report.checks[CHECK_JUDGEMENT].error.what, "\"failed\""));
	sample_files_free(&files);
}

static void test_limits_must_be_stated(void **state)
{
	const struct certificate_case *fixture = *state;
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

static void test_outstanding_are_copies_of_destroyed_keys(void **state)
{
	static const struct {
		enum sample_job_kind kind;
		const char *words; /* JSON */
		bool good;
	} cases[] = {
		{ SAMPLE_JOB_KEYS, "[]", true },
		{ SAMPLE_JOB_KEYS, "[\"key-copy:V7\"]", true },
		{ SAMPLE_JOB_KEYS, "[\"key-copy:V12\",\"key-copy:V9223372036854775807\"]", true },
		{ SAMPLE_JOB_KEYS, "[\"key-copy:V7\",\"key-copy:V8\",\"key-copy:V7\"]", false },
		{ SAMPLE_JOB_KEYS, "[\"key-copy:V\"]", false },
		{ SAMPLE_JOB_KEYS, "[\"key-copy:V07\"]", false },
		{ SAMPLE_JOB_KEYS, "[\"key-copy:V7 \"]", false },
		{ SAMPLE_JOB_KEYS, "[\"key-copy:V10000000000000000000\"]", false },
		{ SAMPLE_JOB_KEYS, "[\"key-copy:7\"]", false },
		{ SAMPLE_JOB_KEYS, "[\"\"]", false },
		{ SAMPLE_JOB_KEYS, "[7]", false },
		{ SAMPLE_JOB_PLAIN, "[\"key-copy:V7\"]", false },
	};
	const struct certificate_case *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_JSON json_t *document = sample_certificate_document(cases[i].kind);
		struct sample_files files;
		if (cases[i].kind == SAMPLE_JOB_KEYS)
			json_array_append_new(
				json_object_get(document, "limits"), json_string("key-copies"));
		json_object_set_new(document, "outstanding", sample_parse(cases[i].words));
		sample_files_sign(document, fixture->ca.keys, &files);
		if (cases[i].good)
			expect_valid(fixture, &files);
		else
			expect(fixture, &files, CHECK_SCHEMA, "certificate-malformed");
		sample_files_free(&files);
	}
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
	AUTO_JSON json_t *certificate = json_pack("{s:O, s:O, s:O}", "subject", job.subject, "plan",
		job.plan, "evidence", job.evidence);
	struct verdict verdict = { .verification = VERIFICATION_SAMPLE };
	assert_int_equal(certificate_limits(certificate, false, &verdict, &limits), 0);
	assert_true(json_equal(limits, all));
	sample_job_free(&job);
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
		cmocka_unit_test(test_version_1_has_no_ledger),
		cmocka_unit_test(test_an_earlier_certificate_may_be_named),
		cmocka_unit_test(test_a_verdict_the_evidence_does_not_give),
		cmocka_unit_test(test_a_verdict_edited_and_signed_again),
		cmocka_unit_test(test_the_message_names_both_outcomes),
		cmocka_unit_test(test_limits_must_be_stated),
		cmocka_unit_test(test_outstanding_are_copies_of_destroyed_keys),
		cmocka_unit_test(test_limits_of_a_virtual_device),
	};
	return cmocka_run_group_tests(tests, certificate_case_set_up, certificate_case_tear_down);
}
