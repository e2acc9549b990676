/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A PDF from a stranger: what the reader takes for a certificate's lies within the file, and nothing of the file is
 * left unsigned. */
#include "tests/fuzz/fuzz.h"

#include "verify/pdf/pdf.h"
#include <stdlib.h>
#include <string.h>

static void must(bool promise)
{
	if (!promise)
		abort();
}

static void lies_within(const struct pdf_run *run, const uint8_t *data, size_t size)
{
	must(run->length == 0 || (run->at >= data && run->at <= data + size &&
					 run->length <= (size_t)(data + size - run->at)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_PDF struct pdf_document document = { 0 };
	struct error error = { 0 };

	if (pdf_read(data, size, &document, &error) != 0) {
		must(error.kind != ERROR_NONE && error.code[0] && error.what[0]);
		must(document.cms == NULL);
		return 0;
	}
	const struct pdf_run *first = &document.signed_ranges[0];
	const struct pdf_run *second = &document.signed_ranges[1];
	must(pdf_is(data, size) && document.cms && document.cms_length > 0);
	must(first->at == data && second->at + second->length == data + size);
	must(first->at[first->length] == '<' && second->at[-1] == '>');
	must(2 * document.cms_length + 2 <= (size_t)(second->at - first->at) - first->length);
	lies_within(&document.json, data, size);
	lies_within(&document.p7s, data, size);
	lies_within(&document.proof, data, size);
	must(document.json.length > 0 && document.p7s.length > 0);
	must(memchr(document.name, '\0', sizeof(document.name)) != NULL);
	return 0;
}
