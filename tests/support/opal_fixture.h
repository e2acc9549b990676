/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a TCG drive answers to discovery, put together feature by feature. */
#ifndef HAIKI_TESTS_SUPPORT_OPAL_FIXTURE_H
#define HAIKI_TESTS_SUPPORT_OPAL_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

/* As it stands on a label, but for its dashes. */
#define PSID "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

struct discovery {
	uint8_t bytes[512];
	size_t used;
};

void begin_discovery(struct discovery *discovery);
/* A feature of so many bytes behind its header, of which the first are given. Ends it, too. */
void add_feature(
	struct discovery *discovery, unsigned code, uint8_t length, uint8_t first, uint8_t second);
/* The length in the header is of what is there. */
void end_discovery(struct discovery *discovery);

#endif
