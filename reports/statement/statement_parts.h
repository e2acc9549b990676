/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Putting a statement together, field by field. Inside reports/statement only. */
#ifndef HAIKI_REPORTS_STATEMENT_STATEMENT_PARTS_H
#define HAIKI_REPORTS_STATEMENT_STATEMENT_PARTS_H

#include "reports/statement/statement.h"

/* The first failure is kept; nothing is done after it. */
struct maker {
	struct statement *statement;
	struct statement_section section; /* begun last; owned until make_end or the next */
	int result;                       /* 0, -ENOMEM */
};

void section_free(struct statement_section *section);

void make_section(struct maker *maker, const char *word);
/* After the last field. */
void make_end(struct maker *maker);
/* Into the section begun last. A value that is empty is left out. */
void make_value(struct maker *maker, const char *label, const char *value);
void make_format(struct maker *maker, const char *label, const char *format, ...) PRINTF_LIKE(3, 4);
void make_words(struct maker *maker, const char *label, const char *japanese, const char *english);
/* A word of the tables. */
void make_wording(struct maker *maker, const char *label, enum wording_kind kind, const char *word);
/* An item of a list: a label without texts. word is static or outlives the statement. */
void make_item(struct maker *maker, const char *word, const char *japanese, const char *english);
/* "2026-11-23 14:00:00 JST", from the certificate's UTC; what is no time comes as it is. */
void make_time(struct maker *maker, const char *label, const char *utc);
/* "8,388,608 bytes (8.4 MB)" */
void make_bytes(struct maker *maker, const char *label, int64_t bytes);

#define TIME_TEXT_SIZE 64
/* The same as a text; "" for "". */
void time_text(const char *utc, char ret[static TIME_TEXT_SIZE]);

#define NUMBER_SIZE 32
/* "8,388,608" */
void number_text(int64_t number, char ret[static NUMBER_SIZE]);

/* Members of objects; "" and 0 for what is not there. */
const char *text_of(const json_t *object, const char *key);
int64_t number_of(const json_t *object, const char *key);
const char *word_at(const json_t *list, size_t index);

/* The texts that are not empty, with what stands between. */
void make_joined(struct maker *maker, const char *label, const char *between,
	const char *const texts[], size_t count);
/* Name, title and place, or that nobody is recorded. */
void make_person(struct maker *maker, const char *role, const json_t *person);
/* What is left, and the certificate itself: the same in both documents. */
void make_outstanding(struct maker *maker, const json_t *words);
void make_document(struct maker *maker, const json_t *certificate);

/* The document of a drive's job, and of a contract's deletion. */
void statement_of_job(struct maker *maker, const json_t *certificate);
void statement_of_tenant(struct maker *maker, const json_t *certificate);
/* Method and verification, from plan, verdict and evidence. */
void make_method(struct maker *maker, const json_t *certificate);
void make_verification(struct maker *maker, const json_t *certificate);

#endif
