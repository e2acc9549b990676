/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a message spells what is not ASCII (RFC 2045, RFC 2047), and its date (RFC 5322, 3.3). */
#include "wipe/notice/notice_parts.h"

#include "base/base64.h"
#include "base/day.h"
#include "base/utf8.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* RFC 2047, 2: a line with an encoded word has at most 76 characters, a word at most 75. */
#define LINE_MAX_CHARACTERS 76
#define WORD_BEGIN "=?UTF-8?B?"
#define WORD_END "?="

static bool is_plain(const char *text, size_t used)
{
	for (const char *c = text; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e)
			return false;
	return strlen(text) + used <= LINE_MAX_CHARACTERS && !strstr(text, "=?");
}

/* As many whole characters as an encoded word on a line with so much room can hold. */
static size_t fitting(const char *text, size_t room)
{
	size_t bytes = (room - strlen(WORD_BEGIN WORD_END)) / 4 * 3, length = 0;

	for (size_t rest = strlen(text); rest > length;) {
		size_t one = utf8_character_bytes(text + length, rest - length);
		if (one == 0)
			one = 1;
		if (length + one > bytes)
			break;
		length += one;
	}
	return length;
}

static int encode(const char *text, size_t used, struct buffer *message)
{
	int r = 0;

	while (*text != '\0' && r == 0) {
		size_t length = fitting(text, LINE_MAX_CHARACTERS - used);
		r = buffer_append_text(message, WORD_BEGIN);
		if (r == 0)
			r = base64_encode(text, length, message);
		if (r == 0)
			r = buffer_append_text(message, WORD_END);
		text += length;
		if (r == 0 && *text != '\0')
			r = buffer_append_text(message, "\n ");
		used = 1;
	}
	return r;
}

int notice_encode_words(const char *text, size_t used, struct buffer *message)
{
	return is_plain(text, used) ? buffer_append_text(message, text)
				    : encode(text, used, message);
}

int notice_encode_phrase(const char *text, size_t used, struct buffer *message)
{
	/* Others mean something there (RFC 5322, 3.2.3). */
	static const char atoms[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ";

	return strspn(text, atoms) == strlen(text) ? notice_encode_words(text, used, message)
						   : encode(text, used, message);
}

int notice_encode_body(const struct buffer *body, struct buffer *message)
{
	const size_t bytes_a_line = 57; /* 76 characters; RFC 2045, 6.8 */

	for (size_t at = 0; at < body->length; at += bytes_a_line) {
		size_t length = MIN(bytes_a_line, body->length - at);
		int r = base64_encode(body->data + at, length, message);
		if (r == 0)
			r = buffer_append(message, "\n", 1);
		if (r < 0)
			return r;
	}
	return 0;
}

void notice_date(int64_t utc_ms, char ret[static NOTICE_DATE_SIZE])
{
	static const char *const week_days[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	int64_t day = day_in_tokyo(utc_ms);
	char text[DAY_TEXT_SIZE];

	day_format(day, text);
	int month = (text[5] - '0') * 10 + text[6] - '0';
	int second = (int)((utc_ms - day_start_utc_ms(day)) / 1000);
	(void)snprintf(ret, NOTICE_DATE_SIZE, "%s, %.2s %s %.4s %02d:%02d:%02d +0900",
		week_days[((day % 7) + 7) % 7], text + 8, months[(month + 11) % 12], text,
		second / 3600 % 24, second / 60 % 60, second % 60);
}
