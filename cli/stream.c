/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Long lists as JSON. */
#include "cli/stream.h"

#include "base/text.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void json_stream_free(struct json_stream *stream)
{
	buffer_free(&stream->text);
}

static int fail(int result, struct error *error)
{
	return error_set(error, ERROR_FAILED, -result, "output",
		_("The result cannot be written as JSON: %s"), strerror(-result));
}

void json_stream_open(struct json_stream *stream)
{
	stream->last_key = "";
	stream->result = buffer_append_text(&stream->text, stream->has_items ? ",{" : "{");
	stream->has_items = true;
}

static void put_key(struct json_stream *stream, const char *key)
{
	if (stream->result == 0 && strcmp(stream->last_key, key) >= 0)
		stream->result = -EINVAL;
	if (stream->result == 0 && stream->last_key[0])
		stream->result = buffer_append_text(&stream->text, ",");
	if (stream->result == 0)
		stream->result = buffer_append_text(&stream->text, "\"");
	if (stream->result == 0)
		stream->result = buffer_append_text(&stream->text, key);
	if (stream->result == 0)
		stream->result = buffer_append_text(&stream->text, "\":");
	stream->last_key = key;
}

/* Spelled in JSON as it is. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text >= 0x7F || *text == '"' || *text == '\\')
			return false;
	return true;
}

void json_stream_text(struct json_stream *stream, const char *key, const char *text)
{
	put_key(stream, key);
	if (stream->result < 0)
		return;
	if (!is_plain(text)) {
		AUTO_JSON json_t *value = json_string(text);
		stream->result = value ? json_write_canonical(value, &stream->text) : -EINVAL;
		return;
	}
	stream->result = buffer_append_text(&stream->text, "\"");
	if (stream->result == 0)
		stream->result = buffer_append_text(&stream->text, text);
	if (stream->result == 0)
		stream->result = buffer_append_text(&stream->text, "\"");
}

void json_stream_raw(struct json_stream *stream, const char *key, const char *raw)
{
	put_key(stream, key);
	if (stream->result == 0)
		stream->result = buffer_append_text(&stream->text, raw);
}

void json_stream_integer(struct json_stream *stream, const char *key, int64_t value)
{
	char number[24];
	(void)snprintf(number, sizeof(number), "%" PRId64, value);
	json_stream_raw(stream, key, number);
}

int json_stream_close(struct json_stream *stream, struct error *error)
{
	if (stream->result == 0)
		stream->result = buffer_append_text(&stream->text, "}");
	return stream->result < 0 ? fail(stream->result, error) : 0;
}

int json_stream_add(struct json_stream *stream, json_t *item, struct error *error)
{
	AUTO_JSON json_t *owned = item;
	int r = owned ? 0 : -ENOMEM;
	if (r == 0 && stream->has_items)
		r = buffer_append_text(&stream->text, ",");
	if (r == 0)
		r = json_write_canonical(owned, &stream->text);
	stream->has_items = true;
	return r < 0 ? fail(r, error) : 0;
}

int json_stream_print(struct json_stream *stream, const char *key, struct error *error)
{
	(void)error;
	/* Delivery is checked where the program ends: output_finish. */
	printf("{\"%s\":[%s]}\n", key, buffer_text(&stream->text));
	return 0;
}
