/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands on a page: title, verdict, headings, paragraphs and lists. */
#include "reports/pdf/page_parts.h"

#include <math.h>
#include <string.h>

#define KEEP_WITH_NEXT (16 * MM) /* a heading is not the last thing on a page */

/* As large as its width allows. Returns the height. */
static double fit(struct page_writer *writer, const char *text, double size, double least, double x,
	double y, double width)
{
	double wide = page_text_width(writer, text, STYLE(size));
	if (wide > width)
		size = MAX(least, size * width / wide * 0.99);
	return page_text(writer, text, STYLE(size, .centred = true, .lines_max = 2), x, y, width);
}

/* --- title --- */

#define ASIDE_WIDTH (70 * MM)

void page_title(
	struct page_writer *writer, const char *japanese, const char *english, const char *aside)
{
	if (!page_room(writer, 24 * MM))
		return;
	double width = PAGE_INNER - ASIDE_WIDTH - 3 * MM, top = writer->y;
	double height = page_text(writer, japanese, STYLE(20), PAGE_LEFT, top, width);
	height += page_text(writer, english, STYLE(9.5), PAGE_LEFT, top + height + 1, width) + 1;
	double beside = page_text(writer, aside, STYLE(8, .right = true, .lines = true),
		PAGE_LEFT + PAGE_INNER - ASIDE_WIDTH, top + 3, ASIDE_WIDTH);
	writer->y = top + MAX(height, beside + 3) + 3 * MM;
}

/* --- the verdict --- */

#define VERDICT_HEIGHT (25 * MM)
#define VERDICT_ENDS (26 * MM) /* kept free at both ends for tick or bars */

static void draw_tick(cairo_t *cairo, double x, double y, double radius)
{
	cairo_set_line_width(cairo, 2.2);
	cairo_arc(cairo, x, y, radius, 0, 2 * M_PI);
	cairo_stroke(cairo);
	cairo_set_line_width(cairo, 4.2);
	cairo_set_line_join(cairo, CAIRO_LINE_JOIN_MITER);
	cairo_move_to(cairo, x - radius * 0.5, y + radius * 0.05);
	cairo_line_to(cairo, x - radius * 0.12, y + radius * 0.45);
	cairo_line_to(cairo, x + radius * 0.55, y - radius * 0.42);
	cairo_stroke(cairo);
}

static void draw_cross(cairo_t *cairo, double x, double y, double radius)
{
	cairo_set_line_width(cairo, 5);
	cairo_move_to(cairo, x - radius, y - radius);
	cairo_line_to(cairo, x + radius, y + radius);
	cairo_move_to(cairo, x + radius, y - radius);
	cairo_line_to(cairo, x - radius, y + radius);
	cairo_stroke(cairo);
}

static void draw_good(struct page_writer *writer, double y)
{
	page_box(writer, PAGE_LEFT + 1.5, y + 1.5, PAGE_INNER - 3, VERDICT_HEIGHT - 3, 3);
	page_box(writer, PAGE_LEFT + 6, y + 6, PAGE_INNER - 12, VERDICT_HEIGHT - 12, 0.8);
	draw_tick(writer->cairo, PAGE_LEFT + 16 * MM, y + VERDICT_HEIGHT / 2, 7.5 * MM);
}

static void draw_bad(struct page_writer *writer, double y)
{
	page_fill(writer, PAGE_LEFT, y, PAGE_INNER, VERDICT_HEIGHT, 0);
	page_bars(writer->cairo, PAGE_LEFT, y, 12 * MM, VERDICT_HEIGHT, 1);
	page_bars(writer->cairo, PAGE_LEFT + PAGE_INNER - 12 * MM, y, 12 * MM, VERDICT_HEIGHT, 1);
	page_box(writer, PAGE_LEFT + 1, y + 1, PAGE_INNER - 2, VERDICT_HEIGHT - 2, 2);
	cairo_set_source_rgb(writer->cairo, 1, 1, 1);
	draw_cross(writer->cairo, PAGE_LEFT + 21 * MM, y + VERDICT_HEIGHT / 2, 5 * MM);
}

void page_verdict(struct page_writer *writer, bool good, const char *japanese, const char *english)
{
	if (!good)
		writer->bad = true;
	if (!page_room(writer, VERDICT_HEIGHT))
		return;
	/* The cross stands farther in than the tick. */
	double y = writer->y, x = PAGE_LEFT + VERDICT_ENDS + (good ? 0 : 3 * MM);
	double width = PAGE_INNER - 2 * VERDICT_ENDS + (good ? 18 * MM : 7 * MM);
	cairo_save(writer->cairo);
	if (good)
		draw_good(writer, y);
	else
		draw_bad(writer, y);
	(void)fit(writer, japanese, 25, 12, x, y + 4.6 * MM, width);
	(void)fit(writer, english, 13, 8, x, y + 15.6 * MM, width);
	cairo_restore(writer->cairo);
	writer->y = y + VERDICT_HEIGHT + 4 * MM;
}

/* --- headings, paragraphs, lists --- */

void page_heading(struct page_writer *writer, const char *japanese, const char *english)
{
	if (!page_room(writer, KEEP_WITH_NEXT + 8 * MM))
		return;
	double y = writer->y + 2.2 * MM, width = page_free_width(writer);
	double used = MIN(page_text_width(writer, japanese, STYLE(10.5)), width * 0.6);
	double height =
		page_text(writer, japanese, STYLE(10.5, .lines_max = 1), PAGE_LEFT, y, used + 2);
	(void)page_text(writer, english, STYLE(8, .lines_max = 1), PAGE_LEFT + used + 3 * MM,
		y + 2.2, width - used - 3 * MM);
	y += height + 1.2;
	page_line(writer, PAGE_LEFT, y, PAGE_LEFT + width, y, 1.3);
	writer->y = y + 1.2 * MM;
}

static void paragraph(struct page_writer *writer, const char *text, const struct page_style *style)
{
	double height = 0;
	if (!page_room(writer, style->size * 1.6))
		return;
	PangoLayout *layout = page_layout(writer, text, style, page_free_width(writer), &height);
	if (!layout)
		return;
	if (page_room(writer, height)) {
		page_show(writer, layout, PAGE_LEFT, writer->y);
		writer->y += height + 1.5 * MM;
	}
	g_object_unref(layout);
}

void page_paragraph(struct page_writer *writer, const char *text)
{
	paragraph(writer, text, STYLE(9, .lines = true));
}

void page_note(struct page_writer *writer, const char *text)
{
	paragraph(writer, text, STYLE(7, .lines = true));
}

#define ITEM_INDENT (5 * MM)
#define ITEM_GAP (2 * MM)

static void draw_bullet(struct page_writer *writer, double height)
{
	const double side = 4;
	page_fill(writer, PAGE_LEFT + 2 * MM, writer->y + (height - side) / 2, side, side, 0);
}

/* On one line where both are short, else one below the other. */
void page_item(struct page_writer *writer, const char *japanese, const char *english)
{
	double first = 0, second = 0;
	if (!page_room(writer, 8 * MM))
		return;
	double width = page_free_width(writer) - ITEM_INDENT;
	double used = page_text_width(writer, japanese, STYLE(9));
	bool same = strcmp(japanese, english) == 0;
	bool short_ones =
		used + ITEM_GAP + page_text_width(writer, english, STYLE(7.5)) < width / 2;
	PangoLayout *above = page_layout(writer, japanese, STYLE(9, .lines_max = 8), width, &first);
	PangoLayout *below = page_layout(
		writer, same ? "" : english, STYLE(7.5, .lines_max = 8), width, &second);
	double height = same || short_ones ? first : first + second;
	if (above && below && page_room(writer, height)) {
		double x = PAGE_LEFT + ITEM_INDENT, y = writer->y;
		draw_bullet(writer, first);
		page_show(writer, above, x, y);
		if (short_ones)
			page_show(writer, below, x + used + ITEM_GAP, y + (first - second) * 0.75);
		else
			page_show(writer, below, x, y + first);
		writer->y = y + height + 1 * MM;
	}
	if (above)
		g_object_unref(above);
	if (below)
		g_object_unref(below);
}
