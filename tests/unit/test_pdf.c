/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing a certificate's PDF: what comes out reads back, and files that do not belong together give none. */
#include "base/file.h"
#include "reports/pdf/pdf_export.h"
#include "reports/pdf/pdf_parts.h"
#include "tests/support/sample_certificate.h"
#include "verify/pdf/pdf.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NAME "haiki-J20261123-7QK3ZD-"

struct fixture {
	struct sample_ca ca;
	struct sample_files files;
	struct pdf_source source;
	char name[64];
	struct buffer pdf;
	struct pdf_notes notes;
};

static void make_files(struct fixture *fixture, json_t *document)
{
	sample_files_sign(document, fixture->ca.keys, &fixture->files);
	(void)snprintf(fixture->name, sizeof(fixture->name), "%s",
		json_string_value(json_object_get(document, "name")));
	fixture->source = (struct pdf_source){ .name = fixture->name,
		.json = fixture->files.json,
		.json_length = fixture->files.json_length,
		.p7s = fixture->files.p7s,
		.p7s_length = fixture->files.p7s_length };
	json_decref(document);
}

static int begin(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	fixture->pdf = (struct buffer)BUFFER_INIT(PDF_MAX_BYTES);
	sample_ca_make(SAMPLE_ORGANISATION, &fixture->ca);
	make_files(fixture, sample_certificate_document(SAMPLE_JOB_PLAIN));
	*state = fixture;
	return 0;
}

static int end(void **state)
{
	struct fixture *fixture = *state;
	buffer_free(&fixture->pdf);
	sample_files_free(&fixture->files);
	sample_ca_free(&fixture->ca);
	free(fixture);
	return 0;
}

static int write_it(struct fixture *fixture, struct error *error)
{
	int result = pdf_write(
		&fixture->source, fixture->ca.keys, NULL, &fixture->pdf, &fixture->notes, error);
	if (result != 0 && strcmp(error->code, "pdf-font") == 0)
		skip();
	return result;
}

static void what_is_written_reads_back(void **state)
{
	struct fixture *fixture = *state;
	struct error error = { 0 };
	AUTO_PDF struct pdf_document document = { 0 };
	if (write_it(fixture, &error) != 0)
		fail_msg("%s: %s", error.code, error.what);
	assert_false(fixture->notes.stamped);
	assert_string_equal(fixture->notes.missing, "");
	assert_int_equal(pdf_read((const uint8_t *)fixture->pdf.data, fixture->pdf.length,
				 &document, &error),
		0);
	assert_string_equal(document.name, fixture->name);
	assert_string_equal(document.outcome, "proven");
	assert_string_equal(document.serial, "ZA1B2C3D");
	assert_int_equal(document.json.length, fixture->files.json_length);
	assert_memory_equal(document.json.at, fixture->files.json, fixture->files.json_length);
	assert_int_equal(document.p7s.length, fixture->files.p7s_length);
	assert_memory_equal(document.p7s.at, fixture->files.p7s, fixture->files.p7s_length);
	assert_int_equal(document.proof.length, 0);
	assert_int_equal(document.signed_ranges[0].length + document.signed_ranges[1].length +
				 2 * PDF_SIGNATURE_MAX + 2,
		fixture->pdf.length);
}

static void assert_none(struct fixture *fixture, const char *code)
{
	struct error error = { 0 };
	assert_true(write_it(fixture, &error) < 0);
	assert_string_equal(error.code, code);
	assert_int_equal(fixture->pdf.length, 0);
}

static void another_name_gives_none(void **state)
{
	struct fixture *fixture = *state;
	fixture->source.name = NAME "99";
	assert_none(fixture, "pdf-failed");
}

static void another_document_gives_none(void **state)
{
	struct fixture *fixture = *state;
	char *serial = strstr(fixture->files.json, "ZA1B2C3D");
	assert_non_null(serial);
	serial[0] = 'X';
	assert_none(fixture, "signature-wrong-content");
}

static void text_that_is_no_certificate_gives_none(void **state)
{
	struct fixture *fixture = *state;
	fixture->source.json = "{\"format\":\"haiki-plan\"}";
	fixture->source.json_length = strlen(fixture->source.json);
	assert_none(fixture, "statement-format");
}

static void a_certificate_of_others_gives_none(void **state)
{
	struct fixture *fixture = *state;
	struct sample_ca other;
	struct sample_files files;
	AUTO_JSON json_t *document = sample_certificate_document(SAMPLE_JOB_PLAIN);
	sample_ca_make(SAMPLE_ORGANISATION, &other);
	sample_files_sign(document, other.keys, &files);
	fixture->source.p7s = files.p7s;
	fixture->source.p7s_length = files.p7s_length;
	assert_none(fixture, "signature-wrong-signer");
	sample_files_free(&files);
	sample_ca_free(&other);
}

static void a_broken_proof_gives_none(void **state)
{
	struct fixture *fixture = *state;
	fixture->source.proof = "c2sp.org/tlog-proof@v1\n";
	fixture->source.proof_length = strlen(fixture->source.proof);
	assert_none(fixture, "proof-malformed");
}

/* A text may say what a place for a signature says; it is not taken for one. */
static void a_text_like_a_signature_is_a_text(void **state)
{
	struct fixture *fixture = *state;
	struct error error = { 0 };
	json_t *document = sample_certificate_document(SAMPLE_JOB_PLAIN);
	sample_set_text(json_object_get(document, "subject"), "asset_number",
		PDF_BYTE_RANGE " /Contents <0000000000000000> endstream endobj %%EOF");
	sample_files_free(&fixture->files);
	make_files(fixture, document);
	if (write_it(fixture, &error) != 0)
		fail_msg("%s: %s", error.code, error.what);
}

/* Many events make a large attachment, and the pages stay few. */
static void five_hundred_events_are_a_summary(void **state)
{
	struct fixture *fixture = *state;
	struct error error = { 0 };
	AUTO_BUFFER struct buffer pages = BUFFER_INIT(PDF_MAX_BYTES);
	AUTO_FACTS struct pdf_facts facts = { 0 };
	char missing[64];
	json_t *document = sample_certificate_document(SAMPLE_JOB_PLAIN);
	json_t *evidence = json_object_get(document, "evidence");
	for (int i = 0; i < 500; i++)
		assert_int_equal(
			json_array_append_new(evidence, sample_bad_range(1, "unwritable")), 0);
	sample_set_text(json_object_get(document, "verdict"), "outcome", "failed");
	sample_files_free(&fixture->files);
	make_files(fixture, document);
	assert_int_equal(pdf_facts_read(&fixture->source, fixture->ca.keys, &facts, &error), 0);
	int result = pdf_draw(&facts, &pages, missing, sizeof(missing), &error);
	if (result != 0 && strcmp(error.code, "pdf-font") == 0)
		skip();
	assert_int_equal(result, 0);
	assert_non_null(memmem(pages.data, pages.length, "/Count 2", 8));
}

/* --- in a folder --- */

static void put(
	const char *folder, const char *name, const char *ending, const void *data, size_t length)
{
	struct error error = { 0 };
	char path[600];
	(void)snprintf(path, sizeof(path), "%s/%s%s", folder, name, ending);
	assert_int_equal(file_write(path, data, length, 0644, &error), 0);
}

static void a_folder_gets_what_it_lacks(void **state)
{
	struct fixture *fixture = *state;
	struct error error = { 0 };
	char *folder = sample_folder_make();
	bool made = false;
	size_t count = 0;
	put(folder, fixture->name, ".json", fixture->files.json, fixture->files.json_length);
	put(folder, fixture->name, ".p7s", fixture->files.p7s, fixture->files.p7s_length);
	put(folder, "notes", ".txt", "x", 1);
	int result = pdf_export_missing(folder, 10, fixture->ca.keys, NULL, &count, &error);
	if (result != 0 && strcmp(error.code, "pdf-font") == 0) {
		sample_folder_remove(folder);
		skip();
	}
	assert_int_equal(result, 0);
	assert_int_equal(count, 1);
	assert_int_equal(pdf_export_missing(folder, 10, fixture->ca.keys, NULL, &count, &error), 0);
	assert_int_equal(count, 0);
	assert_int_equal(
		pdf_export(folder, fixture->name, fixture->ca.keys, NULL, NULL, &made, &error), 0);
	assert_false(made);
	sample_folder_remove(folder);
}

static void another_file_under_its_name_stays(void **state)
{
	struct fixture *fixture = *state;
	struct error error = { 0 };
	AUTO_BUFFER struct buffer found = BUFFER_INIT(100);
	char *folder = sample_folder_make();
	char path[600];
	put(folder, fixture->name, ".json", fixture->files.json, fixture->files.json_length);
	put(folder, fixture->name, ".p7s", fixture->files.p7s, fixture->files.p7s_length);
	put(folder, fixture->name, ".pdf", "%PDF-1.7 mine", 13);
	assert_int_equal(
		pdf_export(folder, fixture->name, fixture->ca.keys, NULL, NULL, NULL, &error),
		-EEXIST);
	assert_string_equal(error.code, "certificate-differs");
	(void)snprintf(path, sizeof(path), "%s/%s.pdf", folder, fixture->name);
	assert_int_equal(file_read(path, &found, &error), 0);
	assert_string_equal(buffer_text(&found), "%PDF-1.7 mine");
	sample_folder_remove(folder);
}

/* One whose pages were touched, or that another signed, is not ours: it stays, and is told. */
static void a_pdf_that_was_touched_is_told(void **state)
{
	struct fixture *fixture = *state;
	struct error error = { 0 };
	struct sample_ca other;
	char *folder = sample_folder_make();
	if (write_it(fixture, &error) != 0)
		fail_msg("%s: %s", error.code, error.what);
	put(folder, fixture->name, ".json", fixture->files.json, fixture->files.json_length);
	put(folder, fixture->name, ".p7s", fixture->files.p7s, fixture->files.p7s_length);
	put(folder, fixture->name, ".pdf", fixture->pdf.data, fixture->pdf.length);
	sample_ca_make(SAMPLE_ORGANISATION, &other);
	assert_int_equal(
		pdf_export(folder, fixture->name, fixture->ca.keys, NULL, NULL, NULL, &error), 0);
	assert_true(pdf_export(folder, fixture->name, other.keys, NULL, NULL, NULL, &error) < 0);
	char *date = memmem(fixture->pdf.data, fixture->pdf.length, "/M (D:20", 8);
	assert_non_null(date);
	date[10] ^= 1;
	put(folder, fixture->name, ".pdf", fixture->pdf.data, fixture->pdf.length);
	assert_int_equal(
		pdf_export(folder, fixture->name, fixture->ca.keys, NULL, NULL, NULL, &error),
		-EEXIST);
	assert_string_equal(error.code, "certificate-differs");
	sample_ca_free(&other);
	sample_folder_remove(folder);
}

/* Its length and the lengths within are what they say. */
static void the_profile_is_whole(void **state)
{
	(void)state;
	AUTO_BUFFER struct buffer profile = BUFFER_INIT(4096);
	assert_int_equal(pdf_profile(&profile), 0);
	const uint8_t *data = (const uint8_t *)profile.data;
	assert_int_equal((size_t)data[2] << 8 | data[3], profile.length);
	assert_int_equal(profile.length % 4, 0);
	assert_memory_equal(data + 36, "acsp", 4);
	for (size_t i = 0; i < data[131]; i++) {
		const uint8_t *tag = data + 132 + 12 * i;
		size_t offset = (size_t)tag[6] << 8 | tag[7],
		       length = (size_t)tag[10] << 8 | tag[11];
		assert_true(offset >= 132 + 12u * data[131] && offset + length <= profile.length);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, begin, end)
		WITH_FILES(what_is_written_reads_back),
		WITH_FILES(another_name_gives_none),
		WITH_FILES(another_document_gives_none),
		WITH_FILES(text_that_is_no_certificate_gives_none),
		WITH_FILES(a_certificate_of_others_gives_none),
		WITH_FILES(a_broken_proof_gives_none),
		WITH_FILES(a_text_like_a_signature_is_a_text),
		WITH_FILES(five_hundred_events_are_a_summary),
		WITH_FILES(a_folder_gets_what_it_lacks),
		WITH_FILES(another_file_under_its_name_stays),
		WITH_FILES(a_pdf_that_was_touched_is_told),
		cmocka_unit_test(the_profile_is_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
