/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The system's clocks, and the one spelling of a time. */
#include "base/clock.h"

#include "base/file.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#define LAST_UTC_MS INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

static int64_t read_clock_ms(clockid_t id)
{
	struct timespec now;

	if (clock_gettime(id, &now) < 0)
		return 0;
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_read(struct clock_reading *ret)
{
	struct timex timex = { .modes = 0 };

	int state = adjtimex(&timex);
	ret->utc_ms = read_clock_ms(CLOCK_REALTIME);
	ret->synchronised = state >= 0 && state != TIME_ERROR && !(timex.status & STA_UNSYNC);
	ret->max_error_us = state >= 0 ? timex.maxerror : -1;
}

int clock_parse_offset(const char *text, int64_t *ret_utc_ms)
{
	char whole[CLOCK_TEXT_SIZE] = "";
	int64_t offset_ms = 0;
	size_t length = strlen("2027-03-31T23:00:00");
	if (strlen(text) <= length)
		return -EINVAL;
	const char *rest = text + length;
	size_t fraction = *rest == '.' ? 4 : 0;
	if (strlen(rest) <= fraction)
		return -EINVAL;
	(void)snprintf(
		whole, sizeof(whole), "%.*s%.*sZ", (int)length, text, 4, fraction ? rest : ".000");
	rest += fraction;
	if (strcmp(rest, "Z") != 0) {
		/* "+09:00" */
		int hours = 0, minutes = 0, end = 0;
		if ((*rest != '+' && *rest != '-') || strlen(rest) != 6 ||
			sscanf(rest + 1, "%2d:%2d%n", &hours, &minutes, &end) != 2 || end != 5 ||
			hours < 0 || hours > 14 || minutes < 0 || minutes > 59)
			return -EINVAL;
		offset_ms = (hours * 60 + minutes) * INT64_C(60000) * (*rest == '-' ? -1 : 1);
	}
	if (clock_parse(whole, ret_utc_ms) < 0)
		return -EINVAL;
	*ret_utc_ms -= offset_ms;
	return *ret_utc_ms > 0 ? 0 : -EINVAL;
}

int64_t clock_monotonic_ms(void)
{
	return read_clock_ms(CLOCK_MONOTONIC);
}

/* The day of the Gregorian calendar that is so many days after 1970-01-01. The library's gmtime_r
 * takes a lock, which a forked child may find held for ever. Counted from 1 March of the year 0, a
 * leap day is the last of its year, and months of 31 and 30 days alternate: 153 days in five. */
static void find_day(int64_t days, unsigned *ret_year, unsigned *ret_month, unsigned *ret_day)
{
	const unsigned era_days = 146097, march_1970 = 719468; /* 400 years; from 0000-03-01 */
	unsigned since = (unsigned)days + march_1970;
	unsigned era = since / era_days, in_era = since % era_days;
	unsigned year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	unsigned in_year = in_era - (365 * year + year / 4 - year / 100);
	unsigned month = (5 * in_year + 2) / 153; /* 0: March */

	*ret_day = in_year - (153 * month + 2) / 5 + 1;
	*ret_month = month < 10 ? month + 3 : month - 9;
	*ret_year = era * 400 + year + (month >= 10);
}

void clock_format(int64_t utc_ms, char ret[static CLOCK_TEXT_SIZE])
{
	unsigned year, month, day;

	utc_ms = MAX(utc_ms, INT64_C(0));
	utc_ms = MIN(utc_ms, LAST_UTC_MS);
	unsigned in_day = (unsigned)(utc_ms / 1000 % 86400);
	find_day(utc_ms / 1000 / 86400, &year, &month, &day);
	/* The remainders tell the compiler what the calendar already guarantees. */
	(void)snprintf(ret, CLOCK_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", year % 10000u,
		month % 100u, day % 100u, in_day / 3600 % 100u, in_day / 60 % 60, in_day % 60,
		(unsigned)(utc_ms % 1000));
}

static int digits_value(const char *digits, size_t count)
{
	int value = 0;

	for (size_t i = 0; i < count; i++)
		value = value * 10 + (digits[i] - '0');
	return value;
}

static bool has_shape(const char *text)
{
	static const char shape[] = "0000-00-00T00:00:00.000Z";

	for (size_t i = 0; i < sizeof(shape); i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';
		if (shape[i] == '0' ? !digit : text[i] != shape[i])
			return false;
	}
	return true;
}

int clock_parse(const char *text, int64_t *ret_utc_ms)
{
	if (!has_shape(text))
		return -EINVAL;
	struct tm parts = {
		.tm_year = digits_value(text, 4) - 1900,
		.tm_mon = digits_value(text + 5, 2) - 1,
		.tm_mday = digits_value(text + 8, 2),
		.tm_hour = digits_value(text + 11, 2),
		.tm_min = digits_value(text + 14, 2),
		.tm_sec = digits_value(text + 17, 2),
	};
	int64_t utc_ms = (int64_t)timegm(&parts) * 1000 + digits_value(text + 20, 3);
	/* timegm moves the 31st of February into March; only a real time comes back unchanged. */
	char again[CLOCK_TEXT_SIZE];
	clock_format(utc_ms, again);
	if (strcmp(text, again) != 0)
		return -EINVAL;
	*ret_utc_ms = utc_ms;
	return 0;
}

void clock_boot_id(char ret[static 37])
{
	char text[64];

	ret[0] = '\0';
	if (file_read_line("/proc/sys/kernel/random/boot_id", text, sizeof(text)) < 0)
		return;
	if (strlen(text) == 36 && strspn(text, "0123456789abcdef-") == 36)
		memcpy(ret, text, 37);
}
