/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines, boxes, diagonal bars and QR codes. */
#include "reports/pdf/page_parts.h"

#include <errno.h>
#include <math.h>
#include <qrencode.h>
#include <string.h>

void page_line(struct page_writer *writer, double x1, double y1, double x2, double y2, double width)
{
	cairo_set_line_width(writer->cairo, width);
	cairo_move_to(writer->cairo, x1, y1);
	cairo_line_to(writer->cairo, x2, y2);
	cairo_stroke(writer->cairo);
}

void page_box(
	struct page_writer *writer, double x, double y, double width, double height, double line)
{
	cairo_set_line_width(writer->cairo, line);
	cairo_rectangle(writer->cairo, x, y, width, height);
	cairo_stroke(writer->cairo);
}

void page_fill(
	struct page_writer *writer, double x, double y, double width, double height, double grey)
{
	cairo_save(writer->cairo);
	cairo_set_source_rgb(writer->cairo, grey, grey, grey);
	cairo_rectangle(writer->cairo, x, y, width, height);
	cairo_fill(writer->cairo);
	cairo_restore(writer->cairo);
}

#define BAR 7.0 /* as wide as what is between two */

void page_bars(cairo_t *cairo, double x, double y, double width, double height, double grey)
{
	cairo_save(cairo);
	cairo_rectangle(cairo, x, y, width, height);
	cairo_clip(cairo);
	cairo_set_source_rgb(cairo, grey, grey, grey);
	const double high = BAR * M_SQRT2;
	const unsigned count = (unsigned)ceil((width + height) / (2 * high));
	for (unsigned i = 0; i < count; i++) {
		double top = y - width + 2 * high * i;
		cairo_move_to(cairo, x, top + width);
		cairo_line_to(cairo, x + width, top);
		cairo_rel_line_to(cairo, 0, high);
		cairo_line_to(cairo, x, top + width + high);
		cairo_close_path(cairo);
		cairo_fill(cairo);
	}
	cairo_restore(cairo);
}

/* --- QR codes --- */

#define QUIET 4 /* modules around it, ISO/IEC 18004 */
#define CAPTION_SIZE 6.2
#define CAPTION_GAP (1 * MM)
#define QR_GAP (5 * MM)

static bool is_dark(const QRcode *code, int column, int row)
{
	return code->data[row * code->width + column] & 1;
}

/* Dark modules that touch are one box; each reaches a little into the next row, so that no seam shows. */
static void draw_modules(cairo_t *cairo, const QRcode *code, double x, double y, double side)
{
	double module = side / (code->width + 2 * QUIET);
	for (int row = 0; row < code->width; row++)
		for (int column = 0; column < code->width; column++) {
			int first = column;
			while (column < code->width && is_dark(code, column, row))
				column++;
			if (column > first)
				cairo_rectangle(cairo, x + (first + QUIET) * module,
					y + (row + QUIET) * module, (column - first) * module,
					module * 1.04);
		}
	cairo_set_fill_rule(cairo, CAIRO_FILL_RULE_WINDING);
	cairo_fill(cairo);
}

void page_qr(struct page_writer *writer, const char *text, const char *caption, double side_mm)
{
	const struct page_style *style = STYLE(CAPTION_SIZE, .centred = true, .lines = true);
	double side = side_mm * MM, below = 0;
	size_t length = strlen(text);
	if (writer->result != 0)
		return;
	QRcode *code = length <= PAGE_QR_MAX ? QRcode_encodeData((int)length,
						       (const unsigned char *)text, 0, QR_ECLEVEL_M)
					     : NULL;
	PangoLayout *layout = page_layout(writer, caption, style, side, &below);
	if (!code)
		page_fail(writer, length > PAGE_QR_MAX ? -EFBIG : -ENOMEM);
	if (code && layout && page_room(writer, side + CAPTION_GAP + below)) {
		double x = PAGE_LEFT + PAGE_INNER - side;
		draw_modules(writer->cairo, code, x, writer->y, side);
		page_box(writer, x, writer->y, side, side, HAIRLINE);
		page_show(writer, layout, x, writer->y + side + CAPTION_GAP);
		writer->beside = writer->y + side + CAPTION_GAP + below;
		writer->beside_width = side + QR_GAP;
	}
	if (layout)
		g_object_unref(layout);
	QRcode_free(code);
}
