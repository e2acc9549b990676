/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Library code never prints: it says things through one callback, with the drive attached. */
#ifndef HAIKI_BASE_LOG_H
#define HAIKI_BASE_LOG_H

#include "base/macros.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

typedef void log_sink(void *context, enum log_level level, const char *subject, const char *text);

/* Set once, before any thread starts; NULL drops everything (the default). */
void log_set_sink(log_sink *sink, void *context);

/* subject: the drive's label or the job id, or NULL. Never sector bytes, never keys. */
void log_say(enum log_level level, const char *subject, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
