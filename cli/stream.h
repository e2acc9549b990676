/* SPDX-License-Identifier: GPL-3.0-or-later */
/* {"key": [items…]} of hundreds of thousands of items: written as text one by one, printed at the end,
 * so that nothing is printed of a list that could not be read to its end. */
#ifndef HAIKI_CLI_STREAM_H
#define HAIKI_CLI_STREAM_H

#include "base/json.h"

#define STREAM_MAX_BYTES (2 * GIB)

struct json_stream {
	struct buffer text;
	const char *last_key; /* of the object that is open */
	bool has_items;
	int result; /* of the fields of the object that is open */
};
#define JSON_STREAM_INIT                                                                           \
	{                                                                                          \
		.text = BUFFER_INIT(STREAM_MAX_BYTES)                                              \
	}
void json_stream_free(struct json_stream *stream);
#define AUTO_JSON_STREAM CLEANUP(json_stream_free)

/* The next item field by field, five times as fast as by way of a JSON value. Keys come in the order
 * of their bytes, which is checked; raw is canonical JSON already. What went wrong is told at the end. */
void json_stream_open(struct json_stream *stream);
void json_stream_text(struct json_stream *stream, const char *key, const char *text);
void json_stream_integer(struct json_stream *stream, const char *key, int64_t value);
void json_stream_raw(struct json_stream *stream, const char *key, const char *raw);
NODISCARD int json_stream_close(struct json_stream *stream, struct error *error);

/* Takes the reference; NULL is out of memory. */
NODISCARD int json_stream_add(struct json_stream *stream, json_t *item, struct error *error);
NODISCARD int json_stream_print(struct json_stream *stream, const char *key, struct error *error);

#endif
