/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much of its long tables a test tries: all, but under instruments that make a program fifty
 * times slower. */
#include "tests/support/stride.h"

#include <stdio.h>
#include <stdlib.h>

unsigned test_stride(void)
{
	const char *text = getenv("TEST_STRIDE");
	if (!text)
		return 1;
	char *end = NULL;
	unsigned long stride = strtoul(text, &end, 10);
	if (*text == '\0' || *end != '\0' || stride < 1 || stride > 1000) {
		(void)printf("TEST_STRIDE=%s is no number from 1 to 1000\n", text);
		abort();
	}
	return (unsigned)stride;
}
