/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a drive model says of TCG Opal: which security protocols there are, and level 0 discovery. */
#ifndef HAIKI_TESTS_DRIVES_TCG_H
#define HAIKI_TESTS_DRIVES_TCG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TCG_ANSWER_BYTES 512

/* The answer to SECURITY PROTOCOL IN, Security Receive or TRUSTED RECEIVE; false when the drive
 * has no such protocol. Behind the answer ret is zero. */
bool tcg_answer(
	uint8_t protocol, uint16_t specific, bool locked, uint8_t ret[static TCG_ANSWER_BYTES]);

#endif
