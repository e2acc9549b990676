/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be imported and exported: one const descriptor for each kind, its rows as texts. What a
 * person adds or changes with a command goes the same way. Within this room.
 *
 * A field is a text in one spelling, whatever file it came from; so two rows are compared, and a
 * change is told, by their texts. */
#ifndef HAIKI_INVENTORY_TRANSFER_TRANSFER_H
#define HAIKI_INVENTORY_TRANSFER_TRANSFER_H

#include "base/buffer.h"
#include "base/json.h"
#include "inventory/store/store.h"

#define TRANSFER_COLUMNS_MAX 16

enum transfer_type {
	TRANSFER_TEXT,
	TRANSFER_INTEGER,  /* "4096"; an empty cell is not given */
	TRANSFER_DAY,      /* "2027-03-31", "" none */
	TRANSFER_TIME,     /* "2027-03-31T15:00:00.000Z", "" none */
	TRANSFER_CODES,    /* in order, a blank between two; JSON: an array of texts */
	TRANSFER_CONTACTS, /* canonical JSON; a cell: one line each, NAME|EMAIL|PHONE|ROLE */
	TRANSFER_TAGS,     /* canonical JSON, an array of texts */
};

struct transfer_column {
	const char *name;
	enum transfer_type type;
	bool is_key;
};

/* Texts in the order of the columns; NULL: not given. Owned. */
struct transfer_fields {
	char *texts[TRANSFER_COLUMNS_MAX];
};
void transfer_fields_free(struct transfer_fields *fields);
#define AUTO_FIELDS CLEANUP(transfer_fields_free)

/* What an import did to a kind as a whole. */
struct transfer_effects {
	bool added;
	uint32_t changed; /* columns, by bit, of the rows that were there before */
};

/* One row to be entered or changed. */
struct transfer_write {
	int64_t id;                           /* 0: it is new */
	const struct transfer_fields *fields; /* all of them given: the row's over the store's */
	uint32_t given, changed;              /* columns, by bit */
	const json_t *names;                  /* of what changed, as an array */
	int64_t now_utc_ms;
};

typedef int transfer_visit(
	void *context, const struct transfer_fields *fields, struct error *error);

struct transfer_kind {
	const char *name; /* "tenants": of the kind, in JSON the key of its array */
	const struct transfer_column *columns;
	size_t column_count;
	const char *const *telling; /* a header with one of these words "A B" is of this kind */
	bool has_aliases;           /* two keys may name one row: its number tells */
	const char *parent;         /* column that names the key of another row, or NULL */

	/* Bring what is given into order; may be NULL. Errors of kind USAGE are the row's. */
	int (*settle)(struct transfer_fields *row, struct error *error);
	/* 1: *ret is what the store has, all of it given, and *ret_id its number; 0: it is new. May
	 * settle the row by what it found. An error of kind USAGE is the row's, each other ends the
	 * import. */
	int (*load)(struct store *store, struct transfer_fields *row, struct transfer_fields *ret,
		int64_t *ret_id, struct error *error);
	int (*enter)(struct store *store, const struct transfer_write *write, struct error *error);
	/* When all rows of all files of this kind are in; may be NULL. */
	int (*finish)(struct store *store, const struct transfer_effects *effects,
		int64_t now_utc_ms, struct error *error);
	/* Every row, all fields given, by key; parents first. */
	int (*each)(struct store *store, transfer_visit *visit, void *context, struct error *error);
};

/* In the order in which they depend on one another; NULL after the last. */
extern const struct transfer_kind *const transfer_kinds[];
#define TRANSFER_KINDS 7
extern const struct transfer_kind transfer_tenants, transfer_rules, transfer_contracts,
	transfer_drives, transfer_volumes, transfer_vms, transfer_generations;

const struct transfer_kind *transfer_kind_find(const char *name); /* NULL for none */
/* The column's place; -1 for none. */
int transfer_column_find(const struct transfer_kind *kind, const char *name);
/* The kind whose telling words are all among the names; NULL when there is none, or more than one. */
const struct transfer_kind *transfer_kind_tell(const char *const names[], size_t count);

/* -- fields -- */

/* Set a field from a cell or a JSON value, in its one spelling. -EINVAL "field-malformed" naming the
 * column, -ENOMEM. */
NODISCARD int transfer_from_cell(
	const struct transfer_column *column, const char *cell, char **ret, struct error *error);
NODISCARD int transfer_from_json(
	const struct transfer_column *column, const json_t *value, char **ret, struct error *error);
/* The reverse. 0, or -errno of the buffer; NULL without memory. */
NODISCARD int transfer_to_cell(
	const struct transfer_column *column, const char *text, struct buffer *buffer);
json_t *transfer_to_json(const struct transfer_column *column, const char *text);

/* Fill a field: a copy of text; or the number, "" for 0 where zero_is_none. -ENOMEM with error. */
NODISCARD int transfer_put(
	struct transfer_fields *fields, size_t column, const char *text, struct error *error);
NODISCARD int transfer_put_integer(
	struct transfer_fields *fields, size_t column, int64_t value, struct error *error);
NODISCARD int transfer_put_time(
	struct transfer_fields *fields, size_t column, int64_t utc_ms, struct error *error);
/* Copy into a fixed text. -EINVAL "field-malformed" when it does not fit. */
NODISCARD int transfer_copy(const struct transfer_kind *kind, const struct transfer_fields *fields,
	size_t column, char *ret, size_t size, struct error *error);
/* Of fields that transfer_from_* made; 0 for "". */
int64_t transfer_integer(const struct transfer_fields *fields, size_t column);
int64_t transfer_time(const struct transfer_fields *fields, size_t column);

/* A line of contacts, as typed: "NAME|EMAIL|PHONE|ROLE", into an array. -EINVAL for more parts. */
NODISCARD int transfer_add_contact(json_t *contacts, const char *line);

#endif
