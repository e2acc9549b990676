/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef HAIKI_BASE_UTF8_H
#define HAIKI_BASE_UTF8_H

#include "base/macros.h"
#include <stdbool.h>

/* Bytes of the well-formed character that starts at text, 1 to 4; 0 when there is none within
 * length. */
size_t utf8_character_bytes(const char *text, size_t length);

bool utf8_valid(const char *text, size_t length);

/* Make text fit for a terminal and for JSON, in place: an incomplete character at its end is cut
 * off when cut is set; other broken bytes and control characters become '?', one for one byte. */
void utf8_clean(char *text, bool cut);

#endif
