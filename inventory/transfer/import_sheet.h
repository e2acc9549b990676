/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files read into rows, before any of them is entered. Within this room. */
#ifndef HAIKI_INVENTORY_TRANSFER_IMPORT_SHEET_H
#define HAIKI_INVENTORY_TRANSFER_IMPORT_SHEET_H

#include "inventory/transfer/import.h"
#include "inventory/transfer/transfer.h"

struct import_sheet_row {
	struct transfer_fields fields; /* owned */
	const char *file;              /* borrowed */
	unsigned number;               /* line of a CSV file, place in a JSON array */
	bool is_json;
	bool is_done;
	int64_t id; /* of what it was found to be; 0: new, or not entered */
};

/* All rows of one kind, of all files, in their order. */
struct import_sheet {
	struct import_sheet_row *rows; /* owned */
	size_t count, capacity;
};

struct import_state {
	const struct import_request *request;
	struct import_report *report;
	struct import_sheet sheets[TRANSFER_KINDS]; /* in the order of transfer_kinds */
	struct error *error;                        /* of what ends the import */
};

void import_sheets_free(struct import_state *state);

/* Read one file into the sheets. What is wrong with it becomes a problem of the report; -errno only
 * for what ends the import (no memory). */
NODISCARD int import_read(struct import_state *state, const struct import_input *input);

/* Add a problem; place "" for the whole file. */
NODISCARD int import_add_problem(struct import_state *state, const char *file, const char *place,
	const struct error *problem);
void import_place(const struct transfer_kind *kind, const struct import_sheet_row *row, char *ret,
	size_t size);

#endif
