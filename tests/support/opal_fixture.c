/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a TCG drive answers to discovery, put together feature by feature. */
#include "tests/support/opal_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

void begin_discovery(struct discovery *discovery)
{
	memset(discovery, 0, sizeof(*discovery));
	discovery->bytes[7] = 1; /* data structure revision 0.1 */
	discovery->used = 48;
}

void end_discovery(struct discovery *discovery)
{
	discovery->bytes[2] = (uint8_t)((discovery->used - 4) >> 8);
	discovery->bytes[3] = (uint8_t)(discovery->used - 4);
}

/* A feature of so many bytes behind its header, of which the first are given. */
void add_feature(
	struct discovery *discovery, unsigned code, uint8_t length, uint8_t first, uint8_t second)
{
	uint8_t *at = discovery->bytes + discovery->used;
	at[0] = (uint8_t)(code >> 8);
	at[1] = (uint8_t)code;
	at[2] = 0x10;
	at[3] = length;
	at[4] = first;
	at[5] = second;
	discovery->used += (size_t)4 + length;
	end_discovery(discovery);
}
