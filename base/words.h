/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stable words of an enumeration, in a table by its values. What is out of the table, by value or
 * by word, is the first of it: "unknown", "none". */
#ifndef HAIKI_BASE_WORDS_H
#define HAIKI_BASE_WORDS_H

#include <stddef.h>
#include <string.h>

static inline const char *word_of(const char *const words[], size_t count, size_t value)
{
	return words[value < count ? value : 0];
}

static inline size_t word_find(const char *const words[], size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return 0;
}

#endif
