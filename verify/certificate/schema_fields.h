/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Schemas as tables: every field there, of its type and within its bounds, and none else. For the documents
 * that are signed (docs/certificate.md). */
#ifndef HAIKI_VERIFY_CERTIFICATE_SCHEMA_FIELDS_H
#define HAIKI_VERIFY_CERTIFICATE_SCHEMA_FIELDS_H

#include "base/json.h"

enum field_type {
	FIELD_TEXT,
	FIELD_WORD, /* a text, and check() says which */
	FIELD_TIME,
	FIELD_FLAG,
	FIELD_NUMBER, /* from minimum to maximum */
	FIELD_OBJECT, /* of fields, or of what check() says */
	FIELD_LIST,   /* at most maximum items, each an object of fields or what check() says */
};

struct field {
	const char *key;
	enum field_type type;
	const struct field *fields; /* ends with a NULL key */
	int64_t minimum, maximum;
	int (*check)(const json_t *value, const char *where, struct error *error);
};

/* How a table's entries are written; it ends with END. */
#define TEXT(name)                                                                                 \
	{                                                                                          \
		.key = (name), .type = FIELD_TEXT                                                  \
	}
#define WORD(name, function)                                                                       \
	{                                                                                          \
		.key = (name), .type = FIELD_WORD, .check = (function)                             \
	}
#define TIME(name)                                                                                 \
	{                                                                                          \
		.key = (name), .type = FIELD_TIME                                                  \
	}
#define FLAG(name)                                                                                 \
	{                                                                                          \
		.key = (name), .type = FIELD_FLAG                                                  \
	}
#define NUMBER(name, least, most)                                                                  \
	{                                                                                          \
		.key = (name), .type = FIELD_NUMBER, .minimum = (least), .maximum = (most)         \
	}
#define BYTES(name) NUMBER(name, 0, INT64_MAX)
#define OBJECT(name, table)                                                                        \
	{                                                                                          \
		.key = (name), .type = FIELD_OBJECT, .fields = (table)                             \
	}
#define CHECKED(name, function)                                                                    \
	{                                                                                          \
		.key = (name), .type = FIELD_OBJECT, .check = (function)                           \
	}
#define OBJECTS(name, table, most)                                                                 \
	{                                                                                          \
		.key = (name), .type = FIELD_LIST, .fields = (table), .maximum = (most)            \
	}
#define TEXTS(name, function, most)                                                                \
	{                                                                                          \
		.key = (name), .type = FIELD_LIST, .check = (function), .maximum = (most)          \
	}
#define END                                                                                        \
	{                                                                                          \
		.key = NULL                                                                        \
	}

/* Is object exactly what the table says? where names it in messages ("certificate"). -EBADMSG
 * "certificate-malformed" naming the field. */
NODISCARD int schema_check(
	const json_t *object, const char *where, const struct field *fields, struct error *error);

/* -EBADMSG "certificate-malformed": where, and what is wrong with it. */
int schema_malformed(struct error *error, const char *where, const char *problem);

/* A check of the object "ledger", which every signed document has: the ledger's public key (verify/ledger/note.h)
 * and its name, and nothing else; the name within the key is the ledger's. -EBADMSG "certificate-malformed",
 * "json-field". */
NODISCARD int schema_check_ledger(const json_t *value, const char *where, struct error *error);

/* Are the first length bytes of text all of alphabet? */
bool schema_all_in(const char *text, size_t length, const char *alphabet);

#endif
