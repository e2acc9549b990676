/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding the files of one certificate. */
#include "verify/certificate/bundle.h"

#include "base/file.h"
#include "base/text.h"
#include "verify/pdf/pdf.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 4096

void bundle_free(struct bundle *bundle)
{
	buffer_free(&bundle->json);
	buffer_free(&bundle->p7s);
	buffer_free(&bundle->proof);
	buffer_free(&bundle->pdf);
	*bundle = (struct bundle){ 0 };
}

/* Nobody writes through what is borrowed. */
static struct buffer borrowed(const void *data, size_t length)
{
	return (struct buffer){ .data = (char *)(uintptr_t)data, .length = length };
}

struct bundle bundle_borrow(
	const char *json, size_t json_length, const uint8_t *p7s, size_t p7s_length)
{
	return (struct bundle){ .json = borrowed(json, json_length),
		.p7s = borrowed(p7s, p7s_length) };
}

/* NAME.json → NAME.p7s. -EINVAL: no such name. */
static int beside(const char *path, const char *ending, char ret[static PATH_SIZE])
{
	static const char json[] = ".json";
	size_t length = strlen(path), cut = sizeof(json) - 1;
	if (length <= cut || strcmp(path + length - cut, json) != 0)
		return -EINVAL;
	int written = snprintf(ret, PATH_SIZE, "%.*s%s", (int)(length - cut), path, ending);
	return written > 0 && written < PATH_SIZE ? 0 : -ENAMETOOLONG;
}

static int read_signature(const char *path, struct buffer *p7s, struct error *error)
{
	char at[PATH_SIZE];
	int result = beside(path, ".p7s", at);
	if (result == 0)
		return file_read(at, p7s, error);
	if (result == -ENAMETOOLONG)
		return error_set(error, ERROR_USAGE, ENAMETOOLONG, "certificate-name",
			_("The path is too long: %s"), path);
	(void)error_set(error, ERROR_USAGE, EINVAL, "certificate-name",
		_("%s does not end in .json, so the signature beside it has no name."), path);
	return error_next(error, _("Name the signature with --signature."));
}

/* What is not there is left empty; what is there and cannot be read is an error. */
static int read_proof(const char *path, struct buffer *proof, struct error *error)
{
	char at[PATH_SIZE];
	if (beside(path, ".proof", at) != 0)
		return 0;
	if (access(at, F_OK) != 0 && errno == ENOENT)
		return 0;
	return file_read(at, proof, error);
}

/* What a PDF carries; nothing when it cannot be taken apart, which the check tells. */
static int take_apart(struct bundle *bundle, struct error *error)
{
	AUTO_PDF struct pdf_document document = { 0 };
	struct error ignored = { 0 };
	if (pdf_read((const uint8_t *)buffer_text(&bundle->pdf), bundle->pdf.length, &document,
		    &ignored) != 0)
		return 0;
	if (buffer_append(&bundle->json, document.json.at, document.json.length) != 0 ||
		buffer_append(&bundle->p7s, document.p7s.at, document.p7s.length) != 0 ||
		(document.proof.length > 0 && buffer_append(&bundle->proof, document.proof.at,
						      document.proof.length) != 0))
		return error_no_memory(error);
	return 0;
}

/* path was read and is no PDF. */
static int read_others(
	const char *path, const char *p7s, struct bundle *bundle, struct error *error)
{
	int result = p7s ? file_read(p7s, &bundle->p7s, error)
			 : read_signature(path, &bundle->p7s, error);
	return result == 0 ? read_proof(path, &bundle->proof, error) : result;
}

/* Then it is checked as one, whatever is in it. */
static bool says_pdf(const char *path)
{
	static const char pdf[] = ".pdf";
	size_t length = strlen(path), cut = sizeof(pdf) - 1;
	return length > cut && strcmp(path + length - cut, pdf) == 0;
}

int bundle_read(const char *path, const char *p7s, struct bundle *ret, struct error *error)
{
	AUTO_BUNDLE struct bundle bundle = {
		.json = BUFFER_INIT(PDF_MAX_BYTES),
		.p7s = BUFFER_INIT(PDF_MAX_BYTES),
		.proof = BUFFER_INIT(PDF_MAX_BYTES),
		.pdf = BUFFER_INIT(PDF_MAX_BYTES),
	};
	int result = file_read(path, &bundle.json, error);
	if (result == 0 && !says_pdf(path) && !pdf_is(bundle.json.data, bundle.json.length)) {
		result = read_others(path, p7s, &bundle, error);
	} else if (result == 0) {
		struct buffer empty = bundle.pdf;
		bundle.pdf = bundle.json;
		bundle.json = empty;
		result = p7s ? error_set(error, ERROR_USAGE, EINVAL, "signature-for-pdf",
				       _("%s is a PDF, which carries its own signature."), path)
			     : take_apart(&bundle, error);
	}
	if (result != 0)
		return result;
	*ret = bundle;
	bundle = (struct bundle){ 0 };
	return 0;
}
