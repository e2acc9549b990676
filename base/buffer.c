/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growing by doubling, never past the limit; a failed call leaves the bytes as they were. */
#include "base/buffer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Room for more bytes and the NUL behind them. */
static int reserve(struct buffer *buffer, size_t more)
{
	if (more > buffer->limit_bytes - buffer->length)
		return -EOVERFLOW;
	size_t needed = buffer->length + more;
	if (needed == SIZE_MAX)
		return -EOVERFLOW;
	if (needed < buffer->capacity)
		return 0;

	size_t capacity = buffer->capacity > SIZE_MAX / 2 ? SIZE_MAX : buffer->capacity * 2;
	capacity = MAX(capacity, (size_t)64);
	if (buffer->limit_bytes < SIZE_MAX)
		capacity = MIN(capacity, buffer->limit_bytes + 1);
	capacity = MAX(capacity, needed + 1);
	char *data = realloc(buffer->data, capacity);
	if (!data)
		return -ENOMEM;
	data[buffer->length] = '\0';
	buffer->data = data;
	buffer->capacity = capacity;
	return 0;
}

int buffer_append(struct buffer *buffer, const void *data, size_t length)
{
	if (length == 0)
		return 0;
	int result = reserve(buffer, length);
	if (result < 0)
		return result;
	memcpy(buffer->data + buffer->length, data, length);
	buffer->length += length;
	buffer->data[buffer->length] = '\0';
	return 0;
}

int buffer_append_text(struct buffer *buffer, const char *text)
{
	return buffer_append(buffer, text, strlen(text));
}

int buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	/* The C library reports a text beyond INT_MAX, or one it cannot make, as negative. */
	if (length < 0)
		return -EOVERFLOW;
	int result = reserve(buffer, (size_t)length);
	if (result < 0)
		return result;
	va_start(arguments, format);
	(void)vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, arguments);
	va_end(arguments);
	buffer->length += (size_t)length;
	return 0;
}

const char *buffer_text(const struct buffer *buffer)
{
	return buffer->data ? buffer->data : "";
}

char *buffer_take(struct buffer *buffer)
{
	char *data = buffer->data ? buffer->data : calloc(1, 1);

	buffer->data = NULL;
	buffer->length = 0;
	buffer->capacity = 0;
	return data;
}

void buffer_free(struct buffer *buffer)
{
	if (!buffer)
		return;
	free(buffer->data);
	buffer->data = NULL;
	buffer->length = 0;
	buffer->capacity = 0;
}
