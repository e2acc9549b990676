/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calendar days as contracts count them: "2027-03-31", in Asia/Tokyo, which has no summer time. */
#ifndef HAIKI_BASE_DAY_H
#define HAIKI_BASE_DAY_H

#include "base/macros.h"

#define DAY_TEXT_SIZE 11 /* "2027-03-31" and NUL */

/* A real day of the Gregorian calendar, years 1970–9999, in exactly this spelling, as days since
 * 1970-01-01. -EINVAL otherwise; *ret_day is untouched then. */
NODISCARD int day_parse(const char *text, int64_t *ret_day);

/* The inverse; days outside 1970–9999 are clamped. */
void day_format(int64_t day, char ret[static DAY_TEXT_SIZE]);

/* Which day it is in Asia/Tokyo (UTC+9) at this time, as days since 1970-01-01. */
int64_t day_in_tokyo(int64_t utc_ms);

/* The first millisecond of the day in Asia/Tokyo. */
int64_t day_start_utc_ms(int64_t day);

#endif
