/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text on pages: what may be shown of it, in which font, and what no font has. */
#include "reports/pdf/page_parts.h"

#include "base/utf8.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX (4 * KIB) /* longer ones end in "…" anyway */
#define LINES_MAX 40

/* Both of IPA's Gothic: letters by their own widths, and all of one or two; what they lack, fontconfig finds. */
static const char *const faces[] = {
	[FACE_TEXT] = "IPAPGothic, IPAGothic, sans-serif",
	[FACE_EXACT] = "IPAGothic, monospace",
};

/* --- what can be seen --- */

static uint32_t decode(const char *text, size_t length)
{
	static const uint8_t masks[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
	uint32_t character = (uint8_t)text[0] & masks[length];
	for (size_t i = 1; i < length; i++)
		character = character << 6 | ((uint8_t)text[i] & 0x3F);
	return character;
}

/* Of which there may be forms that only a variation selector tells apart. */
static bool is_ideograph(uint32_t character)
{
	return (character >= 0x3400 && character <= 0x9FFF) ||
	       (character >= 0xF900 && character <= 0xFAFF) ||
	       (character >= 0x20000 && character <= 0x3FFFF);
}

/* Which form of an ideograph, as names need it (UTS #37). */
static bool is_variation(uint32_t character)
{
	return (character >= 0xE0100 && character <= 0xE01EF) ||
	       (character >= 0xFE00 && character <= 0xFE0F);
}

/* Letters that are blank. */
static bool is_filler(uint32_t character)
{
	static const uint32_t fillers[] = { 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C,
		0x180D, 0x180F, 0x2800, 0x3164, 0xFFA0, 0xFFFC };
	for (size_t i = 0; i < ARRAY_SIZE(fillers); i++)
		if (fillers[i] == character)
			return true;
	return false;
}

/* Characters without a picture of their own; those of private use, too: it is another in each font. */
static bool is_unseen(uint32_t character)
{
	const GUnicodeType type = g_unichar_type(character);
	static const GUnicodeType unseen[] = { G_UNICODE_CONTROL, G_UNICODE_FORMAT,
		G_UNICODE_UNASSIGNED, G_UNICODE_PRIVATE_USE, G_UNICODE_SURROGATE,
		G_UNICODE_LINE_SEPARATOR, G_UNICODE_PARAGRAPH_SEPARATOR };
	for (size_t i = 0; i < ARRAY_SIZE(unseen); i++)
		if (unseen[i] == type)
			return true;
	return is_variation(character) || is_filler(character);
}

/* Marks that stand above, below or on the letter before: many of them would leave their field. */
#define MARKS_MAX 2

static bool is_mark(uint32_t character)
{
	const GUnicodeType type = g_unichar_type(character);
	return type == G_UNICODE_NON_SPACING_MARK || type == G_UNICODE_ENCLOSING_MARK;
}

static int append_number(struct buffer *ret, uint32_t character)
{
	return buffer_printf(ret, "[U+%04X]", character);
}

int page_clean(const char *text, bool lines, struct buffer *ret)
{
	size_t length = strlen(text);
	uint32_t before = 0;
	unsigned marks = 0;
	int result = 0;
	for (size_t at = 0, bytes; at < length && result == 0; at += bytes) {
		bytes = utf8_character_bytes(text + at, length - at);
		if (bytes == 0) {
			result = buffer_append_text(ret, "\xEF\xBF\xBD");
			bytes = 1;
			continue;
		}
		uint32_t character = decode(text + at, bytes);
		bool shown = !is_unseen(character) || (lines && character == '\n') ||
			     (is_variation(character) && is_ideograph(before));
		marks = is_mark(character) && !is_variation(character) ? marks + 1 : 0;
		if (shown && marks <= MARKS_MAX)
			result = buffer_append(ret, text + at, bytes);
		else
			result = append_number(ret, character);
		before = character;
	}
	return result;
}

/* --- what a font has --- */

bool page_has_font(PangoContext *context)
{
	PangoLayout *layout = pango_layout_new(context);
	PangoFontDescription *font = pango_font_description_from_string(faces[FACE_TEXT]);
	pango_font_description_set_absolute_size(font, 10 * PANGO_SCALE);
	pango_layout_set_font_description(layout, font);
	pango_layout_set_text(layout, "データ消去証明書・抹消", -1);
	bool found = pango_layout_get_unknown_glyphs_count(layout) == 0;
	pango_font_description_free(font);
	g_object_unref(layout);
	return found;
}

static void remember_missing(struct page_writer *writer, uint32_t character)
{
	for (size_t i = 0; i < writer->missing_count; i++)
		if (writer->missing[i] == character)
			return;
	if (writer->missing_count == MISSING_MAX)
		return;
	writer->missing[writer->missing_count++] = character;
	size_t length = strlen(writer->missing_text);
	(void)snprintf(writer->missing_text + length, sizeof(writer->missing_text) - length,
		"%sU+%04X", length > 0 ? " " : "", character);
}

/* Mark the first bytes of characters that no font has. */
static void mark_unknown(PangoLayout *layout, bool *unknown)
{
	PangoLayoutIter *iter = pango_layout_get_iter(layout);
	do {
		PangoLayoutRun *run = pango_layout_iter_get_run_readonly(iter);
		for (int i = 0; run && i < run->glyphs->num_glyphs; i++)
			if (run->glyphs->glyphs[i].glyph & PANGO_GLYPH_UNKNOWN_FLAG)
				unknown[run->item->offset + run->glyphs->log_clusters[i]] = true;
	} while (pango_layout_iter_next_run(iter));
	pango_layout_iter_free(iter);
}

static int replace_unknown(
	struct page_writer *writer, const char *text, const bool *unknown, struct buffer *ret)
{
	size_t length = strlen(text);
	int result = 0;
	for (size_t at = 0; at < length && result == 0;) {
		size_t bytes = MAX(utf8_character_bytes(text + at, length - at), (size_t)1);
		if (unknown[at]) {
			remember_missing(writer, decode(text + at, bytes));
			result = append_number(ret, decode(text + at, bytes));
		} else {
			result = buffer_append(ret, text + at, bytes);
		}
		at += bytes;
	}
	return result;
}

static int spell_unknown(struct page_writer *writer, PangoLayout *layout)
{
	const char *text = pango_layout_get_text(layout);
	size_t length = strlen(text);
	AUTO_BUFFER struct buffer spelled = BUFFER_INIT(16 * TEXT_MAX);
	bool *unknown = calloc(length + 1, sizeof(bool));
	if (!unknown)
		return -ENOMEM;
	mark_unknown(layout, unknown);
	int result = replace_unknown(writer, text, unknown, &spelled);
	free(unknown);
	if (result == 0)
		pango_layout_set_text(layout, buffer_text(&spelled), -1);
	return result;
}

/* --- laying out --- */

static int cut_and_clean(const char *text, bool lines, struct buffer *ret)
{
	if (strlen(text) <= TEXT_MAX)
		return page_clean(text, lines, ret);
	AUTO_BUFFER struct buffer cut = BUFFER_INIT(TEXT_MAX + 8);
	size_t length = TEXT_MAX;
	while (((uint8_t)text[length] & 0xC0) == 0x80)
		length--;
	int result = buffer_append(&cut, text, length);
	if (result == 0)
		result = buffer_append_text(&cut, "…");
	return result == 0 ? page_clean(buffer_text(&cut), lines, ret) : result;
}

/* A serial that goes on in the next line has no hyphen there. */
static void set_no_hyphens(PangoLayout *layout)
{
	PangoAttrList *attributes = pango_attr_list_new();
	pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE));
	pango_layout_set_attributes(layout, attributes);
	pango_attr_list_unref(attributes);
}

static void set_style(PangoLayout *layout, const struct page_style *style, double width)
{
	PangoFontDescription *font = pango_font_description_from_string(faces[style->face]);
	pango_font_description_set_absolute_size(font, style->size * PANGO_SCALE);
	pango_layout_set_font_description(layout, font);
	pango_font_description_free(font);
	pango_layout_set_auto_dir(layout, FALSE);
	pango_layout_set_alignment(layout, style->centred ? PANGO_ALIGN_CENTER
					   : style->right ? PANGO_ALIGN_RIGHT
							  : PANGO_ALIGN_LEFT);
	pango_layout_set_width(layout, width < 0 ? -1 : (int)(width * PANGO_SCALE));
	pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	set_no_hyphens(layout);
	pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
}

PangoLayout *page_layout(struct page_writer *writer, const char *text,
	const struct page_style *style, double width, double *ret_height)
{
	AUTO_BUFFER struct buffer clean = BUFFER_INIT(16 * TEXT_MAX);
	int result = cut_and_clean(text, style->lines, &clean);
	if (result != 0) {
		page_fail(writer, result == -EOVERFLOW ? -EIO : result);
		return NULL;
	}
	PangoLayout *layout = pango_layout_new(writer->context);
	set_style(layout, style, width);
	pango_layout_set_text(layout, buffer_text(&clean), -1);
	/* Before anything is cut, so that every character is looked at. */
	pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_NONE);
	if (pango_layout_get_unknown_glyphs_count(layout) > 0)
		page_fail(writer, spell_unknown(writer, layout));
	int lines = style->lines_max > 0 ? style->lines_max : LINES_MAX;
	if (width >= 0 && pango_layout_get_line_count(layout) > lines) {
		pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
		/* Of each paragraph; where there is but one, of all. */
		pango_layout_set_height(layout, -lines);
	}
	int height = 0;
	pango_layout_get_size(layout, NULL, &height);
	*ret_height = (double)height / PANGO_SCALE;
	return layout;
}

void page_show(struct page_writer *writer, PangoLayout *layout, double x, double y)
{
	cairo_move_to(writer->cairo, x, y);
	pango_cairo_show_layout(writer->cairo, layout);
}

double page_text(struct page_writer *writer, const char *text, const struct page_style *style,
	double x, double y, double width)
{
	double height = 0;
	PangoLayout *layout = page_layout(writer, text, style, width, &height);
	if (!layout)
		return 0;
	if (writer->result == 0)
		page_show(writer, layout, x, y);
	g_object_unref(layout);
	return height;
}

double page_text_width(struct page_writer *writer, const char *text, const struct page_style *style)
{
	double height = 0;
	PangoLayout *layout = page_layout(writer, text, style, -1, &height);
	if (!layout)
		return 0;
	int width = 0;
	pango_layout_get_size(layout, &width, NULL);
	g_object_unref(layout);
	return (double)width / PANGO_SCALE;
}
