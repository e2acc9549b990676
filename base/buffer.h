/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A growable run of bytes with a stated maximum, always NUL-terminated behind its length. */
#ifndef HAIKI_BASE_BUFFER_H
#define HAIKI_BASE_BUFFER_H

#include "base/macros.h"
#include <stdarg.h>

/* Invariants: length < capacity or capacity == 0; data is owned and NULL when capacity == 0;
 * length never exceeds limit_bytes. Start with BUFFER_INIT(limit). */
struct buffer {
	char *data;
	size_t length;
	size_t capacity;
	size_t limit_bytes;
};

#define BUFFER_INIT(limit)                                                                         \
	{                                                                                          \
		.limit_bytes = (limit)                                                             \
	}

/* All return 0, -ENOMEM, or -EOVERFLOW when the limit would be passed; on error the buffer is as
 * it was before the call. */
NODISCARD int buffer_append(struct buffer *buffer, const void *data, size_t length);
NODISCARD int buffer_append_text(struct buffer *buffer, const char *text);
NODISCARD int buffer_printf(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);

/* The bytes as a NUL-terminated string, "" when empty; borrowed until the next change. */
const char *buffer_text(const struct buffer *buffer);

/* Take the bytes (malloc'd, NUL-terminated, caller frees); the buffer is empty afterwards.
 * NULL only when out of memory on an empty buffer. */
NODISCARD char *buffer_take(struct buffer *buffer);

void buffer_free(struct buffer *buffer);
#define AUTO_BUFFER CLEANUP(buffer_free)

#endif
