/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time, explicit: UTC milliseconds for what is stored, with the clock's own word on whether it is
 * synchronised; calendar days in Asia/Tokyo for contracts. */
#ifndef HAIKI_BASE_CLOCK_H
#define HAIKI_BASE_CLOCK_H

#include "base/error.h"
#include <stdbool.h>

#define CLOCK_TEXT_SIZE 25 /* "2026-11-23T04:03:43.123Z" and NUL */

struct clock_reading {
	int64_t utc_ms;       /* since 1970-01-01T00:00:00Z, leap seconds not counted */
	bool synchronised;    /* the kernel's word: adjtimex(2) is not STA_UNSYNC/TIME_ERROR */
	int64_t max_error_us; /* adjtimex maxerror; -1 when it could not be read */
};

/* Read the system clock. Cannot fail: what cannot be read is "not synchronised". */
void clock_read(struct clock_reading *ret);

/* Milliseconds that never jump (CLOCK_MONOTONIC); only for durations and rates. */
int64_t clock_monotonic_ms(void);

/* RFC 3339, UTC, milliseconds, always 24 characters. Years 1970–9999, else clamped. Takes no lock. */
void clock_format(int64_t utc_ms, char ret[static CLOCK_TEXT_SIZE]);

/* The exact inverse of clock_format; anything else is -EINVAL. */
NODISCARD int clock_parse(const char *text, int64_t *ret_utc_ms);
/* As people and other systems write it: "2027-03-31T23:00:00", with or without milliseconds, then Z or a distance
 * from UTC, "+09:00". Behind 1970 alone; anything else is -EINVAL. */
NODISCARD int clock_parse_offset(const char *text, int64_t *ret_utc_ms);

/* Boot id of this kernel (/proc/sys/kernel/random/boot_id), to tell a power loss from a killed
 * process. 37 bytes with NUL; "" when unreadable. */
void clock_boot_id(char ret[static 37]);

#endif
