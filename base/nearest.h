/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The word that was probably meant by one that is misspelled. Only ever told, never acted upon. */
#ifndef HAIKI_BASE_NEAREST_H
#define HAIKI_BASE_NEAREST_H

#include "base/macros.h"

/* The candidate that was probably meant, or NULL when none is near. NULL-terminated. */
const char *nearest_word(const char *word, const char *const candidates[]);

#endif
