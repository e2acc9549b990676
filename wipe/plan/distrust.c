/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is this drive one whose word is not taken? In doubt it is. */
#include "wipe/plan/distrust.h"

#include <fnmatch.h>
#include <string.h>

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

/* The number's digits without leading zeros; *at moves behind them. */
static size_t take_number(const char **at, const char **ret_digits)
{
	while (**at == '0')
		(*at)++;
	*ret_digits = *at;
	while (is_digit(**at))
		(*at)++;
	return (size_t)(*at - *ret_digits);
}

static int compare_numbers(const char **a, const char **b)
{
	const char *a_digits, *b_digits;
	size_t a_length = take_number(a, &a_digits);
	size_t b_length = take_number(b, &b_digits);
	if (a_length != b_length)
		return a_length < b_length ? -1 : 1;
	return strncmp(a_digits, b_digits, a_length);
}

int distrust_compare_versions(const char *a, const char *b)
{
	while (*a || *b) {
		if (is_digit(*a) && is_digit(*b)) {
			int order = compare_numbers(&a, &b);
			if (order != 0)
				return order;
			continue;
		}
		if (*a != *b)
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		a++;
		b++;
	}
	return 0;
}

static bool firmware_matches(const struct distrust *distrust, const char *firmware)
{
	if (!firmware[0])
		return true;
	if (distrust->firmware_below[0])
		return distrust_compare_versions(firmware, distrust->firmware_below) < 0;
	return fnmatch(distrust->firmware, firmware, 0) == 0;
}

bool distrust_matches(const struct distrust *distrust, const char *model, const char *firmware,
	enum technique technique)
{
	if (distrust->technique != TECHNIQUE_NONE && distrust->technique != technique)
		return false;
	if (model[0] && fnmatch(distrust->model, model, 0) != 0)
		return false;
	return firmware_matches(distrust, firmware);
}
