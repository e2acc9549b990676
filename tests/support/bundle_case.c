/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making certificates with all that can be shown for them. */
#include "tests/support/bundle_case.h"

#include "base/digest.h"
#include "verify/certificate/detached.h"
#include "verify/ledger/ledger.h"
#include "verify/ledger/proof.h"
#include "verify/pdf/pdf.h"
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "bundle_case: %s\n", what);
	abort();
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

json_t *bundle_case_body(const json_t *document, const char *sha256, const char *supersedes)
{
	json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", text_of(document, "name"),
		"sha256", sha256, "outcome",
		text_of(json_object_get(document, "verdict"), "outcome"), "supersedes", supersedes,
		"job", text_of(json_object_get(document, "job"), "id"));
	must(body != NULL, "body");
	return body;
}

void bundle_case_stamp(const struct stamper *stamper, const struct stamp_wish *wish,
	const void *data, size_t length, struct sample_files *files)
{
	struct detached *detached = NULL;
	struct detached_signer signer;
	uint8_t *token = NULL, *stamped = NULL;
	size_t token_length = 0, stamped_length = 0;
	must(detached_parse(files->p7s, files->p7s_length, NULL, &detached, NULL) == 0, "parse");
	detached_signer_get(detached, 0, &signer);
	stamper_stamp(stamper, wish, data ? data : signer.value,
		data ? length : signer.value_length, &token, &token_length);
	stamper_attach(
		files->p7s, files->p7s_length, 0, token, token_length, &stamped, &stamped_length);
	detached_free(detached);
	free(token);
	free(files->p7s);
	files->p7s = stamped;
	files->p7s_length = stamped_length;
}

struct revocation *bundle_case_list(
	const struct sample_ca *ca, const X509 *revoked, int64_t revoked_utc_ms)
{
	X509_CRL *list = X509_CRL_new();
	ASN1_TIME *time = ASN1_TIME_new();
	BIO *pem = BIO_new(BIO_s_mem());
	char *text = NULL;
	must(list && time && pem && X509_CRL_set_version(list, 1) == 1 &&
			X509_CRL_set_issuer_name(
				list, X509_get_subject_name(ca->keys->ca_certificate)) == 1,
		"list");
	must(ASN1_TIME_set(time, (SAMPLE_NOW_MS - SAMPLE_DAY_MS) / 1000) &&
			X509_CRL_set1_lastUpdate(list, time) == 1 &&
			ASN1_TIME_set(time, (SAMPLE_NOW_MS + SAMPLE_DAY_MS) / 1000) &&
			X509_CRL_set1_nextUpdate(list, time) == 1,
		"times");
	if (revoked) {
		X509_REVOKED *entry = X509_REVOKED_new();
		must(entry && ASN1_TIME_set(time, revoked_utc_ms / 1000) &&
				X509_REVOKED_set_serialNumber(
					entry, (ASN1_INTEGER *)(uintptr_t)X509_get0_serialNumber(
						       revoked)) == 1 &&
				X509_REVOKED_set_revocationDate(entry, time) == 1 &&
				X509_CRL_add0_revoked(list, entry) == 1,
			"entry");
	}
	must(X509_CRL_sign(list, ca->ca_key, EVP_sha256()) > 0 &&
			PEM_write_bio_X509_CRL(pem, list) == 1,
		"sign");
	struct revocation *revocation = revocation_new();
	struct error error = { 0 };
	long length = BIO_get_mem_data(pem, &text);
	must(revocation && length > 0, "out of memory");
	must(revocation_add(revocation, text, (size_t)length, "list", &error) == 0, error.what);
	BIO_free(pem);
	ASN1_TIME_free(time);
	X509_CRL_free(list);
	return revocation;
}

static void make_pdf(struct bundle_case *fixture)
{
	struct sample_pdf wish;
	char sha256[65];
	sample_pdf_of(fixture->document, &fixture->files, fixture->ca.keys, &wish, sha256);
	wish.proof = buffer_text(&fixture->proof);
	fixture->pdf = (struct buffer)BUFFER_INIT(PDF_MAX_BYTES);
	sample_pdf_write(&wish, &fixture->pdf);
}

void bundle_case_make(struct bundle_case *ret)
{
	*ret = (struct bundle_case){ .proof = BUFFER_INIT(PROOF_MAX_BYTES) };
	sample_ca_make(SAMPLE_ORGANISATION, &ret->ca);
	stamper_make(&(struct stamper_wish){ 0 }, &ret->stamper);
	ledger_fixture_make(&ret->ledger, "haiki/0123456789abcdef", 1);
	ret->document = sample_certificate_document(SAMPLE_JOB_PLAIN);
	sample_certificate_set_ledger(ret->document, &ret->ledger.signer.public_key);
	sample_files_sign(ret->document, ret->ca.keys, &ret->files);
	must(digest_sha256_hex(ret->files.json, ret->files.json_length, ret->sha256) == 0,
		"sha256");
	bundle_case_stamp(&ret->stamper, &(struct stamp_wish){ 0 }, NULL, 0, &ret->files);
	ledger_fixture_fill(&ret->ledger, BUNDLE_CASE_BEFORE);
	ledger_fixture_append(
		&ret->ledger, "certificate", bundle_case_body(ret->document, ret->sha256, ""));
	ledger_fixture_fill(&ret->ledger, BUNDLE_CASE_BEFORE);
	ledger_fixture_proof(&ret->ledger, BUNDLE_CASE_BEFORE, BUNDLE_CASE_BEFORE + 1, &ret->proof);
	ret->none_revoked = bundle_case_list(&ret->ca, NULL, 0);
	make_pdf(ret);
}

void bundle_case_free(struct bundle_case *fixture)
{
	sample_ca_free(&fixture->ca);
	stamper_free(&fixture->stamper);
	json_decref(fixture->document);
	sample_files_free(&fixture->files);
	ledger_fixture_free(&fixture->ledger);
	buffer_free(&fixture->proof);
	buffer_free(&fixture->pdf);
	revocation_free(fixture->none_revoked);
}

static void put(struct buffer *buffer, const void *data, size_t length)
{
	*buffer = (struct buffer)BUFFER_INIT(PDF_MAX_BYTES);
	must(buffer_append(buffer, data, length) == 0, "out of memory");
}

void bundle_case_copy(const struct bundle_case *fixture, bool with_pdf, struct bundle *ret)
{
	*ret = (struct bundle){ 0 };
	put(&ret->json, fixture->files.json, fixture->files.json_length);
	put(&ret->p7s, fixture->files.p7s, fixture->files.p7s_length);
	put(&ret->proof, fixture->proof.data, fixture->proof.length);
	if (with_pdf)
		put(&ret->pdf, fixture->pdf.data, fixture->pdf.length);
}

struct certificate_anchors bundle_case_anchors(const struct bundle_case *fixture)
{
	return (struct certificate_anchors){ .trust = fixture->ca.trust,
		.timestamp_trust = fixture->stamper.trust,
		.revocation = fixture->none_revoked,
		.ledger_key = &fixture->ledger.signer.public_key,
		.now_utc_ms = SAMPLE_NOW_MS };
}

struct standing *bundle_case_standing(const struct ledger_fixture *ledger, const char *folder)
{
	struct standing *standing = standing_new(&ledger->signer.public_key);
	struct ledger_report report = { 0 };
	struct error error = { 0 };
	ledger_fixture_write(ledger, ledger->count, folder);
	const struct ledger_question question = { .folder = folder,
		.key = &ledger->signer.public_key,
		.record = standing_record,
		.context = standing };
	must(standing != NULL, "out of memory");
	must(ledger_check(&question, &report, &error) == 0, error.what);
	for (size_t i = 0; i < LEDGER_CHECKS; i++)
		must(report.checks[i].result != LEDGER_FAILED, report.checks[i].error.what);
	must(standing_complete(standing, folder, &report.head, &error) == 0, error.what);
	return standing;
}
