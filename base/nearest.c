/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was probably meant. */
#include "base/nearest.h"

#include <string.h>

#define NEAREST_WORD_MAX 48 /* longer words are not compared */

/* Levenshtein's distance, over bytes. */
static size_t distance(const char *a, const char *b)
{
	size_t length_a = strlen(a), length_b = strlen(b);
	if (length_a > NEAREST_WORD_MAX || length_b > NEAREST_WORD_MAX)
		return NEAREST_WORD_MAX;
	size_t row[NEAREST_WORD_MAX + 1];
	for (size_t j = 0; j <= length_b; j++)
		row[j] = j;
	for (size_t i = 1; i <= length_a; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= length_b; j++) {
			size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			row[j] = MIN(replaced, MIN(row[j] + 1, row[j - 1] + 1));
		}
	}
	return row[length_b];
}

const char *nearest_word(const char *word, const char *const candidates[])
{
	const char *nearest = NULL;
	size_t best = 1 + strlen(word) / 3;
	for (size_t i = 0; candidates[i]; i++) {
		size_t found = distance(word, candidates[i]);
		if (found < best || (found == best && !nearest)) {
			best = found;
			nearest = candidates[i];
		}
	}
	return nearest;
}
