/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only place that prints: results to stdout, messages to stderr, always printable text. */
#ifndef HAIKI_CLI_OUTPUT_H
#define HAIKI_CLI_OUTPUT_H

#include "base/json.h"
#include "cli/table.h"
#include <stdio.h>

/* One line, cleaned by format_clean. */
void output_line(FILE *stream, const char *format, ...) PRINTF_LIKE(2, 3);

/* "haiki: WHAT" and "  → NEXT" on stderr. Nothing for kind NONE. */
void output_error(const struct error *error);
/* {"kind","code","what","next"}; a new reference, NULL without memory. */
json_t *output_error_json(const struct error *error);

/* Canonical JSON and a newline on stdout; takes the reference. NULL is out of memory. */
NODISCARD int output_json(json_t *value, struct error *error);

/* {"key": [items…]} the same way; takes the reference of the array. */
NODISCARD int output_list_json(const char *key, json_t *items, struct error *error);

/* The table on stdout, as wide as the terminal allows. */
NODISCARD int output_table(const struct table *table, struct error *error);

/* Flush stdout; a result that could not be delivered is no success. Returns the exit code. */
enum error_kind output_finish(enum error_kind code);

/* Columns and lines of the terminal behind stream; 0 when it is none. */
void output_terminal(FILE *stream, unsigned *ret_columns, unsigned *ret_lines);

/* One code for many targets: the common one, else partial. */
enum error_kind output_common_code(const enum error_kind *codes, size_t count);

#endif
