/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A4 pages in black and white, Japanese and English: headings, paragraphs, tables, boxes and QR codes, one below
 * another, with page numbers. What certificates and audit reports are drawn with.
 *
 * Texts are data, never markup. What cannot be seen (control characters, marks that turn the direction of writing,
 * blanks without width) is shown as [U+XXXX], and so is a character that no font has; a text that is longer than
 * a field takes is cut with "…". Whatever a text says, it stays where it is put. */
#ifndef HAIKI_REPORTS_PDF_PAGE_H
#define HAIKI_REPORTS_PDF_PAGE_H

#include "base/buffer.h"
#include "base/error.h"
#include <stdbool.h>

#define PAGES_MAX 500
#define PAGE_QR_MAX 512 /* bytes of a QR code's text */

struct page_writer;

/* title, subject: of the document's information. footer: stands on each page before "1 / 2". All UTF-8, copied.
 * "pdf-font" (no Japanese font is installed: nothing is drawn at all), "pdf-failed". */
NODISCARD int page_begin(const char *title, const char *subject, const char *footer,
	struct page_writer **ret, struct error *error);

/* What the document is, large; aside: at its right, a line for each '\n', or "". */
void page_title(
	struct page_writer *writer, const char *japanese, const char *english, const char *aside);
/* The verdict: large, in a heavy double frame with a tick when good, white on black with diagonal bars when not; and
 * then every page has diagonal bars on both edges. Told by shape, not by colour. */
void page_verdict(struct page_writer *writer, bool good, const char *japanese, const char *english);
void page_heading(struct page_writer *writer, const char *japanese, const char *english);
/* '\n' begins a new line. */
void page_paragraph(struct page_writer *writer, const char *text);
/* The same in small type. */
void page_note(struct page_writer *writer, const char *text);
/* An item of a list, in both languages. */
void page_item(struct page_writer *writer, const char *japanese, const char *english);
/* A label and its value, in two columns; long values wrap. */
void page_field(
	struct page_writer *writer, const char *japanese, const char *english, const char *value);
/* The same for many: short ones stand two beside one another. */
struct page_label {
	const char *japanese, *english, *value;
	bool exact; /* a serial, a digest: in letters of one width */
};
void page_fields(struct page_writer *writer, const struct page_label *fields, size_t count);
/* One value in large letters, such as a serial number. */
void page_large(
	struct page_writer *writer, const char *japanese, const char *english, const char *value);
/* Who, and an empty place for signature and date. */
void page_signer(
	struct page_writer *writer, const char *japanese, const char *english, const char *who);
/* Columns by weight (sum is the width); the heading row is repeated on each page. cells: row by row. */
struct page_column {
	const char *title;
	unsigned weight;
	bool right;
};
void page_table(struct page_writer *writer, const struct page_column *columns, size_t column_count,
	const char *const *cells, size_t row_count);
/* At the right of what follows; side_mm of its square. caption: below it, in small type, or "". */
void page_qr(struct page_writer *writer, const char *text, const char *caption, double side_mm);
/* Characters that no font has, as "U+E000 U+F8FF", in the order they came; "" when there were none. Borrowed, until
 * the next call. */
const char *page_missing(const struct page_writer *writer);
/* The PDF of cairo: fonts embedded as subsets, text selectable. The first failure of any call above is told here:
 * "pdf-failed", -ENOMEM, -EFBIG (more than PAGES_MAX). A character that no font has is no failure: page_missing.
 * Appends to *ret, frees the writer. */
NODISCARD int page_end(struct page_writer *writer, struct buffer *ret, struct error *error);
struct page_writer *page_drop(struct page_writer *writer);
DEFINE_CLEANUP(struct page_writer *, page_drop);

#endif
