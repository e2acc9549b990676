/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Long lists as JSON. */
#include "cli/stream.h"

#include "base/text.h"
#include <errno.h>
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
