/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading certificates' PDFs: what has haiki's shape is taken apart, and nothing else is. */
#include "tests/support/certificate_case.h"
#include "tests/support/sample_pdf.h"
#include "tests/support/stride.h"

#include "base/digest.h"
#include "verify/pdf/pdf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PROOF "a proof\n"

struct fixture {
	struct certificate_case certificate;
	char sha256[SHA256_HEX_SIZE];
	struct sample_pdf wish;
	struct buffer pdf;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	void *certificate = NULL;

	assert_non_null(fixture);
	certificate_case_set_up(&certificate);
	memcpy(&fixture->certificate, certificate, sizeof(fixture->certificate));
	free(certificate);
	sample_pdf_of(fixture->certificate.document, &fixture->certificate.files,
		fixture->certificate.ca.keys, &fixture->wish, fixture->sha256);
	fixture->wish.proof = PROOF;
	fixture->pdf = (struct buffer)BUFFER_INIT(PDF_MAX_BYTES);
	sample_pdf_write(&fixture->wish, &fixture->pdf);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	buffer_free(&fixture->pdf);
	sample_ca_free(&fixture->certificate.ca);
	sample_files_free(&fixture->certificate.files);
	json_decref(fixture->certificate.document);
	free(fixture);
	return 0;
}

static void expect_refused(const void *data, size_t length, const char *code)
{
	AUTO_PDF struct pdf_document document = { 0 };
	struct error error = { 0 };
	int result = pdf_read(data, length, &document, &error);

	if (result == 0 || strcmp(error.code, code) != 0)
		fail_msg("expected %s: %s %s", code, error.code, error.what);
	assert_null(document.cms);
}

static void expect_odd(const struct sample_pdf *wish, const char *code)
{
	AUTO_BUFFER struct buffer pdf = BUFFER_INIT(PDF_MAX_BYTES);

	sample_pdf_write(wish, &pdf);
	expect_refused(pdf.data, pdf.length, code);
}

static bool run_is(const struct pdf_run *run, const void *data, size_t length)
{
	return run->length == length && memcmp(run->at, data, length) == 0;
}

static void test_a_good_one_is_taken_apart(void **state)
{
	const struct fixture *fixture = *state;
	const struct sample_files *files = &fixture->certificate.files;
	const uint8_t *data = (const uint8_t *)fixture->pdf.data;
	AUTO_PDF struct pdf_document document = { 0 };
	struct error error = { 0 };

	if (pdf_read(data, fixture->pdf.length, &document, &error) != 0)
		fail_msg("%s %s", error.code, error.what);
	assert_true(pdf_is(data, fixture->pdf.length));
	assert_string_equal(document.name, fixture->wish.name);
	assert_string_equal(document.sha256, fixture->sha256);
	assert_string_equal(document.outcome, "proven");
	assert_string_equal(document.serial, fixture->wish.serial);
	assert_true(run_is(&document.json, files->json, files->json_length));
	assert_true(run_is(&document.p7s, files->p7s, files->p7s_length));
	assert_true(run_is(&document.proof, PROOF, strlen(PROOF)));
	assert_true(document.signed_ranges[0].at == data);
	assert_true(document.signed_ranges[1].at + document.signed_ranges[1].length ==
		    data + fixture->pdf.length);
	assert_int_equal(document.signed_ranges[0].length + document.signed_ranges[1].length +
				 2 * SAMPLE_PDF_ROOM + 2,
		fixture->pdf.length);
}

static void test_the_proof_may_be_missing(void **state)
{
	struct fixture *fixture = *state;
	struct sample_pdf wish = fixture->wish;
	AUTO_BUFFER struct buffer pdf = BUFFER_INIT(PDF_MAX_BYTES);
	AUTO_PDF struct pdf_document document = { 0 };

	wish.proof = NULL;
	sample_pdf_write(&wish, &pdf);
	assert_int_equal(pdf_read((const uint8_t *)pdf.data, pdf.length, &document, NULL), 0);
	assert_int_equal(document.proof.length, 0);
}

static void test_texts_are_unescaped(void **state)
{
	struct fixture *fixture = *state;
	struct sample_pdf wish = fixture->wish;
	AUTO_BUFFER struct buffer pdf = BUFFER_INIT(PDF_MAX_BYTES);
	AUTO_PDF struct pdf_document document = { 0 };

	wish.serial = "&lt;&amp;&gt;&quot;&apos;表";
	sample_pdf_write(&wish, &pdf);
	assert_int_equal(pdf_read((const uint8_t *)pdf.data, pdf.length, &document, NULL), 0);
	assert_string_equal(document.serial, "<&>\"'表");
}

/* --- odd ones, signed all the same --- */

#define PACKET(rest)                                                                               \
	"<haiki:name>" rest "</haiki:name><haiki:sha256>0</haiki:sha256>"                          \
	"<haiki:outcome>proven</haiki:outcome><haiki:serial>S</haiki:serial>"

static void test_odd_shapes(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		struct sample_pdf odd;
		const char *code;
	} cases[] = {
		{ { .catalog = "/OpenAction 3 0 R" }, "pdf-active" },
		{ { .catalog = "/Open#41ction 3 0 R" }, "pdf-active" },
		{ { .object = "<< /S /JavaScript /JS (x) >>" }, "pdf-active" },
		{ { .object = "<< /AA << >> >>" }, "pdf-active" },
		{ { .object = "<< /S /Launch >>" }, "pdf-active" },
		{ { .object = "<< /S /URI /URI (http://a.example) >>" }, "pdf-active" },
		{ { .object = "<< /Subtype /RichMedia >>" }, "pdf-active" },
		{ { .trailer = "/Encrypt 13 0 R" }, "pdf-malformed" },
		{ { .trailer = "/Prev 12" }, "pdf-malformed" },
		{ { .trailer = "/Root 2 0 R" }, "pdf-malformed" },
		{ { .trailer = "/Size 14" }, "pdf-malformed" },
		{ { .object = "<< /Type /ObjStm /Length 1 >>\nstream\n1\nendstream" },
			"pdf-malformed" },
		{ { .object = "<< /Type /XRef /Length 1 >>\nstream\n1\nendstream" },
			"pdf-malformed" },
		{ { .object = "<< /Length 13 0 R >>\nstream\n1\nendstream" }, "pdf-malformed" },
		{ { .object = "<< /Length 3 >>\nstream\n1\nendstream" }, "pdf-malformed" },
		{ { .object = "<< /Length 99999999 >>\nstream\n1\nendstream" }, "pdf-malformed" },
		{ { .object = "<< /Length 1 /F (x) >>\nstream\n1\nendstream" }, "pdf-malformed" },
		{ { .object = "null % a comment" }, "pdf-malformed" },
		{ { .object = "null\nendobj\n14 0 obj\nnull" }, "pdf-malformed" },
		{ { .object = "null null" }, "pdf-malformed" },
		{ { .object = "<< /A >>" }, "pdf-malformed" },
		{ { .object = "<< 1 2 >>" }, "pdf-malformed" },
		{ { .object = "(a" }, "pdf-malformed" },
		{ { .object = "<0>" }, "pdf-malformed" },
		{ { .object = "/A#0" }, "pdf-malformed" },
		{ { .object = "1 1 R" }, "pdf-malformed" },
		{ { .object = "<< /Type /Sig /ByteRange [ 0 1 2 3 ] >>" }, "pdf-signature-count" },
		{ { .field = "13 0 R" }, "pdf-signature-count" },
		{ { .signature = "/SubFilter /adbe.pkcs7.detached" }, "pdf-signature-count" },
		{ { .signature = "/Contents <00>" }, "pdf-signature-count" },
		{ { .signature = "/ByteRange [ 0 0 0 0 ]" }, "pdf-signature-count" },
		{ { .shorter_range = 1 }, "pdf-byte-range" },
		{ { .attachment = "(x) 13 0 R" }, "pdf-attachments" },
		{ { .object = "<< /Type /Filespec /EF << /F 9 0 R >> >>" }, "pdf-attachments" },
		{ { .stream = "/Filter /ASCIIHexDecode" }, "pdf-attachments" },
		{ { .name = "../x" }, "pdf-attachments" },
		{ { .name = "" }, "pdf-attachments" },
		{ { .metadata = "<haiki:name>x</haiki:name>" }, "pdf-metadata" },
		{ { .metadata = PACKET("y") }, "pdf-metadata" },
		{ { .metadata = PACKET("haiki-J20261123-7QK3ZD-11") "<!-- -->" }, "pdf-metadata" },
		{ { .metadata = PACKET("haiki-J20261123-7QK3ZD-11") PACKET("") }, "pdf-metadata" },
		{ { .metadata = PACKET("haiki-J20261123-7QK3ZD-11") "<a haiki:serial=\"T\"/>" },
			"pdf-metadata" },
		{ { .metadata = PACKET("&#x68;aiki-J20261123-7QK3ZD-11") }, "pdf-metadata" },
		{ { .serial = "<haiki:serial>" }, "pdf-metadata" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct sample_pdf *odd = &cases[i].odd;
		struct sample_pdf wish = fixture->wish;
		print_message("case %zu\n", i);
#define TAKE(member)                                                                               \
	if (odd->member)                                                                           \
		wish.member = odd->member;
		TAKE(name)
		TAKE(serial)
		TAKE(catalog)
		TAKE(field)
		TAKE(attachment)
		TAKE(stream)
		TAKE(signature)
		TAKE(object)
		TAKE(metadata)
		TAKE(trailer)
		TAKE(shorter_range)
#undef TAKE
		expect_odd(&wish, cases[i].code);
	}
}

/* --- changed afterwards --- */

/* A copy with one text in place of another of the same length. */
static void expect_replaced(
	const struct fixture *fixture, const char *from, const char *to, const char *code)
{
	char *copy = malloc(fixture->pdf.length);

	assert_non_null(copy);
	assert_int_equal(strlen(from), strlen(to));
	memcpy(copy, fixture->pdf.data, fixture->pdf.length);
	char *at = memmem(copy, fixture->pdf.length, from, strlen(from));
	assert_non_null(at);
	memcpy(at, to, strlen(to));
	expect_refused(copy, fixture->pdf.length, code);
	free(copy);
}

static void test_texts_replaced(void **state)
{
	const struct fixture *fixture = *state;

	expect_replaced(fixture, "%PDF-1.7", "%PDF-1.6", "pdf-malformed");
	expect_replaced(fixture, "/ByteRange [ 0 ", "/ByteRange [ 1 ", "pdf-byte-range");
	expect_replaced(fixture, "/ByteRange [ 0 ", "/ByteRange [   ", "pdf-byte-range");
	expect_replaced(
		fixture, "ETSI.CAdES.detached", "ETSI.RFC3161.......", "pdf-signature-count");
	expect_replaced(fixture, "/FT /Sig", "/FT /Btn", "pdf-signature-count");
	expect_replaced(fixture, "/V 5 0 R", "/W 5 0 R", "pdf-signature-count");
	expect_replaced(fixture, "/Contents <30", "/Contents <04", "pdf-malformed");
	expect_replaced(fixture, "000000000000>", "000000000001>", "pdf-padding");
	expect_replaced(fixture, "000000000000>", "00000000000G>", "pdf-malformed");
	expect_replaced(fixture, "/Type /Catalog", "/Type /Catalof", "pdf-malformed");
	expect_replaced(fixture, "/Metadata 12 0 R", "/Metadata 11 0 R", "pdf-metadata");
	expect_replaced(fixture, "/Metadata 12 0 R", "/Metadata 13 0 R", "pdf-metadata");
	expect_replaced(fixture, "/Metadata 12 0 R", "/Metadata 99 0 R", "pdf-metadata");
	expect_replaced(fixture, "/EmbeddedFiles", "/EmbeddedFiled", "pdf-attachments");
	expect_replaced(fixture, ".json) /UF (h", ".json) /UF (H", "pdf-attachments");
	expect_replaced(fixture, "/EF << /F 9 0 R /UF 9 0 R", "/EF << /F 9 0 R /UF 6 0 R",
		"pdf-attachments");
	expect_replaced(fixture, "0000000015 00000 n", "0000000016 00000 n", "pdf-malformed");
	expect_replaced(fixture, "0000000015 00000 n", "0000000015 00001 n", "pdf-malformed");
	expect_replaced(fixture, "0000000015 00000 n", "0000000015 00000 f", "pdf-malformed");
	expect_replaced(fixture, "%%EOF\n", "%%EOG\n", "pdf-malformed");
}

/* What is small enough to be the same value spelled otherwise. */
static void test_the_signature_has_one_spelling(void **state)
{
	const struct fixture *fixture = *state;
	char *copy = malloc(fixture->pdf.length);

	assert_non_null(copy);
	memcpy(copy, fixture->pdf.data, fixture->pdf.length);
	char *at = memmem(copy, fixture->pdf.length, "/Contents <", 11);
	assert_non_null(at);
	for (at += 11; *at < 'a'; at++)
		;
	*at = (char)(*at - 'a' + 'A');
	expect_refused(copy, fixture->pdf.length, "pdf-padding");
	free(copy);
}

static void test_something_behind_the_end(void **state)
{
	const struct fixture *fixture = *state;
	static const char update[] =
		"14 0 obj null endobj xref 0 0 trailer << /Size 15 /Root 1 0 R "
		"/Prev 1 >>\nstartxref\n0\n%%EOF\n";
	static const char *const more[] = { "\n", " ", "x", update, "startxref\n0\n%%EOF\n" };

	for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
		AUTO_BUFFER struct buffer copy = BUFFER_INIT(PDF_MAX_BYTES);
		assert_int_equal(buffer_append(&copy, fixture->pdf.data, fixture->pdf.length), 0);
		assert_int_equal(buffer_append_text(&copy, more[i]), 0);
		expect_refused(copy.data, copy.length, "pdf-appended");
	}
}

static void test_cut_anywhere(void **state)
{
	const struct fixture *fixture = *state;

	for (size_t length = 0; length < fixture->pdf.length; length += test_stride()) {
		/* Its own memory, so that a read behind the end is seen. */
		uint8_t *copy = malloc(length + 1);
		AUTO_PDF struct pdf_document document = { 0 };
		assert_non_null(copy);
		memcpy(copy, fixture->pdf.data, length);
		assert_int_not_equal(pdf_read(copy, length, &document, NULL), 0);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_good_one_is_taken_apart),
		cmocka_unit_test(test_the_proof_may_be_missing),
		cmocka_unit_test(test_texts_are_unescaped),
		cmocka_unit_test(test_odd_shapes),
		cmocka_unit_test(test_texts_replaced),
		cmocka_unit_test(test_the_signature_has_one_spelling),
		cmocka_unit_test(test_something_behind_the_end),
		cmocka_unit_test(test_cut_anywhere),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
