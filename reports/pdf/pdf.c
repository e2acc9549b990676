/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A certificate's PDF from its files: each step is one file of this folder. */
#include "reports/pdf/pdf_parts.h"

#include "base/clock.h"
#include "base/text.h"
#include <errno.h>
#include <string.h>

/* --- as an auditor will see it --- */

static int not_readable(const struct pdf_source *source, struct error *error)
{
	return error_set(error, ERROR_FAILED, EBADMSG, "pdf-failed",
		_("The PDF of %s was written, but does not hold what it should"), source->name);
}

static bool is_same(const struct pdf_run *run, const void *data, size_t length)
{
	return run->length == length && (length == 0 || memcmp(run->at, data, length) == 0);
}

int pdf_check_signature(const struct pdf_document *document, const struct keys *keys,
	int64_t now_utc_ms, struct error *error)
{
	CLEANUP(cleanup_detached_free) struct detached *detached = NULL;
	const struct pdf_run *ranges = document->signed_ranges;
	size_t length = ranges[0].length + ranges[1].length;
	AUTO_FREE char *bytes = malloc(length);
	if (!bytes)
		return error_no_memory(error);
	memcpy(bytes, ranges[0].at, ranges[0].length);
	memcpy(bytes + ranges[0].length, ranges[1].at, ranges[1].length);
	int result = detached_parse(document->cms, document->cms_length, NULL, &detached, error);
	if (result == 0)
		result = detached_verify(detached, bytes, length, error);
	return result == 0 ? pdf_check_issuer(detached, keys, now_utc_ms, error) : result;
}

static int read_back(const struct pdf_facts *facts, const struct buffer *pdf,
	const struct keys *keys, struct error *error)
{
	AUTO_PDF struct pdf_document document = { 0 };
	const struct pdf_source *source = facts->source;
	int result = pdf_read((const uint8_t *)pdf->data, pdf->length, &document, error);
	if (result != 0)
		return result;
	if (!is_same(&document.json, source->json, source->json_length) ||
		!is_same(&document.p7s, source->p7s, source->p7s_length) ||
		!is_same(
			&document.proof, source->proof, source->proof ? source->proof_length : 0) ||
		strcmp(document.name, source->name) != 0 ||
		strcmp(document.sha256, facts->sha256) != 0 ||
		strcmp(document.outcome, facts->outcome) != 0 ||
		strcmp(document.serial, facts->serial) != 0)
		return not_readable(source, error);
	int64_t now_utc_ms = 0;
	if (clock_parse(facts->now_utc, &now_utc_ms) != 0)
		return not_readable(source, error);
	return pdf_check_signature(&document, keys, now_utc_ms, error);
}

/* --- writing --- */

int pdf_write(const struct pdf_source *source, const struct keys *keys,
	struct timestamp_authority *authority, struct buffer *ret, struct pdf_notes *ret_notes,
	struct error *error)
{
	AUTO_FACTS struct pdf_facts facts = { 0 };
	AUTO_BUFFER struct buffer pages = BUFFER_INIT(PDF_MAX_BYTES);
	AUTO_BUFFER struct buffer pdf = BUFFER_INIT(PDF_MAX_BYTES);
	struct pdf_notes notes = { 0 };
	int result = pdf_facts_read(source, keys, &facts, error);
	if (result == 0)
		result = pdf_draw(&facts, &pages, notes.missing, sizeof(notes.missing), error);
	if (result == 0)
		result = pdf_assemble(&facts, &pages, &pdf, error);
	if (result == 0)
		result = pdf_sign(&pdf, keys, authority, &notes.stamped, error);
	if (result == 0)
		result = read_back(&facts, &pdf, keys, error);
	if (result != 0)
		return result;
	result = buffer_append(ret, pdf.data, pdf.length);
	if (result == -ENOMEM)
		return error_no_memory(error);
	if (result != 0)
		return error_set(error, ERROR_FAILED, -result, "pdf-failed",
			_("The PDF of %s is too large"), source->name);
	*ret_notes = notes;
	return 0;
}
