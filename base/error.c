/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filling struct error; whatever comes in, what and next stay well-formed text of one line. */
#include "base/error.h"

#include "base/text.h"
#include "base/utf8.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Formatted aside first: the arguments may point into the error that is being replaced. */
static void format_text(char *ret, size_t size, const char *format, va_list arguments)
	PRINTF_LIKE(3, 0);
static void format_text(char *ret, size_t size, const char *format, va_list arguments)
{
	char text[sizeof(((struct error *)NULL)->what)];

	int length = vsnprintf(text, size, format, arguments);
	if (length < 0)
		text[0] = '\0';
	utf8_clean(text, length >= 0 && (size_t)length >= size);
	memcpy(ret, text, strlen(text) + 1);
}

static void copy_code(char ret[static sizeof(((struct error *)NULL)->code)], const char *code)
{
	size_t size = sizeof(((struct error *)NULL)->code);
	size_t length = strnlen(code, size - 1);

	memmove(ret, code, length);
	ret[length] = '\0';
}

int(error_set)(struct error *error, enum error_kind kind, int errnum, const char *code,
	const char *format, ...)
{
	/* A caller that hands on a result of -errno means the same thing. */
	if (errnum < 0)
		errnum = -errnum;
	if (error) {
		va_list arguments;
		va_start(arguments, format);
		format_text(error->what, sizeof(error->what), format, arguments);
		va_end(arguments);
		copy_code(error->code, code);
		error->kind = kind;
		error->errnum = errnum;
		error->next[0] = '\0';
	}
	return errnum ? -errnum : -EIO;
}

int(error_next)(struct error *error, const char *format, ...)
{
	if (!error)
		return -EIO;
	va_list arguments;
	va_start(arguments, format);
	format_text(error->next, sizeof(error->next), format, arguments);
	va_end(arguments);
	return error->errnum ? -error->errnum : -EIO;
}

int(error_no_memory)(struct error *error)
{
	return error_set(error, ERROR_FAILED, ENOMEM, "no-memory", "%s", _("Out of memory"));
}

const char *error_kind_name(enum error_kind kind)
{
	switch (kind) {
	case ERROR_NONE:
		return "none";
	case ERROR_FAILED:
		return "failed";
	case ERROR_USAGE:
		return "usage";
	case ERROR_REFUSED:
		return "refused";
	case ERROR_UNSUPPORTED:
		return "unsupported";
	case ERROR_INTERRUPTED:
		return "interrupted";
	case ERROR_PARTIAL:
		return "partial";
	case ERROR_WAITING:
		return "waiting";
	}
	return "failed";
}
