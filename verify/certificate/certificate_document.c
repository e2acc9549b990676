/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A certificate's PDF: signed as a whole by who signed the certificate, and drawn from it. */
#include "verify/certificate/certificate_parts.h"

#include "base/text.h"
#include "verify/pdf/pdf.h"
#include <errno.h>
#include <string.h>

static int malformed_elsewhere(struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "pdf-signer",
		_("Who signed the PDF cannot be compared with who signed the certificate"));
}

/* A key may be renewed between the certificate and its PDF; then the name stays. */
static int check_same_signer(
	const struct seal *certificate, const struct seal *pdf, struct error *error)
{
	const X509 *first = certificate->detached ? detached_issuer(certificate->detached) : NULL;
	const X509 *second = pdf->detached ? detached_issuer(pdf->detached) : NULL;
	if (!first || !second)
		return malformed_elsewhere(error);
	if (X509_NAME_cmp(X509_get_subject_name(first), X509_get_subject_name(second)) == 0)
		return 0;
	char subject[256];
	trust_subject(second, subject, sizeof(subject));
	return error_set(error, ERROR_FAILED, EKEYREJECTED, "pdf-signer",
		_("The PDF is signed by %s, not by who signed the certificate"), subject);
}

static int check_signature(const struct examination *examination,
	const struct pdf_document *document, struct error *error)
{
	const struct pdf_run *first = &document->signed_ranges[0];
	const struct pdf_run *second = &document->signed_ranges[1];
	AUTO_FREE uint8_t *data = malloc(first->length + second->length);
	AUTO_SEAL struct seal seal = { 0 };
	if (!data)
		return error_no_memory(error);
	memcpy(data, first->at, first->length);
	memcpy(data + first->length, second->at, second->length);
	seal_examine(document->cms, document->cms_length, data, first->length + second->length,
		examination->anchors, &seal);
	int result = seal_verdict(&seal, error);
	return result == 0 ? check_same_signer(&examination->seal, &seal, error) : result;
}

static const char *text_at(
	const json_t *json, const char *first, const char *second, const char *key)
{
	const json_t *object = first ? json_object_get(json, first) : json;
	if (second)
		object = json_object_get(object, second);
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static int refuse_attachment(const char *what, struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "attachment-differs",
		_("The pages of the PDF were not drawn from the certificate attached to it (they "
		  "differ in \"%s\")"),
		what);
}

/* The JSON within is the one that the signed PDF says its pages show. */
static int check_attachments(const struct examination *examination,
	const struct pdf_document *document, struct error *error)
{
	const struct certificate_report *report = examination->report;
	const json_t *certificate = report->certificate;
	const struct document_kind *kind = document_kind_of(certificate);
	const struct {
		const char *what, *stated, *found;
	} pairs[] = {
		{ "sha256", document->sha256, report->sha256 },
		{ "name", document->name, text_at(certificate, NULL, NULL, "name") },
		{ "outcome", document->outcome, kind->outcome(certificate) },
		{ "serial", document->serial, kind->serial(certificate) },
	};
	if (document->json.length != examination->bundle->json.length ||
		memcmp(document->json.at, buffer_text(&examination->bundle->json),
			document->json.length) != 0)
		return refuse_attachment("json", error);
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (strcmp(pairs[i].stated, pairs[i].found) != 0)
			return refuse_attachment(pairs[i].what, error);
	return 0;
}

void examine_document(struct examination *examination)
{
	const struct buffer *pdf = &examination->bundle->pdf;
	struct check *whole = &examination->report->checks[CHECK_DOCUMENT];
	struct check *attachments = &examination->report->checks[CHECK_ATTACHMENTS];
	AUTO_PDF struct pdf_document document = { 0 };
	if (pdf->length == 0) {
		check_absent(whole, "no-pdf");
		check_absent(attachments, "no-pdf");
		return;
	}
	int result =
		pdf_read((const uint8_t *)buffer_text(pdf), pdf->length, &document, &whole->error);
	if (result != 0) {
		check_conclude(whole, result);
		return;
	}
	check_conclude(whole, check_signature(examination, &document, &whole->error));
	check_conclude(attachments, check_attachments(examination, &document, &attachments->error));
}
