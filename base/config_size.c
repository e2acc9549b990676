/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizes as people write them. */
#include "base/config.h"

#include <errno.h>
#include <strings.h>
#include <string.h>

/* Powers of 1024 for the unit, counted; -EINVAL when it is none. */
static int unit_power(const char *unit)
{
	static const char letters[] = "kmgt";

	if (*unit == '\0')
		return 0;
	for (int i = 0; letters[i] != '\0'; i++) {
		const char with_ib[] = { letters[i], 'i', 'b', '\0' };
		const char alone[] = { letters[i], '\0' };
		if (strcasecmp(unit, alone) == 0 || strcasecmp(unit, with_ib) == 0)
			return i + 1;
	}
	return -EINVAL;
}

int config_parse_size(const char *text, uint64_t *ret_bytes)
{
	size_t digits = strspn(text, "0123456789");
	int power = unit_power(text + digits);
	uint64_t bytes = 0;

	if (digits == 0 || power < 0)
		return -EINVAL;
	for (size_t i = 0; i < digits; i++) {
		if (__builtin_mul_overflow(bytes, UINT64_C(10), &bytes) ||
			__builtin_add_overflow(bytes, (uint64_t)(text[i] - '0'), &bytes))
			return -ERANGE;
	}
	if (__builtin_mul_overflow(bytes, UINT64_C(1) << (10 * power), &bytes))
		return -ERANGE;
	*ret_bytes = bytes;
	return 0;
}
