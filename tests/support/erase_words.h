/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers of a drive that erases itself, in a word, for scripts of tests. */
#ifndef HAIKI_TESTS_SUPPORT_ERASE_WORDS_H
#define HAIKI_TESTS_SUPPORT_ERASE_WORDS_H

#include "device/erase/erase_answer.h"

/* "log never", "log ok", "log ok untouched", "log failed", "log at 26214": NVMe log page 81h of a
 * crypto erase;
 * "sense none", "sense failed", "sense at 26214", "sense running", "sense hidden": REQUEST SENSE;
 * "ata never", "ata at 26214", "ata ok", "ata failed": SANITIZE STATUS EXT;
 * "password set", "password none": IDENTIFY DEVICE;
 * "n ok", "n refused", "N ok", "s ok", "s refused", "S ok", "a ok", "a refused", "A ok", "A refused": completions;
 * "none": no answer.
 * Returns 0 and fills *ret, or -EIO for "none". Fails the test for another word. */
int erase_word(const char *word, struct erase_answer *ret);

#endif
