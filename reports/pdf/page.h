/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A4 pages in black and white, Japanese and English: headings, paragraphs, tables, boxes and QR codes, one below
 * another, with page numbers. What certificates and audit reports are drawn with. */
#ifndef HAIKI_REPORTS_PDF_PAGE_H
#define HAIKI_REPORTS_PDF_PAGE_H

#include "base/buffer.h"
#include "base/error.h"
#include <stdbool.h>

struct page_writer;

/* title, subject: of the document's information. footer: stands on each page before "1 / 2". All UTF-8, copied. */
NODISCARD int page_begin(const char *title, const char *subject, const char *footer,
	struct page_writer **ret, struct error *error);
/* The verdict: large, in a heavy frame when good, white on black with diagonal bars when not. Told by shape, not by
 * colour. */
void page_verdict(struct page_writer *writer, bool good, const char *japanese, const char *english);
void page_heading(struct page_writer *writer, const char *japanese, const char *english);
void page_paragraph(struct page_writer *writer, const char *text);
/* A label and its value, in two columns; long values wrap. */
void page_field(
	struct page_writer *writer, const char *japanese, const char *english, const char *value);
/* Columns by weight (sum is the width); the heading row is repeated on each page. cells: row by row. */
struct page_column {
	const char *title;
	unsigned weight;
	bool right;
};
void page_table(struct page_writer *writer, const struct page_column *columns, size_t column_count,
	const char *const *cells, size_t row_count);
/* At the right of what follows; side_mm of its square. */
void page_qr(struct page_writer *writer, const char *text, double side_mm);
/* The PDF of cairo: fonts embedded as subsets, text selectable. The first failure of any call above is told here:
 * "pdf-font", "pdf-glyph", "pdf-failed". Frees the writer. */
NODISCARD int page_end(struct page_writer *writer, struct buffer *ret, struct error *error);
struct page_writer *page_drop(struct page_writer *writer);
DEFINE_CLEANUP(struct page_writer *, page_drop);

#endif
