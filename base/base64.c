/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Three bytes are four characters. OpenSSL's decoder passes over blanks and unused bits, which would give
 * one signed text many spellings. */
#include "base/base64.h"

#include <errno.h>

#define PADDING 64 /* the place of "=" among the letters */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

int base64_encode(const void *data, size_t length, struct buffer *ret)
{
	const uint8_t *bytes = data;
	size_t before = ret->length;
	for (size_t i = 0; i < length; i += 3) {
		size_t rest = length - i;
		uint32_t group = (uint32_t)bytes[i] << 16;
		if (rest > 1)
			group |= (uint32_t)bytes[i + 1] << 8;
		if (rest > 2)
			group |= bytes[i + 2];
		char text[4] = { letters[group >> 18], letters[group >> 12 & 63],
			letters[rest > 1 ? group >> 6 & 63 : PADDING],
			letters[rest > 2 ? group & 63 : PADDING] };
		int r = buffer_append(ret, text, sizeof(text));
		if (r < 0) {
			if (ret->data) {
				ret->length = before;
				ret->data[before] = '\0';
			}
			return r;
		}
	}
	return 0;
}

static int value_of(char letter)
{
	if (letter >= 'A' && letter <= 'Z')
		return letter - 'A';
	if (letter >= 'a' && letter <= 'z')
		return letter - 'a' + 26;
	if (letter >= '0' && letter <= '9')
		return letter - '0' + 52;
	if (letter == '+')
		return 62;
	return letter == '/' ? 63 : -1;
}

/* How many of the last four characters are padding; 3 when they cannot be. */
static size_t padding_of(const char *last)
{
	if (last[3] != '=')
		return 0;
	return last[2] == '=' ? 2 : 1;
}

int base64_decode(const char *text, size_t length, uint8_t *ret, size_t size, size_t *ret_length)
{
	if (length % 4 != 0)
		return -EINVAL;
	size_t padding = length > 0 ? padding_of(text + length - 4) : 0;
	size_t bytes = length / 4 * 3 - padding;
	if (bytes > size)
		return -EOVERFLOW;
	size_t done = 0;
	for (size_t i = 0; i < length; i += 4) {
		uint32_t group = 0;
		size_t missing = i + 4 == length ? padding : 0;
		for (size_t j = 0; j < 4; j++) {
			int value = j < 4 - missing ? value_of(text[i + j]) : 0;
			if (value < 0)
				return -EINVAL;
			group = group << 6 | (uint32_t)value;
		}
		for (size_t j = 0; j < 3; j++, group <<= 8) {
			if (j < 3 - missing)
				ret[done++] = (uint8_t)(group >> 16);
			else if ((group >> 16 & 0xff) != 0)
				return -EINVAL;
		}
	}
	*ret_length = done;
	return 0;
}
