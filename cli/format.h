/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers and texts as a person reads them on a terminal: sizes, durations, widths of wide
 * characters, and nothing in a drive's label that could steer the terminal. */
#ifndef HAIKI_CLI_FORMAT_H
#define HAIKI_CLI_FORMAT_H

#include "base/macros.h"
#include <stdbool.h>

#define FORMAT_SIZE 64

/* "4.0 TB", "512 B": powers of 1000, as on a drive's label. */
void format_bytes(uint64_t bytes, char ret[static FORMAT_SIZE]);
/* "4.0 TB (4,000,787,030,016 bytes)"; translated. */
void format_bytes_exact(uint64_t bytes, char ret[static FORMAT_SIZE]);
/* "0:04:31"; negative: "?". */
void format_duration(int64_t seconds, char ret[static FORMAT_SIZE]);

/* Replace, in place, what is no printable UTF-8 by '?': controls, escapes, broken sequences,
 * characters that turn the direction of writing. The text never grows. */
void format_clean(char *text);

/* Columns the text takes on a terminal: two for a wide character, none for a combining one. */
unsigned format_width(const char *text);

/* How many blanks fill the text up to columns; an argument for "%*s". */
int format_padding(const char *text, unsigned columns);

/* How many leading bytes fit into columns; always whole characters. */
size_t format_fit(const char *text, unsigned columns);

/* Copy whole, or return -ENAMETOOLONG and leave ret as it was. */
NODISCARD int format_copy(char *ret, size_t size, const char *text);

#endif
