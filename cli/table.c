/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Aligned tables, wide characters counted as they are shown. */
#include "cli/table.h"

#include "base/text.h"
#include "cli/format.h"
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define GAP 2        /* blanks between columns */
#define NARROWEST 6  /* a cut column keeps at least so many columns of its text */
#define ELLIPSIS "…" /* one column */

void table_cell(struct table *table, const char *format, ...)
{
	if (table->cell_count == table->capacity) {
		size_t capacity = table->capacity ? table->capacity * 2 : 64;
		char **cells = reallocarray(table->cells, capacity, sizeof(*cells));
		if (!cells) {
			table->failed = true;
			return;
		}
		table->cells = cells;
		table->capacity = capacity;
	}
	char *text = NULL;
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0) {
		table->failed = true;
		return;
	}
	format_clean(text);
	table->cells[table->cell_count++] = text;
}

void table_free(struct table *table)
{
	for (size_t i = 0; i < table->cell_count; i++)
		free(table->cells[i]);
	free(table->cells);
	table->cells = NULL;
	table->cell_count = table->capacity = 0;
}

/* Widths of all columns; 0 for one that is empty in every row. */
static void measure(const struct table *table, unsigned widths[static TABLE_COLUMNS_MAX])
{
	for (size_t column = 0; column < table->column_count; column++)
		widths[column] = 0;
	for (size_t i = 0; i < table->cell_count; i++) {
		unsigned width = format_width(table->cells[i]);
		size_t column = i % table->column_count;
		widths[column] = MAX(widths[column], width);
	}
	for (size_t column = 0; column < table->column_count; column++)
		if (widths[column] > 0)
			widths[column] =
				MAX(widths[column], format_width(_(table->columns[column].title)));
}

static unsigned total_width(const struct table *table, const unsigned *widths)
{
	unsigned total = 0;
	for (size_t column = 0; column < table->column_count; column++)
		if (widths[column] > 0)
			total += widths[column] + (total ? GAP : 0);
	return total;
}

/* Take columns from the widest that may be cut, one at a time, until all fits or nothing can go. */
static void shrink(const struct table *table, unsigned *widths, unsigned limit)
{
	for (unsigned total = total_width(table, widths); total > limit; total--) {
		size_t widest = table->column_count;
		for (size_t column = 0; column < table->column_count; column++)
			if (!table->columns[column].whole && widths[column] > NARROWEST &&
				(widest == table->column_count || widths[column] > widths[widest]))
				widest = column;
		if (widest == table->column_count)
			return;
		widths[widest]--;
	}
}

static void print_blanks(FILE *stream, unsigned count)
{
	static const char blanks[] = "                                ";
	for (; count >= sizeof(blanks); count -= (unsigned)sizeof(blanks) - 1)
		fputs(blanks, stream);
	fwrite(blanks, 1, count, stream);
}

static void print_cell(FILE *stream, const char *text, unsigned width, bool right, bool last)
{
	unsigned needed = format_width(text);
	if (needed > width) {
		int fit = (int)format_fit(text, width - 1);
		unsigned cut = 0;
		AUTO_FREE char *part = strndup(text, (size_t)fit);
		if (part)
			cut = format_width(part);
		fprintf(stream, "%s" ELLIPSIS, part ? part : "");
		if (!last)
			print_blanks(stream, width - cut - 1);
		return;
	}
	if (right)
		print_blanks(stream, width - needed);
	fputs(text, stream);
	if (!right && !last)
		print_blanks(stream, width - needed);
}

static void print_row(const struct table *table, FILE *stream, const unsigned *widths,
	char *const *cells /* NULL: the titles */)
{
	size_t last = 0; /* nothing is printed behind it, not even blanks */
	for (size_t column = 0; column < table->column_count; column++)
		if (widths[column] > 0 && (!cells || cells[column][0]))
			last = column;
	bool first = true;
	for (size_t column = 0; column <= last; column++) {
		if (widths[column] == 0)
			continue;
		if (!first)
			print_blanks(stream, GAP);
		first = false;
		print_cell(stream, cells ? cells[column] : _(table->columns[column].title),
			widths[column], table->columns[column].right, column == last);
	}
	fputc('\n', stream);
}

int table_print(const struct table *table, FILE *stream, unsigned width)
{
	if (table->failed || table->column_count == 0 || table->column_count > TABLE_COLUMNS_MAX ||
		table->cell_count % table->column_count != 0)
		return -ENOMEM;
	unsigned widths[TABLE_COLUMNS_MAX];
	measure(table, widths);
	if (width > 0 && table->spare > 0 && table->spare < table->column_count &&
		total_width(table, widths) > width)
		widths[table->spare] = 0;
	if (width > 0)
		shrink(table, widths, width);
	print_row(table, stream, widths, NULL);
	for (size_t i = 0; i < table->cell_count; i += table->column_count)
		print_row(table, stream, widths, table->cells + i);
	return 0;
}
