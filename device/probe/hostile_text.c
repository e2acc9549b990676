/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text that a drive or what is written on it chose: made fit to be shown, stored and compared. */
#include "device/probe/hostile_text.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The number of a well-formed character of count bytes. */
static uint32_t number_of(const uint8_t *bytes, size_t count)
{
	uint32_t character = count == 1 ? bytes[0] : bytes[0] & (0x7fu >> count);
	for (size_t i = 1; i < count; i++)
		character = character << 6 | (bytes[i] & 0x3fu);
	return character;
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
		size_t count = utf8_character_bytes((const char *)bytes + at, length - at);
		if (count == 0) {
			(void)snprintf(spelled, sizeof(spelled), "\\x%02x", bytes[at]);
			at++;
		} else {
			uint32_t character = number_of(bytes + at, count);
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
