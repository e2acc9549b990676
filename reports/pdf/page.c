/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages: beginning, ending and numbering them. Each is recorded first, because a page says how many there are. */
#include "reports/pdf/page_parts.h"

#include "base/text.h"
#include <cairo-pdf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FOOTER_Y (283 * MM)
#define FOOTER_SIZE 7.0
#define EDGE_BARS (7 * MM)

#if defined(__SANITIZE_ADDRESS__)
/* What fontconfig and pango know of the fonts they keep as long as the process lives, and it does not grow; the leak
 * checker cannot see who holds it. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\nleak:libpango\n";
}
const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}
#endif

/* --- the writer --- */

static PangoContext *make_context(void)
{
	PangoFontMap *fonts = pango_cairo_font_map_get_default(); /* the library's own */
	PangoContext *context = pango_font_map_create_context(fonts);
	cairo_font_options_t *options = cairo_font_options_create();
	/* Letters are placed as on paper, not as on a screen. */
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(context, options);
	cairo_font_options_destroy(options);
	pango_cairo_context_set_resolution(context, 72); /* a point is a unit */
	pango_context_set_language(context, pango_language_from_string("ja"));
	pango_context_set_base_dir(context, PANGO_DIRECTION_LTR);
	pango_context_set_round_glyph_positions(context, FALSE);
	return context;
}

struct page_writer *page_drop(struct page_writer *writer)
{
	if (!writer)
		return NULL;
	if (writer->cairo)
		cairo_destroy(writer->cairo);
	for (size_t i = 0; i < writer->page_count; i++)
		cairo_surface_destroy(writer->pages[i]);
	free(writer->pages);
	if (writer->context)
		g_object_unref(writer->context);
	free(writer->title);
	free(writer->subject);
	free(writer->footer);
	free(writer);
	return NULL;
}

static int no_font(struct error *error)
{
	(void)error_set(error, ERROR_FAILED, ENOENT, "pdf-font",
		_("No Japanese font is installed, so no PDF can be drawn"));
	return error_next(error, _("Install one: apt-get install fonts-ipafont-gothic"));
}

int page_begin(const char *title, const char *subject, const char *footer, struct page_writer **ret,
	struct error *error)
{
	CLEANUP(cleanup_page_drop) struct page_writer *writer = calloc(1, sizeof(*writer));
	if (!writer)
		return error_no_memory(error);
	writer->title = strdup(title);
	writer->subject = strdup(subject);
	writer->footer = strdup(footer);
	writer->context = make_context();
	if (!writer->title || !writer->subject || !writer->footer || !writer->context)
		return error_no_memory(error);
	if (!page_has_font(writer->context))
		return no_font(error);
	*ret = writer;
	writer = NULL;
	return 0;
}

void page_fail(struct page_writer *writer, int result)
{
	if (writer->result == 0)
		writer->result = result;
}

static int of_status(cairo_status_t status)
{
	if (status == CAIRO_STATUS_SUCCESS)
		return 0;
	return status == CAIRO_STATUS_NO_MEMORY ? -ENOMEM : -EIO;
}

static void begin_page(struct page_writer *writer)
{
	const cairo_rectangle_t paper = { 0, 0, PAGE_WIDTH, PAGE_HEIGHT };
	if (writer->page_count == PAGES_MAX) {
		page_fail(writer, -EFBIG);
		return;
	}
	cairo_surface_t **pages =
		reallocarray(writer->pages, writer->page_count + 1, sizeof(cairo_surface_t *));
	if (!pages) {
		page_fail(writer, -ENOMEM);
		return;
	}
	writer->pages = pages;
	cairo_surface_t *page = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, &paper);
	pages[writer->page_count++] = page;
	if (writer->cairo)
		cairo_destroy(writer->cairo);
	writer->cairo = cairo_create(page);
	writer->y = PAGE_TOP;
	writer->beside = 0;
	page_fail(writer, of_status(cairo_status(writer->cairo)));
}

bool page_room(struct page_writer *writer, double height)
{
	if (writer->result != 0)
		return false;
	bool full = writer->y + height > PAGE_BOTTOM && writer->y > PAGE_TOP;
	if (!writer->cairo || full)
		begin_page(writer);
	return writer->result == 0;
}

double page_free_width(const struct page_writer *writer)
{
	return PAGE_INNER - (writer->y < writer->beside ? writer->beside_width : 0);
}

const char *page_missing(const struct page_writer *writer)
{
	return writer->missing_text;
}

/* --- the end --- */

struct output {
	struct buffer *buffer;
	int result;
};

static cairo_status_t write_out(void *closure, const unsigned char *data, unsigned int length)
{
	struct output *output = closure;
	if (output->result == 0)
		output->result = buffer_append(output->buffer, data, length);
	return output->result == 0 ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* Whoever holds one page of a record that is no proof shall see that, whichever page it is. */
static void draw_edges(struct page_writer *writer)
{
	page_bars(writer->cairo, 0, 0, EDGE_BARS, PAGE_HEIGHT, 0);
	page_bars(writer->cairo, PAGE_WIDTH - EDGE_BARS, 0, EDGE_BARS, PAGE_HEIGHT, 0);
}

static void draw_footer(struct page_writer *writer, size_t number)
{
	char text[48];
	(void)snprintf(text, sizeof(text), "%zu / %zu", number, writer->page_count);
	page_line(writer, PAGE_LEFT, FOOTER_Y - 4, PAGE_LEFT + PAGE_INNER, FOOTER_Y - 4, HAIRLINE);
	(void)page_text(writer, writer->footer, STYLE(FOOTER_SIZE, .lines = true, .lines_max = 2),
		PAGE_LEFT, FOOTER_Y, PAGE_INNER - 20 * MM);
	(void)page_text(writer, text, STYLE(FOOTER_SIZE + 1.5, .right = true),
		PAGE_LEFT + PAGE_INNER - 20 * MM, FOOTER_Y, 20 * MM);
}

static void draw_pages(struct page_writer *writer, cairo_surface_t *surface)
{
	cairo_destroy(writer->cairo);
	writer->cairo = cairo_create(surface);
	for (size_t i = 0; i < writer->page_count; i++) {
		cairo_set_source_surface(writer->cairo, writer->pages[i], 0, 0);
		cairo_paint(writer->cairo);
		cairo_set_source_rgb(writer->cairo, 0, 0, 0);
		if (writer->bad)
			draw_edges(writer);
		draw_footer(writer, i + 1);
		cairo_show_page(writer->cairo);
	}
	page_fail(writer, of_status(cairo_status(writer->cairo)));
}

static int write_pdf(struct page_writer *writer, struct buffer *ret)
{
	struct output output = { ret, 0 };
	cairo_surface_t *surface =
		cairo_pdf_surface_create_for_stream(write_out, &output, PAGE_WIDTH, PAGE_HEIGHT);
	cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_5);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, writer->title);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_SUBJECT, writer->subject);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "haiki");
	draw_pages(writer, surface);
	cairo_surface_finish(surface);
	page_fail(writer,
		output.result != 0 ? output.result : of_status(cairo_surface_status(surface)));
	cairo_surface_destroy(surface);
	return writer->result;
}

int page_end(struct page_writer *writer, struct buffer *ret, struct error *error)
{
	CLEANUP(cleanup_page_drop) struct page_writer *owned = writer;
	size_t before = ret->length;
	int result = page_room(owned, 0) ? write_pdf(owned, ret) : owned->result;
	if (result == 0)
		return 0;
	ret->length = before;
	if (result == -ENOMEM)
		return error_no_memory(error);
	return error_set(error, ERROR_FAILED, -result, "pdf-failed",
		_("The pages could not be drawn: %s"), strerror(-result));
}
