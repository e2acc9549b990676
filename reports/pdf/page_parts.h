/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What pages are made of. Inside reports/pdf only. Lengths are in points (1/72 inch). */
#ifndef HAIKI_REPORTS_PDF_PAGE_PARTS_H
#define HAIKI_REPORTS_PDF_PAGE_PARTS_H

#include "reports/pdf/page.h"
#include <pango/pangocairo.h>

#define MM (72 / 25.4)
#define PAGE_WIDTH (210 * MM)
#define PAGE_HEIGHT (297 * MM)
#define PAGE_LEFT (17 * MM)
#define PAGE_TOP (13 * MM)
#define PAGE_BOTTOM (279 * MM) /* what stands below is the footer */
#define PAGE_INNER (PAGE_WIDTH - 2 * PAGE_LEFT)
#define HAIRLINE 0.5

#define MISSING_MAX 16 /* characters that are told */

struct page_writer {
	char *title, *subject, *footer; /* owned */
	PangoContext *context;
	cairo_surface_t **pages; /* owned: recordings, painted when their number is known */
	size_t page_count;
	cairo_t *cairo; /* of the last page */
	double y;       /* where the next block begins */
	double beside;  /* above this, a QR code takes beside_width at the right */
	double beside_width;
	bool bad;   /* a verdict that is not good was drawn */
	int result; /* 0, or the first failure: -ENOMEM, -EFBIG, -EIO */
	uint32_t missing[MISSING_MAX];
	size_t missing_count;
	char missing_text[MISSING_MAX * 12 + 4];
};

/* Begin a page when less than height is left on this one. False: nothing more can be drawn. */
bool page_room(struct page_writer *writer, double height);
void page_fail(struct page_writer *writer, int result);
/* What is free at this height. */
double page_free_width(const struct page_writer *writer);

/* ---- text ---- */

enum page_face { FACE_TEXT, FACE_EXACT };

struct page_style {
	enum page_face face;
	double size; /* of the letters */
	bool lines;  /* '\n' begins a line; else it is shown as what it is */
	bool right, centred;
	int lines_max; /* 0: 40; what is longer ends in "…" */
};

#define STYLE(points, ...) (&(const struct page_style){ .size = (points), __VA_ARGS__ })

/* text as it may be shown: see page.h. Appends to *ret. -ENOMEM, -EOVERFLOW. */
NODISCARD int page_clean(const char *text, bool lines, struct buffer *ret);

/* *ret_height: of the text within width. NULL on failure, which is kept in writer; freed by g_object_unref. */
PangoLayout *page_layout(struct page_writer *writer, const char *text,
	const struct page_style *style, double width, double *ret_height);
void page_show(struct page_writer *writer, PangoLayout *layout, double x, double y);
/* Both at once. Returns the height. */
double page_text(struct page_writer *writer, const char *text, const struct page_style *style,
	double x, double y, double width);
/* Of one line, without wrapping. */
double page_text_width(
	struct page_writer *writer, const char *text, const struct page_style *style);

/* ---- shapes ---- */

void page_line(
	struct page_writer *writer, double x1, double y1, double x2, double y2, double width);
void page_box(
	struct page_writer *writer, double x, double y, double width, double height, double line);
/* grey: 0 black … 1 white */
void page_fill(
	struct page_writer *writer, double x, double y, double width, double height, double grey);
/* Diagonal bars, clipped to the box. */
void page_bars(cairo_t *cairo, double x, double y, double width, double height, double grey);

/* Is a Japanese text drawn by a font, or by boxes? */
bool page_has_font(PangoContext *context);

#endif
