/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text that a drive or what is written on it chose: made fit to be shown, stored and compared.
 * UTF-8 by Unicode 15 table 3-7 (well-formed byte sequences). */
#include "device/hostile_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The length of the well-formed character at bytes (1 to 4) and its number; 0 when there is none. */
static size_t decode(const uint8_t *bytes, size_t length, uint32_t *ret_character)
{
	uint8_t first = bytes[0];
	if (first < 0x80) {
		*ret_character = first;
		return 1;
	}
	size_t count = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
	if (count == 0 || first > 0xf4 || count > length)
		return 0;

	uint32_t character = first & (0x7fu >> count);
	for (size_t i = 1; i < count; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (bytes[i] & 0x3fu);
	}
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	bool surrogate = character >= 0xd800 && character <= 0xdfff;
	if (character < smallest[count] || character > 0x10ffff || surrogate)
		return 0;
	*ret_character = character;
	return count;
}

/* Control characters, and what hides, joins or turns the text around it. */
static bool is_unfit(uint32_t character)
{
	static const struct {
		uint32_t first, last;
	} unfit[] = {
		{ 0x0001, 0x001f },
		{ 0x007f, 0x009f },
		{ 0x00ad, 0x00ad },
		{ 0x061c, 0x061c },
		{ 0x200b, 0x200f },
		{ 0x2028, 0x202e },
		{ 0x2060, 0x206f },
		{ 0xfeff, 0xfeff },
		{ 0xfff9, 0xfffb },
		{ 0xe0000, 0xe007f },
	};
	for (size_t i = 0; i < ARRAY_SIZE(unfit); i++) {
		if (character >= unfit[i].first && character <= unfit[i].last)
			return true;
	}
	return false;
}

void hostile_text_clean(const void *data, size_t length, char *ret, size_t size)
{
	const uint8_t *bytes = data;
	size_t used = 0;
	for (size_t at = 0; at < length;) {
		char spelled[5];
		uint32_t character;
		size_t count = decode(bytes + at, length - at, &character);
		if (count == 0) {
			(void)snprintf(spelled, sizeof(spelled), "\\x%02x", bytes[at]);
			at++;
		} else {
			memcpy(spelled, bytes + at, count);
			spelled[count] = '\0';
			at += count;
			if (character == 0)
				memcpy(spelled, " ", 2);
			else if (is_unfit(character))
				continue;
		}
		if (used == 0 && spelled[0] == ' ')
			continue;
		size_t add = strlen(spelled);
		if (used + add >= size)
			break;
		memcpy(ret + used, spelled, add);
		used += add;
	}
	while (used > 0 && ret[used - 1] == ' ')
		used--;
	ret[used] = '\0';
}

void hostile_text_mend_end(char *text)
{
	size_t length = strlen(text);
	for (size_t back = 1; back <= 4 && back <= length; back++) {
		uint8_t byte = (uint8_t)text[length - back];
		if ((byte & 0xc0) == 0x80)
			continue;
		uint32_t character;
		if (byte >= 0x80 && decode((uint8_t *)text + length - back, back, &character) == 0)
			text[length - back] = '\0';
		return;
	}
}
