/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Aligned tables: columns as wide as their widest cell, Japanese counted as it is shown, cut to the
 * terminal's width where a column allows it. */
#ifndef HAIKI_CLI_TABLE_H
#define HAIKI_CLI_TABLE_H

#include "base/macros.h"
#include <stdbool.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 16

struct table_column {
	const char *title; /* N_() */
	bool right;        /* numbers */
	bool whole;        /* never cut: serials, names of certificates */
};

/* Start with TABLE_INIT; columns are borrowed. Memory that runs out is told by table_print. */
struct table {
	const struct table_column *columns;
	size_t column_count;
	size_t spare; /* this column is left out when not all fits; 0: none */
	bool wraps;   /* what does not fit goes on below, instead of being cut */
	char **cells; /* owned, row by row */
	size_t cell_count, capacity;
	bool failed;
};

#define TABLE_INIT(table_columns)                                                                  \
	{                                                                                          \
		.columns = (table_columns), .column_count = ARRAY_SIZE(table_columns)              \
	}

/* Add the next cell; after the last column a new row begins. */
void table_cell(struct table *table, const char *format, ...) PRINTF_LIKE(2, 3);

/* Columns that are empty in every row are left out. width 0: no limit. -ENOMEM when a cell could
 * not be kept; then nothing is printed. */
NODISCARD int table_print(const struct table *table, FILE *stream, unsigned width);

void table_free(struct table *table);
#define AUTO_TABLE CLEANUP(table_free)

#endif
