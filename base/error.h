/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person needs to hear when something did not work: what was tried, on what, why it failed
 * and what to do next. Mechanics return 0 or -errno; the sentence travels in struct error. */
#ifndef HAIKI_BASE_ERROR_H
#define HAIKI_BASE_ERROR_H

#include "base/macros.h"

/* The numbers are the exit codes of the program (docs: haiki(1), EXIT STATUS). */
enum error_kind {
	ERROR_NONE = 0,
	ERROR_FAILED = 1,
	ERROR_USAGE = 2,
	ERROR_REFUSED = 3,
	ERROR_UNSUPPORTED = 4,
	ERROR_INTERRUPTED = 5,
	ERROR_PARTIAL = 6,
	ERROR_WAITING = 7,
};

/* A value, no ownership inside; start it as `struct error error = { 0 };`. A later error_set
 * replaces an earlier one. */
struct error {
	enum error_kind kind;
	int errnum;    /* positive errno; 0 when none applies */
	char code[40]; /* stable ASCII word for programs, "store-busy"; never translated */
	char what
		[512]; /* sentence for people, translated: what was tried, on what, why it failed */
	char next[320]; /* sentence for people, translated: what to do next; may be empty */
};

/* Fill *error (NULL is allowed and ignored) and return -errnum, so that a caller writes
 * `return error_set(error, ERROR_FAILED, errno, "store-open", _("Cannot open %s: %s"), …);`.
 * errnum 0 returns -EIO; a negative errnum means the same as its positive. Text that does not fit
 * is cut at a character boundary; broken UTF-8 and control characters become '?', so what and next
 * are fit for a terminal and for JSON. Arguments may point into *error. */
int error_set(struct error *error, enum error_kind kind, int errnum, const char *code,
	const char *format, ...) PRINTF_LIKE(5, 6);

/* Say what to do next; kind, code and what stay. Returns -errnum of the error, -EIO when
 * error is NULL or has none. */
int error_next(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);

/* Out of memory, in one line: kind FAILED, code "no-memory". Returns -ENOMEM. */
int error_no_memory(struct error *error);

#ifdef HAIKI_ANALYZE
#define error_set(...) always_negative(error_set(__VA_ARGS__))
#define error_next(...) always_negative(error_next(__VA_ARGS__))
#define error_no_memory(error) always_negative(error_no_memory(error))
#endif

/* "failed", "usage", "refused", … as used in JSON; never NULL. */
const char *error_kind_name(enum error_kind kind);

#endif
