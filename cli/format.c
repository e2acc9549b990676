/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizes, durations and widths for people, and the cleaning of text that a drive or a file chose.
 * main() sets LC_CTYPE to UTF-8 in every case, so the wide-character functions see code points. */
#include "cli/format.h"

#include "base/text.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

void format_bytes(uint64_t bytes, char ret[static FORMAT_SIZE])
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	if (bytes < 1000) {
		snprintf(ret, FORMAT_SIZE, "%" PRIu64 " B", bytes);
		return;
	}
	/* Tenths, rounded to the nearest; a value that rounds up to 1000.0 goes to the next unit. */
	size_t unit = 0;
	uint64_t divisor = 1000;
	while (unit + 1 < ARRAY_SIZE(units) &&
		bytes / divisor * 10 + (bytes % divisor * 10 + divisor / 2) / divisor >= 10000) {
		unit++;
		divisor *= 1000;
	}
	uint64_t rest = bytes % divisor;
	/* For the largest unit ten times the rest would not fit: divide first. */
	uint64_t tenths = divisor >= 1000000000
				  ? (rest / 1000 * 10 + divisor / 2000) / (divisor / 1000)
				  : (rest * 10 + divisor / 2) / divisor;
	tenths += bytes / divisor * 10;
	snprintf(ret, FORMAT_SIZE, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10,
		units[unit]);
}

static void group_digits(uint64_t number, char ret[static 32])
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, number);
	char *out = ret;
	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			*out++ = ',';
		*out++ = digits[i];
	}
	*out = '\0';
}

void format_bytes_exact(uint64_t bytes, char ret[static FORMAT_SIZE])
{
	char grouped[32], rounded[FORMAT_SIZE];
	group_digits(bytes, grouped);
	format_bytes(bytes, rounded);
	if (bytes < 1000)
		snprintf(ret, FORMAT_SIZE, _("%s bytes"), grouped);
	else
		snprintf(ret, FORMAT_SIZE, _("%.12s (%.28s bytes)"), rounded, grouped);
}

void format_duration(int64_t seconds, char ret[static FORMAT_SIZE])
{
	if (seconds < 0)
		snprintf(ret, FORMAT_SIZE, "?");
	else
		snprintf(ret, FORMAT_SIZE, "%" PRId64 ":%02d:%02d", seconds / 3600,
			(int)(seconds / 60 % 60), (int)(seconds % 60));
}

/* Characters without a shape that reorder or hide what stands around them. */
static bool is_deceptive(wchar_t character)
{
	return (character >= 0x200b && character <= 0x200f) ||
	       (character >= 0x2028 && character <= 0x202e) ||
	       (character >= 0x2060 && character <= 0x206f) || character == 0xfeff ||
	       (character >= 0xe0000 && character <= 0xe007f);
}

/* The next character: bytes it takes (at least 1), or 0 at the end. *ret is 0 when broken. */
static size_t next_character(const char *text, wchar_t *ret)
{
	mbstate_t state = { 0 };
	*ret = 0;
	if (!*text)
		return 0;
	size_t length = mbrtowc(ret, text, strlen(text), &state);
	if (length == (size_t)-1 || length == (size_t)-2 || length == 0) {
		*ret = 0;
		return 1;
	}
	return length;
}

/* Most text is; the tables of characters are asked for the rest only. */
static bool is_plain(char letter)
{
	return letter >= 0x20 && letter < 0x7F;
}

void format_clean(char *text)
{
	while (is_plain(*text))
		text++;
	char *out = text;
	wchar_t character;
	size_t length;
	for (; (length = next_character(text, &character)) > 0; text += length) {
		if (character && iswprint((wint_t)character) && !is_deceptive(character)) {
			memmove(out, text, length);
			out += length;
		} else {
			*out++ = '?';
		}
	}
	*out = '\0';
}

static unsigned character_width(wchar_t character)
{
	int width = wcwidth(character);
	return width < 0 ? 1 : (unsigned)width;
}

unsigned format_width(const char *text)
{
	unsigned width = 0;
	wchar_t character;
	size_t length;
	for (; is_plain(*text); text++)
		width++;
	for (; (length = next_character(text, &character)) > 0; text += length)
		width += character_width(character);
	return width;
}

int format_padding(const char *text, unsigned columns)
{
	unsigned width = format_width(text);
	return width < columns ? (int)(columns - width) : 0;
}

size_t format_fit(const char *text, unsigned columns)
{
	size_t fit = 0;
	unsigned width = 0;
	wchar_t character;
	size_t length;
	while ((length = next_character(text + fit, &character)) > 0) {
		width += character_width(character);
		if (width > columns)
			break;
		fit += length;
	}
	return fit;
}

int format_copy(char *ret, size_t size, const char *text)
{
	size_t length = strlen(text);
	if (length >= size)
		return -ENAMETOOLONG;
	memcpy(ret, text, length + 1);
	return 0;
}
