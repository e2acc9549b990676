/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One process-wide sink, set before any thread starts and only read afterwards. */
#include "base/log.h"

#include "base/utf8.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define LOG_TEXT_SIZE 1024

static struct {
	log_sink *sink;
	void *context;
} destination;

void log_set_sink(log_sink *sink, void *context)
{
	destination.sink = sink;
	destination.context = context;
}

void log_say(enum log_level level, const char *subject, const char *format, ...)
{
	if (!destination.sink)
		return;
	int saved_errno = errno;
	char text[LOG_TEXT_SIZE];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (length >= 0) {
		utf8_clean(text, (size_t)length >= sizeof(text));
		destination.sink(destination.context, level, subject, text);
	}
	errno = saved_errno;
}
