/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tampering table: a certificate with its PDF, time stamp, revocation list and ledger passes every check, and
 * with any one thing changed it does not, for a reason of its own. */
#include "tests/support/bundle_case.h"
#include "tests/support/stride.h"

#include "base/digest.h"
#include "verify/pdf/pdf.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct bundle_case all; /* made once; tests change copies only */

static int set_up(void **state)
{
	(void)state;
	bundle_case_make(&all);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bundle_case_free(&all);
	return 0;
}

static void check_with(const struct bundle *bundle, const struct certificate_anchors *anchors,
	struct certificate_report *ret)
{
	struct error error = { 0 };

	assert_int_equal(certificate_check(bundle, anchors, ret, &error), 0);
	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++) {
		const struct check *check = &ret->checks[i];
		assert_int_equal(check->error.kind != ERROR_NONE, check->result == CHECK_FAILED);
		assert_int_equal(check->absent != NULL, check->result == CHECK_ABSENT);
	}
	if (!ret->valid)
		assert_int_equal(ret->outcome, OUTCOME_UNKNOWN);
}

static void print(const struct certificate_report *report)
{
	static const char *const words[] = { "not made", "passed", "failed", "absent" };

	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++)
		print_message("%s: %s %s %s\n", report->checks[i].name,
			words[report->checks[i].result], report->checks[i].error.code,
			report->checks[i].error.what);
}

/* Not valid, and this check says so by this code. */
static void expect_with(const struct bundle *bundle, const struct certificate_anchors *anchors,
	enum check_name name, const char *code)
{
	AUTO_REPORT struct certificate_report report = { 0 };

	check_with(bundle, anchors, &report);
	if (report.valid || report.checks[name].result != CHECK_FAILED ||
		strcmp(report.checks[name].error.code, code) != 0) {
		print(&report);
		fail_msg("expected %s to fail by %s", certificate_check_word(name), code);
	}
}

static void expect(const struct bundle *bundle, enum check_name name, const char *code)
{
	const struct certificate_anchors anchors = bundle_case_anchors(&all);

	expect_with(bundle, &anchors, name, code);
}

static void expect_valid_with(
	const struct bundle *bundle, const struct certificate_anchors *anchors)
{
	AUTO_REPORT struct certificate_report report = { 0 };

	check_with(bundle, anchors, &report);
	if (!report.valid) {
		print(&report);
		fail_msg("not valid");
	}
	assert_int_equal(report.outcome, OUTCOME_PROVEN);
}

/* --- the good one --- */

static void test_every_check_passes(void **state)
{
	(void)state;
	AUTO_BUNDLE struct bundle bundle = { 0 };
	AUTO_REPORT struct certificate_report report = { 0 };
	struct certificate_anchors anchors = bundle_case_anchors(&all);
	char *folder = sample_folder_make(), path[600];

	(void)snprintf(path, sizeof(path), "%s/ledger", folder);
	struct standing *standing = bundle_case_standing(&all.ledger, path);
	bundle_case_copy(&all, true, &bundle);
	anchors.standing = standing;
	anchors.required = (1U << CERTIFICATE_CHECKS) - 1;
	check_with(&bundle, &anchors, &report);
	print(&report);
	assert_true(report.valid);
	for (size_t i = 0; i < CERTIFICATE_CHECKS; i++)
		assert_int_equal(report.checks[i].result, CHECK_PASSED);
	assert_true(report.stamped);
	assert_int_equal(report.stamped_utc_ms, SAMPLE_NOW_MS);
	assert_int_equal(report.ledger_index, BUNDLE_CASE_BEFORE);
	standing_close(standing);
	sample_folder_remove(folder);
}

/* What is asked for and not there has failed; what is not asked for is no fault. */
static void test_what_is_required(void **state)
{
	(void)state;
	static const enum check_name names[] = { CHECK_DOCUMENT, CHECK_ATTACHMENTS,
		CHECK_REVOCATION, CHECK_TIMESTAMP, CHECK_LEDGER, CHECK_SUPERSEDED };
	struct bundle bundle = bundle_borrow(
		all.files.json, all.files.json_length, all.files.p7s, all.files.p7s_length);
	struct certificate_anchors anchors = { .trust = all.ca.trust, .now_utc_ms = SAMPLE_NOW_MS };

	expect_valid_with(&bundle, &anchors);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		anchors.required = 1U << names[i];
		expect_with(&bundle, &anchors, names[i], "check-required");
	}
}

static void test_words_of_the_checks(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CERTIFICATE_CHECKS; i++) {
		const char *word = certificate_check_word((enum check_name)i);
		assert_int_equal(certificate_check_parse(word, strlen(word)), i);
		assert_int_equal(
			certificate_check_parse(word, strlen(word) - 1), CERTIFICATE_CHECKS);
	}
	assert_int_equal(certificate_check_parse("", 0), CERTIFICATE_CHECKS);
}

/* --- each byte --- */

/* Every stride-th byte of one of the files, changed in one bit and in all. */
static void change_each(struct bundle *bundle, struct buffer *buffer, size_t stride)
{
	const struct certificate_anchors anchors = bundle_case_anchors(&all);

	for (size_t i = 0; i < buffer->length; i += stride * test_stride()) {
		AUTO_REPORT struct certificate_report report = { 0 };
		char kept = buffer->data[i];
		buffer->data[i] = (char)(kept ^ (i % 2 ? 0x01 : 0x20));
		check_with(bundle, &anchors, &report);
		if (report.valid) {
			print(&report);
			fail_msg("byte %zu of %zu can be changed unseen", i, buffer->length);
		}
		buffer->data[i] = kept;
	}
}

static void test_each_byte_of_the_json(void **state)
{
	(void)state;
	AUTO_BUNDLE struct bundle bundle = { 0 };
	bundle_case_copy(&all, false, &bundle);
	change_each(&bundle, &bundle.json, 3);
}

static void test_each_byte_of_the_signature(void **state)
{
	(void)state;
	AUTO_BUNDLE struct bundle bundle = { 0 };
	bundle_case_copy(&all, false, &bundle);
	change_each(&bundle, &bundle.p7s, 1);
}

static void test_each_byte_of_the_proof(void **state)
{
	(void)state;
	AUTO_BUNDLE struct bundle bundle = { 0 };
	bundle_case_copy(&all, false, &bundle);
	change_each(&bundle, &bundle.proof, 1);
}

static void test_each_byte_of_the_pdf(void **state)
{
	(void)state;
	AUTO_BUNDLE struct bundle bundle = { 0 };
	bundle_case_copy(&all, true, &bundle);
	change_each(&bundle, &bundle.pdf, 5);
}

/* --- the PDF --- */

/* The good PDF but for one wish. */
static void odd_pdf(struct sample_pdf *wish, struct bundle *bundle)
{
	buffer_free(&bundle->pdf);
	bundle->pdf = (struct buffer)BUFFER_INIT(PDF_MAX_BYTES);
	sample_pdf_write(wish, &bundle->pdf);
}

static void good_wish(struct sample_pdf *ret, char sha256[static 65])
{
	sample_pdf_of(all.document, &all.files, all.ca.keys, ret, sha256);
	ret->proof = buffer_text(&all.proof);
}

static void test_pages_drawn_from_something_else(void **state)
{
	(void)state;
	AUTO_BUNDLE struct bundle bundle = { 0 };
	struct sample_pdf wish;
	char sha256[65], other[65];

	bundle_case_copy(&all, true, &bundle);
	good_wish(&wish, sha256);
	wish.outcome = "failed";
	odd_pdf(&wish, &bundle);
	expect(&bundle, CHECK_ATTACHMENTS, "attachment-differs");
	good_wish(&wish, sha256);
	wish.serial = "ANOTHER";
	odd_pdf(&wish, &bundle);
	expect(&bundle, CHECK_ATTACHMENTS, "attachment-differs");
	good_wish(&wish, sha256);
	memset(other, '0', 64);
	other[64] = '\0';
	wish.sha256 = other;
	odd_pdf(&wish, &bundle);
	expect(&bundle, CHECK_ATTACHMENTS, "attachment-differs");
	good_wish(&wish, sha256);
	wish.name = "haiki-J20261123-7QK3ZD-12";
	odd_pdf(&wish, &bundle);
	expect(&bundle, CHECK_ATTACHMENTS, "attachment-differs");
}

/* The JSON of a better job, with its own good signature, within the pages of another. */
static void test_a_swapped_attachment(void **state)
{
	(void)state;
	AUTO_JSON json_t *document = json_deep_copy(all.document);
	AUTO_BUNDLE struct bundle bundle = { 0 };
	struct sample_files files;
	struct sample_pdf wish;
	char sha256[65];

	assert_int_equal(json_object_set_new(json_object_get(document, "reason"), "ticket",
				 json_string("another")),
		0);
	sample_files_sign(document, all.ca.keys, &files);
	bundle_case_copy(&all, true, &bundle);
	good_wish(&wish, sha256);
	wish.files = &files;
	odd_pdf(&wish, &bundle);
	buffer_free(&bundle.json);
	buffer_free(&bundle.p7s);
	assert_int_equal(buffer_append(&bundle.json, files.json, files.json_length), 0);
	assert_int_equal(buffer_append(&bundle.p7s, files.p7s, files.p7s_length), 0);
	expect(&bundle, CHECK_ATTACHMENTS, "attachment-differs");
	sample_files_free(&files);
}

static void test_a_pdf_by_another_signer(void **state)
{
	(void)state;
	const struct sample_odd_signer usual = { "critical,CA:FALSE", "critical,digitalSignature",
		-1, 100, "P-256", 0, NULL };
	AUTO_BUNDLE struct bundle bundle = { 0 };
	struct sample_ca other;
	struct keys *person = NULL;
	struct sample_pdf wish;
	char sha256[65];

	bundle_case_copy(&all, true, &bundle);
	good_wish(&wish, sha256);
	sample_ca_make("another", &other);
	wish.keys = other.keys;
	odd_pdf(&wish, &bundle);
	expect(&bundle, CHECK_DOCUMENT, "signature-wrong-signer");
	/* Of the same CA, but nobody who issues certificates. */
	sample_signer_make(&all.ca, &usual, &person);
	wish.keys = person;
	odd_pdf(&wish, &bundle);
	expect(&bundle, CHECK_DOCUMENT, "pdf-signer");
	keys_free(person);
	sample_ca_free(&other);
}

static void test_a_pdf_changed_afterwards(void **state)
{
	(void)state;
	static const struct {
		const char *from, *to, *code;
	} cases[] = {
		{ "/MediaBox [ 0 0 5", "/MediaBox [ 0 0 6", "signature-wrong-content" },
		{ "000000000000>", "000000000001>", "pdf-padding" },
		{ "/ByteRange [ 0 ", "/ByteRange [ 1 ", "pdf-byte-range" },
		{ "/T (Signature) ", "/ByteRange 0   ", "pdf-signature-count" },
		{ "/Annots [ 4 0 R ]", "/OpenAction 4 0 R", "pdf-active" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_BUNDLE struct bundle bundle = { 0 };
		bundle_case_copy(&all, true, &bundle);
		char *at = memmem(
			bundle.pdf.data, bundle.pdf.length, cases[i].from, strlen(cases[i].from));
		assert_non_null(at);
		assert_int_equal(strlen(cases[i].from), strlen(cases[i].to));
		memcpy(at, cases[i].to, strlen(cases[i].to));
		expect(&bundle, CHECK_DOCUMENT, cases[i].code);
	}
	AUTO_BUNDLE struct bundle bundle = { 0 };
	bundle_case_copy(&all, true, &bundle);
	assert_int_equal(buffer_append_text(&bundle.pdf, "14 0 obj\nnull\nendobj\n"), 0);
	expect(&bundle, CHECK_DOCUMENT, "pdf-appended");
}

/* --- time stamps, revocation --- */

static void test_time_stamps_that_show_nothing(void **state)
{
	(void)state;
	struct stamper other, expired;
	AUTO_BUNDLE struct bundle bundle = { 0 };
	struct sample_files files;

	stamper_make(&(struct stamper_wish){ 0 }, &other);
	stamper_make(
		&(struct stamper_wish){ .valid_from_days = -100, .valid_to_days = -10 }, &expired);
	bundle_case_copy(&all, false, &bundle);
	buffer_free(&bundle.p7s);
	const struct {
		const struct stamper *stamper;
		const char *data;
		const struct trust *trust;
		const char *code;
	} cases[] = {
		{ &all.stamper, "other data", all.stamper.trust, "timestamp-other-data" },
		{ &other, NULL, all.stamper.trust, "timestamp-signer" },
		{ &expired, NULL, expired.trust, "timestamp-expired" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct certificate_anchors anchors = bundle_case_anchors(&all);
		sample_files_sign(all.document, all.ca.keys, &files);
		bundle_case_stamp(cases[i].stamper, &(struct stamp_wish){ 0 }, cases[i].data,
			cases[i].data ? strlen(cases[i].data) : 0, &files);
		buffer_free(&bundle.p7s);
		assert_int_equal(buffer_append(&bundle.p7s, files.p7s, files.p7s_length), 0);
		anchors.timestamp_trust = cases[i].trust;
		expect_with(&bundle, &anchors, CHECK_TIMESTAMP, cases[i].code);
		sample_files_free(&files);
	}
	stamper_free(&other);
	stamper_free(&expired);
}

/* The signer's certificate is over: only the stamp shows that it was signed before. */
static void test_a_stamp_outlives_the_signer(void **state)
{
	(void)state;
	struct certificate_anchors anchors = bundle_case_anchors(&all);
	AUTO_BUNDLE struct bundle bundle = { 0 };

	bundle_case_copy(&all, true, &bundle);
	anchors.revocation = NULL; /* the list is over too */
	anchors.now_utc_ms = SAMPLE_NOW_MS + 20 * 365 * SAMPLE_DAY_MS;
	buffer_free(&bundle.pdf); /* it has no stamp of its own */
	expect_valid_with(&bundle, &anchors);
	anchors.timestamp_trust = NULL;
	expect_with(&bundle, &anchors, CHECK_CHAIN, "signer-expired");
}

static void test_revoked_before_and_after(void **state)
{
	(void)state;
	struct certificate_anchors anchors = bundle_case_anchors(&all);
	const X509 *signer = all.ca.keys->signer_certificate;
	AUTO_BUNDLE struct bundle bundle = { 0 };
	struct revocation *before =
		bundle_case_list(&all.ca, signer, SAMPLE_NOW_MS - SAMPLE_DAY_MS / 2);
	struct revocation *after =
		bundle_case_list(&all.ca, signer, SAMPLE_NOW_MS + SAMPLE_DAY_MS / 2);

	bundle_case_copy(&all, false, &bundle);
	anchors.revocation = before;
	expect_with(&bundle, &anchors, CHECK_REVOCATION, "signer-revoked");
	/* It was stamped before: then it counts as signed before. */
	anchors.revocation = after;
	expect_valid_with(&bundle, &anchors);
	anchors.timestamp_trust = NULL;
	expect_with(&bundle, &anchors, CHECK_REVOCATION, "signer-revoked");
	revocation_free(before);
	revocation_free(after);
}

/* --- the ledger --- */

/* Another proof in the place of the good one. */
static void put_proof(struct bundle *bundle, const struct ledger_fixture *ledger, size_t index)
{
	buffer_free(&bundle->proof);
	bundle->proof = (struct buffer)BUFFER_INIT(PDF_MAX_BYTES);
	ledger_fixture_proof(ledger, index, ledger->count, &bundle->proof);
}

static void append(struct ledger_fixture *ledger, const char *kind, const char *sha256,
	const char *key, const char *value)
{
	json_t *body = bundle_case_body(all.document, sha256, "");

	if (key)
		assert_int_equal(json_object_set_new(body, key, json_string(value)), 0);
	ledger_fixture_append(ledger, kind, body);
}

static void test_proofs_of_something_else(void **state)
{
	(void)state;
	static const char other[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	struct ledger_fixture ledger, others;
	AUTO_BUNDLE struct bundle bundle = { 0 };

	ledger_fixture_make(&ledger, "haiki/0123456789abcdef", 1);
	append(&ledger, "certificate", other, NULL, NULL);
	append(&ledger, "certificate", all.sha256, "name", "haiki-J20261123-7QK3ZD-12");
	append(&ledger, "certificate", all.sha256, "outcome", "failed");
	append(&ledger, "tenant", all.sha256, NULL, NULL);
	append(&ledger, "event", all.sha256, NULL, NULL);
	append(&ledger, "certificate", all.sha256, NULL, NULL);
	bundle_case_copy(&all, false, &bundle);
	for (size_t i = 0; i < 5; i++) {
		put_proof(&bundle, &ledger, i);
		expect(&bundle, CHECK_LEDGER, "ledger-other-certificate");
	}
	/* A key that has the same name and signs nothing for us. */
	ledger_fixture_make(&others, "haiki/0123456789abcdef", 2);
	append(&others, "certificate", all.sha256, NULL, NULL);
	put_proof(&bundle, &others, 0);
	expect(&bundle, CHECK_LEDGER, "note-unsigned");
	ledger_fixture_free(&ledger);
	ledger_fixture_free(&others);
}

static void test_a_ledger_that_is_not_the_known_one(void **state)
{
	(void)state;
	struct certificate_anchors anchors = bundle_case_anchors(&all);
	struct ledger_signer other;
	AUTO_BUNDLE struct bundle bundle = { 0 };

	ledger_signer_make(&other, "haiki/0123456789abcdef", NOTE_ED25519, 2);
	bundle_case_copy(&all, false, &bundle);
	anchors.ledger_key = &other.public_key;
	expect_with(&bundle, &anchors, CHECK_LEDGER, "ledger-other-key");
	ledger_signer_free(&other);
}

/* What folder stands beside the good certificate, and what it leads to. */
static void expect_by_folder(const struct ledger_fixture *ledger, bool with_proof,
	enum check_name name, const char *code)
{
	struct certificate_anchors anchors = bundle_case_anchors(&all);
	AUTO_BUNDLE struct bundle bundle = { 0 };
	char *folder = sample_folder_make(), path[600];

	(void)snprintf(path, sizeof(path), "%s/ledger", folder);
	struct standing *standing = bundle_case_standing(ledger, path);
	anchors.standing = standing;
	bundle_case_copy(&all, false, &bundle);
	if (!with_proof)
		buffer_free(&bundle.proof);
	if (code)
		expect_with(&bundle, &anchors, name, code);
	else
		expect_valid_with(&bundle, &anchors);
	standing_close(standing);
	sample_folder_remove(folder);
}

/* The same records up to there, then others. */
static void test_a_forked_ledger(void **state)
{
	(void)state;
	struct ledger_fixture fork;

	ledger_fixture_make(&fork, "haiki/0123456789abcdef", 1);
	ledger_fixture_fill(&fork, 2 * BUNDLE_CASE_BEFORE);
	expect_by_folder(&fork, true, CHECK_LEDGER, "ledger-forked");
	expect_by_folder(&fork, false, CHECK_LEDGER, "ledger-missing");
	append(&fork, "certificate", all.sha256, NULL, NULL);
	expect_by_folder(&fork, true, CHECK_LEDGER, "ledger-forked");
	expect_by_folder(&fork, false, CHECK_LEDGER, NULL);
	ledger_fixture_free(&fork);
}

static void test_what_the_folder_says(void **state)
{
	(void)state;
	static const char other[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	struct ledger_fixture ledger;

	expect_by_folder(&all.ledger, true, CHECK_LEDGER, NULL);
	expect_by_folder(&all.ledger, false, CHECK_LEDGER, NULL);
	/* An older folder cannot say, and the proof can. */
	ledger_fixture_make(&ledger, "haiki/0123456789abcdef", 1);
	ledger_fixture_fill(&ledger, 2);
	expect_by_folder(&ledger, true, CHECK_LEDGER, NULL);
	expect_by_folder(&ledger, false, CHECK_LEDGER, "ledger-missing");
	append(&ledger, "certificate", other, NULL, NULL);
	expect_by_folder(&ledger, false, CHECK_LEDGER, "ledger-other-certificate");
	append(&ledger, "certificate", all.sha256, NULL, NULL);
	expect_by_folder(&ledger, false, CHECK_LEDGER, "ledger-contradiction");
	ledger_fixture_free(&ledger);
	/* Another key. */
	ledger_fixture_make(&ledger, "haiki/0123456789abcdef", 2);
	append(&ledger, "certificate", all.sha256, NULL, NULL);
	expect_by_folder(&ledger, true, CHECK_LEDGER, "ledger-other-key");
	ledger_fixture_free(&ledger);
}

static void test_superseded(void **state)
{
	(void)state;
	struct ledger_fixture ledger;
	const char *name = json_string_value(json_object_get(all.document, "name"));

	ledger_fixture_make(&ledger, "haiki/0123456789abcdef", 1);
	append(&ledger, "certificate", all.sha256, NULL, NULL);
	append(&ledger, "certificate", all.sha256, "name", "haiki-J20261123-7QK3ZD-12");
	expect_by_folder(&ledger, false, CHECK_LEDGER, NULL);
	json_t *body = bundle_case_body(all.document, all.sha256, name);
	assert_int_equal(
		json_object_set_new(body, "name", json_string("haiki-J20261123-7QK3ZD-13")), 0);
	ledger_fixture_append(&ledger, "certificate", body);
	expect_by_folder(&ledger, false, CHECK_SUPERSEDED, "certificate-superseded");
	ledger_fixture_free(&ledger);
}

/* Why the folder cannot say whether something took its place; NULL: it says that nothing did. */
static void expect_not_said(const struct ledger_fixture *ledger, bool with_proof, const char *why)
{
	struct certificate_anchors anchors = bundle_case_anchors(&all);
	AUTO_BUNDLE struct bundle bundle = { 0 };
	AUTO_REPORT struct certificate_report report = { 0 };
	char *folder = sample_folder_make(), path[600];

	(void)snprintf(path, sizeof(path), "%s/ledger", folder);
	struct standing *standing = bundle_case_standing(ledger, path);
	anchors.standing = standing;
	bundle_case_copy(&all, false, &bundle);
	if (!with_proof)
		buffer_free(&bundle.proof);
	check_with(&bundle, &anchors, &report);
	assert_true(report.valid);
	if (why) {
		assert_int_equal(report.checks[CHECK_SUPERSEDED].result, CHECK_ABSENT);
		assert_string_equal(report.checks[CHECK_SUPERSEDED].absent, why);
	} else {
		assert_int_equal(report.checks[CHECK_SUPERSEDED].result, CHECK_PASSED);
	}
	standing_close(standing);
	sample_folder_remove(folder);
}

/* The record that supersedes it is left out of the folder: nobody may say that there is none. */
static void test_what_was_left_out_may_supersede(void **state)
{
	(void)state;
	struct ledger_fixture ledger;
	const char *name = json_string_value(json_object_get(all.document, "name"));

	ledger_fixture_make(&ledger, "haiki/0123456789abcdef", 1);
	ledger_fixture_fill(&ledger, 2);
	append(&ledger, "certificate", all.sha256, NULL, NULL);
	ledger_fixture_withhold(&ledger, 0, "hold");
	expect_not_said(&ledger, false, NULL);
	json_t *body = bundle_case_body(all.document, all.sha256, name);
	assert_int_equal(
		json_object_set_new(body, "name", json_string("haiki-J20261123-7QK3ZD-13")), 0);
	ledger_fixture_append(&ledger, "certificate", body);
	ledger_fixture_withhold(&ledger, 3, "hold");
	expect_not_said(&ledger, false, "records-withheld");
	ledger_fixture_fill(&ledger, 5);
	expect_not_said(&ledger, false, "records-withheld");
	ledger_fixture_free(&ledger);
	/* One that ends before the certificate does not know either. */
	ledger_fixture_make(&ledger, "haiki/0123456789abcdef", 1);
	ledger_fixture_fill(&ledger, 2);
	expect_not_said(&ledger, true, "ledger-older");
	ledger_fixture_free(&ledger);
}

static void test_superseded_by_another_of_the_call(void **state)
{
	(void)state;
	const struct certificate_anchors anchors = bundle_case_anchors(&all);
	AUTO_REPORT struct certificate_report report = { 0 };
	AUTO_BUNDLE struct bundle bundle = { 0 };

	bundle_case_copy(&all, false, &bundle);
	check_with(&bundle, &anchors, &report);
	assert_true(report.valid);
	certificate_report_supersede(&report, "haiki-J20261123-7QK3ZD-13");
	assert_false(report.valid);
	assert_int_equal(report.outcome, OUTCOME_UNKNOWN);
	assert_string_equal(report.checks[CHECK_SUPERSEDED].error.code, "certificate-superseded");
	assert_non_null(
		strstr(report.checks[CHECK_SUPERSEDED].error.what, "haiki-J20261123-7QK3ZD-13"));
}

/* --- bundles from files --- */

static void write_file(const char *folder, const char *name, const struct buffer *data)
{
	char path[600];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(data->data, 1, data->length, file), data->length);
	assert_int_equal(fclose(file), 0);
}

static int read_bundle(
	const char *folder, const char *name, struct bundle *ret, struct error *error)
{
	char path[600];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return bundle_read(path, NULL, ret, error);
}

static void test_bundles_are_read(void **state)
{
	(void)state;
	const struct certificate_anchors anchors = bundle_case_anchors(&all);
	AUTO_BUNDLE struct bundle bundle = { 0 }, files = { 0 }, pdf = { 0 }, bad = { 0 };
	char *folder = sample_folder_make();
	struct error error = { 0 };

	bundle_case_copy(&all, true, &bundle);
	write_file(folder, "N.json", &bundle.json);
	assert_int_equal(read_bundle(folder, "N.json", &files, &error), -ENOENT);
	write_file(folder, "N.p7s", &bundle.p7s);
	assert_int_equal(read_bundle(folder, "N.json", &files, &error), 0);
	assert_int_equal(files.proof.length, 0);
	bundle_free(&files);
	write_file(folder, "N.proof", &bundle.proof);
	assert_int_equal(read_bundle(folder, "N.json", &files, &error), 0);
	assert_int_equal(files.proof.length, bundle.proof.length);
	assert_int_equal(files.pdf.length, 0);
	expect_valid_with(&files, &anchors);
	/* What it is, its first bytes say. */
	write_file(folder, "N.bin", &bundle.pdf);
	assert_int_equal(read_bundle(folder, "N.bin", &pdf, &error), 0);
	assert_int_equal(pdf.json.length, bundle.json.length);
	assert_int_equal(pdf.proof.length, bundle.proof.length);
	expect_valid_with(&pdf, &anchors);
	bundle.pdf.data[7] ^= 1; /* the version */
	write_file(folder, "bad.pdf", &bundle.pdf);
	assert_int_equal(read_bundle(folder, "bad.pdf", &bad, &error), 0);
	assert_int_equal(bad.json.length, 0);
	expect(&bad, CHECK_DOCUMENT, "pdf-malformed");
	sample_folder_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_check_passes),
		cmocka_unit_test(test_what_is_required),
		cmocka_unit_test(test_words_of_the_checks),
		cmocka_unit_test(test_each_byte_of_the_json),
		cmocka_unit_test(test_each_byte_of_the_signature),
		cmocka_unit_test(test_each_byte_of_the_proof),
		cmocka_unit_test(test_each_byte_of_the_pdf),
		cmocka_unit_test(test_pages_drawn_from_something_else),
		cmocka_unit_test(test_a_swapped_attachment),
		cmocka_unit_test(test_a_pdf_by_another_signer),
		cmocka_unit_test(test_a_pdf_changed_afterwards),
		cmocka_unit_test(test_time_stamps_that_show_nothing),
		cmocka_unit_test(test_a_stamp_outlives_the_signer),
		cmocka_unit_test(test_revoked_before_and_after),
		cmocka_unit_test(test_proofs_of_something_else),
		cmocka_unit_test(test_a_ledger_that_is_not_the_known_one),
		cmocka_unit_test(test_a_forked_ledger),
		cmocka_unit_test(test_what_the_folder_says),
		cmocka_unit_test(test_superseded),
		cmocka_unit_test(test_what_was_left_out_may_supersede),
		cmocka_unit_test(test_superseded_by_another_of_the_call),
		cmocka_unit_test(test_bundles_are_read),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
