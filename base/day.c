/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calendar days, counted and spelled. */
#include "base/day.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define FIRST_YEAR 1970
#define LAST_YEAR 9999
#define LAST_DAY INT64_C(2932896) /* 9999-12-31 */
#define DAY_MS INT64_C(86400000)
#define TOKYO_OFFSET_MS INT64_C(32400000) /* UTC+9 */

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_of_month(int64_t year, int64_t month)
{
	static const int64_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days before the first of January of the year, since 1970-01-01. */
static int64_t days_before_year(int64_t year)
{
	int64_t past = year - 1;
	return past * 365 + past / 4 - past / 100 + past / 400 - 719162;
}

static bool has_shape(const char *text)
{
	static const char shape[] = "0000-00-00";
	for (size_t i = 0; i < sizeof(shape); i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';
		if (shape[i] == '0' ? !digit : text[i] != shape[i])
			return false;
	}
	return true;
}

int day_parse(const char *text, int64_t *ret_day)
{
	if (!has_shape(text))
		return -EINVAL;
	int64_t year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 +
		       (text[3] - '0');
	int64_t month = (text[5] - '0') * 10 + (text[6] - '0');
	int64_t day = (text[8] - '0') * 10 + (text[9] - '0');
	if (year < FIRST_YEAR || month < 1 || month > 12 || day < 1 ||
		day > days_of_month(year, month))
		return -EINVAL;
	int64_t count = days_before_year(year) + day - 1;
	for (int64_t before = 1; before < month; before++)
		count += days_of_month(year, before);
	*ret_day = count;
	return 0;
}

void day_format(int64_t day, char ret[static DAY_TEXT_SIZE])
{
	day = MAX(day, INT64_C(0));
	day = MIN(day, LAST_DAY);
	int64_t year = FIRST_YEAR + day / 366;
	while (year < LAST_YEAR && days_before_year(year + 1) <= day)
		year++;
	day -= days_before_year(year);
	int64_t month = 1;
	while (month < 12 && day >= days_of_month(year, month))
		day -= days_of_month(year, month++);
	/* The remainders tell the compiler what the calendar already guarantees. */
	(void)snprintf(ret, DAY_TEXT_SIZE, "%04u-%02u-%02u", (unsigned)year % 10000u,
		(unsigned)month % 100u, (unsigned)(day + 1) % 100u);
}

int64_t day_in_tokyo(int64_t utc_ms)
{
	int64_t local = utc_ms + TOKYO_OFFSET_MS;
	int64_t day = local / DAY_MS;
	return local % DAY_MS < 0 ? day - 1 : day;
}

int64_t day_start_utc_ms(int64_t day)
{
	return day * DAY_MS - TOKYO_OFFSET_MS;
}
