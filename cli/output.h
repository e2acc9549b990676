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

/* {"key": [items…]}, spelled item by item: a list may be longer than a document that is read again
 * (JSON_MAX_BYTES), and only its text is kept. Nothing is printed before the end. Begin it, add to it,
 * end it; a failure in between is told by the end. */
struct output_list {
	struct buffer text;
	size_t count;
	int result;
};
void output_list_begin(struct output_list *list, const char *key);
/* Takes the reference; NULL is out of memory. */
void output_list_add(struct output_list *list, json_t *item);
/* The same of canonical text; NULL is out of memory. */
void output_list_add_text(struct output_list *list, const char *item);
NODISCARD int output_list_end(struct output_list *list, struct error *error);
void output_list_free(struct output_list *list);
#define AUTO_OUTPUT_LIST CLEANUP(output_list_free)

/* The same of an array that is there already; takes its reference. */
NODISCARD int output_list_json(const char *key, json_t *items, struct error *error);

/* The table on stdout, as wide as the terminal allows; an empty one is a word on stderr. */
NODISCARD int output_table(const struct table *table, struct error *error);

/* Flush stdout; a result that could not be delivered is no success. Returns the exit code. */
enum error_kind output_finish(enum error_kind code);

/* Columns and lines of the terminal behind stream; 0 when it is none. */
void output_terminal(FILE *stream, unsigned *ret_columns, unsigned *ret_lines);

/* One code for many targets: the common one, else partial. */
enum error_kind output_common_code(const enum error_kind *codes, size_t count);

#endif
