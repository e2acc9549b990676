/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Import and export: what people and other systems know, as CSV or JSON (docs/import.md). All of it is
 * good and entered, or nothing is. */
#ifndef HAIKI_INVENTORY_TRANSFER_IMPORT_H
#define HAIKI_INVENTORY_TRANSFER_IMPORT_H

#include "base/buffer.h"
#include "base/error.h"
#include "inventory/store/store.h"

#define IMPORT_MAX_BYTES (512 * MIB) /* of one CSV file; JSON: JSON_MAX_BYTES */
#define IMPORT_PROBLEMS_KEPT 100

/* One file. Borrowed. Text that begins with { is JSON, all else CSV. */
struct import_input {
	const char *name; /* as in messages */
	const char *text;
	size_t length;
};

struct import_problem {
	const char *file; /* an input's name, borrowed */
	char place[40];   /* "12" for a line, "tenants[3]" in JSON; "" for the file as a whole */
	size_t number;    /* in the order in which they were found */
	struct error error;
};

/* A row that is new or changes something. */
struct import_change {
	const char *kind; /* "tenants"; a constant */
	const char *file; /* borrowed */
	char place[40];
	char *key; /* owned */
	bool added;
	char *columns; /* owned: of a row that changes, which, with ", " between two */
};

struct import_count {
	const char *kind;
	size_t added, changed, unchanged;
};
#define IMPORT_KINDS 7

struct import_report {
	struct import_problem
		*problems;             /* owned; the first IMPORT_PROBLEMS_KEPT, by file and line */
	size_t problem_count;          /* all there were */
	struct import_change *changes; /* owned */
	size_t change_count;
	struct import_count counts[IMPORT_KINDS];
	bool entered; /* committed: no problem, and no dry run */
};
void import_report_free(struct import_report *report);
#define AUTO_REPORT CLEANUP(import_report_free)

struct import_request {
	const struct import_input *inputs;
	size_t count;
	const char *kind; /* of all CSV files; NULL: told by the header */
	bool dry_run;     /* everything is tried and nothing kept */
	int64_t now_utc_ms;
};
/* 0 with *ret, which says what is wrong with the files or what was entered; -errno when the store
 * failed, and then nothing was. *ret is the caller's in every case. */
NODISCARD int import_run(struct store *store, const struct import_request *request,
	struct import_report *ret, struct error *error);

/* One row, as a command enters it. */
struct import_field {
	const char *column;
	const char *text; /* as in a cell; NULL: not given */
};
struct import_row {
	const char *kind;
	const struct import_field *fields;
	size_t count;
	bool add; /* it must be new; else it must be there already */
	int64_t now_utc_ms;
};
/* Opens and commits its own transaction. *ret_added or *ret_columns (owned) say what changed; both
 * may stay as they are when nothing did. -EEXIST "exists", -ENOENT "unknown", or the row's error. */
NODISCARD int import_one(
	struct store *store, const struct import_row *row, char **ret_columns, struct error *error);

enum export_format { EXPORT_CSV, EXPORT_JSON };
/* All rows of a kind. -EINVAL "kind-unknown"; -EFBIG for JSON beyond JSON_MAX_BYTES. */
NODISCARD int export_kind(struct store *store, const char *kind, enum export_format format,
	struct buffer *ret, struct error *error);

/* NULL-terminated: "tenants", "rules" … */
extern const char *const import_kind_names[];

#endif
