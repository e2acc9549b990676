/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV (RFC 4180) in UTF-8, read by libcsv and written by us: for transfers, and for tables of reports.
 *
 * A spreadsheet takes a cell that begins with = + - @ for a formula and would run it. So such a text
 * is written with a ' before it, as is one that begins with ' ; reading takes it off again. */
#ifndef HAIKI_INVENTORY_TRANSFER_CSV_H
#define HAIKI_INVENTORY_TRANSFER_CSV_H

#include "base/buffer.h"
#include "base/error.h"

#define CSV_FIELDS_MAX 64

struct csv_record {
	unsigned line; /* where it begins, from 1 */
	size_t count;
	const char *fields[CSV_FIELDS_MAX]; /* borrowed for the visit */
};
/* Other than 0 ends the reading. */
typedef int csv_visit(void *context, const struct csv_record *record, struct error *error);

/* Visit every record that is not all empty. A byte order mark is passed over; LF, CRLF and CR end a
 * line. -EBADMSG with *ret_line: "csv-not-utf8", "csv-malformed" (a quote in the wrong place or never
 * closed, a NUL), "csv-wide". Or what a visit returned. */
NODISCARD int csv_read(const char *text, size_t length, csv_visit *visit, void *context,
	unsigned *ret_line, struct error *error);

/* Append one cell, quoted where it must be. 0 or -errno of the buffer. */
NODISCARD int csv_append_cell(struct buffer *buffer, const char *text);

#endif
