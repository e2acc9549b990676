/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Telling well-formed UTF-8 from what only looks like it, and making the rest harmless. */
#include "base/utf8.h"

#include <string.h>

static bool is_continuation(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Table 3-7 of the Unicode standard: the first two bytes decide, the others are continuations. */
static size_t sequence_bytes(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	if (first >= 0xf0 && first <= 0xf4)
		return 4;
	return 0;
}

static bool second_byte_fits(unsigned char first, unsigned char second)
{
	if (first == 0xe0)
		return second >= 0xa0 && second <= 0xbf;
	if (first == 0xed)
		return second >= 0x80 && second <= 0x9f;
	if (first == 0xf0)
		return second >= 0x90 && second <= 0xbf;
	if (first == 0xf4)
		return second >= 0x80 && second <= 0x8f;
	return is_continuation(second);
}

size_t utf8_character_bytes(const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;

	if (length == 0)
		return 0;
	size_t count = sequence_bytes(bytes[0]);
	if (count < 2)
		return count;
	if (count > length || !second_byte_fits(bytes[0], bytes[1]))
		return 0;
	for (size_t i = 2; i < count; i++)
		if (!is_continuation(bytes[i]))
			return 0;
	return count;
}

bool utf8_valid(const char *text, size_t length)
{
	while (length > 0) {
		size_t count = utf8_character_bytes(text, length);
		if (count == 0)
			return false;
		text += count;
		length -= count;
	}
	return true;
}

/* C0, DEL, and C1 in its two-byte form: all that a terminal might obey. */
static bool is_control(const char *character, size_t count)
{
	unsigned char first = (unsigned char)character[0];

	if (count == 1)
		return first < 0x20 || first == 0x7f;
	return count == 2 && first == 0xc2 && (unsigned char)character[1] < 0xa0;
}

/* Is what is left the beginning of one character whose end is missing? */
static bool is_incomplete(const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;

	if (sequence_bytes(bytes[0]) <= length)
		return false;
	for (size_t i = 1; i < length; i++)
		if (!is_continuation(bytes[i]))
			return false;
	return true;
}

void utf8_clean(char *text, bool cut)
{
	size_t length = strlen(text);

	while (length > 0) {
		size_t count = utf8_character_bytes(text, length);
		if (count == 0 && cut && is_incomplete(text, length)) {
			*text = '\0';
			return;
		}
		if (count == 0 || is_control(text, count)) {
			count = MAX(count, (size_t)1);
			memset(text, '?', count);
		}
		text += count;
		length -= count;
	}
}
