/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing HTML and JavaScript: whatever a drive or a person called something stays text, and is seen as
 * what it is. */
#include "reports/site/site_parts.h"

#include "base/utf8.h"
#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

/* The same characters as in bytes.js (haiki.visible). */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x00, 0x1f },
	{ 0x7f, 0x9f },
	{ 0xad, 0xad },
	{ 0x61c, 0x61c },
	{ 0x180e, 0x180e },
	{ 0x200b, 0x200f },
	{ 0x2028, 0x202e },
	{ 0x2060, 0x206f },
	{ 0xfeff, 0xfeff },
	{ 0xfff9, 0xfffb },
	{ 0xe0000, 0xe0fff },
};

static bool is_hidden(uint32_t character)
{
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		if (character >= hidden[i].first && character <= hidden[i].last)
			return true;
	return false;
}

/* bytes: what utf8_character_bytes said, 1 to 4. */
static uint32_t decode(const char *text, size_t bytes)
{
	static const uint8_t lead[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t character = (uint8_t)text[0] & lead[bytes];
	for (size_t i = 1; i < bytes; i++)
		character = character << 6 | ((uint8_t)text[i] & 0x3f);
	return character;
}

static const char *entity(char character)
{
	switch (character) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default: /* not an enum */
		return NULL;
	}
}

static int put_character(struct buffer *buffer, const char *at, size_t bytes, bool lines)
{
	uint32_t character = decode(at, bytes);
	if (is_hidden(character) && !(lines && character == '\n'))
		return buffer_printf(buffer, "⟨U+%04X⟩", (unsigned)character);
	const char *spelled = bytes == 1 ? entity(*at) : NULL;
	return spelled ? buffer_append_text(buffer, spelled) : buffer_append(buffer, at, bytes);
}

int html_text(struct buffer *buffer, const char *text, bool lines)
{
	size_t length = strlen(text);
	int result = 0;
	for (size_t i = 0, bytes; result == 0 && i < length; i += bytes) {
		bytes = utf8_character_bytes(text + i, length - i);
		if (bytes == 0) {
			bytes = 1;
			result = buffer_append_text(buffer, "\xef\xbf\xbd");
		} else {
			result = put_character(buffer, text + i, bytes, lines);
		}
	}
	return result;
}

int html_both(struct buffer *buffer, const char *japanese, const char *english)
{
	int result = buffer_append_text(buffer, "<span lang=\"ja\">");
	if (result == 0)
		result = html_text(buffer, japanese, true);
	if (result == 0)
		result = buffer_append_text(buffer, "</span><span lang=\"en\">");
	if (result == 0)
		result = html_text(buffer, english, true);
	return result == 0 ? buffer_append_text(buffer, "</span>") : result;
}

int html_value(struct buffer *buffer, const char *path, const char *value)
{
	int result = buffer_append_text(buffer, "<bdi dir=\"auto\"");
	if (result == 0 && *path)
		result = buffer_printf(buffer, " data-fact=\"%s\"", path);
	if (result == 0)
		result = buffer_append_text(buffer, ">");
	if (result == 0)
		result = html_text(buffer, value, *path == '\0');
	return result == 0 ? buffer_append_text(buffer, "</bdi>") : result;
}

static const char *slot_named(
	const struct html_slot *slots, size_t count, const char *name, size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(slots[i].name) == length && memcmp(slots[i].name, name, length) == 0)
			return slots[i].html;
	return NULL;
}

int html_fill(struct buffer *buffer, const char *template, size_t length,
	const struct html_slot *slots, size_t count)
{
	const char *at = template, *end = template + length;
	while (at < end) {
		const char *begin = memchr(at, '@', (size_t)(end - at));
		int result = buffer_append(buffer, at, (size_t)((begin ? begin : end) - at));
		if (result != 0 || !begin)
			return result;
		const char *stop = memchr(begin + 1, '@', (size_t)(end - begin - 1));
		const char *html =
			stop ? slot_named(slots, count, begin + 1, (size_t)(stop - begin - 1))
			     : NULL;
		if (!html)
			return -EINVAL;
		result = buffer_append_text(buffer, html);
		if (result != 0)
			return result;
		at = stop + 1;
	}
	return 0;
}

/* Outside of strings JSON has no '<'; inside, it is spelled so that no tag can be read there. */
int script_json(struct buffer *buffer, const json_t *value)
{
	AUTO_FREE char *text =
		json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
	if (!text)
		return -ENOMEM;
	int result = 0;
	for (const char *at = text; result == 0 && *at;) {
		size_t plain = strcspn(at, "<>&");
		result = buffer_append(buffer, at, plain);
		at += plain;
		if (result == 0 && *at)
			result = buffer_printf(buffer, "\\u%04x", (unsigned)(uint8_t)*at++);
	}
	return result;
}

int script_base64(struct buffer *buffer, const void *data, size_t length)
{
	const uint8_t *bytes = data;
	int result = buffer_append_text(buffer, "\"");
	for (size_t at = 0; result == 0 && at < length; at += 3072) {
		char text[4100];
		int written = EVP_EncodeBlock(
			(unsigned char *)text, bytes + at, (int)MIN(length - at, 3072));
		result = buffer_append(buffer, text, (size_t)written);
	}
	return result == 0 ? buffer_append_text(buffer, "\"") : result;
}
