/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labels with values, and tables. */
#include "reports/pdf/page_parts.h"

#include <string.h>

#define LABEL_WIDTH (27 * MM)
#define LABEL_WIDE (27 * MM)
#define LABEL_GREY 0.92
#define PAD_X 4.0
#define PAD_Y 2.6
#define VALUE_SIZE 9.0
#define EXACT_SIZE 8.5
#define CELL_SIZE 7.5
#define CELL_LINES 8

/* --- labels with values --- */

/* One row of one or two cells. */
struct cell {
	const struct page_label *label;
	PangoLayout *japanese, *english, *value;
	double japanese_height, english_height, value_height;
	double width, label_width;
};

static struct page_style value_style(const struct page_label *label)
{
	return (struct page_style){ .face = label->exact ? FACE_EXACT : FACE_TEXT,
		.size = label->exact ? EXACT_SIZE : VALUE_SIZE };
}

static void cell_free(struct cell *cell)
{
	if (cell->japanese)
		g_object_unref(cell->japanese);
	if (cell->english)
		g_object_unref(cell->english);
	if (cell->value)
		g_object_unref(cell->value);
	*cell = (struct cell){ 0 };
}

static bool cell_lay(struct page_writer *writer, const struct page_label *label, double width,
	double label_width, struct cell *ret)
{
	double inner = label_width - 2 * PAD_X;
	const struct page_style value = value_style(label);
	*ret = (struct cell){ .label = label, .width = width, .label_width = label_width };
	ret->japanese = page_layout(
		writer, label->japanese, STYLE(7.5, .lines_max = 3), inner, &ret->japanese_height);
	ret->english = page_layout(
		writer, label->english, STYLE(6, .lines_max = 3), inner, &ret->english_height);
	ret->value = page_layout(
		writer, label->value, &value, width - label_width - 2 * PAD_X, &ret->value_height);
	return ret->japanese && ret->english && ret->value;
}

static double cell_height(const struct cell *cell)
{
	return MAX(cell->japanese_height + cell->english_height, cell->value_height) + 2 * PAD_Y;
}

static void cell_draw(struct page_writer *writer, const struct cell *cell, double x, double height)
{
	double y = writer->y;
	double label = cell->japanese_height + cell->english_height;
	page_fill(writer, x, y, cell->label_width, height, LABEL_GREY);
	page_box(writer, x, y, cell->label_width, height, HAIRLINE);
	page_box(writer, x + cell->label_width, y, cell->width - cell->label_width, height,
		HAIRLINE);
	page_show(writer, cell->japanese, x + PAD_X, y + (height - label) / 2);
	page_show(
		writer, cell->english, x + PAD_X, y + (height - label) / 2 + cell->japanese_height);
	page_show(writer, cell->value, x + cell->label_width + PAD_X,
		y + (height - cell->value_height) / 2);
}

/* One row: first, and second beside it unless NULL. */
static void draw_row(
	struct page_writer *writer, const struct page_label *first, const struct page_label *second)
{
	struct cell cells[2] = { { 0 }, { 0 } };
	double width = page_free_width(writer);
	bool laid = cell_lay(writer, first, second ? width / 2 : width,
		second ? LABEL_WIDTH : LABEL_WIDE, &cells[0]);
	if (laid && second)
		laid = cell_lay(writer, second, width / 2, LABEL_WIDTH, &cells[1]);
	if (laid) {
		double height = cell_height(&cells[0]);
		if (second)
			height = MAX(height, cell_height(&cells[1]));
		if (page_room(writer, height)) {
			cell_draw(writer, &cells[0], PAGE_LEFT, height);
			if (second)
				cell_draw(writer, &cells[1], PAGE_LEFT + width / 2, height);
			writer->y += height;
		}
	}
	cell_free(&cells[0]);
	cell_free(&cells[1]);
}

/* Does it look well in half the width? */
static bool is_short(struct page_writer *writer, const struct page_label *label)
{
	double inner = page_free_width(writer) / 2 - LABEL_WIDTH - 2 * PAD_X;
	const struct page_style style = value_style(label);
	return inner > 20 * MM && page_text_width(writer, label->value, &style) <= inner;
}

void page_fields(struct page_writer *writer, const struct page_label *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!page_room(writer, 8 * MM))
			return;
		bool pair = i + 1 < count && is_short(writer, &fields[i]) &&
			    is_short(writer, &fields[i + 1]);
		draw_row(writer, &fields[i], pair ? &fields[i + 1] : NULL);
		i += pair;
	}
	writer->y += 1.2 * MM;
}

void page_field(
	struct page_writer *writer, const char *japanese, const char *english, const char *value)
{
	const struct page_label field = { japanese, english, value, false };
	if (page_room(writer, 8 * MM))
		draw_row(writer, &field, NULL);
}

/* --- large ones, and places to sign --- */

#define LARGE_HEIGHT (15 * MM)
#define LARGE_SIZE 24.0
#define LARGE_LEAST 9.0

void page_large(
	struct page_writer *writer, const char *japanese, const char *english, const char *value)
{
	if (!page_room(writer, LARGE_HEIGHT))
		return;
	double width = page_free_width(writer), size = LARGE_SIZE, y = writer->y;
	double inner = width - LABEL_WIDTH - 4 * PAD_X;
	struct page_style style = { .face = FACE_EXACT, .size = size, .lines_max = 3 };
	double wide = page_text_width(writer, value, &style);
	if (wide > inner)
		style.size = MAX(LARGE_LEAST, size * inner / wide * 0.99);
	double label = 0, height = 0;
	PangoLayout *layout = page_layout(writer, value, &style, inner, &height);
	if (!layout)
		return;
	double box = MAX(LARGE_HEIGHT, height + 2 * PAD_Y);
	page_fill(writer, PAGE_LEFT, y, LABEL_WIDTH, box, LABEL_GREY);
	label = page_text(writer, japanese, STYLE(9.5), PAGE_LEFT + PAD_X, y + box / 2 - 13,
		LABEL_WIDTH - 2 * PAD_X);
	(void)page_text(writer, english, STYLE(7), PAGE_LEFT + PAD_X, y + box / 2 - 13 + label,
		LABEL_WIDTH - 2 * PAD_X);
	page_show(writer, layout, PAGE_LEFT + LABEL_WIDTH + 2 * PAD_X, y + (box - height) / 2);
	page_box(writer, PAGE_LEFT, y, width, box, 1.3);
	g_object_unref(layout);
	writer->y = y + box;
}

#define SIGN_HEIGHT (13 * MM)
#define SIGN_WIDTH (46 * MM)
#define DATE_WIDTH (27 * MM)

void page_signer(
	struct page_writer *writer, const char *japanese, const char *english, const char *who)
{
	const struct page_label label = { japanese, english, who, false };
	struct cell cell = { 0 };
	if (!page_room(writer, SIGN_HEIGHT))
		return;
	double width = page_free_width(writer) - SIGN_WIDTH - DATE_WIDTH;
	if (cell_lay(writer, &label, width, LABEL_WIDTH, &cell)) {
		double height = MAX(SIGN_HEIGHT, cell_height(&cell));
		if (page_room(writer, height)) {
			double x = PAGE_LEFT + width, y = writer->y;
			cell_draw(writer, &cell, PAGE_LEFT, height);
			page_box(writer, x, y, SIGN_WIDTH, height, HAIRLINE);
			page_box(writer, x + SIGN_WIDTH, y, DATE_WIDTH, height, HAIRLINE);
			(void)page_text(writer, "署名・押印 Signature or seal", STYLE(6), x + PAD_X,
				y + 2, SIGN_WIDTH - 2 * PAD_X);
			(void)page_text(writer, "日付 Date", STYLE(6), x + SIGN_WIDTH + PAD_X,
				y + 2, DATE_WIDTH - 2 * PAD_X);
			writer->y = y + height;
		}
	}
	cell_free(&cell);
}

/* --- tables --- */

struct table {
	const struct page_column *columns;
	size_t count;
	double widths[32];
};

#define COLUMNS_MAX ARRAY_SIZE(((struct table *)0)->widths)

static void table_begin(const struct page_writer *writer, const struct page_column *columns,
	size_t count, struct table *ret)
{
	unsigned sum = 0;
	*ret = (struct table){ .columns = columns, .count = MIN(count, COLUMNS_MAX) };
	for (size_t i = 0; i < ret->count; i++)
		sum += columns[i].weight;
	for (size_t i = 0; i < ret->count; i++)
		ret->widths[i] = page_free_width(writer) * columns[i].weight / MAX(sum, 1U);
}

/* The heading, or a row; grey behind it or not. */
static void table_row(struct page_writer *writer, const struct table *table,
	const char *const cells[], bool heading)
{
	PangoLayout *layouts[COLUMNS_MAX] = { NULL };
	double height = 0, total = 0, x = PAGE_LEFT;
	for (size_t i = 0; i < table->count; i++) {
		const struct page_style style = {
			.size = CELL_SIZE, .right = table->columns[i].right, .lines_max = CELL_LINES
		};
		double one = 0;
		layouts[i] = page_layout(writer, heading ? table->columns[i].title : cells[i],
			&style, table->widths[i] - 2 * PAD_X, &one);
		height = MAX(height, one);
		total += table->widths[i];
	}
	height += 2 * PAD_Y;
	for (size_t i = 0; i < table->count && writer->result == 0; i++) {
		if (heading)
			page_fill(writer, x, writer->y, table->widths[i], height, LABEL_GREY);
		page_show(writer, layouts[i], x + PAD_X, writer->y + PAD_Y);
		x += table->widths[i];
	}
	for (size_t i = 0; i < table->count; i++)
		if (layouts[i])
			g_object_unref(layouts[i]);
	if (writer->result != 0)
		return;
	writer->y += height;
	page_line(
		writer, PAGE_LEFT, writer->y, PAGE_LEFT + total, writer->y, heading ? 1 : HAIRLINE);
}

static double row_height(
	struct page_writer *writer, const struct table *table, const char *const cells[])
{
	double height = 0;
	for (size_t i = 0; i < table->count; i++) {
		double one = 0;
		PangoLayout *layout =
			page_layout(writer, cells[i], STYLE(CELL_SIZE, .lines_max = CELL_LINES),
				table->widths[i] - 2 * PAD_X, &one);
		if (layout)
			g_object_unref(layout);
		height = MAX(height, one);
	}
	return height + 2 * PAD_Y;
}

void page_table(struct page_writer *writer, const struct page_column *columns, size_t column_count,
	const char *const *cells, size_t row_count)
{
	struct table table;
	if (!page_room(writer, 16 * MM))
		return;
	table_begin(writer, columns, column_count, &table);
	table_row(writer, &table, NULL, true);
	for (size_t i = 0; i < row_count && writer->result == 0; i++) {
		const char *const *row = cells + i * column_count;
		size_t pages = writer->page_count;
		if (!page_room(writer, row_height(writer, &table, row)))
			return;
		if (writer->page_count != pages) {
			table_begin(writer, columns, column_count, &table);
			table_row(writer, &table, NULL, true);
		}
		table_row(writer, &table, row, false);
	}
	writer->y += 1.5 * MM;
}
