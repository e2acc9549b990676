/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text that a drive or what is written on it chose: made fit to be shown, stored and compared. */
#ifndef HAIKI_DEVICE_PROBE_HOSTILE_TEXT_H
#define HAIKI_DEVICE_PROBE_HOSTILE_TEXT_H

#include "base/macros.h"

/* Copy length bytes into ret (size bytes, always NUL-terminated, size > 0) as valid UTF-8 without
 * control characters, without characters that hide or turn text, blanks trimmed at both ends. A
 * byte that is no UTF-8 is spelled "\xff", so that two names that differ still differ. NUL counts as
 * a blank. What does not fit is cut at a character boundary. */
void hostile_text_clean(const void *bytes, size_t length, char *ret, size_t size);

#endif
