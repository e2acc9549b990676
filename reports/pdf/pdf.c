/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A certificate's PDF from its files: each step is one file of this folder. */
#include "reports/pdf/pdf_parts.h"

#include "verify/pdf/pdf.h"
#include <errno.h>
#include <stdio.h>

int pdf_write(const struct pdf_source *source, const struct keys *keys,
	const struct timestamp_authority *authority, struct buffer *ret,
	struct pdf_notes *ret_notes, struct error *error)
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
	if (result != 0)
		return result;
	result = buffer_append(ret, pdf.data, pdf.length);
	if (result != 0)
		return result == -ENOMEM ? error_no_memory(error)
					 : error_set(error, ERROR_FAILED, -result, "pdf-failed",
						   "%s", source->name);
	*ret_notes = notes;
	return 0;
}
